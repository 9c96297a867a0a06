use super::{CONSTANTS, Kind, Separable, SeparableParams, examples};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask, Shift},
    op::{
        abi,
        agreement::Agreement,
        info::{OperatorInfo, part_of_another},
        neighbourhood,
        shader::shader,
    },
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// The statistic of what [`Across`](super::across::Across) made of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Down(pub Arc<Separable>);

pub const INFO: OperatorInfo = OperatorInfo {
    name: "down",
    summary: "columns of a separable neighbourhood",
    unit: "the samples'",
    doc: "",
    about: "",
    usage: "",
    options: &[],
    build: part_of_another,
    examples: || examples(|whole| Arc::new(Down(whole))),
    agreement: Agreement::EXACT,
    shader: shader!("include/grid.wgsl", "include/neighbourhood.wgsl", "include/separable.wgsl", "down.wgsl"),
    params: SeparableParams::LAYOUT,
    constants: &[abi::CONSTANTS, neighbourhood::CONSTANTS, CONSTANTS],
};

impl Operator for Down {
    fn name(&self) -> &str {
        self.0.name
    }

    fn input_bands(&self) -> usize {
        self.0.bands()
    }

    fn footprint(&self) -> Footprint {
        Footprint { halo_rows: self.0.reach.0, halo_cols: 0 }
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
        match self.0.kind {
            Kind::Mean | Kind::Smooth | Kind::Sharpen(_) | Kind::Min | Kind::Max => Shift::Equivariant,
            Kind::Tpi | Kind::Std | Kind::Variance | Kind::Range => Shift::Invariant,
            Kind::Sum => Shift::Neither,
        }
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: self.0.params(self.0.reach.0) }
    }

    /// The whole operator has one.
    fn has_cpu_twin(&self) -> bool {
        false
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        task.out.fill(f32::NAN);
    }
}
