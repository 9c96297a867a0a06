//! `swath slope`, `aspect` and `hillshade`: named options become an operator's fields.

use super::{values::named, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, Slope, SlopeUnit},
};

const HOW: &str = "How it is computed";

/// What happens where the neighbourhood is not whole.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HOW)]
pub struct EdgeOptions {
    /// Leave pixels missing whose neighbourhood is not whole, instead of going on linearly
    #[arg(long)]
    no_edges: bool,
    /// What is done anyway; accepted for gdaldem's users
    #[arg(long, hide = true, conflicts_with = "no_edges")]
    compute_edges: bool,
}

/// How far apart pixels are.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HOW)]
pub struct ScaleOptions {
    /// Horizontal units a vertical unit, both ways (111120 for degrees and metres) [default: from the units of coordinates
    /// and heights; on geographic coordinates from the ellipsoid, row by row]
    #[arg(long, value_name = "S", allow_negative_numbers = true, conflicts_with_all = ["xscale", "yscale"])]
    scale: Option<f64>,
    /// Along x; with --yscale
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "yscale")]
    xscale: Option<f64>,
    /// Along y; with --xscale
    #[arg(long, value_name = "Y", allow_negative_numbers = true, requires = "xscale")]
    yscale: Option<f64>,
}

/// How much heights are exaggerated.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HOW)]
pub struct HeightOptions {
    /// Vertical exaggeration
    #[arg(long, default_value = "1", value_name = "Z", allow_negative_numbers = true)]
    pub zfactor: f64,
}

/// Options of operators of the gradient.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HOW)]
pub struct GradientOptions {
    /// How the gradient is estimated
    #[arg(long, value_parser = named(GradientAlgorithm::ALL, GradientAlgorithm::as_str), ignore_case = true, default_value = "Horn", value_name = "ALG")]
    pub gradient_alg: GradientAlgorithm,
    #[command(flatten)]
    scale: ScaleOptions,
    #[command(flatten)]
    edges: EdgeOptions,
}

impl EdgeOptions {
    pub fn edges(&self) -> Edges {
        if self.no_edges { Edges::Missing } else { Edges::Extrapolate }
    }
}

impl ScaleOptions {
    pub fn x(&self) -> Option<f64> {
        self.scale.or(self.xscale)
    }

    pub fn y(&self) -> Option<f64> {
        self.scale.or(self.yscale)
    }
}

impl GradientOptions {
    pub fn edges(&self) -> Edges {
        self.edges.edges()
    }

    pub fn xscale(&self) -> Option<f64> {
        self.scale.x()
    }

    pub fn yscale(&self) -> Option<f64> {
        self.scale.y()
    }
}

/// Options of `slope`.
#[derive(Args, Debug)]
pub struct SlopeOptions {
    /// What it is measured in
    #[arg(long, value_parser = named(SlopeUnit::ALL, SlopeUnit::as_str), ignore_case = true, default_value = "degree", help_heading = HOW)]
    unit: SlopeUnit,
    #[command(flatten)]
    height: HeightOptions,
    #[command(flatten)]
    gradient: GradientOptions,
}

impl OperatorOptions for SlopeOptions {
    const ABOUT: &'static str = "Steepness in degrees or percent";
    const EXAMPLES: &'static str = "Examples:
  swath slope dem.tif slope.tif
  swath slope dem.tif slope.tif --unit percent --backend cpu --threads 2
  swath slope dem.tif slope.tif --host-memory 64M --dry-run
  swath slope dem.tif slope.tif -p -s 111120 -alg ZevenbergenThorne   (as gdaldem)";

    fn operator(&self) -> Arc<dyn Operator> {
        let g = &self.gradient;
        let slope = Slope {
            gradient_alg: g.gradient_alg,
            unit: self.unit,
            zfactor: self.height.zfactor,
            xscale: g.xscale(),
            yscale: g.yscale(),
            edges: g.edges(),
        };
        Arc::new(slope)
    }
}

/// Options of `aspect`.
#[derive(Args, Debug)]
pub struct AspectOptions {
    /// Clockwise from north, or counter-clockwise from east
    #[arg(long, value_parser = named(AspectConvention::ALL, AspectConvention::as_str), ignore_case = true, default_value = "azimuth", help_heading = HOW)]
    convention: AspectConvention,
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    gradient: GradientOptions,
}

impl OperatorOptions for AspectOptions {
    const ABOUT: &'static str = "Direction that the surface faces, in degrees";
    const EXAMPLES: &'static str = "Examples:
  swath aspect dem.tif aspect.tif
  swath aspect dem.tif aspect.tif --convention trigonometric-angle --zero-for-flat
  swath aspect dem.tif aspect.tif -trigonometric -zero_for_flat   (as gdaldem)";

    fn operator(&self) -> Arc<dyn Operator> {
        let g = &self.gradient;
        let aspect = Aspect {
            gradient_alg: g.gradient_alg,
            convention: self.convention,
            zero_for_flat: self.zero_for_flat,
            xscale: g.xscale(),
            yscale: g.yscale(),
            edges: g.edges(),
        };
        Arc::new(aspect)
    }
}

/// Options of `hillshade`.
#[derive(Args, Debug)]
pub struct HillshadeOptions {
    /// Kind of shading
    #[arg(long, value_parser = named(HillshadeVariant::ALL, HillshadeVariant::as_str), ignore_case = true, default_value = "regular", help_heading = HOW)]
    variant: HillshadeVariant,
    /// Where the light comes from, degrees clockwise from north
    #[arg(long, default_value = "315", value_name = "DEGREES", allow_negative_numbers = true, help_heading = HOW)]
    azimuth: f64,
    /// Height of the light above the horizon, degrees
    #[arg(long, default_value = "45", value_name = "DEGREES", allow_negative_numbers = true, help_heading = HOW)]
    altitude: f64,
    #[command(flatten)]
    height: HeightOptions,
    #[command(flatten)]
    gradient: GradientOptions,
}

impl OperatorOptions for HillshadeOptions {
    const ABOUT: &'static str = "Brightness under a distant light, 1 to 255";
    const EXAMPLES: &'static str = "Examples:
  swath hillshade dem.tif shade.tif --preview shade.png
  swath hillshade dem.tif shade.tif --azimuth 45 --altitude 30 --zfactor 2
  swath hillshade dem.tif shade.tif --variant multidirectional
  swath hillshade dem.tif shade.tif -z 2 -az 45 -alt 30 -combined   (as gdaldem)";

    fn operator(&self) -> Arc<dyn Operator> {
        let g = &self.gradient;
        let hillshade = Hillshade {
            gradient_alg: g.gradient_alg,
            variant: self.variant,
            azimuth: self.azimuth,
            altitude: self.altitude,
            zfactor: self.height.zfactor,
            xscale: g.xscale(),
            yscale: g.yscale(),
            edges: g.edges(),
        };
        Arc::new(hillshade)
    }
}
