//! Where a job's rasters lie, and what is said about them: `--crs`, `--bounds`, `--unscale`, `--metadata`.

use super::{
    option_file,
    stop::{Outcome, Stop},
    values::NodataOrNone,
};
use clap::Args;
use swath::{
    graph::Placement,
    raster::{Crs, MetadataItem},
    source::ReadOptions,
};

/// Where the rasters lie.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Where it lies")]
pub struct PlaceOptions {
    /// The CRS of input and output, whatever the input says: EPSG:32633, EPSG:32633+5773, WKT, a PROJ string, or @FILE with one of these. Nothing is reprojected
    #[arg(long, value_name = "CRS")]
    pub crs: Option<String>,
    /// The edges of input and output, in units of the CRS, whatever the input says
    #[arg(long, value_name = "WEST,SOUTH,EAST,NORTH", allow_hyphen_values = true, value_parser = bounds)]
    pub bounds: Option<Bounds>,
    /// Read the values that samples stand for, sample * scale + offset, by what every input declares for its bands
    #[arg(long, help_heading = "What it reads")]
    pub unscale: bool,
    #[command(flatten)]
    pub read: ReadWords,
}

/// How files are read, besides what they say: options of a job, which hold for every input, and of the step `read`.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq)]
#[command(next_help_heading = "What it reads")]
pub struct ReadWords {
    /// The value that is missing in every input, whatever the input declares; none: no value is missing. A mask counts beside it
    #[arg(long, value_name = "VALUE|none", allow_hyphen_values = true)]
    pub input_nodata: Option<NodataOrNone>,
}

impl ReadWords {
    /// What they mean, on top of what holds for all inputs.
    pub fn over(self, all: ReadOptions) -> ReadOptions {
        ReadOptions { nodata: self.input_nodata.map_or(all.nodata, Into::into) }
    }
}

/// What files declare of their samples, whatever these are.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "What it writes")]
pub struct DeclareOptions {
    /// Declare that samples stand for sample * scale + offset, and leave them as they are (cast --scale stores them so)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub declare_scale: Option<f64>,
    /// The offset of the same
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub declare_offset: Option<f64>,
}

/// Edges of a raster.
#[derive(Clone, Copy, Debug)]
pub struct Bounds([f64; 4]);

impl PlaceOptions {
    /// How every input is read.
    pub fn read_options(&self) -> ReadOptions {
        self.read.over(ReadOptions::default())
    }

    /// What they mean.
    pub fn placement(&self) -> Outcome<Placement> {
        let crs = self.crs.as_deref().map(crs).transpose()?;
        Ok(Placement { crs, bounds: self.bounds.map(|bounds| bounds.0) })
    }
}

fn crs(typed: &str) -> Outcome<Crs> {
    let text = match typed.strip_prefix('@') {
        Some(file) => option_file::read(file).map_err(|error| Stop::usage(format!("--crs '{typed}': cannot read {file}: {error}")))?,
        None => typed.to_owned(),
    };
    text.parse().map_err(|error: swath::raster::CrsError| Stop::usage(format!("--crs {error}")))
}

fn bounds(text: &str) -> Result<Bounds, String> {
    let wrong = || "WEST,SOUTH,EAST,NORTH is accepted, four numbers with west below east and south below north".to_owned();
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
    match numbers.as_deref() {
        Some(&[west, south, east, north]) if west < east && south < north => Ok(Bounds([west, south, east, north])),
        _ => Err(wrong()),
    }
}

/// `--metadata [BAND:]KEY=VALUE`.
pub fn item(text: &str) -> Result<MetadataItem, String> {
    let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("KEY=VALUE is accepted, or BAND:KEY=VALUE")?;
    let of_band = key.split_once(':').and_then(|(band, key)| Some((band.parse::<usize>().ok().filter(|&n| n > 0)?, key)));
    Ok(match of_band {
        Some((band, key)) if !key.is_empty() => MetadataItem::new(key, Some(band - 1), value),
        _ => MetadataItem::new(key, None, value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_of_the_raster_or_of_a_band() {
        assert_eq!(item("author=a=b"), Ok(MetadataItem::new("author", None, "a=b")));
        assert_eq!(item("2:DESCRIPTION=red"), Ok(MetadataItem::new("DESCRIPTION", Some(1), "red")));
        assert_eq!(item("dc:title=x"), Ok(MetadataItem::new("dc:title", None, "x")));
        assert!(item("author").is_err() && item("=x").is_err());
    }

    #[test]
    fn edges_are_four_ascending_numbers() {
        assert_eq!(bounds("-1, 2,3,4.5").unwrap().0, [-1.0, 2.0, 3.0, 4.5]);
        for wrong in ["", "1,2,3", "1,2,1,4", "1,2,3,2", "1,2,3,nan"] {
            assert!(bounds(wrong).is_err(), "{wrong}");
        }
    }
}
