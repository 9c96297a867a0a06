//! Coordinate reference systems that are named by the user, as GeoKeys: an EPSG code, WKT of either version, or a PROJ
//! string. Nothing is transformed, so nothing more than the keys need be known.
//!
//! The keys are those that GDAL writes: a code and names where EPSG has one, else the definition spelled out.

mod bound;
mod codes;
mod definition;
mod from_proj;
mod from_wkt;
mod method;
mod table;
mod wkt;

#[cfg(test)]
mod tests;

use super::{GeoTags, Georeferencing, RasterType};
use std::str::FromStr;

/// A coordinate reference system, ready to be written.
///
/// Parsed from `EPSG:32633` (or `32633`, or the OGC's URN and URL of it), `EPSG:32633+5773` (with a vertical CRS), WKT 1
/// (the OGC's or Esri's), WKT 2, or a PROJ string.
///
/// ```
/// use swath::raster::Crs;
/// let crs: Crs = "EPSG:32633".parse().unwrap();
/// assert_eq!(crs.name(), "WGS 84 / UTM zone 33N");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Crs {
    name: String,
    /// Ascending, without the raster's type.
    keys: Vec<(u16, KeyValue)>,
}

/// Why a text is no CRS that can be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not accepted as a CRS: {reason}")]
pub struct CrsError {
    /// Its beginning.
    pub given: String,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq)]
enum KeyValue {
    Short(u16),
    Double(Vec<f64>),
    Text(String),
}

impl FromStr for Crs {
    type Err = CrsError;

    fn from_str(text: &str) -> Result<Self, CrsError> {
        Self::parse(text.trim()).and_then(Self::that_keys_hold).map_err(|reason| CrsError { given: wkt::brief(text), reason })
    }
}

impl Crs {
    fn parse(text: &str) -> Result<Self, String> {
        const ACCEPTED: &str = "an EPSG code such as EPSG:32633, WKT, or a PROJ string";
        if text.is_empty() {
            return Err(format!("{ACCEPTED} is accepted"));
        }
        if text.starts_with('{') {
            return Err(format!("PROJJSON is not read; {ACCEPTED} is"));
        }
        if let Some((across, up)) = codes::codes(text) {
            return Self::of_codes(across?, up.transpose()?);
        }
        if text.contains("+proj=") || text.contains("+init=") || text.starts_with("proj=") {
            return Ok(Self::new("unknown".to_owned(), from_proj::keys(text)?));
        }
        if text.contains(['[', '(']) {
            let (name, keys) = from_wkt::keys(&wkt::Node::parse(text)?)?;
            return Ok(Self::new(name, keys));
        }
        Err(format!("{ACCEPTED} is accepted"))
    }

    /// Refuses texts that are longer than what keys can point to: their places and lengths are 16-bit numbers.
    fn that_keys_hold(self) -> Result<Self, String> {
        let texts = self.keys.iter().filter_map(|(_, value)| if let KeyValue::Text(text) = value { Some(text) } else { None });
        // A bar ends each.
        let characters: usize = texts.map(|text| text.chars().count() + 1).sum();
        if characters <= usize::from(u16::MAX) {
            return Ok(self);
        }
        Err(format!("its names have {characters} characters, where GeoTIFF keys hold {}", u16::MAX))
    }

    fn of_codes(across: u16, up: Option<u16>) -> Result<Self, String> {
        let name = |code: u16| table::find(code).map_or("", |entry| entry.name());
        match up {
            None => Ok(Self::new(name(across).to_owned(), definition::keys_of(across)?)),
            Some(up) => {
                let both = format!("{} + {}", name(across), name(up));
                let keys = definition::compound(across, up, &both)?;
                Ok(Self::new(both, keys))
            }
        }
    }

    fn new(name: String, mut keys: Vec<(u16, KeyValue)>) -> Self {
        keys.sort_by_key(|key| key.0);
        // What citations say is the better name of a PROJ string, which has none.
        let cited = keys.iter().find_map(|(id, value)| match value {
            KeyValue::Text(text) if matches!(id, 1026 | 2049) => Some(text.clone()),
            _ => None,
        });
        let name = if name == "unknown" { cited.filter(|c| !c.contains(" = ")).unwrap_or(name) } else { name };
        Self { name, keys }
    }

    /// Its name; "unknown" where it has none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The three tags, for pixels that are areas or points.
    pub fn to_geo_tags(&self, raster_type: RasterType) -> GeoTags {
        let kind = match raster_type {
            RasterType::Area => 1,
            RasterType::Point => 2,
        };
        let mut keys = self.keys.clone();
        keys.push((1025, KeyValue::Short(kind)));
        keys.sort_by_key(|key| key.0);
        let mut tags = GeoTags { directory: vec![1, 1, 1, keys.len() as u16], ..GeoTags::default() };
        for (id, value) in keys {
            let (place, count, index) = match value {
                KeyValue::Short(value) => (0, 1, value),
                KeyValue::Double(values) => {
                    let index = tags.doubles.len();
                    tags.doubles.extend(&values);
                    (34736, values.len(), index as u16)
                }
                KeyValue::Text(text) => {
                    let index = tags.ascii.len();
                    tags.ascii.extend(text.chars().map(|c| if c.is_ascii() && c != '\0' { c as u8 } else { b'?' }));
                    tags.ascii.push(b'|');
                    (34737, tags.ascii.len() - index, index as u16)
                }
            };
            tags.directory.extend([id, place, count as u16, index]);
        }
        tags
    }
}

impl Georeferencing {
    /// Says that coordinates are of this CRS, whatever was said before.
    pub fn set_crs(&mut self, crs: &Crs) {
        self.keys = Some(crs.to_geo_tags(self.raster_type));
        self.spelled_out = None;
    }

    /// Whether two CRSs are the same across the ground, as far as their keys tell: by EPSG's codes, else by the numbers that spell
    /// them out, and by name where the one has a code and the other is spelled out.
    pub fn same_crs(&self, other: &Self) -> bool {
        if self.model_type() != other.model_type() {
            return false;
        }
        match (self.epsg(), other.epsg()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => {
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3);
                let values = |key| (self.double(key).unwrap_or(0.0), other.double(key).unwrap_or(0.0));
                // Codes of datum, ellipsoid, units and method; then numbers: axes, meridian and parameters.
                let codes = [2048, 2050, 2056, 3075].into_iter().all(|key| self.short(key) == other.short(key));
                let numbers = (3078..=3096).chain([2061]).map(values).all(|(a, b)| near(a, b));
                let (ours, theirs) = (self.ellipsoid(), other.ellipsoid());
                codes && numbers && near(ours.semi_major_m, theirs.semi_major_m) && near(self.linear_unit_m(), other.linear_unit_m())
            }
            _ => {
                let plain = |georef: &Self| georef.crs_name().map(|name| method::plain(&name)).unwrap_or_default();
                plain(self) == plain(other)
            }
        }
    }

    /// The CRS's name: by its EPSG code, else as its keys cite it; `None` where nothing is said.
    pub fn crs_name(&self) -> Option<String> {
        let by_code = self.epsg().and_then(table::find).map(|entry| entry.name().to_owned());
        let keys = self.keys.as_ref()?;
        let cited = || [1026, 3073, 2049].into_iter().find_map(|key| keys.text(key));
        by_code.or_else(cited).filter(|name| !name.is_empty())
    }

    /// Finds the CRS that Esri's programs spell out in a text of the keys: see [`spelled_out`](Self::spelled_out).
    pub fn find_spelled_out(&mut self) {
        const MARK: &str = "ESRI PE String = ";
        let Some(keys) = &self.keys else { return };
        let text =
            [3073, 1026, 2049].into_iter().filter_map(|key| keys.text(key)).find_map(|text| Some(text.strip_prefix(MARK)?.to_owned()));
        let crs = text.and_then(|text| text.parse::<Crs>().ok());
        self.spelled_out = crs.map(|crs| crs.to_geo_tags(self.raster_type));
    }

    /// The vertical CRS: its EPSG code and name, where the keys state one.
    pub fn vertical_crs(&self) -> Option<(u16, String)> {
        let keys = self.keys.as_ref()?;
        let code = keys.short(4096)?;
        let name = table::find(code).map(|entry| entry.name().to_owned());
        Some((code, name.or_else(|| keys.text(4097)).unwrap_or_default()))
    }
}

/// EPSG code of the unit of the coordinates of a projected, or the heights of a vertical CRS of the registry.
pub(super) fn unit_of(code: u16) -> Option<u16> {
    match table::find(code)? {
        table::Entry::Projected { unit, .. } | table::Entry::Vertical { unit, .. } => Some(unit),
        _ => None,
    }
}

/// Semi-major axis in metres and inverse flattening (0: a sphere) of a geographic CRS of the registry, or of the one
/// under a projected.
pub(super) fn ellipsoid_of(code: u16) -> Option<(f64, f64)> {
    match table::find(code)? {
        table::Entry::Geographic { semi_major_m, inverse_flattening, .. } => Some((semi_major_m, inverse_flattening)),
        table::Entry::Geographic3d { flat: Some(base), .. } | table::Entry::Projected { base, .. } if base != code => ellipsoid_of(base),
        _ => None,
    }
}
