use super::{Metadata, UNIT_ITEM};

/// The unit of a band's samples, by the name that GDAL's metadata have of it (`UNITTYPE`).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SampleUnit {
    /// Nothing is said.
    #[default]
    Unstated,
    /// A length: so many metres.
    Metres(f64),
    /// Something that is no length, or a length that this library does not know.
    Other(String),
}

impl SampleUnit {
    /// The unit of a band, the first is 0.
    pub fn declared(metadata: &Metadata, band: usize) -> Self {
        match metadata.get(UNIT_ITEM, Some(band)).map(str::trim) {
            None | Some("") => Self::Unstated,
            Some(name) => metres(name).map_or_else(|| Self::Other(name.to_owned()), Self::Metres),
        }
    }

    /// Metres in one of it, if that is known.
    pub fn metres(&self) -> Option<f64> {
        match self {
            Self::Metres(metres) => Some(*metres),
            _ => None,
        }
    }
}

/// Metres in a unit of length, by its name: those of GDAL, EPSG and PROJ, and what people write.
fn metres(name: &str) -> Option<f64> {
    let plain: String = name.to_lowercase().chars().filter(|c| !(c.is_whitespace() || "_-().".contains(*c))).collect();
    // Short names have no plural: "ms" is another unit.
    let singular = if plain.len() > 3 { plain.trim_end_matches('s') } else { &plain };
    Some(match singular {
        "m" | "metre" | "meter" => 1.0,
        "km" | "kilometre" | "kilometer" => 1000.0,
        "dm" | "decimetre" | "decimeter" => 0.1,
        "cm" | "centimetre" | "centimeter" => 0.01,
        "mm" | "millimetre" | "millimeter" => 0.001,
        "ft" | "foot" | "feet" | "internationalfoot" | "internationalfeet" | "footinternational" | "footintl" => 0.3048,
        "usft" | "ftu" | "ussurveyfoot" | "ussurveyfeet" | "surveyfoot" | "surveyfeet" | "footussurvey" | "footu" | "usfoot" | "usfeet"
        | "feetus" | "feetu" => 1200.0 / 3937.0,
        "in" | "inch" | "inche" => 0.0254,
        "yd" | "yard" => 0.9144,
        "fathom" | "fath" => 1.8288,
        "mi" | "mile" | "statutemile" => 1609.344,
        "nmi" | "kmi" | "nauticalmile" => 1852.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::MetadataItem;

    #[test]
    fn lengths_are_known_by_the_names_that_writers_use() {
        for (names, wanted) in [
            (vec!["m", "metre", "Meters", "METRES"], 1.0),
            (vec!["ft", "foot", "feet", "international foot", "foot (International)"], 0.3048),
            (vec!["us-ft", "ftUS", "US survey foot", "US_survey_foot", "foot_us", "foot (US survey)", "us survey feet"], 1200.0 / 3937.0),
            (vec!["cm", "centimetres", "centimeter"], 0.01),
            (vec!["km", "kilometre"], 1000.0),
            (vec!["mm", "millimeters"], 0.001),
            (vec!["fathom", "fathoms"], 1.8288),
            (vec!["yd", "yards"], 0.9144),
        ] {
            for name in names {
                assert_eq!(metres(name), Some(wanted), "{name}");
            }
        }
        for name in ["K", "degC", "m/s", "ms", "%", "dB", "furlong", "°C", "m2", "s"] {
            assert_eq!(metres(name), None, "{name}");
        }
    }

    #[test]
    fn each_band_has_its_own_unit() {
        let mut metadata = Metadata::default();
        for (band, unit) in [(0, "m"), (1, "ft"), (2, "K"), (3, " ")] {
            metadata.set(MetadataItem::new("UNITTYPE", Some(band), unit));
        }
        let of = |band| SampleUnit::declared(&metadata, band);
        assert_eq!([of(0), of(1), of(2)], [SampleUnit::Metres(1.0), SampleUnit::Metres(0.3048), SampleUnit::Other("K".to_owned())]);
        assert_eq!([of(3), of(4)], [SampleUnit::Unstated, SampleUnit::Unstated]);
    }
}
