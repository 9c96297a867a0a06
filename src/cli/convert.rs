//! `swath convert`: no operator; samples are copied bit for bit and encoded anew.

use super::{
    options::JobOptions,
    run::{Request, run},
    stop::Outcome,
    values::count,
    verb::Files,
};
use clap::Args;
use swath::{graph::Raster, source::GeoTiff};

/// The same samples in another layout, codec or type
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath convert dem.tif tiled.tif --tile-size 256 --compress zstd
  swath convert dem.tif strips.tif --strip-rows 16 --compress none
  swath convert dem.tif small.tif --dtype int16 --nodata -32768
  swath convert image.tif red.tif -b 1 -co COMPRESS=LZW")]
pub struct ConvertArgs {
    #[command(flatten)]
    files: Files,
    /// One band only, 1 is the first [default: all]
    #[arg(short, long, value_parser = count, value_name = "N")]
    band: Option<usize>,
    #[command(flatten)]
    job: JobOptions,
}

impl ConvertArgs {
    pub fn run(self) -> Outcome {
        let request = Request { inputs: &[&self.files.input], output: &self.files.output, options: &self.job };
        run(&request, || {
            let raster = Raster::from_source(GeoTiff::open(&self.files.input)?);
            Ok(self.band.map_or(raster.clone(), |band| raster.band(band)))
        })
    }
}
