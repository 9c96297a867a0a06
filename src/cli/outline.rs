//! Outlines of neighbourhoods, as `focal`, `morphology` and `tpi` take them.

use super::{
    matrix::Matrix,
    stop::{Outcome, Stop},
    values::{named, whole},
};
use clap::Args;
use swath::op::FocalShape;

/// What belongs to a neighbourhood.
#[derive(Args, Debug)]
#[command(next_help_heading = "How it is computed")]
pub struct OutlineOptions {
    /// Outline of the neighbourhood [default: box, or custom with --footprint]
    #[arg(long, value_parser = named(FocalShape::ALL, FocalShape::as_str), ignore_case = true)]
    shape: Option<FocalShape>,
    /// How far it reaches, in pixels: 1 to 64 [default: 1]
    #[arg(long, value_name = "PIXELS", value_parser = whole, allow_negative_numbers = true)]
    radius: Option<usize>,
    /// Radius of an annulus's hole, in pixels [default: 0, the centre alone]
    #[arg(long, value_name = "PIXELS", value_parser = whole, allow_negative_numbers = true)]
    inner: Option<usize>,
    /// Rows of a custom outline, parted by semicolons, or a text file of them: what is not 0 belongs
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, alias = "weights")]
    footprint: Option<Matrix>,
}

impl OutlineOptions {
    /// The kind of outline.
    pub fn shape(&self) -> FocalShape {
        let default = if self.footprint.is_some() { FocalShape::Custom } else { FocalShape::Box };
        self.shape.unwrap_or(default)
    }

    /// How far it reaches.
    pub fn radius(&self) -> usize {
        self.radius.unwrap_or(1)
    }

    /// Radius of the hole.
    pub fn inner(&self) -> usize {
        self.inner.unwrap_or(0)
    }

    /// Pixels of a custom outline.
    pub fn mask(&self) -> Vec<Vec<bool>> {
        self.footprint.as_ref().map(Matrix::mask).unwrap_or_default()
    }

    /// Refuses what the outline has no use for.
    pub fn check(&self) -> Outcome {
        let shape = self.shape();
        let custom = shape == FocalShape::Custom;
        match self {
            Self { inner: Some(inner), .. } if shape != FocalShape::Annulus => {
                Err(Stop::usage(format!("--inner {inner} goes with --shape annulus, not with {shape}")))
            }
            Self { footprint: Some(_), .. } if !custom => {
                Err(Stop::usage(format!("--footprint goes with --shape custom, not with {shape}")))
            }
            Self { radius: Some(radius), .. } if custom => {
                Err(Stop::usage(format!("--radius {radius} does not go with a footprint, which is as large as its rows and columns")))
            }
            Self { footprint: None, .. } if custom => {
                Err(Stop::usage("--shape custom takes --footprint ROWS, such as '0 1 0; 1 1 1; 0 1 0'"))
            }
            _ => Ok(()),
        }
    }
}
