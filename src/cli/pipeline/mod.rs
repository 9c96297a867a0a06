//! `swath pipeline`: several operators and several outputs in one pass over one source.
//!
//! [`words`] parts the job's options from the steps, [`tree`] finds steps and branches, [`steps`] gives each step its
//! meaning, and here they become rasters of one graph.

mod steps;
mod tree;
pub mod words;

use super::{
    options::{JobOptions, OutputOptions},
    run::{Pass, run_pass},
    stop::Outcome,
    verb::VERBS,
};
use clap::Args;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};
use steps::{Chain, Meaning, WriteStep};
use swath::{graph::Raster, source::GeoTiff};

/// Steps that are not operators.
const READ: &str = "read";
const TEE: &str = "tee";
const WRITE: &str = "write";

/// Several operators and several outputs in one pass
#[derive(Args, Debug)]
#[command(override_usage = "swath pipeline [OPTIONS] read IN.tif ! STEP ... ! write OUT.tif [OPTIONS]", after_help = after_help())]
pub struct PipelineArgs {
    /// The steps, '!' between them
    #[arg(value_name = "STEPS", hide = true)]
    steps: Vec<OsString>,
    #[command(flatten)]
    job: JobOptions,
}

fn after_help() -> String {
    let mut text = String::from(
        "Steps, parted by '!':
  read IN.tif [-b N]             what everything begins with; one band, or all (operators take the first)
  tee [ STEPS ] [ STEPS ] ...    the same raster to several branches, each ending in a write; may be nested
  write OUT.tif [OPTIONS]        what every branch ends in; options of \"What it writes\" hold for this file
",
    );
    for verb in VERBS {
        text += &format!("  {:<30} {}; options as of 'swath {}'\n", format!("{} [OPTIONS]", verb.name), lower(verb.about), verb.name);
    }
    text += "
Options before 'read', or after the last ']', hold for every output. What branches share is computed once.

Examples:
  swath pipeline read dem.tif ! slope --unit percent ! write slope.tif
  swath pipeline read dem.tif ! tee [ slope ! write slope.tif ] [ hillshade -z 2 ! write shade.tif --tile-size 256 ]
  swath pipeline --backend cpu --compress zstd read dem.tif ! tee [ slope ! write a.tif ] [ aspect ! write b.tif ]
  swath pipeline read image.tif -b 2 ! tee [ write band.tif ] ! slope ! write slope.tif --dry-run";
    text
}

fn lower(about: &str) -> String {
    let mut letters = about.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl PipelineArgs {
    pub fn run(self) -> Outcome {
        let (read, chain) = steps::understand(tree::parse(self.steps)?)?;
        let mut writes = Vec::new();
        collect(&chain, &mut writes);
        let outputs: Vec<(&Path, &OutputOptions)> = writes.iter().map(|write| (write.path.as_path(), &write.options)).collect();
        let inputs: Vec<&Path> = vec![&read.path];
        run_pass(&Pass { inputs: &inputs, outputs: &outputs, options: &self.job }, || {
            let source = Raster::from_source(GeoTiff::open(&read.path)?);
            let mut rasters = Vec::new();
            build(&chain, read.band.map_or(source.clone(), |band| source.band(band)), &mut rasters);
            Ok(rasters)
        })
    }
}

/// The writes of a chain, as they were typed.
fn collect<'a>(chain: &'a Chain, writes: &mut Vec<&'a WriteStep>) {
    for step in chain {
        match step {
            Meaning::Operator(_) => {}
            Meaning::Tee(branches) => branches.iter().for_each(|branch| collect(branch, writes)),
            Meaning::Write(write) => writes.push(write),
        }
    }
}

/// The rasters that a chain writes, in the order of [`collect`]: clones of a handle are one node, computed once.
fn build(chain: &Chain, mut raster: Raster, written: &mut Vec<Raster>) {
    for step in chain {
        match step {
            // An operator of several inputs would name its further files in its options, and combine them here.
            Meaning::Operator(operator) => raster = raster.apply_shared(operator.clone()),
            Meaning::Tee(branches) => branches.iter().for_each(|branch| build(branch, raster.clone(), written)),
            Meaning::Write(_) => written.push(raster.clone()),
        }
    }
}

/// `read`.
#[derive(Args, Debug)]
struct ReadStep {
    #[arg(value_name = "FILE")]
    path: PathBuf,
    #[arg(short, long, value_parser = super::values::count, value_name = "N")]
    band: Option<usize>,
}
