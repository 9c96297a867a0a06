//! LERC (TIFF 34887): samples within a max error of their originals, as GDAL writes them (Lerc2, version 4). NaN is what
//! LERC calls invalid. Deflate or Zstandard may be applied to LERC's bytes; the tag `LercParameters` says which.

use super::{Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Setting, Settings, Shape, TagNumbers, deflate, zstd};
use crate::{
    error::{Error, Result},
    raster::{MaxError, Sample, SampleType},
};
use lerc_core::{DataType, MaskView, PixelData, RasterView};
use lerc_writer::{EncodeOptions, EncoderProfile, encode_into};

/// LERC, with the codec that is applied to its bytes.
#[derive(Debug)]
pub(super) struct Lerc {
    info: CodecInfo,
    outer: Option<&'static dyn Codec>,
    tags: [(u16, TagNumbers); 1],
}

pub(super) const LERC: &Lerc = &Lerc::new("lerc", None, None, &[VERSION, 0]);
pub(super) const LERC_DEFLATE: &Lerc = &Lerc::new("lerc-deflate", Some(&deflate::Deflate), Some(deflate::LEVEL), &[VERSION, 1]);
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

/// Max bytes of LERC data of `raw` bytes of samples: the samples as they are, a bit of mask a pixel, the header.
const fn bound(raw: usize) -> usize {
    raw + raw / 8 + raw / 1024 + 4096
}

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

    fn encoder_bytes(&self, settings: &Settings, raw: usize) -> usize {
        // A byte of mask a pixel and the plan of every micro-block; the outer codec, and the buffer ahead of it.
        let outer = self.outer.map_or(0, |outer| bound(raw) + outer.encoder_bytes(settings, bound(raw)));
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
        let Some(outer) = self.outer else { return decode(encoded, segment.shape, out) };
        let mut buffer = vec![0; bound(out.len())];
        let needed = buffer.len();
        let len = outer
            .decode(decoders, encoded, segment, &mut buffer, needed)
            .map_err(|_| format!("the {} data around its LERC are damaged", outer.info().title))?;
        decode(&buffer[..len], segment.shape, out)
    }

    fn decode_bytes(&self, raw: usize) -> usize {
        // Its samples, the mask and, where another codec comes after, LERC's own bytes.
        3 * raw + (64 << 10) + self.outer.map_or(0, |_| bound(raw))
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
        let (cols, rows) = (u32::try_from(shape.cols).ok()?, u32::try_from(shape.rows).ok()?);
        let view = RasterView::new(cols, rows, u32::try_from(shape.samples).ok()?, samples).ok()?;
        let options = EncodeOptions::new().with_max_z_error(self.max_z_error).with_profile(EncoderProfile::Gdal);
        // Where a mask is needed there is one sample a pixel: `check` refuses floats of several.
        let valid: Option<Vec<u8>> =
            samples.iter().any(|sample| sample.is_nan()).then(|| samples.iter().map(|sample| u8::from(!sample.is_nan())).collect());
        let mask = valid.as_ref().map(|valid| MaskView::new(cols, rows, valid)).transpose().ok()?;
        encode_into(view, mask, options, packed).ok()
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
        self.outer.encode(&self.buffer[..len], shape, packed)
    }
}

fn decode(blob: &[u8], shape: Shape, out: &mut [u8]) -> Result<usize, String> {
    let damaged = |e: lerc_core::Error| format!("its LERC data are damaged ({e})");
    // Checked before anything is allocated.
    let info = lerc_reader::inspect_first(blob).map_err(damaged)?;
    let (cols, rows, samples) = (info.width as usize, info.height as usize, info.depth as usize);
    if cols != shape.cols || samples != shape.samples || info.data_type != data_type(shape.sample)? || rows > out.len() / shape.row_bytes()
    {
        let is = format!("{cols} x {rows} pixels of {samples} {:?} samples", info.data_type);
        return Err(format!("its LERC data are of {is}, where {} columns of {} {} are needed", shape.cols, shape.samples, shape.sample));
    }
    let decoded = lerc_reader::decode_first(blob).map_err(damaged)?;
    let mask = decoded.mask.as_deref();
    match decoded.pixels {
        PixelData::I8(v) => put(&v, mask, samples, out),
        PixelData::U8(v) => put(&v, mask, samples, out),
        PixelData::I16(v) => put(&v, mask, samples, out),
        PixelData::U16(v) => put(&v, mask, samples, out),
        PixelData::I32(v) => put(&v, mask, samples, out),
        PixelData::U32(v) => put(&v, mask, samples, out),
        PixelData::F32(v) => put(&v, mask, samples, out),
        PixelData::F64(v) => put(&v, mask, samples, out),
    }
}

/// Native-endian samples; invalid ones become NaN where there is one, as in libtiff.
fn put<T: Sample>(decoded: &[T], mask: Option<&[u8]>, samples: usize, out: &mut [u8]) -> Result<usize, String> {
    let bytes: &[u8] = bytemuck::cast_slice(decoded);
    let room = out.get_mut(..bytes.len()).ok_or("its LERC data hold more pixels than it has")?;
    room.copy_from_slice(bytes);
    if let (Some(mask), true) = (mask, T::TYPE.is_float()) {
        let nan = T::from_f32(f32::NAN);
        for (pixel, _) in room.chunks_exact_mut(samples * size_of::<T>()).zip(mask).filter(|(_, valid)| **valid == 0) {
            pixel.chunks_exact_mut(size_of::<T>()).for_each(|sample| sample.copy_from_slice(bytemuck::bytes_of(&nan)));
        }
    }
    Ok(bytes.len())
}

/// LERC's name of a sample type; an error for types that it does not hold.
fn data_type(sample: SampleType) -> Result<DataType, String> {
    Ok(match sample {
        SampleType::I8 => DataType::I8,
        SampleType::U8 => DataType::U8,
        SampleType::I16 => DataType::I16,
        SampleType::U16 => DataType::U16,
        SampleType::I32 => DataType::I32,
        SampleType::U32 => DataType::U32,
        SampleType::F32 => DataType::F32,
        SampleType::F64 => DataType::F64,
        other => return Err(format!("LERC holds no {other} samples")),
    })
}
