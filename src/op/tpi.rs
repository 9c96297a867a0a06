use super::{
    Agreement, Edges, OperatorInfo,
    abi::{self, shader_constants, uniform},
    shader::shader,
    stencil,
};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// Topographic position index: a height less the mean of its eight neighbours, in their unit; positive on ridges.
///
/// Weiss (2001, *Topographic position and landforms analysis*, ESRI User Conference); Wilson et al. (2007, Marine
/// Geodesy 30). The pixel's size does not count. A missing centre gives missing; [`Edges`] says what becomes of
/// incomplete neighbourhoods. Written as float32 with nodata -9999. For wider neighbourhoods see
/// [`Focal`](super::Focal)'s statistic `tpi`.
///
/// Against float64: 2e-7 of the greatest difference among the nine; CPU against GPU: the same.
///
/// `gdal raster tpi`: `--no-edges`; `gdaldem TPI`: `-compute_edges`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tpi {
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

uniform! {
    /// `Params` of `shaders/tpi.wgsl`.
    pub struct TpiParams {
        /// `EDGES_EXTRAPOLATE` or `EDGES_MISSING`.
        edges: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
        /// Zero.
        pad2: u32,
    }
}

shader_constants! { CONSTANTS:
    EIGHTH: f32 = 0.125;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "tpi",
    summary: "height above the mean of the neighbours, in its unit",
    options: &[("no-edges", "")],
    examples,
    agreement: Agreement { ulp: 1, relief: 2e-7, ..Agreement::EXACT },
    shader: shader!("include/grid.wgsl", "include/window.wgsl", "tpi.wgsl"),
    params: TpiParams::LAYOUT,
    constants: &[abi::CONSTANTS, stencil::CONSTANTS, CONSTANTS],
};

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![Arc::new(Tpi::default()), Arc::new(Tpi { edges: Edges::Missing })]
}

impl Operator for Tpi {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn footprint(&self) -> Footprint {
        Footprint::square(1)
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::F32, nodata: Nodata::Integer(-9999), byte_range: None }
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn row_factors(&self, _grid: &GridInfo, _row: usize) -> [f32; 4] {
        [0.0; 4]
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let params = TpiParams { edges: self.edges.code(), ..TpiParams::default() };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        stencil::compute(task, self.edges, Kernel);
    }
}

#[derive(Clone, Copy)]
struct Kernel;

impl stencil::Kernel for Kernel {
    #[inline(always)]
    fn sample(self, w: &stencil::Window, _factors: [f32; 4]) -> f32 {
        -EIGHTH * (((w.a + w.b) + (w.c + w.d)) + ((w.f + w.g) + (w.h + w.i)))
    }
}
