//! The float types that formulas are computed in on the CPU: f32, as the shaders, and f64, for sources that f32 does not hold.

use crate::op::{
    abi,
    functions::{self, LEAST_NORMAL, MOST_QUOTIENT, MOST_RADIANS},
    math,
};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// One number of a register; missing is a NaN. Outside its domain a function is missing.
pub trait Lane:
    Copy + PartialEq + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// Missing.
    const MISSING: Self;
    /// 0, false.
    const ZERO: Self;
    /// 1, true.
    const ONE: Self;

    /// A constant of a formula.
    fn constant(value: f64) -> Self;
    /// As results are; what float32 does not hold is missing.
    fn narrow(self) -> f32;
    /// Missing unless it is a finite number.
    fn finite(self) -> Self;
    /// Whether it is missing.
    fn is_missing(self) -> bool;
    /// The magnitude.
    fn absolute(self) -> Self;
    /// The root.
    fn square_root(self) -> Self;
    /// e to its power.
    fn exponential(self) -> Self;
    /// The natural logarithm.
    fn logarithm(self) -> Self;
    /// The logarithm to base 2.
    fn logarithm2(self) -> Self;
    /// The logarithm to base 10.
    fn logarithm10(self) -> Self;
    /// The sine of radians.
    fn sine(self) -> Self;
    /// The cosine of radians.
    fn cosine(self) -> Self;
    /// The tangent of radians.
    fn tangent(self) -> Self;
    /// The arc sine.
    fn arc_sine(self) -> Self;
    /// The arc cosine.
    fn arc_cosine(self) -> Self;
    /// The arc tangent.
    fn arc_tangent(self) -> Self;
    /// The next whole number below.
    fn floor(self) -> Self;
    /// The next whole number above.
    fn ceiling(self) -> Self;
    /// The nearest whole number, of two the even one.
    fn round(self) -> Self;
    /// The next whole number towards 0.
    fn truncate(self) -> Self;
    /// What is left of it after whole divisors.
    fn remainder(self, divisor: Self) -> Self;
    /// Its power.
    fn power(self, exponent: Self) -> Self;
    /// The smaller of two that are not missing.
    fn least(self, other: Self) -> Self;
    /// The greater of two that are not missing.
    fn greatest(self, other: Self) -> Self;
    /// The angle of `(x, self)` of two that are not missing.
    fn arc_tangent2(self, x: Self) -> Self;
}

#[inline(always)]
pub fn when<T: Lane>(good: bool, x: T) -> T {
    if good { x } else { T::MISSING }
}

/// What both types have of the standard library, to the bit.
macro_rules! of_the_primitive {
    ($float:ident) => {
        const MISSING: Self = $float::NAN;
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;

        #[inline(always)]
        fn is_missing(self) -> bool {
            self.is_nan()
        }

        #[inline(always)]
        fn absolute(self) -> Self {
            self.abs()
        }

        // The root of a negative number is a NaN already.
        #[inline(always)]
        fn square_root(self) -> Self {
            self.sqrt()
        }

        #[inline(always)]
        fn floor(self) -> Self {
            $float::floor(self)
        }

        #[inline(always)]
        fn ceiling(self) -> Self {
            self.ceil()
        }

        #[inline(always)]
        fn round(self) -> Self {
            self.round_ties_even()
        }

        #[inline(always)]
        fn truncate(self) -> Self {
            self.trunc()
        }
    };
}

impl Lane for f32 {
    of_the_primitive!(f32);

    #[inline(always)]
    fn constant(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn narrow(self) -> f32 {
        if self.is_nan() { f32::NAN } else { self }
    }

    #[inline(always)]
    fn finite(self) -> Self {
        if (self.to_bits() & abi::MAGNITUDE_MASK) < abi::INFINITY_BITS { self } else { f32::NAN }
    }

    #[inline(always)]
    fn exponential(self) -> Self {
        when(!self.is_nan(), Lane::finite(functions::exponential(self)))
    }

    #[inline(always)]
    fn logarithm(self) -> Self {
        when(self >= LEAST_NORMAL, functions::logarithm(self))
    }

    #[inline(always)]
    fn logarithm2(self) -> Self {
        when(self >= LEAST_NORMAL, functions::logarithm2(self))
    }

    #[inline(always)]
    fn logarithm10(self) -> Self {
        when(self >= LEAST_NORMAL, functions::logarithm10(self))
    }

    #[inline(always)]
    fn sine(self) -> Self {
        when(self.abs() <= MOST_RADIANS, functions::sine(self))
    }

    #[inline(always)]
    fn cosine(self) -> Self {
        when(self.abs() <= MOST_RADIANS, functions::cosine(self))
    }

    #[inline(always)]
    fn tangent(self) -> Self {
        when(self.abs() <= MOST_RADIANS, Lane::finite(functions::tangent(self)))
    }

    #[inline(always)]
    fn arc_sine(self) -> Self {
        when(self.abs() <= 1.0, functions::arc_sine(self))
    }

    #[inline(always)]
    fn arc_cosine(self) -> Self {
        when(self.abs() <= 1.0, functions::arc_cosine(self))
    }

    #[inline(always)]
    fn arc_tangent(self) -> Self {
        when(!self.is_nan(), functions::arc_tangent(self))
    }

    #[inline(always)]
    fn remainder(self, divisor: Self) -> Self {
        when((self / divisor).abs() < MOST_QUOTIENT, Lane::finite(functions::remainder(self, divisor)))
    }

    #[inline(always)]
    fn power(self, exponent: Self) -> Self {
        when(functions::power_is_defined(self, exponent), Lane::finite(functions::power(self, exponent)))
    }

    #[inline(always)]
    fn least(self, other: Self) -> Self {
        math::min(self, other)
    }

    #[inline(always)]
    fn greatest(self, other: Self) -> Self {
        math::max(self, other)
    }

    #[inline(always)]
    fn arc_tangent2(self, x: Self) -> Self {
        functions::arc_tangent2(self, x)
    }
}

/// Quotients of which float64 knows every whole number.
const MOST_WIDE_QUOTIENT: f64 = 9_007_199_254_740_992.0;

/// What is positive to a logarithm or a power, as for f32.
const LEAST: f64 = LEAST_NORMAL as f64;

/// Functions are the standard library's. Angles are taken as far as in f32.
impl Lane for f64 {
    of_the_primitive!(f64);

    #[inline(always)]
    fn constant(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn narrow(self) -> f32 {
        Lane::finite(self as f32)
    }

    #[inline(always)]
    fn finite(self) -> Self {
        when(self.is_finite(), self)
    }

    fn exponential(self) -> Self {
        Lane::finite(self.exp())
    }

    fn logarithm(self) -> Self {
        when(self >= LEAST, self.ln())
    }

    fn logarithm2(self) -> Self {
        when(self >= LEAST, self.log2())
    }

    fn logarithm10(self) -> Self {
        when(self >= LEAST, self.log10())
    }

    fn sine(self) -> Self {
        when(self.abs() <= f64::from(MOST_RADIANS), self.sin())
    }

    fn cosine(self) -> Self {
        when(self.abs() <= f64::from(MOST_RADIANS), self.cos())
    }

    fn tangent(self) -> Self {
        when(self.abs() <= f64::from(MOST_RADIANS), self.tan())
    }

    fn arc_sine(self) -> Self {
        self.asin()
    }

    fn arc_cosine(self) -> Self {
        self.acos()
    }

    fn arc_tangent(self) -> Self {
        self.atan()
    }

    #[inline(always)]
    fn remainder(self, divisor: Self) -> Self {
        let left = self % divisor;
        let astray = left != 0.0 && (left < 0.0) != (divisor < 0.0);
        when((self / divisor).abs() < MOST_WIDE_QUOTIENT, if astray { left + divisor } else { left })
    }

    fn power(self, exponent: Self) -> Self {
        let defined = self >= LEAST || if self > -LEAST { exponent >= 0.0 } else { exponent == exponent.floor() };
        when(defined, Lane::finite(self.powf(exponent)))
    }

    #[inline(always)]
    fn least(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    #[inline(always)]
    fn greatest(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    fn arc_tangent2(self, x: Self) -> Self {
        // Negative zeros count as positive.
        (self + 0.0).atan2(x + 0.0)
    }
}
