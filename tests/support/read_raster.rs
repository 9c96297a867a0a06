//! GeoTIFFs read by the `tiff` crate.

use std::{fs, path::Path};
use tiff::{
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

/// What a written file holds: samples as f64, missing ones as NaN.
#[derive(Debug)]
pub struct ReadBack {
    pub cols: usize,
    pub rows: usize,
    pub values: Vec<f64>,
}

/// Reads a file's first band with the `tiff` crate.
#[track_caller]
pub fn read(path: &Path) -> ReadBack {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut decoder = Decoder::new(std::io::BufReader::new(file)).expect("a TIFF").with_limits(Limits::unlimited());
    let (cols, rows) = decoder.dimensions().expect("dimensions");
    let nodata = decoder
        .find_tag(Tag::GdalNodata)
        .expect("tags")
        .map(|value| value.into_string().expect("text").trim_end_matches('\0').trim().parse::<f64>().expect("a number"));
    let mut values: Vec<f64> = match decoder.read_image().expect("pixels") {
        DecodingResult::U8(samples) => samples.into_iter().map(f64::from).collect(),
        DecodingResult::U16(samples) => samples.into_iter().map(f64::from).collect(),
        DecodingResult::I32(samples) => samples.into_iter().map(f64::from).collect(),
        DecodingResult::I16(samples) => samples.into_iter().map(f64::from).collect(),
        DecodingResult::F32(samples) => samples.into_iter().map(f64::from).collect(),
        DecodingResult::F64(samples) => samples,
        _ => panic!("{}: a sample type that these tests do not write", path.display()),
    };
    for value in &mut values {
        if nodata == Some(*value) {
            *value = f64::NAN;
        }
    }
    ReadBack { cols: cols as usize, rows: rows as usize, values }
}
