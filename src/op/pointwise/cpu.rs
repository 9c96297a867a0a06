//! A formula as a register machine: each instruction runs over a few hundred samples, which the compiler vectorises.

use super::lane::{Lane, when};
use crate::graph::{Binary, Formula, RowsTask, Step, Unary};

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
    constants: Vec<f64>,
    registers: usize,
    result: usize,
}

type Register<T> = Vec<T>;

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
                Step::Missing => f64::NAN,
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

    /// Bytes that a task allocates, in float64.
    pub fn scratch_bytes(&self) -> usize {
        self.registers * (LANES * 8 + size_of::<Vec<f64>>()) + self.code.len() * 2 * size_of::<Instruction>()
    }

    /// Computes a task, in the numbers of its inputs.
    pub fn compute<T: Lane>(&self, task: &mut RowsTask<'_, T>) {
        let mut registers: Vec<Register<T>> = (0..self.registers).map(|_| vec![T::ZERO; LANES]).collect();
        for (register, &constant) in registers.iter_mut().zip(&self.constants) {
            register.fill(T::constant(constant));
        }
        pulp::Arch::new().dispatch(Run { program: self, task, registers: &mut registers });
    }
}

struct Run<'a, 't, T> {
    program: &'a Program,
    task: &'a mut RowsTask<'t, T>,
    registers: &'a mut [Register<T>],
}

impl<T: Lane> pulp::WithSimd for Run<'_, '_, T> {
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
                    *sample = value.narrow();
                }
            }
        }
    }
}

#[inline(always)]
fn load<T: Lane>(register: &mut Register<T>, samples: Option<&[T]>) {
    match samples {
        // A number that is not finite is missing.
        Some(samples) => register.iter_mut().zip(samples).for_each(|(to, &sample)| *to = sample.finite()),
        None => register.fill(T::MISSING),
    }
}

#[inline(always)]
fn one_if<T: Lane>(truth: bool) -> T {
    if truth { T::ONE } else { T::ZERO }
}

/// Neither is missing.
#[inline(always)]
fn both<T: Lane>(x: T, y: T) -> bool {
    !(x.is_missing() | y.is_missing())
}

impl Instruction {
    #[inline(always)]
    fn run<T: Lane>(self, registers: &mut [Register<T>], n: usize) {
        // Taken out while it is written: it is none of the operands.
        let mut out = std::mem::take(&mut registers[self.to]);
        match self.step {
            Step::Input(_) | Step::Number(_) | Step::Missing => {}
            Step::Unary(function, x) => unary(function, &mut out[..n], &registers[x][..n]),
            Step::Binary(function, x, y) => binary(function, &mut out[..n], &registers[x][..n], &registers[y][..n]),
            Step::Where(c, x, y) => {
                let chosen = registers[c][..n].iter().zip(&registers[x][..n]).zip(&registers[y][..n]);
                for (out, ((&c, &x), &y)) in out[..n].iter_mut().zip(chosen) {
                    let other = if c == T::ZERO { y } else { T::MISSING };
                    *out = if c == T::ONE { x } else { other };
                }
            }
        }
        registers[self.to] = out;
    }
}

#[inline(always)]
fn map<T: Lane>(out: &mut [T], x: &[T], f: impl Fn(T) -> T) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out = f(x);
    }
}

#[inline(always)]
fn zip<T: Lane>(out: &mut [T], x: &[T], y: &[T], f: impl Fn(T, T) -> T) {
    for ((out, &x), &y) in out.iter_mut().zip(x).zip(y) {
        *out = f(x, y);
    }
}

#[inline(always)]
fn unary<T: Lane>(function: Unary, out: &mut [T], x: &[T]) {
    match function {
        Unary::Negate => map(out, x, |x| -x),
        Unary::Absolute => map(out, x, T::absolute),
        Unary::SquareRoot => map(out, x, T::square_root),
        Unary::Exponential => map(out, x, T::exponential),
        Unary::Logarithm => map(out, x, T::logarithm),
        Unary::Logarithm2 => map(out, x, T::logarithm2),
        Unary::Logarithm10 => map(out, x, T::logarithm10),
        Unary::Sine => map(out, x, T::sine),
        Unary::Cosine => map(out, x, T::cosine),
        Unary::Tangent => map(out, x, T::tangent),
        Unary::ArcSine => map(out, x, T::arc_sine),
        Unary::ArcCosine => map(out, x, T::arc_cosine),
        Unary::ArcTangent => map(out, x, T::arc_tangent),
        Unary::Floor => map(out, x, T::floor),
        Unary::Ceiling => map(out, x, T::ceiling),
        Unary::Round => map(out, x, T::round),
        Unary::Truncate => map(out, x, T::truncate),
        Unary::Sign => map(out, x, |x| {
            let down = if x < T::ZERO { -T::ONE } else { x };
            if x > T::ZERO { T::ONE } else { down }
        }),
        Unary::IsMissing => map(out, x, |x| one_if(x.is_missing())),
        Unary::Not => map(out, x, |x| T::ONE - x),
    }
}

#[inline(always)]
fn binary<T: Lane>(function: Binary, out: &mut [T], x: &[T], y: &[T]) {
    match function {
        Binary::Add => zip(out, x, y, |x, y| (x + y).finite()),
        Binary::Subtract => zip(out, x, y, |x, y| (x - y).finite()),
        Binary::Multiply => zip(out, x, y, |x, y| (x * y).finite()),
        // Whatever is divided by 0 is infinite, or a NaN.
        Binary::Divide => zip(out, x, y, |x, y| (x / y).finite()),
        Binary::Remainder => zip(out, x, y, T::remainder),
        Binary::Power => zip(out, x, y, |x, y| when(both(x, y), x.power(y))),
        Binary::Least => zip(out, x, y, |x, y| when(both(x, y), x.least(y))),
        Binary::Greatest => zip(out, x, y, |x, y| when(both(x, y), x.greatest(y))),
        Binary::ArcTangent2 => zip(out, x, y, |y, x| when(both(x, y), y.arc_tangent2(x))),
        Binary::Less => zip(out, x, y, |x, y| when(both(x, y), one_if(x < y))),
        Binary::LessOrEqual => zip(out, x, y, |x, y| when(both(x, y), one_if(x <= y))),
        Binary::Equal => zip(out, x, y, |x, y| when(both(x, y), one_if(x == y))),
        Binary::NotEqual => zip(out, x, y, |x, y| when(both(x, y), one_if(x != y))),
        Binary::And => zip(out, x, y, |x, y| if (x == T::ZERO) | (y == T::ZERO) { T::ZERO } else { x * y }),
        Binary::Or => zip(out, x, y, |x, y| if (x == T::ONE) | (y == T::ONE) { T::ONE } else { x + y }),
    }
}
