//! Options that terrain operators share, and how named options are spelled.

use super::{cell_size, gradient, stencil};
use crate::{
    error::{Error, Result},
    graph::GridInfo,
};

/// Declares an option whose values have names: parsed case-insensitively, shown as GDAL spells them.
macro_rules! named_option {
    ($(#[$meta:meta])* $what:literal $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// As GDAL spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
                    $crate::error::Error::Usage {
                        what: $what,
                        given: text.to_owned(),
                        accepted: [$($text),*].join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use named_option;

named_option! {
    /// How the gradient is estimated: GDAL's `--gradient-alg` (`-alg`).
    "gradient-alg" GradientAlgorithm {
        /// Horn 1981: all eight neighbours, the nearer four twice; for rough ground.
        #[default]
        Horn = "Horn",
        /// Zevenbergen and Thorne 1987: the nearer four neighbours; for smooth ground.
        ZevenbergenThorne = "ZevenbergenThorne",
    }
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

impl GradientAlgorithm {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Horn => gradient::HORN,
            Self::ZevenbergenThorne => gradient::ZEVENBERGEN_THORNE,
        }
    }

    /// What the differences are divided by, in pixels.
    const fn divisor(self) -> f64 {
        match self {
            Self::Horn => 8.0,
            Self::ZevenbergenThorne => 2.0,
        }
    }
}

impl Edges {
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Extrapolate => stencil::EDGES_EXTRAPOLATE,
            Self::Missing => stencil::EDGES_MISSING,
        }
    }
}

/// Horizontal units a vertical unit, along x and y: GDAL's `-xscale` and `-yscale`.
pub(crate) type Scale = (Option<f64>, Option<f64>);

/// The matrix from pixel differences to the gradient, as `RowsTask::factors` carries it.
pub(crate) fn row_factors(grid: &GridInfo, row: usize, alg: GradientAlgorithm, zfactor: f64, scale: Scale) -> [f64; 4] {
    pixel_matrix(grid, row, scale).map(|m| m * zfactor / alg.divisor())
}

/// The matrix from derivatives per pixel to derivatives in the world.
pub(crate) fn pixel_matrix(grid: &GridInfo, row: usize, scale: Scale) -> [f64; 4] {
    cell_size::gradient_matrix(&grid.georef, grid.cols, row, scale.0.zip(scale.1))
}

/// Scales come in pairs and are positive.
pub(crate) fn check_scale((x, y): Scale) -> Result<()> {
    for (what, value) in [("xscale", x), ("yscale", y)] {
        if let Some(value) = value {
            check_number(what, value, value.is_finite() && value > 0.0, "a number above 0")?;
        }
    }
    match (x, y) {
        (Some(x), None) => Err(Error::Usage { what: "xscale", given: x.to_string(), accepted: "only together with yscale".into() }),
        (None, Some(y)) => Err(Error::Usage { what: "yscale", given: y.to_string(), accepted: "only together with xscale".into() }),
        _ => Ok(()),
    }
}

/// A vertical exaggeration is positive.
pub(crate) fn check_zfactor(zfactor: f64) -> Result<()> {
    check_number("zfactor", zfactor, zfactor.is_finite() && zfactor > 0.0, "a number above 0")
}

pub(crate) fn check_number(what: &'static str, value: f64, fine: bool, accepted: &str) -> Result<()> {
    if fine { Ok(()) } else { Err(Error::Usage { what, given: value.to_string(), accepted: accepted.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_gdals_in_any_case_and_errors_list_them() {
        assert_eq!("zevenbergenthorne".parse::<GradientAlgorithm>().unwrap(), GradientAlgorithm::ZevenbergenThorne);
        assert_eq!("HORN".parse::<GradientAlgorithm>().unwrap().to_string(), "Horn");
        let error = "sobel".parse::<GradientAlgorithm>().unwrap_err().to_string();
        assert_eq!(error, "gradient-alg 'sobel' is not accepted: Horn, ZevenbergenThorne");
    }

    #[test]
    fn scales_come_in_pairs_and_are_positive() {
        assert!(check_scale((None, None)).is_ok() && check_scale((Some(2.0), Some(0.5))).is_ok());
        for bad in [(Some(1.0), None), (None, Some(1.0)), (Some(0.0), Some(1.0)), (Some(1.0), Some(f64::NAN)), (Some(-1.0), Some(1.0))] {
            assert!(check_scale(bad).unwrap_err().is_refusal(), "{bad:?}");
        }
    }
}
