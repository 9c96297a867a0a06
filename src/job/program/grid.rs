//! The one grid that the sources of a job share: where they are apart, and what CRS they name.

use super::source::ProgramSource;
use crate::{
    error::{Error, Result},
    graph::{GridInfo, Placement},
    raster::{Affine, Georeferencing, Profile},
};

/// How far the corners of two rasters may be apart, in pixels: less than any resampling could tell, more than writers round.
const APART_PIXELS: f64 = 1e-3;

/// The grid of all sources, by the first.
///
/// # Errors
/// [`Error::Usage`] where another source has another shape or place, saying how far it is away.
pub(super) fn of(sources: &[ProgramSource], placement: &Placement) -> Result<GridInfo> {
    let Some(ProgramSource { source: first, .. }) = sources.first() else {
        return Err(Error::Usage { what: "job", given: "no output".to_owned(), accepted: "at least one raster to write".to_owned() });
    };
    let profile = first.profile();
    if profile.cols == 0 || profile.rows == 0 || profile.bands == 0 {
        return Err(Error::Input { name: first.name(), problem: "the raster has no pixels".to_owned() });
    }
    for ProgramSource { source: other, .. } in &sources[1..] {
        if let Some(difference) = difference((&first.name(), profile), other.profile(), placement.bounds.is_some()) {
            let accepted = format!("{difference}; rasters of one job share a grid");
            return Err(Error::Usage { what: "grid of", given: other.name(), accepted });
        }
    }
    let mut georef = profile.georef.clone();
    placement.apply(&mut georef, profile.cols, profile.rows);
    Ok(GridInfo { cols: profile.cols, rows: profile.rows, georef })
}

/// How `other` differs from the first source; `None` where both have one grid.
fn difference((name, first): (&str, &Profile), other: &Profile, placed: bool) -> Option<String> {
    if (first.cols, first.rows) != (other.cols, other.rows) {
        return Some(format!("it has {} x {} pixels, where {name} has {} x {}", other.cols, other.rows, first.cols, first.rows));
    }
    if placed {
        return None;
    }
    match (first.georef.transform, other.georef.transform) {
        (None, None) => None,
        (Some(_), None) => Some(format!("it says nothing of its place, and {name} does")),
        (None, Some(_)) => Some(format!("it says where it is placed, and {name} does not")),
        (Some(a), Some(b)) => apart(&a, &b, first.cols, first.rows).map(|apart| format!("{apart} {name}")),
    }
}

fn apart(first: &Affine, other: &Affine, cols: usize, rows: usize) -> Option<String> {
    let (cols, rows) = (cols as f64, rows as f64);
    let corners = [("upper left", 0.0, 0.0), ("upper right", cols, 0.0), ("lower left", 0.0, rows), ("lower right", cols, rows)];
    let determinant = first.a * first.e - first.b * first.d;
    let distance = |(_, col, row): (&str, f64, f64)| {
        // Not by way of coordinates, which are large: the transforms' differences, in pixels.
        let x = (other.a - first.a) * col + (other.b - first.b) * row + (other.c - first.c);
        let y = (other.d - first.d) * col + (other.e - first.e) * row + (other.f - first.f);
        let (in_cols, in_rows) = ((first.e * x - first.b * y) / determinant, (first.a * y - first.d * x) / determinant);
        in_cols.abs().max(in_rows.abs())
    };
    let farthest = corners.into_iter().max_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
    let far = distance(farthest);
    // A distance that is no number is none that is small.
    let agree = far <= APART_PIXELS;
    (!agree).then(|| format!("its {} corner is {} pixels away from that of", farthest.0, rounded(far)))
}

/// Four digits of a number.
fn rounded(number: f64) -> String {
    if (1e-3..1e6).contains(&number) { format!("{}", (number * 1e4).round() / 1e4) } else { format!("{number:.3e}") }
}

/// Warnings of CRSs that differ from each other, or from one that is put in their place.
pub(super) fn crs_warnings(sources: &[ProgramSource], placement: &Placement) -> Vec<String> {
    let named =
        sources.iter().map(|ProgramSource { source, .. }| (source.name(), &source.profile().georef)).filter(|(_, georef)| georef.has_crs());
    let mut warnings = Vec::new();
    if let Some(crs) = &placement.crs {
        let mut given = Georeferencing::default();
        given.set_crs(crs);
        for (name, georef) in named {
            if !georef.same_crs(&given) {
                warnings.push(format!(
                    "{name}: its CRS is {}, and {} is put in its place; nothing is reprojected",
                    said(georef),
                    said(&given)
                ));
            }
        }
        return warnings;
    }
    let mut named = named;
    let Some((first, of_first)) = named.next() else { return warnings };
    for (name, georef) in named {
        if !georef.same_crs(of_first) {
            warnings.push(format!("{name}: its CRS is {}, and that of {first} is {}; both are taken as one", said(georef), said(of_first)));
        }
    }
    warnings
}

/// A CRS for a message.
fn said(georef: &Georeferencing) -> String {
    match (georef.epsg(), georef.crs_name()) {
        (Some(code), Some(name)) => format!("EPSG:{code} ({name})"),
        (Some(code), None) => format!("EPSG:{code}"),
        (None, name) => format!("'{}'", name.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::SampleType;

    fn placed(transform: Option<Affine>) -> Profile {
        let mut profile = Profile::new(200, 100, 1, SampleType::F32);
        profile.georef.transform = transform;
        profile
    }

    #[test]
    fn grids_agree_within_a_thousandth_of_a_pixel() {
        let first = placed(Some(Affine::north_up(500_000.0, 4_000_000.0, 30.0, 30.0)));
        let with = |x, width| placed(Some(Affine::north_up(x, 4_000_000.0, width, 30.0)));
        assert_eq!(difference(("a", &first), &with(500_000.0, 30.000_000_000_000_004), false), None);
        assert_eq!(difference(("a", &first), &with(500_000.02, 30.0), false), None);
        assert_eq!(
            difference(("a", &first), &with(500_000.3, 30.0), false).unwrap(),
            "its lower right corner is 0.01 pixels away from that of a"
        );
        // A pixel that is a little larger adds up across the raster.
        assert!(difference(("a", &first), &with(500_000.0, 30.000_3), false).unwrap().contains("right corner is 0.002 pixels"));
        assert_eq!(difference(("a", &first), &with(0.0, 30.0), true), None);
        assert!(difference(("a", &first), &placed(None), false).unwrap().contains("says nothing of its place"));
        assert!(difference(("a", &placed(None)), &first, false).unwrap().contains("and a does not"));
        let smaller = Profile::new(199, 100, 1, SampleType::F32);
        assert_eq!(difference(("a", &first), &smaller, false).unwrap(), "it has 199 x 100 pixels, where a has 200 x 100");
        let turned = |angle: f64| {
            let (sin, cos) = angle.sin_cos();
            placed(Some(Affine { a: 30.0 * cos, b: 30.0 * sin, c: 0.0, d: 30.0 * sin, e: -30.0 * cos, f: 0.0 }))
        };
        assert_eq!(difference(("a", &turned(0.5)), &turned(0.5 + 1e-6), false), None);
        assert!(difference(("a", &turned(0.5)), &turned(0.5 + 1e-5), false).is_some());
    }
}
