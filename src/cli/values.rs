//! Values of options as they are typed. What a value means is said in the option's help, which stays short that way.

use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::{fmt::Debug, ops::RangeInclusive, str::FromStr};
use swath::{
    graph::{Overviews, PredictorChoice},
    raster::{BigTiff, Compression, Interleave, LercThen, MaxError, PrefixMethod},
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
    Packbits,
    Lerc,
    #[value(alias = "lerc_deflate")]
    LercDeflate,
    #[value(alias = "lerc_zstd")]
    LercZstd,
    Jpeg,
    Webp,
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

/// Quality of JPEG where none is named, as GDAL's.
const JPEG_QUALITY: u8 = 75;

/// What is asked of a codec besides its name.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CodecTuning {
    pub level: Option<u8>,
    pub max_z_error: Option<MaxError>,
    pub quality: Option<u8>,
}

impl Codec {
    /// The codec at a level, or at its default.
    pub fn at(self, tuning: CodecTuning) -> Result<Compression, String> {
        let CodecTuning { level, max_z_error, quality } = tuning;
        let within = |name: &str, range: RangeInclusive<u8>, default: u8, asked: Option<u8>| match asked {
            Some(n) if !range.contains(&n) => Err(format!("{name} {n} is not accepted: {} to {}", range.start(), range.end())),
            Some(n) => Ok(n),
            None => Ok(default),
        };
        let deflate = || within("deflate level", 0..=12, DEFLATE_LEVEL, level);
        let zstd = || within("zstd level", 1..=22, ZSTD_LEVEL, level);
        let lerc = |then| Compression::Lerc { max_z_error: max_z_error.unwrap_or(MaxError::NONE), then };
        if max_z_error.is_some() && !matches!(self, Self::Lerc | Self::LercDeflate | Self::LercZstd) {
            return Err("a greatest error goes with lerc, lerc-deflate or lerc-zstd only".to_owned());
        }
        if quality.is_some() && self != Self::Jpeg {
            return Err("a quality goes with jpeg only".to_owned());
        }
        Ok(match self {
            Self::Deflate => Compression::Deflate { level: deflate()? },
            Self::Zstd => Compression::Zstd { level: zstd()? },
            Self::LercDeflate => lerc(LercThen::Deflate { level: deflate()? }),
            Self::LercZstd => lerc(LercThen::Zstd { level: zstd()? }),
            _ if level.is_some() => return Err("a level goes with deflate or zstd only".to_owned()),
            Self::None => Compression::None,
            Self::Lzw => Compression::Lzw,
            Self::Packbits => Compression::PackBits,
            Self::Lerc => lerc(LercThen::Nothing),
            Self::Jpeg => Compression::Jpeg { quality: within("quality", 1..=100, JPEG_QUALITY, quality)? },
            Self::Webp => Compression::WebP,
        })
    }
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
        let at = |codec: Codec, level| codec.at(CodecTuning { level, ..CodecTuning::default() });
        assert_eq!(at(Codec::Zstd, Some(9)), Ok(Compression::Zstd { level: 9 }));
        assert_eq!(at(Codec::Deflate, None), Ok(Compression::Deflate { level: 4 }));
        assert_eq!(at(Codec::Deflate, Some(0)), Ok(Compression::Deflate { level: 0 }));
        assert_eq!(at(Codec::Deflate, Some(13)), Err("deflate level 13 is not accepted: 0 to 12".to_owned()));
        assert!(at(Codec::Lzw, Some(1)).is_err() && at(Codec::None, None).is_ok() && at(Codec::Zstd, Some(0)).is_err());
        let then = LercThen::Zstd { level: 9 };
        let tuning = CodecTuning { level: Some(9), max_z_error: MaxError::new(0.5), quality: None };
        assert_eq!(Codec::LercZstd.at(tuning), Ok(Compression::Lerc { max_z_error: MaxError::new(0.5).unwrap(), then }));
        assert!(Codec::Zstd.at(tuning).is_err() && Codec::Lerc.at(tuning).is_err());
        assert!(Codec::Deflate.at(CodecTuning { quality: Some(80), ..CodecTuning::default() }).is_err());
    }

    #[test]
    fn tiles_may_be_oblong() {
        assert_eq!(tile_shape("512x256"), Ok(Size { cols: 512, rows: 256 }));
        assert_eq!(tile_shape("64"), Ok(Size { cols: 64, rows: 64 }));
        assert!(tile_shape("512x100").is_err() && tile_shape("x").is_err());
        assert!(max_error("-1").is_err() && max_error("nan").is_err() && max_error("0.01").is_ok());
    }
}
