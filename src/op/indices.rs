//! Spectral indices that have a name.

use super::calc::{Calc, ExpressionError};

/// A named index: an expression over spectral bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// As it is typed.
    pub name: &'static str,
    /// The expression, over names of [`BANDS`].
    pub expression: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

/// Names of spectral bands, from short waves to long.
pub const BANDS: &[&str] = &["blue", "green", "red", "rededge", "nir", "swir1", "swir2"];

/// Every named index. Those with numbers in them take reflectances from 0 to 1.
pub const INDICES: &[Index] = &[
    Index {
        name: "ndvi",
        expression: "(nir - red) / (nir + red)",
        about: "vegetation",
        source: "Rouse, Haas, Schell and Deering 1974, NASA SP-351",
    },
    Index {
        name: "gndvi",
        expression: "(nir - green) / (nir + green)",
        about: "chlorophyll",
        source: "Gitelson, Kaufman and Merzlyak 1996, Remote Sensing of Environment 58",
    },
    Index {
        name: "ndre",
        expression: "(nir - rededge) / (nir + rededge)",
        about: "chlorophyll of dense crops",
        source: "Barnes et al. 2000, Proceedings of the 5th International Conference on Precision Agriculture",
    },
    Index {
        name: "evi",
        expression: "2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)",
        about: "vegetation, less of soil and haze",
        source: "Huete et al. 2002, Remote Sensing of Environment 83",
    },
    Index {
        name: "evi2",
        expression: "2.5 * (nir - red) / (nir + 2.4 * red + 1)",
        about: "EVI without blue",
        source: "Jiang, Huete, Didan and Miura 2008, Remote Sensing of Environment 112",
    },
    Index {
        name: "savi",
        expression: "1.5 * (nir - red) / (nir + red + 0.5)",
        about: "vegetation over bright soil",
        source: "Huete 1988, Remote Sensing of Environment 25",
    },
    Index {
        name: "osavi",
        expression: "(nir - red) / (nir + red + 0.16)",
        about: "vegetation over soil, no factor",
        source: "Rondeaux, Steven and Baret 1996, Remote Sensing of Environment 55",
    },
    Index {
        name: "msavi2",
        expression: "(2 * nir + 1 - sqrt((2 * nir + 1) ** 2 - 8 * (nir - red))) / 2",
        about: "vegetation over bare soil",
        source: "Qi, Chehbouni, Huete, Kerr and Sorooshian 1994, Remote Sensing of Environment 48",
    },
    Index {
        name: "arvi",
        expression: "(nir - (2 * red - blue)) / (nir + (2 * red - blue))",
        about: "vegetation under haze",
        source: "Kaufman and Tanre 1992, IEEE Transactions on Geoscience and Remote Sensing 30",
    },
    Index {
        name: "vari",
        expression: "(green - red) / (green + red - blue)",
        about: "vegetation by visible light",
        source: "Gitelson, Kaufman, Stark and Rundquist 2002, Remote Sensing of Environment 80",
    },
    Index {
        name: "ndwi",
        expression: "(green - nir) / (green + nir)",
        about: "open water",
        source: "McFeeters 1996, International Journal of Remote Sensing 17",
    },
    Index {
        name: "mndwi",
        expression: "(green - swir1) / (green + swir1)",
        about: "open water among buildings",
        source: "Xu 2006, International Journal of Remote Sensing 27",
    },
    Index {
        name: "ndmi",
        expression: "(nir - swir1) / (nir + swir1)",
        about: "water in leaves",
        source: "Gao 1996, Remote Sensing of Environment 58; Wilson and Sader 2002, the same 80",
    },
    Index {
        name: "ndsi",
        expression: "(green - swir1) / (green + swir1)",
        about: "snow",
        source: "Hall, Riggs and Salomonson 1995, Remote Sensing of Environment 54",
    },
    Index {
        name: "nbr",
        expression: "(nir - swir2) / (nir + swir2)",
        about: "burnt ground",
        source: "Lopez Garcia and Caselles 1991, Geocarto International 6; Key and Benson 2006, USDA RMRS-GTR-164",
    },
    Index {
        name: "ndbi",
        expression: "(swir1 - nir) / (swir1 + nir)",
        about: "built-up ground",
        source: "Zha, Gao and Ni 2003, International Journal of Remote Sensing 24",
    },
];

impl Index {
    /// The index of that name, in any case.
    pub fn named(name: &str) -> Option<&'static Self> {
        INDICES.iter().find(|index| index.name.eq_ignore_ascii_case(name))
    }

    /// The operator; its inputs are the bands that the expression names, in the order of [`BANDS`].
    ///
    /// # Errors
    /// None that a test would not have found.
    pub fn calc(&self) -> Result<Calc, ExpressionError> {
        Calc::parse_with(self.expression, BANDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_can_be_understood_and_is_unlike_the_others() {
        for (at, index) in INDICES.iter().enumerate() {
            let calc = index.calc().unwrap_or_else(|error| panic!("{error}"));
            assert!((2..=3).contains(&calc.input_names().len()), "{index:?}");
            assert!(!INDICES[..at].iter().any(|other| other.name == index.name));
            assert_eq!(Index::named(&index.name.to_uppercase()), Some(index));
            assert!(index.source.contains("19") || index.source.contains("20"));
        }
        assert_eq!(Index::named("evi").unwrap().calc().unwrap().input_names(), ["blue", "red", "nir"]);
    }
}
