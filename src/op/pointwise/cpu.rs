//! A formula as a register machine: each instruction runs over a few hundred samples, which the compiler vectorises.

use crate::{
    graph::{Binary, Formula, RowsTask, Step, Unary},
    op::{
        abi,
        functions::{self, LEAST_NORMAL, MOST_QUOTIENT, MOST_RADIANS},
        math,
    },
};

/// Samples of a register.
const LANES: usize = 256;

/// One instruction; operands and result are registers.
#[derive(Clone, Copy, Debug)]
struct Instruction {
    /// Operands are registers.
    step: Step,
    to: usize,
}

/// A formula's instructions. Missing is a NaN; a truth value is 1 or 0.
#[derive(Clone, Debug)]
pub struct Program {
    code: Vec<Instruction>,
    /// Registers that hold one number throughout, from 0.
    constants: Vec<f32>,
    registers: usize,
    result: usize,
}

type Register = Vec<f32>;

impl Program {
    /// Gives every step a register, which is used again once its last reader has run.
    pub fn of(formula: &Formula) -> Self {
        let steps = formula.steps();
        let mut last_reader: Vec<usize> = (0..steps.len()).collect();
        for (at, step) in steps.iter().enumerate() {
            step.operands().for_each(|operand| last_reader[operand] = at);
        }
        if let Some(last) = last_reader.last_mut() {
            *last = usize::MAX;
        }
        let mut constants = Vec::new();
        let mut register_of = vec![0; steps.len()];
        for (at, step) in steps.iter().enumerate() {
            let constant = match step {
                Step::Number(value) => *value,
                Step::Missing => f32::NAN,
                _ => continue,
            };
            register_of[at] = constants.len();
            constants.push(constant);
        }
        let mut registers = constants.len();
        let (mut free, mut code) = (Vec::new(), Vec::new());
        for (at, &step) in steps.iter().enumerate() {
            if matches!(step, Step::Number(_) | Step::Missing) {
                continue;
            }
            // Never one of the operands': an instruction reads them while it writes.
            let to = free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            register_of[at] = to;
            code.push(Instruction { step: step.moved(|operand| register_of[operand]), to });
            let mut done: Vec<usize> = step.operands().filter(|&operand| last_reader[operand] == at).collect();
            done.sort_unstable();
            done.dedup();
            free.extend(done.into_iter().map(|operand| register_of[operand]).filter(|&register| register >= constants.len()));
        }
        Self { code, constants, registers, result: register_of.last().copied().unwrap_or_default() }
    }

    /// Computes a task.
    pub fn compute(&self, task: &mut RowsTask<'_>) {
        let mut registers: Vec<Register> = (0..self.registers).map(|_| vec![0.0; LANES]).collect();
        for (register, &constant) in registers.iter_mut().zip(&self.constants) {
            register.fill(constant);
        }
        pulp::Arch::new().dispatch(Run { program: self, task, registers: &mut registers });
    }
}

struct Run<'a, 't> {
    program: &'a Program,
    task: &'a mut RowsTask<'t>,
    registers: &'a mut [Register],
}

impl pulp::WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { program, task, registers } = self;
        let cols = task.cols.len();
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(cols.max(1))) {
            for (first, out) in (0..cols).step_by(LANES).zip(out.chunks_mut(LANES)) {
                for instruction in &program.code {
                    if let Step::Input(input) = instruction.step {
                        let rows = &task.inputs[input];
                        let from = task.cols.start - rows.cols.start + first;
                        let samples = rows.row(row).and_then(|samples| samples.get(from..from + out.len()));
                        load(&mut registers[instruction.to], samples);
                    } else {
                        instruction.run(registers, out.len());
                    }
                }
                for (sample, &value) in out.iter_mut().zip(registers[program.result].iter()) {
                    *sample = if value.is_nan() { f32::NAN } else { value };
                }
            }
        }
    }
}

#[inline(always)]
fn load(register: &mut Register, samples: Option<&[f32]>) {
    match samples {
        Some(samples) => register.iter_mut().zip(samples).for_each(|(to, &sample)| *to = finite(sample)),
        None => register.fill(f32::NAN),
    }
}

/// A number that is not finite is missing.
#[inline(always)]
fn finite(x: f32) -> f32 {
    if (x.to_bits() & abi::MAGNITUDE_MASK) < abi::INFINITY_BITS { x } else { f32::NAN }
}

#[inline(always)]
fn when(good: bool, x: f32) -> f32 {
    if good { x } else { f32::NAN }
}

#[inline(always)]
fn one_if(truth: bool) -> f32 {
    if truth { 1.0 } else { 0.0 }
}

/// Neither is missing.
#[inline(always)]
fn both(x: f32, y: f32) -> bool {
    !(x.is_nan() | y.is_nan())
}

impl Instruction {
    #[inline(always)]
    fn run(self, registers: &mut [Register], n: usize) {
        // Taken out while it is written: it is none of the operands.
        let mut out = std::mem::take(&mut registers[self.to]);
        match self.step {
            Step::Input(_) | Step::Number(_) | Step::Missing => {}
            Step::Unary(function, x) => unary(function, &mut out[..n], &registers[x][..n]),
            Step::Binary(function, x, y) => binary(function, &mut out[..n], &registers[x][..n], &registers[y][..n]),
            Step::Where(c, x, y) => {
                let chosen = registers[c][..n].iter().zip(&registers[x][..n]).zip(&registers[y][..n]);
                for (out, ((&c, &x), &y)) in out[..n].iter_mut().zip(chosen) {
                    let other = if c == 0.0 { y } else { f32::NAN };
                    *out = if c == 1.0 { x } else { other };
                }
            }
        }
        registers[self.to] = out;
    }
}

#[inline(always)]
fn map(out: &mut [f32], x: &[f32], f: impl Fn(f32) -> f32) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out = f(x);
    }
}

#[inline(always)]
fn zip(out: &mut [f32], x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) {
    for ((out, &x), &y) in out.iter_mut().zip(x).zip(y) {
        *out = f(x, y);
    }
}

#[inline(always)]
fn unary(function: Unary, out: &mut [f32], x: &[f32]) {
    match function {
        Unary::Negate => map(out, x, |x| -x),
        Unary::Absolute => map(out, x, f32::abs),
        // The root of a negative number is a NaN already.
        Unary::SquareRoot => map(out, x, f32::sqrt),
        Unary::Exponential => map(out, x, |x| when(!x.is_nan(), finite(functions::exponential(x)))),
        Unary::Logarithm => map(out, x, |x| when(x >= LEAST_NORMAL, functions::logarithm(x))),
        Unary::Logarithm2 => map(out, x, |x| when(x >= LEAST_NORMAL, functions::logarithm2(x))),
        Unary::Logarithm10 => map(out, x, |x| when(x >= LEAST_NORMAL, functions::logarithm10(x))),
        Unary::Sine => map(out, x, |x| when(x.abs() <= MOST_RADIANS, functions::sine(x))),
        Unary::Cosine => map(out, x, |x| when(x.abs() <= MOST_RADIANS, functions::cosine(x))),
        Unary::Tangent => map(out, x, |x| when(x.abs() <= MOST_RADIANS, finite(functions::tangent(x)))),
        Unary::ArcSine => map(out, x, |x| when(x.abs() <= 1.0, functions::arc_sine(x))),
        Unary::ArcCosine => map(out, x, |x| when(x.abs() <= 1.0, functions::arc_cosine(x))),
        Unary::ArcTangent => map(out, x, |x| when(!x.is_nan(), functions::arc_tangent(x))),
        Unary::Floor => map(out, x, f32::floor),
        Unary::Ceiling => map(out, x, f32::ceil),
        Unary::Round => map(out, x, f32::round_ties_even),
        Unary::Truncate => map(out, x, f32::trunc),
        Unary::Sign => map(out, x, |x| {
            let down = if x < 0.0 { -1.0 } else { x };
            if x > 0.0 { 1.0 } else { down }
        }),
        Unary::IsMissing => map(out, x, |x| one_if(x.is_nan())),
        Unary::Not => map(out, x, |x| 1.0 - x),
    }
}

#[inline(always)]
fn binary(function: Binary, out: &mut [f32], x: &[f32], y: &[f32]) {
    match function {
        Binary::Add => zip(out, x, y, |x, y| finite(x + y)),
        Binary::Subtract => zip(out, x, y, |x, y| finite(x - y)),
        Binary::Multiply => zip(out, x, y, |x, y| finite(x * y)),
        // Whatever is divided by 0 is infinite, or a NaN.
        Binary::Divide => zip(out, x, y, |x, y| finite(x / y)),
        Binary::Remainder => zip(out, x, y, |x, y| when((x / y).abs() < MOST_QUOTIENT, finite(functions::remainder(x, y)))),
        Binary::Power => zip(out, x, y, |x, y| when(both(x, y) & functions::power_is_defined(x, y), finite(functions::power(x, y)))),
        Binary::Least => zip(out, x, y, |x, y| when(both(x, y), math::min(x, y))),
        Binary::Greatest => zip(out, x, y, |x, y| when(both(x, y), math::max(x, y))),
        Binary::ArcTangent2 => zip(out, x, y, |y, x| when(both(x, y), functions::arc_tangent2(y, x))),
        Binary::Less => zip(out, x, y, |x, y| when(both(x, y), one_if(x < y))),
        Binary::LessOrEqual => zip(out, x, y, |x, y| when(both(x, y), one_if(x <= y))),
        Binary::Equal => zip(out, x, y, |x, y| when(both(x, y), one_if(x == y))),
        Binary::NotEqual => zip(out, x, y, |x, y| when(both(x, y), one_if(x != y))),
        Binary::And => zip(out, x, y, |x, y| if (x == 0.0) | (y == 0.0) { 0.0 } else { x * y }),
        Binary::Or => zip(out, x, y, |x, y| if (x == 1.0) | (y == 1.0) { 1.0 } else { x + y }),
    }
}
