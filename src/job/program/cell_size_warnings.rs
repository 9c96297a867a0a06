//! Sizes of cells that nothing says, or that contradict what is said.

use super::source::ProgramSource;
use crate::{
    graph::{CellSize, GridInfo},
    raster::{Georeferencing, Metadata, ModelType, SampleUnit, UNIT_ITEM},
    source::Source,
};
use std::sync::Arc;

/// An operator that goes by the size of a cell, and the band that its heights begin with.
pub(super) struct Measured {
    /// The node.
    pub node: usize,
    /// What its cells' size is taken from.
    pub cell_size: CellSize,
    /// Where the heights come from: a source, and a band of it, 0-based.
    pub heights: Option<(Arc<dyn Source>, usize)>,
}

/// A scale from here on is one of degrees: gdaldem's 111120 (metres) and 370400 (feet).
const SCALE_OF_DEGREES: std::ops::Range<f64> = 50_000.0..1_000_000.0;
/// Pixels larger than this are no degrees that a model of heights has.
const MOST_DEGREES: f64 = 0.1;

/// The unit of the samples of a band of a source.
pub(super) fn unit_of(source: &dyn Source, band: usize) -> SampleUnit {
    let profile = source.profile();
    let xml = profile.gdal_metadata.as_deref().unwrap_or_default();
    if xml.contains(UNIT_ITEM) {
        return SampleUnit::declared(&Metadata::parse(xml), band);
    }
    profile.georef.sample_unit_m.map_or(SampleUnit::Unstated, SampleUnit::Metres)
}

/// Warnings of what operators take for the size of a cell and the unit of heights.
pub(super) fn of(measured: &[Measured], sources: &[ProgramSource], grid: &GridInfo) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    let mut say = |warning: String| {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    let Some(name) = sources.first().map(|first| first.source.name()) else { return warnings };
    for Measured { cell_size, heights, .. } in measured {
        match *cell_size {
            CellSize::Unused => continue,
            CellSize::Scaled(x, y) => {
                if is_in_lengths(grid) && [x, y].iter().any(|scale| SCALE_OF_DEGREES.contains(scale)) {
                    say(format!("{name}: its coordinates are lengths, where a scale of {} is one of degrees", x.max(y)));
                }
                continue;
            }
            CellSize::FromGeoreferencing => {}
        }
        if grid.georef.transform.is_none() && !grid.georef.tiepoints.is_empty() {
            say(format!(
                "{name}: it is placed by control points alone: a cell is taken to be 1 long and wide, unless a scale says otherwise"
            ));
        } else if looks_like_degrees(grid) {
            say(format!(
                "{name}: its coordinates look like degrees, but no CRS says so: a cell is as long as they are, unless a CRS or a scale is given"
            ));
        }
        if let Some((source, band)) = heights
            && let SampleUnit::Other(unit) = unit_of(source.as_ref(), *band)
        {
            say(format!(
                "{}: the unit '{}' of band {} is no length that is known: its samples are taken for metres",
                source.name(),
                unit.escape_debug(),
                band + 1
            ));
        }
    }
    warnings
}

fn extent(grid: &GridInfo) -> Option<[f64; 4]> {
    let transform = grid.georef.transform?;
    let (cols, rows) = (grid.cols as f64, grid.rows as f64);
    let corners = [(0.0, 0.0), (cols, 0.0), (0.0, rows), (cols, rows)].map(|(col, row)| transform.apply(col, row));
    let (x, y) = (corners.map(|corner| corner.0), corners.map(|corner| corner.1));
    let least = |of: [f64; 4]| of.into_iter().fold(f64::INFINITY, f64::min);
    let most = |of: [f64; 4]| of.into_iter().fold(f64::NEG_INFINITY, f64::max);
    Some([least(x), least(y), most(x), most(y)])
}

fn is_within_the_earth([west, south, east, north]: [f64; 4]) -> bool {
    west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0
}

fn names_no_crs(georef: &Georeferencing) -> bool {
    georef.model_type() == ModelType::Other && !georef.has_crs()
}

fn looks_like_degrees(grid: &GridInfo) -> bool {
    let Some(transform) = grid.georef.transform else { return false };
    let (width, height) = (transform.a.hypot(transform.d), transform.b.hypot(transform.e));
    names_no_crs(&grid.georef) && width < MOST_DEGREES && height < MOST_DEGREES && extent(grid).is_some_and(is_within_the_earth)
}

fn is_in_lengths(grid: &GridInfo) -> bool {
    match grid.georef.model_type() {
        ModelType::Projected => true,
        ModelType::Geographic => false,
        ModelType::Other => extent(grid).is_some_and(|extent| !is_within_the_earth(extent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Affine;

    #[test]
    fn degrees_without_a_crs_are_known_by_their_size() {
        let of = |transform: Affine, crs: Option<&str>| {
            let mut georef = Georeferencing { transform: Some(transform), ..Georeferencing::default() };
            if let Some(crs) = crs {
                georef.set_crs(&crs.parse().unwrap());
            }
            let grid = GridInfo { cols: 100, rows: 100, georef };
            (looks_like_degrees(&grid), is_in_lengths(&grid))
        };
        assert_eq!(of(Affine::north_up(10.0, 50.0, 0.001, 0.001), None), (true, false));
        assert_eq!(of(Affine::north_up(10.0, 50.0, 0.001, 0.001), Some("EPSG:4326")), (false, false));
        assert_eq!(of(Affine::north_up(10.0, 50.0, 0.001, 0.001), Some("EPSG:32633")), (false, true));
        assert_eq!(of(Affine::north_up(0.0, 50.0, 0.5, 0.5), None), (false, false));
        assert_eq!(of(Affine::north_up(500_000.0, 50.0, 0.05, 0.05), None), (false, true));
    }
}
