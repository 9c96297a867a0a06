//! What happens where samples are missing, within the raster and beyond it.

use crate::op::{abi::shader_constants, named_option::named_option, option_info::OptionInfo};

shader_constants! { CONSTANTS:
    BORDER_NEAREST: u32 = 1;
    BORDER_REFLECT: u32 = 2;
    BORDER_EXTRAPOLATE: u32 = 3;
    BORDER_WRAP: u32 = 4;
    MISSING_PROPAGATES: u32 = 1;
    /// 2^50.
    LARGE: f32 = 1_125_899_906_842_624.0;
    /// 2^-80.
    SHRINK: f32 = 8.271_806e-25;
    /// 1 over [`SHRINK`].
    RESTORE: f32 = 1.0 / SHRINK;
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
        /// One pixel outside that is what the operator `slope` does. Beyond that depth, and where near or far is
        /// missing, samples are missing.
        Extrapolate = "extrapolate",
        /// For rasters that go round the globe: the first column follows the last, as often as it takes. Beyond the first and the
        /// last row samples are missing. Swaths are as wide as the raster, which takes more memory.
        Wrap = "wrap",
    }
}

impl FocalBorder {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Missing => 0,
            Self::Nearest => BORDER_NEAREST,
            Self::Reflect => BORDER_REFLECT,
            Self::Extrapolate => BORDER_EXTRAPOLATE,
            Self::Wrap => BORDER_WRAP,
        }
    }

    /// What lies beyond the first and the last row: rows do not wrap.
    pub(crate) const fn of_rows(self) -> Self {
        match self {
            Self::Wrap => Self::Missing,
            other => other,
        }
    }
}

impl FocalMissing {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Skip => 0,
            Self::Propagate => MISSING_PROPAGATES,
        }
    }
}

const BORDER: OptionInfo = OptionInfo::choice("border", FocalBorder::CHOICE, "BORDER", "What lies beyond the raster");

/// How both are asked for.
pub(crate) const OPTIONS: &[OptionInfo] =
    &[OptionInfo::choice("missing", FocalMissing::CHOICE, "MISSING", "Missing samples are left out, or make the result missing"), BORDER];

/// The same for operators of differences from the centre.
pub(crate) const CENTRED_OPTIONS: &[OptionInfo] = &[
    OptionInfo::choice("missing", FocalMissing::CHOICE, "MISSING", "Missing samples are level with the centre, or make the result missing"),
    BORDER,
];
