use super::{Formula, Raster, Survey, Surveyed};
use crate::{
    error::{Error, Result},
    raster::{Georeferencing, Nodata, SampleType, Scaling, Span},
};
use std::{fmt, sync::Arc};

/// What every kernel of one job knows of the raster it works on.
#[derive(Clone, Debug)]
pub struct GridInfo {
    /// Columns of the raster.
    pub cols: usize,
    /// Rows of the raster.
    pub rows: usize,
    /// Where it lies.
    pub georef: Georeferencing,
}

/// An operator's neighbourhood: how far it looks beyond a pixel, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Rows above and below.
    pub halo_rows: usize,
    /// Columns left and right.
    pub halo_cols: usize,
}

impl Footprint {
    /// Looks `radius` pixels every way.
    pub const fn square(radius: usize) -> Self {
        Self { halo_rows: radius, halo_cols: radius }
    }

    /// Pixels of the neighbourhood, the middle one included.
    pub const fn pixels(self) -> usize {
        (2 * self.halo_rows + 1) * (2 * self.halo_cols + 1)
    }
}

/// What an operator's samples become when they are written without a `--dtype` or `--nodata`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OperatorOutput {
    /// Sample type in the file.
    pub sample: SampleType,
    /// Declared nodata value.
    pub nodata: Nodata,
    /// The operator promises 8-bit results inside this range, so that a sentinel outside it can be written by the
    /// device itself and one byte a sample crosses the bus.
    pub byte_range: Option<(u8, u8)>,
}

/// What an operator takes the size of a cell from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum CellSize {
    /// Nothing: the result does not depend on it.
    #[default]
    Unused,
    /// The transform, the CRS and the units of coordinates and samples.
    FromGeoreferencing,
    /// The transform, and the number of horizontal units in a vertical one, along x and y.
    Scaled(f64, f64),
}

/// What the bands of an operator's result mean to whoever draws them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colors {
    /// Nothing: quantities, or grey.
    #[default]
    Gray,
    /// Bands 1 to 3 are red, green and blue.
    Rgb,
    /// Bands 1 to 3 are red, green and blue, band 4 is alpha, by which they are not multiplied.
    Rgba,
}

/// What becomes of an operator's result when one number is added to every input sample. Where the result does not change,
/// heights of 64-bit sources can be counted from an origin of their own, so that f32 holds what matters of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shift {
    /// Nothing: slopes, ranges, deviations.
    Invariant,
    /// The number is added to the result as well: means, medians, extremes.
    Equivariant,
    /// Anything else.
    #[default]
    Neither,
}

/// The WGSL twin of an operator.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuKernel {
    /// Whole shader text, includes first; its entry point is `main`.
    pub wgsl: String,
    /// Bytes of its `Params` uniform.
    pub params: Vec<u8>,
}

/// Input rows of a kernel, missing as NaN: f32, or f64 for twins of that precision; [`Operator::input_bands`] samples a
/// pixel, side by side.
pub struct InputRows<'a, T = f32> {
    /// Columns of the raster that each row slice spans: the task's columns and their halo, clipped to the raster.
    pub cols: Span,
    /// `rows[i]` is row `first_row + i` of the raster.
    pub first_row: usize,
    /// One slice a row.
    pub rows: &'a [&'a [T]],
}

impl<'a, T> InputRows<'a, T> {
    /// Row `row` of the raster, if the window holds it (it holds every row inside the raster that the footprint reaches).
    pub fn row(&self, row: usize) -> Option<&'a [T]> {
        row.checked_sub(self.first_row).and_then(|i| self.rows.get(i)).copied()
    }
}

/// A run of output rows for a CPU twin to compute. Results are f32, whatever the inputs are.
pub struct RowsTask<'a, T = f32> {
    /// The raster.
    pub grid: &'a GridInfo,
    /// Rows to compute.
    pub rows: Span,
    /// Columns to compute.
    pub cols: Span,
    /// [`Operator::row_factors`] of each of `rows`, in order.
    pub factors: &'a [[T; 4]],
    /// One window an input.
    pub inputs: &'a [InputRows<'a, T>],
    /// `rows.len() * cols.len() * bands` samples, row after row, the [`Operator::bands`] of a pixel side by side.
    pub out: &'a mut [f32],
}

/// A step of the computation: WGSL kernel and CPU twin of one stem.
///
/// Inside the pipeline a sample is f32 and missing is a quiet NaN.
pub trait Operator: Send + Sync + fmt::Debug {
    /// Lower-case name, as the registry, the CLI and the report spell it.
    fn name(&self) -> &str;

    /// Number of input rasters.
    fn inputs(&self) -> usize {
        1
    }

    /// Bands of each input's window, side by side. An operator that takes one (nearly all do) gets the first of a
    /// raster of several.
    fn input_bands(&self) -> usize {
        1
    }

    /// Bands of the result, side by side in every pixel.
    fn bands(&self) -> usize {
        1
    }

    /// Whether a raster of several bands is computed band by band, unless one band is asked for (see
    /// [`Raster::apply_by_default`](crate::graph::Raster::apply_by_default)); otherwise its first band is taken.
    fn is_per_band(&self) -> bool {
        false
    }

    /// What the bands mean.
    fn colors(&self) -> Colors {
        Colors::Gray
    }

    /// A name for each band of the result, or none at all.
    fn band_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// What each band's samples, as they are written, stand for: declared in the file. None at all: they are the values.
    fn scaling(&self) -> Vec<Scaling> {
        Vec::new()
    }

    /// The unit of each band's samples, given those of its inputs' bands (an empty text where none is known); none at all: not known.
    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        let _ = inputs;
        Vec::new()
    }

    /// Whether a result can be missing. Where it cannot, no nodata value is declared unless one is asked for.
    fn may_be_missing(&self) -> bool {
        true
    }

    /// Bytes that the kernel reads as storage, bound after the inputs, where its uniform is too small for what it needs.
    fn gpu_table(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Most bytes of [`gpu_table`](Self::gpu_table); 0 for operators without one.
    fn most_table_bytes(&self) -> usize {
        0
    }

    /// Whether the device runs the kernel once an input, each time with that input at `input0` and its index as
    /// `grid.out_band`: for any number of inputs, where bindings allow four.
    fn is_dispatched_by_input(&self) -> bool {
        false
    }

    /// The same as a graph of simpler operators over `inputs`, whose last one has this one's name and output: where that
    /// is cheaper on a device or on the CPU, or the only way. It may not hang on anything but the operator's parameters.
    fn expand(&self, inputs: &[Raster], on_device: bool) -> Option<Raster> {
        let _ = (inputs, on_device);
        None
    }

    /// Neighbourhood.
    fn footprint(&self) -> Footprint;

    /// Whether a pixel's neighbourhood reaches across the raster's first and last column to the other end of its row. Such an
    /// operator's input rows are whole: its job is cut into swaths as wide as the raster.
    fn needs_whole_rows(&self) -> bool {
        false
    }

    /// What is written by default.
    fn output(&self) -> OperatorOutput;

    /// Names and values of the options that build this operator again, those of its registered
    /// [`name`](Self::name); `None` where it is no registered operator.
    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        None
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::error::Error::Usage), naming the parameter, its value and what is accepted.
    fn check(&self) -> Result<()>;

    /// Four numbers for each row of the raster (for terrain operators, the matrix that turns differences of samples
    /// into a gradient); they travel to both twins.
    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4];

    /// The same in float64, for the float64 twin.
    fn row_factors_f64(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        self.row_factors(grid, row).map(f64::from)
    }

    /// What it takes the size of a cell from, if it goes by that at all: then it is warned of a size that nothing says.
    fn cell_size(&self) -> CellSize {
        CellSize::Unused
    }

    /// The band of its input, 0-based, that its result is, sample for sample; `None` where the result is something else.
    fn chosen_band(&self) -> Option<usize> {
        None
    }

    /// What an added number does.
    fn shift(&self) -> Shift {
        Shift::Neither
    }

    /// What it must know of its inputs before it can compute, if anything: then the job has a pass over them first, in
    /// which their sources are decoded and their operators computed once more. The plan says so, and counts it.
    fn survey(&self) -> Option<Survey> {
        None
    }

    /// The operator that computes, given what a [`survey`](Self::survey) found of each input: it needs none any more,
    /// and is planned as this one is: inputs, footprint and output are the same, and its kernel's parameters have at most 4 KiB.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::error::Error::Usage) where nothing can be computed from such inputs.
    fn surveyed(&self, _inputs: &[Surveyed]) -> Result<Arc<dyn Operator>> {
        Err(Error::Internal("an operator without a survey was given one"))
    }

    /// The WGSL twin.
    fn gpu_kernel(&self) -> GpuKernel;

    /// Whether there is a CPU twin; an operator without one is refused on the CPU backend.
    fn has_cpu_twin(&self) -> bool {
        true
    }

    /// What it computes, if it looks at the pixel alone and both twins are made from this: neighbours of that kind run as one.
    fn formula(&self) -> Option<Arc<Formula>> {
        None
    }

    /// Most bytes that a thread of the CPU twin allocates for itself while it computes a task, whatever the task: the plan has
    /// them for every thread. A few kilobytes need not be told.
    fn cpu_scratch_bytes(&self) -> usize {
        0
    }

    /// The CPU twin: the specification, and the fallback.
    fn compute_rows(&self, task: &mut RowsTask<'_>);

    /// Whether the CPU twin also computes in float64; `--precision f64` is refused for an operator that does not.
    fn has_f64_twin(&self) -> bool {
        false
    }

    /// The CPU twin in float64: one rounding, of the result.
    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        // Planning is refused without such a twin; missing is the one honest answer left.
        task.out.fill(f32::NAN);
    }
}
