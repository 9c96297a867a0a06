//! Typed values become steps of a formula.

use super::{
    error::ExpressionError,
    fold,
    library::{CONSTANTS, FUNCTIONS, Function, MISSING},
};
use crate::graph::{Binary, Formula, Step, Unary};
use std::ops::Range;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Truth,
    /// The word for missing: whichever is wanted.
    Missing,
}

/// A part of the expression that has become a step.
#[derive(Clone, Debug)]
pub struct Value {
    pub step: usize,
    pub kind: Kind,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// A comparison that no bracket closes: it does not go on.
    pub open_comparison: bool,
}

/// Names that stand for inputs.
#[derive(Clone, Copy, Debug)]
pub enum Names<'a> {
    /// Capital letters.
    Letters,
    /// These.
    These(&'a [&'a str]),
}

impl Names<'_> {
    /// How many there may be.
    pub fn most(self) -> usize {
        match self {
            Self::Letters => 26,
            Self::These(names) => names.len(),
        }
    }

    /// The name of an input.
    pub fn name(self, input: usize) -> String {
        match self {
            Self::Letters => char::from(b'A' + input as u8).to_string(),
            Self::These(names) => names[input].to_owned(),
        }
    }

    fn find(self, name: &str) -> Option<usize> {
        match self {
            Self::Letters => match name.as_bytes() {
                [letter @ b'A'..=b'Z'] => Some(usize::from(letter - b'A')),
                _ => None,
            },
            Self::These(names) => names.iter().position(|known| known.eq_ignore_ascii_case(name)),
        }
    }

    fn accepted(self) -> String {
        match self {
            Self::Letters => "capital letters A to Z".to_owned(),
            Self::These(names) => names.join(", "),
        }
    }
}

/// A formula in the making.
pub struct Builder<'a> {
    pub text: &'a str,
    pub names: Names<'a>,
    pub formula: Formula,
}

type Built = Result<Value, ExpressionError>;

impl Builder<'_> {
    pub fn error<T>(&self, at: Range<usize>, problem: impl Into<String>) -> Result<T, ExpressionError> {
        Err(ExpressionError::new(self.text, at, problem))
    }

    fn value(&mut self, step: Step, kind: Kind, at: Range<usize>) -> Value {
        Value { step: self.formula.push(step), kind, at, open_comparison: false }
    }

    fn constant(&mut self, value: Option<f64>, at: Range<usize>) -> Value {
        self.value(value.map_or(Step::Missing, Step::Number), Kind::Number, at)
    }

    fn number_of(&self, value: &Value) -> Option<f64> {
        match self.formula.steps()[value.step] {
            Step::Number(number) => Some(number),
            _ => None,
        }
    }

    pub fn number(&mut self, digits: &str, at: Range<usize>) -> Built {
        let value = match digits.get(..2) {
            Some("0x" | "0X") => u64::from_str_radix(&digits[2..], 16).ok().map(|whole| whole as f64),
            _ => digits.parse().ok(),
        };
        match value.and_then(fold::finite) {
            Some(value) => Ok(self.value(Step::Number(value), Kind::Number, at)),
            None => self.error(at, format!("'{digits}' is beyond what a float32 holds")),
        }
    }

    pub fn name(&mut self, name: &str, at: Range<usize>) -> Built {
        let known = |known: &str| if known.len() == 1 { known == name } else { known.eq_ignore_ascii_case(name) };
        if let Some(input) = self.names.find(name) {
            return Ok(self.value(Step::Input(input), Kind::Number, at));
        }
        if MISSING.iter().any(|word| known(word)) {
            return Ok(self.value(Step::Missing, Kind::Missing, at));
        }
        if let Some((_, value)) = CONSTANTS.iter().find(|(word, _)| known(word)) {
            return Ok(self.value(Step::Number(*value), Kind::Number, at));
        }
        if Function::named(name).is_some() {
            return self.error(at, format!("'{name}' is a function: '{name}(...)' is accepted"));
        }
        let capital = name.to_ascii_uppercase();
        let hint = match self.names.find(&capital) {
            Some(_) => format!("did you mean '{capital}'?"),
            None => format!("inputs are {}, constants pi, e and nodata", self.names.accepted()),
        };
        self.error(at, format!("'{name}' is not known; {hint}"))
    }

    /// A value where a number is wanted: a truth value counts as 1 or 0.
    fn truth_wanted(&self, value: &Value, by: &str) -> Result<(), ExpressionError> {
        match value.kind {
            Kind::Number => self.error(value.at.clone(), format!("{by} takes a truth value, such as A > 0, and this is a number")),
            Kind::Truth | Kind::Missing => Ok(()),
        }
    }

    fn unary(&mut self, function: Unary, x: &Value, at: Range<usize>) -> Value {
        match self.number_of(x) {
            Some(number) => self.constant(fold::unary(function, number), at),
            None => self.value(Step::Unary(function, x.step), Kind::Number, at),
        }
    }

    fn binary(&mut self, function: Binary, x: &Value, y: &Value, at: Range<usize>) -> Value {
        match (self.number_of(x), self.number_of(y)) {
            (Some(a), Some(b)) => self.constant(fold::binary(function, a, b), at),
            (_, Some(exponent)) if function == Binary::Power => self.power(x, exponent, y, at),
            _ => self.value(Step::Binary(function, x.step, y.step), Kind::Number, at),
        }
    }

    /// Powers that have a shorter and more exact way.
    fn power(&mut self, x: &Value, exponent: f64, y: &Value, at: Range<usize>) -> Value {
        let square = |builder: &mut Self| builder.value(Step::Binary(Binary::Multiply, x.step, x.step), Kind::Number, at.clone());
        match exponent {
            1.0 => Value { at, open_comparison: false, ..x.clone() },
            2.0 => square(self),
            3.0 => {
                let squared = square(self).step;
                self.value(Step::Binary(Binary::Multiply, squared, x.step), Kind::Number, at)
            }
            0.5 => self.value(Step::Unary(Unary::SquareRoot, x.step), Kind::Number, at),
            -1.0 => {
                let one = self.formula.push(Step::Number(1.0));
                self.value(Step::Binary(Binary::Divide, one, x.step), Kind::Number, at)
            }
            _ => self.value(Step::Binary(Binary::Power, x.step, y.step), Kind::Number, at),
        }
    }

    /// An operator between two values.
    pub fn arithmetic(&mut self, function: Binary, x: &Value, y: &Value) -> Value {
        self.binary(function, x, y, x.at.start..y.at.end)
    }

    pub fn negative(&mut self, x: &Value, from: usize) -> Value {
        self.unary(Unary::Negate, x, from..x.at.end)
    }

    pub fn logic(&mut self, function: Binary, x: &Value, y: &Value, by: &str) -> Built {
        self.truth_wanted(x, by)?;
        self.truth_wanted(y, by)?;
        Ok(self.value(Step::Binary(function, x.step, y.step), Kind::Truth, x.at.start..y.at.end))
    }

    pub fn not(&mut self, x: &Value, from: usize) -> Built {
        self.truth_wanted(x, "not")?;
        Ok(self.value(Step::Unary(Unary::Not, x.step), Kind::Truth, from..x.at.end))
    }

    /// A comparison; `sign` is where its sign stands.
    pub fn comparison(&mut self, function: Binary, swapped: bool, x: &Value, y: &Value, sign: Range<usize>) -> Built {
        if x.open_comparison || y.open_comparison {
            return self.error(sign, "comparisons do not go on: 'A < B and B < C' is accepted");
        }
        let (a, b) = if swapped { (y, x) } else { (x, y) };
        let at = x.at.start..y.at.end;
        Ok(Value { open_comparison: true, ..self.value(Step::Binary(function, a.step, b.step), Kind::Truth, at) })
    }

    pub fn choice(&mut self, c: &Value, x: &Value, y: &Value, at: Range<usize>, by: &str) -> Built {
        self.truth_wanted(c, by)?;
        let kind = match (x.kind, y.kind) {
            (Kind::Truth, Kind::Truth | Kind::Missing) | (Kind::Missing, Kind::Truth) => Kind::Truth,
            _ => Kind::Number,
        };
        Ok(self.value(Step::Where(c.step, x.step, y.step), kind, at))
    }

    pub fn call(&mut self, name: &str, name_at: Range<usize>, operands: &[Value], at: Range<usize>) -> Built {
        let Some(function) = Function::named(name) else {
            let all: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).take_while(|name| *name != "absolute").collect();
            return self.error(name_at, format!("'{name}' is not a function; there are: {}", all.join(", ")));
        };
        let (least, most) = function.operands();
        if !(least..=most).contains(&operands.len()) {
            let wanted = if most == usize::MAX { format!("{least} or more") } else { least.to_string() };
            let plural = if wanted == "1" { "" } else { "s" };
            return self.error(at, format!("{name} takes {wanted} operand{plural}, not {}", operands.len()));
        }
        match (function, operands) {
            (Function::One(function), [x]) => Ok(self.unary(function, x, at)),
            (Function::Two(function), [x, y]) => Ok(self.binary(function, x, y, at)),
            (Function::Square, [x]) => Ok(self.binary(Binary::Multiply, x, x, at)),
            (Function::Times(factor), [x]) => {
                let factor = self.value(Step::Number(factor), Kind::Number, at.clone());
                Ok(self.binary(Binary::Multiply, x, &factor, at))
            }
            (Function::IsMissing, [x]) => Ok(self.value(Step::Unary(Unary::IsMissing, x.step), Kind::Truth, at)),
            (Function::Not, [x]) => {
                self.truth_wanted(x, name)?;
                Ok(self.value(Step::Unary(Unary::Not, x.step), Kind::Truth, at))
            }
            (Function::Where, [c, x, y]) => self.choice(c, x, y, at, name),
            (Function::Clamp, [x, least, most]) => {
                let raised = self.binary(Binary::Greatest, x, least, at.clone());
                Ok(self.binary(Binary::Least, &raised, most, at))
            }
            (Function::Many(function), [first, rest @ ..]) => {
                Ok(rest.iter().fold(first.clone(), |so_far, next| self.binary(function, &so_far, next, at.clone())))
            }
            (Function::Logic(function), [first, rest @ ..]) => {
                let mut so_far = first.clone();
                for next in rest {
                    so_far = Value { at: at.clone(), ..self.logic(function, &so_far, next, name)? };
                }
                Ok(so_far)
            }
            _ => self.error(at, format!("{name} takes other operands")),
        }
    }
}
