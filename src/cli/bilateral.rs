//! `swath bilateral`.

use super::{values::named, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{Bilateral, FocalBorder, FocalMissing},
};

const HOW: &str = "How it is computed";

/// Options of `bilateral`.
#[derive(Args, Debug)]
pub struct BilateralOptions {
    /// Standard deviation of the weights by distance, in pixels, up to 21
    #[arg(long, default_value = "1", value_name = "PIXELS", allow_negative_numbers = true, help_heading = HOW)]
    sigma: f64,
    /// Standard deviation of the weights by difference, in the samples' unit
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true, help_heading = HOW)]
    range_sigma: f64,
    /// Missing samples are left out, or make the result missing
    #[arg(long, value_parser = named(FocalMissing::ALL, FocalMissing::as_str), ignore_case = true, default_value = "skip", help_heading = HOW)]
    missing: FocalMissing,
    /// What lies beyond the raster
    #[arg(long, value_parser = named(FocalBorder::ALL, FocalBorder::as_str), ignore_case = true, default_value = "missing", help_heading = HOW)]
    border: FocalBorder,
}

impl OperatorOptions for BilateralOptions {
    const ABOUT: &'static str = "Bilateral filter: smooths, and keeps edges";
    const EXAMPLES: &'static str = "Examples:
  swath bilateral dem.tif smooth.tif --sigma 2 --range-sigma 1.5
  swath bilateral image.tif clean.tif --range-sigma 20 --border reflect";

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { sigma, range_sigma, missing, border } = *self;
        Arc::new(Bilateral { sigma, range_sigma, missing, border })
    }
}
