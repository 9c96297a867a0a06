//! An independent evaluator of expressions: float64, with a running bound of what float32 may make of each value.
//!
//! A value that the bound cannot decide (a comparison of near equals, a divisor near zero, a step of `floor`) is not compared;
//! the test counts how many are left.

use super::random::Tree;

/// Half a unit in the last place of a float32 near 1.
const HALF_ULP: f64 = 5.97e-8;
const LEAST_NORMAL: f64 = 1.18e-38;
const GREATEST: f64 = 3.4028e38;

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    /// A number, and how far float32 may be from it.
    Number(f64, f64),
    Truth(bool),
    Missing,
    /// Anything.
    Unknown,
}
use Known::{Missing, Number, Truth, Unknown};

/// A result of `v` within `e`, after a rounding of `ulps` units in the last place; beyond float32 it is missing.
fn rounded(v: f64, e: f64, ulps: f64) -> Known {
    if !v.is_finite() || !e.is_finite() {
        return Unknown;
    }
    let e = e + 2.0 * HALF_ULP * ulps * (v.abs() + e);
    match v.abs() {
        size if size - e > GREATEST * 1.001 => Missing,
        size if size + e > GREATEST => Unknown,
        size if size - e < LEAST_NORMAL && (v != 0.0 || e != 0.0) => Number(v, e + LEAST_NORMAL),
        _ => Number(v, e),
    }
}

/// A sum or product: exact where float32 holds it.
fn correctly_rounded(v: f64, e: f64) -> Known {
    let exact = e == 0.0 && f64::from(v as f32) == v;
    if exact { rounded(v, 0.0, 0.0) } else { rounded(v, e, 0.5) }
}

/// A monotone function over the interval of its operand, good to `ulps` and `units`.
fn monotone(x: f64, e: f64, ulps: f64, units: f64, f: impl Fn(f64) -> f64) -> Known {
    let (low, v, high) = (f(x - e), f(x), f(x + e));
    rounded(v, (v - low).abs().max((v - high).abs()) + units, ulps)
}

/// A function with steps: known where the interval lies on one.
fn stepped(x: f64, e: f64, f: impl Fn(f64) -> f64) -> Known {
    if f(x - e) == f(x + e) && f(x) == f(x + e) { Number(f(x), 0.0) } else { Unknown }
}

fn as_number(known: Known) -> Known {
    match known {
        Truth(truth) => Number(f64::from(u8::from(truth)), 0.0),
        other => other,
    }
}

fn unary(name: &str, known: Known) -> Known {
    if name == "isnan" {
        return match known {
            Missing => Truth(true),
            Unknown => Unknown,
            _ => Truth(false),
        };
    }
    if name == "not" {
        return if let Truth(truth) = known { Truth(!truth) } else { known };
    }
    let Number(x, e) = as_number(known) else { return known };
    // Where the whole interval lies outside a domain the result is missing; where a part does, anything may be.
    let inside = |low: f64, high: f64, of: Known| match () {
        () if x - e >= low && x + e <= high => of,
        () if x + e < low || x - e > high => Missing,
        () => Unknown,
    };
    match name {
        "-" => Number(-x, e),
        "abs" => Number(x.abs(), e),
        "sqrt" => inside(0.0, f64::MAX, monotone(x, e, 3.0, 0.0, |x| x.max(0.0).sqrt())),
        "exp" => monotone(x, e, 2.0, 0.0, |x| x.min(700.0).exp()),
        "log" => inside(LEAST_NORMAL, f64::MAX, monotone(x, e, 2.0, 0.0, |x| x.max(1e-40).ln())),
        "log2" => inside(LEAST_NORMAL, f64::MAX, monotone(x, e, 2.0, 0.0, |x| x.max(1e-40).log2())),
        "log10" => inside(LEAST_NORMAL, f64::MAX, monotone(x, e, 2.0, 0.0, |x| x.max(1e-40).log10())),
        "sin" => inside(-1e5, 1e5, rounded(x.sin(), e.min(2.0) + 1.2e-7, 0.0)),
        "cos" => inside(-1e5, 1e5, rounded(x.cos(), e.min(2.0) + 1.2e-7, 0.0)),
        "tan" => {
            let least_cosine = x.cos().abs() - e;
            if least_cosine < 1e-3 {
                return Unknown;
            }
            let t = x.tan();
            inside(-1e5, 1e5, rounded(t, e / (least_cosine * least_cosine) + 3e-7 * (1.0 + t * t), 0.0))
        }
        "asin" => inside(-1.0, 1.0, monotone(x, e, 0.0, 4e-7, |x| x.clamp(-1.0, 1.0).asin())),
        "acos" => inside(-1.0, 1.0, monotone(x, e, 0.0, 4e-7, |x| x.clamp(-1.0, 1.0).acos())),
        "atan" => monotone(x, e, 0.0, 3e-7, f64::atan),
        "floor" => stepped(x, e, f64::floor),
        "ceil" => stepped(x, e, f64::ceil),
        "round" => stepped(x, e, f64::round_ties_even),
        "trunc" => stepped(x, e, f64::trunc),
        "sign" => stepped(x, e, |x| if x == 0.0 { 0.0 } else { x.signum() }),
        _ => unreachable!("{name}"),
    }
}

/// Of intervals: least and greatest of the four corners.
fn corners((a, ea): (f64, f64), (b, eb): (f64, f64), f: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let v = f(a, b);
    let all = [f(a - ea, b - eb), f(a - ea, b + eb), f(a + ea, b - eb), f(a + ea, b + eb)];
    (v, all.iter().map(|c| (c - v).abs()).fold(0.0, f64::max))
}

fn logic(name: &str, x: Known, y: Known) -> Known {
    let decides = Truth(name == "or");
    match (x, y) {
        _ if x == decides || y == decides => decides,
        (Unknown, _) | (_, Unknown) => Unknown,
        (Missing, _) | (_, Missing) => Missing,
        _ => Truth(name == "and"),
    }
}

fn binary(name: &str, x: Known, y: Known) -> Known {
    if matches!(name, "and" | "or") {
        return logic(name, x, y);
    }
    let (a, ea, b, eb) = match (as_number(x), as_number(y)) {
        (Number(a, ea), Number(b, eb)) => (a, ea, b, eb),
        // Missing is certain, whatever the other is.
        (Missing, _) | (_, Missing) => return Missing,
        _ => return Unknown,
    };
    let exact = ea == 0.0 && eb == 0.0;
    let apart = (a - b).abs() > ea + eb;
    match name {
        "+" => correctly_rounded(a + b, ea + eb),
        "-" => correctly_rounded(a - b, ea + eb),
        "*" => correctly_rounded(a * b, a.abs() * eb + b.abs() * ea + ea * eb),
        "/" if b == 0.0 && eb == 0.0 => Missing,
        "/" if b.abs() <= eb * 1.001 => Unknown,
        "/" => rounded(a / b, (ea + (a / b).abs() * eb) / (b.abs() - eb), 2.5),
        "%" if b == 0.0 && eb == 0.0 => Missing,
        "%" if b.abs() <= eb * 1.001 => Unknown,
        "%" => {
            let (q, eq) = corners((a, ea), (b, eb), |a, b| a / b);
            let whole = exact && a.fract() == 0.0 && b.fract() == 0.0 && a.abs() < 1e7 && b.abs() < 1e7;
            let eq = if whole { 0.0 } else { eq + 4.0 * HALF_ULP * (q.abs() + eq) };
            match () {
                () if q.abs() - eq >= 16_777_216.0 => Missing,
                () if q.abs() + eq >= 16_777_216.0 || (q - eq).floor() != (q + eq).floor() => Unknown,
                () if whole => Number(a - b * q.floor(), 0.0),
                () => rounded(a - b * q.floor(), ea + q.floor().abs() * eb + 4.0 * HALF_ULP * (a.abs() + b.abs()), 0.5),
            }
        }
        "**" => power((a, ea), (b, eb)),
        "min" => Number(a.min(b), ea.max(eb)),
        "max" => Number(a.max(b), ea.max(eb)),
        "atan2" => {
            // The angle turns by no more than the errors over the radius; across the cut it jumps.
            let (radius, e) = (a.hypot(b), ea.hypot(eb));
            match () {
                () if exact && a == 0.0 => Number(if b < 0.0 { std::f64::consts::PI } else { 0.0 }, 3e-7),
                () if radius <= 2.0 * e || radius < 1e-30 || (b < 0.0 && a.abs() <= ea) => Unknown,
                () => rounded(a.atan2(b), 2.0 * e / radius + 3e-7, 0.0),
            }
        }
        "<" | "<=" | ">" | ">=" | "==" | "!=" if !apart && !exact => Unknown,
        "<" => Truth(a < b),
        "<=" => Truth(a <= b),
        ">" => Truth(a > b),
        ">=" => Truth(a >= b),
        "==" => Truth(a == b),
        "!=" => Truth(a != b),
        _ => unreachable!("{name}"),
    }
}

fn power((a, ea): (f64, f64), (b, eb): (f64, f64)) -> Known {
    let exact = ea == 0.0 && eb == 0.0;
    match () {
        () if a - ea >= LEAST_NORMAL => {
            let (v, e) = corners((a, ea), (b, eb), f64::powf);
            rounded(v, e, 6.0)
        }
        // Whole exponents take bases of either sign.
        () if eb == 0.0 && matches!(b, 1.0 | 2.0 | 3.0) => rounded(a.powf(b), corners((a, ea), (b, 0.0), f64::powf).1 + ea * ea, 6.0),
        () if !exact => Unknown,
        () if a == 0.0 && b < 0.0 => Missing,
        () if a == 0.0 => Number(if b == 0.0 { 1.0 } else { 0.0 }, 0.0),
        () if a > -LEAST_NORMAL => Unknown,
        () if b.fract() != 0.0 => Missing,
        () => rounded(a.powf(b), 0.0, 6.0),
    }
}

/// The value of a tree at samples, of which `None` are missing.
pub fn value(tree: &Tree, samples: &[Option<f32>]) -> Known {
    match tree {
        Tree::Input(input) => samples[*input].map_or(Missing, |x| Number(f64::from(x), 0.0)),
        Tree::Number(number) => Number(f64::from(*number), 0.0),
        Tree::Nodata => Missing,
        Tree::Unary(name, x) => unary(name, value(x, samples)),
        Tree::Binary(name, x, y) => binary(name, value(x, samples), value(y, samples)),
        Tree::Where(c, x, y) => {
            let (c, x, y) = (value(c, samples), value(x, samples), value(y, samples));
            match c {
                Truth(true) => x,
                Truth(false) => y,
                other => other,
            }
        }
    }
}

/// Whether a result is what is known; `None` where nothing is.
pub fn agrees(known: Known, result: f32) -> Option<bool> {
    match as_number(known) {
        Missing => Some(result.is_nan()),
        Number(v, e) => Some((f64::from(result) - v).abs() <= e),
        _ => None,
    }
}
