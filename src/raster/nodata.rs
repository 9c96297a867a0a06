use super::{
    Sample, SampleType,
    sentinel_range::{self, SentinelRange},
};
use serde::Serialize;
use std::{fmt, str::FromStr};

/// A declared nodata value: what the metadata say stands for missing.
///
/// Integers keep all their bits (a 64-bit nodata is not pushed through a float).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nodata {
    /// An integer, any width.
    Integer(i128),
    /// A floating-point value, NaN included.
    Float(f64),
}

/// The encoded bytes that stand for missing in one sample type: native-endian, in the first `bytes()` places. Readers take
/// the samples of its [`range`](Self::range) for missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sentinel {
    bits: [u8; 8],
    /// Smallest and largest sample that readers take for it, as `bits`.
    range: [[u8; 8]; 2],
    sample: SampleType,
}

/// Why a nodata value cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NodataError {
    /// The text is no number.
    #[error("'{0}' is not a nodata value: a number or nan")]
    Text(String),
    /// A number that no 64-bit float is near: it would silently become an infinity or zero.
    #[error("nodata '{text}' would be {nearest}: numbers from 4.9e-324 to 1.7976931348623157e308 are held, and 'inf' is infinity")]
    Beyond {
        /// What was given.
        text: String,
        /// What it would be taken for.
        nearest: f64,
    },
    /// The sample type cannot hold the value exactly.
    #[error("nodata {value} cannot be held exactly by {sample}{hint}")]
    NotExact {
        /// The value asked for.
        value: Nodata,
        /// The output's sample type.
        sample: SampleType,
        /// The range that is accepted, ready to print.
        hint: String,
    },
}

impl Nodata {
    /// The value as f64 (64-bit integers round).
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Integer(i) => i as f64,
            Self::Float(f) => f,
        }
    }

    /// The same value, as an integer where an integer type holds it: readers of such types take a text such as `1e+18` for 1.
    #[must_use]
    pub fn written_for(self, sample: SampleType) -> Self {
        match (self, sample.integer_range()) {
            (Self::Float(value), Some((low, high))) if value.fract() == 0.0 && (low..=high).contains(&(value as i128)) => {
                Self::Integer(value as i128)
            }
            _ => self,
        }
    }

    /// The bytes that stand for missing in samples of type `sample`.
    ///
    /// # Errors
    /// [`NodataError::NotExact`] where the type cannot hold the value exactly.
    pub fn sentinel(self, sample: SampleType) -> Result<Sentinel, NodataError> {
        self.exact_bits(sample).map(|bits| Sentinel::of(bits, sample)).ok_or_else(|| NodataError::NotExact {
            value: self,
            sample,
            hint: match sample.integer_range() {
                Some((lo, hi)) => format!(" (whole numbers {lo} to {hi})"),
                None => String::new(),
            },
        })
    }

    /// The sentinel that a *reader* looks for: as [`sentinel`](Self::sentinel), but a value is first rounded to a sample
    /// type of floats, and cut to a whole number for integers, as GDAL does with texts such as `-3.4028234663852886e+38`
    /// and `0.5`. `None` where no sample can match.
    pub fn matching(self, sample: SampleType) -> Option<Sentinel> {
        let rounded = match (self, sample.integer_range()) {
            // A fraction is cut off, but not to make a value fit.
            (Self::Float(f), Some((lo, hi))) if !(lo as f64..=hi as f64).contains(&f) => return None,
            (Self::Float(f), Some(_)) => Self::Float(f.trunc()),
            (other, _) => other.rounded(sample),
        };
        rounded.exact_bits(sample).map(|bits| Sentinel::of(bits, sample))
    }

    /// The nearest value that a sample type of floats holds, which may be an infinity; integers leave the value as it is.
    #[must_use]
    pub fn rounded(self, sample: SampleType) -> Self {
        match sample {
            _ if self.exact_bits(sample).is_some() => self,
            SampleType::F32 => Self::Float(f64::from(self.to_f64() as f32)),
            SampleType::F16 => Self::Float(f64::from(half::f16::from_f64(self.to_f64()))),
            SampleType::F64 => Self::Float(self.to_f64()),
            _ => self,
        }
    }

    /// The value itself where the sample type holds it, else one that it holds and that is least likely to be measured:
    /// the largest unsigned integer, the smallest signed one, the nearest finite float.
    #[must_use]
    pub fn fitted(self, sample: SampleType) -> Self {
        match sample.integer_range() {
            _ if self.exact_bits(sample).is_some() => self,
            Some((0, largest)) => Self::Integer(largest),
            Some((smallest, _)) => Self::Integer(smallest),
            None => match self.rounded(sample).to_f64() {
                f if f.is_infinite() => Self::Float(sample.largest_finite().copysign(f)),
                f => Self::Float(f),
            },
        }
    }

    fn exact_bits(self, sample: SampleType) -> Option<[u8; 8]> {
        let mut bits = [0; 8];
        let mut put = |bytes: &[u8]| bits[..bytes.len()].copy_from_slice(bytes);
        if let Some((lo, hi)) = sample.integer_range() {
            let value = match self {
                Self::Integer(i) => i,
                Self::Float(f) if f.fract() == 0.0 && f.abs() < 3.0e19 => f as i128,
                Self::Float(_) => return None,
            };
            if !(lo..=hi).contains(&value) {
                return None;
            }
            let wide = value.to_le_bytes();
            let width = sample.bytes();
            if cfg!(target_endian = "little") {
                put(&wide[..width]);
            } else {
                let mut narrow = wide[..width].to_vec();
                narrow.reverse();
                put(&narrow);
            }
            return Some(bits);
        }
        let exact = |back: f64| match self {
            Self::Integer(i) => back.is_finite() && back as i128 == i,
            Self::Float(f) => back == f || (back.is_nan() && f.is_nan()),
        };
        let value = self.to_f64();
        match sample {
            SampleType::F64 => exact(value).then(|| put(&value.to_ne_bytes()))?,
            SampleType::F32 => exact(f64::from(value as f32)).then(|| put(&(value as f32).to_ne_bytes()))?,
            _ => {
                let half = half::f16::from_f64(value);
                exact(f64::from(half)).then(|| put(&half.to_ne_bytes()))?;
            }
        }
        Some(bits)
    }
}

impl Sentinel {
    fn of(bits: [u8; 8], sample: SampleType) -> Self {
        let mut sentinel = Self { bits, range: [bits; 2], sample };
        match sample {
            SampleType::F32 => sentinel.set_range(sentinel_range::of_f32(sentinel.get())),
            SampleType::F64 => sentinel.set_range(sentinel_range::of_f64(sentinel.get())),
            _ => {}
        }
        sentinel
    }

    fn set_range<T: Sample>(&mut self, ends: [T; 2]) {
        for (end, bits) in ends.iter().zip(&mut self.range) {
            bits[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(end));
        }
    }

    /// The samples that readers take for missing: see [`SentinelRange`].
    ///
    /// # Panics
    /// Never for the type it was made for: `T` must be of [`sample_type`](Self::sample_type).
    pub fn range<T: Sample>(&self) -> SentinelRange<T> {
        let [low, high] = self.range.map(|bits| bytemuck::pod_read_unaligned(&bits[..self.sample.bytes()]));
        SentinelRange { low, high }
    }

    /// Native-endian bytes of the sentinel.
    pub fn bytes(&self) -> &[u8] {
        &self.bits[..self.sample.bytes()]
    }

    /// Whether it is NaN.
    pub fn is_nan(&self) -> bool {
        super::with_sample_type!(self.sample, T => super::Sample::is_nan(self.get::<T>()))
    }

    /// The sample type it belongs to.
    pub fn sample_type(&self) -> SampleType {
        self.sample
    }

    /// The sentinel as a typed sample.
    ///
    /// # Panics
    /// Never for the type it was made for: `T` must be of [`sample_type`](Self::sample_type).
    pub fn get<T: super::Sample>(&self) -> T {
        bytemuck::pod_read_unaligned(self.bytes())
    }
}

impl fmt::Display for Nodata {
    /// The text that goes into GDAL's nodata tag: it re-parses to the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Integer(i) => write!(f, "{i}"),
            Self::Float(v) if v.is_nan() => f.write_str("nan"),
            Self::Float(v) if v.is_infinite() => f.write_str(if v > 0.0 { "inf" } else { "-inf" }),
            Self::Float(v) if v.fract() == 0.0 && v.abs() < 1e15 => write!(f, "{v}"),
            Self::Float(v) => write!(f, "{v:e}"),
        }
    }
}

impl Serialize for Nodata {
    /// As text, because JSON numbers can be neither NaN nor exact 64-bit integers.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Nodata {
    type Err = NodataError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if let Ok(integer) = trimmed.parse::<i128>() {
            return Ok(Self::Integer(integer));
        }
        let lower = trimmed.to_ascii_lowercase();
        if matches!(lower.as_str(), "nan" | "-nan" | "+nan") {
            return Ok(Self::Float(f64::NAN));
        }
        let nearest = lower.parse::<f64>().map_err(|_| NodataError::Text(text.to_owned()))?;
        // Of what parses, only numbers have digits; zeroes in front of the exponent are zero.
        let mantissa = lower.split('e').next().unwrap_or_default();
        if (nearest.is_infinite() || nearest == 0.0) && mantissa.contains(|c| matches!(c, '1'..='9')) {
            return Err(NodataError::Beyond { text: trimmed.to_owned(), nearest });
        }
        Ok(Self::Float(nearest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nodata_value_must_fit_its_sample_type_exactly() {
        let ok = |text: &str, sample| text.parse::<Nodata>().unwrap().sentinel(sample).is_ok();
        assert!(ok("-9999", SampleType::I16) && ok("-9999", SampleType::F32) && ok("255", SampleType::U8) && ok("255.0", SampleType::U8));
        assert!(!ok("-9999", SampleType::U8) && !ok("256", SampleType::U8) && !ok("0.5", SampleType::I32) && !ok("nan", SampleType::I32));
        assert!(
            ok("nan", SampleType::F16) && ok("-inf", SampleType::F32) && !ok("16777217", SampleType::F32) && !ok("0.1", SampleType::F32)
        );
        assert!(ok("18446744073709551615", SampleType::U64) && !ok("18446744073709551615", SampleType::I64));
        assert!(!ok("9223372036854775807", SampleType::F64));
    }

    #[test]
    fn a_whole_number_is_written_without_an_exponent_for_integers() {
        let of = |text: &str, sample| text.parse::<Nodata>().unwrap().written_for(sample).to_string();
        assert_eq!(of("1e18", SampleType::I64), "1000000000000000000");
        assert_eq!(of("1e16", SampleType::U64), "10000000000000000");
        assert_eq!(of("-9e18", SampleType::I64), "-9000000000000000000");
        assert_eq!(of("255.0", SampleType::U8), "255");
        assert_eq!(
            (of("1e18", SampleType::F64), of("nan", SampleType::I64), of("1e30", SampleType::I64)),
            ("1e18".into(), "nan".into(), "1e30".into())
        );
    }

    #[test]
    fn what_a_type_cannot_hold_is_rounded_or_replaced() {
        let of = |text: &str| text.parse::<Nodata>().unwrap();
        let fitted = |text: &str, sample| of(text).fitted(sample).to_string();
        assert_eq!([fitted("-9999", SampleType::U8), fitted("-9999", SampleType::U16)], ["255", "65535"]);
        assert_eq!([fitted("-9999", SampleType::I8), fitted("65535", SampleType::I16)], ["-128", "-32768"]);
        assert_eq!([fitted("-9999", SampleType::I16), fitted("nan", SampleType::F16)], ["-9999", "nan"]);
        assert_eq!(of("-1.7976931348623157e308").fitted(SampleType::F32), Nodata::Float(f64::from(f32::MIN)));
        assert_eq!(fitted("-9999", SampleType::F16), "-10000");
        assert_eq!(of("0.1").rounded(SampleType::F32), Nodata::Float(f64::from(0.1f32)));
        assert_eq!(of("16777217").rounded(SampleType::F32), Nodata::Float(16_777_216.0));
        assert_eq!(of("5").rounded(SampleType::F32), Nodata::Integer(5));
    }

    #[test]
    fn a_reader_rounds_a_float_nodata_as_gdal_does() {
        let lowest: Nodata = "-3.4028234663852886e+38".parse().unwrap();
        assert_eq!(lowest.matching(SampleType::F32).unwrap().get::<f32>(), f32::MIN);
        assert_eq!("0.1".parse::<Nodata>().unwrap().matching(SampleType::F32).unwrap().get::<f32>(), 0.1);
        assert!("-9999".parse::<Nodata>().unwrap().matching(SampleType::U8).is_none());
        assert!("nan".parse::<Nodata>().unwrap().matching(SampleType::U8).is_none());
        // GDAL 3.6.2 and 3.12.4 say so of files with these tags.
        assert!("4294967295.5".parse::<Nodata>().unwrap().matching(SampleType::U32).is_none());
        assert!("-0.5".parse::<Nodata>().unwrap().matching(SampleType::U8).is_none());
        // rasterio 1.4.4 (GDAL 3.10.3) says so of files with these tags.
        assert_eq!("0.5".parse::<Nodata>().unwrap().matching(SampleType::U8).unwrap().get::<u8>(), 0);
        assert_eq!("-9999.4".parse::<Nodata>().unwrap().matching(SampleType::I16).unwrap().get::<i16>(), -9999);
    }

    #[test]
    fn a_number_that_no_float_is_near_is_refused() {
        let long = "9".repeat(400);
        for (text, nearest) in [("1e400", f64::INFINITY), ("-1E+400", f64::NEG_INFINITY), (long.as_str(), f64::INFINITY), ("1e-400", 0.0)] {
            let refused = text.parse::<Nodata>().unwrap_err();
            assert!(matches!(&refused, NodataError::Beyond { nearest: n, .. } if *n == nearest), "{refused}");
            assert!(refused.to_string().contains("'inf' is infinity"), "{refused}");
        }
        for (text, value) in
            [("inf", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY), ("0e999", 0.0), ("1e308", 1e308), ("5e-324", 5e-324)]
        {
            assert_eq!(text.parse(), Ok(Nodata::Float(value)), "{text}");
        }
    }

    #[test]
    fn nodata_text_parses_back_to_the_same_bits() {
        for value in [0.0, -9999.0, 1e-7, f64::from(f32::MIN), 1.0 / 3.0, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
            let back: Nodata = Nodata::Float(value).to_string().parse().unwrap();
            assert_eq!(back.to_f64().to_bits(), value.to_bits(), "{value}");
        }
        assert_eq!(Nodata::Integer(u64::MAX.into()).to_string().parse(), Ok(Nodata::Integer(u64::MAX.into())));
        assert!(Nodata::Float(f64::NAN).to_string().parse::<Nodata>().unwrap().to_f64().is_nan());
    }
}
