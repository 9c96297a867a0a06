//! What happens where a 3 x 3 neighbourhood is not whole.

use super::{
    abi::shader_constants,
    named_option::named_option,
    option_info::{GdalAlias, OptionInfo},
    options::{Options, Written},
};
use crate::error::Result;

shader_constants! { CONSTANTS:
    EDGES_EXTRAPOLATE: u32 = 0;
    EDGES_MISSING: u32 = 1;
    EDGES_NEAREST: u32 = 2;
    EDGES_WRAP: u32 = 3;
    EDGES_EXTRAPOLATE_CORNERS: u32 = 4;
}

named_option! {
    /// What happens where the neighbourhood is not whole.
    "border" Edges {
        /// Beyond the raster heights go on linearly, as `gdaldem -compute_edges` and `gdal raster` have it. A raster one pixel wide
        /// or high is all missing.
        #[default]
        Extrapolate = "extrapolate",
        /// Beyond the raster lies the nearest height of the raster.
        Nearest = "nearest",
        /// The raster, mirrored in its border: one pixel beyond it that is the nearest height.
        Reflect = "reflect",
        /// Any of the nine heights missing or beyond the raster gives missing: `--no-edges`.
        Missing = "missing",
        /// For rasters that go round the globe: the first column follows the last. Beyond the first and the last row heights go on
        /// linearly. Swaths are as wide as the raster, which takes more memory.
        Wrap = "wrap",
    }
}

/// What lies beyond the raster, as kernels have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// Heights go on linearly; columns are clamped beside the first and the last row, as gdaldem has it.
    Extrapolate,
    /// Heights go on linearly, in the corners both ways: a plane stays one.
    ExtrapolateCorners,
    /// The nearest height.
    Nearest,
    /// Nothing, and a missing neighbour makes the result missing.
    Missing,
    /// The other end of the row; columns go on linearly.
    Wrap,
}

impl Beyond {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Extrapolate => EDGES_EXTRAPOLATE,
            Self::ExtrapolateCorners => EDGES_EXTRAPOLATE_CORNERS,
            Self::Nearest => EDGES_NEAREST,
            Self::Missing => EDGES_MISSING,
            Self::Wrap => EDGES_WRAP,
        }
    }

    /// Whether a raster of this size has windows at its border: what goes on linearly needs two pixels.
    pub(crate) const fn serves(self, cols: usize, rows: usize) -> bool {
        match self {
            Self::Extrapolate | Self::ExtrapolateCorners => cols >= 2 && rows >= 2,
            Self::Wrap => rows >= 2,
            Self::Nearest | Self::Missing => true,
        }
    }
}

impl Edges {
    /// What lies beyond the raster for operators that gdaldem has too.
    pub(crate) const fn beyond(self) -> Beyond {
        match self {
            Self::Extrapolate => Beyond::Extrapolate,
            Self::Nearest | Self::Reflect => Beyond::Nearest,
            Self::Missing => Beyond::Missing,
            Self::Wrap => Beyond::Wrap,
        }
    }

    /// The same for operators of second differences, which clamped columns would bend.
    pub(crate) const fn beyond_straight(self) -> Beyond {
        match self {
            Self::Extrapolate => Beyond::ExtrapolateCorners,
            other => other.beyond(),
        }
    }

    pub(crate) const fn code(self) -> u32 {
        self.beyond().code()
    }
}

/// How it is asked for.
pub(super) const OPTIONS: &[OptionInfo] = &[
    OptionInfo::choice("border", Edges::CHOICE, "BORDER", "What lies beyond the raster"),
    OptionInfo::switch("no-edges", "Leave pixels missing whose neighbourhood is not whole: as --border missing").excludes(&["border"]),
    OptionInfo::switch("compute-edges", "What is done anyway; accepted for gdaldem's users")
        .gdal(&[GdalAlias::is("-compute_edges")])
        .excludes(&["no-edges", "border"])
        .hidden(),
];

/// What [`OPTIONS`] say.
pub(super) fn of(options: &Options) -> Result<Edges> {
    if options.is_on("no-edges")? { Ok(Edges::Missing) } else { options.get("border") }
}

/// Writes what [`of`] reads.
pub(super) fn write(options: &mut Written, edges: Edges) {
    if edges == Edges::Missing {
        options.put_switch("no-edges", true);
    } else {
        options.put("border", edges);
    }
}
