//! `swath rescale`, `swath clamp` and `swath cast`.

use super::{values::named, verb::OperatorOptions};
use clap::Args;
use std::{str::FromStr, sync::Arc};
use swath::{
    graph::Operator,
    op::{Cast, CastRange, CastRounding, Clamp, Rescale},
    raster::{SampleType, Scaling},
};

const HOW: &str = "How it is computed";

/// Two numbers.
#[derive(Clone, Copy, Debug)]
struct Pair([f64; 2]);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<f64>> = text.split(',').map(|word| word.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[low, high]) => Ok(Self([low, high])),
            _ => Err("two numbers are accepted, such as 0,255".to_owned()),
        }
    }
}

/// Options of `rescale`.
#[derive(Args, Debug)]
pub struct RescaleOptions {
    /// Two samples of the input
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, help_heading = HOW)]
    from: Pair,
    /// What they become
    #[arg(long, value_name = "LOW,HIGH", default_value = "0,1", allow_hyphen_values = true, help_heading = HOW)]
    to: Pair,
    /// Samples outside become the nearer end
    #[arg(long, help_heading = HOW)]
    clamp: bool,
}

impl OperatorOptions for RescaleOptions {
    const ABOUT: &'static str = "A linear change of scale";
    const EXAMPLES: &'static str = "Examples:
  swath rescale image.tif share.tif --from 0,10000
  swath rescale dem.tif grey.tif --from 200,900 --to 1,255 --clamp --dtype uint8 --nodata 0";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Rescale { from: self.from.0, to: self.to.0, clamp: self.clamp })
    }
}

/// Options of `clamp`.
#[derive(Args, Debug)]
pub struct ClampOptions {
    /// Nothing is below this
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, help_heading = HOW)]
    min: Option<f64>,
    /// Nothing is above this
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, help_heading = HOW)]
    max: Option<f64>,
    /// Samples outside become missing instead
    #[arg(long, help_heading = HOW)]
    drop: bool,
}

impl OperatorOptions for ClampOptions {
    const ABOUT: &'static str = "Samples held between two bounds, or dropped outside them";
    const EXAMPLES: &'static str = "Examples:
  swath clamp ndvi.tif out.tif --min -1 --max 1
  swath clamp dem.tif land.tif --min 0 --drop";

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(Clamp { least: self.min, most: self.max, drop: self.drop })
    }
}

/// Options of `cast`.
#[derive(Args, Debug)]
pub struct CastOptions {
    /// Sample type: uint8, int16, ...
    #[arg(long, value_name = "TYPE", help_heading = HOW)]
    to: SampleType,
    /// How a fraction becomes a whole number; up and even: the nearest, halves up or to the even one
    #[arg(long, value_parser = named(CastRounding::ALL, CastRounding::as_str), ignore_case = true, default_value = "up", help_heading = HOW)]
    rounding: CastRounding,
    /// What becomes of samples that the type does not hold: the nearest that it holds, or missing
    #[arg(long, value_parser = named(CastRange::ALL, CastRange::as_str), ignore_case = true, default_value = "saturate", help_heading = HOW)]
    range: CastRange,
    /// Store (sample - offset) / scale, and declare both in the file (--unscale reads the values back)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, help_heading = HOW)]
    scale: Option<f64>,
    /// What a stored 0 stands for [default with --scale: 0]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, help_heading = HOW)]
    offset: Option<f64>,
}

impl OperatorOptions for CastOptions {
    const ABOUT: &'static str = "Another sample type, with a policy for fractions and range";
    const EXAMPLES: &'static str = "Examples:
  swath cast dem.tif metres.tif --to int16
  swath cast share.tif bytes.tif --to uint8 --rounding truncate --range missing
  swath cast dem.tif decimetres.tif --to uint16 --scale 0.1 --offset -500";

    fn operator(&self) -> Arc<dyn Operator> {
        let scaling = (self.scale.is_some() || self.offset.is_some())
            .then_some(Scaling { scale: self.scale.unwrap_or(1.0), offset: self.offset.unwrap_or(0.0) });
        Arc::new(Cast { sample: self.to, rounding: self.rounding, range: self.range, scaling })
    }
}
