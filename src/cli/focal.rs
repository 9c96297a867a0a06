//! `swath focal`.

use super::{
    outline::OutlineOptions,
    stop::{Outcome, Stop},
    values::named,
    verb::OperatorOptions,
};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{Focal, FocalBorder, FocalMissing, FocalStat},
};

const HOW: &str = "How it is computed";

/// Options of `focal`.
#[derive(Args, Debug)]
pub struct FocalOptions {
    /// Which statistic
    #[arg(long, value_parser = named(FocalStat::ALL, FocalStat::as_str), ignore_case = true, default_value = "mean", help_heading = HOW)]
    stat: FocalStat,
    #[command(flatten)]
    outline: OutlineOptions,
    /// Which percentile, 0 to 100 [default: 50]
    #[arg(long, value_name = "P", allow_negative_numbers = true, help_heading = HOW)]
    percentile: Option<f64>,
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

    fn check(&self) -> Outcome {
        if let Some(percentile) = self.percentile.filter(|_| self.stat != FocalStat::Percentile) {
            return Err(Stop::usage(format!("--percentile {percentile} goes with --stat percentile, not with {}", self.stat)));
        }
        self.outline.check()
    }

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { stat, percentile, missing, border, ref outline } = *self;
        let (shape, radius, inner, mask) = (outline.shape(), outline.radius(), outline.inner(), outline.mask());
        let focal = Focal { stat, shape, radius, inner, mask, percentile: percentile.unwrap_or(50.0), missing, border };
        Arc::new(focal)
    }
}
