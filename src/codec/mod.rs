//! Codecs of segments: one file each, both directions.
//!
//! A codec is a row: a value that implements [`Codec`], listed in [`CODECS`]. Its file has everything that is known of it:
//! its name and TIFF tags, its settings, what samples it holds, how it encodes and decodes, and what both cost at most.
//! The encoder, the GeoTIFF reader, the container and the command line read rows and name no codec, so a new codec is one
//! file here and one entry in [`CODECS`].
//!
//! ```text
//! Compression (a row and its settings) ── Encoder ──▶ segment ── decode, or StreamDecoder row by row ──▶ samples
//! ```
//!
//! Decisions:
//! - Bounds are arithmetic, so that planning calls no codec: of an encoded segment, of an encoder's state, of a decoder's.
//! - State is kept from segment to segment by whoever works on them: an [`Encoder`] per worker and output, one
//!   [`Decoders`] per worker.
//! - Rows can be decoded a few at a time where the format allows it ([`Streaming`]); other segments are decoded whole.
//! - Calls go through trait objects once a segment, or once a run of rows; never once a sample.

mod compression;
mod decoders;
mod deflate;
mod info;
mod jpeg;
mod lerc;
mod lzw;
mod none;
mod packbits;
pub mod plane_deflate;
mod predictor;
mod rows;
mod stream;
mod traits;
mod unpack;
mod webp;
mod zstd;

#[cfg(test)]
mod tests;

pub use compression::Compression;
pub use decoders::Decoders;
pub use info::{CodecInfo, HEAD_BYTES, SegmentHead, SegmentInfo, Setting, Settings, Shape, TagNumbers};
pub use predictor::{RowFinish, predict_row};
pub use rows::{DEFAULT, decoder_bytes, listed, named, of_tiff};
pub use stream::{Step, StreamDecoder, Streaming};
pub use traits::{Codec, Encoder};
pub use unpack::PackedBits;

/// All codecs, in the order in which they are listed to users.
pub const CODECS: &[&dyn Codec] = &[
    &none::Uncompressed,
    &deflate::Deflate,
    &zstd::Zstd,
    &lzw::Lzw,
    &packbits::PackBits,
    lerc::LERC,
    lerc::LERC_DEFLATE,
    lerc::LERC_ZSTD,
    &jpeg::Jpeg,
    &webp::WebP,
];
