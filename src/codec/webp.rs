//! Lossless WebP (TIFF 50001) of bytes: three samples a pixel (RGB) or four (RGBA).

use super::{Codec, CodecInfo, Compression, Decoders, Encoder, SegmentInfo, Settings, Shape};
use crate::{
    error::{Error, Result},
    raster::SampleType,
};
use image_webp::{ColorType, WebPDecoder, WebPEncoder};
use std::io::Cursor;

/// WebP.
#[derive(Debug)]
pub(super) struct WebP;

impl Compression {
    /// Lossless WebP (TIFF 50001) for bytes of three (RGB) or four bands (RGBA).
    pub const fn webp() -> Self {
        Self { codec: &WebP, settings: Settings::NONE }
    }
}

static INFO: CodecInfo = CodecInfo { name: "webp", title: "WebP", tiff: &[50001], ..CodecInfo::BASE };

impl Codec for WebP {
    fn info(&self) -> &CodecInfo {
        &INFO
    }

    fn check(&self, shape: &Shape, bands: usize) -> Result<()> {
        let refuse = |given: String, accepted: &str| Err(Error::Usage { what: "webp", given, accepted: accepted.to_owned() });
        if shape.sample != SampleType::U8 || !matches!(shape.samples, 3 | 4) {
            return refuse(format!("{bands} bands of {}", shape.sample), "uint8 in three or four bands");
        }
        if shape.rows.max(shape.cols) > 16_384 {
            return refuse(format!("{}x{} pixels", shape.cols, shape.rows), "sides up to 16384");
        }
        Ok(())
    }

    fn check_image(&self, bands: usize, planar: bool, sample: SampleType) -> Result<(), String> {
        if planar || !matches!(bands, 3 | 4) || sample != SampleType::U8 {
            return Err(format!("WebP of {bands} bands of {sample}, where uint8 in 3 or 4 bands, interleaved by pixel, is accepted"));
        }
        Ok(())
    }

    fn bound(&self, raw: usize) -> usize {
        // Huffman codes are at most a little longer than the bytes.
        raw + raw / 4 + 16_384
    }

    fn encoder_bytes(&self, _: &Settings, shape: &Shape) -> usize {
        // Its frame grows by doubling.
        6 * shape.bytes() + (256 << 10)
    }

    fn encoder(&self, _: &Settings) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Lossless))
    }

    fn decode(&self, _: &mut Decoders, encoded: &[u8], segment: &SegmentInfo<'_>, out: &mut [u8], _: usize) -> Result<usize, String> {
        decode(encoded, segment.shape, out)
    }

    fn decode_bytes(&self, raw: usize) -> usize {
        // Four bytes a pixel, and the decoded image.
        3 * raw + (512 << 10)
    }
}

/// Nothing is kept from one segment to the next.
struct Lossless;

impl Encoder for Lossless {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        let mut out = Cursor::new(packed);
        let colour = if shape.samples == 3 { ColorType::Rgb8 } else { ColorType::Rgba8 };
        WebPEncoder::new(&mut out).encode(raw, shape.cols as u32, shape.rows as u32, colour).ok()?;
        usize::try_from(out.position()).ok()
    }
}

fn decode(encoded: &[u8], shape: Shape, out: &mut [u8]) -> Result<usize, String> {
    let damaged = |e: image_webp::DecodingError| format!("its WebP data are damaged ({e})");
    let mut decoder = WebPDecoder::new(Cursor::new(encoded)).map_err(damaged)?;
    let (cols, rows) = decoder.dimensions();
    let (cols, rows, samples) = (cols as usize, rows as usize, if decoder.has_alpha() { 4 } else { 3 });
    if cols != shape.cols || rows > out.len() / (shape.cols * shape.samples) {
        return Err(format!("its WebP data are of {cols} x {rows} pixels, where {} columns are needed", shape.cols));
    }
    let mut decoded = vec![0; cols * rows * samples];
    decoder.read_image(&mut decoded).map_err(damaged)?;
    // An opaque image may have left its alpha out.
    for (pixel, from) in out.chunks_exact_mut(shape.samples).zip(decoded.chunks_exact(samples)) {
        let both = shape.samples.min(samples);
        pixel[..both].copy_from_slice(&from[..both]);
        pixel[both..].fill(u8::MAX);
    }
    Ok(cols * rows * shape.samples)
}
