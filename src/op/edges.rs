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
}

named_option! {
    /// What happens where the neighbourhood is not whole.
    "edges" Edges {
        /// Beyond the raster heights go on linearly, and a missing neighbour is level with the centre, as
        /// `gdaldem -compute_edges` and `gdal raster` have it. A raster one pixel wide or high is all missing. Infinite
        /// heights count as missing.
        #[default]
        Extrapolate = "extrapolate",
        /// Any of the nine heights missing or beyond the raster gives missing: `--no-edges`.
        Missing = "missing",
    }
}

impl Edges {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Extrapolate => EDGES_EXTRAPOLATE,
            Self::Missing => EDGES_MISSING,
        }
    }
}

/// How it is asked for.
pub(super) const OPTIONS: &[OptionInfo] = &[
    OptionInfo::switch("no-edges", "Leave pixels missing whose neighbourhood is not whole, instead of going on linearly"),
    OptionInfo::switch("compute-edges", "What is done anyway; accepted for gdaldem's users")
        .gdal(&[GdalAlias::is("-compute_edges")])
        .excludes(&["no-edges"])
        .hidden(),
];

/// What [`OPTIONS`] say.
pub(super) fn of(options: &Options) -> Result<Edges> {
    Ok(if options.is_on("no-edges")? { Edges::Missing } else { Edges::Extrapolate })
}

/// Writes what [`of`] reads.
pub(super) fn write(options: &mut Written, edges: Edges) {
    options.put_switch("no-edges", edges == Edges::Missing);
}
