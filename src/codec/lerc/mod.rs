//! LERC (TIFF 34887): samples within a max error of their originals, as GDAL writes them (Lerc2, version 4). NaN is what
//! LERC calls invalid. Deflate or Zstandard may be applied to LERC's bytes; the tag `LercParameters` says which.
//!
//! Floats with an infinity, and with a negative zero where the max error is 0, are encoded by [`exact`], bit for bit.

mod blob;
mod decode;
mod exact;
#[cfg(test)]
mod tests;

use super::{Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Setting, Settings, Shape, TagNumbers, deflate, zstd};
use crate::{
    error::{Error, Result},
    raster::{MaxError, Sample, SampleType},
};
use blob::{bound, data_type};
use lerc_core::{MaskView, RasterView};
use lerc_writer::{EncodeOptions, EncoderProfile, encode_into};

/// LERC, with the codec that is applied to its bytes.
#[derive(Debug)]
pub(super) struct Lerc {
    info: CodecInfo,
    outer: Option<&'static dyn Codec>,
    tags: [(u16, TagNumbers); 1],
}

pub(super) const LERC: &Lerc = &Lerc::new("lerc", None, None, &[VERSION, 0]);
pub(super) const LERC_DEFLATE: &Lerc = &Lerc::new("lerc-deflate", Some(&deflate::Deflate), Some(deflate::LEVEL_AFTER_LERC), &[VERSION, 1]);
pub(super) const LERC_ZSTD: &Lerc = &Lerc::new("lerc-zstd", Some(&zstd::Zstd), Some(zstd::LEVEL), &[VERSION, 2]);

impl Compression {
    /// LERC (TIFF 34887): integers of 8 to 32 bits, float32 and float64 within `max_z_error` of their originals.
    pub const fn lerc(max_z_error: MaxError) -> Self {
        Self { codec: LERC, settings: Settings { max_z_error: Some(max_z_error), ..Settings::NONE } }
    }

    /// LERC, then deflate at level 0 to 12.
    pub const fn lerc_deflate(max_z_error: MaxError, level: u8) -> Self {
        Self { codec: LERC_DEFLATE, settings: Settings { max_z_error: Some(max_z_error), level: Some(level), quality: None } }
    }

    /// LERC, then Zstandard at level 1 to 22.
    pub const fn lerc_zstd(max_z_error: MaxError, level: u8) -> Self {
        Self { codec: LERC_ZSTD, settings: Settings { max_z_error: Some(max_z_error), level: Some(level), quality: None } }
    }
}

/// `LercParameters`: the version, then the codec that is applied to LERC's bytes.
const PARAMETERS: u16 = 50674;
/// Version 2.4.
const VERSION: u32 = 4;

impl Lerc {
    const fn new(name: &'static str, outer: Option<&'static dyn Codec>, level: Option<Setting>, parameters: &'static [u32]) -> Self {
        let info =
            CodecInfo { name, title: "LERC", tiff: &[34887], parameters: Some(PARAMETERS), level, max_z_error: true, ..CodecInfo::BASE };
        Self { info, outer, tags: [(PARAMETERS, TagNumbers::Long(parameters))] }
    }
}

impl Codec for Lerc {
    fn info(&self) -> &CodecInfo {
        &self.info
    }

    fn check(&self, shape: &Shape, bands: usize) -> Result<()> {
        let sample = shape.sample;
        let refuse = |given: String, accepted: &str| Err(Error::Usage { what: "lerc", given, accepted: accepted.to_owned() });
        if data_type(sample).is_err() {
            return refuse(format!("{sample} samples"), "integers of 8 to 32 bits, float32 or float64");
        }
        // A mask has one bit a pixel, not one a sample.
        if sample.is_float() && shape.samples > 1 {
            return refuse(format!("pixels of {bands} {sample} samples"), "one band, or bands apart (--interleave band)");
        }
        Ok(())
    }

    fn is_lossy(&self, settings: &Settings, float: bool) -> bool {
        // Integers are kept up to an error below 1.
        settings.max_z_error.unwrap_or_default().get() >= if float { f64::MIN_POSITIVE } else { 1.0 }
    }

    fn bound(&self, raw: usize) -> usize {
        self.outer.map_or(bound(raw), |outer| outer.bound(bound(raw)))
    }

    fn encoder_bytes(&self, settings: &Settings, shape: &Shape) -> usize {
        let raw = shape.bytes();
        // A byte of mask a pixel and the plan of every micro-block; the outer codec, and the buffer ahead of it.
        let outer = self.outer.map_or(0, |outer| bound(raw) + outer.encoder_bytes(settings, &Shape::of_bytes(bound(raw))));
        2 * raw + (256 << 10) + outer
    }

    fn encoder(&self, settings: &Settings) -> Option<Box<dyn Encoder>> {
        let max_z_error = settings.max_z_error?.get();
        Some(match self.outer {
            None => Box::new(Inner { max_z_error }),
            Some(outer) => Box::new(Nested { inner: Inner { max_z_error }, buffer: Vec::new(), outer: outer.encoder(settings)? }),
        })
    }

    fn tags(&self, _: usize) -> &[(u16, TagNumbers)] {
        &self.tags
    }

    fn check_image(&self, _: usize, _: bool, sample: SampleType) -> Result<(), String> {
        data_type(sample).map(|_| ())
    }

    fn variant(&self, parameters: &[u64]) -> Result<Option<&'static dyn Codec>, String> {
        match parameters.get(1) {
            None | Some(0) => Ok(Some(LERC)),
            Some(1) => Ok(Some(LERC_DEFLATE)),
            Some(2) => Ok(Some(LERC_ZSTD)),
            Some(n) => Err(format!("codec {n} behind LERC, where 0 (none), 1 (deflate) or 2 (ZSTD) is accepted")),
        }
    }

    fn decode(
        &self,
        decoders: &mut Decoders,
        encoded: &[u8],
        segment: &SegmentInfo<'_>,
        out: &mut [u8],
        _: usize,
    ) -> Result<usize, String> {
        let Some(outer) = self.outer else { return decode::decode(encoded, segment.shape, out) };
        let mut buffer = vec![0; bound(out.len())];
        let needed = buffer.len();
        let len = outer
            .decode(decoders, encoded, segment, &mut buffer, needed)
            .map_err(|_| format!("the {} data around its LERC are damaged", outer.info().title))?;
        decode::decode(&buffer[..len], segment.shape, out)
    }

    fn decode_bytes(&self, shape: &Shape, _: usize) -> usize {
        let raw = shape.rows * shape.row_bytes();
        // Its samples, the mask, a blob whose range was made finite and, where another codec comes after, LERC's own bytes.
        3 * raw + bound(raw) + (64 << 10) + self.outer.map_or(0, |_| bound(raw))
    }

    fn outer(&self) -> Option<&'static dyn Codec> {
        self.outer
    }
}

/// Nothing is kept from one segment to the next.
struct Inner {
    max_z_error: f64,
}

impl Encoder for Inner {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        match shape.sample {
            SampleType::U8 => self.encode_as::<u8>(raw, shape, packed),
            SampleType::I8 => self.encode_as::<i8>(raw, shape, packed),
            SampleType::U16 => self.encode_as::<u16>(raw, shape, packed),
            SampleType::I16 => self.encode_as::<i16>(raw, shape, packed),
            SampleType::U32 => self.encode_as::<u32>(raw, shape, packed),
            SampleType::I32 => self.encode_as::<i32>(raw, shape, packed),
            SampleType::F32 => self.encode_as::<f32>(raw, shape, packed),
            SampleType::F64 => self.encode_as::<f64>(raw, shape, packed),
            SampleType::U64 | SampleType::I64 | SampleType::F16 => None,
        }
    }
}

impl Inner {
    /// Encodes native-endian samples.
    fn encode_as<T: Sample + lerc_core::Sample>(&self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        let copied: Vec<T>;
        let samples = match bytemuck::try_cast_slice::<u8, T>(raw) {
            Ok(samples) => samples,
            // An allocator that aligns to bytes.
            Err(_) => {
                copied = bytemuck::pod_collect_to_vec(raw);
                &copied
            }
        };
        let kinds = Kinds::of(samples);
        if kinds.infinite || kinds.negative_zero && self.max_z_error == 0.0 {
            // `check` refuses floats of several samples.
            return exact::encode(samples, shape.cols, data_type(T::TYPE).ok()?.code(), packed);
        }
        let (cols, rows) = (u32::try_from(shape.cols).ok()?, u32::try_from(shape.rows).ok()?);
        let view = RasterView::new(cols, rows, u32::try_from(shape.samples).ok()?, samples).ok()?;
        let options = EncodeOptions::new().with_max_z_error(self.max_z_error).with_profile(EncoderProfile::Gdal);
        // Where a mask is needed there is one sample a pixel.
        let valid: Option<Vec<u8>> = kinds.missing.then(|| samples.iter().map(|sample| u8::from(!sample.is_nan())).collect());
        let mask = valid.as_ref().map(|valid| MaskView::new(cols, rows, valid)).transpose().ok()?;
        encode_into(view, mask, options, packed).ok()
    }
}

/// Samples that need more than the usual encoder.
#[derive(Clone, Copy, Default)]
struct Kinds {
    /// One is NaN.
    missing: bool,
    /// One is infinite.
    infinite: bool,
    /// One is a negative zero.
    negative_zero: bool,
}

impl Kinds {
    fn of<T: Sample>(samples: &[T]) -> Self {
        if !T::TYPE.is_float() {
            return Self::default();
        }
        samples.iter().fold(Self::default(), |kinds, &sample| {
            let wide = sample.widened();
            Self {
                missing: kinds.missing | sample.is_nan(),
                infinite: kinds.infinite | (wide.abs() == f64::INFINITY),
                negative_zero: kinds.negative_zero | (wide.to_bits() == 1 << 63),
            }
        })
    }
}

/// LERC with another codec applied to its bytes.
struct Nested {
    inner: Inner,
    /// LERC's bytes.
    buffer: Vec<u8>,
    outer: Box<dyn Encoder>,
}

impl Encoder for Nested {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        if self.buffer.len() < bound(raw.len()) {
            // The old buffer goes before the new one comes, so that both are never held.
            self.buffer = Vec::new();
            self.buffer = vec![0; bound(raw.len())];
        }
        let len = self.inner.encode(raw, shape, &mut self.buffer)?;
        self.outer.encode(&self.buffer[..len], Shape::of_bytes(len), packed)
    }
}
