use super::*;
use crate::{graph::InputRows, raster::Span};

fn complaint(text: &str) -> String {
    match Calc::parse(text) {
        Ok(calc) => format!("fine: {calc:?}"),
        Err(error) => error.to_string(),
    }
}

/// The CPU twin at one pixel; `None` is missing.
fn at(calc: &Calc, samples: &[f32]) -> Option<f32> {
    let grid = GridInfo { cols: 1, rows: 1, georef: Default::default() };
    let one = Span::new(0, 1);
    let rows: Vec<[&[f32]; 1]> = samples.iter().map(|sample| [std::slice::from_ref(sample)]).collect();
    let inputs: Vec<InputRows<'_>> = rows.iter().map(|rows| InputRows { cols: one, first_row: 0, rows }).collect();
    let mut out = [0.0];
    calc.compute_rows(&mut RowsTask { grid: &grid, rows: one, cols: one, factors: &[[0.0; 4]], inputs: &inputs, out: &mut out });
    (!out[0].is_nan()).then_some(out[0])
}

fn value(text: &str, samples: &[f32]) -> Option<f32> {
    at(&Calc::parse(text).unwrap_or_else(|error| panic!("{error}")), samples)
}

const GAP: f32 = f32::NAN;

#[test]
fn precedence_is_as_documented() {
    for (text, a, result) in [
        ("A + 2 * 3", 1.0, 7.0),
        ("(A + 2) * 3", 1.0, 9.0),
        ("A - 2 - 3", 1.0, -4.0),
        ("A / 2 / 2", 8.0, 2.0),
        ("-A ** 2", 3.0, -9.0),
        ("(-A) ** 2", 3.0, 9.0),
        ("A ** 3 ** 2", 2.0, 512.0),
        ("A ^ -1", 4.0, 0.25),
        ("2 ** -A", 1.0, 0.5),
        ("- - A", 1.0, 1.0),
        ("+A", 1.0, 1.0),
        ("A * -2", 3.0, -6.0),
        ("A > 1 + 1", 3.0, 1.0),
        ("not A > 1 and A > 0", 3.0, 0.0),
        ("!(A > 1) || A > 0", 3.0, 1.0),
        ("A > 5 and A > 6 or A > 2", 3.0, 1.0),
        ("A > 2 ? 10 : A > 1 ? 20 : 30", 1.5, 20.0),
        ("A < 2 == 1", 1.0, f32::NAN),
        ("A*(A>0)", 3.0, 3.0),
        ("A % 3", -1.0, 2.0),
        ("A % -3", 1.0, -2.0),
        ("round(A)", 2.5, 2.0),
        ("0xff + .5 + 1e1 + 2.", A_ONE, 267.5 + 0.0),
        ("LOG(A) + Sqrt(A) + PI", A_ONE, 1.0 + std::f32::consts::PI),
        ("min(A, 3, 2) + max(A, 3, 9) + clamp(A, 2, 3)", 1.0, 1.0 + 9.0 + 2.0),
        ("10 ** 3 + A * 0", 1.0, 1000.0),
    ] {
        if result.is_nan() {
            assert!(Calc::parse(text).is_err(), "{text}");
        } else if text.contains('A') && !text.starts_with("0x") {
            assert_eq!(value(text, &[a]), Some(result), "{text}");
        } else {
            assert_eq!(value(&format!("{text} + A - A"), &[a]), Some(result), "{text}");
        }
    }
}

const A_ONE: f32 = 1.0;

#[test]
fn missing_stays_missing_unless_something_is_done_about_it() {
    for (text, samples, result) in [
        ("A + B", [GAP, 1.0], None),
        ("A + B", [f32::INFINITY, 1.0], None),
        ("A > B", [GAP, 1.0], None),
        ("A != B", [GAP, GAP], None),
        ("isnan(A) + B * 0", [GAP, 1.0], Some(1.0)),
        ("isnan(A > 1) + B * 0", [GAP, 1.0], Some(1.0)),
        ("where(isnan(A), B, A)", [GAP, 7.0], Some(7.0)),
        ("where(isnan(A), B, A)", [3.0, GAP], Some(3.0)),
        ("where(A > 0, 1, B)", [GAP, 7.0], None),
        ("where(A > 0, nodata, B)", [1.0, 7.0], None),
        ("where(A > 0, missing, B)", [-1.0, 7.0], Some(7.0)),
        ("A > 0 and B > 0", [-1.0, GAP], Some(0.0)),
        ("A > 0 and B > 0", [1.0, GAP], None),
        ("A > 0 or B > 0", [GAP, 1.0], Some(1.0)),
        ("A > 0 or B > 0", [GAP, -1.0], None),
        ("not (A > B)", [GAP, 1.0], None),
        ("min(A, B)", [GAP, 1.0], None),
        ("A / B", [1.0, 0.0], None),
        ("A / B", [0.0, 0.0], None),
        ("A % B", [1.0, 0.0], None),
        ("log(A) + B", [-1.0, 0.0], None),
        ("sqrt(A) + B", [-1.0, 0.0], None),
        ("sqrt(A) + B", [0.0, 0.0], Some(0.0)),
        ("A ** B", [-8.0, 1.0 / 3.0], None),
        ("A ** B", [-8.0, 3.0], Some(-512.0)),
        ("A ** B", [0.0, -1.0], None),
        ("exp(A) + B", [100.0, 0.0], None),
        ("A * B", [3e38, 10.0], None),
        ("sin(A) + B", [1e6, 0.0], None),
        ("asin(A) + B", [1.5, 0.0], None),
        ("isnan(A / B)", [1.0, 0.0], Some(1.0)),
        ("where(A / 0 > 1, 1, 2) + B", [1.0, 0.0], None),
    ] {
        assert_eq!(value(text, &samples), result, "{text} of {samples:?}");
    }
}

#[test]
fn inputs_are_alphabetical_or_in_the_order_of_their_list() {
    let calc = Calc::parse("(C - A) / (C + A)").unwrap();
    assert_eq!((calc.inputs(), calc.input_names()), (2, ["A".to_owned(), "C".to_owned()].as_slice()));
    assert_eq!(at(&calc, &[1.0, 3.0]), Some(0.5));
    let named = Calc::parse_with("(nir - Red) / (nir + red)", &["green", "red", "nir"]).unwrap();
    assert_eq!(named.input_names(), ["red", "nir"]);
    assert_eq!(at(&named, &[1.0, 3.0]), Some(0.5));
}

#[test]
fn what_is_constant_is_computed_once_and_alike_parts_too() {
    let steps = |text: &str| Calc::parse(text).unwrap().formula().unwrap().steps().len();
    assert_eq!(steps("A * (2 * pi / 360)"), 3);
    assert_eq!(steps("(A - B) / (A + B) + (A - B)"), 6);
    assert_eq!((steps("A ** 2"), steps("A ** 1"), steps("A ** 3")), (2, 1, 3));
    assert_eq!(steps("A + 0 * sin(3)"), 3);
}

#[test]
fn a_truth_value_is_written_as_bytes() {
    let output = Calc::parse("A > 1 ? B > 1 : nodata").unwrap().output();
    assert_eq!((output.sample, output.nodata, output.byte_range), (SampleType::U8, Nodata::Integer(255), Some((0, 1))));
    assert_eq!(Calc::parse("(A > 1) * 2").unwrap().output().sample, SampleType::F32);
}

#[test]
fn errors_point_at_the_character() {
    for (text, told) in [
        ("", "character 1: a value is expected before the end\n  \n  ^"),
        ("A +", "character 4: a value is expected before the end\n  A +\n     ^"),
        ("A B", "character 3: an operator is expected\n  A B\n    ^"),
        ("(A + B", "character 7: an operator or ')' is expected before the end\n  (A + B\n        ^"),
        ("A + B)", "character 6: an operator is expected\n  A + B)\n       ^"),
        ("A = 2", "character 3: an operator is expected; '==' compares\n  A = 2\n    ^"),
        ("A & B", "character 3: an operator is expected; '&&' or 'and' joins truth values\n  A & B\n    ^"),
        ("2A", "character 2: an operator is expected\n  2A\n   ^"),
        ("min(A, )", "character 8: a value is expected\n  min(A, )\n         ^"),
        ("A ? 1", "character 6: an operator or ':' is expected before the end\n  A ? 1\n       ^"),
        ("A + a", "character 5: 'a' is not known; did you mean 'A'?\n  A + a\n      ^"),
        (
            "A + foo * 2",
            "character 5: 'foo' is not known; inputs are capital letters A to Z, constants pi, e and nodata\n  A + foo * 2\n      ^^^",
        ),
        ("sqrt * A", "character 1: 'sqrt' is a function: 'sqrt(...)' is accepted\n  sqrt * A\n  ^^^^"),
        ("sqrt(A, B)", "character 1: sqrt takes 1 operand, not 2\n  sqrt(A, B)\n  ^^^^^^^^^^"),
        ("A + max(B)", "character 5: max takes 2 or more operands, not 1\n  A + max(B)\n      ^^^^^^"),
        ("1 < A < 5", "character 7: comparisons do not go on: 'A < B and B < C' is accepted\n  1 < A < 5\n        ^"),
        (
            "where(A + 1, 2, 3)",
            "character 7: where takes a truth value, such as A > 0, and this is a number\n  where(A + 1, 2, 3)\n        ^^^^^",
        ),
        ("A > 1 and B", "character 11: and takes a truth value, such as A > 0, and this is a number\n  A > 1 and B\n            ^"),
        ("A + 1e39", "character 5: '1e39' is beyond what a float32 holds\n  A + 1e39\n      ^^^^"),
        ("2 * pi", "character 1: an input is expected: this is the same at every pixel\n  2 * pi\n  ^^^^^^"),
        ("nodata", "character 1: this is missing everywhere\n  nodata\n  ^^^^^^"),
        ("A +\n  B +\n\tfoo(1)", "\n  \tfoo(1)\n  \t^^^"),
        ("A + 'é' * 2", "character 5: a value is expected\n  A + 'é' * 2\n      ^"),
        ("Ä + é", "character 1: a value is expected\n  Ä + é\n  ^"),
    ] {
        let complaint = complaint(text);
        assert!(complaint == told || told.starts_with('\n') && complaint.ends_with(told), "{text}\n{complaint}\n{told}");
    }
    assert!(complaint("sqr(A)").starts_with("character 1: 'sqr' is not a function; there are: abs, sqrt, exp"));
}

#[test]
fn no_expression_uses_up_the_stack() {
    let run = |text: String| {
        // A quarter of what threads have.
        let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(move || complaint(&text));
        thread.unwrap().join().expect("no overflow")
    };
    let nested = |depth: usize| format!("{}A{}", "(".repeat(depth), ")".repeat(depth));
    assert!(run(nested(64)).starts_with("fine"));
    assert!(run(nested(65)).starts_with("character 65: brackets and conditions are 64 deep at most: this is one more"));
    assert!(run("(".repeat(4000)).contains("brackets"));
    assert!(run("A > 1 ? 1 : ".repeat(64) + "2").starts_with("fine"));
    assert!(run("A > 1 ? 1 : ".repeat(65) + "2").contains("brackets"));
    assert!(run("A ** ".repeat(64) + "A").starts_with("fine"));
    assert!(run("A ^ ".repeat(65) + "A").contains("up to 64 signs of power"));
    assert!(run("-".repeat(16) + "A").starts_with("fine"));
    assert!(run("-".repeat(17) + "A").contains("a value is expected"));
    assert!(run("A+".repeat(2000) + "B").starts_with("fine"));
    assert!(run("A+".repeat(2050) + "B").contains("an expression has up to 4096 bytes, this one 4101"));
    assert!(run("abs(".repeat(64) + "A" + &")".repeat(64)).starts_with("fine"));
    assert!(run("not ".repeat(16) + "A > 1").starts_with("fine"));
    let longest: Vec<String> = (0..500).map(|n| format!("sin(A*{n})")).collect();
    assert!(run(longest.join("+")[..4000].rsplit_once('+').unwrap().0.to_owned()).starts_with("fine"));
}
