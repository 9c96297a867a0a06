//! `-b`: which bands of a raster are taken.

use clap::{ArgAction, Args};
use std::{str::FromStr, sync::Arc};
use swath::graph::{Operator, Raster};

/// One value of `-b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    All,
    /// 1-based.
    One(usize),
}

impl FromStr for Band {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("all") {
            return Ok(Self::All);
        }
        let number = text.parse::<usize>().ok().filter(|&band| band > 0);
        number.map(Self::One).ok_or_else(|| "a band (1 is the first) or all is accepted".to_owned())
    }
}

/// The bands that an operator is computed over.
#[derive(Args, Clone, Debug, Default)]
pub struct OperatorBands {
    /// Band to compute, 1 is the first, or all; may be repeated [default: the first for operators of terrain, all for others]
    #[arg(short = 'b', long = "band", value_name = "N|all", value_delimiter = ',', action = ArgAction::Append, help_heading = "How it is computed")]
    bands: Vec<Band>,
}

/// The bands that are read or kept.
#[derive(Args, Clone, Debug, Default)]
pub struct ChosenBands {
    /// Band to take, 1 is the first; may be repeated, in any order [default: all]
    #[arg(short = 'b', long = "band", value_name = "N|all", value_delimiter = ',', action = ArgAction::Append)]
    bands: Vec<Band>,
}

impl OperatorBands {
    /// The operator's result over the bands that were asked for.
    pub fn apply(&self, raster: &Raster, operator: Arc<dyn Operator>) -> Raster {
        match wanted(&self.bands) {
            None => raster.apply_by_default(operator),
            Some(Band::All) => raster.per_band(operator),
            Some(Band::One(_)) => Raster::stack(each(&self.bands, |band| raster.band(band).apply_shared(operator.clone()))),
        }
    }
}

impl ChosenBands {
    /// Whether nothing was typed.
    pub fn is_default(&self) -> bool {
        self.bands.is_empty()
    }

    /// The raster of those bands.
    pub fn of(&self, raster: &Raster) -> Raster {
        match wanted(&self.bands) {
            None | Some(Band::All) => raster.clone(),
            Some(Band::One(_)) => raster.select(&each(&self.bands, |band| band)),
        }
    }
}

/// All of them, where that is among what was asked for.
fn wanted(bands: &[Band]) -> Option<Band> {
    bands.iter().copied().find(|band| *band == Band::All).or(bands.first().copied())
}

fn each<T>(bands: &[Band], make: impl Fn(usize) -> T) -> Vec<T> {
    let numbers = bands.iter().filter_map(|band| if let Band::One(number) = band { Some(*number) } else { None });
    numbers.map(make).collect()
}
