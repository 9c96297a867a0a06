//! What is the same at every pixel is computed once, in float64.

use crate::{
    graph::{Binary, Unary},
    op::functions::{MOST_QUOTIENT, MOST_RADIANS},
};

/// A number's function of one constant; `None` is missing.
pub fn unary(function: Unary, x: f64) -> Option<f64> {
    let turns = matches!(function, Unary::Sine | Unary::Cosine | Unary::Tangent);
    if turns && x.abs() > f64::from(MOST_RADIANS) {
        return None;
    }
    finite(match function {
        Unary::Negate => -x,
        Unary::Absolute => x.abs(),
        Unary::SquareRoot => x.sqrt(),
        Unary::Exponential => x.exp(),
        Unary::Logarithm => x.ln(),
        Unary::Logarithm2 => x.log2(),
        Unary::Logarithm10 => x.log10(),
        Unary::Sine => x.sin(),
        Unary::Cosine => x.cos(),
        Unary::Tangent => x.tan(),
        Unary::ArcSine => x.asin(),
        Unary::ArcCosine => x.acos(),
        Unary::ArcTangent => x.atan(),
        Unary::Floor => x.floor(),
        Unary::Ceiling => x.ceil(),
        Unary::Round => x.round_ties_even(),
        Unary::Truncate => x.trunc(),
        Unary::Sign if x == 0.0 => 0.0,
        Unary::Sign => x.signum(),
        // Truth values are left to the programs.
        Unary::IsMissing | Unary::Not => return None,
    })
}

/// A number's function of two constants; `None` is missing.
pub fn binary(function: Binary, x: f64, y: f64) -> Option<f64> {
    finite(match function {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / y,
        Binary::Remainder if (x / y).abs() >= f64::from(MOST_QUOTIENT) => return None,
        Binary::Remainder => x - y * (x / y).floor(),
        Binary::Power => x.powf(y),
        Binary::Least => x.min(y),
        Binary::Greatest => x.max(y),
        // Negative zeros count as positive.
        Binary::ArcTangent2 => (x + 0.0).atan2(y + 0.0),
        Binary::Less | Binary::LessOrEqual | Binary::Equal | Binary::NotEqual | Binary::And | Binary::Or => return None,
    })
}

/// What float32 holds, not rounded to it; what a device may flush is 0, what is not finite `None`.
pub fn finite(x: f64) -> Option<f64> {
    let single = x as f32;
    let x = if single.abs() < f32::MIN_POSITIVE { 0.0 } else { x };
    single.is_finite().then_some(x)
}
