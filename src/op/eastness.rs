use super::{
    Agreement, Edges, GradientAlgorithm, OperatorInfo,
    abi::{self, uniform},
    exposure, gradient, math, stencil, terrain,
};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// Eastness: how squarely the surface faces east, from -1 to 1: the sine of its aspect, `-p / sqrt(p² + q²)`.
///
/// With p and q the surface's rise per metre towards east and north. Unlike an aspect it can be averaged (Zar 1999,
/// *Biostatistical Analysis*, on circular variables). Gradients as in [`Slope`](super::Slope); as in
/// [`Aspect`](super::Aspect) the pixel's shape counts, and flat ground faces nowhere: missing, unless `zero_for_flat`.
///
/// A missing centre gives missing; [`Edges`] says what becomes of incomplete neighbourhoods. Written as float32 with
/// nodata -9999.
///
/// Against float64: 1e-6 where the slope exceeds one degree; CPU against GPU: 1e-6 there, and the same pixels are flat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Eastness {
    /// How the gradient is estimated.
    pub gradient_alg: GradientAlgorithm,
    /// Flat ground is 0, not missing.
    pub zero_for_flat: bool,
    /// Horizontal units a vertical unit, along x; with `yscale`. Only their ratio matters here.
    pub xscale: Option<f64>,
    /// Horizontal units a vertical unit, along y; with `xscale`.
    pub yscale: Option<f64>,
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

uniform! {
    /// `Params` of `shaders/eastness.wgsl`.
    pub struct EastnessParams {
        /// `HORN` or `ZEVENBERGEN_THORNE`.
        gradient_alg: u32,
        /// `FLAT_IS_MISSING`, or 1.
        zero_for_flat: u32,
        /// `EDGES_EXTRAPOLATE` or `EDGES_MISSING`.
        edges: u32,
        /// Zero.
        pad0: u32,
    }
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "eastness",
    summary: "how squarely the surface faces east, -1 to 1",
    options: &[
        ("zero-for-flat", ""),
        ("gradient-alg", "Horn|ZevenbergenThorne"),
        ("scale", "S"),
        ("xscale", "X"),
        ("yscale", "Y"),
        ("no-edges", ""),
    ],
    examples,
    agreement: Agreement { units: 1e-6, on_slopes: true, ..Agreement::EXACT },
    shader: exposure::shader!("eastness.wgsl"),
    params: EastnessParams::LAYOUT,
    constants: &[abi::CONSTANTS, stencil::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, exposure::CONSTANTS],
};

fn examples() -> Vec<Arc<dyn Operator>> {
    let gradient_alg = GradientAlgorithm::ZevenbergenThorne;
    vec![
        Arc::new(Eastness::default()),
        Arc::new(Eastness { zero_for_flat: true, xscale: Some(2.0), yscale: Some(0.5), ..Eastness::default() }),
        Arc::new(Eastness { gradient_alg, zero_for_flat: true, edges: Edges::Missing, ..Eastness::default() }),
    ]
}

impl Operator for Eastness {
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
        terrain::check_scale((self.xscale, self.yscale))
    }

    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4] {
        terrain::row_factors(grid, row, self.gradient_alg, 1.0, (self.xscale, self.yscale))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        let params = EastnessParams {
            gradient_alg: self.gradient_alg.code(),
            zero_for_flat: if self.zero_for_flat { 1 } else { exposure::FLAT_IS_MISSING },
            edges: self.edges.code(),
            pad0: 0,
        };
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&params).to_vec() }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        let flat = if self.zero_for_flat { 0.0 } else { f32::NAN };
        match self.gradient_alg {
            GradientAlgorithm::Horn => stencil::compute(task, self.edges, Kernel::<{ gradient::HORN }> { flat }),
            GradientAlgorithm::ZevenbergenThorne => stencil::compute(task, self.edges, Kernel::<{ gradient::ZEVENBERGEN_THORNE }> { flat }),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32> {
    /// What flat ground gives.
    flat: f32,
}

impl<const ALGORITHM: u32> stencil::Kernel for Kernel<ALGORITHM> {
    #[inline(always)]
    fn sample(self, window: &stencil::Window, factors: [f32; 4]) -> f32 {
        let g = gradient::difference::<ALGORITHM>(window);
        let (east, _) = exposure::direction(gradient::world_gradient(g, factors));
        if (g.0 == 0.0) & (g.1 == 0.0) { self.flat } else { -east }
    }
}
