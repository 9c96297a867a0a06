//! `swath convolve`.

use super::{values::named, verb::OperatorOptions};
use clap::Args;
use std::{str::FromStr, sync::Arc};
use swath::{
    graph::Operator,
    op::{Convolve, ConvolveKernel, FocalBorder, FocalMissing},
};

const HOW: &str = "How it is computed";

/// Options of `convolve`.
#[derive(Args, Debug)]
pub struct ConvolveOptions {
    /// Which kernel [default: gaussian, or custom with --weights]
    #[arg(long, value_parser = named(ConvolveKernel::ALL, ConvolveKernel::as_str), ignore_case = true, help_heading = HOW)]
    kernel: Option<ConvolveKernel>,
    /// Standard deviation of the Gaussian, in pixels, up to 16
    #[arg(long, default_value = "1", value_name = "PIXELS", help_heading = HOW)]
    sigma: f64,
    /// How much the unsharp mask adds of what the Gaussian takes away
    #[arg(long, default_value = "1", value_name = "SHARE", allow_negative_numbers = true, help_heading = HOW)]
    amount: f64,
    /// Rows of a custom kernel, parted by semicolons
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, help_heading = HOW)]
    weights: Option<Table>,
    /// Divide the weights by their sum
    #[arg(long, requires = "weights", help_heading = HOW)]
    normalize: bool,
    /// Missing samples are level with the centre, or make the result missing
    #[arg(long, value_parser = named(FocalMissing::ALL, FocalMissing::as_str), ignore_case = true, default_value = "skip", help_heading = HOW)]
    missing: FocalMissing,
    /// What lies beyond the raster
    #[arg(long, value_parser = named(FocalBorder::ALL, FocalBorder::as_str), ignore_case = true, default_value = "missing", help_heading = HOW)]
    border: FocalBorder,
}

/// Weights as they are typed.
#[derive(Clone, Debug)]
struct Table(Vec<Vec<f64>>);

impl FromStr for Table {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |word: &str| word.parse().map_err(|_| format!("'{word}' is not a number; '0 1 0; 1 -4 1; 0 1 0' is accepted"));
        let row = |line: &str| line.split([' ', ',']).filter(|word| !word.is_empty()).map(number).collect();
        text.split(';').map(row).collect::<Result<_, _>>().map(Self)
    }
}

impl OperatorOptions for ConvolveOptions {
    const ABOUT: &'static str = "Weighted sums of neighbourhoods: smoothing, sharpening, edges, or any kernel";
    const EXAMPLES: &'static str = "Examples:
  swath convolve dem.tif smooth.tif --sigma 3
  swath convolve dem.tif sharp.tif --kernel unsharp --sigma 2 --amount 1.5
  swath convolve image.tif edges.tif --kernel sobel --border nearest
  swath convolve dem.tif out.tif --weights '1 2 1; 2 4 2; 1 2 1' --normalize";

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { sigma, amount, normalize, missing, border, .. } = *self;
        let default = if self.weights.is_some() { ConvolveKernel::Custom } else { ConvolveKernel::Gaussian };
        let kernel = self.kernel.unwrap_or(default);
        let weights = self.weights.as_ref().map(|table| table.0.clone()).unwrap_or_default();
        let convolve = Convolve { kernel, sigma, amount, weights, normalize, missing, border };
        Arc::new(convolve)
    }
}
