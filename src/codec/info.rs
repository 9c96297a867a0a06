//! What is known of codecs, of segments and of tags, as data.

use super::Streaming;
use crate::raster::{MaxError, Predictor, SampleType};
use serde::Serialize;
use std::ops::RangeInclusive;

/// What is known of a codec without any data.
#[derive(Debug)]
pub struct CodecInfo {
    /// Name in options and reports: lower case, words joined by `-`, such as `lerc-zstd`.
    pub name: &'static str,
    /// Name in messages, as its authors write it; variants of one codec share it.
    pub title: &'static str,
    /// Values of TIFF's `Compression` that mean this codec. The first is written; all are read.
    pub tiff: &'static [u16],
    /// TIFF tag whose numbers choose between codecs of one `Compression` value: see [`Codec::variant`](super::Codec::variant).
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
    /// The number where none is asked for; `None` where the codec then chooses by the data.
    pub default: Option<u8>,
    /// GDAL's creation option for it, such as `ZLEVEL`.
    pub gdal: &'static str,
}

impl Setting {
    /// The accepted numbers as text: `0 to 12`.
    pub fn accepted(&self) -> String {
        format!("{} to {}", self.range.start(), self.range.end())
    }
}

/// Settings of a codec. `None` where the codec has no such setting, where it chooses by the data or, on the way into
/// [`Compression::new`](super::Compression::new), where its default will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Level, in the codec's own range: greater is slower and smaller.
    pub level: Option<u8>,
    /// Quality, 1 (worst) to 100 (best).
    pub quality: Option<u8>,
    /// Max difference of a sample to its original; 0 keeps every bit.
    pub max_z_error: Option<MaxError>,
}

impl Settings {
    /// No settings.
    pub const NONE: Self = Self { level: None, quality: None, max_z_error: None };
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
    /// What the rows went through before the codec. Decoders make nothing of it.
    pub predictor: Predictor,
}

impl Shape {
    /// Bytes that are no samples, as one row.
    pub fn of_bytes(len: usize) -> Self {
        Self { rows: 1, cols: len, samples: 1, sample: SampleType::U8, predictor: Predictor::None }
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> usize {
        self.rows * self.row_bytes()
    }

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
    /// Rows that a picture in the segment may have: those of the shape, or more where the image is lower than one of its strips, since
    /// some writers store such a strip in its full height.
    pub nominal_rows: usize,
    /// Bytes that all segments of the image share (`JPEGTables`); may be empty.
    pub tables: &'a [u8],
    /// Segments hold YCbCr, and RGB is wanted.
    pub ycbcr: bool,
    /// Bytes that a suspended decoder may take to decode the beginning of a segment that holds more than its pixels:
    /// [`SegmentHead::whole_bytes`] of the image.
    pub suspended_bytes: usize,
}

/// Bytes at the beginning of a segment that [`Codec::head`](super::Codec::head) looks at.
pub const HEAD_BYTES: usize = 18;

/// What the beginning of a segment says of the memory that decoding takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentHead {
    /// Max bytes that a [`StreamDecoder`](super::StreamDecoder) holds, its input aside.
    pub stream_bytes: usize,
    /// Max bytes that decoding a whole segment takes besides, since the segment holds more than its pixels.
    pub whole_bytes: usize,
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
