use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    edges::{self, Edges},
    gradient::{self, Gradient},
    info::OperatorInfo,
    large, math,
    options::{Options, Written},
    real::Real,
    shader::shader,
    stencil::{self, Stencil},
    terrain::{self, GradientAlgorithm},
    window,
};
use crate::{
    error::Result,
    graph::{CellSize, GridInfo, Operator, RowsTask},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/normals.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Normals {
    /// How the gradient is estimated.
    pub gradient_alg: GradientAlgorithm,
    /// Vertical exaggeration.
    pub zfactor: f64,
    /// Horizontal units a vertical unit, along x; with `yscale`.
    pub xscale: Option<f64>,
    /// Horizontal units a vertical unit, along y; with `xscale`.
    pub yscale: Option<f64>,
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

uniform! {
    /// `Params` of `shaders/normals.wgsl`.
    pub struct NormalsParams {
        /// `HORN` or `ZEVENBERGEN_THORNE`.
        gradient_alg: u32,
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
        edges: u32,
        /// Zero.
        pad0: u32,
        /// Zero.
        pad1: u32,
    }
}

shader_constants! { CONSTANTS:
    EAST: u32 = 0;
    NORTH: u32 = 1;
    UP: u32 = 2;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "normals",
    summary: "the surface's upright vector: east, north and up",
    unit: "1",
    doc: include_str!("../../docs/operators/normals.md"),
    about: "The vector that stands upright on the surface: bands east, north and up",
    usage: "Examples:
  swath normals dem.tif normals.tif
  swath normals dem.tif normals.tif --zfactor 2 --gradient-alg ZevenbergenThorne",
    options: &[terrain::ZFACTOR, terrain::GRADIENT_ALG, terrain::SCALE, edges::OPTIONS],
    build,
    examples,
    agreement: Agreement { ulp: 8, units: 5e-7, ..Agreement::EXACT },
    shader: shader!("include/grid.wgsl", "include/window.wgsl", "include/gradient.wgsl", "include/math.wgsl", "normals.wgsl"),
    params: NormalsParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (xscale, yscale) = terrain::scale_of(options)?;
    let (gradient_alg, zfactor, edges) = (options.get("gradient-alg")?, options.get("zfactor")?, edges::of(options)?);
    Ok(Arc::new(Normals { gradient_alg, zfactor, xscale, yscale, edges }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let gradient_alg = GradientAlgorithm::ZevenbergenThorne;
    vec![
        Arc::new(Normals::default()),
        Arc::new(Normals { edges: Edges::Wrap, ..Normals::default() }),
        Arc::new(Normals { gradient_alg, edges: Edges::Missing, zfactor: 2.5, ..Normals::default() }),
        Arc::new(Normals { xscale: Some(0.5), yscale: Some(3.0), ..Normals::default() }),
    ]
}

impl Default for Normals {
    fn default() -> Self {
        Self { gradient_alg: GradientAlgorithm::default(), zfactor: 1.0, xscale: None, yscale: None, edges: Edges::default() }
    }
}

impl Stencil for Normals {
    const INFO: &'static OperatorInfo = &INFO;
    const BAND_NAMES: &'static [&'static str] = &["east", "north", "up"];

    fn verify(&self) -> Result<()> {
        terrain::check_zfactor(self.zfactor)?;
        terrain::check_scale((self.xscale, self.yscale))
    }

    fn cell(&self) -> CellSize {
        terrain::cell_size_of((self.xscale, self.yscale))
    }

    fn factors(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        terrain::row_factors(grid, row, self.gradient_alg, self.zfactor, (self.xscale, self.yscale))
    }

    fn edges(&self) -> Edges {
        self.edges
    }

    fn write(&self, options: &mut Written) {
        options.put("zfactor", self.zfactor);
        options.put("gradient-alg", self.gradient_alg);
        terrain::write_scale(options, (self.xscale, self.yscale));
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        let params = NormalsParams { gradient_alg: self.gradient_alg.code(), edges: self.edges.code(), ..NormalsParams::default() };
        bytemuck::bytes_of(&params).to_vec()
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        match self.gradient_alg {
            GradientAlgorithm::Horn => stencil::compute(task, self.edges.beyond(), Kernel::<{ gradient::HORN }>),
            GradientAlgorithm::ZevenbergenThorne => stencil::compute(task, self.edges.beyond(), Kernel::<{ gradient::ZEVENBERGEN_THORNE }>),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32>;

impl<T: Real, const ALGORITHM: u32> stencil::BandKernel<T, 3> for Kernel<ALGORITHM> {
    #[inline(always)]
    fn samples(self, window: &window::Window<T>, factors: [T; 4]) -> [T; 3] {
        let Gradient { p, q, .. } = gradient::world_gradient(window, gradient::difference::<ALGORITHM, T>(window), factors);
        let length = (T::of(1.0) + (p * p + q * q)).sqrt();
        let mut normal = [T::MISSING; 3];
        normal[EAST as usize] = -p / length;
        normal[NORTH as usize] = -q / length;
        normal[UP as usize] = T::of(1.0) / length;
        normal
    }
}
