//! `swath slope`, `aspect` and `hillshade`: named options become an operator's fields.

use super::{
    options::JobOptions,
    run::{Request, run},
    stop::Outcome,
    values::{count, named},
};
use clap::Args;
use std::{path::PathBuf, sync::Arc};
use swath::{
    graph::{Operator, Raster},
    op::{Aspect, AspectConvention, Edges, GradientAlgorithm, Hillshade, HillshadeVariant, Slope, SlopeUnit},
    source::GeoTiff,
};

/// The files of a job of one input.
#[derive(Args, Clone, Debug)]
pub struct Files {
    /// The raster to read
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// The GeoTIFF to write
    #[arg(value_name = "OUTPUT")]
    pub output: PathBuf,
}

/// Options that terrain operators share.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How it is computed")]
pub struct TerrainOptions {
    /// Band to read, 1 is the first
    #[arg(short, long, default_value = "1", value_parser = count, value_name = "N")]
    band: usize,
    /// How the gradient is estimated
    #[arg(long, value_parser = named(GradientAlgorithm::ALL, GradientAlgorithm::as_str), ignore_case = true, default_value = "Horn", value_name = "ALG")]
    gradient_alg: GradientAlgorithm,
    /// Horizontal units a vertical unit, both ways (111120 for degrees and metres) [default: 1; on geographic
    /// coordinates from the ellipsoid, row by row]
    #[arg(long, value_name = "S", allow_negative_numbers = true, conflicts_with_all = ["xscale", "yscale"])]
    scale: Option<f64>,
    /// Along x; with --yscale
    #[arg(long, value_name = "X", allow_negative_numbers = true, requires = "yscale")]
    xscale: Option<f64>,
    /// Along y; with --xscale
    #[arg(long, value_name = "Y", allow_negative_numbers = true, requires = "xscale")]
    yscale: Option<f64>,
    /// Leave pixels missing whose neighbourhood is not whole, instead of going on linearly
    #[arg(long)]
    no_edges: bool,
    /// What is done anyway; accepted for gdaldem's users
    #[arg(long, hide = true, conflicts_with = "no_edges")]
    compute_edges: bool,
}

impl TerrainOptions {
    pub fn gradient_alg(&self) -> GradientAlgorithm {
        self.gradient_alg
    }

    pub fn band(&self) -> usize {
        self.band
    }

    pub fn edges(&self) -> Edges {
        if self.no_edges { Edges::Missing } else { Edges::Extrapolate }
    }

    pub fn xscale(&self) -> Option<f64> {
        self.scale.or(self.xscale)
    }

    pub fn yscale(&self) -> Option<f64> {
        self.scale.or(self.yscale)
    }
}

fn run_terrain(files: &Files, terrain: &TerrainOptions, job: &JobOptions, operator: Arc<dyn Operator>) -> Outcome {
    run_on_band(files, terrain.band, job, operator)
}

/// Runs one operator over one band.
pub fn run_on_band(files: &Files, band: usize, job: &JobOptions, operator: Arc<dyn Operator>) -> Outcome {
    operator.check()?;
    let request = Request { inputs: &[&files.input], output: &files.output, options: job };
    run(&request, || Ok(Raster::from_source(GeoTiff::open(&files.input)?).band(band).apply_shared(operator)))
}

/// Steepness in degrees or percent
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath slope dem.tif slope.tif
  swath slope dem.tif slope.tif --unit percent --backend cpu --threads 2
  swath slope dem.tif slope.tif --host-memory 64M --dry-run
  swath slope dem.tif slope.tif -p -s 111120 -alg ZevenbergenThorne   (as gdaldem)")]
pub struct SlopeArgs {
    #[command(flatten)]
    files: Files,
    /// What it is measured in
    #[arg(long, value_parser = named(SlopeUnit::ALL, SlopeUnit::as_str), ignore_case = true, default_value = "degree", help_heading = HOW)]
    unit: SlopeUnit,
    /// Vertical exaggeration
    #[arg(long, default_value = "1", value_name = "Z", allow_negative_numbers = true, help_heading = HOW)]
    zfactor: f64,
    #[command(flatten)]
    terrain: TerrainOptions,
    #[command(flatten)]
    job: JobOptions,
}

const HOW: &str = "How it is computed";

impl SlopeArgs {
    pub fn run(self) -> Outcome {
        let t = &self.terrain;
        let slope = Slope {
            gradient_alg: t.gradient_alg,
            unit: self.unit,
            zfactor: self.zfactor,
            xscale: t.xscale(),
            yscale: t.yscale(),
            edges: t.edges(),
        };
        run_terrain(&self.files, t, &self.job, Arc::new(slope))
    }
}

/// Direction that the surface faces, in degrees
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath aspect dem.tif aspect.tif
  swath aspect dem.tif aspect.tif --convention trigonometric-angle --zero-for-flat
  swath aspect dem.tif aspect.tif -trigonometric -zero_for_flat   (as gdaldem)")]
pub struct AspectArgs {
    #[command(flatten)]
    files: Files,
    /// Clockwise from north, or counter-clockwise from east
    #[arg(long, value_parser = named(AspectConvention::ALL, AspectConvention::as_str), ignore_case = true, default_value = "azimuth", help_heading = HOW)]
    convention: AspectConvention,
    /// Flat ground is 0, not missing
    #[arg(long, help_heading = HOW)]
    zero_for_flat: bool,
    #[command(flatten)]
    terrain: TerrainOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl AspectArgs {
    pub fn run(self) -> Outcome {
        let t = &self.terrain;
        let aspect = Aspect {
            gradient_alg: t.gradient_alg,
            convention: self.convention,
            zero_for_flat: self.zero_for_flat,
            xscale: t.xscale(),
            yscale: t.yscale(),
            edges: t.edges(),
        };
        run_terrain(&self.files, t, &self.job, Arc::new(aspect))
    }
}

/// Brightness under a distant light, 1 to 255
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath hillshade dem.tif shade.tif --preview shade.png
  swath hillshade dem.tif shade.tif --azimuth 45 --altitude 30 --zfactor 2
  swath hillshade dem.tif shade.tif --variant multidirectional
  swath hillshade dem.tif shade.tif -z 2 -az 45 -alt 30 -combined   (as gdaldem)")]
pub struct HillshadeArgs {
    #[command(flatten)]
    files: Files,
    /// Kind of shading
    #[arg(long, value_parser = named(HillshadeVariant::ALL, HillshadeVariant::as_str), ignore_case = true, default_value = "regular", help_heading = HOW)]
    variant: HillshadeVariant,
    /// Where the light comes from, degrees clockwise from north
    #[arg(long, default_value = "315", value_name = "DEGREES", allow_negative_numbers = true, help_heading = HOW)]
    azimuth: f64,
    /// Height of the light above the horizon, degrees
    #[arg(long, default_value = "45", value_name = "DEGREES", allow_negative_numbers = true, help_heading = HOW)]
    altitude: f64,
    /// Vertical exaggeration
    #[arg(long, default_value = "1", value_name = "Z", allow_negative_numbers = true, help_heading = HOW)]
    zfactor: f64,
    #[command(flatten)]
    terrain: TerrainOptions,
    #[command(flatten)]
    job: JobOptions,
}

impl HillshadeArgs {
    pub fn run(self) -> Outcome {
        let t = &self.terrain;
        let hillshade = Hillshade {
            gradient_alg: t.gradient_alg,
            variant: self.variant,
            azimuth: self.azimuth,
            altitude: self.altitude,
            zfactor: self.zfactor,
            xscale: t.xscale(),
            yscale: t.yscale(),
            edges: t.edges(),
        };
        run_terrain(&self.files, t, &self.job, Arc::new(hillshade))
    }
}
