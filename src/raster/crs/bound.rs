//! `BOUNDCRS` of WKT 2: a CRS and how its datum is shifted to WGS 84, which `GeogTOWGS84GeoKey` can say of three methods.

use super::{definition::Geographic, method::plain, wkt::Node};

/// EPSG's codes of methods: translations, and rotations as the key counts them or the other way round. Each is there for
/// geographic coordinates of two and of three axes, and for geocentric ones: their numbers mean the same.
const TRANSLATIONS: [u16; 3] = [9603, 1031, 1035];
const POSITION_VECTOR: [u16; 3] = [9606, 1033, 1037];
const COORDINATE_FRAME: [u16; 3] = [9607, 1032, 1038];
/// The numbers of the key, in its order: names without blanks, and codes.
const PARAMETERS: [(&str, u16); 7] = [
    ("xaxistranslation", 8605),
    ("yaxistranslation", 8606),
    ("zaxistranslation", 8607),
    ("xaxisrotation", 8608),
    ("yaxisrotation", 8609),
    ("zaxisrotation", 8610),
    ("scaledifference", 8611),
];
/// Arc-seconds in a radian.
const ARC_SECONDS: f64 = 180.0 * 3600.0 / std::f64::consts::PI;

/// Three translations in metres, or these, three rotations in arc-seconds (of the position vector) and a scale in parts per
/// million: `GeogTOWGS84GeoKey`.
///
/// # Errors
/// What the key cannot say.
pub(super) fn shift(bound: &Node) -> Result<Vec<f64>, String> {
    let target = bound.child(&["TARGETCRS"]).and_then(|target| target.nodes.first()).ok_or("its BOUNDCRS has no target")?;
    let datum = target.child(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"]);
    let is_wgs_84 =
        matches!(target.epsg(), Some(4326 | 4979 | 4978)) || datum.is_some_and(|d| Geographic::code_of_datum(d.name()) == Some(4326));
    if !is_wgs_84 {
        return Err(format!("its BOUNDCRS leads to '{}', where GeoKeys lead to WGS 84 alone", target.name()));
    }
    let given = bound.child(&["ABRIDGEDTRANSFORMATION"]).ok_or("its BOUNDCRS has no transformation")?;
    let method = given.child(&["METHOD", "PROJECTION"]).ok_or("the transformation of its BOUNDCRS has no method")?;
    let (count, turn) = kind(method).ok_or_else(|| format!("the method '{}' of its BOUNDCRS has no GeoKeys", method.name()))?;
    let mut shift = vec![0.0; count];
    for parameter in given.nodes.iter().filter(|node| node.keyword == "PARAMETER") {
        let (name, code) = (plain(parameter.name()), parameter.epsg());
        let place = PARAMETERS.iter().position(|known| known.0 == name || Some(known.1) == code).filter(|place| *place < count);
        let place = place.ok_or_else(|| format!("the parameter '{}' of its BOUNDCRS has no GeoKey", parameter.name()))?;
        let value = parameter.numbers.first().ok_or_else(|| format!("parameter '{}' has no value", parameter.name()))?;
        let factor = |keywords: &[&str]| parameter.child(keywords).and_then(|unit| unit.numbers.first().copied());
        shift[place] = match place {
            0..3 => value * factor(&["LENGTHUNIT", "UNIT"]).unwrap_or(1.0),
            // Arc-seconds, unless a unit is given (in radians).
            3..6 => turn * value * factor(&["ANGLEUNIT", "UNIT"]).map_or(1.0, |radians| radians * ARC_SECONDS),
            _ => parts_per_million(*value, factor(&["SCALEUNIT", "UNIT"]))?,
        };
    }
    Ok(shift)
}

/// How many numbers the key has for a method, and the sign of its rotations.
fn kind(method: &Node) -> Option<(usize, f64)> {
    let (name, code) = (plain(method.name()), method.epsg().unwrap_or_default());
    let is = |names: &str, codes: [u16; 3]| codes.contains(&code) || name.starts_with(names);
    match () {
        () if is("geocentrictranslations", TRANSLATIONS) => Some((3, 1.0)),
        () if is("positionvector", POSITION_VECTOR) => Some((7, 1.0)),
        () if is("coordinateframe", COORDINATE_FRAME) => Some((7, -1.0)),
        () => None,
    }
}

/// An abridged transformation states the scale itself, such as 1.0000067; with a unit it may be its difference from 1.
fn parts_per_million(value: f64, unit: Option<f64>) -> Result<f64, String> {
    /// More than any datum is larger than another.
    const MOST: f64 = 0.01;
    let difference = match unit {
        Some(factor) if factor != 1.0 => value * factor,
        _ => value - 1.0,
    };
    if difference.abs() > MOST {
        return Err(format!("a scale of {value} in its BOUNDCRS, where about 1 is expected"));
    }
    // What the subtraction left of the digits.
    Ok((difference * 1e15).round() / 1e9)
}
