//! The 3 x 3 driver of the CPU twins; borders and missing heights as in `shaders/include/window.wgsl`.
//!
//! Inner columns run branch-free over short runs of columns, so that the compiler vectorises them for the widest
//! instruction set that the machine has; a run without a missing height, which is nearly every run, skips the tests
//! for missing. The raster's border goes pixel by pixel.

use super::{edges::Edges, info::OperatorInfo, options::Written, real::Real};
use crate::{
    error::Result,
    graph::{CellSize, Footprint, GpuKernel, GridInfo, InputRows, Operator, OperatorOutput, RowsTask, Shift},
    raster::{Nodata, SampleType},
};
use std::fmt;

/// Heights above the centre e: `a b c / d e f / g h i`, first row first.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the picture names them")]
pub struct Window<T> {
    pub a: T,
    pub b: T,
    pub c: T,
    pub d: T,
    pub f: T,
    pub g: T,
    pub h: T,
    pub i: T,
}

/// A function of a window and its row's factors.
///
/// Implementors must be `#[inline(always)]`, or they are compiled for the oldest machine.
pub trait Kernel<T>: Copy {
    /// The sample at the window's centre; NaN for missing.
    fn sample(self, window: &Window<T>, factors: [T; 4]) -> T;
}

/// As [`Kernel`], of the samples of several bands.
pub trait BandKernel<T, const BANDS: usize>: Copy {
    /// The samples at the window's centre; NaN for missing.
    fn samples(self, window: &Window<T>, factors: [T; 4]) -> [T; BANDS];
}

impl<T, K: Kernel<T>> BandKernel<T, 1> for K {
    #[inline(always)]
    fn samples(self, window: &Window<T>, factors: [T; 4]) -> [T; 1] {
        [self.sample(window, factors)]
    }
}

/// An operator of the 3 x 3 window: what differs from one to the next. It says so here once, and is an [`Operator`].
pub(crate) trait Stencil: fmt::Debug + Send + Sync {
    /// Its line of the registry.
    const INFO: &'static OperatorInfo;

    /// As [`Operator::output`].
    const OUTPUT: OperatorOutput = OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None };

    /// As [`Operator::band_names`], where there are several.
    const BAND_NAMES: &'static [&'static str] = &[];

    /// Writes its fields as options.
    fn write(&self, options: &mut Written);

    /// As [`Operator::check`].
    fn verify(&self) -> Result<()> {
        Ok(())
    }

    /// As [`Operator::row_factors_f64`].
    fn factors(&self, _grid: &GridInfo, _row: usize) -> [f64; 4] {
        [0.0; 4]
    }

    /// As [`Operator::cell_size`].
    fn cell(&self) -> CellSize {
        CellSize::Unused
    }

    /// Bytes of its `Params`.
    fn params(&self) -> Vec<u8>;

    /// Computes a task by [`compute`].
    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>);
}

impl<S: Stencil> Operator for S {
    fn name(&self) -> &'static str {
        S::INFO.name
    }

    fn bands(&self) -> usize {
        S::BAND_NAMES.len().max(1)
    }

    fn band_names(&self) -> Vec<String> {
        S::BAND_NAMES.iter().map(|&name| name.to_owned()).collect()
    }

    fn footprint(&self) -> Footprint {
        Footprint::square(1)
    }

    fn output(&self) -> OperatorOutput {
        S::OUTPUT
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(S::INFO.options, |options| self.write(options)))
    }

    fn check(&self) -> Result<()> {
        self.verify()
    }

    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4] {
        self.factors(grid, row).map(|m| m as f32)
    }

    fn row_factors_f64(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        self.factors(grid, row)
    }

    fn cell_size(&self) -> CellSize {
        self.cell()
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: S::INFO.shader.text(), params: self.params() }
    }

    fn shift(&self) -> Shift {
        Shift::Invariant
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        self.fill(task);
    }

    fn has_f64_twin(&self) -> bool {
        true
    }

    fn compute_rows_f64(&self, task: &mut RowsTask<'_, f64>) {
        self.fill(task);
    }
}

/// Computes a task with `kernel`.
pub fn compute<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize>(task: &mut RowsTask<'_, T>, edges: Edges, kernel: K) {
    pulp::Arch::new().dispatch(Sweep { task, edges, kernel });
}

struct Sweep<'t, 'a, T, K, const BANDS: usize> {
    task: &'t mut RowsTask<'a, T>,
    edges: Edges,
    kernel: K,
}

impl<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize> pulp::WithSimd for Sweep<'_, '_, T, K, BANDS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, edges, kernel } = self;
        let (raster_cols, raster_rows, cols) = (task.grid.cols, task.grid.rows, task.cols);
        if cols.is_empty() {
            return;
        }
        let input = &task.inputs[0];
        let thin = raster_cols < 2 || raster_rows < 2;
        for ((row, out), factors) in task.rows.iter().zip(task.out.chunks_exact_mut(cols.len() * BANDS)).zip(task.factors) {
            let border = Border { input, row, last_col: raster_cols - 1, last_row: raster_rows - 1 };
            // The pixels of the row.
            let (out, _) = out.as_chunks_mut::<BANDS>();
            let edge = |out: &mut [f32; BANDS], col: usize| {
                let window = if thin || edges == Edges::Missing { None } else { border.window(col) };
                *out = window.map_or([T::MISSING; BANDS], |window| kernel.samples(&window, *factors)).map(T::to_f32);
            };
            if thin || row == 0 || row == raster_rows - 1 {
                out.iter_mut().zip(cols.iter()).for_each(|(out, col)| edge(out, col));
                continue;
            }
            let rows = [row - 1, row, row + 1].map(|row| input.row(row).expect("the window holds the footprint's rows"));
            // Not thin, so no pixel is first and last.
            let (first, last) = (usize::from(cols.start == 0), out.len() - usize::from(cols.end == raster_cols));
            if first == 1 {
                edge(&mut out[0], 0);
            }
            if cols.end == raster_cols {
                edge(out.last_mut().expect("cols are not empty"), raster_cols - 1);
            }
            let from = cols.start + first - 1 - input.cols.start;
            let inner = &mut out[first..last];
            match edges {
                Edges::Extrapolate => sweep_row::<T, K, BANDS, false>(rows.map(|row| &row[from..]), inner, *factors, kernel),
                Edges::Missing => sweep_row::<T, K, BANDS, true>(rows.map(|row| &row[from..]), inner, *factors, kernel),
            }
        }
    }
}

/// Columns that are looked through for missing heights at once.
const RUN: usize = 128;

#[inline(always)]
fn sweep_row<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize, const STRICT: bool>(
    rows: [&[T]; 3],
    out: &mut [[f32; BANDS]],
    factors: [T; 4],
    kernel: K,
) {
    for (index, out) in out.chunks_mut(RUN).enumerate() {
        let run = rows.map(|row| &row[index * RUN..index * RUN + out.len() + 2]);
        if run.iter().all(|row| T::all_have_heights(row)) {
            sweep_run::<T, K, BANDS, STRICT, false>(run, out, factors, kernel);
        } else {
            sweep_run::<T, K, BANDS, STRICT, true>(run, out, factors, kernel);
        }
    }
}

/// `STRICT`: a missing neighbour makes the sample missing. `GAPS`: there may be missing heights.
#[inline(always)]
fn sweep_run<T: Real, K: BandKernel<T, BANDS>, const BANDS: usize, const STRICT: bool, const GAPS: bool>(
    [up, mid, down]: [&[T]; 3],
    out: &mut [[f32; BANDS]],
    factors: [T; 4],
    kernel: K,
) {
    let n = out.len();
    let (a, b, c) = (&up[..n], &up[1..n + 1], &up[2..n + 2]);
    let (d, e, f) = (&mid[..n], &mid[1..n + 1], &mid[2..n + 2]);
    let (g, h, i) = (&down[..n], &down[1..n + 1], &down[2..n + 2]);
    for j in 0..n {
        let e = e[j];
        let mut whole = true;
        let mut above = |z: T| {
            if GAPS {
                let finite = z.has_height();
                whole &= finite;
                if finite { z - e } else { T::of(0.0) }
            } else {
                z - e
            }
        };
        let window = Window {
            a: above(a[j]),
            b: above(b[j]),
            c: above(c[j]),
            d: above(d[j]),
            f: above(f[j]),
            g: above(g[j]),
            h: above(h[j]),
            i: above(i[j]),
        };
        let samples = kernel.samples(&window, factors);
        let missing = GAPS && (!e.has_height() || (STRICT && !whole));
        out[j] = samples.map(|sample| if missing { f32::NAN } else { sample.to_f32() });
    }
}

/// A row that has pixels on the raster's border.
struct Border<'a, T> {
    input: &'a InputRows<'a, T>,
    row: usize,
    last_col: usize,
    last_row: usize,
}

impl<T: Real> Border<'_, T> {
    fn height(&self, col: usize, row: usize) -> T {
        self.input.row(row).and_then(|heights| heights.get(col - self.input.cols.start)).copied().unwrap_or(T::MISSING)
    }

    /// The window around a border pixel, with heights beyond the border extrapolated; `None` if its centre is missing.
    fn window(&self, col: usize) -> Option<Window<T>> {
        let e = self.height(col, self.row);
        let z = |dc, dr| self.neighbour(col, dc, dr, e);
        e.has_height().then(|| Window {
            a: z(-1, -1),
            b: z(0, -1),
            c: z(1, -1),
            d: z(-1, 0),
            f: z(1, 0),
            g: z(-1, 1),
            h: z(0, 1),
            i: z(1, 1),
        })
    }

    /// As `gdaldem -compute_edges`: a row beyond the first or last is 2 near - far; in those two rows columns are
    /// clamped, in the rows between they are 2 near - far as well. Missing heights are level with the centre.
    fn neighbour(&self, col: usize, dc: isize, dr: isize, e: T) -> T {
        let (inside_col, inside_row) = (col.checked_add_signed(dc), self.row.checked_add_signed(dr));
        let inside_col = inside_col.filter(|col| *col <= self.last_col);
        let inside_row = inside_row.filter(|row| *row <= self.last_row);
        let clamps = self.row == 0 || self.row == self.last_row;
        let clamped = inside_col.or(clamps.then_some(col));
        let (near, far) = match (clamped, inside_row) {
            (Some(c), Some(r)) => {
                let z = self.height(c, r);
                return if z.has_height() { z - e } else { T::of(0.0) };
            }
            (Some(c), None) => (self.height(c, self.row), self.height(c, self.row.wrapping_add_signed(-dr))),
            (None, Some(r)) => (self.height(col, r), self.height(col.wrapping_add_signed(-dc), r)),
            // Rows beyond the border only neighbour rows that clamp.
            (None, None) => return T::of(0.0),
        };
        if near.has_height() && far.has_height() { (near - e) + (near - far) } else { T::of(0.0) }
    }
}
