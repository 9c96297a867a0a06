//! Rasters that options and steps name: files, bands of files, and in pipelines whole chains in brackets.

use super::{
    bands::OperatorBands,
    place::{PlaceOptions, ReadWords},
    stop::{Outcome, Stop},
};
use clap::Args;
use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};
use swath::{
    graph::{Operator, Raster},
    source::{GeoTiff, ReadOptions, Source, Unscaled},
};

/// A raster as it is typed: `FILE`, `FILE,BAND`, or in a pipeline `[ read FILE ! ... ]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, and the band that was typed (1 is the first). A name that ends in a comma and digits is typed with its band.
    File(PathBuf, Option<usize>),
    /// The chain in the step's brackets of this number, from 0.
    Chain(usize),
}

/// What stands for a chain in brackets among a step's words.
const CHAIN: (&str, &str) = ("[input ", "]");

impl Input {
    /// The word that stands for the chain of this number.
    pub fn chain_word(number: usize) -> String {
        format!("{}{number}{}", CHAIN.0, CHAIN.1)
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path, _) => Some(path),
            Self::Chain(_) => None,
        }
    }
}

impl FromStr for Input {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let chain = text.strip_prefix(CHAIN.0).and_then(|rest| rest.strip_suffix(CHAIN.1)).and_then(|number| number.parse().ok());
        if let Some(number) = chain {
            return Ok(Self::Chain(number));
        }
        let banded = text.rsplit_once(',').and_then(|(file, band)| Some((file, band.parse().ok().filter(|&band: &usize| band > 0)?)));
        Ok(match banded {
            Some((file, band)) if !file.is_empty() => Self::File(file.into(), Some(band)),
            _ => Self::File(text.into(), None),
        })
    }
}

/// Where an input of a step comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// The step before.
    Flow,
    /// What was typed.
    Typed(Input),
}

/// An operator with its inputs in its order.
#[derive(Clone, Debug)]
pub struct TypedOperator {
    pub operator: Arc<dyn Operator>,
    pub inputs: Vec<From>,
    /// Bands of an only input that it is computed over.
    pub bands: OperatorBands,
}

impl TypedOperator {
    /// An operator over the step before alone.
    pub fn alone(operator: Arc<dyn Operator>) -> Self {
        Self { operator, inputs: vec![From::Flow], bands: OperatorBands::default() }
    }
}

/// The files of a job of one input.
#[derive(Args, Clone, Debug)]
pub struct JobFiles {
    /// The raster to read
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// The GeoTIFF to write
    #[arg(value_name = "OUTPUT")]
    pub output: PathBuf,
}

/// Files that a job reads; each is opened once, whatever the number of its names.
pub struct Files {
    /// With what was typed at their `read`.
    open: Vec<(PathBuf, ReadOptions, Arc<dyn Source>)>,
    unscale: bool,
    /// How all are read.
    options: ReadOptions,
}

/// A file as a source: its samples, or where it is asked for the values that they stand for.
pub fn source(path: &Path, place: &PlaceOptions) -> Outcome<Arc<dyn Source>> {
    opened(path, place.unscale, &place.read_options())
}

fn opened(path: &Path, unscale: bool, options: &ReadOptions) -> Outcome<Arc<dyn Source>> {
    let file = GeoTiff::open_with(path, options)?;
    Ok(if unscale { Arc::new(Unscaled::new(file)?) } else { Arc::new(file) })
}

impl Files {
    /// No file yet.
    pub fn new(place: &PlaceOptions) -> Self {
        Self { open: Vec::new(), unscale: place.unscale, options: place.read_options() }
    }

    /// A file's raster: one band (operators take the first of all).
    pub fn open(&mut self, path: &Path, band: Option<usize>) -> Outcome<Raster> {
        self.open_with(path, band, ReadWords::default())
    }

    /// As [`open`](Self::open), read as its own step says.
    pub fn open_with(&mut self, path: &Path, band: Option<usize>, read: ReadWords) -> Outcome<Raster> {
        let options = read.over(self.options);
        // A name that cannot be resolved cannot be opened either, and opening tells why.
        let key = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let source = match self.open.iter().find(|(open, how, _)| *open == key && *how == options) {
            Some((.., source)) => source.clone(),
            None => {
                let source = opened(path, self.unscale, &options)?;
                self.open.push((key, options, source.clone()));
                source
            }
        };
        let bands = source.profile().bands;
        let raster = Raster::from_shared(source);
        match band {
            Some(band) if band > bands => Err(Stop::usage(format!("{} has no band {band}: 1 to {bands} is accepted", path.display()))),
            Some(band) => Ok(raster.band(band)),
            None => Ok(raster),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_follows_the_files_name() {
        let of = |text: &str| text.parse::<Input>().unwrap();
        let file = |name: &str, band| Input::File(name.into(), band);
        assert_eq!(of("a.tif"), file("a.tif", None));
        assert_eq!(of("a.tif,3"), file("a.tif", Some(3)));
        assert_eq!(of("a,3,1"), file("a,3", Some(1)));
        assert_eq!(of("a,b.tif"), file("a,b.tif", None));
        assert_eq!(of("a.tif,0"), file("a.tif,0", None));
        assert_eq!(of(",3"), file(",3", None));
        assert_eq!(of(&Input::chain_word(12)), Input::Chain(12));
        assert_eq!(of("./[input 1]"), file("./[input 1]", None));
    }
}
