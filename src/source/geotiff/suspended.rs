//! Decoders that stop anywhere and go on later.

use super::{
    codec::{Codec, ZSTD_WINDOW_LOG},
    packbits::PackBits,
};
use flate2::{Decompress, FlushDecompress, Status};
use weezl::{BitOrder, LzwStatus, decode};
use zstd::stream::raw::{DParameter, Operation};

/// A suspended decoder.
pub(crate) enum Suspended {
    Deflate(Box<Decompress>),
    Lzw(decode::Decoder),
    PackBits(PackBits),
    Zstd(Box<zstd::stream::raw::Decoder<'static>>),
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes of the input used up.
    pub consumed: usize,
    /// Bytes of the output filled.
    pub written: usize,
    /// The stream says that it is over.
    pub ended: bool,
}

impl Suspended {
    /// A decoder at the beginning of a stream.
    pub(super) fn new(codec: Codec) -> Result<Self, String> {
        Ok(match codec {
            Codec::Deflate => Self::Deflate(Box::new(Decompress::new(true))),
            Codec::Lzw => Self::lzw(),
            Codec::Zstd => {
                let mut decoder = zstd::stream::raw::Decoder::new().map_err(|e| e.to_string())?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).map_err(|e| e.to_string())?;
                Self::Zstd(Box::new(decoder))
            }
            Codec::PackBits => Self::PackBits(PackBits::default()),
            Codec::None => return Err("uncompressed chunks need no decoder".into()),
            Codec::Lerc(_) | Codec::Jpeg | Codec::WebP => return Err("such chunks are decoded whole".into()),
        })
    }

    /// An LZW decoder at the beginning of a stream.
    pub fn lzw() -> Self {
        // Yield on full: TIFF knows the length out of band, and some writers leave out the end code.
        Self::Lzw(decode::Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true).build())
    }

    /// Back to the beginning of a stream, keeping allocations.
    pub fn reset(&mut self) {
        match self {
            Self::Deflate(decoder) => decoder.reset(true),
            Self::Lzw(decoder) => decoder.reset(),
            Self::PackBits(decoder) => *decoder = PackBits::default(),
            // Resetting only the session cannot fail.
            Self::Zstd(decoder) => drop(decoder.reinit()),
        }
    }

    /// Decodes what it can of `input` into `out`.
    pub(super) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
        match self {
            Self::Deflate(decoder) => {
                let (consumed, written) = (decoder.total_in(), decoder.total_out());
                let status =
                    decoder.decompress(input, out, FlushDecompress::None).map_err(|_| "its deflate data are damaged".to_owned())?;
                Ok(Step {
                    consumed: (decoder.total_in() - consumed) as usize,
                    written: (decoder.total_out() - written) as usize,
                    ended: status == Status::StreamEnd,
                })
            }
            Self::Lzw(decoder) => {
                let result = decoder.decode_bytes(input, out);
                match result.status {
                    Ok(status) => {
                        Ok(Step { consumed: result.consumed_in, written: result.consumed_out, ended: matches!(status, LzwStatus::Done) })
                    }
                    Err(_) => Err("its LZW data are damaged".into()),
                }
            }
            Self::PackBits(decoder) => Ok(decoder.step(input, out)),
            Self::Zstd(decoder) => {
                let status = decoder.run_on_buffers(input, out).map_err(|e| {
                    let large = e.to_string().contains("too much memory");
                    let problem = "its window exceeds 8 MiB: rows of such chunks are not handed out a few at a time; \
                                   give more memory, so that whole chunks fit, or compress it at a level below 20";
                    if large { problem.to_owned() } else { "its ZSTD data are damaged".to_owned() }
                })?;
                // A frame's end is not the stream's: another may follow.
                Ok(Step { consumed: status.bytes_read, written: status.bytes_written, ended: false })
            }
        }
    }
}

/// Decodes `input` until `out` is full or nothing more comes; returns the bytes written.
pub(super) fn decode_from_slice(decoder: &mut Suspended, mut input: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let mut written = 0;
    while written < out.len() {
        let step = decoder.step(input, &mut out[written..])?;
        input = &input[step.consumed..];
        written += step.written;
        if step.ended || (step.consumed == 0 && step.written == 0) {
            break;
        }
    }
    Ok(written)
}
