//! A CRS spelled out, and the GeoKeys that say so: those that GDAL writes.

use super::{
    KeyValue,
    method::{Method, Values},
    table,
};

const USER_DEFINED: u16 = 32767;
/// `GeogTOWGS84GeoKey`.
pub(super) const TO_WGS84: u16 = 2062;
/// Why another web Mercator than EPSG:3857 is refused.
pub(super) const NO_WEB_MERCATOR: &str = "of web Mercators only EPSG:3857 has keys";

/// A unit of length (factor in metres) or of angle (in radians).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    pub name: String,
    pub factor: f64,
}

const DEGREE: f64 = std::f64::consts::PI / 180.0;

impl Unit {
    pub fn new(name: impl Into<String>, factor: f64) -> Self {
        Self { name: name.into(), factor }
    }

    pub fn degree() -> Self {
        Self::new("degree", DEGREE)
    }

    pub fn metre() -> Self {
        Self::new("metre", 1.0)
    }

    fn is(&self, factor: f64) -> bool {
        (self.factor / factor - 1.0).abs() < 1e-9
    }

    /// How many of `other` this is. Writers round their factors: nearly one is one.
    pub fn per(&self, other: &Self) -> f64 {
        if self.is(other.factor) { 1.0 } else { self.factor / other.factor }
    }

    /// EPSG's code of an angle; readers know these.
    fn angle_code(&self) -> Option<u16> {
        [(9102, DEGREE), (9105, std::f64::consts::PI / 200.0), (9101, 1.0)].into_iter().find(|(_, factor)| self.is(*factor)).map(|f| f.0)
    }

    fn length_code(&self) -> Option<u16> {
        [(9001, 1.0), (9002, 0.3048), (9003, 1200.0 / 3937.0)].into_iter().find(|(_, factor)| self.is(*factor)).map(|f| f.0)
    }
}

/// Something with a name, and a code of EPSG where it has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Named {
    pub name: String,
    pub code: Option<u16>,
}

/// A geographic CRS.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Geographic {
    pub id: Named,
    pub datum: Named,
    pub ellipsoid: Named,
    pub semi_major_m: f64,
    /// 0: a sphere.
    pub inverse_flattening: f64,
    pub meridian: String,
    /// How far east of Greenwich, in the CRS's unit.
    pub meridian_at: f64,
    pub unit: Unit,
    /// Shifts, and what else there is, to WGS 84: 3 or 7 numbers, or none.
    pub to_wgs84: Vec<f64>,
}

/// A projected CRS.
#[derive(Clone, Debug)]
pub(super) struct Projected {
    pub id: Named,
    pub base: Geographic,
    pub method: &'static Method,
    pub values: Values,
    pub unit: Unit,
}

/// A vertical CRS.
#[derive(Clone, Debug)]
pub(super) struct Vertical {
    pub id: Named,
    pub unit: Unit,
}

/// Keys in the making.
pub(super) type Keys = Vec<(u16, KeyValue)>;

fn short(keys: &mut Keys, id: u16, value: u16) {
    keys.push((id, KeyValue::Short(value)));
}

fn double(keys: &mut Keys, id: u16, value: f64) {
    keys.push((id, KeyValue::Double(vec![value])));
}

fn text(keys: &mut Keys, id: u16, value: impl Into<String>) {
    keys.push((id, KeyValue::Text(value.into())));
}

impl Geographic {
    /// The geographic CRS of the registry whose datum has this name or is meant by it.
    pub fn code_of_datum(name: &str) -> Option<u16> {
        match super::method::plain(name).trim_start_matches("d") {
            "wgs1984" | "wgs84" | "worldgeodeticsystem1984" | "worldgeodeticsystem1984ensemble" => Some(4326),
            "northamericandatum1983" | "northamerican1983" | "nad83" => Some(4269),
            "northamericandatum1927" | "northamerican1927" | "nad27" => Some(4267),
            _ => None,
        }
    }

    pub fn keys(&self) -> Keys {
        let mut keys = Keys::new();
        short(&mut keys, 1024, 2);
        self.base_keys(&mut keys);
        keys
    }

    fn unit_keys(&self, keys: &mut Keys) {
        match self.unit.angle_code() {
            Some(code) => short(keys, 2054, code),
            None => {
                short(keys, 2054, USER_DEFINED);
                double(keys, 2055, self.unit.factor);
            }
        }
    }

    fn ellipsoid_keys(&self, keys: &mut Keys) {
        double(keys, 2057, self.semi_major_m);
        if self.inverse_flattening == 0.0 {
            double(keys, 2058, self.semi_major_m);
        } else {
            double(keys, 2059, self.inverse_flattening);
        }
    }

    fn base_keys(&self, keys: &mut Keys) {
        if let Some(code) = self.id.code {
            short(keys, 2048, code);
            text(keys, 2049, &self.id.name);
            self.unit_keys(keys);
            self.ellipsoid_keys(keys);
            return self.shift_key(keys);
        }
        short(keys, 2048, USER_DEFINED);
        let mut citation = format!("GCS Name = {}", self.id.name);
        if self.datum.code.is_none() {
            citation += &format!("|Datum = {}", self.datum.name);
        }
        let own_ellipsoid = self.datum.code.or(self.ellipsoid.code).is_none();
        if own_ellipsoid {
            citation += &format!("|Ellipsoid = {}", self.ellipsoid.name);
        }
        citation += &format!("|Primem = {}", self.meridian);
        if self.unit.angle_code() != Some(9102) {
            citation += &format!("|AUnits = {}", self.unit.name);
        }
        text(keys, 2049, citation + "|");
        short(keys, 2050, self.datum.code.unwrap_or(USER_DEFINED));
        self.unit_keys(keys);
        if self.datum.code.is_none() {
            short(keys, 2056, self.ellipsoid.code.unwrap_or(USER_DEFINED));
        }
        self.ellipsoid_keys(keys);
        double(keys, 2061, self.meridian_at);
        if !self.to_wgs84.is_empty() {
            keys.push((TO_WGS84, KeyValue::Double(self.to_wgs84.clone())));
        }
    }

    /// The shift to WGS 84 of a CRS that a code names, where it is one.
    fn shift_key(&self, keys: &mut Keys) {
        if self.to_wgs84.iter().any(|number| *number != 0.0) {
            keys.push((TO_WGS84, KeyValue::Double(self.to_wgs84.clone())));
        }
    }
}

impl Projected {
    /// The keys.
    ///
    /// # Errors
    /// Which parameter is missing, or has a value that no key of the method can hold.
    pub fn keys(&self) -> Result<Keys, String> {
        if let Some((parameter, value)) = self.values.without_key(self.method) {
            return Err(format!("has no GeoKey for {parameter:?} {value}"));
        }
        let mut keys = Keys::new();
        short(&mut keys, 1024, 1);
        text(&mut keys, 1026, &self.id.name);
        if let Some(code) = self.id.code.or(self.utm_code()) {
            text(&mut keys, 2049, &self.base.id.name);
            self.base.unit_keys(&mut keys);
            self.base.shift_key(&mut keys);
            short(&mut keys, 3072, code);
        } else {
            self.base.base_keys(&mut keys);
            short(&mut keys, 3072, USER_DEFINED);
            short(&mut keys, 3074, USER_DEFINED);
            short(&mut keys, 3075, self.method.code);
            for &(key, parameter) in self.method.keys {
                let value = self.values.or_default(parameter).ok_or_else(|| format!("needs a value of {parameter:?}"))?;
                let value = if parameter.is_angle() { value * Unit::degree().per(&self.base.unit) } else { value };
                double(&mut keys, key, value);
                if parameter.is_length() && value != 0.0 && self.unit.length_code() != Some(9001) && !keys.iter().any(|key| key.0 == 3059) {
                    // False origins are in the unit of the coordinates, as they should.
                    short(&mut keys, 3059, 1);
                }
            }
        }
        match self.unit.length_code() {
            Some(code) => short(&mut keys, 3076, code),
            None => {
                text(&mut keys, 3073, format!("LUnits = {}", self.unit.name));
                short(&mut keys, 3076, USER_DEFINED);
                double(&mut keys, 3077, self.unit.factor);
            }
        }
        Ok(keys)
    }

    /// EPSG's code of a zone of UTM on one of the three datums that have a row of them.
    fn utm_code(&self) -> Option<u16> {
        let zone = if self.method.code == 1 && self.unit.is(1.0) { self.values.utm_zone()? } else { return None };
        let number = zone.unsigned_abs() as u16;
        let code = match (self.base.id.code?, zone > 0) {
            (4326, true) => 32600 + number,
            (4326, false) => 32700 + number,
            (4269, true) => 26900 + number,
            (4267, true) => 26700 + number,
            _ => return None,
        };
        // Behind the last zone of a row other CRSs follow.
        table::find(code)
            .filter(|entry| entry.name().ends_with(&format!("UTM zone {number}{}", if zone > 0 { 'N' } else { 'S' })))
            .map(|_| code)
    }
}

impl Vertical {
    /// Adds the keys of a vertical CRS.
    pub fn add_to(&self, keys: &mut Keys) {
        short(keys, 4096, self.id.code.unwrap_or(USER_DEFINED));
        if self.id.code.is_none() {
            text(keys, 4097, &self.id.name);
            short(keys, 4098, USER_DEFINED);
            short(keys, 4099, self.unit.length_code().unwrap_or(USER_DEFINED));
        }
    }
}

/// The keys of EPSG:3857, if these are its parameters.
///
/// # Errors
/// That they are not.
pub(super) fn web_mercator(values: &Values, unit: &Unit) -> Result<Keys, String> {
    if values.all_neutral() && unit.is(1.0) { keys_of(3857) } else { Err(NO_WEB_MERCATOR.to_owned()) }
}

/// The keys of a code of the registry.
///
/// # Errors
/// Why there are none.
pub(super) fn keys_of(code: u16) -> Result<Keys, String> {
    let entry = table::find(code).ok_or_else(|| format!("the registry that this program knows has no EPSG:{code}"))?;
    let mut keys = Keys::new();
    match entry {
        table::Entry::Projected { base, unit, name } => {
            short(&mut keys, 1024, 1);
            text(&mut keys, 1026, name);
            let angle = match table::find(base) {
                Some(table::Entry::Geographic { name, unit, .. }) => {
                    text(&mut keys, 2049, name);
                    unit
                }
                _ => 9102,
            };
            short(&mut keys, 2054, plain_degree(angle));
            short(&mut keys, 3072, code);
            short(&mut keys, 3076, unit);
        }
        table::Entry::Geographic { unit, semi_major_m, inverse_flattening, name } => {
            short(&mut keys, 1024, 2);
            short(&mut keys, 2048, code);
            text(&mut keys, 2049, name);
            short(&mut keys, 2054, plain_degree(unit));
            double(&mut keys, 2057, semi_major_m);
            if inverse_flattening == 0.0 {
                double(&mut keys, 2058, semi_major_m);
            } else {
                double(&mut keys, 2059, inverse_flattening);
            }
        }
        table::Entry::Geographic3d { flat: Some(flat), .. } => {
            short(&mut keys, 1024, 2);
            short(&mut keys, 2048, flat);
            short(&mut keys, 4096, code);
        }
        table::Entry::Compound { across, up, name } => return compound(across, up, name),
        table::Entry::Vertical { name, .. } => {
            return Err(format!("'{name}' is a vertical CRS; name a horizontal one before it, such as EPSG:4326+{code}"));
        }
        table::Entry::Geocentric { name } | table::Entry::Geographic3d { name, .. } => {
            return Err(format!("'{name}' (EPSG:{code}) has no two axes across the ground, as a raster needs"));
        }
    }
    Ok(keys)
}

/// The keys of a horizontal and a vertical CRS of the registry.
///
/// # Errors
/// Why there are none.
pub(super) fn compound(across: u16, up: u16, name: &str) -> Result<Keys, String> {
    let mut keys = Keys::new();
    let (model, key) = match table::find(across) {
        Some(table::Entry::Projected { .. }) => (1, 3072),
        Some(table::Entry::Geographic { .. }) => (2, 2048),
        _ => return Err(format!("EPSG:{across} is no projected or geographic CRS of two axes")),
    };
    if !matches!(table::find(up), Some(table::Entry::Vertical { .. })) {
        return Err(format!("EPSG:{up} is no vertical CRS"));
    }
    short(&mut keys, 1024, model);
    text(&mut keys, 1026, name);
    short(&mut keys, key, across);
    short(&mut keys, 4096, up);
    Ok(keys)
}

/// EPSG has several degrees that differ in how they are written down.
fn plain_degree(unit: u16) -> u16 {
    if matches!(unit, 9108 | 9122) { 9102 } else { unit }
}
