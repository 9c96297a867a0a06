//! A formula as WGSL: one line a step, each with a flag that says whether it is missing.

use crate::graph::{Binary, Formula, Step, Unary};
use std::fmt::Write as _;

/// The declarations of the further inputs, and `compute(col, row)`.
pub fn text(formula: &Formula) -> String {
    let mut text = String::new();
    for input in 1..formula.inputs() {
        let binding = input + 4;
        let _ = write!(
            text,
            "@group(0) @binding({binding}) var<storage, read> input{input}: array<f32>;

fn load{input}(col: u32, row: u32) -> f32 {{
    let window = grid.inputs[{input}];
    return input{input}[(row - window.y) * window.z + (col - window.x)];
}}

"
        );
    }
    text += "fn compute(col: u32, row: u32) {\n";
    for (at, &step) in formula.steps().iter().enumerate() {
        let _ = writeln!(text, "    {}", line(formula, at, step));
    }
    let last = formula.steps().len().saturating_sub(1);
    let result = number(formula, last);
    let _ = write!(
        text,
        "    if m{last} {{\n        store_missing(col, row);\n    }} else {{\n        store(col, row, {result});\n    }}\n}}\n"
    );
    text
}

/// The value of a step as a number.
fn number(formula: &Formula, step: usize) -> String {
    if formula.is_truth(step) { format!("select(0.0, 1.0, v{step})") } else { format!("v{step}") }
}

/// The value of a step as a truth value.
fn truth(formula: &Formula, step: usize) -> String {
    // What is no truth value by itself can only be the word for missing.
    if formula.is_truth(step) { format!("v{step}") } else { "false".to_owned() }
}

fn line(formula: &Formula, at: usize, step: Step) -> String {
    match step {
        Step::Input(input) => finite(at, &format!("load{input}(col, row)"), "false"),
        Step::Number(value) => format!("let v{at} = f32({:e}); let m{at} = false;", value as f32),
        Step::Missing => format!("let v{at} = 0.0f; let m{at} = true;"),
        Step::Unary(function, x) => unary(formula, at, function, x),
        Step::Binary(function, x, y) => binary(formula, at, function, x, y),
        Step::Where(c, x, y) => {
            let missing = format!("let m{at} = m{c} | select(m{y}, m{x}, v{c});");
            if formula.is_truth(at) {
                let (a, b) = (truth(formula, x), truth(formula, y));
                // A missing condition chooses nothing: the result must be false like any other missing truth value.
                format!("{missing} let v{at} = select({b}, {a}, v{c}) & !m{at};")
            } else {
                let (a, b) = (number(formula, x), number(formula, y));
                format!("{missing} let v{at} = select({b}, {a}, v{c});")
            }
        }
    }
}

/// A step that is missing where `missing` holds and where the number is not finite. The selection also keeps compilers from
/// joining a product with the sum that takes it, which would round once where the other twin rounds twice.
fn finite(at: usize, value: &str, missing: &str) -> String {
    format!("let r{at} = {value}; let m{at} = {missing} | !is_finite(r{at}); let v{at} = select(r{at}, 0.0, m{at});")
}

fn unary(formula: &Formula, at: usize, function: Unary, x: usize) -> String {
    let a = number(formula, x);
    let plain = |value: String| format!("let v{at} = {value}; let m{at} = m{x};");
    let within = |value: String, wrong: String| finite(at, &value, &format!("m{x} | ({wrong})"));
    let far = || format!("abs({a}) > MOST_RADIANS");
    // Arguments outside the domain are replaced: what a function makes of them could be anything.
    match function {
        Unary::Negate => plain(format!("-{a}")),
        Unary::Absolute => plain(format!("abs({a})")),
        Unary::SquareRoot => within(format!("sqrt(max({a}, 0.0))"), format!("{a} < 0.0")),
        Unary::Exponential => within(format!("exponential({a})"), "false".to_owned()),
        Unary::Logarithm => within(format!("logarithm(max({a}, LEAST_NORMAL))"), format!("{a} < LEAST_NORMAL")),
        Unary::Logarithm2 => within(format!("logarithm2(max({a}, LEAST_NORMAL))"), format!("{a} < LEAST_NORMAL")),
        Unary::Logarithm10 => within(format!("logarithm10(max({a}, LEAST_NORMAL))"), format!("{a} < LEAST_NORMAL")),
        Unary::Sine => within(format!("sine(clamp({a}, -MOST_RADIANS, MOST_RADIANS))"), far()),
        Unary::Cosine => within(format!("cosine(clamp({a}, -MOST_RADIANS, MOST_RADIANS))"), far()),
        Unary::Tangent => within(format!("tangent(clamp({a}, -MOST_RADIANS, MOST_RADIANS))"), far()),
        Unary::ArcSine => within(format!("arc_sine(clamp({a}, -1.0, 1.0))"), format!("abs({a}) > 1.0")),
        Unary::ArcCosine => within(format!("arc_cosine(clamp({a}, -1.0, 1.0))"), format!("abs({a}) > 1.0")),
        Unary::ArcTangent => plain(format!("arc_tangent({a})")),
        Unary::Floor => plain(format!("floor({a})")),
        Unary::Ceiling => plain(format!("ceil({a})")),
        Unary::Round => plain(format!("round({a})")),
        Unary::Truncate => plain(format!("trunc({a})")),
        Unary::Sign => plain(format!("sign({a})")),
        Unary::IsMissing => format!("let v{at} = m{x}; let m{at} = false;"),
        Unary::Not => {
            let a = truth(formula, x);
            format!("let v{at} = !{a} & !m{x}; let m{at} = m{x};")
        }
    }
}

fn binary(formula: &Formula, at: usize, function: Binary, x: usize, y: usize) -> String {
    let (a, b) = (number(formula, x), number(formula, y));
    let missing = format!("m{x} | m{y}");
    let plain = |value: String| format!("let v{at} = {value}; let m{at} = {missing};");
    let within = |value: String| finite(at, &value, &missing);
    // A truth value that is missing is false, so that the parts of `and` and `or` need no more tests.
    let compared = |sign: &str| format!("let m{at} = {missing}; let v{at} = ({a} {sign} {b}) & !m{at};");
    let divisor = || format!("select({b}, 1.0, {b} == 0.0)");
    match function {
        Binary::Add => within(format!("{a} + {b}")),
        Binary::Subtract => within(format!("{a} - {b}")),
        Binary::Multiply => within(format!("{a} * {b}")),
        Binary::Divide => finite(at, &format!("{a} / {}", divisor()), &format!("{missing} | ({b} == 0.0)")),
        Binary::Remainder => {
            let far = format!("({b} == 0.0) | (abs({a} / {}) >= MOST_QUOTIENT)", divisor());
            finite(at, &format!("remainder({a}, {})", divisor()), &format!("{missing} | {far}"))
        }
        Binary::Power => finite(at, &format!("power({a}, {b})"), &format!("{missing} | !power_is_defined({a}, {b})")),
        Binary::Least => plain(format!("min({a}, {b})")),
        Binary::Greatest => plain(format!("max({a}, {b})")),
        Binary::ArcTangent2 => plain(format!("arc_tangent2({a}, {b})")),
        Binary::Less => compared("<"),
        Binary::LessOrEqual => compared("<="),
        Binary::Equal => compared("=="),
        Binary::NotEqual => compared("!="),
        Binary::And => {
            let (a, b) = (truth(formula, x), truth(formula, y));
            format!("let v{at} = {a} & {b}; let m{at} = (m{x} & (m{y} | {b})) | (m{y} & {a});")
        }
        Binary::Or => {
            let (a, b) = (truth(formula, x), truth(formula, y));
            format!("let v{at} = {a} | {b}; let m{at} = !v{at} & ({missing});")
        }
    }
}
