//! Codecs that decode whole images and know of their pixels: LERC, JPEG, WebP.

use super::codec::{Codec, LercThen};
use crate::{
    raster::{Sample, SampleType},
    source::decoders::Decoders,
};
use lerc_core::{DataType, PixelData};
use std::io::Cursor;

/// What such a codec must know of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture<'a> {
    pub cols: usize,
    /// Samples a pixel.
    pub samples: usize,
    pub sample: SampleType,
    /// `JPEGTables`: what the chunks' JPEGs have in common; may be empty.
    pub tables: &'a [u8],
    /// The JPEGs hold YCbCr, and RGB is wanted.
    pub ycbcr: bool,
}

/// Bytes beside chunk and encoded chunk that decoding `raw` bytes takes.
pub(super) fn extra_bytes(codec: Codec, raw: usize) -> usize {
    match codec {
        // Its samples, the mask and, where another codec stands behind, LERC's own bytes.
        Codec::Lerc(then) => 3 * raw + (64 << 10) + if then == LercThen::Nothing { 0 } else { lerc_bound(raw) },
        // Planes of the components, upsampled; coefficients where it is progressive.
        Codec::Jpeg => 6 * raw + (1 << 20),
        // Four bytes a pixel, and the picture.
        Codec::WebP => 3 * raw + (512 << 10),
        _ => 0,
    }
}

/// Most bytes that LERC makes of `raw`.
fn lerc_bound(raw: usize) -> usize {
    raw + raw / 4 + (64 << 10)
}

/// Decodes a chunk of which at least `needed` bytes must come into the beginning of `out`; returns what came.
pub(super) fn decode(
    codec: Codec,
    decoders: &mut Decoders,
    encoded: &[u8],
    picture: Picture<'_>,
    out: &mut [u8],
    needed: usize,
) -> Result<usize, String> {
    match codec {
        Codec::Lerc(LercThen::Nothing) => lerc(encoded, picture, out),
        Codec::Lerc(then) => {
            let mut between = vec![0; lerc_bound(out.len())];
            let len = match then {
                LercThen::Deflate => {
                    decoders.deflate().zlib_decompress(encoded, &mut between).map_err(|_| "the deflate data around its LERC are damaged")?
                }
                _ => {
                    decoders.zstd()?.decompress_to_buffer(encoded, &mut between).map_err(|_| "the ZSTD data around its LERC are damaged")?
                }
            };
            lerc(&between[..len], picture, out)
        }
        Codec::Jpeg => jpeg(encoded, picture, out, needed),
        Codec::WebP => webp(encoded, picture, out),
        _ => Err("its codec is no picture's".into()),
    }
}

fn lerc(blob: &[u8], picture: Picture<'_>, out: &mut [u8]) -> Result<usize, String> {
    let damaged = |e: lerc_core::Error| format!("its LERC data are damaged ({e})");
    // Checked before anything is allocated.
    let info = lerc_reader::inspect_first(blob).map_err(damaged)?;
    let (cols, rows, samples) = (info.width as usize, info.height as usize, info.depth as usize);
    let row_bytes = picture.cols * picture.samples * picture.sample.bytes();
    if cols != picture.cols || samples != picture.samples || info.data_type != data_type(picture.sample)? || rows > out.len() / row_bytes {
        let is = format!("{cols} x {rows} pixels of {samples} {:?} samples", info.data_type);
        return Err(format!(
            "its LERC data are of {is}, where {} columns of {} {} are needed",
            picture.cols, picture.samples, picture.sample
        ));
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

fn jpeg(encoded: &[u8], picture: Picture<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
    use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
    use zune_jpeg::JpegDecoder;
    const MARKER: usize = 2;
    // The tables end, and the chunk begins, with a marker of two bytes that the other does not want.
    let whole: Vec<u8>;
    let stream = match (picture.tables.len().checked_sub(MARKER), encoded.get(MARKER..)) {
        (Some(end), Some(rest)) if end > 0 => {
            whole = [&picture.tables[..end], rest].concat();
            &whole
        }
        _ => encoded,
    };
    let damaged = |e: zune_jpeg::errors::DecodeErrors| format!("its JPEG data are damaged ({e:?})");
    let options = DecoderOptions::default().set_max_width(1 << 16).set_max_height(1 << 16);
    let mut headers = JpegDecoder::new_with_options(ZCursor::new(stream), options);
    headers.decode_headers().map_err(damaged)?;
    let info = headers.info().ok_or("its JPEG data have no header")?;
    let (cols, samples) = (usize::from(info.width), usize::from(info.components));
    let row_bytes = picture.cols * picture.samples;
    let rows = usize::from(info.height);
    if cols != picture.cols || samples != picture.samples || rows * row_bytes < needed {
        return Err(format!(
            "its JPEG data are of {cols} x {rows} pixels of {samples} samples, where {} x {} are needed",
            picture.cols, picture.samples
        ));
    }
    let space = match (picture.ycbcr, samples) {
        (true, 3) => ColorSpace::RGB,
        _ => headers.input_colorspace().unwrap_or(ColorSpace::Luma),
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), options.jpeg_set_out_colorspace(space));
    let decoded = decoder.decode().map_err(damaged)?;
    let len = decoded.len().min(out.len());
    out[..len].copy_from_slice(&decoded[..len]);
    Ok(len)
}

fn webp(encoded: &[u8], picture: Picture<'_>, out: &mut [u8]) -> Result<usize, String> {
    let damaged = |e: image_webp::DecodingError| format!("its WebP data are damaged ({e})");
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(encoded)).map_err(damaged)?;
    let (cols, rows) = decoder.dimensions();
    let (cols, rows, samples) = (cols as usize, rows as usize, if decoder.has_alpha() { 4 } else { 3 });
    if cols != picture.cols || rows > out.len() / (picture.cols * picture.samples) {
        return Err(format!("its WebP data are of {cols} x {rows} pixels, where {} columns are needed", picture.cols));
    }
    let mut decoded = vec![0; cols * rows * samples];
    decoder.read_image(&mut decoded).map_err(damaged)?;
    // An opaque picture may have left its alpha out.
    for (pixel, from) in out.chunks_exact_mut(picture.samples).zip(decoded.chunks_exact(samples)) {
        let both = picture.samples.min(samples);
        pixel[..both].copy_from_slice(&from[..both]);
        pixel[both..].fill(u8::MAX);
    }
    Ok(cols * rows * picture.samples)
}
