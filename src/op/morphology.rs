//! Greyscale morphology: least and greatest of a neighbourhood, and both after each other.

use super::{
    agreement::Agreement,
    focal::{self, Focal, FocalParams, FocalStat},
    info::{OperatorInfo, kept_unit},
    named_option::named_option,
    neighbourhood::{self, Shape, shape},
    neighbourhood::{FocalBorder, FocalMissing, FocalShape},
    option_info::OptionInfo,
    options::{Options, Written},
};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, InputRows, Operator, OperatorOutput, Raster, RowsTask, Shift},
    raster::Span,
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/morphology.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Morphology {
    /// What is done.
    pub operation: MorphologyOperation,
    /// The structuring element.
    pub shape: FocalShape,
    /// How far it reaches, in pixels: 1 to 64. A custom element has its own reach.
    pub radius: usize,
    /// Radius of the annulus's hole, less than `radius`.
    pub inner: usize,
    /// Rows of the custom element, as [`Focal::mask`].
    pub mask: Vec<Vec<bool>>,
    /// What a missing sample does.
    pub missing: FocalMissing,
    /// What lies beyond the raster.
    pub border: FocalBorder,
}

named_option! {
    /// What morphology does.
    "operation" MorphologyOperation {
        /// The least sample: peaks that the element does not fit into shrink.
        #[default]
        Erode = "erode",
        /// The greatest sample under the turned element: peaks grow.
        Dilate = "dilate",
        /// Erode, then dilate: peaks narrower than the element go.
        Open = "open",
        /// Dilate, then erode: pits narrower than the element go.
        Close = "close",
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "morphology",
    summary: "greyscale morphology: erode, dilate, open, close",
    unit: "the samples'",
    doc: include_str!("../../docs/operators/morphology.md"),
    about: "Greyscale morphology: erode, dilate, open, close",
    usage: "Examples:
  swath morphology surface.tif ground.tif --operation open --shape circle --radius 8
  swath morphology dem.tif filled.tif --operation close --radius 2
  swath morphology dem.tif out.tif --operation dilate --footprint '0 1 0; 1 1 1; 0 1 0'",
    options: &[
        &[OptionInfo::choice("operation", MorphologyOperation::CHOICE, "OPERATION", "What is done")],
        shape::OPTIONS,
        neighbourhood::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement::EXACT,
    shader: focal::SHADER,
    params: FocalParams::LAYOUT,
    constants: focal::CONSTANTS,
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let Shape { shape, radius, inner, mask } = Shape::of_options(options)?;
    let (operation, missing, border) = (options.get("operation")?, options.get("missing")?, options.get("border")?);
    Ok(Arc::new(Morphology { operation, shape, radius, inner, mask, missing, border }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    use {FocalBorder as B, FocalMissing as M, FocalShape as S, MorphologyOperation as O};
    let of = |operation, shape, radius, missing, border| Morphology { operation, shape, radius, missing, border, ..Morphology::default() };
    let mask = vec![vec![false, true, true], vec![true, false, false], vec![true, false, false]];
    let all = [
        Morphology::default(),
        of(O::Dilate, S::Circle, 3, M::Propagate, B::Nearest),
        of(O::Open, S::Box, 2, M::Skip, B::Reflect),
        of(O::Close, S::Box, 2, M::Skip, B::Wrap),
        Morphology { inner: 1, ..of(O::Close, S::Annulus, 3, M::Skip, B::Missing) },
        Morphology { mask: mask.clone(), ..of(O::Dilate, S::Custom, 1, M::Skip, B::Missing) },
        Morphology { mask, ..of(O::Open, S::Custom, 1, M::Skip, B::Extrapolate) },
    ];
    all.into_iter().map(|morphology| Arc::new(morphology) as Arc<dyn Operator>).collect()
}

impl Default for Morphology {
    fn default() -> Self {
        let Focal { shape, radius, inner, mask, missing, border, .. } = Focal::default();
        Self { operation: MorphologyOperation::default(), shape, radius, inner, mask, missing, border }
    }
}

impl Morphology {
    /// Its steps.
    fn steps(&self) -> Vec<Focal> {
        let Self { shape, radius, inner, ref mask, missing, border, .. } = *self;
        let erode = Focal { stat: FocalStat::Min, shape, radius, inner, mask: mask.clone(), missing, border, ..Focal::default() };
        let turned = mask.iter().rev().map(|row| row.iter().rev().copied().collect()).collect();
        let dilate = Focal { stat: FocalStat::Max, mask: turned, ..erode.clone() };
        match self.operation {
            MorphologyOperation::Erode => vec![erode],
            MorphologyOperation::Dilate => vec![dilate],
            MorphologyOperation::Open => vec![erode, dilate],
            MorphologyOperation::Close => vec![dilate, erode],
        }
    }

    /// The last of its steps, or the only one.
    fn last(&self) -> Focal {
        self.steps().pop().unwrap_or_default()
    }
}

impl Operator for Morphology {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn is_per_band(&self) -> bool {
        true
    }

    fn units(&self, inputs: &[Vec<String>]) -> Vec<String> {
        kept_unit(inputs)
    }

    fn footprint(&self) -> Footprint {
        let steps = self.steps();
        let reach = steps[0].footprint();
        Footprint { halo_rows: steps.len() * reach.halo_rows, halo_cols: steps.len() * reach.halo_cols }
    }

    fn needs_whole_rows(&self) -> bool {
        self.border == FocalBorder::Wrap
    }

    fn output(&self) -> OperatorOutput {
        self.last().output()
    }

    fn options(&self) -> Option<Vec<(&'static str, String)>> {
        Some(Written::of(INFO.options, |options| {
            options.put("operation", self.operation);
            let Self { shape, radius, inner, ref mask, .. } = *self;
            Shape { shape, radius, inner, mask: mask.clone() }.write(options);
            options.put("missing", self.missing);
            options.put("border", self.border);
        }))
    }

    fn check(&self) -> Result<()> {
        INFO.check_written(self)?;
        self.last().check()
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn shift(&self) -> Shift {
        Shift::Equivariant
    }

    /// The kernel of the last step.
    fn gpu_kernel(&self) -> GpuKernel {
        self.last().gpu_kernel()
    }

    fn expand(&self, inputs: &[Raster], _on_device: bool) -> Option<Raster> {
        inputs.first().map(|input| self.steps().into_iter().fold(input.clone(), |raster, step| raster.apply(step)))
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let mut steps = self.steps();
        let last = steps.pop().unwrap_or_default();
        let Some(first) = steps.pop() else { return last.compute_rows(task) };
        // What the second step looks at.
        let reach = last.footprint();
        let whole = Span::new(0, task.grid.cols);
        let cols = if self.needs_whole_rows() { whole } else { task.cols.dilate(reach.halo_cols, whole.end) };
        let rows = task.rows.dilate(reach.halo_rows, task.grid.rows);
        let mut between = vec![0.0; rows.len() * cols.len()];
        let factors = vec![[0.0; 4]; rows.len()];
        first.compute_rows(&mut RowsTask { grid: task.grid, rows, cols, factors: &factors, inputs: task.inputs, out: &mut between });
        let lines: Vec<&[f32]> = between.chunks_exact(cols.len().max(1)).collect();
        let inputs = [InputRows { cols, first_row: rows.start, rows: &lines }];
        let (grid, factors) = (task.grid, task.factors);
        last.compute_rows(&mut RowsTask { grid, rows: task.rows, cols: task.cols, factors, inputs: &inputs, out: &mut *task.out });
    }
}
