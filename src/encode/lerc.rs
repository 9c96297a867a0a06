//! LERC of one segment, as GDAL writes it (Lerc2, version 4): NaN is what LERC calls invalid.

use super::codec::Shape;
use crate::raster::{Sample, SampleType};
use lerc_core::{MaskView, RasterView};
use lerc_writer::{EncodeOptions, EncoderProfile, encode_into};

/// Whether LERC holds samples of this type.
pub(super) fn holds(sample: SampleType) -> bool {
    !matches!(sample, SampleType::U64 | SampleType::I64 | SampleType::F16)
}

/// Most bytes that a segment of `raw` bytes becomes: the samples as they are, a bit of mask a pixel, the header.
pub(super) const fn bound(raw: usize) -> usize {
    raw + raw / 8 + raw / 1024 + 4096
}

/// Encodes native-endian samples into `packed`; the length, or `None` where there is no room.
pub(super) fn encode(raw: &[u8], shape: Shape, max_z_error: f64, packed: &mut [u8]) -> Option<usize> {
    match shape.sample {
        SampleType::U8 => encode_as::<u8>(raw, shape, max_z_error, packed),
        SampleType::I8 => encode_as::<i8>(raw, shape, max_z_error, packed),
        SampleType::U16 => encode_as::<u16>(raw, shape, max_z_error, packed),
        SampleType::I16 => encode_as::<i16>(raw, shape, max_z_error, packed),
        SampleType::U32 => encode_as::<u32>(raw, shape, max_z_error, packed),
        SampleType::I32 => encode_as::<i32>(raw, shape, max_z_error, packed),
        SampleType::F32 => encode_as::<f32>(raw, shape, max_z_error, packed),
        SampleType::F64 => encode_as::<f64>(raw, shape, max_z_error, packed),
        SampleType::U64 | SampleType::I64 | SampleType::F16 => None,
    }
}

fn encode_as<T: Sample + lerc_core::Sample>(raw: &[u8], shape: Shape, max_z_error: f64, packed: &mut [u8]) -> Option<usize> {
    let copied: Vec<T>;
    let samples = match bytemuck::try_cast_slice::<u8, T>(raw) {
        Ok(samples) => samples,
        // An allocator that aligns to bytes.
        Err(_) => {
            copied = bytemuck::pod_collect_to_vec(raw);
            &copied
        }
    };
    let (cols, rows) = (u32::try_from(shape.cols).ok()?, u32::try_from(shape.rows).ok()?);
    let view = RasterView::new(cols, rows, u32::try_from(shape.samples).ok()?, samples).ok()?;
    let options = EncodeOptions::new().with_max_z_error(max_z_error).with_profile(EncoderProfile::Gdal);
    // Where a mask is needed there is one sample a pixel: `SegmentSpec` refuses floats of several.
    let valid: Option<Vec<u8>> =
        samples.iter().any(|sample| sample.is_nan()).then(|| samples.iter().map(|sample| u8::from(!sample.is_nan())).collect());
    let mask = valid.as_ref().map(|valid| MaskView::new(cols, rows, valid)).transpose().ok()?;
    encode_into(view, mask, options, packed).ok()
}
