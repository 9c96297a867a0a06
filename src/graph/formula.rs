//! What a local operator computes, as a value: both backends' programs are made from it, and neighbours are fused by joining
//! their formulas.

/// A function of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// -x.
    Negate,
    /// |x|.
    Absolute,
    /// Square root; missing of a negative number.
    SquareRoot,
    /// e to the power of x.
    Exponential,
    /// Natural logarithm; missing unless x is positive.
    Logarithm,
    /// Logarithm to base 2.
    Logarithm2,
    /// Logarithm to base 10.
    Logarithm10,
    /// Sine of radians, up to 1e5; missing beyond.
    Sine,
    /// Cosine.
    Cosine,
    /// Tangent.
    Tangent,
    /// Arc sine in radians; missing beyond -1 to 1.
    ArcSine,
    /// Arc cosine.
    ArcCosine,
    /// Arc tangent.
    ArcTangent,
    /// The next whole number below.
    Floor,
    /// The next whole number above.
    Ceiling,
    /// The nearest whole number, of two the even one.
    Round,
    /// The next whole number towards zero.
    Truncate,
    /// -1, 0 or 1.
    Sign,
    /// Whether x is missing; never missing itself. Takes numbers and truth values.
    IsMissing,
    /// Whether a truth value is false.
    Not,
}

/// A function of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// x + y.
    Add,
    /// x - y.
    Subtract,
    /// x y.
    Multiply,
    /// x / y; missing where y is 0.
    Divide,
    /// x - y floor(x / y); missing where y is 0 or the quotient is 2^24 or more.
    Remainder,
    /// x to the power of y; missing of a negative x and a fraction, and of 0 and a negative y.
    Power,
    /// The smaller.
    Least,
    /// The greater.
    Greatest,
    /// The angle of (y, x) in radians: the first operand is y.
    ArcTangent2,
    /// x < y.
    Less,
    /// x <= y.
    LessOrEqual,
    /// x = y.
    Equal,
    /// x /= y.
    NotEqual,
    /// Both are true; false as soon as one is false, even if the other is missing.
    And,
    /// One is true; true as soon as one is true, even if the other is missing.
    Or,
}

/// One step of a formula. Operands are positions of earlier steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The sample of an input.
    Input(usize),
    /// A number that is finite as float32, which programs of float32 round it to.
    Number(f64),
    /// Missing.
    Missing,
    /// A function of one operand.
    Unary(Unary, usize),
    /// A function of two operands.
    Binary(Binary, usize, usize),
    /// The second operand where the first is true, the third where it is false, missing where it is missing.
    Where(usize, usize, usize),
}

impl Step {
    /// Its operands, in order.
    pub fn operands(self) -> impl Iterator<Item = usize> {
        let all = match self {
            Self::Input(_) | Self::Number(_) | Self::Missing => [None; 3],
            Self::Unary(_, x) => [Some(x), None, None],
            Self::Binary(_, x, y) => [Some(x), Some(y), None],
            Self::Where(c, x, y) => [Some(c), Some(x), Some(y)],
        };
        all.into_iter().flatten()
    }

    /// The same step with other operands.
    #[must_use]
    pub fn moved(self, to: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Unary(function, x) => Self::Unary(function, to(x)),
            Self::Binary(function, x, y) => Self::Binary(function, to(x), to(y)),
            Self::Where(c, x, y) => Self::Where(to(c), to(x), to(y)),
            leaf => leaf,
        }
    }
}

/// What a local operator computes from the samples of its inputs at one pixel: steps in an order in which each stands after
/// its operands, the last being the result.
///
/// Every step yields a finite number (float32; float64 on the CPU where sources are read as such), or missing: an operand that is missing makes the result missing, unless the step says
/// otherwise, and so does a result that is no finite number. A truth value is 1 or 0 where a number is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Formula {
    inputs: usize,
    steps: Vec<Step>,
    /// Whether each step yields a truth value.
    truths: Vec<bool>,
}

impl Formula {
    /// An empty formula of so many inputs.
    pub fn new(inputs: usize) -> Self {
        Self { inputs, ..Self::default() }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The steps; the last is the result.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a step unless it is there, and gives its position. Its operands are positions that were given before.
    pub fn push(&mut self, step: Step) -> usize {
        let known = self.steps.iter().position(|known| same(*known, step));
        known.unwrap_or_else(|| self.append_step(step))
    }

    fn append_step(&mut self, step: Step) -> usize {
        self.truths.push(self.yields_truth(step));
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Makes a step the result, and drops steps that it does not need.
    #[must_use]
    pub fn with_result(&self, result: usize) -> Self {
        let mut needed = vec![false; self.steps.len()];
        if let Some(last) = needed.get_mut(result) {
            *last = true;
        }
        for at in (0..self.steps.len()).rev().filter(|&at| at <= result) {
            if needed[at] {
                self.steps[at].operands().for_each(|operand| needed[operand] = true);
            }
        }
        let mut to = vec![0; self.steps.len()];
        let mut formula = Self::new(self.inputs);
        for (at, step) in self.steps.iter().enumerate().filter(|(at, _)| needed[*at]) {
            to[at] = formula.append_step(step.moved(|operand| to[operand]));
        }
        formula
    }

    /// Whether a step yields a truth value.
    pub fn is_truth(&self, step: usize) -> bool {
        self.truths.get(step).copied().unwrap_or_default()
    }

    fn yields_truth(&self, step: Step) -> bool {
        use Binary::{And, Equal, Less, LessOrEqual, NotEqual, Or};
        match step {
            Step::Input(_) | Step::Number(_) | Step::Missing => false,
            Step::Unary(function, _) => matches!(function, Unary::IsMissing | Unary::Not),
            Step::Binary(function, ..) => matches!(function, Less | LessOrEqual | Equal | NotEqual | And | Or),
            Step::Where(_, x, y) => {
                let missing = |branch: usize| self.steps[branch] == Step::Missing;
                self.is_truth(x) && (self.is_truth(y) || missing(y)) || self.is_truth(y) && missing(x)
            }
        }
    }

    /// This formula with others in place of its inputs, all over one list of `inputs` inputs. `of` says what stands for each
    /// of ours: an input of the whole, or another formula whose inputs are those of the whole that it lists.
    #[must_use]
    pub fn over(&self, inputs: usize, of: &[Operand<'_>]) -> Self {
        let mut whole = Self::new(inputs);
        let stands: Vec<usize> = of
            .iter()
            .map(|operand| match operand {
                Operand::Input(input) => whole.push(Step::Input(*input)),
                Operand::Formula(formula, inputs) => {
                    let stands: Vec<usize> = inputs.iter().map(|&input| whole.push(Step::Input(input))).collect();
                    whole.append(formula, &stands)
                }
            })
            .collect();
        let result = whole.append(self, &stands);
        whole.with_result(result)
    }

    /// Adds another formula's steps, given what stands for each of its inputs; gives its result's position.
    fn append(&mut self, other: &Self, inputs: &[usize]) -> usize {
        let mut to = Vec::with_capacity(other.steps.len());
        for step in &other.steps {
            to.push(match *step {
                Step::Input(input) => inputs[input],
                step => self.push(step.moved(|operand| to[operand])),
            });
        }
        to.last().copied().unwrap_or_default()
    }
}

/// What stands for an input of a formula in [`Formula::over`].
#[derive(Clone, Debug)]
pub enum Operand<'a> {
    /// An input of the whole.
    Input(usize),
    /// A formula, and which inputs of the whole its own are.
    Formula(&'a Formula, Vec<usize>),
}

/// Numbers are alike by their bits: 0 and -0 are two.
fn same(a: Step, b: Step) -> bool {
    match (a, b) {
        (Step::Number(a), Step::Number(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `in0 + factor`.
    fn plus(factor: f64) -> Formula {
        let mut formula = Formula::new(1);
        let (x, y) = (formula.push(Step::Input(0)), formula.push(Step::Number(factor)));
        let sum = formula.push(Step::Binary(Binary::Add, x, y));
        formula.with_result(sum)
    }

    #[test]
    fn a_step_stands_once_and_unneeded_ones_go() {
        let mut formula = Formula::new(2);
        let a = formula.push(Step::Input(0));
        let b = formula.push(Step::Input(1));
        assert_eq!(formula.push(Step::Input(0)), a);
        let zero = formula.push(Step::Number(0.0));
        assert_ne!(formula.push(Step::Number(-0.0)), zero);
        let less = formula.push(Step::Binary(Binary::Less, a, b));
        formula.push(Step::Unary(Unary::Sine, a));
        let kept = formula.with_result(less);
        assert_eq!(kept.steps(), [Step::Input(0), Step::Input(1), Step::Binary(Binary::Less, 0, 1)]);
        assert!(kept.is_truth(2) && !kept.is_truth(0));
    }

    #[test]
    fn formulas_join_over_shared_inputs() {
        let mut ratio = Formula::new(2);
        let (x, y) = (ratio.push(Step::Input(0)), ratio.push(Step::Input(1)));
        ratio.push(Step::Binary(Binary::Divide, x, y));
        let one = plus(1.0);
        // (in1 + 1) / in1
        let joined = ratio.over(2, &[Operand::Formula(&one, vec![1]), Operand::Input(1)]);
        let steps = [Step::Input(1), Step::Number(1.0), Step::Binary(Binary::Add, 0, 1), Step::Binary(Binary::Divide, 2, 0)];
        assert_eq!((joined.inputs(), joined.steps()), (2, steps.as_slice()));
        let twice = plus(1.0).over(1, &[Operand::Formula(&plus(1.0), vec![0])]);
        assert_eq!(twice.steps().len(), 4);
    }
}
