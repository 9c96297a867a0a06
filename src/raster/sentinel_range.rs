//! The samples that readers take for a sentinel.

use super::Sample;

/// The samples that readers take for a sentinel: a few beside it for float32 and float64, as GDAL compares them, and itself
/// alone for all other types. NaN is in no range: it is missing in any case.
///
/// GDAL (`ARE_REAL_EQUAL` in `gdal_priv.h`) takes a sample `v` for nodata `n` where `|v - n| < 2 epsilon |v + n|`, with the
/// epsilon of float32 for float64 too: about 4 float32 steps on either side. Texts of fewer digits and float64 values that
/// were float32 once are found so. Where `v + n` overflows the sample type, as for `-3.4e38` and the lowest float32, the rule
/// holds for all `v` between; a second such region, which is apart from the sentinel, is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SentinelRange<T> {
    pub(super) low: T,
    pub(super) high: T,
}

impl<T: Sample> SentinelRange<T> {
    /// Whether readers take a sample for the sentinel.
    #[inline(always)]
    pub fn has(self, sample: T) -> bool {
        // `&` and not `&&`: no branch, so that the compiler vectorises the loops.
        if T::TYPE.is_float() { (sample >= self.low) & (sample <= self.high) } else { sample == self.low }
    }

    /// Whether a sample is missing where this is what stands for missing: it is in the range, or NaN.
    #[inline(always)]
    pub fn is_missing(self, sample: T) -> bool {
        self.has(sample) | sample.is_nan()
    }

    /// The smallest sample of the range.
    pub fn low(self) -> T {
        self.low
    }

    /// The largest sample of the range.
    pub fn high(self) -> T {
        self.high
    }
}

/// The two ends of the range of a float32 sentinel.
pub(super) fn of_f32(sentinel: f32) -> [f32; 2] {
    let equal = |v: f32| v == sentinel || (v - sentinel).abs() < f32::EPSILON * (v + sentinel).abs() * 2.0;
    let (magnitude, sign) = (u64::from(sentinel.abs().to_bits()), sentinel);
    let at = |bits: u64| f32::from_bits(bits as u32).copysign(sign);
    ends(sentinel.is_finite(), magnitude, u64::from(f32::MAX.to_bits()), |bits| equal(at(bits)), at, sentinel)
}

/// The two ends of the range of a float64 sentinel.
pub(super) fn of_f64(sentinel: f64) -> [f64; 2] {
    let equal = |v: f64| v == sentinel || (v - sentinel).abs() < f64::from(f32::EPSILON) * (v + sentinel).abs() * 2.0;
    let (magnitude, sign) = (sentinel.abs().to_bits(), sentinel);
    let at = |bits: u64| f64::from_bits(bits).copysign(sign);
    ends(sentinel.is_finite(), magnitude, f64::MAX.to_bits(), |bits| equal(at(bits)), at, sentinel)
}

/// Smallest and largest of the samples around a sentinel that are taken for it, over the bits of their magnitudes, which
/// count up with the magnitude. Samples of the other sign are never taken for it.
fn ends<T: Sample>(finite: bool, magnitude: u64, most: u64, equal: impl Fn(u64) -> bool, at: impl Fn(u64) -> T, sentinel: T) -> [T; 2] {
    if !finite || magnitude == 0 {
        return [sentinel; 2];
    }
    let (inner, outer) =
        (magnitude - steps(magnitude, |n| equal(magnitude - n)), magnitude + steps(most - magnitude, |n| equal(magnitude + n)));
    let (a, b) = (at(inner), at(outer));
    if a < b { [a, b] } else { [b, a] }
}

/// The largest number of steps, at most `limit`, so far that `holds` without a gap: it is looked for at doubling distances,
/// then between the last two.
fn steps(limit: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut good, mut bad) = (0, 1);
    while bad <= limit && holds(bad) {
        good = bad;
        bad = bad.saturating_mul(2);
    }
    bad = bad.min(limit.saturating_add(1));
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Nodata, SampleType};

    fn missing<T: Sample>(nodata: &str, samples: &[T]) -> Vec<bool> {
        let range = nodata.parse::<Nodata>().unwrap().matching(T::TYPE).unwrap().range::<T>();
        samples.iter().map(|&sample| range.is_missing(sample)).collect()
    }

    #[test]
    fn a_few_floats_beside_nodata_are_missing_as_in_gdal() {
        // What rasterio 1.4.4 (GDAL 3.10.3) says of files with these samples and tags, but for NaN, which it calls valid.
        assert_eq!(missing("-9999", &[-9999f32, -9999.004, -9998.995, -9999.003, f32::NAN]), [true, true, false, true, true]);
        assert_eq!(missing("-9999", &[-9999f64, -9999.0047, -9998.9953, -9999.0048, -9999.01]), [true, true, true, false, false]);
        let far = [f32::MIN, -1e38, -1e32, -1e30, 0.0, f32::NEG_INFINITY];
        assert_eq!(missing("-3.39999999999999996e+38", &far), [true, true, false, false, false, false]);
        assert_eq!(missing("-1e+38", &far[1..]), [true, false, false, false, false]);
        assert_eq!(missing("-3.40282346638529e+38", &[f64::from(f32::MIN), -3.4e38]), [true, false]);
        assert_eq!(missing("0.1", &[0.1f32, 0.100_000_1, 0.10001]), [true, false, false]);
        assert_eq!(missing("1e-40", &[1e-40f32, 0.0, 2e-40]), [true, false, false]);
    }

    #[test]
    fn zero_infinities_and_integers_stand_for_themselves_alone() {
        assert_eq!(missing("0", &[0f32, -0.0, f32::from_bits(1), 1e-30]), [true, true, false, false]);
        assert_eq!(missing("inf", &[f64::INFINITY, f64::MAX, f64::NEG_INFINITY]), [true, false, false]);
        assert_eq!(missing("nan", &[f32::NAN, 0.0]), [true, false]);
        assert_eq!(missing("-9999", &[-9999i32, -9998, 0]), [true, false, false]);
        assert_eq!(missing("1.7976931348623157e308", &[f64::MAX, 1e303, 1e290]), [true, true, false]);
        assert_eq!(SampleType::F16, <half::f16 as Sample>::TYPE);
    }
}
