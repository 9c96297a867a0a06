use super::{CONSTANTS, Separable, SeparableParams, examples};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Shift},
    op::{
        abi,
        agreement::Agreement,
        info::{OperatorInfo, part_of_another},
        neighbourhood::{self, FocalBorder},
        shader::shader,
    },
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// Sums or extremes of a row, around every pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Across(pub Arc<Separable>);

pub const INFO: OperatorInfo = OperatorInfo {
    name: "across",
    summary: "rows of a separable neighbourhood",
    unit: "the samples'",
    doc: "",
    about: "",
    usage: "",
    options: &[],
    build: part_of_another,
    examples: || examples(|whole| Arc::new(Across(whole))),
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/separable.wgsl", "across.wgsl"),
    params: SeparableParams::LAYOUT,
    constants: &[abi::CONSTANTS, neighbourhood::CONSTANTS, CONSTANTS],
};

impl Operator for Across {
    fn name(&self) -> &str {
        "across"
    }

    fn bands(&self) -> usize {
        self.0.bands()
    }

    fn footprint(&self) -> Footprint {
        Footprint { halo_rows: 0, halo_cols: self.0.reach.1 }
    }

    fn needs_whole_rows(&self) -> bool {
        self.0.border == FocalBorder::Wrap
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn check(&self) -> Result<()> {
        Separable::check()
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn shift(&self) -> Shift {
        // What the other half makes of it may be so.
        Shift::Equivariant
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: self.0.params(self.0.reach.1) }
    }

    /// The whole operator has one.
    fn has_cpu_twin(&self) -> bool {
        false
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        task.out.fill(f32::NAN);
    }
}
