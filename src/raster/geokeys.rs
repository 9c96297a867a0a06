//! GeoKeys for people: their names, as OGC GeoTIFF 1.1 has them, and their values.

use super::{GeoTags, georef::text_of};
use serde::Serialize;
use std::fmt;

const NAMES: &[(u16, &str)] = &[
    (1024, "GTModelType"),
    (1025, "GTRasterType"),
    (1026, "GTCitation"),
    (2048, "GeodeticCRS"),
    (2049, "GeodeticCitation"),
    (2050, "GeodeticDatum"),
    (2051, "PrimeMeridian"),
    (2052, "GeogLinearUnits"),
    (2053, "GeogLinearUnitSize"),
    (2054, "GeogAngularUnits"),
    (2055, "GeogAngularUnitSize"),
    (2056, "Ellipsoid"),
    (2057, "EllipsoidSemiMajorAxis"),
    (2058, "EllipsoidSemiMinorAxis"),
    (2059, "EllipsoidInvFlattening"),
    (2060, "GeogAzimuthUnits"),
    (2061, "PrimeMeridianLongitude"),
    (2062, "GeogTOWGS84"),
    (3059, "ProjLinearUnitsInterpCorrect"),
    (3072, "ProjectedCRS"),
    (3073, "ProjectedCitation"),
    (3074, "Projection"),
    (3075, "ProjMethod"),
    (3076, "ProjLinearUnits"),
    (3077, "ProjLinearUnitSize"),
    (3078, "ProjStdParallel1"),
    (3079, "ProjStdParallel2"),
    (3080, "ProjNatOriginLong"),
    (3081, "ProjNatOriginLat"),
    (3082, "ProjFalseEasting"),
    (3083, "ProjFalseNorthing"),
    (3084, "ProjFalseOriginLong"),
    (3085, "ProjFalseOriginLat"),
    (3086, "ProjFalseOriginEasting"),
    (3087, "ProjFalseOriginNorthing"),
    (3088, "ProjCenterLong"),
    (3089, "ProjCenterLat"),
    (3090, "ProjCenterEasting"),
    (3091, "ProjCenterNorthing"),
    (3092, "ProjScaleAtNatOrigin"),
    (3093, "ProjScaleAtCenter"),
    (3094, "ProjAzimuthAngle"),
    (3095, "ProjStraightVertPoleLong"),
    (3096, "ProjRectifiedGridAngle"),
    (4096, "Vertical"),
    (4097, "VerticalCitation"),
    (4098, "VerticalDatum"),
    (4099, "VerticalUnits"),
];

/// One key of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GeoKey {
    /// Its number.
    pub id: u16,
    /// Its name without `GeoKey`; `None` for a private or unknown key.
    pub name: Option<&'static str>,
    /// What it holds.
    pub value: GeoKeyValue,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum GeoKeyValue {
    /// One code.
    Code(u16),
    /// Several codes.
    Codes(Vec<u16>),
    /// Numbers of `GeoDoubleParamsTag`.
    Numbers(Vec<f64>),
    /// A text of `GeoAsciiParamsTag`, without its closing `|`.
    Text(String),
    /// It points to where the tags have nothing, or to more than a list of keys takes.
    Absent,
}

impl GeoTags {
    /// Every key, in the order of the file. Values are listed up to a mebibyte in all: many keys may share one long text.
    pub fn listed(&self) -> Vec<GeoKey> {
        let mut left = 1 << 20;
        let count = self.directory.get(3).copied().unwrap_or_default();
        let entries = self.directory.get(4..).unwrap_or_default().chunks_exact(4).take(usize::from(count));
        entries
            .map(|entry| {
                let (id, place, count, at) = (entry[0], entry[1], usize::from(entry[2]), usize::from(entry[3]));
                let name = NAMES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
                let end = at + count;
                let listed = place == 0 || left >= 8 * count;
                if place != 0 && listed {
                    left -= 8 * count;
                }
                let value = match place {
                    _ if !listed => None,
                    0 => Some(GeoKeyValue::Code(entry[3])),
                    34735 => self.directory.get(at..end).map(|codes| GeoKeyValue::Codes(codes.to_vec())),
                    34736 => self.doubles.get(at..end).map(|numbers| GeoKeyValue::Numbers(numbers.to_vec())),
                    34737 => {
                        let text = self.ascii.get(at..end.min(self.ascii.len()));
                        text.map(|bytes| GeoKeyValue::Text(text_of(bytes).trim_end_matches(['|', '\0']).to_owned()))
                    }
                    _ => None,
                };
                GeoKey { id, name, value: value.unwrap_or(GeoKeyValue::Absent) }
            })
            .collect()
    }
}

impl fmt::Display for GeoKey {
    /// `ProjectedCRS 32633`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "{}", self.id)?,
        }
        match &self.value {
            GeoKeyValue::Code(code) => write!(f, " {code}"),
            GeoKeyValue::Codes(codes) => codes.iter().try_for_each(|code| write!(f, " {code}")),
            GeoKeyValue::Numbers(numbers) => numbers.iter().try_for_each(|number| write!(f, " {number}")),
            GeoKeyValue::Text(text) => write!(f, " '{}'", text.escape_debug()),
            GeoKeyValue::Absent => f.write_str(" (not in the file)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_listed_by_name_with_what_the_tags_lack() {
        let directory =
            [&[1, 1, 0, 5][..], &[1024, 0, 1, 1], &[3073, 34737, 6, 0], &[2059, 34736, 1, 0], &[3080, 34736, 1, 7], &[65000, 0, 1, 3]];
        let tags = GeoTags { directory: directory.concat(), doubles: vec![298.25], ascii: b"Here\n|".to_vec() };
        let listed: Vec<String> = tags.listed().iter().map(GeoKey::to_string).collect();
        let expected = [
            "GTModelType 1",
            "ProjectedCitation 'Here\\n'",
            "EllipsoidInvFlattening 298.25",
            "ProjNatOriginLong (not in the file)",
            "65000 3",
        ];
        assert_eq!(listed, expected);
        assert!(GeoTags::default().listed().is_empty());
    }
}
