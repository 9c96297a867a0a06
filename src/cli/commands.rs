//! The commands.

use super::{
    bench::BenchArgs,
    convert::ConvertArgs,
    devices::DevicesArgs,
    info::InfoArgs,
    operators::OperatorsArgs,
    pipeline::PipelineArgs,
    selftest::SelftestArgs,
    stop::Outcome,
    synth::SynthArgs,
    validate::ValidateArgs,
    verb::{Verb, verbs},
};
use clap::{Command, Subcommand};

const EXAMPLES: &str = "Examples:
  swath slope dem.tif slope.tif                      steepness in degrees
  swath hillshade dem.tif shade.tif --preview s.png  and a picture of it
  swath pipeline read dem.tif ! tee [ slope ! write slope.tif ] [ hillshade ! write shade.tif ]
  swath slope dem.tif slope.tif --dry-run            how it would be done, in how much memory
  swath synth dem.tif --size 4096x4096               a model to try things on

'swath COMMAND --help' shows a command's options.
Exit status: 0 done, 1 failed while working, 2 wrong usage or a refused plan.";

/// Commands that are no operators.
#[derive(Subcommand, Debug)]
pub enum Other {
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

impl Other {
    pub fn run(self) -> Outcome {
        match self {
            Self::Convert(args) => args.run(),
            Self::Pipeline(args) => args.run(),
            Self::Info(args) => args.run(),
            Self::Validate(args) => args.run(),
            Self::Devices(args) => args.run(),
            Self::Operators(args) => args.run(),
            Self::Selftest(args) => args.run(),
            Self::Synth(args) => args.run(),
            Self::Bench(args) => args.run(),
        }
    }
}

/// The parser of the whole command line: operators first, then the others.
pub fn cli() -> Command {
    let program = Command::new("swath").version(env!("CARGO_PKG_VERSION")).subcommand_required(true).arg_required_else_help(true);
    Other::augment_subcommands(program.subcommands(verbs().map(Verb::command)))
        .about("Terrain analysis over rasters of any size: GPU or CPU, one pass, hard memory ceilings")
        .after_help(EXAMPLES)
}

/// Names of all commands.
pub fn names() -> Vec<String> {
    cli().get_subcommands().map(|command| command.get_name().to_owned()).chain(["help".to_owned()]).collect()
}
