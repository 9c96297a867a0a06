//! What a tree of WKT, of either version, says.

use super::{
    KeyValue, bound,
    definition::{Geographic, Keys, NO_WEB_MERCATOR, Named, Projected, TO_WGS84, Unit, Vertical, compound, keys_of, web_mercator},
    method::{self, METHODS, Parameter, Values},
    table,
    wkt::Node,
};

const GEOGRAPHIC: &[&str] = &["GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS", "BASEGEOGCRS", "BASEGEODCRS"];
const PROJECTED: &[&str] = &["PROJCS", "PROJCRS", "PROJECTEDCRS"];
const VERTICAL: &[&str] = &["VERT_CS", "VERTCRS", "VERTICALCRS"];
const COMPOUND: &[&str] = &["COMPD_CS", "COMPOUNDCRS"];
/// EPSG's code of the transverse Mercator whose axes point to the south and the west.
const SOUTH_ORIENTATED: u16 = 9808;
/// Names of web Mercator's method, which is spherical on an ellipsoid and has no code among GeoKeys.
const WEB_MERCATOR: [&str; 2] = ["popularvisualisationpseudomercator", "mercatorauxiliarysphere"];

/// The name and keys of a CRS.
///
/// # Errors
/// What is not understood, or has no keys.
pub(super) fn keys(node: &Node) -> Result<(String, Keys), String> {
    let keyword = node.keyword.as_str();
    if keyword == "BOUNDCRS" {
        let source = node.child(&["SOURCECRS"]).and_then(|source| source.nodes.first());
        let (name, mut keys) = keys(source.ok_or("it has no source CRS")?)?;
        put_shift(&mut keys, bound::shift(node)?);
        return Ok((name, keys));
    }
    // A code that is not in the registry of this program may be in the reader's.
    if let Some(code) = node.epsg().filter(|&code| table::find(code).is_some()) {
        let mut keys = keys_of(code)?;
        put_shift(&mut keys, shift_within(node));
        return Ok((node.name().to_owned(), keys));
    }
    let name = node.name().to_owned();
    if node.child(&["CS"]).and_then(|cs| cs.numbers.first()).is_some_and(|&axes| axes > 2.0) {
        return Err("it has three axes; give a CRS of two, or one with a vertical CRS".to_owned());
    }
    let cartesian = node.child(&["CS"]).is_some_and(|cs| cs.nodes.iter().any(|kind| kind.keyword == "CARTESIAN"));
    match keyword {
        _ if PROJECTED.contains(&keyword) => projected(node).map(|keys| (name, keys)),
        _ if GEOGRAPHIC.contains(&keyword) && !cartesian => Ok((name, geographic(node)?.keys())),
        _ if COMPOUND.contains(&keyword) => together(node).map(|keys| (name, keys)),
        _ if VERTICAL.contains(&keyword) => Err("a vertical CRS alone does not place a raster".to_owned()),
        _ => Err(format!("{keyword} is not accepted: a geographic or projected CRS, or one of these with a vertical one")),
    }
}

/// Adds a shift to WGS 84, in the place of any other.
fn put_shift(keys: &mut Keys, shift: Vec<f64>) {
    if shift.iter().any(|number| *number != 0.0) {
        keys.retain(|key| key.0 != TO_WGS84);
        keys.push((TO_WGS84, KeyValue::Double(shift)));
    }
}

/// What version 1 says of the shift to WGS 84, wherever it stands in a CRS; nothing is as good as zeroes.
fn shift_within(node: &Node) -> Vec<f64> {
    if node.keyword == "TOWGS84" {
        let mut shift = node.numbers.clone();
        shift.truncate(7);
        return shift;
    }
    node.nodes.iter().map(shift_within).find(|shift| !shift.is_empty()).unwrap_or_default()
}

fn together(node: &Node) -> Result<Keys, String> {
    let across = node.child(&[PROJECTED, GEOGRAPHIC, &["BOUNDCRS"]].concat()).ok_or("it has no geographic or projected part")?;
    let up = node.child(VERTICAL).ok_or("it has no vertical part")?;
    let vertical = Vertical {
        id: Named { name: up.name().to_owned(), code: up.epsg() },
        unit: unit(up, &["LENGTHUNIT", "UNIT"]).unwrap_or_else(Unit::metre),
    };
    if let (Some(across), Some(up)) = (across.epsg(), vertical.id.code)
        && let Ok(mut keys) = compound(across, up, node.name())
    {
        put_shift(&mut keys, shift_within(node));
        return Ok(keys);
    }
    let (_, mut keys) = keys(across)?;
    keys.retain(|key| key.0 != 1026);
    keys.push((1026, KeyValue::Text(node.name().to_owned())));
    vertical.add_to(&mut keys);
    Ok(keys)
}

/// The unit of a CRS: its own, or that of its first axis.
fn unit(node: &Node, keywords: &[&str]) -> Option<Unit> {
    let found = node.child(keywords).or_else(|| node.child(&["AXIS"])?.child(keywords))?;
    let factor = found.numbers.first().copied().filter(|&factor| factor > 0.0)?;
    Some(Unit::new(found.name(), factor))
}

fn geographic(node: &Node) -> Result<Geographic, String> {
    axes(node, false)?;
    let datum = node.child(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"]).ok_or_else(|| format!("'{}' has no datum", node.name()))?;
    let ellipsoid = datum.child(&["ELLIPSOID", "SPHEROID"]).ok_or_else(|| format!("'{}' has no ellipsoid", datum.name()))?;
    let (axis, flattening) = match ellipsoid.numbers[..] {
        [axis, flattening, ..] if axis > 0.0 && flattening >= 0.0 => (axis, flattening),
        _ => return Err(format!("'{}' has no axis and flattening", ellipsoid.name())),
    };
    let angle = &["ANGLEUNIT", "UNIT"];
    let unit_of_angle = unit(node, angle).unwrap_or_else(Unit::degree);
    let meridian = node.child(&["PRIMEM", "PRIMEMERIDIAN"]);
    let meridian_unit = meridian.and_then(|m| unit(m, angle)).unwrap_or_else(|| unit_of_angle.clone());
    let mut found = Geographic {
        id: Named { name: node.name().to_owned(), code: node.epsg() },
        datum: Named { name: datum.name().to_owned(), code: datum.epsg() },
        ellipsoid: Named { name: ellipsoid.name().to_owned(), code: ellipsoid.epsg() },
        semi_major_m: axis * unit(ellipsoid, &["LENGTHUNIT", "UNIT"]).map_or(1.0, |unit| unit.factor),
        inverse_flattening: flattening,
        meridian: meridian.map_or("Greenwich", Node::name).to_owned(),
        meridian_at: meridian.and_then(|m| m.numbers.first()).map_or(0.0, |at| at * meridian_unit.per(&unit_of_angle)),
        unit: unit_of_angle,
        to_wgs84: datum.child(&["TOWGS84"]).map(|shift| shift.numbers.clone()).unwrap_or_default(),
    };
    found.to_wgs84.truncate(7);
    if found.id.code.is_none() && found.meridian_at == 0.0 && found.unit.per(&Unit::degree()) == 1.0 {
        found.id.code = code_of(&found);
    }
    if let (Some(code), true) = (found.id.code, found.id.name.starts_with("GCS_"))
        && let Some(entry) = table::find(code)
    {
        // Esri's name of what EPSG names otherwise.
        found.id.name = entry.name().to_owned();
    }
    Ok(found)
}

/// A CRS of the registry whose datum is known by name, and whose ellipsoid is the one that was given.
fn code_of(given: &Geographic) -> Option<u16> {
    let code = Geographic::code_of_datum(&given.datum.name)?;
    match table::find(code)? {
        table::Entry::Geographic { semi_major_m, inverse_flattening, .. } => {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6 * b;
            (near(given.semi_major_m, semi_major_m) && near(given.inverse_flattening, inverse_flattening)).then_some(code)
        }
        _ => None,
    }
}

fn projected(node: &Node) -> Result<Keys, String> {
    let base = geographic(node.child(GEOGRAPHIC).ok_or("it has no geographic CRS")?)?;
    let length = &["LENGTHUNIT", "UNIT"];
    let own_unit = unit(node, length).unwrap_or_else(Unit::metre);
    let conversion = node.child(&["CONVERSION"]).unwrap_or(node);
    let named = conversion.child(&["METHOD", "PROJECTION"]).ok_or("it has no projection method")?;
    let mut values = Values::default();
    for parameter in conversion.nodes.iter().filter(|node| node.keyword == "PARAMETER") {
        let value = *parameter.numbers.first().ok_or_else(|| format!("parameter '{}' has no value", parameter.name()))?;
        let Some(meaning) = Parameter::named(parameter.name()) else {
            if value == 0.0 {
                continue;
            }
            return Err(format!("parameter '{}' is not known", parameter.name()));
        };
        // Version 2 gives each its unit; in version 1 they are in those of the two CRSs.
        let factor =
            |keywords: &[&str], otherwise: &Unit, wanted: &Unit| unit(parameter, keywords).as_ref().unwrap_or(otherwise).per(wanted);
        values.set(
            meaning,
            match meaning {
                _ if meaning.is_angle() => value * factor(&["ANGLEUNIT", "UNIT"], &base.unit, &Unit::degree()),
                _ if meaning.is_length() => value * factor(length, &own_unit, &own_unit),
                _ => value,
            },
        );
    }
    let web = WEB_MERCATOR.contains(&method::plain(named.name()).as_str()) || named.epsg() == Some(1024);
    if web {
        return if base.id.code == Some(4326) { web_mercator(&values, &own_unit) } else { Err(NO_WEB_MERCATOR.to_owned()) };
    }
    axes(node, named.epsg() == Some(SOUTH_ORIENTATED) || method::plain(named.name()).contains("southorient"))?;
    let method = method::by_name(named.name(), named.epsg(), &mut values).ok_or_else(|| no_method(named.name()))?;
    let crs = Projected { id: Named { name: node.name().to_owned(), code: node.epsg() }, base, method, values, unit: own_unit };
    crs.keys().map_err(|problem| format!("'{}' {problem}", named.name()))
}

/// Refuses axes that count the other way: GeoKeys cannot say so. Of polar CRSs both axes point away from the pole, or to it.
fn axes(node: &Node, south_orientated: bool) -> Result<(), String> {
    let directions = node.nodes.iter().filter(|node| node.keyword == "AXIS").filter_map(|axis| axis.nodes.first());
    let directions: Vec<&str> = directions.map(|direction| direction.keyword.as_str()).collect();
    let is = |direction: &str| directions.contains(&direction);
    match is("WEST") || is("SOUTH") && (is("EAST") || is("NORTH")) {
        true if !south_orientated => {
            Err(format!("its axes point to the {}: GeoKeys count to the east and the north", directions.join(" and the ").to_lowercase()))
        }
        _ => Ok(()),
    }
}

/// A method that cannot be written.
pub(super) fn no_method(name: &str) -> String {
    let mut names: Vec<&str> = METHODS.iter().map(|method| method.proj).filter(|name| !name.is_empty()).collect();
    names.dedup();
    format!("projection method '{name}' has no GeoKeys here; those of PROJ's {} have", names.join(", "))
}
