//! The choices that focal operators offer.

use super::neighbourhood;
use crate::op::terrain::named_option;

named_option! {
    /// A statistic of a neighbourhood.
    "stat" FocalStat {
        /// Arithmetic mean.
        #[default]
        Mean = "mean",
        /// Sum.
        Sum = "sum",
        /// Least.
        Min = "min",
        /// Greatest.
        Max = "max",
        /// Greatest less least.
        Range = "range",
        /// Standard deviation of the population: divided by n, not n - 1.
        Std = "std",
        /// Variance of the population, in the square of the samples' unit.
        Variance = "variance",
        /// The 50th percentile.
        Median = "median",
        /// A percentile, linear between the two nearest samples (Hyndman and Fan 1996, definition 7; NumPy's `linear`).
        Percentile = "percentile",
        /// The most frequent value; the least of several.
        Majority = "majority",
        /// How many different values there are.
        Variety = "variety",
        /// Topographic position index: the sample less the mean of the others (Weiss 2001). A missing centre gives
        /// missing.
        Tpi = "tpi",
    }
}

named_option! {
    /// The outline of a neighbourhood.
    "shape" FocalShape {
        /// All pixels up to `radius` columns and rows away.
        #[default]
        Box = "box",
        /// Pixels whose centre is no farther than `radius`.
        Circle = "circle",
        /// The circle without the pixels whose centre is no farther than `inner`.
        Annulus = "annulus",
        /// The pixels of `mask`.
        Custom = "custom",
    }
}

named_option! {
    /// What a missing sample in a neighbourhood does.
    "missing" FocalMissing {
        /// It is left out.
        #[default]
        Skip = "skip",
        /// It makes the result missing.
        Propagate = "propagate",
    }
}

named_option! {
    /// What lies beyond the raster.
    "border" FocalBorder {
        /// Missing samples.
        #[default]
        Missing = "missing",
        /// The nearest sample of the raster: `a a | a b c | c c`.
        Nearest = "nearest",
        /// The raster, mirrored in its border: `b a | a b c | c b`.
        Reflect = "reflect",
        /// Linearly on through the border's sample, as far as the raster reaches: the place d pixels outside is
        /// `2 near - far` with the border's sample as near and the one d pixels inside as far; columns first, then rows.
        /// One pixel outside that is what [`Slope`](crate::op::Slope) does. Beyond that depth, and where near or far is
        /// missing, samples are missing.
        Extrapolate = "extrapolate",
    }
}

impl FocalBorder {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Missing => 0,
            Self::Nearest => neighbourhood::BORDER_NEAREST,
            Self::Reflect => neighbourhood::BORDER_REFLECT,
            Self::Extrapolate => neighbourhood::BORDER_EXTRAPOLATE,
        }
    }
}

impl FocalMissing {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Skip => 0,
            Self::Propagate => neighbourhood::MISSING_PROPAGATES,
        }
    }
}
