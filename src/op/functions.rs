//! Exponentials, logarithms, powers and trigonometry in radians, operation by operation those of
//! `shaders/include/functions.wgsl`, after the polynomials of Moshier's Cephes library.
//!
//! | function | domain | worst error against float64 (tests measure it) |
//! |---|---|---|
//! | [`exponential`] | any; above 88.72 infinite | 2 ulp |
//! | [`logarithm`], [`logarithm2`], [`logarithm10`] | at least 1.18e-38 | 2 ulp |
//! | [`power`] | see [`power_is_defined`] | 6 ulp |
//! | [`sine`], [`cosine`] | to 1e5 radians | 1.2e-7 |
//! | [`tangent`] | to 1e5 radians | 3e-7 (1 + tan x tan x) |
//! | [`arc_sine`], [`arc_cosine`] | -1 to 1 | 4e-7 |
//! | [`arc_tangent`], [`arc_tangent2`] | any | 3e-7 |
//! | [`remainder`] | quotients to 2^24 | 1.2e-7 of the greater operand, modulo the divisor |
//!
//! Results below 1.18e-38 may be zero on a GPU. All are free of branches, so that loops over them vectorise; beyond its domain,
//! and for a NaN, a function gives anything.

use super::{
    abi::shader_constants,
    math::{ATAN_P0, ATAN_P1, ATAN_P2, ATAN_P3, LEAST_DIVISOR, TAN_22_5, max, min},
};
use std::f32::consts;

shader_constants! { CONSTANTS:
    LEAST_NORMAL: f32 = 1.175_494_4e-38;
    HIGH_HALF: u32 = 0xffff_f000;
    HALF: f32 = 0.5;
    EXPONENT_BIAS: i32 = 127;
    MANTISSA_BITS: u32 = 23;
    MANTISSA_MASK: i32 = 0x007f_ffff;
    LOG2_E: f32 = consts::LOG2_E;
    LN2: f32 = consts::LN_2;
    LN2_HI: f32 = 0.693_115_23;
    LN2_LO: f32 = 3.194_618_3e-5;
    LOG10_2: f32 = consts::LOG10_2;
    LOG10_2_HI: f32 = 0.301_025_4;
    LOG10_2_LO: f32 = 4.605_039e-6;
    EXP_LEAST: f32 = -104.0;
    EXP_MOST: f32 = 89.0;
    EXP_P0: f32 = 0.5;
    EXP_P1: f32 = 1.666_666_6e-1;
    EXP_P2: f32 = 4.166_579_6e-2;
    EXP_P3: f32 = 8.333_452e-3;
    EXP_P4: f32 = 1.398_199_9e-3;
    EXP_P5: f32 = 1.987_569_1e-4;
    ROOT_HALF_BITS: i32 = 0x3f35_04f3;
    ONE_BITS: i32 = 0x3f80_0000;
    LOG_K: f32 = 2.885_39;
    LOG_K_HI: f32 = 2.884_765_6;
    LOG_K_LO: f32 = 6.244_568e-4;
    LOG_P1: f32 = 0.333_333_34;
    LOG_P2: f32 = 0.2;
    LOG_P3: f32 = 0.142_857_15;
    LOG_P4: f32 = 0.111_111_11;
    LOG_P5: f32 = 0.090_909_09;
    POWER_MOST: f32 = 152.0;
    HALF_PI_1: f32 = 1.570_312_5;
    HALF_PI_2: f32 = 4.825_592e-4;
    HALF_PI_3: f32 = 1.266_598_7e-6;
    HALF_PI_4: f32 = 9.920_936e-10;
    PER_HALF_PI: f32 = 0.636_619_75;
    SINE_P0: f32 = -1.666_665_5e-1;
    SINE_P1: f32 = 8.332_161e-3;
    SINE_P2: f32 = -1.951_529_6e-4;
    COSINE_P0: f32 = 4.166_664_6e-2;
    COSINE_P1: f32 = -1.388_731_6e-3;
    COSINE_P2: f32 = 2.443_315_7e-5;
    QUARTER_PI: f32 = consts::FRAC_PI_4;
    HALF_PI: f32 = consts::FRAC_PI_2;
    PI: f32 = consts::PI;
    ARC_SINE_P0: f32 = 1.666_675_2e-1;
    ARC_SINE_P1: f32 = 7.495_300_5e-2;
    ARC_SINE_P2: f32 = 4.547_002_5e-2;
    ARC_SINE_P3: f32 = 2.418_131_2e-2;
    ARC_SINE_P4: f32 = 4.216_32e-2;
}

/// Whole numbers below 2^22, as the lowest bits of a float32 that has this added.
const SHIFT: f32 = 12_582_912.0;

#[inline(always)]
fn whole(k: f32) -> i32 {
    (k + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32
}

#[inline(always)]
fn two_to(k: i32) -> f32 {
    f32::from_bits((k.wrapping_add(EXPONENT_BIAS) as u32) << MANTISSA_BITS)
}

#[inline(always)]
fn high_half(x: f32) -> f32 {
    f32::from_bits(x.to_bits() & HIGH_HALF)
}

#[inline(always)]
fn nearest_whole(x: f32) -> f32 {
    (x + HALF).floor()
}

#[inline(always)]
fn scaled_exponential(r: f32, k: f32) -> f32 {
    let p = ((((EXP_P5 * r + EXP_P4) * r + EXP_P3) * r + EXP_P2) * r + EXP_P1) * r + EXP_P0;
    let y = p * (r * r) + r + 1.0;
    let whole = whole(k);
    let half = whole >> 1;
    y * two_to(half) * two_to(whole.wrapping_sub(half))
}

/// e to the power of `x`.
#[inline(always)]
pub fn exponential(x: f32) -> f32 {
    let c = min(max(x, EXP_LEAST), EXP_MOST);
    let k = nearest_whole(c * LOG2_E);
    scaled_exponential(c - k * LN2_HI - k * LN2_LO, k)
}

/// The logarithm to base 2 in three parts.
struct Log2 {
    whole: f32,
    major: f32,
    minor: f32,
}

#[inline(always)]
fn log2_parts(x: f32) -> Log2 {
    let bits = (x.to_bits() as i32).wrapping_add(ONE_BITS - ROOT_HALF_BITS);
    let m = f32::from_bits((bits & MANTISSA_MASK).wrapping_add(ROOT_HALF_BITS) as u32);
    let m_hi = high_half(m);
    let m_lo = m - m_hi;
    let f = m - 1.0;
    let d = m + 1.0;
    let s = f / d;
    let s_hi = high_half(s);
    let s_lo = (((f - s_hi) - s_hi * m_hi) - s_hi * m_lo) / d;
    let z = s * s;
    let t = ((((LOG_P5 * z + LOG_P4) * z + LOG_P3) * z + LOG_P2) * z + LOG_P1) * z;
    Log2 {
        whole: ((bits >> MANTISSA_BITS) - EXPONENT_BIAS) as f32,
        major: s_hi * LOG_K_HI,
        minor: s_hi * LOG_K_LO + (s_lo * LOG_K + s * LOG_K * t),
    }
}

/// The logarithm to base 2.
#[inline(always)]
pub fn logarithm2(x: f32) -> f32 {
    let l = log2_parts(x);
    l.whole + (l.major + l.minor)
}

/// The natural logarithm.
#[inline(always)]
pub fn logarithm(x: f32) -> f32 {
    let l = log2_parts(x);
    l.whole * LN2_HI + (l.whole * LN2_LO + (l.major + l.minor) * LN2)
}

/// The logarithm to base 10.
#[inline(always)]
pub fn logarithm10(x: f32) -> f32 {
    let l = log2_parts(x);
    l.whole * LOG10_2_HI + (l.whole * LOG10_2_LO + (l.major + l.minor) * LOG10_2)
}

#[inline(always)]
fn positive_power(x: f32, y: f32) -> f32 {
    let l = log2_parts(x);
    let about = y * (l.whole + l.major);
    let bounded = about.abs() < POWER_MOST;
    let e = if bounded { y } else { 0.0 };
    let e_hi = high_half(e);
    let e_lo = e - e_hi;
    let a_hi = high_half(l.major);
    let a_lo = l.major - a_hi;
    let t1 = e_hi * l.whole;
    let t2 = e_lo * l.whole;
    let t3 = e_hi * a_hi;
    let t4 = e_hi * a_lo;
    let t5 = e_lo * a_hi;
    let t6 = e_lo * a_lo + e * l.minor;
    let k1 = nearest_whole(t1);
    let k2 = nearest_whole(t2);
    let k3 = nearest_whole(t3);
    let f = ((((t1 - k1) + (t2 - k2)) + (t3 - k3)) + (t4 + t5)) + t6;
    let k4 = nearest_whole(f);
    let direction = if about > 0.0 { 1.0 } else { -1.0 };
    let beyond = if bounded { 0.0 } else { direction * POWER_MOST };
    scaled_exponential((f - k4) * LN2, ((k1 + k2) + k3) + k4 + beyond)
}

/// Where `x` to the power of `y` is a number: not of a negative `x` and a fraction, nor of zero and a negative `y`.
#[inline(always)]
pub fn power_is_defined(x: f32, y: f32) -> bool {
    x >= LEAST_NORMAL || if x > -LEAST_NORMAL { y >= 0.0 } else { y == y.floor() }
}

/// `x` to the power of `y`; anything to the power of 0 is 1.
#[inline(always)]
pub fn power(x: f32, y: f32) -> f32 {
    let size = x.abs();
    let p = positive_power(max(size, LEAST_NORMAL), y);
    let odd = y == y.floor() && (y * HALF).floor() * 2.0 != y;
    let signed = if x < 0.0 && odd { -p } else { p };
    let of_zero = if y == 0.0 { 1.0 } else { 0.0 };
    if size < LEAST_NORMAL { of_zero } else { signed }
}

/// Radians that [`sine`], [`cosine`] and [`tangent`] take.
pub const MOST_RADIANS: f32 = 1e5;

#[inline(always)]
fn quarter_turns(x: f32) -> (f32, i32) {
    let n = nearest_whole(x * PER_HALF_PI);
    (((x - n * HALF_PI_1) - n * HALF_PI_2) - n * HALF_PI_3 - n * HALF_PI_4, whole(n))
}

#[inline(always)]
fn sine_of_rest(r: f32) -> f32 {
    let z = r * r;
    ((SINE_P2 * z + SINE_P1) * z + SINE_P0) * z * r + r
}

#[inline(always)]
fn cosine_of_rest(r: f32) -> f32 {
    let z = r * r;
    ((COSINE_P2 * z + COSINE_P1) * z + COSINE_P0) * z * z - HALF * z + 1.0
}

/// The sine of radians.
#[inline(always)]
pub fn sine(x: f32) -> f32 {
    let (rest, quarter) = quarter_turns(x.abs());
    let s = if quarter & 1 != 0 { cosine_of_rest(rest) } else { sine_of_rest(rest) };
    if (quarter & 2 != 0) != (x < 0.0) { -s } else { s }
}

/// The cosine of radians.
#[inline(always)]
pub fn cosine(x: f32) -> f32 {
    let (rest, quarter) = quarter_turns(x.abs());
    let c = if quarter & 1 != 0 { sine_of_rest(rest) } else { cosine_of_rest(rest) };
    if quarter.wrapping_add(1) & 2 != 0 { -c } else { c }
}

/// The tangent of radians.
#[inline(always)]
pub fn tangent(x: f32) -> f32 {
    let (rest, quarter) = quarter_turns(x.abs());
    let s = sine_of_rest(rest);
    let c = cosine_of_rest(rest);
    let (above, below) = if quarter & 1 != 0 { (-c, s) } else { (s, c) };
    let q = above / below;
    if x < 0.0 { -q } else { q }
}

#[inline(always)]
fn small_arc_sine(x: f32) -> f32 {
    let z = x * x;
    ((((ARC_SINE_P4 * z + ARC_SINE_P3) * z + ARC_SINE_P2) * z + ARC_SINE_P1) * z + ARC_SINE_P0) * z * x + x
}

/// The arc sine in radians.
#[inline(always)]
pub fn arc_sine(x: f32) -> f32 {
    let size = x.abs();
    let wide = size > HALF;
    let a = small_arc_sine(if wide { (HALF * (1.0 - size)).sqrt() } else { size });
    let angle = if wide { HALF_PI - 2.0 * a } else { a };
    if x < 0.0 { -angle } else { angle }
}

/// The arc cosine in radians.
#[inline(always)]
pub fn arc_cosine(x: f32) -> f32 {
    let size = x.abs();
    let wide = size > HALF;
    let a = small_arc_sine(if wide { (HALF * (1.0 - size)).sqrt() } else { size });
    let acute = if wide { 2.0 * a } else { HALF_PI - a };
    if x < 0.0 { PI - acute } else { acute }
}

/// The angle of `(x, y)` in radians, in (-pi, pi]; 0 at the origin, and negative zeros count as positive.
#[inline(always)]
pub fn arc_tangent2(y: f32, x: f32) -> f32 {
    let ay = y.abs();
    let ax = x.abs();
    let lo = min(ay, ax);
    let hi = max(ay, ax);
    let steep = lo > TAN_22_5 * hi;
    let (numerator, divisor) = if steep { (lo - hi, lo + hi) } else { (lo, hi) };
    let t = numerator / max(divisor, LEAST_DIVISOR);
    let z = t * t;
    let p = ((ATAN_P3 * z + ATAN_P2) * z + ATAN_P1) * z + ATAN_P0;
    let mut angle = p * z * t + t;
    angle = if steep { QUARTER_PI + angle } else { angle };
    angle = if ay > ax { HALF_PI - angle } else { angle };
    angle = if x < 0.0 { PI - angle } else { angle };
    if y < 0.0 { -angle } else { angle }
}

/// The arc tangent in radians.
#[inline(always)]
pub fn arc_tangent(x: f32) -> f32 {
    arc_tangent2(x, 1.0)
}

/// Quotients that [`remainder`] takes.
pub const MOST_QUOTIENT: f32 = 16_777_216.0;

/// What is left of `x` after whole `y`s, of the sign of `y`: `x - y floor(x / y)`.
#[inline(always)]
pub fn remainder(x: f32, y: f32) -> f32 {
    let r = x - y * (x / y).floor();
    let astray = r != 0.0 && (r < 0.0) != (y < 0.0);
    // A dividend below the divisor, of the other sign, may well round to the whole divisor.
    let over = r.abs() >= y.abs() && x.abs() >= y.abs();
    let within = if over { r - y } else { r };
    if astray { r + y } else { within }
}

#[cfg(test)]
mod tests;
