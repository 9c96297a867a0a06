use super::{
    Agreement, Edges, OperatorInfo,
    abi::{self, shader_constants, uniform},
    math::{max, min},
    shader::shader,
    stencil,
};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// Roughness: the greatest less the least of the nine heights, in their unit, 0 and above.
///
/// Wilson et al. (2007, *Multiscale terrain analysis of multibeam bathymetry data*, Marine Geodesy 30). The pixel's size
/// does not count. A missing centre gives missing; [`Edges`] says what becomes of incomplete neighbourhoods. Written as
/// float32 with nodata -9999.
///
/// Against float64: 2e-7 of the result; CPU against GPU: 1 ulp.
///
/// `gdal raster roughness`: `--no-edges`; `gdaldem roughness`: `-compute_edges`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roughness {
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

uniform! {
    /// `Params` of `shaders/roughness.wgsl`.
    pub struct RoughnessParams {
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
    CENTRE: f32 = 0.0;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "roughness",
    summary: "range of the nine heights, in their unit",
    options: &[("no-edges", "")],
    examples,
    agreement: Agreement { ulp: 1, ..Agreement::EXACT },
    shader: shader!("include/grid.wgsl", "include/window.wgsl", "roughness.wgsl"),
    params: RoughnessParams::LAYOUT,
    constants: &[abi::CONSTANTS, stencil::CONSTANTS, CONSTANTS],
};

fn examples() -> Vec<Arc<dyn Operator>> {
    vec![Arc::new(Roughness::default()), Arc::new(Roughness { edges: Edges::Missing })]
}

impl Operator for Roughness {
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
        let params = RoughnessParams { edges: self.edges.code(), ..RoughnessParams::default() };
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
        let most = max(max(max(w.a, w.b), max(w.c, w.d)), max(max(w.f, w.g), max(w.h, w.i)));
        let least = min(min(min(w.a, w.b), min(w.c, w.d)), min(min(w.f, w.g), min(w.h, w.i)));
        max(most, CENTRE) - min(least, CENTRE)
    }
}
