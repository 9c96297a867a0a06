//! `swath curvature`, `northness`, `eastness`, `tri`, `tpi` and `roughness`.

use super::{
    options::JobOptions,
    stop::Outcome,
    terrain::{Files, TerrainOptions, run_on_band},
    values::{count, named},
};
use clap::Args;
use std::sync::Arc;
use swath::op::{Curvature, CurvatureAlgorithm, CurvatureKind, Eastness, Edges, Northness, Roughness, Tpi, Tri, TriAlgorithm};

const HOW: &str = "How it is computed";

/// Options of operators that only compare heights.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HOW)]
pub struct ReliefOptions {
    /// Band to read, 1 is the first
    #[arg(short, long, default_value = "1", value_parser = count, value_name = "N")]
    band: usize,
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

/// Terrain ruggedness index: how much heights differ from their neighbours
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath tri dem.tif tri.tif
  swath tri dem.tif tri.tif --algorithm Wilson
  swath tri dem.tif tri.tif -alg Wilson -compute_edges   (as gdaldem)")]
pub struct TriArgs {
    #[command(flatten)]
    files: Files,
    /// Root of the sum of squared differences, or mean difference
    #[arg(long, value_parser = named(TriAlgorithm::ALL, TriAlgorithm::as_str), ignore_case = true, default_value = "Riley", value_name = "ALG", help_heading = HOW)]
    algorithm: TriAlgorithm,
    #[command(flatten)]
    relief: ReliefOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl TriArgs {
    pub fn run(self) -> Outcome {
        let tri = Tri { algorithm: self.algorithm, edges: self.relief.edges() };
        run_on_band(&self.files, self.relief.band, &self.job, Arc::new(tri))
    }
}

/// Topographic position index: height above the mean of the neighbours
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath tpi dem.tif tpi.tif
  swath tpi dem.tif tpi.tif --no-edges")]
pub struct TpiArgs {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    relief: ReliefOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl TpiArgs {
    pub fn run(self) -> Outcome {
        run_on_band(&self.files, self.relief.band, &self.job, Arc::new(Tpi { edges: self.relief.edges() }))
    }
}

/// Range of the nine heights of a neighbourhood
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath roughness dem.tif roughness.tif
  swath roughness dem.tif roughness.tif --no-edges")]
pub struct RoughnessArgs {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    relief: ReliefOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl RoughnessArgs {
    pub fn run(self) -> Outcome {
        run_on_band(&self.files, self.relief.band, &self.job, Arc::new(Roughness { edges: self.relief.edges() }))
    }
}

/// How the surface bends, per 100 units of distance
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath curvature dem.tif curvature.tif
  swath curvature dem.tif profile.tif --kind profile --algorithm Evans
  swath curvature dem.tif mean.tif --kind mean --scale 111120")]
pub struct CurvatureArgs {
    #[command(flatten)]
    files: Files,
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
    #[command(flatten)]
    job: JobOptions,
}

impl CurvatureArgs {
    pub fn run(self) -> Outcome {
        let curvature = Curvature {
            kind: self.kind,
            algorithm: self.algorithm,
            zfactor: self.zfactor,
            xscale: self.scale.or(self.xscale),
            yscale: self.scale.or(self.yscale),
            edges: self.relief.edges(),
        };
        run_on_band(&self.files, self.relief.band, &self.job, Arc::new(curvature))
    }
}

/// How squarely the surface faces north, -1 to 1
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath northness dem.tif northness.tif
  swath northness dem.tif northness.tif --zero-for-flat")]
pub struct NorthnessArgs {
    #[command(flatten)]
    files: Files,
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    terrain: TerrainOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl NorthnessArgs {
    pub fn run(self) -> Outcome {
        let (t, zero_for_flat) = (&self.terrain, self.zero_for_flat);
        let (gradient_alg, xscale, yscale, edges) = (t.gradient_alg(), t.xscale(), t.yscale(), t.edges());
        let northness = Northness { gradient_alg, zero_for_flat, xscale, yscale, edges };
        run_on_band(&self.files, t.band(), &self.job, Arc::new(northness))
    }
}

/// How squarely the surface faces east, -1 to 1
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath eastness dem.tif eastness.tif
  swath eastness dem.tif eastness.tif --zero-for-flat")]
pub struct EastnessArgs {
    #[command(flatten)]
    files: Files,
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    terrain: TerrainOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl EastnessArgs {
    pub fn run(self) -> Outcome {
        let (t, zero_for_flat) = (&self.terrain, self.zero_for_flat);
        let (gradient_alg, xscale, yscale, edges) = (t.gradient_alg(), t.xscale(), t.yscale(), t.edges());
        let eastness = Eastness { gradient_alg, zero_for_flat, xscale, yscale, edges };
        run_on_band(&self.files, t.band(), &self.job, Arc::new(eastness))
    }
}
