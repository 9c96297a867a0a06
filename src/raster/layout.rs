use serde::Serialize;

/// How an output is cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Segmentation {
    /// Tiles of this many columns and rows (multiples of 16).
    Tiles {
        /// Columns of a tile.
        cols: usize,
        /// Rows of a tile.
        rows: usize,
    },
    /// Full-width strips of this many rows.
    Strips {
        /// Rows of a strip.
        rows: usize,
    },
}

/// Codec of the segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Stored as it is.
    None,
    /// Deflate in a zlib wrapper (TIFF 8), by libdeflate, level 0 to 12.
    Deflate {
        /// 0 (stored) to 12 (slowest).
        level: u8,
    },
    /// Zstandard (TIFF 50000), level 1 to 22.
    Zstd {
        /// 1 (fastest) to 22 (slowest).
        level: u8,
    },
    /// TIFF LZW (5).
    Lzw,
    /// Runs of equal bytes (TIFF 32773).
    PackBits,
    /// LERC (TIFF 34887): samples within an error of what they were; integers of 8 to 32 bits and f32, f64.
    Lerc {
        /// Greatest difference of a sample to what it was; 0 keeps every bit.
        max_z_error: MaxError,
        /// What is done with LERC's bytes.
        then: LercThen,
    },
    /// Baseline JPEG (TIFF 7) for bytes of one or three bands; three are taken for RGB and stored as YCbCr 4:2:0.
    Jpeg {
        /// 1 (worst) to 100 (best).
        quality: u8,
    },
    /// Lossless WebP (TIFF 50001) for bytes of three (RGB) or four bands (RGBA).
    WebP,
}

/// A second codec behind LERC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LercThen {
    /// None.
    #[default]
    Nothing,
    /// Deflate, level 0 to 12.
    Deflate {
        /// As in [`Compression::Deflate`].
        level: u8,
    },
    /// Zstandard, level 1 to 22.
    Zstd {
        /// As in [`Compression::Zstd`].
        level: u8,
    },
}

/// A greatest error: finite and not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct MaxError(f64);

// Never NaN.
impl Eq for MaxError {}

impl MaxError {
    /// No error at all.
    pub const NONE: Self = Self(0.0);

    /// The error `value`; `None` unless it is finite and not negative.
    pub fn new(value: f64) -> Option<Self> {
        // Adding zero turns a negative zero into the other.
        (value.is_finite() && value >= 0.0).then_some(Self(value + 0.0))
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Compression {
    /// Whether samples may come back as others than they were (of a sample type that is not floating point, LERC
    /// changes nothing up to an error below 1).
    pub fn is_lossy(self, float: bool) -> bool {
        match self {
            Self::Lerc { max_z_error, .. } => max_z_error.get() >= if float { f64::MIN_POSITIVE } else { 1.0 },
            Self::Jpeg { .. } => true,
            _ => false,
        }
    }

    /// Whether a predictor may stand before the codec: readers ignore it elsewhere.
    pub fn takes_predictor(self) -> bool {
        matches!(self, Self::Deflate { .. } | Self::Zstd { .. } | Self::Lzw)
    }
}

/// How the samples of several bands lie in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Interleave {
    /// All samples of a pixel together (TIFF chunky).
    #[default]
    Pixel,
    /// Segments of one band each (TIFF planar).
    Band,
}

/// Reversible transform ahead of the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Predictor {
    /// TIFF predictor 1.
    None,
    /// TIFF predictor 2: horizontal differences of integers (or of float bits).
    Horizontal,
    /// TIFF predictor 3: byte planes of floats, differenced.
    Float,
}

impl Predictor {
    /// The TIFF tag's value.
    pub const fn tiff(self) -> u16 {
        match self {
            Self::None => 1,
            Self::Horizontal => 2,
            Self::Float => 3,
        }
    }
}

/// Which TIFF header is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BigTiff {
    /// Classic while every offset fits 32 bits.
    #[default]
    Auto,
    /// Always BigTIFF.
    Yes,
    /// Always classic; an output that outgrows 4 GiB fails.
    No,
}

/// The container of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// Plain GeoTIFF.
    #[default]
    GeoTiff,
    /// Cloud-optimised GeoTIFF.
    Cog,
}

/// How the prefix of a COG is put before its data. The bytes are the same in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrefixMethod {
    /// The first that the file system supports, in the order below.
    #[default]
    Auto,
    /// `fallocate(FALLOC_FL_INSERT_RANGE)`: no byte is moved.
    InsertRange,
    /// `copy_file_range` within the file, back to front: shared extents where the file system has them.
    CopyRange,
    /// Read and written back to front.
    Shift,
}

/// How an output's pixels become segments: everything resolved, nothing left to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// Tiles or strips.
    pub segmentation: Segmentation,
    /// Codec and level.
    pub compression: Compression,
    /// Predictor.
    pub predictor: Predictor,
    /// Header kind.
    pub bigtiff: BigTiff,
    /// Chunky or planar.
    pub interleave: Interleave,
}

impl Segmentation {
    /// Shape `(rows, cols)` of one segment of a raster `cols` wide; tiles keep their full shape at the edges.
    pub fn shape(self, cols: usize) -> (usize, usize) {
        match self {
            Self::Tiles { cols, rows } => (rows, cols),
            Self::Strips { rows } => (rows, cols),
        }
    }

    /// Segments across a raster of `cols` columns.
    pub fn across(self, cols: usize) -> usize {
        cols.div_ceil(self.shape(cols).1)
    }

    /// Rows of segments down a raster of `rows` rows.
    pub fn down(self, rows: usize) -> usize {
        rows.div_ceil(self.shape(1).0)
    }
}
