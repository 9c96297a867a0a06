//! Values of options as they are typed. What a value means is said in the option's help, which stays short that way.

use clap::{
    ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use std::{fmt::Debug, str::FromStr};
use swath::{
    codec::{self, CODECS, Codec, CodecInfo, Compression, Setting, Settings, listed},
    graph::{NodataChoice, Overviews, PredictorChoice},
    raster::{BigTiff, Interleave, MaxError, Nodata, NodataError, PrefixMethod},
    source::InputNodata,
};

/// `--backend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    // A hardware GPU if there is one, else the CPU.
    Auto,
    // A GPU, or nothing.
    Gpu,
    // The CPU twins; no adapter is touched.
    Cpu,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    // Plain GeoTIFF.
    Gtiff,
    // Cloud-optimised GeoTIFF.
    Cog,
}

/// `--interleave`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InterleaveName {
    Pixel,
    Band,
}

impl From<InterleaveName> for Interleave {
    fn from(name: InterleaveName) -> Self {
        match name {
            InterleaveName::Pixel => Self::Pixel,
            InterleaveName::Band => Self::Band,
        }
    }
}

/// `--predictor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PredictorName {
    // Whichever makes the first tile smallest.
    Auto,
    #[value(alias = "1", alias = "no")]
    None,
    // Horizontal differences.
    #[value(name = "2", alias = "horizontal", alias = "standard")]
    Two,
    // Floating-point differences.
    #[value(name = "3", alias = "float", alias = "floating_point")]
    Three,
}

impl From<PredictorName> for PredictorChoice {
    fn from(name: PredictorName) -> Self {
        match name {
            PredictorName::Auto => Self::Auto,
            PredictorName::None => Self::None,
            PredictorName::Two => Self::Horizontal,
            PredictorName::Three => Self::Float,
        }
    }
}

/// `--bigtiff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BigTiffName {
    #[value(alias = "if_needed", alias = "if_safer")]
    Auto,
    Yes,
    No,
}

impl From<BigTiffName> for BigTiff {
    fn from(name: BigTiffName) -> Self {
        match name {
            BigTiffName::Auto => Self::Auto,
            BigTiffName::Yes => Self::Yes,
            BigTiffName::No => Self::No,
        }
    }
}

/// `--overviews`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverviewCount(pub Overviews);

impl FromStr for OverviewCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(match text.to_ascii_lowercase().as_str() {
            "auto" => Overviews::Auto,
            "none" | "0" => Overviews::None,
            number => Overviews::Levels(count(number).map_err(|_| "auto, none or a number is accepted".to_owned())?),
        }))
    }
}

/// `--nodata` and `--input-nodata`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodataOrNone(pub Option<Nodata>);

impl FromStr for NodataOrNone {
    type Err = NodataError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().eq_ignore_ascii_case("none") { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

impl From<NodataOrNone> for NodataChoice {
    fn from(typed: NodataOrNone) -> Self {
        typed.0.map_or(Self::None, Self::Value)
    }
}

impl From<NodataOrNone> for InputNodata {
    fn from(typed: NodataOrNone) -> Self {
        typed.0.map_or(Self::None, Self::Value)
    }
}

/// `--prefix-method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrefixName {
    Auto,
    Insert,
    Copy,
    Shift,
}

impl From<PrefixName> for PrefixMethod {
    fn from(name: PrefixName) -> Self {
        match name {
            PrefixName::Auto => Self::Auto,
            PrefixName::Insert => Self::InsertRange,
            PrefixName::Copy => Self::CopyRange,
            PrefixName::Shift => Self::Shift,
        }
    }
}

/// `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressWhen {
    // On a terminal.
    Auto,
    Always,
    Never,
}

/// `--compress`: a parser of codecs by name; `_` may stand for `-`, as in GDAL's names.
pub fn codec() -> impl TypedValueParser<Value = &'static dyn Codec> {
    let names = CODECS.iter().map(|codec| codec.info().name);
    let values = names.map(|name| PossibleValue::new(name).aliases(name.contains('-').then(|| name.replace('-', "_"))));
    PossibleValuesParser::new(values).try_map(|typed: String| codec::named(&typed).ok_or(Unnamed))
}

/// Help of `--level`.
pub fn level_help() -> String {
    let levels = codecs_with(|codec| codec.outer().is_none() && codec.info().level.is_some());
    let range = |level: &Setting| level.accepted() + &default_of(level);
    let levels = levels.map(|info| format!("{} {}", info.name, info.level.as_ref().map_or(String::new(), range)));
    format!("Level of the codec: {}", levels.collect::<Vec<_>>().join(", "))
}

/// What a setting is where it is not typed, in brackets.
fn default_of(setting: &Setting) -> String {
    setting.default.map_or(" [default: by the data]".to_owned(), |default| format!(" [default: {default}]"))
}

/// Help of `--quality`.
pub fn quality_help() -> String {
    let qualities = codecs_with(|codec| codec.info().quality.is_some()).filter_map(|info| info.quality.as_ref().map(|q| (info.name, q)));
    let qualities = qualities.map(|(name, quality)| format!("{name}, {}{}", quality.accepted(), default_of(quality)));
    format!("Quality of {}", qualities.collect::<Vec<_>>().join("; "))
}

/// The codecs of which something holds.
fn codecs_with(test: fn(&dyn Codec) -> bool) -> impl Iterator<Item = &'static CodecInfo> {
    CODECS.iter().filter(move |codec| test(**codec)).map(|codec| codec.info())
}

/// A codec with the settings that were typed, and its defaults for others.
pub fn compression(codec: &'static dyn Codec, typed: Settings) -> Result<Compression, String> {
    let names = |test| listed(&codecs_with(test).map(|info| info.name).collect::<Vec<_>>());
    let within = |name: &str, setting: &Setting, n: u8| match setting.range.contains(&n) {
        true => Ok(()),
        false => Err(format!("{name} {n} is not accepted: {}", setting.accepted())),
    };
    let info = codec.info();
    if typed.max_z_error.is_some() && !info.max_z_error {
        return Err(format!("a greatest error goes with {} only", names(|codec| codec.info().max_z_error)));
    }
    match (typed.quality, &info.quality) {
        (Some(n), Some(quality)) => within("quality", quality, n)?,
        (Some(_), None) => return Err(format!("a quality goes with {} only", names(|codec| codec.info().quality.is_some()))),
        (None, _) => {}
    }
    match (typed.level, &info.level) {
        (Some(n), Some(level)) => within(level.what, level, n)?,
        (Some(_), None) => {
            let names = names(|codec| codec.outer().is_none() && codec.info().level.is_some());
            return Err(format!("a level goes with {names} only"));
        }
        (None, _) => {}
    }
    Ok(Compression::new(codec, typed))
}

/// A greatest error.
pub fn max_error(text: &str) -> Result<MaxError, String> {
    text.parse().ok().and_then(MaxError::new).ok_or_else(|| "a number, 0 or greater, is accepted".to_owned())
}

/// Shape of a tile: one side, or `COLSxROWS`.
pub fn tile_shape(text: &str) -> Result<Size, String> {
    let wrong = |_| "multiples of 16 from 16 to 16384 are accepted, such as 256 or 512x256".to_owned();
    let (cols, rows) = text.split_once(['x', 'X']).unwrap_or((text, text));
    Ok(Size { cols: tile_side(cols).map_err(wrong)?, rows: tile_side(rows).map_err(wrong)? })
}

/// A parser for an option of the library whose values have names; any case is taken.
pub fn named<T>(all: &[T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T> + use<T>
where
    T: FromStr<Err: Debug> + Copy + Send + Sync + 'static,
{
    let names: Vec<&'static str> = all.iter().map(|&value| name(value)).collect();
    let values: Vec<(&'static str, T)> = names.iter().copied().zip(all.iter().copied()).collect();
    PossibleValuesParser::new(names).try_map(move |typed: String| {
        let found = values.iter().find(|(name, _)| name.eq_ignore_ascii_case(&typed));
        found.map(|&(_, value)| value).ok_or(Unnamed)
    })
}

/// Cannot happen: clap has compared the names before.
#[derive(Debug, thiserror::Error)]
#[error("not one of the possible values")]
pub struct Unnamed;

/// Side of a tile, in pixels.
pub fn tile_side(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(side) if side.is_multiple_of(16) && (16..=16_384).contains(&side) => Ok(side),
        _ => Err("a multiple of 16 from 16 to 16384 is accepted".to_owned()),
    }
}

/// A whole number above 0.
pub fn count(text: &str) -> Result<usize, String> {
    text.parse::<usize>().ok().filter(|&n| n > 0).ok_or_else(|| "a whole number above 0 is accepted".to_owned())
}

/// `COLSxROWS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub cols: usize,
    pub rows: usize,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "COLSxROWS is accepted, such as 8192x8192".to_owned();
        let (cols, rows) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
        let side = |s: &str| count(s).ok().filter(|&n| n <= 1 << 24).ok_or_else(wrong);
        Ok(Self { cols: side(cols)?, rows: side(rows)? })
    }
}

/// A share of a whole, 0 to 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    text.parse::<f64>().ok().filter(|f| (0.0..=1.0).contains(f)).ok_or_else(|| "a number from 0 to 1 is accepted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_sides_parse_and_refuse_nonsense() {
        assert_eq!("640x480".parse(), Ok(Size { cols: 640, rows: 480 }));
        for bad in ["640", "0x4", "4x", "-1x4", "99999999x1"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
        assert_eq!(tile_side("256"), Ok(256));
        for bad in ["0", "100", "8", "32768", "x"] {
            assert!(tile_side(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn levels_belong_to_codecs() {
        let of = |name| codec::named(name).unwrap();
        let at = |name, level| compression(of(name), Settings { level, ..Settings::NONE });
        assert_eq!(at("zstd", Some(9)), Ok(Compression::zstd(9)));
        assert_eq!(at("deflate", None), Ok(Compression::deflate_auto()));
        assert_eq!(at("deflate", Some(0)), Ok(Compression::deflate(0)));
        assert_eq!(at("deflate", Some(13)), Err("deflate level 13 is not accepted: 0 to 12".to_owned()));
        assert_eq!(at("lzw", Some(1)), Err("a level goes with deflate or zstd only".to_owned()));
        assert!(at("none", None).is_ok() && at("zstd", Some(0)).is_err());
        let typed = Settings { level: Some(9), max_z_error: MaxError::new(0.5), quality: None };
        assert_eq!(compression(of("lerc-zstd"), typed), Ok(Compression::lerc_zstd(MaxError::new(0.5).unwrap(), 9)));
        assert_eq!(compression(of("zstd"), typed), Err("a greatest error goes with lerc, lerc-deflate or lerc-zstd only".to_owned()));
        assert!(compression(of("lerc"), typed).is_err());
        let quality = |name, n| compression(of(name), Settings { quality: Some(n), ..Settings::NONE });
        assert_eq!(quality("deflate", 80), Err("a quality goes with jpeg only".to_owned()));
        assert_eq!(quality("jpeg", 0), Err("quality 0 is not accepted: 1 to 100".to_owned()));
        assert_eq!(level_help(), "Level of the codec: deflate 0 to 12 [default: by the data], zstd 1 to 22 [default: 3]");
        assert_eq!(quality_help(), "Quality of jpeg, 1 to 100 [default: 75]");
    }

    #[test]
    fn tiles_may_be_oblong() {
        assert_eq!(tile_shape("512x256"), Ok(Size { cols: 512, rows: 256 }));
        assert_eq!(tile_shape("64"), Ok(Size { cols: 64, rows: 64 }));
        assert!(tile_shape("512x100").is_err() && tile_shape("x").is_err());
        assert!(max_error("-1").is_err() && max_error("nan").is_err() && max_error("0.01").is_ok());
    }
}
