//! `swath curvature`, `northness`, `eastness`, `tri`, `tpi` and `roughness`.

use super::{terrain::TerrainOptions, values::named, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{Curvature, CurvatureAlgorithm, CurvatureKind, Eastness, Edges, Northness, Roughness, Tpi, Tri, TriAlgorithm},
};

const HOW: &str = "How it is computed";

/// Options of operators that only compare heights.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HOW)]
pub struct ReliefOptions {
    /// Leave pixels missing whose neighbourhood is not whole, instead of going on linearly
    #[arg(long)]
    no_edges: bool,
    /// What is done anyway; accepted for gdaldem's users
    #[arg(long, hide = true, conflicts_with = "no_edges")]
    compute_edges: bool,
}

impl ReliefOptions {
    fn edges(&self) -> Edges {
        if self.no_edges { Edges::Missing } else { Edges::Extrapolate }
    }
}

/// Options of `tri`.
#[derive(Args, Debug)]
pub struct TriOptions {
    /// Root of the sum of squared differences, or mean difference
    #[arg(long, value_parser = named(TriAlgorithm::ALL, TriAlgorithm::as_str), ignore_case = true, default_value = "Riley", value_name = "ALG", help_heading = HOW)]
    algorithm: TriAlgorithm,
    #[command(flatten)]
    relief: ReliefOptions,
}

impl OperatorOptions for TriOptions {
    const ABOUT: &'static str = "Terrain ruggedness index: how much heights differ from their neighbours";
    const EXAMPLES: &'static str = "Examples:
  swath tri dem.tif tri.tif
  swath tri dem.tif tri.tif --algorithm Wilson
  swath tri dem.tif tri.tif -alg Wilson -compute_edges   (as gdaldem)";

    fn operator(&self) -> Arc<dyn Operator> {
        let tri = Tri { algorithm: self.algorithm, edges: self.relief.edges() };
        Arc::new(tri)
    }
}

/// Options of `tpi`.
#[derive(Args, Debug)]
pub struct TpiOptions {
    #[command(flatten)]
    relief: ReliefOptions,
}

impl OperatorOptions for TpiOptions {
    const ABOUT: &'static str = "Topographic position index: height above the mean of the neighbours";
    const EXAMPLES: &'static str = "Examples:
  swath tpi dem.tif tpi.tif
  swath tpi dem.tif tpi.tif --no-edges";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Tpi { edges: self.relief.edges() })
    }
}

/// Options of `roughness`.
#[derive(Args, Debug)]
pub struct RoughnessOptions {
    #[command(flatten)]
    relief: ReliefOptions,
}

impl OperatorOptions for RoughnessOptions {
    const ABOUT: &'static str = "Range of the nine heights of a neighbourhood";
    const EXAMPLES: &'static str = "Examples:
  swath roughness dem.tif roughness.tif
  swath roughness dem.tif roughness.tif --no-edges";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Roughness { edges: self.relief.edges() })
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
    /// Vertical exaggeration
    #[arg(long, default_value = "1", value_name = "Z", allow_negative_numbers = true, help_heading = HOW)]
    zfactor: f64,
    /// Horizontal units a vertical unit, both ways (111120 for degrees and metres) [default: 1; on geographic
    /// coordinates from the ellipsoid, row by row]
    #[arg(long, value_name = "S", allow_negative_numbers = true, conflicts_with_all = ["xscale", "yscale"], help_heading = HOW)]
    scale: Option<f64>,
    /// Along x; with --yscale
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "yscale", help_heading = HOW)]
    xscale: Option<f64>,
    /// Along y; with --xscale
    #[arg(long, value_name = "Y", allow_negative_numbers = true, requires = "xscale", help_heading = HOW)]
    yscale: Option<f64>,
    #[command(flatten)]
    relief: ReliefOptions,
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
            zfactor: self.zfactor,
            xscale: self.scale.or(self.xscale),
            yscale: self.scale.or(self.yscale),
            edges: self.relief.edges(),
        };
        Arc::new(curvature)
    }
}

/// Options of `northness`.
#[derive(Args, Debug)]
pub struct NorthnessOptions {
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    terrain: TerrainOptions,
}

impl OperatorOptions for NorthnessOptions {
    const ABOUT: &'static str = "How squarely the surface faces north, -1 to 1";
    const EXAMPLES: &'static str = "Examples:
  swath northness dem.tif northness.tif
  swath northness dem.tif northness.tif --zero-for-flat";

    fn operator(&self) -> Arc<dyn Operator> {
        let (t, zero_for_flat) = (&self.terrain, self.zero_for_flat);
        let (gradient_alg, xscale, yscale, edges) = (t.gradient_alg, t.xscale(), t.yscale(), t.edges());
        let northness = Northness { gradient_alg, zero_for_flat, xscale, yscale, edges };
        Arc::new(northness)
    }
}

/// Options of `eastness`.
#[derive(Args, Debug)]
pub struct EastnessOptions {
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    terrain: TerrainOptions,
}

impl OperatorOptions for EastnessOptions {
    const ABOUT: &'static str = "How squarely the surface faces east, -1 to 1";
    const EXAMPLES: &'static str = "Examples:
  swath eastness dem.tif eastness.tif
  swath eastness dem.tif eastness.tif --zero-for-flat";

    fn operator(&self) -> Arc<dyn Operator> {
        let (t, zero_for_flat) = (&self.terrain, self.zero_for_flat);
        let (gradient_alg, xscale, yscale, edges) = (t.gradient_alg, t.xscale(), t.yscale(), t.edges());
        let eastness = Eastness { gradient_alg, zero_for_flat, xscale, yscale, edges };
        Arc::new(eastness)
    }
}
