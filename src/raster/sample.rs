use serde::Serialize;
use std::{fmt, str::FromStr};

/// The type of one sample, named as GDAL and numpy name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "&'static str")]
#[allow(missing_docs, reason = "the variants are their names")]
pub enum SampleType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl SampleType {
    /// Every sample type, narrow to wide.
    pub const ALL: [SampleType; 11] =
        [Self::U8, Self::I8, Self::U16, Self::I16, Self::U32, Self::I32, Self::U64, Self::I64, Self::F16, Self::F32, Self::F64];

    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether f32 loses samples of this type: integers of 32 and 64 bits, and f64.
    pub const fn is_wider_than_f32(self) -> bool {
        matches!(self, Self::U32 | Self::I32 | Self::U64 | Self::I64 | Self::F64)
    }

    /// Lower-case name: `uint8`, `int16`, `float32`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F16 => "float16",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Whether samples are floating point (and can hold NaN).
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// Whether samples are signed integers.
    pub const fn is_signed_integer(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// TIFF `SampleFormat`: 1 unsigned, 2 signed, 3 floating point.
    pub const fn tiff_sample_format(self) -> u16 {
        if self.is_float() {
            3
        } else if self.is_signed_integer() {
            2
        } else {
            1
        }
    }

    /// Least and greatest integer that an integer type holds; `None` for floats.
    pub const fn integer_range(self) -> Option<(i128, i128)> {
        let bits = 8 * self.bytes() as u32;
        if self.is_float() {
            None
        } else if self.is_signed_integer() {
            Some((-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1))
        } else {
            Some((0, (1i128 << bits) - 1))
        }
    }

    /// The largest finite sample of a type of floats.
    pub(crate) fn largest_finite(self) -> f64 {
        match self {
            Self::F16 => half::f16::MAX.to_f64(),
            Self::F32 => f64::from(f32::MAX),
            _ => f64::MAX,
        }
    }
}

impl From<SampleType> for &'static str {
    fn from(value: SampleType) -> Self {
        value.name()
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no sample type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a sample type: uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32 or float64")]
pub struct UnknownSampleType(pub String);

impl FromStr for SampleType {
    type Err = UnknownSampleType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_ascii_lowercase();
        let canonical = match lower.as_str() {
            "byte" => "uint8",
            other => other,
        };
        Self::ALL.into_iter().find(|t| t.name() == canonical).ok_or_else(|| UnknownSampleType(text.to_owned()))
    }
}

/// A Rust type that samples are stored as.
pub trait Sample: bytemuck::Pod + PartialEq + PartialOrd + Send + Sync + fmt::Debug {
    /// Its tag.
    const TYPE: SampleType;

    /// The sample as f32, rounded to nearest; a finite one beyond f32's range becomes its largest number of that sign (NaN stays NaN).
    fn to_f32(self) -> f32;

    /// The sample as f64, rounded to nearest (exact but for 64-bit integers beyond 2^53).
    fn widened(self) -> f64;

    /// How far the sample lies above `origin`, the difference made exactly or in f64 and rounded once.
    fn above(self, origin: Self) -> f32;

    /// The nearest sample to `value`; integers saturate.
    fn nearest(value: f64) -> Self;

    /// The nearest sample to `value`: integers round half up (as GDAL does) and saturate, NaN becomes 0.
    fn from_f32(value: f32) -> Self;

    /// Whether the sample is NaN (never, for integers).
    fn is_nan(self) -> bool;
}

macro_rules! integer_sample {
    ($($rust:ty => $tag:ident, $wide:ty);*) => {$(
        impl Sample for $rust {
            const TYPE: SampleType = SampleType::$tag;
            #[inline(always)]
            fn to_f32(self) -> f32 { self as f32 }
            #[inline(always)]
            fn widened(self) -> f64 { self as f64 }
            #[inline(always)]
            fn above(self, origin: Self) -> f32 { (<$wide>::from(self) - <$wide>::from(origin)) as f32 }
            #[inline(always)]
            fn nearest(value: f64) -> Self { value.round() as $rust }
            #[inline(always)]
            fn from_f32(value: f32) -> Self {
                // In f64, so that adding a half never rounds; `as` saturates.
                (f64::from(value) + 0.5).floor() as $rust
            }
            #[inline(always)]
            fn is_nan(self) -> bool { false }
        }
    )*};
}
// With a type that holds every difference.
integer_sample!(
    u8 => U8, i32; i8 => I8, i32; u16 => U16, i32; i16 => I16, i32; u32 => U32, i64; i32 => I32, i64; u64 => U64, i128; i64 => I64, i128
);

impl Sample for half::f16 {
    const TYPE: SampleType = SampleType::F16;
    #[inline(always)]
    fn to_f32(self) -> f32 {
        half::f16::to_f32(self)
    }
    #[inline(always)]
    fn widened(self) -> f64 {
        half::f16::to_f64(self)
    }
    #[inline(always)]
    fn above(self, origin: Self) -> f32 {
        half::f16::to_f32(self) - half::f16::to_f32(origin)
    }
    #[inline(always)]
    fn nearest(value: f64) -> Self {
        half::f16::from_f64(value)
    }
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        half::f16::from_f32(value)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        half::f16::is_nan(self)
    }
}

impl Sample for f32 {
    const TYPE: SampleType = SampleType::F32;
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }
    #[inline(always)]
    fn widened(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn above(self, origin: Self) -> f32 {
        (f64::from(self) - f64::from(origin)) as f32
    }
    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        value
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        is_missing(self)
    }
}

impl Sample for f64 {
    const TYPE: SampleType = SampleType::F64;
    #[inline(always)]
    fn to_f32(self) -> f32 {
        let near = self as f32;
        // A number stays one: an infinity would be missing to most operators.
        if near.is_infinite() & self.is_finite() { f32::MAX.copysign(near) } else { near }
    }
    #[inline(always)]
    fn widened(self) -> f64 {
        self
    }
    #[inline(always)]
    fn above(self, origin: Self) -> f32 {
        (self - origin).to_f32()
    }
    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn from_f32(value: f32) -> Self {
        f64::from(value)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }
}

/// Whether an in-pipeline sample is missing: any NaN, tested on its bits exactly as the shaders do.
#[inline(always)]
pub fn is_missing(sample: f32) -> bool {
    sample.to_bits() & 0x7fff_ffff > 0x7f80_0000
}

/// Runs `$body` with `$T` bound to the Rust type of a [`SampleType`].
#[macro_export]
#[doc(hidden)]
macro_rules! with_sample_type {
    ($tag:expr, $T:ident => $body:expr) => {
        match $tag {
            $crate::raster::SampleType::U8 => {
                type $T = u8;
                $body
            }
            $crate::raster::SampleType::I8 => {
                type $T = i8;
                $body
            }
            $crate::raster::SampleType::U16 => {
                type $T = u16;
                $body
            }
            $crate::raster::SampleType::I16 => {
                type $T = i16;
                $body
            }
            $crate::raster::SampleType::U32 => {
                type $T = u32;
                $body
            }
            $crate::raster::SampleType::I32 => {
                type $T = i32;
                $body
            }
            $crate::raster::SampleType::U64 => {
                type $T = u64;
                $body
            }
            $crate::raster::SampleType::I64 => {
                type $T = i64;
                $body
            }
            $crate::raster::SampleType::F16 => {
                type $T = ::half::f16;
                $body
            }
            $crate::raster::SampleType::F32 => {
                type $T = f32;
                $body
            }
            $crate::raster::SampleType::F64 => {
                type $T = f64;
                $body
            }
        }
    };
}
pub use with_sample_type;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_half_up_and_saturate() {
        assert_eq!(u8::from_f32(0.5), 1);
        assert_eq!(u8::from_f32(254.5), 255);
        assert_eq!(u8::from_f32(-3.0), 0);
        assert_eq!(i16::from_f32(-2.5), -2);
        assert_eq!(i16::from_f32(1e9), i16::MAX);
        assert_eq!(i32::from_f32(16_777_215.0), 16_777_215);
    }

    #[test]
    fn a_difference_from_an_origin_is_exact_where_f32_has_it() {
        assert_eq!(i32::MAX.above(i32::MAX - 3), 3.0);
        assert_eq!(i32::MIN.above(i32::MAX), -4_294_967_295.0_f64 as f32);
        assert_eq!(u64::MAX.above(u64::MAX - 1), 1.0);
        assert_eq!(1_000_000.125f64.above(1_000_000.0), 0.125);
        assert_eq!(i64::nearest(-1e300), i64::MIN);
        assert!(f64::NAN.above(1.0).is_nan());
    }

    #[test]
    fn missing_is_any_nan_and_nothing_else() {
        assert!(is_missing(f32::NAN) && is_missing(-f32::NAN) && is_missing(f32::from_bits(0x7f80_0001)));
        assert!(!is_missing(f32::INFINITY) && !is_missing(0.0) && !is_missing(f32::MIN));
    }

    #[test]
    fn every_sample_type_parses_its_own_name() {
        for tag in SampleType::ALL {
            assert_eq!(tag.name().to_uppercase().parse(), Ok(tag));
        }
        assert_eq!("Byte".parse(), Ok(SampleType::U8));
        assert!("complex64".parse::<SampleType>().is_err());
    }
}
