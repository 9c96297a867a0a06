//! Values of options as they are typed. What a value means is said in the option's help, which stays short that way.

use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::{fmt::Debug, str::FromStr};
use swath::{
    graph::Overviews,
    raster::{BigTiff, Compression, PrefixMethod},
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

/// `--compress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Codec {
    None,
    Deflate,
    Zstd,
    Lzw,
}

/// `--predictor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PredictorName {
    // Floats 3, integers 2.
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

/// Level of deflate where only the codec is named: by measurement the ratio of 6 at 1.2 to 2 times the speed.
const DEFLATE_LEVEL: u8 = 4;
/// Level of ZSTD where only the codec is named.
const ZSTD_LEVEL: u8 = 3;

impl Codec {
    /// The codec at a level, or at its default.
    pub fn at(self, level: Option<u8>) -> Result<Compression, String> {
        let within = |name: &str, most: u8, default: u8| match level {
            Some(level) if !(1..=most).contains(&level) => Err(format!("level {level} is not one of {name}: 1 to {most}")),
            Some(level) => Ok(level),
            None => Ok(default),
        };
        match self {
            Self::Deflate => within("deflate", 12, DEFLATE_LEVEL).map(|level| Compression::Deflate { level }),
            Self::Zstd => within("zstd", 22, ZSTD_LEVEL).map(|level| Compression::Zstd { level }),
            Self::None | Self::Lzw if level.is_some() => Err("a level goes with deflate or zstd only".to_owned()),
            Self::None => Ok(Compression::None),
            Self::Lzw => Ok(Compression::Lzw),
        }
    }
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
        assert_eq!(Codec::Zstd.at(Some(9)), Ok(Compression::Zstd { level: 9 }));
        assert_eq!(Codec::Deflate.at(None), Ok(Compression::Deflate { level: 4 }));
        assert_eq!(Codec::Deflate.at(Some(13)), Err("level 13 is not one of deflate: 1 to 12".to_owned()));
        assert!(Codec::Lzw.at(Some(1)).is_err() && Codec::None.at(None).is_ok());
    }
}
