//! JPEG and WebP of one segment of bytes.

use super::codec::Shape;
use std::io::{self, Write};

/// Writes into a slice and fails beyond its end.
struct Cursor<'a> {
    packed: &'a mut [u8],
    len: usize,
}

impl Write for Cursor<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.packed.get_mut(self.len..self.len + bytes.len()).ok_or(io::ErrorKind::WriteZero)?;
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Most bytes of a JPEG: 64 coefficients of 27 bits a block would be 3.4 bytes a sample, 0xFF bytes doubled aside; the
/// tables come on top.
pub(super) const fn jpeg_bound(raw: usize) -> usize {
    4 * raw + 4096
}

/// Most bytes of a lossless WebP: Huffman codes are at most a little longer than the bytes.
pub(super) const fn webp_bound(raw: usize) -> usize {
    raw + raw / 4 + 16_384
}

/// A baseline JPEG with its tables: grey, or RGB as YCbCr with half the chroma both ways.
pub(super) fn jpeg(raw: &[u8], shape: Shape, quality: u8, packed: &mut [u8]) -> Option<usize> {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
    let mut cursor = Cursor { packed, len: 0 };
    let mut encoder = Encoder::new(&mut cursor, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    let colour = if shape.samples == 1 { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(raw, u16::try_from(shape.cols).ok()?, u16::try_from(shape.rows).ok()?, colour).ok()?;
    Some(cursor.len)
}

/// A lossless WebP.
pub(super) fn webp(raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
    use image_webp::{ColorType, WebPEncoder};
    let mut cursor = Cursor { packed, len: 0 };
    let colour = if shape.samples == 3 { ColorType::Rgb8 } else { ColorType::Rgba8 };
    WebPEncoder::new(&mut cursor).encode(raw, shape.cols as u32, shape.rows as u32, colour).ok()?;
    Some(cursor.len)
}
