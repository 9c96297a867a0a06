//! `swath index`.

use super::{
    calc::files_of,
    inputs::{From, Input, TypedOperator},
    operator::HOW,
    options::JobOptions,
    stop::{Outcome, Stop},
};
use clap::Args;
use std::{path::PathBuf, sync::Arc};
use swath::op::{Calc, INDICES, Index, nearest};

/// Its name.
pub const NAME: &str = "index";

/// What it yields, as a step.
pub const ABOUT: &str = "A spectral index by its name: ndvi, ndwi, nbr, evi and others";

/// The index and its bands.
#[derive(Args, Debug)]
pub struct IndexOptions {
    /// Which index: see below
    #[arg(value_name = "NAME")]
    index: String,
    /// Blue: a file, its first band or the one named; so for the others
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    blue: Option<Input>,
    /// Green
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    green: Option<Input>,
    /// Red
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    red: Option<Input>,
    /// The red edge, about 0.71 micrometres
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    rededge: Option<Input>,
    /// Near infrared
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    nir: Option<Input>,
    /// Short-wave infrared, about 1.6 micrometres
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    swir1: Option<Input>,
    /// Short-wave infrared, about 2.2 micrometres
    #[arg(long, value_name = "FILE[,BAND]", value_parser = str::parse::<Input>, help_heading = HOW)]
    swir2: Option<Input>,
}

impl IndexOptions {
    fn calc(&self) -> Outcome<Calc> {
        let Some(index) = Index::named(&self.index) else {
            let names: Vec<&str> = INDICES.iter().map(|index| index.name).collect();
            let guess = nearest(&self.index, &names).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            return Err(Stop::usage(format!("'{}' is not an index{guess}; there are: {}", self.index, names.join(", "))));
        };
        index.calc().map_err(|error| Stop::Lines(error.to_string()))
    }

    fn bands(&self) -> [(&'static str, &Option<Input>); 7] {
        [
            ("blue", &self.blue),
            ("green", &self.green),
            ("red", &self.red),
            ("rededge", &self.rededge),
            ("nir", &self.nir),
            ("swir1", &self.swir1),
            ("swir2", &self.swir2),
        ]
    }

    /// The operator that was typed, and its inputs.
    pub fn typed(&self) -> Outcome<TypedOperator> {
        let calc = self.calc()?;
        if let Some((name, _)) = self.bands().iter().find(|(name, input)| input.is_some() && !calc.input_names().iter().any(|n| n == name))
        {
            return Err(Stop::usage(format!("--{name} is not in {}, which takes {}", self.index, calc.input_names().join(", "))));
        }
        let bands = self.bands();
        let typed = |name: &String| bands.iter().find(|(known, _)| known == name).and_then(|(_, input)| (*input).clone());
        let inputs: Vec<From> = calc.input_names().iter().map(|name| typed(name).map_or(From::Flow, From::Typed)).collect();
        let free: Vec<&str> =
            calc.input_names().iter().zip(&inputs).filter(|(_, from)| **from == From::Flow).map(|(name, _)| name.as_str()).collect();
        if free.len() > 1 {
            return Err(Stop::usage(format!("files are missing: --{} FILE", free.join(" FILE, --"))));
        }
        Ok(TypedOperator { bands: Default::default(), operator: Arc::new(calc), inputs })
    }
}

/// A spectral index by its name
#[derive(Args, Debug)]
#[command(after_help = after_help())]
pub struct IndexArgs {
    #[command(flatten)]
    how: IndexOptions,
    /// The GeoTIFF to write
    #[arg(value_name = "OUTPUT")]
    output: PathBuf,
    #[command(flatten)]
    job: JobOptions,
}

fn after_help() -> String {
    let mut text = String::from("Indices (those with numbers in them take reflectances from 0 to 1):\n");
    for index in INDICES {
        text += &format!("  {:<7} {}\n          {}; {}\n", index.name, index.expression, index.about, index.source);
    }
    text + "
Examples:
  swath index ndvi --red red.tif --nir nir.tif ndvi.tif
  swath index evi --blue image.tif,1 --red image.tif,3 --nir image.tif,4 evi.tif --cog
  swath pipeline read nir.tif ! index nbr --swir2 swir.tif ! write nbr.tif"
}

impl IndexArgs {
    pub fn run(self) -> Outcome {
        let calc = self.how.calc()?;
        files_of(calc.input_names(), self.how.typed()?, &self.output, &self.job)
    }
}
