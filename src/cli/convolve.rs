//! `swath convolve`.

use super::{
    matrix::Matrix,
    stop::{Outcome, Stop},
    values::named,
    verb::OperatorOptions,
};
use clap::Args;
use std::sync::Arc;
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
    /// Standard deviation of the Gaussian, in pixels, up to 16 [default: 1]
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, help_heading = HOW)]
    sigma: Option<f64>,
    /// How much the unsharp mask adds of what the Gaussian takes away [default: 1]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, help_heading = HOW)]
    amount: Option<f64>,
    /// Rows of a custom kernel, parted by semicolons, or a text file of them
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, help_heading = HOW)]
    weights: Option<Matrix>,
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

impl ConvolveOptions {
    fn kernel(&self) -> ConvolveKernel {
        let default = if self.weights.is_some() { ConvolveKernel::Custom } else { ConvolveKernel::Gaussian };
        self.kernel.unwrap_or(default)
    }
}

impl OperatorOptions for ConvolveOptions {
    const ABOUT: &'static str = "Weighted sums of neighbourhoods: smoothing, sharpening, edges, or any kernel";
    const EXAMPLES: &'static str = "Examples:
  swath convolve dem.tif smooth.tif --sigma 3
  swath convolve dem.tif sharp.tif --kernel unsharp --sigma 2 --amount 1.5
  swath convolve image.tif edges.tif --kernel sobel --border nearest
  swath convolve dem.tif out.tif --weights '1 2 1; 2 4 2; 1 2 1' --normalize";

    fn check(&self) -> Outcome {
        use ConvolveKernel::{Custom, Gaussian, Unsharp};
        let kernel = self.kernel();
        match self {
            Self { sigma: Some(sigma), .. } if !matches!(kernel, Gaussian | Unsharp) => {
                Err(Stop::usage(format!("--sigma {sigma} goes with --kernel gaussian or unsharp, not with {kernel}")))
            }
            Self { amount: Some(amount), .. } if kernel != Unsharp => {
                Err(Stop::usage(format!("--amount {amount} goes with --kernel unsharp, not with {kernel}")))
            }
            Self { weights: Some(_), .. } if kernel != Custom => {
                Err(Stop::usage(format!("--weights goes with --kernel custom, not with {kernel}")))
            }
            Self { weights: None, .. } if kernel == Custom => {
                Err(Stop::usage("--kernel custom takes --weights ROWS, such as '1 2 1; 2 4 2; 1 2 1'"))
            }
            _ => Ok(()),
        }
    }

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { normalize, missing, border, .. } = *self;
        let (kernel, sigma, amount) = (self.kernel(), self.sigma.unwrap_or(1.0), self.amount.unwrap_or(1.0));
        let weights = self.weights.as_ref().map(|table| table.0.clone()).unwrap_or_default();
        let convolve = Convolve { kernel, sigma, amount, weights, normalize, missing, border };
        Arc::new(convolve)
    }
}
