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
mod jpeg;
mod lerc;
mod lzw;
mod none;
mod packbits;
mod predictor;
mod rows;
mod stream;
mod webp;
mod zstd;

#[cfg(test)]
mod tests;

pub use compression::{Compression, Settings};
pub use decoders::Decoders;
pub use predictor::{RowFinish, predict_row};
pub use rows::{DEFAULT, listed, named, of_tiff};
pub use stream::{Step, StreamDecoder, Streaming};

use crate::{error::Result, raster::SampleType};
use std::{fmt, ops::RangeInclusive};

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

/// What is known of a codec without any data.
#[derive(Debug)]
pub struct CodecInfo {
    /// Name in options and reports: lower case, words joined by `-`, such as `lerc-zstd`.
    pub name: &'static str,
    /// Name in messages, as its authors write it; variants of one codec share it.
    pub title: &'static str,
    /// Values of TIFF's `Compression` that mean this codec. The first is written; all are read.
    pub tiff: &'static [u16],
    /// TIFF tag whose numbers choose between codecs of one `Compression` value: see [`Codec::variant`].
    pub parameters: Option<u16>,
    /// TIFF tag of bytes that the segments of an image share: see [`SegmentInfo::tables`].
    pub tables: Option<u16>,
    /// Its level, if it has levels.
    pub level: Option<Setting>,
    /// Its quality, if it has one.
    pub quality: Option<Setting>,
    /// Whether it takes a max error.
    pub max_z_error: bool,
    /// Whether a predictor may come before it. Readers ignore the `Predictor` tag with other codecs.
    pub takes_predictor: bool,
    /// Whether pixels of three samples are RGB, stored as YCbCr.
    pub ycbcr: bool,
    /// Whether samples outside the raster repeat those at its border; they hold the sentinel or zero otherwise, which would
    /// ring into the raster's own samples.
    pub repeats_border: bool,
    /// How its segments can be decoded row by row.
    pub streaming: Streaming,
}

impl CodecInfo {
    /// The base of every row: a lossless codec without settings that decodes whole segments. `name`, `title` and `tiff` are
    /// to be filled in.
    pub const BASE: Self = Self {
        name: "",
        title: "",
        tiff: &[],
        parameters: None,
        tables: None,
        level: None,
        quality: None,
        max_z_error: false,
        takes_predictor: false,
        ycbcr: false,
        repeats_border: false,
        streaming: Streaming::Whole,
    };
}

/// A whole number by which a codec is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is called in messages, such as `deflate level`.
    pub what: &'static str,
    /// Numbers that are accepted.
    pub range: RangeInclusive<u8>,
    /// The number where none is asked for.
    pub default: u8,
    /// GDAL's creation option for it, such as `ZLEVEL`.
    pub gdal: &'static str,
}

impl Setting {
    /// The accepted numbers as text: `0 to 12`.
    pub fn accepted(&self) -> String {
        format!("{} to {}", self.range.start(), self.range.end())
    }
}

/// The pixels of one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of pixels.
    pub rows: usize,
    /// Columns of pixels.
    pub cols: usize,
    /// Samples of one pixel.
    pub samples: usize,
    /// Type of a sample.
    pub sample: SampleType,
}

impl Shape {
    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        self.cols * self.samples * self.sample.bytes()
    }
}

/// What a decoder knows of a segment besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct SegmentInfo<'a> {
    /// Its pixels; the last strip of an image may have fewer rows.
    pub shape: Shape,
    /// Bytes that all segments of the image share (`JPEGTables`); may be empty.
    pub tables: &'a [u8],
    /// Segments hold YCbCr, and RGB is wanted.
    pub ycbcr: bool,
}

/// Numbers of a TIFF tag that a codec writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagNumbers {
    /// 16-bit integers.
    Short(&'static [u16]),
    /// 32-bit integers.
    Long(&'static [u32]),
    /// Fractions: numerator, denominator.
    Rational(&'static [(u32, u32)]),
}

/// One codec, both directions.
pub trait Codec: fmt::Debug + Sync {
    /// What is known of it without any data.
    fn info(&self) -> &CodecInfo;

    /// Refuses pixels that it cannot encode; `bands` are those of the raster, for the message.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::error::Error::Usage), with what is accepted.
    fn check(&self, _shape: &Shape, _bands: usize) -> Result<()> {
        Ok(())
    }

    /// Whether samples may come back changed.
    fn is_lossy(&self, _settings: &Settings, _float: bool) -> bool {
        false
    }

    /// Max bytes of a segment that has `raw` bytes before it is encoded.
    fn bound(&self, raw: usize) -> usize;

    /// Max bytes that an [`Encoder`] holds after segments of `raw` bytes.
    fn encoder_bytes(&self, settings: &Settings, raw: usize) -> usize;

    /// A new encoder; `None` for settings out of range.
    fn encoder(&self, settings: &Settings) -> Option<Box<dyn Encoder>>;

    /// Tags that an image needs whose segments have `samples` samples a pixel, besides `Compression`.
    fn tags(&self, _samples: usize) -> &[(u16, TagNumbers)] {
        &[]
    }

    /// The codec that the numbers of [`CodecInfo::parameters`] choose; `None` for this one.
    ///
    /// # Errors
    /// What is wrong with the numbers.
    fn variant(&self, _parameters: &[u64]) -> Result<Option<&'static dyn Codec>, String> {
        Ok(None)
    }

    /// Refuses images that it cannot decode: of so many bands, each in segments of its own if `planar`.
    ///
    /// # Errors
    /// What is wrong, and what is accepted.
    fn check_image(&self, _bands: usize, _planar: bool) -> Result<(), String> {
        Ok(())
    }

    /// Decodes a whole segment into the beginning of `out` and returns the bytes written. A segment that holds more than
    /// `out` is cut off after at least `needed` bytes.
    ///
    /// # Errors
    /// What is wrong with the segment, as the end of a sentence that names it.
    fn decode(
        &self,
        decoders: &mut Decoders,
        encoded: &[u8],
        segment: &SegmentInfo<'_>,
        out: &mut [u8],
        needed: usize,
    ) -> Result<usize, String>;

    /// Max bytes of the state that [`decode`](Self::decode) keeps in its [`Decoders`], that of an
    /// [`outer`](Self::outer) codec aside.
    fn decoder_bytes(&self) -> usize {
        0
    }

    /// Max bytes that [`decode`](Self::decode) takes for a segment of `raw` decoded bytes, besides its arguments.
    fn decode_bytes(&self, _raw: usize) -> usize {
        0
    }

    /// A second codec that was applied to this one's bytes.
    fn outer(&self) -> Option<&'static dyn Codec> {
        None
    }

    /// A decoder at the beginning of a segment, for codecs whose [`Streaming`] suspends.
    ///
    /// # Errors
    /// Why there is none.
    fn stream(&self) -> Result<Box<dyn StreamDecoder>, String> {
        Err("its chunks are decoded whole".into())
    }
}

/// Encodes segments; keeps its state from one to the next. The bytes depend on the segment and the settings alone.
pub trait Encoder: Send {
    /// Encodes `raw` into the beginning of `packed` and returns the length; `None` where it does not fit, which
    /// [`Codec::bound`] bytes rule out.
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize>;

    /// Bytes of its state, where the codec can tell.
    #[cfg(test)]
    fn state_bytes(&mut self) -> Option<usize> {
        None
    }
}

impl dyn Codec {
    /// Decodes a whole segment of which at least `needed` bytes must come into the beginning of `out`.
    ///
    /// # Errors
    /// As [`decode`](Codec::decode), and for a segment that is too short.
    pub fn decode_whole(
        &self,
        decoders: &mut Decoders,
        encoded: &[u8],
        segment: &SegmentInfo<'_>,
        out: &mut [u8],
        needed: usize,
    ) -> Result<(), String> {
        let written = self.decode(decoders, encoded, segment, out, needed)?;
        if written < needed {
            return Err(format!("it yields {written} bytes, where {needed} are needed: it is truncated"));
        }
        Ok(())
    }

    /// Max bytes of all state that decoding whole segments keeps.
    pub fn whole_bytes(&self) -> usize {
        self.decoder_bytes() + self.outer().map_or(0, Codec::decoder_bytes)
    }

    /// Whether segments are the samples themselves.
    pub fn is_stored(&self) -> bool {
        self.info().streaming == Streaming::Stored
    }
}

/// Codecs are equal by name.
impl PartialEq for dyn Codec {
    fn eq(&self, other: &Self) -> bool {
        self.info().name == other.info().name
    }
}

impl Eq for dyn Codec {}
