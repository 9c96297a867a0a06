//! `--co KEY=VALUE`: GDAL's creation options, as aliases of ours.

use super::{
    stop::{Outcome, Stop},
    values::{BigTiffName, InterleaveName, OverviewCount, PredictorName, count, max_error, tile_side},
};
use clap::ValueEnum;
use swath::{
    codec::{self, CODECS, Codec, Setting},
    graph::Overviews,
    raster::{MaxError, Resampling},
};

/// What creation options ask for; `None` where nothing was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Creation {
    pub compress: Option<&'static dyn Codec>,
    pub level: Option<u8>,
    /// Levels of one codec each, by key.
    pub levels: Vec<(&'static str, u8)>,
    pub max_z_error: Option<MaxError>,
    pub quality: Option<u8>,
    pub predictor: Option<PredictorName>,
    pub overview_compress: Option<&'static dyn Codec>,
    pub overview_predictor: Option<PredictorName>,
    pub overview_max_z_error: Option<MaxError>,
    pub overview_quality: Option<u8>,
    pub interleave: Option<InterleaveName>,
    pub tiled: Option<bool>,
    pub segment_cols: Option<usize>,
    pub segment_rows: Option<usize>,
    pub tile_side: Option<usize>,
    pub bigtiff: Option<BigTiffName>,
    pub overviews: Option<OverviewCount>,
    pub resampling: Option<Resampling>,
    pub sparse: Option<bool>,
    pub statistics: Option<bool>,
    /// `Some(None)` for `ALL_CPUS`.
    pub threads: Option<Option<usize>>,
}

/// Keys between the codecs' levels and their qualities, and after those.
const MAX_Z_ERROR: &str = "MAX_Z_ERROR";
const OTHERS: &str = "QUALITY, PREDICTOR, INTERLEAVE, TILED, BLOCKXSIZE, BLOCKYSIZE, BLOCKSIZE, BIGTIFF, OVERVIEWS, OVERVIEW_RESAMPLING, OVERVIEW_COMPRESS, OVERVIEW_PREDICTOR, OVERVIEW_QUALITY, \
     MAX_Z_ERROR_OVERVIEW, RESAMPLING, SPARSE_OK, STATISTICS, NUM_THREADS";

impl Creation {
    pub fn parse(options: &[String]) -> Outcome<Self> {
        let mut creation = Self::default();
        for option in options {
            let (key, value) = option
                .split_once('=')
                .ok_or_else(|| Stop::usage(format!("--co '{option}' is not accepted: KEY=VALUE, such as COMPRESS=ZSTD")))?;
            creation.set(&key.trim().to_ascii_uppercase(), value.trim()).map_err(|accepted| {
                Stop::usage(match accepted {
                    Some(accepted) => format!("--co '{option}' is not accepted: {accepted}"),
                    None => format!("--co '{option}' is not accepted: the key is one of {}", keys()),
                })
            })?;
        }
        Ok(creation)
    }

    /// `Err(None)`: no such key; `Err(Some(..))`: what the key accepts.
    fn set(&mut self, key: &str, value: &str) -> Result<(), Option<String>> {
        match key {
            "COMPRESS" => self.compress = Some(codec_of(value)?),
            "LEVEL" => self.level = Some(level(value)?),
            MAX_Z_ERROR => self.max_z_error = Some(max_error(value)?),
            "QUALITY" => self.quality = Some(level(value)?),
            "PREDICTOR" => self.predictor = Some(predictor(value)?),
            "OVERVIEW_COMPRESS" => self.overview_compress = if value.eq_ignore_ascii_case("auto") { None } else { Some(codec_of(value)?) },
            "OVERVIEW_PREDICTOR" => self.overview_predictor = Some(predictor(value)?),
            "OVERVIEW_QUALITY" => self.overview_quality = Some(level(value)?),
            "MAX_Z_ERROR_OVERVIEW" => self.overview_max_z_error = Some(max_error(value)?),
            "INTERLEAVE" => self.interleave = Some(one_of(value)?),
            "TILED" => self.tiled = Some(yes_or_no(value)?),
            "BLOCKXSIZE" => self.segment_cols = Some(count(value)?),
            "BLOCKYSIZE" => self.segment_rows = Some(count(value)?),
            "BLOCKSIZE" => self.tile_side = Some(tile_side(value)?),
            "OVERVIEWS" => {
                // GDAL's names for all that there are and for those that it chooses.
                let chosen =
                    value.parse().ok().or_else(|| value.eq_ignore_ascii_case("IGNORE_EXISTING").then_some(OverviewCount(Overviews::Auto)));
                self.overviews = Some(chosen.ok_or_else(|| Some("AUTO, NONE, IGNORE_EXISTING or a number".to_owned()))?);
            }
            "OVERVIEW_RESAMPLING" | "RESAMPLING" => {
                let names = || Some(Resampling::ALL.map(|r| r.name().to_ascii_uppercase()).join(", "));
                self.resampling = Some(value.parse().map_err(|_| names())?);
            }
            "SPARSE_OK" => self.sparse = Some(yes_or_no(value)?),
            "STATISTICS" => self.statistics = Some(yes_or_no(value)?),
            "BIGTIFF" => self.bigtiff = Some(one_of(value)?),
            "NUM_THREADS" => self.threads = Some(if value.eq_ignore_ascii_case("ALL_CPUS") { None } else { Some(count(value)?) }),
            _ => match (level_keys().find(|own| *own == key), quality_keys().any(|own| own == key)) {
                (Some(key), _) => self.levels.push((key, level(value)?)),
                (None, true) => self.quality = Some(level(value)?),
                (None, false) => return Err(None),
            },
        }
        Ok(())
    }

    /// The level that belongs to a codec: of keys that come twice the last.
    pub fn level_of(&self, codec: &dyn Codec) -> Option<u8> {
        let own = codec.info().level.as_ref().and_then(|level| self.levels.iter().rfind(|(key, _)| *key == level.gdal));
        own.map(|(_, level)| *level).or(self.level)
    }
}

/// Keys of the codecs' own levels.
fn level_keys() -> impl Iterator<Item = &'static str> {
    own_keys(|codec| codec.info().level.as_ref())
}

/// Keys of the codecs' own qualities.
fn quality_keys() -> impl Iterator<Item = &'static str> {
    own_keys(|codec| codec.info().quality.as_ref())
}

fn own_keys(setting: fn(&'static dyn Codec) -> Option<&'static Setting>) -> impl Iterator<Item = &'static str> {
    // A codec that is applied to another's bytes has its keys from its own row.
    CODECS.iter().filter(|codec| codec.outer().is_none()).filter_map(move |codec| setting(*codec)).map(|setting| setting.gdal)
}

/// All keys, for a message.
fn keys() -> String {
    let before = ["COMPRESS", "LEVEL"].into_iter().chain(level_keys()).chain([MAX_Z_ERROR]);
    before.chain(quality_keys()).chain([OTHERS]).collect::<Vec<_>>().join(", ")
}

fn codec_of(value: &str) -> Result<&'static dyn Codec, Option<String>> {
    codec::named(value).ok_or_else(|| {
        let names: Vec<String> = CODECS.iter().map(|codec| codec.info().name.to_ascii_uppercase()).collect();
        Some(names.join(", "))
    })
}

fn one_of<T: ValueEnum>(value: &str) -> Result<T, Option<String>> {
    T::from_str(value, true).map_err(|_| {
        let names: Vec<String> =
            T::value_variants().iter().filter_map(|v| v.to_possible_value()).map(|v| v.get_name().to_ascii_uppercase()).collect();
        Some(names.join(", "))
    })
}

fn predictor(value: &str) -> Result<PredictorName, Option<String>> {
    if value.eq_ignore_ascii_case("yes") { Ok(PredictorName::Auto) } else { one_of(value) }
}

fn level(value: &str) -> Result<u8, Option<String>> {
    value.parse().map_err(|_| Some("a small whole number".to_owned()))
}

fn yes_or_no(value: &str) -> Result<bool, Option<String>> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err(Some("YES, NO".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &[&str]) -> Result<Creation, String> {
        let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
        Creation::parse(&options).map_err(|stop| stop.message().unwrap())
    }

    #[test]
    fn gdals_keys_are_taken_in_any_case() {
        let got =
            parse(&["compress=Zstd", "ZSTD_LEVEL=9", "TILED=yes", "BLOCKXSIZE=256", "blockysize=128", "NUM_THREADS=ALL_CPUS"]).unwrap();
        let zstd = codec::named("zstd").unwrap();
        assert_eq!((got.compress, got.level_of(zstd), got.level_of(codec::DEFAULT)), (Some(zstd), Some(9), None));
        assert_eq!((got.tiled, got.segment_cols, got.segment_rows, got.threads), (Some(true), Some(256), Some(128), Some(None)));
        assert_eq!(parse(&["PREDICTOR=YES", "BIGTIFF=IF_SAFER"]).unwrap().predictor, Some(PredictorName::Auto));
        assert_eq!(parse(&["PREDICTOR=2"]).unwrap().predictor, Some(PredictorName::Two));
    }

    #[test]
    fn what_is_not_known_says_what_is() {
        assert_eq!(parse(&["COMPRESS"]), Err("--co 'COMPRESS' is not accepted: KEY=VALUE, such as COMPRESS=ZSTD".into()));
        assert_eq!(
            parse(&["COMPRESS=JXL"]).map_err(|e| e.contains("is not accepted: NONE, DEFLATE, ZSTD, LZW, PACKBITS, LERC")),
            Err(true)
        );
        assert_eq!(parse(&["JXL_EFFORT=7"]), Err(format!("--co 'JXL_EFFORT=7' is not accepted: the key is one of {}", keys())));
    }
}
