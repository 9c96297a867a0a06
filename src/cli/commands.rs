//! The commands.

use super::{
    bench::BenchArgs,
    bilateral::BilateralOptions,
    calc::CalcArgs,
    classes::{ColorMapOptions, ReclassifyOptions},
    convert::ConvertArgs,
    convolve::ConvolveOptions,
    devices::DevicesArgs,
    focal::FocalOptions,
    index::IndexArgs,
    info::InfoArgs,
    local::{CastOptions, ClampOptions, RescaleOptions},
    morphology::MorphologyOptions,
    operators::OperatorsArgs,
    pipeline::PipelineArgs,
    selftest::SelftestArgs,
    surface::{CurvatureOptions, EastnessOptions, NormalsOptions, NorthnessOptions, RoughnessOptions, TpiOptions, TriOptions},
    surveyed::{EqualIntervalOptions, QuantileOptions, StandardiseOptions},
    synth::SynthArgs,
    terrain::{AspectOptions, HillshadeOptions, SlopeOptions},
    validate::ValidateArgs,
    verb::OperatorArgs as Op,
};
use clap::{Parser, Subcommand};

/// Terrain analysis over rasters of any size: GPU or CPU, one pass, hard memory ceilings
#[derive(Parser, Debug)]
#[command(name = "swath", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  swath slope dem.tif slope.tif                      steepness in degrees
  swath hillshade dem.tif shade.tif --preview s.png  and a picture of it
  swath pipeline read dem.tif ! tee [ slope ! write slope.tif ] [ hillshade ! write shade.tif ]
  swath slope dem.tif slope.tif --dry-run            how it would be done, in how much memory
  swath synth dem.tif --size 4096x4096               a model to try things on

'swath COMMAND --help' shows a command's options.
Exit status: 0 done, 1 failed while working, 2 wrong usage or a refused plan.";

#[derive(Subcommand, Debug)]
pub enum Command {
    Slope(Op<SlopeOptions>),
    Aspect(Op<AspectOptions>),
    Hillshade(Op<HillshadeOptions>),
    Curvature(Op<CurvatureOptions>),
    Northness(Op<NorthnessOptions>),
    Eastness(Op<EastnessOptions>),
    Normals(Op<NormalsOptions>),
    Tri(Op<TriOptions>),
    Tpi(Op<TpiOptions>),
    Roughness(Op<RoughnessOptions>),
    Focal(Op<FocalOptions>),
    Convolve(Op<ConvolveOptions>),
    Morphology(Op<MorphologyOptions>),
    Bilateral(Op<BilateralOptions>),
    Calc(CalcArgs),
    Index(IndexArgs),
    Rescale(Op<RescaleOptions>),
    Clamp(Op<ClampOptions>),
    Cast(Op<CastOptions>),
    Reclassify(Op<ReclassifyOptions>),
    ColorMap(Op<ColorMapOptions>),
    Standardise(Op<StandardiseOptions>),
    EqualInterval(Op<EqualIntervalOptions>),
    Quantile(Op<QuantileOptions>),
    Convert(ConvertArgs),
    Pipeline(PipelineArgs),
    Info(InfoArgs),
    Validate(ValidateArgs),
    Devices(DevicesArgs),
    Operators(OperatorsArgs),
    Selftest(SelftestArgs),
    Synth(SynthArgs),
    Bench(BenchArgs),
}
