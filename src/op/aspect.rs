use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    edges::{self, Edges},
    exposure,
    gradient::{self, Gradient},
    info::OperatorInfo,
    large, math,
    named_option::named_option,
    option_info::{GdalAlias, OptionInfo},
    options::{Options, Written},
    real::Real,
    shader::terrain_shader,
    stencil::{self, Stencil},
    terrain::{self, GradientAlgorithm},
    window,
};
use crate::{
    error::Result,
    graph::{CellSize, GridInfo, Operator, RowsTask},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/aspect.md")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aspect {
    /// How the gradient is estimated.
    pub gradient_alg: GradientAlgorithm,
    /// Where angles are counted from.
    pub convention: AspectConvention,
    /// Flat ground is 0, not missing.
    pub zero_for_flat: bool,
    /// Horizontal units a vertical unit, along x; with `yscale`. Only their ratio matters here.
    pub xscale: Option<f64>,
    /// Horizontal units a vertical unit, along y; with `xscale`.
    pub yscale: Option<f64>,
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

named_option! {
    /// Where aspects are counted from: GDAL's `--convention` (`-trigonometric`).
    "convention" AspectConvention {
        /// Clockwise from north.
        #[default]
        Azimuth = "azimuth",
        /// Counter-clockwise from east.
        TrigonometricAngle = "trigonometric-angle",
    }
}

uniform! {
    /// `Params` of `shaders/aspect.wgsl`.
    pub struct AspectParams {
        /// `HORN` or `ZEVENBERGEN_THORNE`.
        gradient_alg: u32,
        /// `TRIGONOMETRIC_ANGLE`, or azimuth.
        convention: u32,
        /// `FLAT_IS_MISSING`, or 1.
        zero_for_flat: u32,
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
        edges: u32,
    }
}

shader_constants! { CONSTANTS:
    TRIGONOMETRIC_ANGLE: u32 = 1;
    FLAT_IS_MISSING: u32 = 0;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "aspect",
    summary: "direction that the surface faces, in degrees",
    unit: "degrees",
    doc: include_str!("../../docs/operators/aspect.md"),
    about: "Direction that the surface faces, in degrees",
    usage: "Examples:
  swath aspect dem.tif aspect.tif
  swath aspect dem.tif aspect.tif --convention trigonometric-angle --zero-for-flat
  swath aspect dem.tif aspect.tif -trigonometric -zero_for_flat   (as gdaldem)",
    options: &[
        &[
            OptionInfo::choice(
                "convention",
                AspectConvention::CHOICE,
                "CONVENTION",
                "Clockwise from north, or counter-clockwise from east",
            )
            .gdal(&[GdalAlias::of("-trigonometric", "trigonometric-angle")]),
            exposure::ZERO_FOR_FLAT,
        ],
        terrain::GRADIENT_ALG,
        terrain::SCALE,
        edges::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { units: 2e-5, turn: Some(360.0), on_slopes: true, ..Agreement::EXACT },
    shader: terrain_shader!("aspect.wgsl"),
    params: AspectParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (xscale, yscale) = terrain::scale_of(options)?;
    Ok(Arc::new(Aspect {
        gradient_alg: options.get("gradient-alg")?,
        convention: options.get("convention")?,
        zero_for_flat: options.is_on("zero-for-flat")?,
        xscale,
        yscale,
        edges: edges::of(options)?,
    }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let (gradient_alg, convention) = (GradientAlgorithm::ZevenbergenThorne, AspectConvention::TrigonometricAngle);
    vec![
        Arc::new(Aspect::default()),
        Arc::new(Aspect { convention, zero_for_flat: true, ..Aspect::default() }),
        Arc::new(Aspect { edges: Edges::Reflect, ..Aspect::default() }),
        Arc::new(Aspect { gradient_alg, zero_for_flat: true, edges: Edges::Missing, ..Aspect::default() }),
        Arc::new(Aspect { gradient_alg, convention, xscale: Some(2.0), yscale: Some(0.5), ..Aspect::default() }),
    ]
}

impl Stencil for Aspect {
    const INFO: &'static OperatorInfo = &INFO;

    fn verify(&self) -> Result<()> {
        terrain::check_scale((self.xscale, self.yscale))
    }

    fn cell(&self) -> CellSize {
        terrain::cell_size_of((self.xscale, self.yscale))
    }

    fn factors(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        terrain::row_factors(grid, row, self.gradient_alg, 1.0, (self.xscale, self.yscale))
    }

    fn edges(&self) -> Edges {
        self.edges
    }

    fn write(&self, options: &mut Written) {
        options.put("convention", self.convention);
        options.put_switch("zero-for-flat", self.zero_for_flat);
        options.put("gradient-alg", self.gradient_alg);
        terrain::write_scale(options, (self.xscale, self.yscale));
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        let params = AspectParams {
            gradient_alg: self.gradient_alg.code(),
            convention: if self.convention == AspectConvention::TrigonometricAngle { TRIGONOMETRIC_ANGLE } else { 0 },
            zero_for_flat: if self.zero_for_flat { 1 } else { FLAT_IS_MISSING },
            edges: self.edges.code(),
        };
        bytemuck::bytes_of(&params).to_vec()
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        const H: u32 = gradient::HORN;
        const ZT: u32 = gradient::ZEVENBERGEN_THORNE;
        let zero_for_flat = self.zero_for_flat;
        match (self.gradient_alg, self.convention) {
            (GradientAlgorithm::Horn, AspectConvention::Azimuth) => {
                stencil::compute(task, self.edges.beyond(), Kernel::<H, false> { zero_for_flat })
            }
            (GradientAlgorithm::Horn, _) => stencil::compute(task, self.edges.beyond(), Kernel::<H, true> { zero_for_flat }),
            (_, AspectConvention::Azimuth) => stencil::compute(task, self.edges.beyond(), Kernel::<ZT, false> { zero_for_flat }),
            _ => stencil::compute(task, self.edges.beyond(), Kernel::<ZT, true> { zero_for_flat }),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32, const TRIGONOMETRIC: bool> {
    zero_for_flat: bool,
}

impl<T: Real, const ALGORITHM: u32, const TRIGONOMETRIC: bool> stencil::Kernel<T> for Kernel<ALGORITHM, TRIGONOMETRIC> {
    #[inline(always)]
    fn sample(self, window: &window::Window<T>, factors: [T; 4]) -> T {
        let (zero, turn) = (T::of(0.0), T::of(math::FULL_TURN));
        let g = gradient::difference::<ALGORITHM, T>(window);
        let Gradient { p, q, .. } = gradient::world_gradient(window, g, factors);
        let angle = if TRIGONOMETRIC { T::atan2_degrees(-q, -p) } else { T::atan2_degrees(-p, -q) };
        let angle = if angle < zero { angle + turn } else { angle };
        // A tiny negative angle rounds up to the full turn.
        let angle = if angle >= turn { zero } else { angle };
        let flat = if self.zero_for_flat { zero } else { T::MISSING };
        if gradient::is_flat(g) { flat } else { angle }
    }
}
