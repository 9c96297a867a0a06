//! Baseline JPEG (TIFF 7) of bytes, one or three samples a pixel; three are RGB, stored as YCbCr 4:2:0. Four are read, too.

mod baseline;
mod bits;
mod idct;
#[cfg(test)]
mod tests;
mod upsample;

use super::{Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Setting, Settings, Shape, TagNumbers};
use crate::{
    error::{Error, Result},
    raster::SampleType,
};
use jpeg_encoder::{ColorType, SamplingFactor};
use std::io::Cursor;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

/// JPEG.
#[derive(Debug)]
pub(super) struct Jpeg;

impl Compression {
    /// Baseline JPEG (TIFF 7) for bytes of one or three bands; three are taken for RGB. Quality 1 (worst) to 100 (best).
    pub const fn jpeg(quality: u8) -> Self {
        Self { codec: &Jpeg, settings: Settings { quality: Some(quality), ..Settings::NONE } }
    }
}

/// The default is GDAL's.
const QUALITY: Setting = Setting { what: "jpeg quality", range: 1..=100, default: Some(75), gdal: "JPEG_QUALITY" };

static INFO: CodecInfo = CodecInfo {
    name: "jpeg",
    title: "JPEG",
    tiff: &[7],
    // `JPEGTables`.
    tables: Some(347),
    quality: Some(QUALITY),
    ycbcr: true,
    repeats_border: true,
    ..CodecInfo::BASE
};

/// `YCbCrSubSampling` and `ReferenceBlackWhite`: half the chroma both ways, the whole range of a byte.
const YCBCR_TAGS: &[(u16, TagNumbers)] =
    &[(530, TagNumbers::Short(&[2, 2])), (532, TagNumbers::Rational(&[(0, 1), (255, 1), (128, 1), (255, 1), (128, 1), (255, 1)]))];

impl Codec for Jpeg {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn check(&self, shape: &Shape, bands: usize) -> Result<()> {
        let refuse = |given: String, accepted: &str| Err(Error::Usage { what: "jpeg", given, accepted: accepted.to_owned() });
        if shape.sample != SampleType::U8 || !matches!(shape.samples, 1 | 3) {
            return refuse(format!("{bands} bands of {}", shape.sample), "uint8 in one or three bands");
        }
        if shape.rows.max(shape.cols) > 65_500 {
            return refuse(format!("{}x{} pixels", shape.cols, shape.rows), "sides up to 65500");
        }
        Ok(())
    }

    fn strip_rows_multiple(&self, samples: usize) -> usize {
        // Blocks are of 8 rows, and chroma has half of luma's.
        if samples == 3 { 16 } else { 8 }
    }

    fn is_lossy(&self, _: &Settings, _: bool) -> bool {
        true
    }

    fn bound(&self, raw: usize) -> usize {
        // 64 coefficients of 27 bits a block would be 3.4 bytes a sample, 0xFF bytes doubled aside; the tables come on top.
        4 * raw + 4096
    }

    fn encoder_bytes(&self, _: &Settings, shape: &Shape) -> usize {
        // Planes of the components, padded to whole blocks.
        2 * shape.bytes() + (512 << 10)
    }

    fn encoder(&self, settings: &Settings) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Baseline { quality: settings.quality? }))
    }

    fn tags(&self, samples: usize) -> &[(u16, TagNumbers)] {
        if samples == 3 { YCBCR_TAGS } else { &[] }
    }

    fn check_image(&self, bands: usize, planar: bool, sample: SampleType) -> Result<(), String> {
        if sample != SampleType::U8 {
            return Err(format!("JPEG of {sample} samples, where uint8 is accepted"));
        }
        if planar || matches!(bands, 1 | 3 | 4) {
            return Ok(());
        }
        Err(format!("JPEG of {bands} bands, where 1, 3 or 4, or planes of their own, are accepted"))
    }

    fn decode(&self, _: &mut Decoders, encoded: &[u8], segment: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
        decode(encoded, segment, out, needed)
    }

    fn decode_bytes(&self, shape: &Shape, encoded: usize) -> usize {
        // Planes of the components, upsampled; coefficients where it is progressive; tables and segment put together.
        (6 * padded_bytes(shape)).saturating_add(1 << 20).saturating_add(encoded)
    }
}

/// Nothing is kept from one segment to the next.
struct Baseline {
    quality: u8,
}

impl Encoder for Baseline {
    /// A JPEG with its tables.
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        let mut out = Cursor::new(packed);
        let mut encoder = jpeg_encoder::Encoder::new(&mut out, self.quality);
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        let colour = if shape.samples == 1 { ColorType::Luma } else { ColorType::Rgb };
        encoder.encode(raw, u16::try_from(shape.cols).ok()?, u16::try_from(shape.rows).ok()?, colour).ok()?;
        usize::try_from(out.position()).ok()
    }
}

fn decode(encoded: &[u8], segment: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
    const MARKER: usize = 2;
    let shape = segment.shape;
    // The tables end, and the segment begins, with a marker of two bytes that the other does not want.
    let whole: Vec<u8>;
    let stream = match (segment.tables.len().checked_sub(MARKER), encoded.get(MARKER..)) {
        (Some(end), Some(rest)) if end > 0 => {
            whole = [&segment.tables[..end], rest].concat();
            &whole
        }
        _ => encoded,
    };
    let shape_fits = |cols: usize, rows: usize, samples: usize| {
        if cols == shape.cols && samples == shape.samples && rows * shape.cols * shape.samples >= needed {
            return Ok(());
        }
        let needs = format!("{} x {} are needed", shape.cols, shape.samples);
        Err(format!("its JPEG data are of {cols} x {rows} pixels of {samples} samples, where {needs}"))
    };
    let nominal = padded_bytes(&Shape { rows: segment.nominal_rows.max(shape.rows), ..shape });
    match baseline::decode(stream, nominal.saturating_mul(PLANES_FACTOR).saturating_add(PLANES_BESIDE), shape_fits) {
        Ok(frame) => Ok(frame?.write(segment.ycbcr, out)),
        Err(baseline::Refusal::Damaged(what)) => Err(format!("its JPEG data are damaged ({what})")),
        Err(baseline::Refusal::TooLarge { cols, rows }) => Err(too_large(cols, rows, segment)),
        Err(baseline::Refusal::Other) => progressive(stream, segment, nominal, shape_fits, out),
    }
}

/// Rows and columns of a unit of interleaved components, as sides are padded to: of 2 x 4 blocks. Rare ones are higher, and covered by
/// the factor below.
const UNIT: (usize, usize) = (16, 32);
/// Max bytes of planes for one of a padded segment.
const PLANES_FACTOR: usize = 4;
/// Max bytes by which the components' planes may be larger than a padded segment.
const PLANES_BESIDE: usize = 768 << 10;
/// Max bytes by which a progressive picture may be.
const PICTURE_BESIDE: usize = 96 << 10;

/// Bytes of a segment whose sides are padded to whole units.
fn padded_bytes(shape: &Shape) -> usize {
    shape.rows.next_multiple_of(UNIT.0) * shape.cols.next_multiple_of(UNIT.1) * shape.samples
}

fn too_large(cols: usize, rows: usize, segment: &SegmentInfo<'_>) -> String {
    format!("its JPEG data are of {cols} x {rows} pixels, more than the {} x {} of a chunk", segment.shape.cols, segment.nominal_rows)
}

/// Decodes what [`baseline`] does not. `nominal`: bytes of a padded chunk.
fn progressive(
    stream: &[u8],
    segment: &SegmentInfo<'_>,
    nominal: usize,
    shape_fits: impl FnOnce(usize, usize, usize) -> Result<(), String>,
    out: &mut [u8],
) -> Result<usize, String> {
    let damaged = |e: zune_jpeg::errors::DecodeErrors| format!("its JPEG data are damaged ({e:?})");
    let options = DecoderOptions::default().set_max_width(1 << 16).set_max_height(1 << 16);
    let mut headers = JpegDecoder::new_with_options(ZCursor::new(stream), options);
    headers.decode_headers().map_err(damaged)?;
    let info = headers.info().ok_or("its JPEG data have no header")?;
    let samples = usize::from(info.components);
    let (cols, rows) = (usize::from(info.width), usize::from(info.height));
    shape_fits(cols, rows, samples)?;
    // Before its samples and coefficients are allocated.
    if padded_bytes(&Shape { cols, rows, ..segment.shape }) > nominal.saturating_add(PICTURE_BESIDE) {
        return Err(too_large(cols, rows, segment));
    }
    let space = match (segment.ycbcr, samples) {
        (true, 3) => ColorSpace::RGB,
        _ => headers.input_colorspace().unwrap_or(ColorSpace::Luma),
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), options.jpeg_set_out_colorspace(space));
    let decoded = decoder.decode().map_err(damaged)?;
    let len = decoded.len().min(out.len());
    out[..len].copy_from_slice(&decoded[..len]);
    Ok(len)
}
