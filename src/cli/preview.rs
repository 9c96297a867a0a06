//! `--preview`: a small picture of a finished file, grey or in its colours, read back chunk by chunk.

use super::{
    run::write_file,
    stop::{Outcome, Stop},
};
use std::{path::Path, sync::Arc};
use swath::{
    raster::{SampleType, Span, is_missing},
    source::{ChunkAt, Counters, DecodeScratch, GeoTiff, RowConverter, Source},
};

/// Longest side of the picture, in pixels.
const SIDE: usize = 1024;

/// `PhotometricInterpretation` of red, green and blue.
const RGB: u16 = 2;

/// Writes a PNG of `raster`: its red, green, blue and alpha where it has them, else its first band. Bytes as they are,
/// other types stretched from the 2nd to the 98th percentile; missing is transparent.
pub fn write(raster: &Path, picture: &Path, overwrite: bool) -> Outcome {
    let tiff = GeoTiff::open(raster)?;
    let profile = tiff.profile();
    let longest = profile.cols.max(profile.rows);
    let shrink = |side: usize| if longest > SIDE { (side * SIDE / longest).max(1) } else { side };
    let (cols, rows) = (shrink(profile.cols), shrink(profile.rows));
    let colours = profile.photometric == RGB && profile.bands >= 3;
    let bands: Vec<usize> = if colours { [0, 1, 2].into_iter().chain(profile.alpha_band).collect() } else { vec![0] };
    let mut samples = decimate(&tiff, &bands, cols, rows)?;
    let alpha = if bands.len() > 3 { samples.pop() } else { None };
    let range = if profile.sample == SampleType::U8 { (0.0, 255.0) } else { percentiles(&samples) };
    let png = encode(&samples, alpha.as_deref(), cols, rows, range);
    let png = png.map_err(|error| Stop::failed(format!("{}: {error}", picture.display())))?;
    write_file(picture, &png, overwrite)
}

/// Of each band, the sample nearest the middle of every pixel of the picture; NaN is missing.
fn decimate(tiff: &GeoTiff, bands: &[usize], cols: usize, rows: usize) -> Outcome<Vec<Vec<f32>>> {
    let (profile, planes) = (tiff.profile(), tiff.planes());
    let of_band = |&band: &usize| RowConverter::new(profile, planes.len(), Some(band), true);
    let converters = bands.iter().map(of_band).collect::<Result<Vec<_>, _>>()?;
    let mut needed: Vec<usize> = converters.iter().flat_map(RowConverter::needed_planes).collect();
    needed.sort_unstable();
    needed.dedup();
    let chunk = planes[needed[0]];
    if needed.iter().any(|&p| (planes[p].cols, planes[p].rows) != (chunk.cols, chunk.rows)) {
        return Err(Stop::failed(format!("{}: no preview of planes that are chunked differently", tiff.name())));
    }
    let counters = Arc::new(Counters::new(profile, planes));
    let mut scratch = DecodeScratch::default();
    let mut decoded: Vec<Vec<u8>> = planes.iter().map(|_| Vec::new()).collect();
    needed.iter().for_each(|&p| decoded[p] = vec![0; planes[p].chunk_bytes()]);
    let mut line = vec![0.0f32; chunk.cols];
    let mut out = vec![vec![f32::NAN; cols * rows]; bands.len()];
    let pick = |i: usize, of: usize, from: usize| (2 * i + 1) * from / (2 * of);
    for chunk_row in 0..chunk.down(profile.rows) {
        let here = Span::new(chunk_row * chunk.rows, ((chunk_row + 1) * chunk.rows).min(profile.rows));
        let picked: Vec<usize> = (0..rows).filter(|&r| here.contains(pick(r, rows, profile.rows))).collect();
        if picked.is_empty() {
            continue;
        }
        for chunk_col in 0..chunk.across(profile.cols) {
            let there = Span::new(chunk_col * chunk.cols, ((chunk_col + 1) * chunk.cols).min(profile.cols));
            for &plane in &needed {
                tiff.decode_chunk(ChunkAt { plane, chunk_row, chunk_col }, &mut scratch, &counters, &mut decoded[plane])?;
            }
            for (converter, out) in converters.iter().zip(&mut out) {
                for &r in &picked {
                    let row = pick(r, rows, profile.rows) - here.start;
                    let slice = |p: usize| &decoded[p][row * chunk.cols * planes[p].pixel_bytes..][..there.len() * planes[p].pixel_bytes];
                    let lines: Vec<&[u8]> = converter.needed_planes().into_iter().map(slice).collect();
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
    }
    Ok(out)
}

/// The 2nd and the 98th percentile of the finite samples.
fn percentiles(bands: &[Vec<f32>]) -> (f32, f32) {
    let mut finite: Vec<f32> = bands.iter().flatten().copied().filter(|s| s.is_finite()).collect();
    if finite.is_empty() {
        return (0.0, 1.0);
    }
    finite.sort_unstable_by(f32::total_cmp);
    let at = |percent: usize| finite[(finite.len() - 1) * percent / 100];
    (at(2), at(98))
}

fn encode(
    bands: &[Vec<f32>],
    alpha: Option<&[f32]>,
    cols: usize,
    rows: usize,
    (low, high): (f32, f32),
) -> Result<Vec<u8>, png::EncodingError> {
    let width = if high > low { high - low } else { 1.0 };
    let byte = |sample: f32| ((sample - low) / width * 255.0).round() as u8;
    let mut pixels = Vec::with_capacity(cols * rows * (bands.len() + 1));
    for at in 0..cols * rows {
        let seen = bands.iter().all(|band| !is_missing(band[at]));
        pixels.extend(bands.iter().map(|band| if seen { byte(band[at]) } else { 0 }));
        pixels.push(if seen { alpha.map_or(u8::MAX, |alpha| byte(alpha[at])) } else { 0 });
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, cols as u32, rows as u32);
    encoder.set_color(if bands.len() == 3 { png::ColorType::Rgba } else { png::ColorType::GrayscaleAlpha });
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
        assert_eq!(percentiles(&[samples]), (2.0, 98.0));
        assert_eq!(percentiles(&[vec![f32::NAN]]), (0.0, 1.0));
    }
}
