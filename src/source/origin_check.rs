//! Whether counting samples from an origin loses more than rounding them: found while rows are converted.

use std::sync::{Mutex, PoisonError};

/// Samples that are farther from their origin than from 0, so that float32 keeps less of the difference than of the sample.
///
/// One such value does no harm, however often it occurs: its differences among themselves are 0, and beside all others it is a cliff
/// that drowns the rounding (an undeclared sentinel is the usual case). Two different ones may be ground that is lost.
#[derive(Debug, Default)]
pub struct OriginCheck {
    /// The lowest and the highest, as the source has them.
    far: Mutex<Option<(f64, f64)>>,
}

impl OriginCheck {
    /// Whether a sample of `value` is farther from `origin` than from 0, and float32 does not hold the difference.
    pub fn loses(value: f64, origin: f64) -> bool {
        let above = value - origin;
        above.abs() > value.abs() && f64::from(above as f32) != above
    }

    /// Whether any of these float32 differences, from an origin within float32's range, may be of a sample that [`loses`](Self::loses): a quick test over a row.
    pub fn may_lose(differences: &[f32], origin: f64) -> bool {
        let origin = origin as f32;
        // A little too wide, since both are rounded; `|` and not `||`, so that the compiler vectorises the loop.
        differences.iter().fold(false, |any, d| any | (d.abs() >= (d + origin).abs() * 0.999))
    }

    /// Takes exact samples in.
    pub fn add(&self, values: impl Iterator<Item = f64>, origin: f64) {
        let ends = values.filter(|&value| Self::loses(value, origin)).fold(None, |ends: Option<(f64, f64)>, value| {
            let (low, high) = ends.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        });
        if let Some((low, high)) = ends {
            let mut far = self.far.lock().unwrap_or_else(PoisonError::into_inner);
            let (a, b) = far.unwrap_or((low, high));
            *far = Some((a.min(low), b.max(high)));
        }
    }

    /// The lowest and the highest of the samples that lose by the origin, where they differ.
    pub fn lost(&self) -> Option<(f64, f64)> {
        self.far.lock().unwrap_or_else(PoisonError::into_inner).filter(|(low, high)| low < high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ground_far_from_an_origin_is_told_from_one_sentinel() {
        let check = OriginCheck::default();
        // Near the origin, far above it, and exact in float32 all the same.
        check.add([1e6 + 0.3, 3e6 + 0.1, 5e5 + 1.0, -7.0, 0.0].into_iter(), 1e6);
        assert_eq!(check.lost(), None);
        // One value many times.
        check.add([0.1; 9].into_iter(), 1e6);
        assert_eq!(check.lost(), None);
        check.add([0.2].into_iter(), 1e6);
        assert_eq!(check.lost(), Some((0.1, 0.2)));
    }

    #[test]
    fn the_quick_test_misses_no_sample_that_loses() {
        for (value, origin) in [(4.999_999e5, 1e6 + 0.1), (0.1, 1e6), (-3.3, 1e6), (-5.1e8 - 0.3, -2e9), (7.7, -1e38)] {
            assert!(OriginCheck::loses(value, origin), "{value}");
            assert!(OriginCheck::may_lose(&[0.0, (value - origin) as f32, f32::NAN], origin), "{value}");
        }
        assert!(!OriginCheck::may_lose(&[0.0, 1.5, -4e5, 3e7, f32::NAN], 1e6));
    }
}
