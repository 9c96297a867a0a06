//! Means and root mean squares of what an overview's samples cover, and what they are where sums have no value.

use super::{
    super::cast::Cell,
    defined::SMALLER,
    method::{Quad, apart},
};
use crate::raster::SentinelRange;

/// 2^-600 and 2^600: squares of numbers times these are neither infinite nor 0.
const MUCH_SMALLER: f64 = f64::from_bits((1023 - 600) << 52);
const MUCH_LARGER: f64 = f64::from_bits((1023 + 600) << 52);
/// Below this, a mean of squares has lost digits: 2^-960.
const SMALL_SQUARE: f64 = f64::from_bits((1023 - 960) << 52);

/// Sums of all valid samples covered: integers up to 2^53 in all stay exact, at whatever level.
#[derive(Clone, Copy)]
pub(super) struct Mean;

/// Sums of squares.
#[derive(Clone, Copy)]
pub(super) struct Rms;

/// As [`Mean`], for samples whose sum may be beyond all numbers: beside the sum, one of numbers that are smaller.
#[derive(Clone, Copy)]
pub(super) struct WideMean;

/// As [`Rms`], for samples whose squares may be beyond all numbers, or nothing: beside the sum of squares, those of smaller and of
/// larger numbers.
#[derive(Clone, Copy)]
pub(super) struct WideRms;

/// What sums are made of: a number, or several that are added element by element.
trait Summand: Copy {
    fn plus(self, other: Self) -> Self;
}

impl Summand for f64 {
    #[inline(always)]
    fn plus(self, other: f64) -> f64 {
        self + other
    }
}

impl<const N: usize> Summand for [f64; N] {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] + other[i])
    }
}

#[inline(always)]
fn total<V: Summand>([a, b, c, d]: [V; 4]) -> V {
    a.plus(b).plus(c.plus(d))
}

/// The sum without opposite infinities, as in [`defined_mean`](super::defined::defined_mean): that of the finite ones, or else the
/// first of the four that weighs something.
fn defined_sum<V: Summand>(v: [V; 4], w: [f64; 4], is_finite: impl Fn(V) -> bool) -> Option<(V, f64)> {
    let valid = || v.into_iter().zip(w).filter(|(_, weight)| *weight > 0.0);
    let finite = valid().filter(|(value, _)| is_finite(*value)).reduce(|(a, v), (b, w)| (a.plus(b), v + w));
    finite.or_else(|| valid().reduce(|(first, v), (_, w)| (first, v + w)))
}

impl<T: Cell> Quad<T> for Mean {
    type Value = f64;
    #[inline(always)]
    fn take(self, sample: T) -> f64 {
        sample.to_f64()
    }
    #[inline(always)]
    fn weigh(self, value: f64, alpha: f64) -> f64 {
        value * alpha
    }
    #[inline(always)]
    fn fold(self, v: [f64; 4], w: [f64; 4]) -> (f64, f64) {
        (total(v), total(w))
    }
    #[inline(always)]
    fn is_undefined(self, sum: f64) -> bool {
        sum.is_nan()
    }
    fn refold(self, v: [f64; 4], w: [f64; 4]) -> (f64, f64) {
        defined_sum(v, w, f64::is_finite).unwrap_or((0.0, 0.0))
    }
    #[inline(always)]
    fn give(self, sum: f64, weight: f64, sentinel: Option<SentinelRange<T>>) -> T {
        apart(sum / weight, sentinel)
    }
}

impl<T: Cell> Quad<T> for WideMean {
    type Value = [f64; 2];
    #[inline(always)]
    fn take(self, sample: T) -> [f64; 2] {
        let value = sample.to_f64();
        [value, value * SMALLER]
    }
    #[inline(always)]
    fn weigh(self, value: [f64; 2], alpha: f64) -> [f64; 2] {
        value.map(|v| v * alpha)
    }
    #[inline(always)]
    fn fold(self, v: [[f64; 2]; 4], w: [f64; 4]) -> ([f64; 2], f64) {
        (total(v), total(w))
    }
    #[inline(always)]
    fn is_undefined(self, sum: [f64; 2]) -> bool {
        sum[1].is_nan()
    }
    fn refold(self, v: [[f64; 2]; 4], w: [f64; 4]) -> ([f64; 2], f64) {
        defined_sum(v, w, |v: [f64; 2]| v[1].is_finite()).unwrap_or(([0.0; 2], 0.0))
    }
    #[inline(always)]
    fn give(self, [sum, smaller]: [f64; 2], weight: f64, sentinel: Option<SentinelRange<T>>) -> T {
        apart(if sum.is_finite() { sum / weight } else { smaller / weight / SMALLER }, sentinel)
    }
}

impl<T: Cell> Quad<T> for Rms {
    type Value = f64;
    #[inline(always)]
    fn take(self, sample: T) -> f64 {
        sample.to_f64() * sample.to_f64()
    }
    #[inline(always)]
    fn weigh(self, value: f64, alpha: f64) -> f64 {
        value * alpha
    }
    #[inline(always)]
    fn fold(self, v: [f64; 4], w: [f64; 4]) -> (f64, f64) {
        (total(v), total(w))
    }
    #[inline(always)]
    fn give(self, sum: f64, weight: f64, sentinel: Option<SentinelRange<T>>) -> T {
        apart((sum / weight).sqrt(), sentinel)
    }
}

impl<T: Cell> Quad<T> for WideRms {
    type Value = [f64; 3];
    #[inline(always)]
    fn take(self, sample: T) -> [f64; 3] {
        let value = sample.to_f64();
        [value, value * MUCH_SMALLER, value * MUCH_LARGER].map(|v| v * v)
    }
    #[inline(always)]
    fn weigh(self, value: [f64; 3], alpha: f64) -> [f64; 3] {
        value.map(|v| v * alpha)
    }
    #[inline(always)]
    fn fold(self, v: [[f64; 3]; 4], w: [f64; 4]) -> ([f64; 3], f64) {
        (total(v), total(w))
    }
    #[inline(always)]
    fn give(self, [sum, smaller, larger]: [f64; 3], weight: f64, sentinel: Option<SentinelRange<T>>) -> T {
        let mean = sum / weight;
        let root = if !mean.is_finite() {
            (smaller / weight).sqrt() / MUCH_SMALLER
        } else if mean < SMALL_SQUARE {
            (larger / weight).sqrt() / MUCH_LARGER
        } else {
            mean.sqrt()
        };
        apart(root, sentinel)
    }
}
