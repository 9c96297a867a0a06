//! Codecs of chunks: which there are, what they cost, and decoding a whole chunk at once.

use super::{
    pictures::{self, Picture},
    suspended::{Suspended, decode_from_slice},
};
use crate::source::decoders::Decoders;

/// Codec of the chunks of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Lzw,
    Deflate,
    Zstd,
    PackBits,
    Lerc(LercThen),
    Jpeg,
    WebP,
}

/// The codec behind LERC, as `LercParameters` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LercThen {
    Nothing,
    Deflate,
    Zstd,
}

/// Bytes that a cursor reads ahead.
pub(super) const INPUT_BYTES: usize = 4 << 10;
/// Largest window (as a power of two) of a ZSTD frame that is handed out a few rows at a time.
pub(super) const ZSTD_WINDOW_LOG: u32 = 23;

impl Codec {
    /// The codec of a TIFF `Compression` value, or what is wrong with it.
    pub fn from_tiff(value: u64) -> Result<Self, String> {
        let name = match value {
            1 => return Ok(Self::None),
            5 => return Ok(Self::Lzw),
            8 | 32946 => return Ok(Self::Deflate),
            50000 => return Ok(Self::Zstd),
            32773 => return Ok(Self::PackBits),
            7 => return Ok(Self::Jpeg),
            34887 => return Ok(Self::Lerc(LercThen::Nothing)),
            50001 => return Ok(Self::WebP),
            2..=4 | 32771 => "CCITT",
            6 => "JPEG of the old kind",
            34712 | 33003 | 33005 => "JPEG 2000",
            34925 => "LZMA",
            50002 | 52546 => "JPEG XL",
            _ => "unknown",
        };
        Err(format!("compression {value} ({name}), where none, LZW, deflate, ZSTD, PackBits, LERC, JPEG or WebP is accepted"))
    }

    /// Whether the `Predictor` tag means anything with this codec.
    pub fn takes_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd)
    }

    /// Whether only whole chunks can be decoded.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Lerc(_) | Self::Jpeg | Self::WebP)
    }

    /// Upper bound in bytes of a suspended decoder and its input buffer; `None` where no state is needed, or none would do.
    ///
    /// Deflate: zlib-rs's tables and 32 KiB window. LZW: weezl's tables. ZSTD: context, block buffers and a window
    /// of 8 MiB (level 19 and below); frames with larger windows are refused by cursors.
    pub fn suspended_bytes(self) -> Option<usize> {
        match self {
            Self::None | Self::Lerc(_) | Self::Jpeg | Self::WebP => None,
            Self::PackBits => Some(INPUT_BYTES),
            Self::Deflate => Some(INPUT_BYTES + (46 << 10)),
            Self::Lzw => Some(INPUT_BYTES + (72 << 10)),
            Self::Zstd => Some(INPUT_BYTES + (1 << ZSTD_WINDOW_LOG) + (768 << 10)),
        }
    }

    /// Upper bound in bytes of the state that decodes whole chunks.
    pub fn whole_bytes(self) -> usize {
        match self {
            Self::None | Self::PackBits => 0,
            // What they take besides is counted with the encoded chunk.
            Self::Lerc(LercThen::Nothing) | Self::Jpeg | Self::WebP => 0,
            Self::Deflate | Self::Lerc(LercThen::Deflate) => 16 << 10,
            Self::Lzw => 72 << 10,
            Self::Zstd | Self::Lerc(LercThen::Zstd) => 192 << 10,
        }
    }

    /// Decodes a whole chunk into the beginning of `out`; at least `needed` bytes must come, at most `out.len()` are
    /// taken.
    pub fn decode_whole(
        self,
        decoders: &mut Decoders,
        encoded: &[u8],
        picture: Picture<'_>,
        out: &mut [u8],
        needed: usize,
    ) -> Result<(), String> {
        let written = match self {
            Self::None => return Err("uncompressed chunks need no decoder".into()),
            Self::Deflate => match decoders.deflate().zlib_decompress(encoded, out) {
                Ok(written) => written,
                // More data than the chunk has pixels: take what is needed, as libtiff does.
                Err(libdeflater::DecompressionError::InsufficientSpace) => {
                    decode_from_slice(&mut Suspended::new(self)?, encoded, &mut out[..needed])?
                }
                Err(libdeflater::DecompressionError::BadData) => return Err("its deflate data are damaged".into()),
            },
            Self::Zstd => match decoders.zstd()?.decompress_to_buffer(encoded, out) {
                Ok(written) => written,
                Err(_) => decode_from_slice(&mut Suspended::new(self)?, encoded, &mut out[..needed])?,
            },
            Self::Lzw => {
                refuse_old_lzw(encoded)?;
                decode_from_slice(decoders.lzw(), encoded, &mut out[..needed])?
            }
            Self::Lerc(_) | Self::Jpeg | Self::WebP => pictures::decode(self, decoders, encoded, picture, out, needed)?,
            Self::PackBits => decode_from_slice(&mut Suspended::new(self)?, encoded, &mut out[..needed])?,
        };
        if written < needed {
            return Err(format!("it yields {written} bytes, where {needed} are needed: it is truncated"));
        }
        Ok(())
    }
}

/// Refuses the bit order that LZW had before TIFF 6.0, which nothing in the header tells.
pub(super) fn refuse_old_lzw(encoded: &[u8]) -> Result<(), String> {
    match encoded {
        [0, second, ..] if second & 1 == 1 => Err("its LZW codes are in the old order (before TIFF 6.0), which is not accepted".into()),
        _ => Ok(()),
    }
}
