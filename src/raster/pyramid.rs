use serde::Serialize;
use std::{fmt, str::FromStr};

/// How the samples of an overview come from those of the level below.
///
/// Missing samples take no part. A sample of an overview is valid where at least one of the (up to) four samples that
/// it covers on the level below is; it weighs as much as the valid full-resolution samples that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "&'static str")]
pub enum Resampling {
    /// The upper left of the four, missing if that is.
    Nearest,
    /// Mean of all valid full-resolution samples covered.
    Average,
    /// A triangle of four by four samples.
    Bilinear,
    /// A cubic (a = -0.5) of eight by eight samples; it may overshoot.
    Cubic,
    /// The value that weighs most among the four, the first of equals.
    Mode,
    /// Least valid sample covered.
    Min,
    /// Greatest valid sample covered.
    Max,
    /// Root of the mean square of all valid full-resolution samples covered.
    Rms,
}

impl Resampling {
    /// Every method.
    pub const ALL: [Resampling; 8] =
        [Self::Nearest, Self::Average, Self::Bilinear, Self::Cubic, Self::Mode, Self::Min, Self::Max, Self::Rms];

    /// Lower-case name, as GDAL names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Average => "average",
            Self::Bilinear => "bilinear",
            Self::Cubic => "cubic",
            Self::Mode => "mode",
            Self::Min => "min",
            Self::Max => "max",
            Self::Rms => "rms",
        }
    }

    /// Samples beyond its own two by which it looks to either side.
    pub const fn reach(self) -> usize {
        match self {
            Self::Bilinear => 1,
            Self::Cubic => 3,
            _ => 0,
        }
    }

    /// Whether every sample of the overview is one of the level below.
    pub const fn selects(self) -> bool {
        matches!(self, Self::Nearest | Self::Mode | Self::Min | Self::Max)
    }
}

impl From<Resampling> for &'static str {
    fn from(value: Resampling) -> Self {
        value.name()
    }
}

impl fmt::Display for Resampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a resampling: nearest, average, bilinear, cubic, mode, min, max or rms")]
pub struct UnknownResampling(pub String);

impl FromStr for Resampling {
    type Err = UnknownResampling;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| UnknownResampling(text.to_owned()))
    }
}

/// Columns and rows of one level of a pyramid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LevelSize {
    /// Columns.
    pub cols: usize,
    /// Rows.
    pub rows: usize,
}

impl LevelSize {
    /// Columns and rows up to which a raster is read well without overviews, as validators of COGs have it.
    pub const SMALL: usize = 512;

    /// Whether it is so small that it is read well without tiles and overviews.
    pub fn is_small(self) -> bool {
        self.cols <= Self::SMALL && self.rows <= Self::SMALL
    }

    /// The level above: both sides halved, rounded up.
    pub fn halved(self) -> Self {
        Self { cols: self.cols.div_ceil(2), rows: self.rows.div_ceil(2) }
    }

    /// Sizes of the overviews of this level, largest first: until both sides fit `tile_cols` x `tile_rows`.
    pub fn overviews(self, tile_cols: usize, tile_rows: usize) -> Vec<Self> {
        let smaller = |size: &Self| (size.cols > tile_cols || size.rows > tile_rows).then(|| size.halved());
        std::iter::successors(Some(self), smaller).skip(1).collect()
    }

    /// Sizes of the first `count` overviews, largest first; none beyond a single pixel.
    pub fn first_overviews(self, count: usize) -> Vec<Self> {
        let smaller = |size: &Self| (size.cols > 1 || size.rows > 1).then(|| size.halved());
        std::iter::successors(Some(self), smaller).skip(1).take(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_halved_rounding_up_until_the_larger_fits_one_tile() {
        let sizes = |cols, rows, tile| -> Vec<(usize, usize)> {
            LevelSize { cols, rows }.overviews(tile, tile).iter().map(|size| (size.cols, size.rows)).collect()
        };
        assert_eq!(sizes(512, 512, 512), []);
        assert_eq!(sizes(513, 7, 512), [(257, 4)]);
        assert_eq!(sizes(10_000, 1, 512), [(5000, 1), (2500, 1), (1250, 1), (625, 1), (313, 1)]);
        assert_eq!(LevelSize { cols: 3, rows: 2 }.first_overviews(9).len(), 2);
    }
}
