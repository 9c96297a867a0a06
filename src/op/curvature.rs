use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    edges::{self, Edges},
    gradient,
    info::OperatorInfo,
    large, math,
    named_option::named_option,
    option_info::{GdalAlias, OptionInfo},
    options::{Options, Written},
    real::Real,
    shader::terrain_shader,
    stencil::{self, Stencil},
    terrain, window,
};
use crate::{
    error::Result,
    graph::{CellSize, GridInfo, Operator, RowsTask},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/curvature.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct Curvature {
    /// Which curvature.
    pub kind: CurvatureKind,
    /// How derivatives are estimated.
    pub algorithm: CurvatureAlgorithm,
    /// Vertical exaggeration.
    pub zfactor: f64,
    /// Horizontal units a vertical unit, along x; with `yscale`.
    pub xscale: Option<f64>,
    /// Horizontal units a vertical unit, along y; with `xscale`.
    pub yscale: Option<f64>,
    /// What happens at borders and beside missing heights.
    pub edges: Edges,
}

named_option! {
    /// Which curvature; `k` is 100.
    "kind" CurvatureKind {
        /// `-k (r + t)`: positive on knolls. Zevenbergen and Thorne 1987, as ESRI's.
        #[default]
        Total = "total",
        /// Along the slope, `-k (r p² + 2 s p q + t q²) / (p² + q²)`: positive where it steepens downhill. Zevenbergen
        /// and Thorne 1987.
        Profile = "profile",
        /// Across the slope, `k (r q² - 2 s p q + t p²) / (p² + q²)`: positive in hollows. Zevenbergen and Thorne
        /// 1987: total is profile less plan.
        Plan = "plan",
        /// Of the normal section across the slope, `-k (r q² - 2 s p q + t p²) / ((p² + q²) sqrt(1 + p² + q²))`:
        /// positive on spurs. Krcho 1991; Mitasova and Hofierka 1993, *Interpolation by regularized spline with
        /// tension II*, Mathematical Geology 25.
        Tangential = "tangential",
        /// Half the sum of the principal curvatures, `-k ((1 + q²) r - 2 p q s + (1 + p²) t) / (2 (1 + p² + q²)^1.5)`:
        /// positive on knolls (Gauss 1828; Shary 1995).
        Mean = "mean",
        /// Their product, `k² (r t - s²) / (1 + p² + q²)²`: negative on saddles (Gauss 1828).
        Gaussian = "Gaussian",
    }
}

named_option! {
    /// How second derivatives and gradient are estimated.
    "algorithm" CurvatureAlgorithm {
        /// Zevenbergen and Thorne 1987, *Quantitative analysis of land surface topography*, Earth Surf. Process.
        /// Landf. 12: the quartic through all nine heights.
        #[default]
        ZevenbergenThorne = "ZevenbergenThorne",
        /// Evans 1980, *An integrated system of terrain analysis and slope mapping*, Z. Geomorph. Suppl. 36: the quadratic
        /// nearest to all nine heights; less troubled by noise.
        Evans = "Evans",
    }
}

uniform! {
    /// `Params` of `shaders/curvature.wgsl`.
    pub struct CurvatureParams {
        /// `PROFILE` to `GAUSSIAN`, or total.
        kind: u32,
        /// `EVANS`, or Zevenbergen and Thorne.
        algorithm: u32,
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
        edges: u32,
        /// Vertical exaggeration.
        exaggeration: f32,
    }
}

shader_constants! { CONSTANTS:
    EVANS: u32 = 1;
    PROFILE: u32 = 1;
    PLAN: u32 = 2;
    TANGENTIAL: u32 = 3;
    MEAN: u32 = 4;
    GAUSSIAN: u32 = 5;
    PER_LENGTH: f32 = 100.0;
    HALF: f32 = 0.5;
    QUARTER: f32 = 0.25;
    SIXTH: f32 = 1.0 / 6.0;
    THIRD: f32 = 1.0 / 3.0;
    FLAT_BELOW: f32 = 1e-30;
    /// 2^-20: the steepest gradient that is told apart, as its inverse.
    PER_STEEPEST_BEND: f32 = 1.0 / 1_048_576.0;
}

/// 2^25 and 2^50: gradients and second derivatives whose products are within float32.
const ORDINARY_GRADIENT: f32 = 33_554_432.0;
const ORDINARY_BEND: f32 = 1_125_899_906_842_624.0;

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "curvature",
    summary: "how the surface bends, per 100 units of distance",
    unit: "1 per 100 units of distance (Gaussian: per 100²)",
    doc: include_str!("../../docs/operators/curvature.md"),
    about: "How the surface bends, per 100 units of distance",
    usage: "Examples:
  swath curvature dem.tif curvature.tif
  swath curvature dem.tif profile.tif --kind profile --algorithm Evans
  swath curvature dem.tif mean.tif --kind mean --scale 111120",
    options: &[
        &[
            OptionInfo::choice("kind", CurvatureKind::CHOICE, "KIND", "Which curvature"),
            OptionInfo::choice("algorithm", CurvatureAlgorithm::CHOICE, "ALG", "How derivatives are estimated")
                .gdal(&[GdalAlias::is("-alg")]),
        ],
        terrain::ZFACTOR,
        terrain::SCALE,
        edges::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { ulp: 8, units: 1e-6, bends: true, on_slopes: true, ..Agreement::EXACT },
    shader: terrain_shader!("curvature.wgsl"),
    params: CurvatureParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (xscale, yscale) = terrain::scale_of(options)?;
    Ok(Arc::new(Curvature {
        kind: options.get("kind")?,
        algorithm: options.get("algorithm")?,
        zfactor: options.get("zfactor")?,
        xscale,
        yscale,
        edges: edges::of(options)?,
    }))
}

fn examples() -> Vec<Arc<dyn Operator>> {
    let mut all: Vec<Arc<dyn Operator>> = Vec::new();
    for &kind in CurvatureKind::ALL {
        all.push(Arc::new(Curvature { kind, ..Curvature::default() }));
        let (algorithm, edges) = (CurvatureAlgorithm::Evans, Edges::Missing);
        if kind == CurvatureKind::Profile {
            all.push(Arc::new(Curvature { kind, edges: Edges::Wrap, ..Curvature::default() }));
            all.push(Arc::new(Curvature { kind, algorithm, edges: Edges::Nearest, ..Curvature::default() }));
        }
        all.push(Arc::new(Curvature { kind, algorithm, zfactor: 1.5, xscale: Some(2.0), yscale: Some(3.0), edges }));
    }
    all
}

impl Default for Curvature {
    fn default() -> Self {
        Self {
            kind: CurvatureKind::default(),
            algorithm: CurvatureAlgorithm::default(),
            zfactor: 1.0,
            xscale: None,
            yscale: None,
            edges: Edges::default(),
        }
    }
}

impl CurvatureKind {
    const fn code(self) -> u32 {
        match self {
            Self::Total => 0,
            Self::Profile => PROFILE,
            Self::Plan => PLAN,
            Self::Tangential => TANGENTIAL,
            Self::Mean => MEAN,
            Self::Gaussian => GAUSSIAN,
        }
    }
}

impl Curvature {
    fn fill_with<const IS_EVANS: bool, T: Real>(&self, task: &mut RowsTask<'_, T>) {
        let exaggeration = T::nearest(self.zfactor as f32, self.zfactor);
        match self.kind {
            CurvatureKind::Total => stencil::compute(task, self.edges.beyond_straight(), Kernel::<IS_EVANS, 0, T> { exaggeration }),
            CurvatureKind::Profile => stencil::compute(task, self.edges.beyond_straight(), Kernel::<IS_EVANS, PROFILE, T> { exaggeration }),
            CurvatureKind::Plan => stencil::compute(task, self.edges.beyond_straight(), Kernel::<IS_EVANS, PLAN, T> { exaggeration }),
            CurvatureKind::Tangential => {
                stencil::compute(task, self.edges.beyond_straight(), Kernel::<IS_EVANS, TANGENTIAL, T> { exaggeration })
            }
            CurvatureKind::Mean => stencil::compute(task, self.edges.beyond_straight(), Kernel::<IS_EVANS, MEAN, T> { exaggeration }),
            CurvatureKind::Gaussian => {
                stencil::compute(task, self.edges.beyond_straight(), Kernel::<IS_EVANS, GAUSSIAN, T> { exaggeration })
            }
        }
    }
}

impl Stencil for Curvature {
    const INFO: &'static OperatorInfo = &INFO;

    fn verify(&self) -> Result<()> {
        terrain::check_zfactor(self.zfactor)?;
        terrain::check_scale((self.xscale, self.yscale))
    }

    fn cell(&self) -> CellSize {
        terrain::cell_size_of((self.xscale, self.yscale))
    }

    fn factors(&self, grid: &GridInfo, row: usize) -> [f64; 4] {
        terrain::pixel_matrix(grid, row, (self.xscale, self.yscale))
    }

    fn edges(&self) -> Edges {
        self.edges
    }

    fn write(&self, options: &mut Written) {
        options.put("kind", self.kind);
        options.put("algorithm", self.algorithm);
        options.put("zfactor", self.zfactor);
        terrain::write_scale(options, (self.xscale, self.yscale));
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        let params = CurvatureParams {
            kind: self.kind.code(),
            algorithm: if self.algorithm == CurvatureAlgorithm::Evans { EVANS } else { 0 },
            edges: self.edges.beyond_straight().code(),
            exaggeration: self.zfactor as f32,
        };
        bytemuck::bytes_of(&params).to_vec()
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        match self.algorithm {
            CurvatureAlgorithm::ZevenbergenThorne => self.fill_with::<false, T>(task),
            CurvatureAlgorithm::Evans => self.fill_with::<true, T>(task),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const IS_EVANS: bool, const KIND: u32, T> {
    exaggeration: T,
}

impl<T: Real, const IS_EVANS: bool, const KIND: u32> stencil::Kernel<T> for Kernel<IS_EVANS, KIND, T> {
    #[inline(always)]
    fn sample(self, w: &window::Window<T>, m: [T; 4]) -> T {
        let (one, two, k, flat_below) = (T::of(1.0), T::of(2.0), T::of(PER_LENGTH), T::of(FLAT_BELOW));
        let (g, cc, rr) = differences::<IS_EVANS, T>(w);
        let cr = ((w.a - w.c) + (w.i - w.g)) * T::of(QUARTER);
        let z = self.exaggeration;
        let gradient::Gradient { p, q, unit, stretch } = gradient::shortened(w, g, m, z * T::of(PER_STEEPEST_BEND));
        let r = m[0] * m[0] * cc + two * m[0] * m[1] * cr + m[1] * m[1] * rr;
        let s = m[0] * m[2] * cc + (m[0] * m[3] + m[1] * m[2]) * cr + m[1] * m[3] * rr;
        let t = m[2] * m[2] * cc + two * m[2] * m[3] * cr + m[3] * m[3] * rr;
        let (p, q, r, s, t) = (z * p, z * q, z * r, z * s, z * t);
        let steep = p * p + q * q;
        let along = (r * p * p + two * s * p * q + t * q * q) / math::max(steep, flat_below);
        let across = (r * q * q - two * s * p * q + t * p * p) / math::max(steep, flat_below);
        let normal = one + steep;
        let flat = gradient::is_flat(g) | (steep < flat_below);
        let directed = |bend: T| if flat { T::of(0.0) } else { bend };
        let bend = match KIND {
            PROFILE => directed(-k * along),
            PLAN => directed(k * across),
            TANGENTIAL => directed(-k * across / normal.sqrt()),
            MEAN => T::of(-HALF) * k * ((one + q * q) * r - two * p * q * s + (one + p * p) * t) / (normal * normal.sqrt()),
            GAUSSIAN => (k * k) * (r * t - s * s) / (normal * normal),
            _ => -k * (r + t),
        };
        // The second derivatives are those of the scaled heights, the gradient is that over `stretch`.
        match KIND {
            _ if w.ordinary => bend,
            TANGENTIAL | MEAN => bend / unit,
            GAUSSIAN => bend / unit / unit / stretch / stretch,
            _ => w.unscaled(bend),
        }
    }

    #[inline(always)]
    fn ordinary_below(self, m: [T; 4]) -> T {
        // Gradients stay below 2^27, second derivatives below 2^56, and so products of both are within float32.
        let most = math::max(math::max(m[0].abs(), m[1].abs()), math::max(m[2].abs(), m[3].abs()));
        let stretched = most * self.exaggeration;
        let (gradient, bend) = (T::of(ORDINARY_GRADIENT) / stretched, T::of(ORDINARY_BEND) / (stretched * most));
        math::min(T::LARGE, math::min(gradient, bend))
    }
}

/// Gradient per column and row, and the second differences, per column twice and per row twice.
#[inline(always)]
fn differences<const IS_EVANS: bool, T: Real>(w: &window::Window<T>) -> ((T, T), T, T) {
    if IS_EVANS {
        let (two, sixth, third) = (T::of(2.0), T::nearest(SIXTH, 1.0 / 6.0), T::nearest(THIRD, 1.0 / 3.0));
        let g = (((w.c - w.a) + (w.f - w.d) + (w.i - w.g)) * sixth, ((w.g - w.a) + (w.h - w.b) + (w.i - w.c)) * sixth);
        let cc = ((w.a + w.c) + (w.d + w.f) + (w.g + w.i) - two * (w.b + w.h) - two * w.e) * third;
        let rr = ((w.a + w.g) + (w.b + w.h) + (w.c + w.i) - two * (w.d + w.f) - two * w.e) * third;
        return (g, cc, rr);
    }
    let half = T::of(HALF);
    (((w.f - w.d) * half, (w.h - w.b) * half), (w.d + w.f) - T::of(2.0) * w.e, (w.b + w.h) - T::of(2.0) * w.e)
}
