//! Masks: which pixels are valid, one bit each, as GDAL writes them inside a TIFF.

use super::{Counts, EncodeScratch, MaskFrom, SegmentSpec, cast::Cell, fit::fit};
use crate::{
    codec::{Compression, Shape},
    error::Result,
    raster::{PixelWindow, SampleType, Segmentation, Sentinel, Span, with_sample_type},
};

/// Masks are deflated, whatever the samples are.
pub const COMPRESSION: Compression = Compression::deflate(6);

/// One byte a pixel of the window's row: 0 where the mask's sample is, or where one of the samples is missing.
pub(super) fn validity(spec: &SegmentSpec, pixels: &[u8], valid: &mut [u8]) {
    let width = spec.window_sample.bytes();
    match spec.mask {
        Some(MaskFrom::Band) => {
            for (pixel, valid) in pixels.chunks_exact(spec.window_bands() * width).zip(valid) {
                *valid = u8::from(pixel[spec.bands * width..].iter().any(|&byte| byte != 0));
            }
        }
        _ => with_sample_type!(spec.window_sample, T => of_samples::<T>(pixels, spec.bands, spec.missing.from(), valid)),
    }
}

fn of_samples<T: Cell>(pixels: &[u8], bands: usize, from: Option<Sentinel>, valid: &mut [u8]) {
    let from = from.filter(|s| s.sample_type() == T::TYPE).map(|s| s.range::<T>());
    for (pixel, valid) in pixels.chunks_exact(bands * size_of::<T>()).zip(valid) {
        let missing = pixel.chunks_exact(size_of::<T>()).any(|sample| {
            let sample: T = bytemuck::pod_read_unaligned(sample);
            sample.is_nan() || from.is_some_and(|from| from.has(sample))
        });
        *valid = u8::from(!missing);
    }
}

/// Bytes of one row of a segment of the mask.
fn row_bytes(spec: &SegmentSpec) -> usize {
    spec.layout.segmentation.shape(spec.cols).1.div_ceil(8)
}

/// Bytes of a whole segment of the mask, ahead of its codec; 0 where there is no mask.
pub(super) fn raw_bytes(spec: &SegmentSpec) -> usize {
    let (rows, _) = spec.layout.segmentation.shape(spec.cols);
    if spec.mask.is_some() { rows.min(spec.rows.next_multiple_of(16)) * row_bytes(spec) } else { 0 }
}

/// Encodes the mask of a segment; `rows` and `cols` are what it covers. Pixels outside the raster are missing.
pub(super) fn encode(
    spec: &SegmentSpec,
    window: &PixelWindow,
    rows: Span,
    cols: Span,
    scratch: &mut EncodeScratch,
) -> Result<(Vec<u8>, Counts)> {
    let row_bytes = row_bytes(spec);
    let out_rows = match spec.layout.segmentation {
        Segmentation::Tiles { rows, .. } => rows,
        Segmentation::Strips { .. } => rows.len(),
    };
    let EncodeScratch { valid, tile, .. } = &mut *scratch;
    fit(valid, cols.len());
    fit(tile, out_rows * row_bytes);
    tile.fill(0);
    let mut missing = 0;
    for (row, out) in rows.iter().zip(tile.chunks_exact_mut(row_bytes)) {
        validity(spec, window.row(row, cols), valid);
        for (eight, out) in valid.chunks(8).zip(out) {
            *out = eight.iter().enumerate().fold(0, |bits, (k, &valid)| bits | (u8::from(valid != 0) << (7 - k)));
            missing += eight.iter().filter(|&&valid| valid == 0).count() as u64;
        }
    }
    let bytes = scratch.compress_mask(COMPRESSION, Shape::of_bytes(out_rows * row_bytes))?;
    Ok((bytes, Counts { missing, collisions: 0 }))
}

/// What missing samples become in a file whose mask says which they are: NaN, or 0.
pub fn fill(sample: SampleType) -> crate::raster::Nodata {
    if sample.is_float() { crate::raster::Nodata::Float(f64::NAN) } else { crate::raster::Nodata::Integer(0) }
}
