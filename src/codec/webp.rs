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

    fn decode_bytes(&self, shape: &Shape, _: usize) -> usize {
        // Of lossy data: the decoded image, luma and chroma, alpha and what it is decoded from.
        11 * shape.rows * shape.cols + (768 << 10)
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
    if decoder.is_animated() {
        return Err("its WebP data are an animation, where a picture is accepted".into());
    }
    let (cols, rows) = decoder.dimensions();
    // The decoder allocates lossy frames by their own header, and compares that with the canvas once it has decoded them.
    if let Some(frame) = lossy_frame(encoded).filter(|frame| *frame != (cols, rows)) {
        return Err(format!("its WebP frame is of {} x {} pixels on a canvas of {cols} x {rows}", frame.0, frame.1));
    }
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

/// Columns and rows of the first lossy frame of a file, by the frame's own header.
fn lossy_frame(encoded: &[u8]) -> Option<(u32, u32)> {
    const HEAD: usize = 8;
    let mut rest = encoded.get(12..)?;
    loop {
        let len = u32::from_le_bytes(rest.get(4..HEAD)?.try_into().ok()?) as usize;
        if rest.starts_with(b"VP8 ") {
            // A frame tag and a start code of three bytes each; the upper two bits of a side scale it.
            let side = |at: usize| Some(u32::from(u16::from_le_bytes([*rest.get(HEAD + at)?, *rest.get(HEAD + at + 1)?]) & 0x3FFF));
            return Some((side(6)?, side(8)?));
        }
        // Chunks have even lengths.
        rest = rest.get(HEAD.checked_add(len)?.checked_next_multiple_of(2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_larger_than_its_canvas_is_refused_by_its_header() {
        let chunk = |name: &[u8; 4], content: &[u8]| [&name[..], &(content.len() as u32).to_le_bytes(), content].concat();
        let canvas = chunk(b"VP8X", &[0, 0, 0, 0, 15, 0, 0, 15, 0, 0]);
        // A key frame of 16,383 by 16,383 pixels: 400 MiB.
        let frame = chunk(b"VP8 ", &[&[0x10, 0, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F][..], &[0; 100]].concat());
        let file = chunk(b"RIFF", &[&b"WEBP"[..], &canvas, &frame].concat());
        let shape = Shape { rows: 16, cols: 16, samples: 3, sample: SampleType::U8, predictor: crate::raster::Predictor::None };
        let message = decode(&file, shape, &mut [0; 16 * 16 * 3]).unwrap_err();
        assert_eq!(message, "its WebP frame is of 16383 x 16383 pixels on a canvas of 16 x 16");
    }
}
