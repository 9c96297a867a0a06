use super::{lerc, packbits, pictures};
use crate::{
    error::{Error, Result},
    raster::{Compression, LercThen, SampleType},
};
use std::fmt;
use weezl::{BitOrder, LzwStatus};

/// Memory of one encoding worker: buffers and codec state, kept from segment to segment.
///
/// It fits itself to whatever encoder uses it, so one per worker *and* encoder avoids rebuilding the codec;
/// [`scratch_bytes`](super::scratch_bytes) says how large it grows.
#[derive(Default)]
pub struct EncodeScratch {
    /// One row of what a segment takes of the window's pixels, where that is not all.
    pub(super) picked: Vec<u8>,
    /// Which pixels of a row are valid, where there is a mask.
    pub(super) valid: Vec<u8>,
    /// One carved row, ahead of the predictor.
    pub(super) row: Vec<u8>,
    /// The predicted segment.
    pub(super) tile: Vec<u8>,
    /// Valid samples by bin, of every band one after the other, where they are counted.
    pub(super) tallies: Vec<u64>,
    /// Room for the codec's worst case.
    packed: Vec<u8>,
    /// What LERC made, ahead of the codec behind it.
    between: Vec<u8>,
    codec: Option<(Compression, Codec)>,
    /// The mask's.
    mask_codec: Option<Codec>,
}

/// What codecs that know of pixels must know of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub rows: usize,
    pub cols: usize,
    /// Samples a pixel.
    pub samples: usize,
    pub sample: SampleType,
}

/// Masks are deflated, whatever the samples are.
pub(super) const MASK_CODEC: Compression = Compression::Deflate { level: 6 };

enum Codec {
    PackBits,
    Lerc(f64, Option<Box<Codec>>),
    Jpeg(u8),
    WebP,
    Deflate(libdeflater::Compressor),
    Zstd(zstd::bulk::Compressor<'static>),
    Lzw(weezl::encode::Encoder),
}

impl fmt::Debug for EncodeScratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodeScratch").field("codec", &self.codec.as_ref().map(|c| c.0)).finish_non_exhaustive()
    }
}

impl EncodeScratch {
    /// An empty scratch: it takes its memory at the first segment.
    pub fn new() -> Self {
        Self::default()
    }

    /// What encoders counted that were told to (see [`SegmentEncoder::counting`](super::SegmentEncoder::counting)): valid
    /// samples by bin, below the bins and above them, of one band after the other. Empty before the first segment.
    pub fn tallies(&self) -> &[u64] {
        &self.tallies
    }

    /// The tile buffer encoded; the result has exactly the size of its content.
    pub(super) fn compress(&mut self, compression: Compression, shape: Shape) -> Result<Vec<u8>> {
        if compression == Compression::None {
            // Nothing to keep: the buffer itself is the segment.
            let mut bytes = std::mem::take(&mut self.tile);
            bytes.shrink_to_fit();
            return Ok(bytes);
        }
        let bound = super::memory::codec_bound(compression, self.tile.len());
        let between = super::memory::between_bytes(compression, self.tile.len());
        if self.between.len() < between {
            self.between = Vec::new();
            self.between = vec![0; between];
        }
        if self.packed.len() < bound {
            // The old buffer goes before the new one comes, so that both are never held.
            self.packed = Vec::new();
            self.packed = vec![0; bound];
        }
        let codec = match &mut self.codec {
            Some((kept, codec)) if *kept == compression => codec,
            slot => {
                // Likewise.
                *slot = None;
                &mut slot.insert((compression, Codec::new(compression)?)).1
            }
        };
        let len = codec.compress(&self.tile, shape, &mut self.between, &mut self.packed)?;
        Ok(self.packed[..len].to_vec())
    }

    /// The tile buffer, which holds a mask, encoded.
    pub(super) fn compress_mask(&mut self) -> Result<Vec<u8>> {
        let bound = super::memory::codec_bound(MASK_CODEC, self.tile.len());
        if self.packed.len() < bound {
            self.packed = Vec::new();
            self.packed = vec![0; bound];
        }
        let codec = match &mut self.mask_codec {
            Some(codec) => codec,
            slot => slot.insert(Codec::new(MASK_CODEC)?),
        };
        let shape = Shape { rows: 1, cols: self.tile.len(), samples: 1, sample: SampleType::U8 };
        let len = codec.compress(&self.tile, shape, &mut [], &mut self.packed)?;
        Ok(self.packed[..len].to_vec())
    }

    /// Bytes of the Zstandard context, as it counts itself.
    #[cfg(test)]
    pub(super) fn zstd_state_bytes(&mut self) -> Option<usize> {
        match &mut self.codec {
            Some((_, Codec::Zstd(compressor))) => Some(compressor.context_mut().sizeof()),
            _ => None,
        }
    }
}

impl Codec {
    fn new(compression: Compression) -> Result<Self> {
        const BUILD: Error = Error::Internal("a codec refused a level that was checked");
        Ok(match compression {
            Compression::None => return Err(BUILD),
            Compression::Deflate { level } => {
                let level = libdeflater::CompressionLvl::new(level.into()).map_err(|_| BUILD)?;
                Self::Deflate(libdeflater::Compressor::new(level))
            }
            // Defaults are what we want: no checksum, content size in the frame, no worker threads.
            Compression::Zstd { level } => Self::Zstd(zstd::bulk::Compressor::new(level.into()).map_err(|_| BUILD)?),
            Compression::Lzw => Self::Lzw(weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8)),
            Compression::PackBits => Self::PackBits,
            Compression::Lerc { max_z_error, then } => {
                let then = match then {
                    LercThen::Nothing => None,
                    LercThen::Deflate { level } => Some(Box::new(Self::new(Compression::Deflate { level })?)),
                    LercThen::Zstd { level } => Some(Box::new(Self::new(Compression::Zstd { level })?)),
                };
                Self::Lerc(max_z_error.get(), then)
            }
            Compression::Jpeg { quality } => Self::Jpeg(quality),
            Compression::WebP => Self::WebP,
        })
    }

    fn compress(&mut self, raw: &[u8], shape: Shape, between: &mut [u8], packed: &mut [u8]) -> Result<usize> {
        const FAILED: Error = Error::Internal("a codec overran its own bound");
        match self {
            Self::Deflate(compressor) => compressor.zlib_compress(raw, packed).map_err(|_| FAILED),
            Self::Zstd(compressor) => compressor.compress_to_buffer(raw, packed).map_err(|_| FAILED),
            Self::PackBits => packbits::pack(raw, shape.cols * shape.samples * shape.sample.bytes(), packed).ok_or(FAILED),
            Self::Lerc(max_z_error, None) => lerc::encode(raw, shape, *max_z_error, packed).ok_or(FAILED),
            Self::Lerc(max_z_error, Some(then)) => {
                let len = lerc::encode(raw, shape, *max_z_error, between).ok_or(FAILED)?;
                then.compress(&between[..len], shape, &mut [], packed)
            }
            Self::Jpeg(quality) => pictures::jpeg(raw, shape, *quality, packed).ok_or(FAILED),
            Self::WebP => pictures::webp(raw, shape, packed).ok_or(FAILED),
            Self::Lzw(encoder) => {
                encoder.reset();
                encoder.finish();
                let (mut read, mut written) = (0, 0);
                loop {
                    let step = encoder.encode_bytes(&raw[read..], &mut packed[written..]);
                    read += step.consumed_in;
                    written += step.consumed_out;
                    match step.status {
                        Ok(LzwStatus::Done) => return Ok(written),
                        Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
                        _ => return Err(FAILED),
                    }
                }
            }
        }
    }
}
