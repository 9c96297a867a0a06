//! Options that terrain operators share.

use super::{
    cell_size, gradient,
    named_option::named_option,
    option_info::{GdalAlias, OptionInfo},
    options::{Options, Written},
};
use crate::{
    error::{Error, Result},
    graph::{CellSize, GridInfo},
};

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

/// Options of operators of the gradient.
pub(super) const GRADIENT_ALG: &[OptionInfo] =
    &[OptionInfo::choice("gradient-alg", GradientAlgorithm::CHOICE, "ALG", "How the gradient is estimated").gdal(&[GdalAlias::is("-alg")])];

/// How much heights are exaggerated.
pub(super) const ZFACTOR: &[OptionInfo] =
    &[OptionInfo::number("zfactor", "Z", "Vertical exaggeration").default("1").gdal(&[GdalAlias::is("-z")])];

/// How far apart pixels are.
pub(super) const SCALE: &[OptionInfo] = &[
    OptionInfo::number("scale", "S", "Horizontal units a vertical unit, both ways (111120 for degrees and metres)")
        .default_words("from the units of coordinates and heights; on geographic and Mercator coordinates from the ellipsoid, row by row")
        .gdal(&[GdalAlias::is("-s")])
        .excludes(&["xscale", "yscale"]),
    OptionInfo::number("xscale", "X", "Along x; with --yscale").gdal(&[GdalAlias::is("-xscale")]).requires(&["yscale"]),
    OptionInfo::number("yscale", "Y", "Along y; with --xscale").gdal(&[GdalAlias::is("-yscale")]).requires(&["xscale"]),
];

/// The scale that [`SCALE`] says.
pub(super) fn scale_of(options: &Options) -> Result<Scale> {
    let both = options.find("scale")?;
    Ok((both.or(options.find("xscale")?), both.or(options.find("yscale")?)))
}

/// Writes what [`scale_of`] reads.
pub(super) fn write_scale(options: &mut Written, (xscale, yscale): Scale) {
    options.put_some("xscale", xscale);
    options.put_some("yscale", yscale);
}

/// Horizontal units a vertical unit, along x and y: GDAL's `-xscale` and `-yscale`.
pub(crate) type Scale = (Option<f64>, Option<f64>);

/// The matrix from pixel differences to the gradient, as `RowsTask::factors` carries it.
pub(crate) fn row_factors(grid: &GridInfo, row: usize, alg: GradientAlgorithm, zfactor: f64, scale: Scale) -> [f64; 4] {
    within_reach(pixel_matrix(grid, row, scale).map(|m| m * zfactor / alg.divisor()))
}

/// Factors that float32 holds with room for the heights' differences: ground that they make steeper than 2^60 per unit of height is
/// vertical anyhow. Their proportions are kept.
fn within_reach(matrix: [f64; 4]) -> [f64; 4] {
    const MOST: f64 = (1u64 << 60) as f64;
    let most = matrix.iter().fold(0.0f64, |most, m| most.max(m.abs()));
    if most > MOST { matrix.map(|m| m / most * MOST) } else { matrix }
}

/// The matrix from derivatives per pixel to derivatives in the world.
pub(crate) fn pixel_matrix(grid: &GridInfo, row: usize, scale: Scale) -> [f64; 4] {
    cell_size::gradient_matrix(&grid.georef, grid.cols, row, scale.0.zip(scale.1))
}

/// What the size of a cell is taken from, for operators that have [`SCALE`].
pub(crate) fn cell_size_of(scale: Scale) -> CellSize {
    scale.0.zip(scale.1).map_or(CellSize::FromGeoreferencing, |(x, y)| CellSize::Scaled(x, y))
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

const MAX_ZFACTOR: f64 = 1e15;

/// A vertical exaggeration is positive.
pub(crate) fn check_zfactor(zfactor: f64) -> Result<()> {
    check_number("zfactor", zfactor, zfactor > 0.0 && zfactor <= MAX_ZFACTOR, "a number above 0, up to 1e15")
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
