use super::{
    abi::{self, shader_constants, uniform},
    agreement::Agreement,
    edges::{self, Edges},
    gradient::{self, Gradient},
    info::OperatorInfo,
    large,
    math::{self, HALF_TURN, QUARTER_TURN, max},
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
    graph::{CellSize, GridInfo, Operator, OperatorOutput, RowsTask},
    raster::{Nodata, SampleType},
};
use std::sync::Arc;

#[doc = include_str!("../../docs/operators/hillshade.md")]
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
        /// `EDGES_EXTRAPOLATE` to `EDGES_EXTRAPOLATE_CORNERS`.
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
    unit: "grey levels",
    doc: include_str!("../../docs/operators/hillshade.md"),
    about: "Brightness under a distant light, 1 to 255",
    usage: "Examples:
  swath hillshade dem.tif shade.tif --preview shade.png
  swath hillshade dem.tif shade.tif --azimuth 45 --altitude 30 --zfactor 2
  swath hillshade dem.tif shade.tif --variant multidirectional
  swath hillshade dem.tif shade.tif -z 2 -az 45 -alt 30 -combined   (as gdaldem)",
    options: &[
        &[
            OptionInfo::choice("variant", HillshadeVariant::CHOICE, "VARIANT", "Kind of shading").gdal(&[
                GdalAlias::of("-combined", "combined"),
                GdalAlias::of("-multidirectional", "multidirectional"),
                GdalAlias::of("-igor", "Igor"),
            ]),
            OptionInfo::number("azimuth", "DEGREES", "Where the light comes from, degrees clockwise from north")
                .default("315")
                .gdal(&[GdalAlias::is("-az"), GdalAlias::is("-azimuth")]),
            OptionInfo::number("altitude", "DEGREES", "Height of the light above the horizon, degrees")
                .default("45")
                .gdal(&[GdalAlias::is("-alt"), GdalAlias::is("-altitude")]),
        ],
        terrain::ZFACTOR,
        terrain::GRADIENT_ALG,
        terrain::SCALE,
        edges::OPTIONS,
    ],
    build,
    examples,
    agreement: Agreement { units: 1.0, rounded: true, ..Agreement::EXACT },
    shader: terrain_shader!("hillshade.wgsl"),
    params: HillshadeParams::LAYOUT,
    constants: &[abi::CONSTANTS, edges::CONSTANTS, large::CONSTANTS, gradient::CONSTANTS, math::CONSTANTS, CONSTANTS],
};

fn build(options: &Options) -> Result<Arc<dyn Operator>> {
    let (xscale, yscale) = terrain::scale_of(options)?;
    Ok(Arc::new(Hillshade {
        gradient_alg: options.get("gradient-alg")?,
        variant: options.get("variant")?,
        azimuth: options.get("azimuth")?,
        altitude: options.get("altitude")?,
        zfactor: options.get("zfactor")?,
        xscale,
        yscale,
        edges: edges::of(options)?,
    }))
}

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

/// The light, as the kernels need it: what `Params` has of it.
#[derive(Clone, Copy)]
struct Light<T> {
    /// Towards it: east, north, up.
    sun: [T; 3],
    /// Cosine of its altitude, and that times the square root of one half.
    flat_sun: T,
    diagonal_sun: T,
    /// Towards it on the map, of length 1: east, north.
    azimuth: [T; 2],
}

impl<T: Real> Light<T> {
    fn of(hillshade: &Hillshade) -> Self {
        let (azimuth, altitude) = (hillshade.azimuth.rem_euclid(360.0).to_radians(), hillshade.altitude.to_radians());
        let near = |exactly: f64| T::nearest(exactly as f32, exactly);
        Self {
            sun: [altitude.cos() * azimuth.sin(), altitude.cos() * azimuth.cos(), altitude.sin()].map(near),
            flat_sun: near(altitude.cos()),
            diagonal_sun: near(altitude.cos() * std::f64::consts::FRAC_1_SQRT_2),
            azimuth: [azimuth.sin(), azimuth.cos()].map(near),
        }
    }
}

impl Hillshade {
    fn fill_with<const ALGORITHM: u32, T: Real>(&self, task: &mut RowsTask<'_, T>) {
        let light = Light::of(self);
        match self.variant {
            HillshadeVariant::Regular => stencil::compute(task, self.edges.beyond(), Kernel::<ALGORITHM, 0, T> { light }),
            HillshadeVariant::Combined => stencil::compute(task, self.edges.beyond(), Kernel::<ALGORITHM, COMBINED, T> { light }),
            HillshadeVariant::Multidirectional => {
                stencil::compute(task, self.edges.beyond(), Kernel::<ALGORITHM, MULTIDIRECTIONAL, T> { light })
            }
            HillshadeVariant::Igor => stencil::compute(task, self.edges.beyond(), Kernel::<ALGORITHM, IGOR, T> { light }),
        }
    }
}

impl Stencil for Hillshade {
    const INFO: &'static OperatorInfo = &INFO;
    const OUTPUT: OperatorOutput = OperatorOutput { sample: SampleType::U8, nodata: Nodata::Integer(0), byte_range: Some((1, 255)) };

    fn verify(&self) -> Result<()> {
        let altitude = self.altitude;
        terrain::check_number("azimuth", self.azimuth, self.azimuth.is_finite(), "a number of degrees, clockwise from north")?;
        terrain::check_number("altitude", altitude, (0.0..=90.0).contains(&altitude), "0 to 90 degrees")?;
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
        options.put("variant", self.variant);
        options.put("azimuth", self.azimuth);
        options.put("altitude", self.altitude);
        options.put("zfactor", self.zfactor);
        options.put("gradient-alg", self.gradient_alg);
        terrain::write_scale(options, (self.xscale, self.yscale));
        edges::write(options, self.edges);
    }

    fn params(&self) -> Vec<u8> {
        let Light { sun: [sun_east, sun_north, sun_up], flat_sun, diagonal_sun, azimuth: [azimuth_east, azimuth_north] } = Light::of(self);
        let params = HillshadeParams {
            gradient_alg: self.gradient_alg.code(),
            variant: match self.variant {
                HillshadeVariant::Regular => 0,
                HillshadeVariant::Combined => COMBINED,
                HillshadeVariant::Multidirectional => MULTIDIRECTIONAL,
                HillshadeVariant::Igor => IGOR,
            },
            edges: self.edges.code(),
            sun_east,
            sun_north,
            sun_up,
            flat_sun,
            diagonal_sun,
            azimuth_east,
            azimuth_north,
            ..HillshadeParams::default()
        };
        bytemuck::bytes_of(&params).to_vec()
    }

    fn fill<T: Real>(&self, task: &mut RowsTask<'_, T>) {
        match self.gradient_alg {
            GradientAlgorithm::Horn => self.fill_with::<{ gradient::HORN }, T>(task),
            GradientAlgorithm::ZevenbergenThorne => self.fill_with::<{ gradient::ZEVENBERGEN_THORNE }, T>(task),
        }
    }
}

#[derive(Clone, Copy)]
struct Kernel<const ALGORITHM: u32, const VARIANT: u32, T> {
    light: Light<T>,
}

impl<T: Real, const ALGORITHM: u32, const VARIANT: u32> stencil::Kernel<T> for Kernel<ALGORITHM, VARIANT, T> {
    #[inline(always)]
    fn sample(self, window: &window::Window<T>, factors: [T; 4]) -> T {
        let Gradient { p, q, .. } = gradient::world_gradient(window, gradient::difference::<ALGORITHM, T>(window), factors);
        match VARIANT {
            COMBINED => combined(&self.light, p, q),
            MULTIDIRECTIONAL => multidirectional(&self.light, p, q),
            IGOR => igor(&self.light, p, q),
            _ => regular(&self.light, p, q),
        }
    }
}

#[inline(always)]
fn regular<T: Real>(light: &Light<T>, p: T, q: T) -> T {
    let [sun_east, sun_north, sun_up] = light.sun;
    let facing = sun_up - (p * sun_east + q * sun_north);
    T::of(DARKEST) + T::of(LIGHT_STEPS) * max(facing / (T::of(1.0) + (p * p + q * q)).sqrt(), T::of(0.0))
}

#[inline(always)]
fn combined<T: Real>(light: &Light<T>, p: T, q: T) -> T {
    let [sun_east, sun_north, sun_up] = light.sun;
    // atan2(|n x s|, n . s): exact where the surface faces the light, as acos(n . s) is not.
    let facing = sun_up - (p * sun_east + q * sun_north);
    let x = -q * sun_up - sun_north;
    let y = sun_east + p * sun_up;
    let z = q * sun_east - p * sun_north;
    let incidence = T::atan2_degrees((x * x + y * y + z * z).sqrt(), facing) / T::of(QUARTER_TURN);
    T::of(DARKEST) + T::of(LIGHT_STEPS) * max(T::of(1.0) - incidence * steepness(p, q), T::of(0.0))
}

/// The slope, 0 to 1 for 90 degrees.
#[inline(always)]
fn steepness<T: Real>(p: T, q: T) -> T {
    T::atan2_degrees((p * p + q * q).sqrt(), T::of(1.0)) / T::of(QUARTER_TURN)
}

#[inline(always)]
fn multidirectional<T: Real>(light: &Light<T>, p: T, q: T) -> T {
    let (sun_up, zero, half) = (light.sun[2], T::of(0.0), T::of(0.5));
    let s = p * p + q * q;
    let h225 = max(sun_up + (p + q) * light.diagonal_sun, zero);
    let h270 = max(sun_up + p * light.flat_sun, zero);
    let h315 = max(sun_up + (p - q) * light.diagonal_sun, zero);
    let h360 = max(sun_up - q * light.flat_sun, zero);
    // Weights times s; the diagonal ones are 1/2 (p + q)^2 and 1/2 (p - q)^2.
    let diagonal = half * ((p + q) * (p + q) * h225 + (p - q) * (p - q) * h315);
    let h = half * ((p * p * h270 + q * q * h360) + diagonal) / s;
    // Flat ground divides by nothing, and is as bright as the light is high.
    let h = if s < T::of(FLAT_BELOW) { sun_up } else { h / (T::of(1.0) + s).sqrt() };
    T::of(DARKEST) + T::of(LIGHT_STEPS) * h
}

#[inline(always)]
fn igor<T: Real>(light: &Light<T>, p: T, q: T) -> T {
    let ([azimuth_east, azimuth_north], one) = (light.azimuth, T::of(1.0));
    let along = p * azimuth_east + q * azimuth_north;
    let across = p * azimuth_north - q * azimuth_east;
    let turn = T::atan2_degrees(across.abs(), along) / T::of(HALF_TURN);
    max(T::of(IGOR_STEPS) * (one - steepness(p, q) * (one - turn)), T::of(DARKEST))
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
