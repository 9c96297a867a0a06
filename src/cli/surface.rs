//! `swath curvature`, `northness`, `eastness`, `normals`, `tri`, `tpi` and `roughness`.

use super::{
    outline::OutlineOptions,
    stop::Outcome,
    terrain::{EdgeOptions, GradientOptions, HeightOptions, ScaleOptions},
    values::named,
    verb::OperatorOptions,
};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{
        Curvature, CurvatureAlgorithm, CurvatureKind, Eastness, Edges, Focal, FocalMissing, FocalShape, FocalStat, Normals, Northness,
        Roughness, Tpi, Tri, TriAlgorithm,
    },
};

const HOW: &str = "How it is computed";

/// Options of `tri`.
#[derive(Args, Debug)]
pub struct TriOptions {
    /// Root of the sum of squared differences, or mean difference
    #[arg(long, value_parser = named(TriAlgorithm::ALL, TriAlgorithm::as_str), ignore_case = true, default_value = "Riley", value_name = "ALG", help_heading = HOW)]
    algorithm: TriAlgorithm,
    #[command(flatten)]
    edges: EdgeOptions,
}

impl OperatorOptions for TriOptions {
    const ABOUT: &'static str = "Terrain ruggedness index: how much heights differ from their neighbours";
    const EXAMPLES: &'static str = "Examples:
  swath tri dem.tif tri.tif
  swath tri dem.tif tri.tif --algorithm Wilson
  swath tri dem.tif tri.tif -alg Wilson -compute_edges   (as gdaldem)";

    fn operator(&self) -> Arc<dyn Operator> {
        let tri = Tri { algorithm: self.algorithm, edges: self.edges.edges() };
        Arc::new(tri)
    }
}

/// Options of `tpi`.
#[derive(Args, Debug)]
pub struct TpiOptions {
    #[command(flatten)]
    outline: OutlineOptions,
    #[command(flatten)]
    edges: EdgeOptions,
}

impl OperatorOptions for TpiOptions {
    const ABOUT: &'static str = "Topographic position index: height above the mean of the neighbours";
    const EXAMPLES: &'static str = "Examples:
  swath tpi dem.tif tpi.tif
  swath tpi dem.tif tpi.tif --no-edges
  swath tpi dem.tif ridges.tif --radius 20
  swath tpi dem.tif tpi.tif --shape annulus --radius 20 --inner 10";

    fn check(&self) -> Outcome {
        self.outline.check()
    }

    fn operator(&self) -> Arc<dyn Operator> {
        let (shape, radius) = (self.outline.shape(), self.outline.radius());
        if radius == 1 && shape == FocalShape::Box {
            return Arc::new(Tpi { edges: self.edges.edges() });
        }
        // Beyond radius 1 those neighbours that there are count, at the raster's border too.
        let missing = if self.edges.edges() == Edges::Missing { FocalMissing::Propagate } else { FocalMissing::Skip };
        let (inner, mask) = (self.outline.inner(), self.outline.mask());
        let focal = Focal { stat: FocalStat::Tpi, shape, radius, inner, mask, missing, ..Focal::default() };
        Arc::new(focal)
    }
}

/// Options of `roughness`.
#[derive(Args, Debug)]
pub struct RoughnessOptions {
    #[command(flatten)]
    edges: EdgeOptions,
}

impl OperatorOptions for RoughnessOptions {
    const ABOUT: &'static str = "Range of the nine heights of a neighbourhood";
    const EXAMPLES: &'static str = "Examples:
  swath roughness dem.tif roughness.tif
  swath roughness dem.tif roughness.tif --no-edges";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Roughness { edges: self.edges.edges() })
    }
}

/// Options of `curvature`.
#[derive(Args, Debug)]
pub struct CurvatureOptions {
    /// Which curvature
    #[arg(long, value_parser = named(CurvatureKind::ALL, CurvatureKind::as_str), ignore_case = true, default_value = "total", help_heading = HOW)]
    kind: CurvatureKind,
    /// How derivatives are estimated
    #[arg(long, value_parser = named(CurvatureAlgorithm::ALL, CurvatureAlgorithm::as_str), ignore_case = true, default_value = "ZevenbergenThorne", value_name = "ALG", help_heading = HOW)]
    algorithm: CurvatureAlgorithm,
    #[command(flatten)]
    height: HeightOptions,
    #[command(flatten)]
    scale: ScaleOptions,
    #[command(flatten)]
    edges: EdgeOptions,
}

impl OperatorOptions for CurvatureOptions {
    const ABOUT: &'static str = "How the surface bends, per 100 units of distance";
    const EXAMPLES: &'static str = "Examples:
  swath curvature dem.tif curvature.tif
  swath curvature dem.tif profile.tif --kind profile --algorithm Evans
  swath curvature dem.tif mean.tif --kind mean --scale 111120";

    fn operator(&self) -> Arc<dyn Operator> {
        let curvature = Curvature {
            kind: self.kind,
            algorithm: self.algorithm,
            zfactor: self.height.zfactor,
            xscale: self.scale.x(),
            yscale: self.scale.y(),
            edges: self.edges.edges(),
        };
        Arc::new(curvature)
    }
}

/// Options of operators of the direction faced.
#[derive(Args, Debug)]
pub struct ExposureOptions {
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    gradient: GradientOptions,
}

/// Options of `northness`.
#[derive(Args, Debug)]
pub struct NorthnessOptions {
    #[command(flatten)]
    exposure: ExposureOptions,
}

/// Options of `eastness`.
#[derive(Args, Debug)]
pub struct EastnessOptions {
    #[command(flatten)]
    exposure: ExposureOptions,
}

/// The operator of that name, of these options.
macro_rules! facing {
    ($Name:ident, $exposure:expr) => {{
        let ExposureOptions { zero_for_flat, gradient: g } = $exposure;
        let (gradient_alg, zero_for_flat) = (g.gradient_alg, *zero_for_flat);
        Arc::new($Name { gradient_alg, zero_for_flat, xscale: g.xscale(), yscale: g.yscale(), edges: g.edges() })
    }};
}

impl OperatorOptions for NorthnessOptions {
    const ABOUT: &'static str = "How squarely the surface faces north, -1 to 1";
    const EXAMPLES: &'static str = "Examples:
  swath northness dem.tif northness.tif
  swath northness dem.tif northness.tif --zero-for-flat";

    fn operator(&self) -> Arc<dyn Operator> {
        facing!(Northness, &self.exposure)
    }
}

impl OperatorOptions for EastnessOptions {
    const ABOUT: &'static str = "How squarely the surface faces east, -1 to 1";
    const EXAMPLES: &'static str = "Examples:
  swath eastness dem.tif eastness.tif
  swath eastness dem.tif eastness.tif --zero-for-flat";

    fn operator(&self) -> Arc<dyn Operator> {
        facing!(Eastness, &self.exposure)
    }
}

/// Options of `normals`.
#[derive(Args, Debug)]
pub struct NormalsOptions {
    #[command(flatten)]
    height: HeightOptions,
    #[command(flatten)]
    gradient: GradientOptions,
}

impl OperatorOptions for NormalsOptions {
    const ABOUT: &'static str = "The vector that stands upright on the surface: bands east, north and up";
    const EXAMPLES: &'static str = "Examples:
  swath normals dem.tif normals.tif
  swath normals dem.tif normals.tif --zfactor 2 --gradient-alg ZevenbergenThorne";

    fn operator(&self) -> Arc<dyn Operator> {
        let g = &self.gradient;
        let (gradient_alg, zfactor) = (g.gradient_alg, self.height.zfactor);
        Arc::new(Normals { gradient_alg, zfactor, xscale: g.xscale(), yscale: g.yscale(), edges: g.edges() })
    }
}
