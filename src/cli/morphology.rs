//! `swath morphology`.

use super::{outline::OutlineOptions, stop::Outcome, values::named, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{FocalBorder, FocalMissing, Morphology, MorphologyOperation},
};

const HOW: &str = "How it is computed";

/// Options of `morphology`.
#[derive(Args, Debug)]
pub struct MorphologyOptions {
    /// What is done
    #[arg(long, value_parser = named(MorphologyOperation::ALL, MorphologyOperation::as_str), ignore_case = true, default_value = "erode", help_heading = HOW)]
    operation: MorphologyOperation,
    #[command(flatten)]
    outline: OutlineOptions,
    /// Missing samples are left out, or make the result missing
    #[arg(long, value_parser = named(FocalMissing::ALL, FocalMissing::as_str), ignore_case = true, default_value = "skip", help_heading = HOW)]
    missing: FocalMissing,
    /// What lies beyond the raster
    #[arg(long, value_parser = named(FocalBorder::ALL, FocalBorder::as_str), ignore_case = true, default_value = "missing", help_heading = HOW)]
    border: FocalBorder,
}

impl OperatorOptions for MorphologyOptions {
    const ABOUT: &'static str = "Greyscale morphology: erode, dilate, open, close";
    const EXAMPLES: &'static str = "Examples:
  swath morphology surface.tif ground.tif --operation open --shape circle --radius 8
  swath morphology dem.tif filled.tif --operation close --radius 2
  swath morphology dem.tif out.tif --operation dilate --footprint '0 1 0; 1 1 1; 0 1 0'";

    fn check(&self) -> Outcome {
        self.outline.check()
    }

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { operation, missing, border, ref outline } = *self;
        let (shape, radius, inner, mask) = (outline.shape(), outline.radius(), outline.inner(), outline.mask());
        let morphology = Morphology { operation, shape, radius, inner, mask, missing, border };
        Arc::new(morphology)
    }
}
