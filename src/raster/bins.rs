//! Equal bins between two values: what samples are counted in.

use std::str::FromStr;

/// Bins of equal width from `min` to `max`.
///
/// Bin `k` holds values from `min + k * width` on and below `min + (k + 1) * width`, where `width` is
/// `(max - min) / count`, in float64; the last also holds `max`. So has NumPy's `histogram`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bins {
    min: f64,
    max: f64,
    count: usize,
}

/// What [`Bins`] cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' are no bins: MIN,MAX,N with finite MIN below MAX and N from 1 to {}, such as -0.5,255.5,256", Bins::MOST)]
pub struct BinsError {
    given: String,
}

/// Where a value falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bin {
    /// Less than the first bin's beginning.
    Below,
    /// In this bin.
    At(usize),
    /// Greater than the last bin's end.
    Above,
}

impl Bins {
    /// Most bins there can be.
    pub const MOST: usize = 1 << 16;

    /// `count` bins from `min` to `max`.
    ///
    /// # Errors
    /// [`BinsError`] unless both are finite, `min` is less than `max`, bins have a width that float64 can tell apart, and
    /// `count` is from 1 to [`MOST`](Self::MOST).
    pub fn new(min: f64, max: f64, count: usize) -> Result<Self, BinsError> {
        let bins = Self { min, max, count };
        let width = bins.width();
        let apart = || min + width > min && max - width < max;
        if (1..=Self::MOST).contains(&count) && width.is_finite() && width > 0.0 && apart() {
            Ok(bins)
        } else {
            Err(BinsError { given: format!("{min},{max},{count}") })
        }
    }

    /// Beginning of the first bin.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// End of the last bin.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.count
    }

    fn width(&self) -> f64 {
        (self.max - self.min) / self.count as f64
    }

    fn beginning(&self, bin: usize) -> f64 {
        if bin == self.count { self.max } else { self.min + bin as f64 * self.width() }
    }

    /// Where a value falls that is a number.
    #[inline]
    pub fn of(&self, value: f64) -> Bin {
        if value < self.min {
            return Bin::Below;
        }
        if value > self.max {
            return Bin::Above;
        }
        // The quotient rounds: beside a boundary it may be off by one.
        let near = (((value - self.min) / self.width()) as usize).min(self.count - 1);
        Bin::At(if value < self.beginning(near) {
            near - 1
        } else if near + 1 < self.count && value >= self.beginning(near + 1) {
            near + 1
        } else {
            near
        })
    }
}

impl FromStr for Bins {
    type Err = BinsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BinsError { given: text.to_owned() };
        let mut parts = text.split(',').map(str::trim);
        let (Some(min), Some(max), Some(count), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return Err(bad()) };
        let number = |text: &str| text.parse::<f64>().map_err(|_| bad());
        Self::new(number(min)?, number(max)?, count.parse().map_err(|_| bad())?).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn boundaries_belong_to_the_bin_that_begins_there() {
        let bins = Bins::new(0.0, 1.0, 10).unwrap();
        let of = |value| bins.of(value);
        assert_eq!([of(-1e-300), of(0.0), of(0.1), of(0.1f64.next_down())], [Bin::Below, Bin::At(0), Bin::At(1), Bin::At(0)]);
        assert_eq!([of(1.0), of(1.0f64.next_up()), of(f64::INFINITY)], [Bin::At(9), Bin::Above, Bin::Above]);
        assert_eq!([of(-0.0), of(f64::NEG_INFINITY)], [Bin::At(0), Bin::Below]);
    }

    #[test]
    fn what_is_typed_is_read_or_named() {
        assert_eq!("-0.5, 255.5,256".parse(), Bins::new(-0.5, 255.5, 256));
        for bad in [
            "",
            "1",
            "0,1",
            "0,1,0",
            "0,1,65537",
            "1,0,4",
            "1,1,4",
            "0,inf,4",
            "nan,1,4",
            "0,1,4,5",
            "0,1,-4",
            "1e16,1.0000000000000002e16,9",
            "-1e308,1e308,1",
        ] {
            let error = bad.parse::<Bins>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("'{bad}' are no bins: MIN,MAX,N")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_value_lies_between_the_ends_of_its_bin(min in -1e6f64..1e6, span in 1e-3f64..1e6, count in 1usize..3000, share in 0f64..=1.0) {
            let bins = Bins::new(min, min + span, count).unwrap();
            let value = (min + share * span).min(bins.max());
            let Bin::At(bin) = bins.of(value) else { panic!("{value} lies between {min} and {}", bins.max()) };
            prop_assert!(bins.beginning(bin) <= value);
            prop_assert!(value < bins.beginning(bin + 1) || (bin + 1 == count && value == bins.max()));
        }
    }
}
