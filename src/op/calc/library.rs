//! The functions and constants of the language.

use crate::graph::{Binary, Unary};

/// What a function's name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Function {
    /// Of a number.
    One(Unary),
    /// Of two numbers.
    Two(Binary),
    /// Of two numbers or more, from left to right.
    Many(Binary),
    /// Of two truth values or more.
    Logic(Binary),
    /// Of a truth value.
    Not,
    /// `where(condition, a, b)`.
    Where,
    /// `clamp(x, least, most)`.
    Clamp,
    /// `isnan(x)`: of either kind.
    IsMissing,
    /// `square(x)`.
    Square,
    /// x times a constant.
    Times(f64),
}

use Function::{Clamp, IsMissing, Logic, Many, Not, One, Square, Times, Two, Where};

/// Names and what they stand for; those of numpy, which `gdal_calc.py` takes, are there too.
pub const FUNCTIONS: &[(&str, Function)] = &[
    ("abs", One(Unary::Absolute)),
    ("sqrt", One(Unary::SquareRoot)),
    ("exp", One(Unary::Exponential)),
    ("log", One(Unary::Logarithm)),
    ("log2", One(Unary::Logarithm2)),
    ("log10", One(Unary::Logarithm10)),
    ("sin", One(Unary::Sine)),
    ("cos", One(Unary::Cosine)),
    ("tan", One(Unary::Tangent)),
    ("asin", One(Unary::ArcSine)),
    ("acos", One(Unary::ArcCosine)),
    ("atan", One(Unary::ArcTangent)),
    ("atan2", Two(Binary::ArcTangent2)),
    ("radians", Times(std::f64::consts::PI / 180.0)),
    ("degrees", Times(180.0 / std::f64::consts::PI)),
    ("floor", One(Unary::Floor)),
    ("ceil", One(Unary::Ceiling)),
    ("round", One(Unary::Round)),
    ("trunc", One(Unary::Truncate)),
    ("sign", One(Unary::Sign)),
    ("square", Square),
    ("pow", Two(Binary::Power)),
    ("mod", Two(Binary::Remainder)),
    ("min", Many(Binary::Least)),
    ("max", Many(Binary::Greatest)),
    ("clamp", Clamp),
    ("where", Where),
    ("isnan", IsMissing),
    ("ismissing", IsMissing),
    ("absolute", One(Unary::Absolute)),
    ("fabs", One(Unary::Absolute)),
    ("rint", One(Unary::Round)),
    ("arcsin", One(Unary::ArcSine)),
    ("arccos", One(Unary::ArcCosine)),
    ("arctan", One(Unary::ArcTangent)),
    ("arctan2", Two(Binary::ArcTangent2)),
    ("deg2rad", Times(std::f64::consts::PI / 180.0)),
    ("rad2deg", Times(180.0 / std::f64::consts::PI)),
    ("power", Two(Binary::Power)),
    ("remainder", Two(Binary::Remainder)),
    ("minimum", Many(Binary::Least)),
    ("maximum", Many(Binary::Greatest)),
    ("clip", Clamp),
    ("logical_and", Logic(Binary::And)),
    ("logical_or", Logic(Binary::Or)),
    ("logical_not", Not),
];

impl Function {
    /// The function of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
    }

    /// How many operands it takes: the least, and the most.
    pub fn operands(self) -> (usize, usize) {
        match self {
            One(_) | Not | IsMissing | Square | Times(_) => (1, 1),
            Two(_) => (2, 2),
            Many(_) | Logic(_) => (2, usize::MAX),
            Where | Clamp => (3, 3),
        }
    }
}

/// The constants; any case is taken of names of more than one letter.
pub const CONSTANTS: &[(&str, f64)] = &[("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];

/// Words for missing.
pub const MISSING: &[&str] = &["nodata", "missing", "nan"];
