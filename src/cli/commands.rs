//! The commands.

use super::{
    bench::BenchArgs,
    convert::ConvertArgs,
    convolve::ConvolveArgs,
    devices::DevicesArgs,
    focal::FocalArgs,
    info::InfoArgs,
    operators::OperatorsArgs,
    selftest::SelftestArgs,
    surface::{CurvatureArgs, EastnessArgs, NorthnessArgs, RoughnessArgs, TpiArgs, TriArgs},
    synth::SynthArgs,
    terrain::{AspectArgs, HillshadeArgs, SlopeArgs},
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
  swath slope dem.tif slope.tif --dry-run            how it would be done, in how much memory
  swath synth dem.tif --size 4096x4096               a model to try things on

'swath COMMAND --help' shows a command's options.
Exit status: 0 done, 1 failed while working, 2 wrong usage or a refused plan.";

#[derive(Subcommand, Debug)]
pub enum Command {
    Slope(SlopeArgs),
    Aspect(AspectArgs),
    Hillshade(HillshadeArgs),
    Curvature(CurvatureArgs),
    Northness(NorthnessArgs),
    Eastness(EastnessArgs),
    Tri(TriArgs),
    Tpi(TpiArgs),
    Roughness(RoughnessArgs),
    Focal(FocalArgs),
    Convolve(ConvolveArgs),
    Convert(ConvertArgs),
    Info(InfoArgs),
    Devices(DevicesArgs),
    Operators(OperatorsArgs),
    Selftest(SelftestArgs),
    Synth(SynthArgs),
    Bench(BenchArgs),
}
