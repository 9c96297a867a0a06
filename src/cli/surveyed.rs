//! `swath standardise`, `equal-interval` and `quantile`: what needs to know the whole raster first.

use super::{values::whole, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{EqualInterval, Quantile, Standardise},
};

const HOW: &str = "How it is computed";

/// Options of `standardise`.
#[derive(Args, Debug)]
pub struct StandardiseOptions {
    /// What is 0 [default: the mean of all samples, found in a pass before]
    #[arg(long, value_name = "Z", allow_negative_numbers = true, help_heading = HOW)]
    mean: Option<f64>,
    /// What is 1 [default: their standard deviation, found in a pass before]
    #[arg(long, value_name = "Z", allow_negative_numbers = true, help_heading = HOW)]
    stddev: Option<f64>,
}

impl OperatorOptions for StandardiseOptions {
    const ABOUT: &'static str = "Standard deviations above the mean of all samples";
    const EXAMPLES: &'static str = "Examples:
  swath standardise dem.tif score.tif
  swath standardise dem.tif score.tif --mean 1200 --stddev 300   (no pass before)
  swath standardise dem.tif score.tif --dry-run                  (how often it is read)";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Standardise { mean: self.mean, stddev: self.stddev })
    }
}

/// Options of `equal-interval`.
#[derive(Args, Debug)]
pub struct EqualIntervalOptions {
    /// How many classes, 2 to 255
    #[arg(long, default_value = "5", value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = HOW)]
    classes: usize,
    /// Where the first begins; with --max [default: the least sample, found in a pass before]
    #[arg(long, value_name = "Z", allow_negative_numbers = true, requires = "max", help_heading = HOW)]
    min: Option<f64>,
    /// Where the last ends; with --min [default: the greatest sample, found in a pass before]
    #[arg(long, value_name = "Z", allow_negative_numbers = true, requires = "min", help_heading = HOW)]
    max: Option<f64>,
}

impl OperatorOptions for EqualIntervalOptions {
    const ABOUT: &'static str = "Classes of equal width between the least and the greatest sample";
    const EXAMPLES: &'static str = "Examples:
  swath equal-interval dem.tif classes.tif
  swath equal-interval dem.tif classes.tif --classes 10 --min 0 --max 4000   (no pass before)
  swath pipeline read dem.tif ! slope ! equal-interval --classes 8 ! write classes.tif";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(EqualInterval { classes: self.classes, range: self.min.zip(self.max) })
    }
}

/// Options of `quantile`.
#[derive(Args, Debug)]
pub struct QuantileOptions {
    /// How many classes, 2 to 255
    #[arg(long, default_value = "4", value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = HOW)]
    classes: usize,
}

impl OperatorOptions for QuantileOptions {
    const ABOUT: &'static str = "Classes of equal count, by a histogram of all samples";
    const EXAMPLES: &'static str = "Examples:
  swath quantile dem.tif quarters.tif
  swath quantile dem.tif percentiles.tif --classes 100
  swath pipeline read dem.tif ! slope ! quantile --classes 10 ! write deciles.tif";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Quantile { classes: self.classes, breaks: None })
    }
}
