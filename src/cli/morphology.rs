//! `swath morphology`.

use super::{matrix::Matrix, values::named, verb::OperatorOptions};
use clap::Args;
use std::sync::Arc;
use swath::{
    graph::Operator,
    op::{FocalBorder, FocalMissing, FocalShape, Morphology, MorphologyOperation},
};

const HOW: &str = "How it is computed";

/// Options of `morphology`.
#[derive(Args, Debug)]
pub struct MorphologyOptions {
    /// What is done
    #[arg(long, value_parser = named(MorphologyOperation::ALL, MorphologyOperation::as_str), ignore_case = true, default_value = "erode", help_heading = HOW)]
    operation: MorphologyOperation,
    /// The structuring element [default: box, or custom with --footprint]
    #[arg(long, value_parser = named(FocalShape::ALL, FocalShape::as_str), ignore_case = true, help_heading = HOW)]
    shape: Option<FocalShape>,
    /// How far it reaches, in pixels: 1 to 64
    #[arg(long, default_value = "1", value_name = "PIXELS", help_heading = HOW)]
    radius: usize,
    /// Radius of an annulus's hole, in pixels
    #[arg(long, default_value = "0", value_name = "PIXELS", help_heading = HOW)]
    inner: usize,
    /// Rows of a custom element, parted by semicolons, or a text file of them: what is not 0 belongs
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, help_heading = HOW)]
    footprint: Option<Matrix>,
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

    fn operator(&self) -> Arc<dyn Operator> {
        let Self { operation, radius, inner, missing, border, .. } = *self;
        let default = if self.footprint.is_some() { FocalShape::Custom } else { FocalShape::Box };
        let shape = self.shape.unwrap_or(default);
        let mask = self.footprint.as_ref().map(Matrix::mask).unwrap_or_default();
        let morphology = Morphology { operation, shape, radius, inner, mask, missing, border };
        Arc::new(morphology)
    }
}
