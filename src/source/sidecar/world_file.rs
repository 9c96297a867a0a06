//! World files (`.tfw`, `.tifw`, `.wld`): six numbers that place a raster.

use crate::raster::Affine;

/// Names that a world file of a file may have, in the order in which GDAL looks for them.
pub(super) fn extensions(extension: &str) -> Vec<String> {
    let mut letters = extension.chars();
    let (first, last) = (letters.next(), letters.next_back());
    let short = first.zip(last).map(|(first, last)| format!("{first}{last}w"));
    let names = short.into_iter().chain([format!("{extension}w"), "wld".to_owned()]);
    names.flat_map(|name| [name.to_ascii_lowercase(), name.to_ascii_uppercase()]).collect()
}

/// The transform that a world file states: a line each for `a d b e`, and the centre of the first pixel.
pub(super) fn parse(text: &str) -> Option<Affine> {
    // A comma may stand for the point.
    let numbers = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(6).map(|line| line.replace(',', ".").parse().ok());
    let numbers: Vec<f64> = numbers.collect::<Option<_>>()?;
    let &[a, d, b, e, x, y] = numbers.as_slice() else { return None };
    let transform = Affine { a, b, c: x - 0.5 * (a + b), d, e, f: y - 0.5 * (d + e) };
    (numbers.iter().all(|n| n.is_finite()) && a * e != b * d).then_some(transform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_file_places_the_centre_of_the_first_pixel() {
        assert_eq!(parse("2\n0\n0\n-2\n100.5\n200.5\n"), Some(Affine::north_up(99.5, 201.5, 2.0, 2.0)));
        assert_eq!(parse("3,0\r\n0.0\r\n0\r\n-3\r\n100.5\r\n200.5"), Some(Affine::north_up(99.0, 202.0, 3.0, 3.0)));
        for wrong in ["", "1\n0\n0\n-1\n5", "1\n0\n0\n0\n5\n6", "1\n0\n0\nx\n5\n6", "nan\n0\n0\n-1\n5\n6"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_looked_for_as_gdal_does() {
        assert_eq!(extensions("tif"), ["tfw", "TFW", "tifw", "TIFW", "wld", "WLD"]);
        assert_eq!(extensions("tiff")[..4], ["tfw", "TFW", "tiffw", "TIFFW"]);
        assert_eq!(extensions(""), ["w", "W", "wld", "WLD"]);
    }
}
