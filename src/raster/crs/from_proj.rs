//! What a PROJ string says.

use super::{
    KeyValue,
    definition::{Geographic, Keys, NO_WEB_MERCATOR, Named, Projected, Unit, keys_of, web_mercator},
    from_wkt::no_method,
    method::{self, Parameter, Values},
};
use std::collections::BTreeMap;

/// Ellipsoids by PROJ's names: name, EPSG's code if readers know the ellipsoid by it, semi-major axis in metres,
/// inverse flattening.
const ELLIPSOIDS: &[(&str, &str, Option<u16>, f64, f64)] = &[
    ("WGS84", "WGS84", Some(7030), 6_378_137.0, 298.257_223_563),
    ("GRS80", "GRS80", Some(7019), 6_378_137.0, 298.257_222_101),
    ("airy", "Airy 1830", None, 6_377_563.396, 299.324_964_6),
    ("mod_airy", "Airy Modified 1849", None, 6_377_340.189, 299.324_964_6),
    ("bessel", "Bessel 1841", None, 6_377_397.155, 299.152_812_8),
    ("clrk66", "Clarke 1866", Some(7008), 6_378_206.4, 294.978_698_213_898_2),
    ("clrk80ign", "Clarke 1880 (IGN).", None, 6_378_249.2, 293.466_021_293_626_9),
    ("clrk80", "Clarke 1880 mod.", None, 6_378_249.145, 293.466_3),
    ("intl", "International 1924 (Hayford 1909, 1910)", None, 6_378_388.0, 297.0),
    ("krass", "Krassovsky, 1942", None, 6_378_245.0, 298.3),
    ("evrst30", "Everest 1830", None, 6_377_276.345, 300.8017),
    ("aust_SA", "Australian Natl & S. Amer. 1969", None, 6_378_160.0, 298.25),
    ("GRS67", "GRS 67(IUGG 1967)", None, 6_378_160.0, 298.247_167_427),
    ("helmert", "Helmert 1906", None, 6_378_200.0, 298.3),
    ("WGS72", "WGS 72", None, 6_378_135.0, 298.26),
    ("WGS66", "WGS 66", None, 6_378_145.0, 298.25),
    ("sphere", "Normal Sphere (r=6370997)", None, 6_370_997.0, 0.0),
];

/// Datums by PROJ's names: ellipsoid, geographic CRS or else datum of EPSG.
const DATUMS: &[(&str, &str, Option<u16>, Option<u16>)] = &[
    ("WGS84", "WGS84", Some(4326), None),
    ("NAD83", "GRS80", Some(4269), None),
    ("NAD27", "clrk66", Some(4267), None),
    ("OSGB36", "airy", None, Some(6277)),
    ("GGRS87", "GRS80", None, Some(6121)),
    ("potsdam", "bessel", None, Some(6314)),
    ("carthage", "clrk80ign", None, Some(6223)),
    ("hermannskogel", "bessel", None, Some(6312)),
    ("ire65", "mod_airy", None, Some(6299)),
    ("nzgd49", "intl", None, Some(6272)),
];

/// Prime meridians, degrees east of Greenwich.
const MERIDIANS: &[(&str, &str, f64)] = &[
    ("greenwich", "Greenwich", 0.0),
    ("paris", "Paris", 2.337_229_17),
    ("lisbon", "Lisbon", -9.131_906_111_11),
    ("bogota", "Bogota", -74.080_916_666_67),
    ("madrid", "Madrid", -3.687_938_888_89),
    ("rome", "Rome", 12.452_333_333_33),
    ("bern", "Bern", 7.439_583_333_33),
    ("jakarta", "Jakarta", 106.807_719_444_44),
    ("ferro", "Ferro", -17.666_666_666_67),
    ("brussels", "Brussels", 4.367_975),
    ("stockholm", "Stockholm", 18.058_277_777_78),
    ("athens", "Athens", 23.716_337_5),
    ("oslo", "Oslo", 10.722_916_666_67),
];

const UNITS: &[(&str, &str, f64)] = &[
    ("m", "metre", 1.0),
    ("km", "kilometre", 1000.0),
    ("cm", "centimetre", 0.01),
    ("ft", "foot", 0.3048),
    ("us-ft", "US survey foot", 1200.0 / 3937.0),
    ("yd", "yard", 0.9144),
    ("mi", "Statute mile", 1609.344),
    ("kmi", "nautical mile", 1852.0),
];

/// Words that say nothing of place.
const SILENT: [&str; 3] = ["no_defs", "type", "wktext"];

/// What was said, each word taken once.
struct Words<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Result<Self, String> {
        let mut words = BTreeMap::new();
        for word in text.split_whitespace() {
            let word = word.strip_prefix('+').unwrap_or(word);
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            if SILENT.contains(&key) {
                continue;
            }
            if words.insert(key, value).is_some_and(|before| before != value) {
                return Err(format!("+{key} is given twice"));
            }
        }
        Ok(Self(words))
    }

    fn take(&mut self, key: &str) -> Option<&'a str> {
        self.0.remove(key)
    }

    fn number(&mut self, key: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.take(key) else { return Ok(None) };
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.map(Some).ok_or_else(|| format!("+{key}={text} is no plain number"))
    }
}

/// The keys of a PROJ string.
///
/// # Errors
/// What is not understood, or has no keys.
pub(super) fn keys(text: &str) -> Result<Keys, String> {
    let mut words = Words::of(text)?;
    if let Some(init) = words.take("init") {
        let code = init.to_ascii_lowercase().strip_prefix("epsg:").and_then(|code| code.parse().ok());
        let code: u16 = code.ok_or_else(|| format!("+init={init} names no EPSG code"))?;
        let keys = keys_of(code)?;
        // The definition that some programs write behind the code may only say the same.
        let alone = words.0.is_empty();
        if alone || words.0.contains_key("proj") && of_words(words)?.contains(&(PROJECTED_CRS, KeyValue::Short(code))) {
            return Ok(keys);
        }
        return Err(format!("+init={init} says all, so that other words beside it may only be those of the same UTM zone"));
    }
    of_words(words)
}

/// `ProjectedCRSGeoKey`.
const PROJECTED_CRS: u16 = 3072;
/// Radius of web Mercator's sphere.
const WEB_RADIUS_M: f64 = 6_378_137.0;

fn of_words(mut words: Words<'_>) -> Result<Keys, String> {
    let projection = words.take("proj").ok_or("+proj is missing")?;
    // Grids and axes other than these would change what coordinates mean.
    let mut is_neutral = |key: &str, neutral: &str| {
        let is = words.0.get(key).is_some_and(|value| *value == neutral);
        is.then(|| words.take(key)).is_some()
    };
    is_neutral("axis", "enu");
    let no_grids = is_neutral("nadgrids", "@null");
    let base = base(&mut words)?;
    if matches!(projection, "mill" | "vandg") && words.take("R_A").is_none() && base.inverse_flattening != 0.0 {
        // So readers of the keys have it; without the word PROJ takes the semi-major axis.
        return Err(format!("+proj={projection} has GeoKeys on a sphere, or with +R_A"));
    }
    let keys = if matches!(projection, "longlat" | "latlong" | "lonlat" | "latlon") {
        // Angles are degrees, whatever the unit of lengths.
        if words.0.get("units").is_some_and(|unit| ["m", "deg", "degree", "degrees"].contains(unit)) {
            words.take("units");
        }
        base.keys()
    } else {
        let unit = unit(&mut words)?;
        let mut values = Values::default();
        let method = match projection {
            "utm" => utm(&mut words, &mut values, &unit)?,
            "webmerc" => method("merc", &mut words, &mut values, &unit)?,
            _ => method(projection, &mut words, &mut values, &unit)?,
        };
        // On its sphere, with latitudes that are taken as those of WGS 84.
        let is_web = projection == "merc" && no_grids && base.semi_major_m == WEB_RADIUS_M && base.inverse_flattening == 0.0;
        let id = Named { name: "unknown".to_owned(), code: None };
        if projection == "webmerc" {
            let on_wgs84 = matches!(base.id.code, None | Some(4326))
                && base.semi_major_m == WEB_RADIUS_M
                && base.meridian_at == 0.0
                && base.to_wgs84.iter().all(|n| *n == 0.0);
            if on_wgs84 { web_mercator(&values, &unit)? } else { return Err(NO_WEB_MERCATOR.to_owned()) }
        } else if let (true, Ok(keys)) = (is_web && base.meridian_at == 0.0, web_mercator(&values, &unit)) {
            keys
        } else {
            let crs = Projected { id, base, method, values, unit };
            crs.keys().map_err(|problem| format!("+proj={projection} {problem}"))?
        }
    };
    match words.0.keys().next() {
        Some(left) => Err(format!("+{left} is not known, or has no GeoKeys beside +proj={projection}")),
        None => Ok(keys),
    }
}

fn base(words: &mut Words<'_>) -> Result<Geographic, String> {
    let datum = match words.take("datum") {
        None => None,
        Some(name) => {
            let found = DATUMS.iter().find(|datum| datum.0.eq_ignore_ascii_case(name));
            Some(found.ok_or_else(|| format!("+datum={name} is not known: {}", list(DATUMS.iter().map(|d| d.0))))?)
        }
    };
    let (semi_major_m, inverse_flattening, name, code) = ellipsoid(words, datum.map(|d| d.1))?;
    if semi_major_m <= 0.0 || inverse_flattening < 0.0 {
        return Err(format!("its ellipsoid has a semi-major axis of {semi_major_m} and an inverse flattening of {inverse_flattening}"));
    }
    let own = |datum: &str| ELLIPSOIDS.iter().find(|e| e.0 == datum).is_some_and(|e| (e.3, e.4) == (semi_major_m, inverse_flattening));
    if let Some(datum) = datum.filter(|datum| !own(datum.1)) {
        return Err(format!("+datum={} has an ellipsoid of its own, and another one is given", datum.0));
    }
    let to_wgs84 = match words.take("towgs84") {
        None => Vec::new(),
        Some(text) => {
            let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
            let accepted = numbers.filter(|numbers| matches!(numbers.len(), 3 | 7));
            accepted.ok_or_else(|| format!("+towgs84={text}: 3 or 7 numbers are accepted"))?
        }
    };
    let (meridian, meridian_at) = match words.take("pm") {
        None => ("Greenwich".to_owned(), 0.0),
        Some(text) => match MERIDIANS.iter().find(|m| m.0.eq_ignore_ascii_case(text)) {
            Some(found) => (found.1.to_owned(), found.2),
            None => (
                "unknown".to_owned(),
                text.parse()
                    .ok()
                    .filter(|at: &f64| at.is_finite())
                    .ok_or_else(|| format!("+pm={text} is not known: degrees, {}", list(MERIDIANS.iter().map(|m| m.0))))?,
            ),
        },
    };
    // That of WGS 84 to itself is none.
    let unshifted = |datum: &str| to_wgs84.is_empty() || datum == "WGS84" && to_wgs84.iter().all(|n| *n == 0.0);
    let known = datum.filter(|datum| unshifted(datum.0) && meridian_at == 0.0);
    let shift: Vec<String> = to_wgs84.iter().map(f64::to_string).collect();
    let using = if shift.is_empty() { String::new() } else { format!(" using towgs84={}", shift.join(",")) };
    let datum_name = if name == "unknown" { "unknown".to_owned() } else { format!("Unknown based on {name} ellipsoid{using}") };
    Ok(Geographic {
        id: Named { name: "unknown".to_owned(), code: known.and_then(|d| d.2) },
        datum: Named { name: datum_name, code: known.and_then(|d| d.3) },
        ellipsoid: Named { name, code },
        semi_major_m,
        inverse_flattening,
        meridian,
        meridian_at,
        unit: Unit::degree(),
        to_wgs84,
    })
}

/// Axis, inverse flattening, name and code.
fn ellipsoid(words: &mut Words<'_>, of_datum: Option<&str>) -> Result<(f64, f64, String, Option<u16>), String> {
    let named = words.take("ellps").or(of_datum);
    let (radius, axis, minor) = (words.number("R")?, words.number("a")?, words.number("b")?);
    let (inverse, flattening) = (words.number("rf")?, words.number("f")?);
    if let Some(radius) = radius {
        return Ok((radius, 0.0, "unknown".to_owned(), None));
    }
    if let Some(axis) = axis {
        let inverse = match (inverse, flattening, minor) {
            (Some(inverse), ..) => inverse,
            (_, Some(0.0), _) | (None, None, None) => 0.0,
            (_, Some(flattening), _) => 1.0 / flattening,
            (.., Some(minor)) if minor == axis => 0.0,
            (.., Some(minor)) => axis / (axis - minor),
        };
        return Ok((axis, inverse, "unknown".to_owned(), None));
    }
    // PROJ's own default.
    let name = named.unwrap_or("GRS80");
    let found = ELLIPSOIDS.iter().find(|e| e.0.eq_ignore_ascii_case(name));
    let &(_, name, code, axis, inverse) =
        found.ok_or_else(|| format!("+ellps={name} is not known: {}", list(ELLIPSOIDS.iter().map(|e| e.0))))?;
    Ok((axis, inverse, name.to_owned(), code))
}

fn unit(words: &mut Words<'_>) -> Result<Unit, String> {
    let (named, factor) = (words.take("units"), words.number("to_meter")?);
    match (factor, named) {
        (Some(factor), _) if factor > 0.0 => Ok(Unit::new("unknown", factor)),
        (Some(factor), _) => Err(format!("+to_meter={factor}: a number above 0 is accepted")),
        (None, Some(name)) => {
            let found = UNITS.iter().find(|unit| unit.0 == name);
            found
                .map(|unit| Unit::new(unit.1, unit.2))
                .ok_or_else(|| format!("+units={name} is not known: {}", list(UNITS.iter().map(|u| u.0))))
        }
        (None, None) => Ok(Unit::metre()),
    }
}

fn utm(words: &mut Words<'_>, values: &mut Values, unit: &Unit) -> Result<&'static method::Method, String> {
    let zone =
        words.number("zone")?.filter(|zone| zone.fract() == 0.0 && (1.0..=60.0).contains(zone)).ok_or("+zone: 1 to 60 is accepted")?;
    let south = words.take("south").is_some();
    let northing = if south { 10_000_000.0 } else { 0.0 };
    for (parameter, value) in [
        (Parameter::Latitude, 0.0),
        (Parameter::Longitude, zone * 6.0 - 183.0),
        (Parameter::Scale, 0.9996),
        (Parameter::Easting, 500_000.0 / unit.factor),
        (Parameter::Northing, northing / unit.factor),
    ] {
        values.set(parameter, value);
    }
    method::of_code(1).ok_or_else(|| no_method("utm"))
}

fn method(name: &str, words: &mut Words<'_>, values: &mut Values, unit: &Unit) -> Result<&'static method::Method, String> {
    let of_line = if name == "omerc" { "lonc" } else { "lon_0" };
    // Which word gives the parallel of true scale, by the code of PROJ: it passes over the other.
    let parallel = if matches!(name, "merc" | "stere" | "eqc" | "cea") { "lat_ts" } else { "lat_1" };
    if name == "merc" {
        // PROJ's Mercator knows no other origin than the equator.
        words.number("lat_0")?;
    }
    for (key, parameter) in [
        ("lat_0", Parameter::Latitude),
        (of_line, Parameter::Longitude),
        ("k", Parameter::Scale),
        ("k_0", Parameter::Scale),
        (parallel, Parameter::Parallel1),
        ("lat_2", Parameter::Parallel2),
        ("alpha", Parameter::Azimuth),
        ("gamma", Parameter::Skew),
    ] {
        let Some(value) = words.number(key)? else { continue };
        if values.get(parameter).is_some_and(|before| before != value) {
            return Err(format!("+{key}={value} is given beside another {parameter:?}"));
        }
        values.set(parameter, value);
    }
    // In metres, whatever the unit of the coordinates.
    for (key, parameter) in [("x_0", Parameter::Easting), ("y_0", Parameter::Northing)] {
        if let Some(value) = words.number(key)? {
            values.set(parameter, value / unit.factor);
        }
    }
    if name == "omerc" && words.take("no_uoff").or(words.take("no_off")).is_some() {
        let found = method::by_name("hotineobliquemercator", None, values);
        return found.ok_or_else(|| no_method(name));
    }
    method::by_proj(name, values).ok_or_else(|| no_method(name))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
