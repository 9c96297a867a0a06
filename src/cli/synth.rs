//! `swath synth`: a fractal elevation model, made row by row and written as any other job.

use super::{
    fractal::Fractal,
    options::JobOptions,
    run::{Request, run},
    stop::Outcome,
    values::{NodataOrNone, Size, fraction},
};
use clap::Args;
use std::path::PathBuf;
use swath::{
    graph::Raster,
    raster::{Affine, GeoTags, Georeferencing, Nodata, Profile, RasterType, SampleType},
    source::GeneratorSource,
};

/// A deterministic fractal elevation model to try things on
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  swath synth dem.tif --size 8192x8192
  swath synth dem.tif --size 4096x4096 --dtype int16 --tile-size 1024 --missing 0.02 --seed 7

The same options make the same samples on every machine.")]
pub struct SynthArgs {
    /// The GeoTIFF to write
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,
    /// Columns and rows
    #[arg(long, value_name = "COLSxROWS")]
    size: Size,
    /// Share of missing pixels, 0 to 1
    #[arg(long, default_value = "0", value_parser = fraction, value_name = "SHARE")]
    missing: f64,
    /// Another seed, another land
    #[arg(long, default_value = "1", value_name = "N")]
    seed: u64,
    #[command(flatten)]
    job: JobOptions,
}

impl SynthArgs {
    pub fn run(self) -> Outcome {
        let request = Request { inputs: &[], output: &self.output, options: &self.job };
        let sample = self.job.output.dtype.unwrap_or(SampleType::F32);
        let nodata = match self.job.output.nodata {
            Some(NodataOrNone(Some(typed))) => Some(typed),
            // Floats are missing as NaN, and where nothing is missing nothing stands for it.
            Some(NodataOrNone(None)) if sample.is_float() || self.missing == 0.0 => None,
            _ => Some(nodata(sample)),
        };
        run(&request, || Ok(Raster::from_source(source(self.size, sample, nodata, self.seed, self.missing)?)))
    }
}

/// The model as a source: 10 m pixels in UTM zone 33, heights in metres (centimetres where the type has fractions;
/// scaled down for 8-bit types).
pub fn source(size: Size, sample: SampleType, nodata: Option<Nodata>, seed: u64, missing: f64) -> swath::error::Result<GeneratorSource> {
    let relief = if sample.bytes() == 1 { 120.0 } else { 2000.0 };
    let steps = if sample.is_float() && sample != SampleType::F16 { 100.0 } else { 1.0 };
    let fractal = Fractal::new(seed, missing, relief, steps);
    let profile = Profile { nodata, georef: georeferencing(), ..Profile::new(size.cols, size.rows, 1, sample) };
    let source = GeneratorSource::new(profile, move |row, first_col, out| fractal.fill_row(row, first_col, out))?;
    Ok(source.named(format!("synth (seed {seed})")))
}

/// A value that no height has.
fn nodata(sample: SampleType) -> Nodata {
    match sample {
        SampleType::U8 => Nodata::Integer(255),
        SampleType::I8 => Nodata::Integer(-128),
        SampleType::U16 | SampleType::U32 | SampleType::U64 => Nodata::Integer(65_535),
        // It has no -9999.
        SampleType::F16 => Nodata::Float(f64::NAN),
        _ => Nodata::Integer(-9999),
    }
}

fn georeferencing() -> Georeferencing {
    const PIXEL_M: f64 = 10.0;
    const CORNER: (f64, f64) = (500_000.0, 5_300_000.0);
    // GTModelType projected, GTRasterType area, ProjectedCRS WGS 84 / UTM 33N.
    let directory = vec![1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32_633];
    Georeferencing {
        transform: Some(Affine::north_up(CORNER.0, CORNER.1, PIXEL_M, PIXEL_M)),
        raster_type: RasterType::Area,
        pixel_scale: vec![PIXEL_M, PIXEL_M, 0.0],
        tiepoints: vec![0.0, 0.0, 0.0, CORNER.0, CORNER.1, 0.0],
        matrix: Vec::new(),
        keys: Some(GeoTags { directory, doubles: Vec::new(), ascii: String::new() }),
        ..Georeferencing::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_type_has_a_nodata_value_that_it_holds() {
        for sample in SampleType::ALL {
            assert!(nodata(sample).sentinel(sample).is_ok(), "{sample}");
        }
    }

    #[test]
    fn the_place_is_known_by_its_epsg_code() {
        assert_eq!(georeferencing().epsg(), Some(32_633));
    }
}
