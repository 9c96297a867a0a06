//! `--preview`: a small grey picture of a finished file, read back chunk by chunk.

use super::stop::{Outcome, Stop};
use std::{fs, path::Path, sync::Arc};
use swath::{
    raster::{SampleType, Span, is_missing},
    source::{ChunkAt, Counters, DecodeScratch, GeoTiff, RowConverter, Source},
};

/// Longest side of the picture, in pixels.
const SIDE: usize = 1024;

/// Writes a PNG of the first band of `raster`: bytes as they are, other types stretched from the 2nd to the 98th
/// percentile; missing is transparent.
pub fn write(raster: &Path, picture: &Path) -> Outcome {
    let tiff = GeoTiff::open(raster)?;
    let profile = tiff.profile();
    let longest = profile.cols.max(profile.rows);
    let shrink = |side: usize| if longest > SIDE { (side * SIDE / longest).max(1) } else { side };
    let (cols, rows) = (shrink(profile.cols), shrink(profile.rows));
    let samples = decimate(&tiff, cols, rows)?;
    let range = if profile.sample == SampleType::U8 { (0.0, 255.0) } else { percentiles(&samples) };
    let png = encode(&samples, cols, rows, range).map_err(|error| Stop::failed(format!("{}: {error}", picture.display())))?;
    fs::write(picture, png).map_err(|error| Stop::failed(format!("{}: cannot write it: {error}", picture.display())))
}

/// The sample nearest the middle of every pixel of the picture; NaN is missing.
fn decimate(tiff: &GeoTiff, cols: usize, rows: usize) -> Outcome<Vec<f32>> {
    let (profile, planes) = (tiff.profile(), tiff.planes());
    let converter = RowConverter::new(profile, planes.len(), Some(0), true)?;
    let needed = converter.needed_planes();
    let chunk = planes[needed[0]];
    if needed.iter().any(|&p| (planes[p].cols, planes[p].rows) != (chunk.cols, chunk.rows)) {
        return Err(Stop::failed(format!("{}: no preview of planes that are chunked differently", tiff.name())));
    }
    let counters = Arc::new(Counters::new(profile, planes));
    let mut scratch = DecodeScratch::default();
    let mut decoded: Vec<Vec<u8>> = needed.iter().map(|&p| vec![0; planes[p].chunk_bytes()]).collect();
    let mut line = vec![0.0f32; chunk.cols];
    let mut out = vec![f32::NAN; cols * rows];
    let pick = |i: usize, of: usize, from: usize| (2 * i + 1) * from / (2 * of);
    for chunk_row in 0..chunk.down(profile.rows) {
        let here = Span::new(chunk_row * chunk.rows, ((chunk_row + 1) * chunk.rows).min(profile.rows));
        let picked: Vec<usize> = (0..rows).filter(|&r| here.contains(pick(r, rows, profile.rows))).collect();
        if picked.is_empty() {
            continue;
        }
        for chunk_col in 0..chunk.across(profile.cols) {
            let there = Span::new(chunk_col * chunk.cols, ((chunk_col + 1) * chunk.cols).min(profile.cols));
            for (&plane, bytes) in needed.iter().zip(&mut decoded) {
                tiff.decode_chunk(ChunkAt { plane, chunk_row, chunk_col }, &mut scratch, &counters, bytes)?;
            }
            for &r in &picked {
                let row = pick(r, rows, profile.rows) - here.start;
                let lines: Vec<&[u8]> = needed
                    .iter()
                    .zip(&decoded)
                    .map(|(&p, bytes)| &bytes[row * chunk.cols * planes[p].pixel_bytes..][..there.len() * planes[p].pixel_bytes])
                    .collect();
                let line = &mut line[..there.len()];
                converter.convert_f32(&lines, line);
                for c in 0..cols {
                    let col = pick(c, cols, profile.cols);
                    if there.contains(col) {
                        out[r * cols + c] = line[col - there.start];
                    }
                }
            }
        }
    }
    Ok(out)
}

/// The 2nd and the 98th percentile of the finite samples.
fn percentiles(samples: &[f32]) -> (f32, f32) {
    let mut finite: Vec<f32> = samples.iter().copied().filter(|s| s.is_finite()).collect();
    if finite.is_empty() {
        return (0.0, 1.0);
    }
    finite.sort_unstable_by(f32::total_cmp);
    let at = |percent: usize| finite[(finite.len() - 1) * percent / 100];
    (at(2), at(98))
}

fn encode(samples: &[f32], cols: usize, rows: usize, (low, high): (f32, f32)) -> Result<Vec<u8>, png::EncodingError> {
    let width = if high > low { high - low } else { 1.0 };
    let grey = |sample: f32| if is_missing(sample) { [0, 0] } else { [((sample - low) / width * 255.0).round() as u8, 255] };
    let pixels: Vec<u8> = samples.iter().flat_map(|&sample| grey(sample)).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, cols as u32, rows as u32);
    encoder.set_color(png::ColorType::GrayscaleAlpha);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_runs_from_the_2nd_to_the_98th_percentile() {
        let samples: Vec<f32> = (0..=100).map(|i| i as f32).chain([f32::NAN, f32::INFINITY]).collect();
        assert_eq!(percentiles(&samples), (2.0, 98.0));
        assert_eq!(percentiles(&[f32::NAN]), (0.0, 1.0));
    }
}
