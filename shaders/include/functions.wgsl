// Exponentials, logarithms, powers and trigonometry in radians, our own because the built-ins are loosely specified.
// Polynomials of Moshier's Cephes; bounds stand with the twin, `src/op/functions.rs`. Arguments are finite numbers inside the
// function's domain: callers test that, and that results are finite.

const LEAST_NORMAL: f32 = 1.1754944e-38;
const HIGH_HALF: u32 = 0xfffff000u;
const HALF: f32 = 0.5;

// Of 2^k, k from -126 to 127, as bits.
const EXPONENT_BIAS: i32 = 127;
const MANTISSA_BITS: u32 = 23u;
const MANTISSA_MASK: i32 = 0x007fffff;

const LOG2_E: f32 = 1.442695;
const LN2: f32 = 0.6931472;
const LN2_HI: f32 = 0.693115234375;
const LN2_LO: f32 = 3.1946183e-5;
const LOG10_2: f32 = 0.30103;
const LOG10_2_HI: f32 = 0.301025390625;
const LOG10_2_LO: f32 = 4.605039e-6;

const EXP_LEAST: f32 = -104.0;
const EXP_MOST: f32 = 89.0;
const EXP_P0: f32 = 0.5;
const EXP_P1: f32 = 1.6666666e-1;
const EXP_P2: f32 = 4.1665796e-2;
const EXP_P3: f32 = 8.333452e-3;
const EXP_P4: f32 = 1.3981999e-3;
const EXP_P5: f32 = 1.9875691e-4;

// Bits of sqrt(1/2).
const ROOT_HALF_BITS: i32 = 0x3f3504f3;
const ONE_BITS: i32 = 0x3f800000;
// 2 / ln 2, and its parts.
const LOG_K: f32 = 2.88539;
const LOG_K_HI: f32 = 2.884765625;
const LOG_K_LO: f32 = 6.2445679e-4;
// Of the series of the inverse hyperbolic tangent.
const LOG_P1: f32 = 0.33333334;
const LOG_P2: f32 = 0.2;
const LOG_P3: f32 = 0.14285715;
const LOG_P4: f32 = 0.11111111;
const LOG_P5: f32 = 0.09090909;

// Beyond this exponent of two a power is infinite, or zero.
const POWER_MOST: f32 = 152.0;

// Half of pi in parts of 8 bits, the last of 24.
const HALF_PI_1: f32 = 1.5703125;
const HALF_PI_2: f32 = 4.825592041015625e-4;
const HALF_PI_3: f32 = 1.2665987014770508e-6;
const HALF_PI_4: f32 = 9.920936e-10;
const PER_HALF_PI: f32 = 0.63661975;
const SINE_P0: f32 = -1.6666655e-1;
const SINE_P1: f32 = 8.332161e-3;
const SINE_P2: f32 = -1.951529589e-4;
const COSINE_P0: f32 = 4.1666646e-2;
const COSINE_P1: f32 = -1.3887316e-3;
const COSINE_P2: f32 = 2.4433157e-5;

const QUARTER_PI: f32 = 0.7853982;
const HALF_PI: f32 = 1.5707964;
const PI: f32 = 3.1415927;
const ARC_SINE_P0: f32 = 1.6666752e-1;
const ARC_SINE_P1: f32 = 7.4953005e-2;
const ARC_SINE_P2: f32 = 4.5470025e-2;
const ARC_SINE_P3: f32 = 2.4181312e-2;
const ARC_SINE_P4: f32 = 4.2163200e-2;

fn two_to(k: i32) -> f32 {
    return bitcast<f32>(u32(k + EXPONENT_BIAS) << MANTISSA_BITS);
}

// The upper 12 bits of the significand: products of such are exact.
fn high_half(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & HIGH_HALF);
}

fn nearest_whole(x: f32) -> f32 {
    return floor(x + HALF);
}

// e^r 2^k, |r| <= 0.35; in two steps, because 2^k alone may be no number.
fn scaled_exponential(r: f32, k: f32) -> f32 {
    let p = ((((EXP_P5 * r + EXP_P4) * r + EXP_P3) * r + EXP_P2) * r + EXP_P1) * r + EXP_P0;
    let y = p * (r * r) + r + 1.0;
    let whole = i32(k);
    let half = whole >> 1u;
    return y * two_to(half) * two_to(whole - half);
}

fn exponential(x: f32) -> f32 {
    let c = clamp(x, EXP_LEAST, EXP_MOST);
    let k = nearest_whole(c * LOG2_E);
    return scaled_exponential(c - k * LN2_HI - k * LN2_LO, k);
}

// log2 x = whole + major + minor, for x of at least LEAST_NORMAL.
struct Log2 {
    whole: f32,
    major: f32,
    minor: f32,
}

fn log2_parts(x: f32) -> Log2 {
    let bits = bitcast<i32>(x) + (ONE_BITS - ROOT_HALF_BITS);
    let m = bitcast<f32>((bits & MANTISSA_MASK) + ROOT_HALF_BITS);
    let m_hi = high_half(m);
    let m_lo = m - m_hi;
    let f = m - 1.0;
    let d = m + 1.0;
    let s = f / d;
    let s_hi = high_half(s);
    let s_lo = (((f - s_hi) - s_hi * m_hi) - s_hi * m_lo) / d;
    let z = s * s;
    let t = ((((LOG_P5 * z + LOG_P4) * z + LOG_P3) * z + LOG_P2) * z + LOG_P1) * z;
    var parts: Log2;
    parts.whole = f32((bits >> MANTISSA_BITS) - EXPONENT_BIAS);
    parts.major = s_hi * LOG_K_HI;
    parts.minor = s_hi * LOG_K_LO + (s_lo * LOG_K + s * LOG_K * t);
    return parts;
}

fn logarithm2(x: f32) -> f32 {
    let l = log2_parts(x);
    return l.whole + (l.major + l.minor);
}

fn logarithm(x: f32) -> f32 {
    let l = log2_parts(x);
    return l.whole * LN2_HI + (l.whole * LN2_LO + (l.major + l.minor) * LN2);
}

fn logarithm10(x: f32) -> f32 {
    let l = log2_parts(x);
    return l.whole * LOG10_2_HI + (l.whole * LOG10_2_LO + (l.major + l.minor) * LOG10_2);
}

// x^y for x of at least LEAST_NORMAL: products of halves are exact, so that only their fractions are rounded.
fn positive_power(x: f32, y: f32) -> f32 {
    let l = log2_parts(x);
    let about = y * (l.whole + l.major);
    let bounded = abs(about) < POWER_MOST;
    let e = select(0.0, y, bounded);
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
    let beyond = select(select(-1.0, 1.0, about > 0.0) * POWER_MOST, 0.0, bounded);
    return scaled_exponential((f - k4) * LN2, ((k1 + k2) + k3) + k4 + beyond);
}

// Where x^y is a number: not of a negative x and a fraction, nor of zero and a negative y.
fn power_is_defined(x: f32, y: f32) -> bool {
    return x >= LEAST_NORMAL || select(y == floor(y), y >= 0.0, x > -LEAST_NORMAL);
}

fn power(x: f32, y: f32) -> f32 {
    let size = abs(x);
    let p = positive_power(max(size, LEAST_NORMAL), y);
    let odd = y == floor(y) && floor(y * HALF) * 2.0 != y;
    let signed = select(p, -p, x < 0.0 && odd);
    return select(signed, select(0.0, 1.0, y == 0.0), size < LEAST_NORMAL);
}

struct Turned {
    rest: f32,
    quarter: i32,
}

// x less whole quarter turns, for x from 0 to 1e5.
fn quarter_turns(x: f32) -> Turned {
    let n = nearest_whole(x * PER_HALF_PI);
    var turned: Turned;
    turned.rest = ((x - n * HALF_PI_1) - n * HALF_PI_2) - n * HALF_PI_3 - n * HALF_PI_4;
    turned.quarter = i32(n);
    return turned;
}

fn sine_of_rest(r: f32) -> f32 {
    let z = r * r;
    return ((SINE_P2 * z + SINE_P1) * z + SINE_P0) * z * r + r;
}

fn cosine_of_rest(r: f32) -> f32 {
    let z = r * r;
    return ((COSINE_P2 * z + COSINE_P1) * z + COSINE_P0) * z * z - HALF * z + 1.0;
}

fn sine(x: f32) -> f32 {
    let t = quarter_turns(abs(x));
    let s = select(sine_of_rest(t.rest), cosine_of_rest(t.rest), (t.quarter & 1) != 0);
    return select(s, -s, ((t.quarter & 2) != 0) != (x < 0.0));
}

fn cosine(x: f32) -> f32 {
    let t = quarter_turns(abs(x));
    let c = select(cosine_of_rest(t.rest), sine_of_rest(t.rest), (t.quarter & 1) != 0);
    return select(c, -c, ((t.quarter + 1) & 2) != 0);
}

fn tangent(x: f32) -> f32 {
    let t = quarter_turns(abs(x));
    let s = sine_of_rest(t.rest);
    let c = cosine_of_rest(t.rest);
    let odd = (t.quarter & 1) != 0;
    let q = select(s, -c, odd) / select(c, s, odd);
    return select(q, -q, x < 0.0);
}

// Of x from 0 to 1/2.
fn small_arc_sine(x: f32) -> f32 {
    let z = x * x;
    return ((((ARC_SINE_P4 * z + ARC_SINE_P3) * z + ARC_SINE_P2) * z + ARC_SINE_P1) * z + ARC_SINE_P0) * z * x + x;
}

fn arc_sine(x: f32) -> f32 {
    let size = abs(x);
    let wide = size > HALF;
    let a = small_arc_sine(select(size, sqrt(HALF * (1.0 - size)), wide));
    let angle = select(a, HALF_PI - 2.0 * a, wide);
    return select(angle, -angle, x < 0.0);
}

fn arc_cosine(x: f32) -> f32 {
    let size = abs(x);
    let wide = size > HALF;
    let a = small_arc_sine(select(size, sqrt(HALF * (1.0 - size)), wide));
    let acute = select(HALF_PI - a, 2.0 * a, wide);
    return select(acute, PI - acute, x < 0.0);
}

// The angle of (x, y) in (-pi, pi]; 0 at the origin, and negative zeros count as positive.
fn arc_tangent2(y: f32, x: f32) -> f32 {
    let ay = abs(y);
    let ax = abs(x);
    let lo = min(ay, ax);
    let hi = max(ay, ax);
    let steep = lo > TAN_22_5 * hi;
    let t = select(lo, lo - hi, steep) / max(select(hi, lo + hi, steep), LEAST_DIVISOR);
    let z = t * t;
    let p = ((ATAN_P3 * z + ATAN_P2) * z + ATAN_P1) * z + ATAN_P0;
    var angle = p * z * t + t;
    angle = select(angle, QUARTER_PI + angle, steep);
    angle = select(angle, HALF_PI - angle, ay > ax);
    angle = select(angle, PI - angle, x < 0.0);
    return select(angle, -angle, y < 0.0);
}

fn arc_tangent(x: f32) -> f32 {
    return arc_tangent2(x, 1.0);
}

// x - y floor(x / y), of y's sign, for a quotient below 2^24; the quotient's own rounding is mended.
fn remainder(x: f32, y: f32) -> f32 {
    let r = x - y * floor(x / y);
    let astray = r != 0.0 && (r < 0.0) != (y < 0.0);
    // A dividend below the divisor, of the other sign, may well round to the whole divisor.
    let over = abs(r) >= abs(y) && abs(x) >= abs(y);
    return select(select(r, r - y, over), r + y, astray);
}
