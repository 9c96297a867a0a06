//! `swath focal`.

use super::{matrix::Matrix, values::named, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{Focal, FocalBorder, FocalMissing, FocalShape, FocalStat},
};

const HOW: &str = "How it is computed";

/// Options of `focal`.
#[derive(Args, Debug)]
pub struct FocalOptions {
    /// Which statistic
    #[arg(long, value_parser = named(FocalStat::ALL, FocalStat::as_str), ignore_case = true, default_value = "mean", help_heading = HOW)]
    stat: FocalStat,
    /// Outline of the neighbourhood [default: box, or custom with --footprint]
    #[arg(long, value_parser = named(FocalShape::ALL, FocalShape::as_str), ignore_case = true, help_heading = HOW)]
    shape: Option<FocalShape>,
    /// How far it reaches, in pixels: 1 to 64
    #[arg(long, default_value = "1", value_name = "PIXELS", help_heading = HOW)]
    radius: usize,
    /// Radius of an annulus's hole, in pixels
    #[arg(long, default_value = "0", value_name = "PIXELS", help_heading = HOW)]
    inner: usize,
    /// Rows of a custom outline, parted by semicolons, or a text file of them: what is not 0 belongs
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, alias = "weights", help_heading = HOW)]
    footprint: Option<Matrix>,
    /// Which percentile, 0 to 100
    #[arg(long, default_value = "50", value_name = "P", help_heading = HOW)]
    percentile: f64,
    /// Missing samples are left out, or make the result missing
    #[arg(long, value_parser = named(FocalMissing::ALL, FocalMissing::as_str), ignore_case = true, default_value = "skip", help_heading = HOW)]
    missing: FocalMissing,
    /// What lies beyond the raster
    #[arg(long, value_parser = named(FocalBorder::ALL, FocalBorder::as_str), ignore_case = true, default_value = "missing", help_heading = HOW)]
    border: FocalBorder,
}

impl OperatorOptions for FocalOptions {
    const ABOUT: &'static str = "A statistic of the samples around each pixel";
    const EXAMPLES: &'static str = "Examples:
  swath focal dem.tif smooth.tif --stat mean --radius 2
  swath focal dem.tif rough.tif --stat std --shape circle --radius 10 --missing propagate
  swath focal dem.tif p90.tif --stat percentile --percentile 90 --radius 5 --border reflect
  swath focal classes.tif tidy.tif --stat majority
  swath focal dem.tif cross.tif --stat max --footprint '0 1 0; 1 1 1; 0 1 0'
  swath focal dem.tif tpi.tif --stat tpi --shape annulus --radius 20 --inner 10";

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { stat, radius, inner, percentile, missing, border, .. } = *self;
        let default = if self.footprint.is_some() { FocalShape::Custom } else { FocalShape::Box };
        let shape = self.shape.unwrap_or(default);
        let mask = self.footprint.as_ref().map(Matrix::mask).unwrap_or_default();
        let focal = Focal { stat, shape, radius, inner, mask, percentile, missing, border };
        Arc::new(focal)
    }
}
