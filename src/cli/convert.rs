//! `swath convert`: no operator; samples are copied bit for bit and encoded anew.

use super::{
    bands::ChosenBands,
    inputs::{JobFiles, source},
    options::JobOptions,
    run::{Request, run},
    stop::Outcome,
};
use clap::Args;
use swath::graph::Raster;

/// The same samples in another layout, codec or type
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath convert dem.tif tiled.tif --tile-size 256 --compress zstd
  swath convert dem.tif strips.tif --strip-rows 16 --compress none
  swath convert dem.tif small.tif --dtype int16 --nodata -32768
  swath convert image.tif red.tif -b 1 -co COMPRESS=LZW
  swath convert landsat.tif false_colour.tif -b 5 -b 4 -b 3")]
pub struct ConvertArgs {
    #[command(flatten)]
    files: JobFiles,
    #[command(flatten)]
    bands: ChosenBands,
    #[command(flatten)]
    job: JobOptions,
}

impl ConvertArgs {
    pub fn run(self) -> Outcome {
        let request = Request { inputs: &[&self.files.input], output: &self.files.output, options: &self.job };
        run(&request, || Ok(self.bands.of(&Raster::from_shared(source(&self.files.input, &self.job.place)?))))
    }
}
