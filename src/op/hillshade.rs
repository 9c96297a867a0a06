use super::{
    Agreement, Edges, GradientAlgorithm, OperatorInfo,
    abi::{self, shader_constants, uniform},
    gradient,
    math::{self, HALF_TURN, QUARTER_TURN, atan_degrees, atan2_degrees, max},
    shader::terrain_shader,
    stencil,
    terrain::{self, named_option},
};
use crate::{
    error::Result,
    graph::{Footprint, GpuKernel, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

/// How brightly a distant light shines on the surface: bytes 1 to 255, `1 + 254 h` with h in 0 to 1.
///
/// With p and q the surface's rise per metre towards east and north (times `zfactor`), normal
/// n = (-p, -q, 1) / sqrt(1 + p² + q²) and s towards the light ([`HillshadeVariant`] has what each makes of it), the
/// regular h is `max(0, n · s)` (Horn 1981, *Hill shading and the reflectance map*, Proc. IEEE 69). Gradients as in
/// [`Slope`](super::Slope).
///
/// A missing centre gives missing; [`Edges`] says what becomes of incomplete neighbourhoods. The kernel leaves values
/// unrounded; they are written as uint8, halves rounded up, with nodata 0.
///
/// Against float64: 5e-7 of h; CPU against GPU: one byte, at ties.
///
/// `gdal raster hillshade`: `--variant`, `--azimuth`, `--altitude`, `--zfactor`, `--gradient-alg`, `--xscale`,
/// `--yscale`, `--no-edges`; `gdaldem hillshade`: `-combined`, `-multidirectional`, `-igor`, `-az`, `-alt`, `-z`,
/// `-alg`, `-s`, `-xscale`, `-yscale`, `-compute_edges`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hillshade {
    /// How the gradient is estimated.
    pub gradient_alg: GradientAlgorithm,
    /// What is made of gradient and light.
    pub variant: HillshadeVariant,
    /// Where the light comes from, degrees clockwise from north; unused by the multidirectional variant.
    pub azimuth: f64,
    /// Height of the light above the horizon, 0 to 90 degrees; unused by Igor's variant.
    pub altitude: f64,
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
    /// Kind of shading: GDAL's `--variant`.
    "variant" HillshadeVariant {
        /// `h = max(0, n · s)`.
        #[default]
        Regular = "regular",
        /// `h = 1 - (angle between n and s / 90°) (slope / 90°)`, at least 0.
        Combined = "combined",
        /// Light from 225, 270, 315 and 360 degrees at once, each weighted by how squarely the slope faces along it:
        /// `h = ½ Σ cos²(aspect - azimuth) max(0, n · s)` (Mark 1992, USGS Open-File Report 92-422).
        Multidirectional = "multidirectional",
        /// Shade only where slopes turn away from the light, little on gentle ground:
        /// `255 (1 - (slope / 90°) (1 - angle between ascent and light / 180°))`, at least 1. Unlike gdaldem's, the
        /// pixel's shape counts in the angle.
        Igor = "Igor",
    }
}

uniform! {
    /// `Params` of `shaders/hillshade.wgsl`.
    pub struct HillshadeParams {
        /// `HORN` or `ZEVENBERGEN_THORNE`.
        gradient_alg: u32,
        /// `COMBINED`, `MULTIDIRECTIONAL`, `IGOR`, or regular.
        variant: u32,
        /// `EDGES_EXTRAPOLATE` or `EDGES_MISSING`.
        edges: u32,
        /// Zero.
        pad0: u32,
        /// Unit vector towards the light, east.
        sun_east: f32,
        /// Unit vector towards the light, north.
        sun_north: f32,
        /// Unit vector towards the light, up.
        sun_up: f32,
        /// Cosine of the altitude.
        flat_sun: f32,
        /// Cosine of the altitude, times the square root of one half.
        diagonal_sun: f32,
        /// Sine of the azimuth.
        azimuth_east: f32,
        /// Cosine of the azimuth.
        azimuth_north: f32,
        /// Zero.
        pad1: u32,
    }
}

shader_constants! { CONSTANTS:
    COMBINED: u32 = 1;
    MULTIDIRECTIONAL: u32 = 2;
    IGOR: u32 = 3;
    DARKEST: f32 = 1.0;
    LIGHT_STEPS: f32 = 254.0;
    IGOR_STEPS: f32 = 255.0;
    FLAT_BELOW: f32 = 1e-30;
}

pub(super) const INFO: OperatorInfo = OperatorInfo {
    name: "hillshade",
    summary: "brightness under a distant light, 1 to 255",
    options: &[
        ("variant", "regular|combined|multidirectional|Igor"),
        ("azimuth", "DEGREES"),
        ("altitude", "DEGREES"),
        ("zfactor", "Z"),
        ("gradient-alg", "Horn|ZevenbergenThorne"),
        ("scale", "S"),
        ("xscale", "X"),
        ("yscale", "Y"),
        ("no-edges", ""),
    ],
    examples,
    agreement: Agreement { units: 1.0, rounded: true, ..Agreement::EXACT },
    shader: terrain_shader!("hillshade.wgsl"),
    params: HillshadeParams::LAYOUT,
    constants: &[abi::CONSTANTS, stencil::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, CONSTANTS],
};

fn examples() -> Vec<Arc<dyn Operator>> {
    let mut all: Vec<Arc<dyn Operator>> = Vec::new();
    let (mut gradient_alg, mut edges) = (GradientAlgorithm::Horn, Edges::Extrapolate);
    for &variant in HillshadeVariant::ALL {
        all.push(Arc::new(Hillshade { variant, gradient_alg, edges, ..Hillshade::default() }));
        let scale = Some(0.7);
        (gradient_alg, edges) = if gradient_alg == GradientAlgorithm::Horn {
            (GradientAlgorithm::ZevenbergenThorne, Edges::Missing)
        } else {
            (GradientAlgorithm::Horn, Edges::Extrapolate)
        };
        let (azimuth, altitude, zfactor) = (100.0, 20.0, 3.0);
        all.push(Arc::new(Hillshade { variant, gradient_alg, azimuth, altitude, zfactor, xscale: scale, yscale: scale, edges }));
    }
    all
}

impl Default for Hillshade {
    fn default() -> Self {
        Self {
            gradient_alg: GradientAlgorithm::default(),
            variant: HillshadeVariant::default(),
            azimuth: 315.0,
            altitude: 45.0,
            zfactor: 1.0,
            xscale: None,
            yscale: None,
            edges: Edges::default(),
        }
    }
}

impl Hillshade {
    fn params(&self) -> HillshadeParams {
        let (azimuth, altitude) = (self.azimuth.rem_euclid(360.0).to_radians(), self.altitude.to_radians());
        HillshadeParams {
            gradient_alg: self.gradient_alg.code(),
            variant: match self.variant {
                HillshadeVariant::Regular => 0,
                HillshadeVariant::Combined => COMBINED,
                HillshadeVariant::Multidirectional => MULTIDIRECTIONAL,
                HillshadeVariant::Igor => IGOR,
            },
            edges: self.edges.code(),
            pad0: 0,
            sun_east: (altitude.cos() * azimuth.sin()) as f32,
            sun_north: (altitude.cos() * azimuth.cos()) as f32,
            sun_up: altitude.sin() as f32,
            flat_sun: altitude.cos() as f32,
            diagonal_sun: (altitude.cos() * std::f64::consts::FRAC_1_SQRT_2) as f32,
            azimuth_east: azimuth.sin() as f32,
            azimuth_north: azimuth.cos() as f32,
            pad1: 0,
        }
    }

    fn compute_with<const ALGORITHM: u32>(&self, task: &mut RowsTask<'_>) {
        let params = self.params();
        match self.variant {
            HillshadeVariant::Regular => stencil::compute(task, self.edges, Kernel::<ALGORITHM, 0> { params }),
            HillshadeVariant::Combined => stencil::compute(task, self.edges, Kernel::<ALGORITHM, COMBINED> { params }),
            HillshadeVariant::Multidirectional => stencil::compute(task, self.edges, Kernel::<ALGORITHM, MULTIDIRECTIONAL> { params }),
            HillshadeVariant::Igor => stencil::compute(task, self.edges, Kernel::<ALGORITHM, IGOR> { params }),
        }
    }
}

impl Operator for Hillshade {
    fn name(&self) -> &'static str {
        INFO.name
    }

    fn footprint(&self) -> Footprint {
        Footprint::square(1)
    }

    fn output(&self) -> OperatorOutput {
        OperatorOutput { sample: SampleType::U8, nodata: Nodata::Integer(0), byte_range: Some((1, 255)) }
    }

    fn check(&self) -> Result<()> {
        let altitude = self.altitude;
        terrain::check_number("azimuth", self.azimuth, self.azimuth.is_finite(), "a number of degrees, clockwise from north")?;
        terrain::check_number("altitude", altitude, (0.0..=90.0).contains(&altitude), "0 to 90 degrees")?;
        terrain::check_zfactor(self.zfactor)?;
        terrain::check_scale((self.xscale, self.yscale))
    }

    fn row_factors(&self, grid: &GridInfo, row: usize) -> [f32; 4] {
        terrain::row_factors(grid, row, self.gradient_alg, self.zfactor, (self.xscale, self.yscale))
    }

    fn gpu_kernel(&self) -> GpuKernel {
        GpuKernel { wgsl: INFO.shader.text(), params: bytemuck::bytes_of(&self.params()).to_vec() }
    }

    fn compute_rows(&self, task: &mut RowsTask<'_>) {
        match self.gradient_alg {
            GradientAlgorithm::Horn => self.compute_with::<{ gradient::HORN }>(task),
            GradientAlgorithm::ZevenbergenThorne => self.compute_with::<{ gradient::ZEVENBERGEN_THORNE }>(task),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32, const VARIANT: u32> {
    params: HillshadeParams,
}

impl<const ALGORITHM: u32, const VARIANT: u32> stencil::Kernel for Kernel<ALGORITHM, VARIANT> {
    #[inline(always)]
    fn sample(self, window: &stencil::Window, factors: [f32; 4]) -> f32 {
        let (p, q) = gradient::world_gradient(gradient::difference::<ALGORITHM>(window), factors);
        match VARIANT {
            COMBINED => combined(&self.params, p, q),
            MULTIDIRECTIONAL => multidirectional(&self.params, p, q),
            IGOR => igor(&self.params, p, q),
            _ => regular(&self.params, p, q),
        }
    }
}

#[inline(always)]
fn regular(params: &HillshadeParams, p: f32, q: f32) -> f32 {
    let facing = params.sun_up - (p * params.sun_east + q * params.sun_north);
    DARKEST + LIGHT_STEPS * max(facing / (1.0 + (p * p + q * q)).sqrt(), 0.0)
}

#[inline(always)]
fn combined(params: &HillshadeParams, p: f32, q: f32) -> f32 {
    // atan2(|n x s|, n . s): exact where the surface faces the light, as acos(n . s) is not.
    let facing = params.sun_up - (p * params.sun_east + q * params.sun_north);
    let x = -q * params.sun_up - params.sun_north;
    let y = params.sun_east + p * params.sun_up;
    let z = q * params.sun_east - p * params.sun_north;
    let incidence = atan2_degrees((x * x + y * y + z * z).sqrt(), facing) / QUARTER_TURN;
    let slope = atan_degrees((p * p + q * q).sqrt()) / QUARTER_TURN;
    DARKEST + LIGHT_STEPS * max(1.0 - incidence * slope, 0.0)
}

#[inline(always)]
fn multidirectional(params: &HillshadeParams, p: f32, q: f32) -> f32 {
    let s = p * p + q * q;
    let h225 = max(params.sun_up + (p + q) * params.diagonal_sun, 0.0);
    let h270 = max(params.sun_up + p * params.flat_sun, 0.0);
    let h315 = max(params.sun_up + (p - q) * params.diagonal_sun, 0.0);
    let h360 = max(params.sun_up - q * params.flat_sun, 0.0);
    // Weights times s; the diagonal ones are 1/2 (p + q)^2 and 1/2 (p - q)^2.
    let diagonal = 0.5 * ((p + q) * (p + q) * h225 + (p - q) * (p - q) * h315);
    let h = 0.5 * ((p * p * h270 + q * q * h360) + diagonal) / s;
    // Flat ground divides by nothing, and is as bright as the light is high.
    let h = if s < FLAT_BELOW { params.sun_up } else { h / (1.0 + s).sqrt() };
    DARKEST + LIGHT_STEPS * h
}

#[inline(always)]
fn igor(params: &HillshadeParams, p: f32, q: f32) -> f32 {
    let slope = atan_degrees((p * p + q * q).sqrt()) / QUARTER_TURN;
    let along = p * params.azimuth_east + q * params.azimuth_north;
    let across = p * params.azimuth_north - q * params.azimuth_east;
    let turn = atan2_degrees(across.abs(), along) / HALF_TURN;
    max(IGOR_STEPS * (1.0 - slope * (1.0 - turn)), DARKEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_options_are_refused() {
        let fine = Hillshade::default();
        assert!(fine.check().is_ok() && Hillshade { azimuth: -45.0, altitude: 90.0, ..fine.clone() }.check().is_ok());
        for bad in [
            Hillshade { azimuth: f64::NAN, ..fine.clone() },
            Hillshade { altitude: -1.0, ..fine.clone() },
            Hillshade { altitude: 90.5, ..fine.clone() },
            Hillshade { zfactor: 0.0, ..fine.clone() },
            Hillshade { xscale: Some(1.0), ..fine.clone() },
        ] {
            assert!(bad.check().unwrap_err().is_refusal(), "{bad:?}");
        }
    }
}
