//! The float types that the CPU twins' kernels are written for: f32, as the shaders, and f64, for `--precision f64`.

use super::{abi, large, math};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A float that kernels compute with.
pub(crate) trait Real:
    Copy
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// Missing.
    const MISSING: Self;

    /// Heights of at least this magnitude are scaled by [`SHRINK`](Self::SHRINK) before they are subtracted: below it no
    /// difference, sum or square of a 3 x 3 window overflows.
    const LARGE: Self;

    /// A power of two that makes every finite height small enough for a gradient and its square.
    const SHRINK: Self;

    /// A number that f32 has exactly.
    fn of(exact: f32) -> Self;

    /// A number that f32 does not have exactly: the shader's for f32, the nearer one for f64.
    fn nearest(single: f32, double: f64) -> Self;

    /// As the window of results has it.
    fn to_f32(self) -> f32;

    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;

    /// The magnitude.
    fn abs(self) -> Self;

    /// The angle of `(x, y)` in (-180, 180] degrees: 0 at the origin.
    fn atan2_degrees(y: Self, x: Self) -> Self;

    /// Neither NaN nor infinite: an infinity carries no height, so it counts as missing too.
    fn has_height(self) -> bool;

    /// Whether all of a row have heights, of magnitudes below `limit`.
    fn all_below(row: &[Self], limit: Self) -> bool;

    /// Whether those of a row that have heights are of magnitudes below `limit`.
    fn heights_below(row: &[Self], limit: Self) -> bool;
}

impl Real for f32 {
    const MISSING: Self = f32::NAN;
    const LARGE: Self = large::LARGE;
    const SHRINK: Self = large::SHRINK;

    #[inline(always)]
    fn of(exact: f32) -> Self {
        exact
    }

    #[inline(always)]
    fn nearest(single: f32, _double: f64) -> Self {
        single
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        f32::abs(self)
    }

    #[inline(always)]
    fn atan2_degrees(y: Self, x: Self) -> Self {
        math::atan2_degrees(y, x)
    }

    #[inline(always)]
    fn has_height(self) -> bool {
        (self.to_bits() & abi::MAGNITUDE_MASK) < abi::INFINITY_BITS
    }

    #[inline(always)]
    fn all_below(row: &[Self], limit: Self) -> bool {
        row.iter().fold(0, |largest: u32, z| largest.max(z.to_bits() & abi::MAGNITUDE_MASK)) < limit.to_bits()
    }

    #[inline(always)]
    fn heights_below(row: &[Self], limit: Self) -> bool {
        let magnitude = |z: &f32| z.to_bits() & abi::MAGNITUDE_MASK;
        let height = |z| if magnitude(z) < abi::INFINITY_BITS { magnitude(z) } else { 0 };
        row.iter().fold(0, |largest: u32, z| largest.max(height(z))) < limit.to_bits()
    }
}

impl Real for f64 {
    const MISSING: Self = f64::NAN;
    const LARGE: Self = f64::from_bits((1023 + 480) << 52);
    const SHRINK: Self = f64::from_bits((1023 - 600) << 52);

    #[inline(always)]
    fn of(exact: f32) -> Self {
        f64::from(exact)
    }

    #[inline(always)]
    fn nearest(_single: f32, double: f64) -> Self {
        double
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        // A NaN stays one, and keeps to the bits that missing has.
        if self.is_nan() { f32::NAN } else { self as f32 }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }

    #[inline(always)]
    fn atan2_degrees(y: Self, x: Self) -> Self {
        // Adding 0 makes negative zeros positive, as the shader has it.
        f64::atan2(y + 0.0, x + 0.0).to_degrees()
    }

    #[inline(always)]
    fn has_height(self) -> bool {
        self.is_finite()
    }

    #[inline(always)]
    fn all_below(row: &[Self], limit: Self) -> bool {
        row.iter().all(|z| f64::abs(*z) < limit)
    }

    #[inline(always)]
    fn heights_below(row: &[Self], limit: Self) -> bool {
        row.iter().all(|z| !z.is_finite() || f64::abs(*z) < limit)
    }
}
