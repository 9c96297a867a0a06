//! `swath pipeline`: several operators and several outputs in one pass over one source.
//!
//! [`words`] parts the job's options from the steps, [`tree`] finds steps and branches, [`steps`] gives each step its
//! meaning, and here they become rasters of one graph.

mod steps;
#[cfg(test)]
mod tests;
mod tree;
pub mod words;

use super::{
    inputs::{Files, From, Input},
    options::{JobOptions, OutputOptions},
    run::{Pass, run_pass},
    stop::{Outcome, Stop},
    verb::verbs,
};
use clap::Args;
use std::{ffi::OsString, path::Path};
use steps::{Chain, Meaning, WriteStep};
use swath::graph::Raster;

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
  read IN.tif [-b N]...          what everything begins with; some bands in that order, or all
  select -b N [-b N]...          some bands in that order, of whatever came before
  stack [ STEPS ] [ STEPS ] ...  the bands of all branches, in order; a branch goes on from what came before, or from a read
  tee [ STEPS ] [ STEPS ] ...    the same raster to several branches, each ending in a write; may be nested
  write OUT.tif [OPTIONS]        what every branch ends in; options of \"What it writes\" hold for this file
",
    );
    for verb in verbs() {
        text += &format!("  {:<30} {}; options as of 'swath {}'\n", format!("{} [OPTIONS]", verb.name()), lower(verb.about()), verb.name());
    }
    text += "
Operators of terrain take the first band, others all, unless -b says which (-b 2, or -b all).
Where a step takes a FILE, brackets may hold a chain that begins with read: --B [ read b.tif ! slope ].
Options before 'read', or after the last ']', hold for every output. What branches share is computed once.

Examples:
  swath pipeline read dem.tif ! slope --unit percent ! write slope.tif
  swath pipeline read dem.tif ! tee [ slope ! write slope.tif ] [ hillshade -z 2 ! write shade.tif --tile-size 256 ]
  swath pipeline --backend cpu --compress zstd read dem.tif ! tee [ slope ! write a.tif ] [ aspect ! write b.tif ]
  swath pipeline read dem.tif ! slope ! calc 'A > 30 and B > 1000' --B dem.tif ! write steep.tif
  swath pipeline read a.tif ! calc 'B - A' --B [ read b.tif ! focal --radius 2 ] ! write change.tif
  swath pipeline read dem.tif ! stack [ slope ] [ aspect ] [ read b.tif ! focal ] ! write three.tif
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
        let mut inputs: Vec<&Path> = vec![&read.path];
        collect_inputs(&chain, &mut inputs);
        run_pass(&Pass { inputs: &inputs, outputs: &outputs, options: &self.job }, || {
            let (mut files, mut rasters) = (Files::new(&self.job.place), Vec::new());
            let source = read.open(&mut files)?;
            build(&chain, source, &mut files, &mut rasters)?;
            Ok(rasters)
        })
    }
}

/// The writes of a chain, as they were typed.
fn collect<'a>(chain: &'a Chain, writes: &mut Vec<&'a WriteStep>) {
    for step in chain {
        match step {
            // Their brackets hold no writes.
            Meaning::Operator(..) | Meaning::Select(_) | Meaning::Stack(_) => {}
            Meaning::Tee(branches) => branches.iter().for_each(|branch| collect(branch, writes)),
            Meaning::Write(write) => writes.push(write),
        }
    }
}

/// The files that a chain reads beside its own.
fn collect_inputs<'a>(chain: &'a Chain, inputs: &mut Vec<&'a Path>) {
    for step in chain {
        match step {
            Meaning::Operator(typed, chains) => {
                inputs.extend(typed.inputs.iter().filter_map(|from| if let From::Typed(input) = from { input.path() } else { None }));
                for (read, chain) in chains {
                    inputs.push(&read.path);
                    collect_inputs(chain, inputs);
                }
            }
            Meaning::Tee(branches) => branches.iter().for_each(|branch| collect_inputs(branch, inputs)),
            Meaning::Stack(branches) => {
                for branch in branches {
                    inputs.extend(branch.read.as_ref().map(|read| read.path.as_path()));
                    collect_inputs(&branch.chain, inputs);
                }
            }
            Meaning::Select(_) | Meaning::Write(_) => {}
        }
    }
}

/// The raster that a chain ends in; on the way, the rasters that it writes, in the order of [`collect`]: clones of a handle are
/// one node, computed once.
fn build(chain: &Chain, mut raster: Raster, files: &mut Files, written: &mut Vec<Raster>) -> Outcome<Raster> {
    for step in chain {
        match step {
            Meaning::Operator(typed, chains) => {
                let mut inputs = Vec::new();
                for from in &typed.inputs {
                    inputs.push(match from {
                        From::Flow => raster.clone(),
                        From::Typed(Input::File(path, band)) => files.open(path, *band)?,
                        From::Typed(Input::Chain(number)) => {
                            let Some((read, chain)) = chains.get(*number) else {
                                return Err(Stop::usage(format!("there are no brackets {number} in this step")));
                            };
                            let source = read.open(files)?;
                            build(chain, source, files, written)?
                        }
                    });
                }
                raster = match &inputs[..] {
                    [one] => typed.bands.apply(one, typed.operator.clone()),
                    _ => Raster::combine(typed.operator.clone(), inputs),
                };
            }
            Meaning::Tee(branches) => {
                for branch in branches {
                    build(branch, raster.clone(), files, written)?;
                }
            }
            Meaning::Select(bands) => raster = bands.of(&raster),
            Meaning::Stack(branches) => {
                let mut rasters = Vec::new();
                for branch in branches {
                    let source = branch.read.as_ref().map_or_else(|| Ok(raster.clone()), |read| read.open(files))?;
                    rasters.push(build(&branch.chain, source, files, written)?);
                }
                raster = Raster::stack(rasters);
            }
            Meaning::Write(_) => written.push(raster.clone()),
        }
    }
    Ok(raster)
}
