//! Decoding LERC blobs: one for all samples of a pixel, or one for each of them.
//!
//! Two things that GDAL writes are not what the reader takes. Infinities are in the blob's range, which the reader wants finite:
//! such a blob is decoded from a copy with the largest finite numbers there, which only bound what is decoded. And libtiff writes
//! the samples of floating-point pixels as a blob each, one behind the other, where they are NaN at different places.

use super::blob::{bound, data_type};
use crate::{codec::Shape, raster::Sample};
use lerc_core::{DataType, MaskEncoding, PixelData, fletcher32};
use std::borrow::Cow;

const MAGIC: &[u8] = b"Lerc2 ";

/// Decodes what covers `shape` into the beginning of `out`, as native-endian samples, and returns the bytes written. Invalid samples
/// become NaN where there is one, as in libtiff.
pub(super) fn decode(encoded: &[u8], shape: Shape, out: &mut [u8]) -> Result<usize, String> {
    let damaged = |e: lerc_core::Error| format!("its LERC data are damaged ({e})");
    let (mut rest, mut sample, mut written) = (encoded, 0, 0);
    // A blob without a mask of its own, although some of its samples are invalid, has that of the blob before.
    let mut mask: Option<Vec<u8>> = None;
    while sample < shape.samples {
        let Finite { blob, constants } = finite(rest, bound(out.len()))?;
        // Checked before anything is allocated.
        let info = lerc_reader::inspect_first(&blob).map_err(damaged)?;
        let (cols, rows, samples) = (info.width as usize, info.height as usize, info.depth as usize);
        let fits = cols == shape.cols && info.data_type == data_type(shape.sample)? && rows <= out.len() / shape.row_bytes();
        if !fits || (samples != shape.samples && samples != 1) {
            let is = format!("{cols} x {rows} pixels of {samples} {:?} samples", info.data_type);
            return Err(format!(
                "its LERC data are of {is}, where {} columns of {} {} are needed",
                shape.cols, shape.samples, shape.sample
            ));
        }
        let decoded = match &mask {
            Some(mask) if info.mask_encoding == MaskEncoding::External => lerc_reader::decode_first_with_mask(&blob, mask),
            _ => lerc_reader::decode_first(&blob),
        }
        .map_err(damaged)?;
        mask = decoded.mask;
        let mut place = Place { mask: mask.as_deref(), constants: &constants, first: sample, samples, pixel: shape.samples, out };
        written = match decoded.pixels {
            PixelData::I8(v) => place.put(&v),
            PixelData::U8(v) => place.put(&v),
            PixelData::I16(v) => place.put(&v),
            PixelData::U16(v) => place.put(&v),
            PixelData::I32(v) => place.put(&v),
            PixelData::U32(v) => place.put(&v),
            PixelData::F32(v) => place.put(&v),
            PixelData::F64(v) => place.put(&v),
        }?;
        sample += samples;
        rest = rest.get(info.blob_size..).unwrap_or_default();
    }
    Ok(written)
}

/// Where decoded samples go.
struct Place<'a> {
    /// 0 for pixels that are invalid.
    mask: Option<&'a [u8]>,
    /// What every valid sample is, of each sample of the blob's pixels; empty where the blob says.
    constants: &'a [f64],
    /// Sample of the pixel that the blob's first is.
    first: usize,
    /// Samples of the blob's pixels.
    samples: usize,
    /// Samples of a pixel.
    pixel: usize,
    out: &'a mut [u8],
}

impl Place<'_> {
    fn put<T: Sample>(&mut self, decoded: &[T]) -> Result<usize, String> {
        let width = size_of::<T>();
        let len = decoded.len() / self.samples * self.pixel * width;
        let room = self.out.get_mut(..len).ok_or("its LERC data hold more pixels than it has")?;
        if self.samples == self.pixel {
            room.copy_from_slice(bytemuck::cast_slice(decoded));
        } else {
            let samples = room.chunks_exact_mut(self.pixel * width).zip(decoded.chunks_exact(self.samples));
            let (from, to) = (self.first * width, (self.first + self.samples) * width);
            samples.for_each(|(pixel, decoded)| pixel[from..to].copy_from_slice(bytemuck::cast_slice(decoded)));
        }
        let nan = T::from_f32(f32::NAN);
        for (k, pixel) in room.chunks_exact_mut(self.pixel * width).enumerate() {
            let valid = self.mask.is_none_or(|mask| mask[k] != 0);
            if valid && self.constants.is_empty() {
                continue;
            }
            let of_blob = pixel.chunks_exact_mut(width).skip(self.first).take(self.samples).enumerate();
            for (sample, bytes) in of_blob {
                let value = if valid { T::nearest(self.constants[sample]) } else { nan };
                if valid || T::TYPE.is_float() {
                    bytes.copy_from_slice(bytemuck::bytes_of(&value));
                }
            }
        }
        Ok(len)
    }
}

/// A blob that the reader takes.
struct Finite<'a> {
    blob: Cow<'a, [u8]>,
    /// What every valid sample is, where the range of each sample of the pixels is one number, and one of those is infinite.
    constants: Vec<f64>,
}

/// The places of a Lerc2 header of a version, in bytes.
struct Places {
    depth: Option<usize>,
    valid: usize,
    len: usize,
    kind: usize,
    range: usize,
    mask_len: usize,
}

impl Places {
    fn of(version: u32) -> Option<Self> {
        // Version 3 has a checksum more, 4 a depth, 6 a count of blobs and flags, then two nodata values.
        let (depth, valid) = match version {
            3 => (None, 22),
            4.. => (Some(22), 26),
            _ => return None,
        };
        let more = if version >= 6 { 8 } else { 0 };
        let range = valid + 24 + more;
        Some(Self { depth, valid, len: valid + 8, kind: valid + 12, range, mask_len: range + if version >= 6 { 32 } else { 16 } })
    }
}

/// The first blob, with a finite range in the header and in front of the samples. `most`: bytes that it may have.
fn finite(blob: &[u8], most: usize) -> Result<Finite<'_>, String> {
    Ok(made_finite(blob, most)?.unwrap_or(Finite { blob: Cow::Borrowed(blob), constants: Vec::new() }))
}

/// `None` for a blob that the reader takes as it is, or will refuse.
fn made_finite(blob: &[u8], most: usize) -> Result<Option<Finite<'_>>, String> {
    let word = |at: usize| blob.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let double = |at: usize| blob.get(at..at + 8).and_then(|b| b.try_into().ok()).map(f64::from_le_bytes);
    let header = || {
        let version = blob.strip_prefix(MAGIC).and_then(|_| word(6))?;
        let places = Places::of(version)?;
        let (low, high) = (double(places.range)?, double(places.range + 8)?);
        let mask_len = word(places.mask_len)? as usize;
        (low.abs() == f64::INFINITY || high.abs() == f64::INFINITY).then_some((version, places, low, high, mask_len))
    };
    let Some((version, places, low, high, mask_len)) = header() else { return Ok(None) };
    let (Some(len), Some(kind), Some(valid)) = (word(places.len), word(places.kind), word(places.valid)) else { return Ok(None) };
    let depth = places.depth.and_then(word).unwrap_or(1) as usize;
    let float = match i32::try_from(kind).ok().and_then(|kind| DataType::from_code(kind).ok()) {
        Some(DataType::F32) => f64::from(f32::MAX),
        Some(DataType::F64) => f64::MAX,
        _ => return Ok(None),
    };
    let Some(own) = blob.get(..len as usize).filter(|own| own.len() >= places.mask_len + 4) else { return Ok(None) };
    if own.len() > most {
        return Err(format!("its LERC data are of {len} bytes, where {most} hold all samples as they are"));
    }
    let clamped = |value: f64| value.clamp(-float, float);
    let mut copy = own.to_vec();
    for (at, value) in [(places.range, low), (places.range + 8, high)] {
        copy[at..at + 8].copy_from_slice(&clamped(value).to_le_bytes());
    }
    let mut constants = Vec::new();
    if low == high {
        constants = vec![low; depth];
    } else if version >= 4 && valid > 0 {
        // The lowest and the highest of every sample of the pixels, in the samples' type.
        let width = if kind == 6 { 4 } else { 8 };
        let at = places.mask_len + 4 + mask_len;
        let bytes = depth.checked_mul(2 * width).and_then(|len| copy.get_mut(at..at.checked_add(len)?));
        let Some(bytes) = bytes else { return Ok(None) };
        let value = |bytes: &[u8]| match *bytes {
            [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
            _ => bytes.try_into().map_or(f64::NAN, f64::from_le_bytes),
        };
        let (lows, highs) = bytes.split_at(depth * width);
        if lows == highs {
            constants = lows.chunks_exact(width).map(value).collect();
        }
        for bytes in bytes.chunks_exact_mut(width) {
            let finite = clamped(value(bytes));
            match width {
                4 => bytes.copy_from_slice(&(finite as f32).to_le_bytes()),
                _ => bytes.copy_from_slice(&finite.to_le_bytes()),
            }
        }
    }
    let checksum = fletcher32(&copy[14..]);
    copy[10..14].copy_from_slice(&checksum.to_le_bytes());
    Ok(Some(Finite { blob: Cow::Owned(copy), constants }))
}
