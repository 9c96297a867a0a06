use serde::Serialize;
use std::{fmt, str::FromStr};

/// A number of bytes; prints and parses with binary units.
///
/// Accepts digits with an optional `K`, `M`, `G`, `T` or `KiB`, `MiB`, `GiB`, `TiB` (all binary,
/// case-insensitive, fractions allowed before a unit): `64M`, `1.5GiB`, `1048576`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// `n` bytes.
    pub const fn b(n: u64) -> Self {
        Self(n)
    }
    /// `n` x 1024 bytes.
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }
    /// `n` x 1024^2 bytes.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }
    /// `n` x 1024^3 bytes.
    pub const fn gib(n: u64) -> Self {
        Self(n << 30)
    }
    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The smallest size, not below this one, whose text stands for all of it: what is printed can be typed.
    pub fn printed_up(self) -> Self {
        let unit = (1..5).rev().find(|unit| self.0 >> (10 * unit) > 0).unwrap_or(0);
        let scale = 1u64 << (10 * unit);
        if self.0.is_multiple_of(scale) {
            return self;
        }
        let tenths = (u128::from(self.0) * 10).div_ceil(u128::from(scale));
        Self((tenths as f64 / 10.0 * scale as f64).round() as u64)
    }
}

/// Why a text is not a [`ByteSize`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseByteSizeError {
    /// The text is no number with a unit.
    #[error("'{0}' is not a size: digits with K, M, G, T or KiB, MiB, GiB, TiB, such as 512M")]
    NotASize(String),
    /// The number of bytes does not fit 64 bits.
    #[error("'{0}' is too large a size: up to 8000000T is accepted")]
    TooLarge(String),
}

impl FromStr for ByteSize {
    type Err = ParseByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ParseByteSizeError::NotASize(text.to_owned());
        let too_large = || ParseByteSizeError::TooLarge(text.to_owned());
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(split);
        let shift = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return Err(bad()),
        };
        if let Ok(whole) = digits.parse::<u64>() {
            return whole.checked_mul(1 << shift).map(ByteSize).ok_or_else(too_large);
        }
        let value: f64 = digits.parse().map_err(|_| bad())?;
        let bytes = value * (1u64 << shift) as f64;
        if bytes >= 9.0e18 {
            return Err(too_large());
        }
        if shift == 0 || bytes.is_nan() || bytes < 0.0 {
            return Err(bad());
        }
        Ok(ByteSize(bytes.round() as u64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut unit = 0;
        while unit < 4 && self.0 >> (10 * (unit + 1)) > 0 {
            unit += 1;
        }
        let scale = (1u64 << (10 * unit)) as f64;
        if self.0.is_multiple_of(1 << (10 * unit)) {
            write!(f, "{} {}", self.0 >> (10 * unit), UNITS[unit])
        } else {
            write!(f, "{:.1} {}", self.0 as f64 / scale, UNITS[unit])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_up_can_be_typed() {
        for bytes in [0, 1, 1023, 1024, 1025, 11_463_000, (3 << 30) + 1, (1 << 40) + 7, 1_099_511_627_775] {
            let up = ByteSize(bytes).printed_up();
            assert_eq!(up.to_string().parse::<ByteSize>(), Ok(up), "{bytes}");
            assert!(up.0 >= bytes && up.0 as f64 <= bytes as f64 * 1.1, "{bytes}: {up}");
        }
    }

    #[test]
    fn sizes_parse_with_every_unit_and_refuse_nonsense() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("1K", 1024), ("64M", 64 << 20), ("64MiB", 64 << 20), ("1.5 GiB", 3 << 29), ("2g", 2 << 30)]
        {
            assert_eq!(text.parse::<ByteSize>(), Ok(ByteSize(bytes)), "{text}");
        }
        for text in ["99999999T", "99999999999999999999", "9999999.5T"] {
            assert_eq!(text.parse::<ByteSize>(), Err(ParseByteSizeError::TooLarge(text.to_owned())));
        }
        for text in ["", "M", "12Q", "-1", "1.5", "nan", "1e3"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_print_in_the_largest_unit_they_fill() {
        assert_eq!(ByteSize(512).to_string(), "512 B");
        assert_eq!(ByteSize::mib(64).to_string(), "64 MiB");
        assert_eq!(ByteSize((3 << 29) + 1).to_string(), "1.5 GiB");
    }
}
