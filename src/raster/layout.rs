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
