//! Random well-typed expressions, and random garbage.

/// An expression.
#[derive(Clone, Debug)]
pub enum Tree {
    Input(usize),
    Number(f32),
    Nodata,
    Unary(&'static str, Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Where(Box<Tree>, Box<Tree>, Box<Tree>),
}

/// Inputs that expressions may have.
pub const INPUTS: usize = 3;

/// Numbers from a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A sample: whole numbers, fractions, small and large ones, of either sign, and gaps.
    pub fn sample(&mut self) -> Option<f32> {
        let share = (self.next() >> 40) as f32 / 16_777_216.0;
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        match self.below(16) {
            0 => None,
            1 => Some(0.0),
            2..=4 => Some(self.below(12) as f32 - 5.0),
            5 => Some(sign * share * 1e6),
            6 => Some(sign * share * 1e-6),
            7 => Some(sign * share * 1e30),
            8..=10 => Some(share),
            _ => Some(sign * share * 100.0),
        }
    }

    /// An expression whose value is a number; it has an input.
    pub fn expression(&mut self) -> Tree {
        loop {
            let tree = if self.below(6) == 0 { self.truth(5) } else { self.number(5) };
            if has_input(&tree) {
                return tree;
            }
        }
    }

    fn number(&mut self, depth: usize) -> Tree {
        if depth == 0 || self.below(8) == 0 {
            return match self.below(8) {
                0..=4 => Tree::Input(self.below(INPUTS)),
                5 => Tree::Number(self.pick(&[0.5, 2.0, 3.0, 0.1, 1e-3, 1e6, 7.0, 0.0])),
                6 => Tree::Number(self.below(20) as f32),
                _ if self.below(6) == 0 => Tree::Nodata,
                _ => Tree::Input(0),
            };
        }
        const UNARY: &[&str] = &[
            "-", "abs", "sqrt", "exp", "log", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "floor", "ceil", "round",
            "trunc", "sign",
        ];
        match self.below(12) {
            0..=2 => Tree::Unary(self.pick(UNARY), Box::new(self.number(depth - 1))),
            3..=7 => {
                let name = self.pick(&["+", "-", "*", "/", "+", "-", "*", "/", "%"]);
                Tree::Binary(name, Box::new(self.number(depth - 1)), Box::new(self.number(depth - 1)))
            }
            8 => Tree::Binary("**", Box::new(self.number(depth - 1)), Box::new(self.exponent(depth - 1))),
            9 => {
                let name = self.pick(&["min", "max", "atan2"]);
                Tree::Binary(name, Box::new(self.number(depth - 1)), Box::new(self.number(depth - 1)))
            }
            10 => Tree::Where(Box::new(self.truth(depth - 1)), Box::new(self.number(depth - 1)), Box::new(self.number(depth - 1))),
            // A truth value where a number is wanted.
            _ => Tree::Binary("*", Box::new(self.truth(depth - 1)), Box::new(self.number(depth - 1))),
        }
    }

    fn exponent(&mut self, depth: usize) -> Tree {
        match self.below(3) {
            0 => Tree::Number(self.pick(&[1.0, 2.0, 3.0, 0.5, 1.5, 4.0])),
            1 => Tree::Unary("-", Box::new(Tree::Number(self.pick(&[1.0, 0.5, 2.0])))),
            _ => self.number(depth),
        }
    }

    fn truth(&mut self, depth: usize) -> Tree {
        let shallow = depth.saturating_sub(1);
        match if depth == 0 { 0 } else { self.below(8) } {
            0..=3 => {
                let name = self.pick(&["<", "<=", ">", ">=", "==", "!="]);
                Tree::Binary(name, Box::new(self.number(shallow)), Box::new(self.number(shallow)))
            }
            4 => Tree::Unary("isnan", Box::new(self.number(shallow))),
            5 => Tree::Unary("not", Box::new(self.truth(shallow))),
            6 => Tree::Binary(self.pick(&["and", "or"]), Box::new(self.truth(shallow)), Box::new(self.truth(shallow))),
            _ => Tree::Where(Box::new(self.truth(shallow)), Box::new(self.truth(shallow)), Box::new(self.truth(shallow))),
        }
    }

    /// Characters of the language in no order, now and then others.
    pub fn garbage(&mut self) -> String {
        const WORDS: &[&str] = &[
            "A", "B", "a", "+", "-", "*", "/", "%", "**", "^", "<", ">", "=", "==", "!=", "!", "&", "&&", "|", "||", "(", ")", "((", "?",
            ":", ",", " ", "\n", "\t", "1", "2.5", ".", "1e", "1e99", "0x", "0xfg", "_", "é", "日", "\u{0}", "sin", "sin(", "min(",
            "where(", "clamp(", "and", "or", "not ", "nodata", "pi", "isnan(", "\"", "'", "[", "#", "\\",
        ];
        let words = self.below(30);
        (0..words).map(|_| self.pick(WORDS)).collect()
    }

    /// An expression with something taken out, doubled or exchanged.
    pub fn broken(&mut self) -> String {
        let text = text(&self.expression());
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            if letters.is_empty() {
                break;
            }
            let at = self.below(letters.len());
            match self.below(3) {
                0 => drop(letters.remove(at)),
                1 => letters.insert(at, letters[at]),
                _ => letters[at] = self.pick(&['(', ')', ',', '+', '<', '1', 'A', 'x', ' ', 'ß']),
            }
        }
        letters.into_iter().collect()
    }
}

fn has_input(tree: &Tree) -> bool {
    match tree {
        Tree::Input(_) => true,
        Tree::Number(_) | Tree::Nodata => false,
        Tree::Unary(_, x) => has_input(x),
        Tree::Binary(_, x, y) => has_input(x) || has_input(y),
        Tree::Where(c, x, y) => has_input(c) || has_input(x) || has_input(y),
    }
}

/// The expression as it is typed.
pub fn text(tree: &Tree) -> String {
    match tree {
        Tree::Input(input) => char::from(b'A' + *input as u8).to_string(),
        Tree::Number(number) => format!("{number:?}"),
        Tree::Nodata => "nodata".to_owned(),
        Tree::Unary(name @ ("-" | "not"), x) => format!("({name} {})", text(x)),
        Tree::Unary(name, x) => format!("{name}({})", text(x)),
        Tree::Binary(name @ ("min" | "max" | "atan2"), x, y) => format!("{name}({}, {})", text(x), text(y)),
        Tree::Binary(name, x, y) => format!("({} {name} {})", text(x), text(y)),
        Tree::Where(c, x, y) => format!("where({}, {}, {})", text(c), text(x), text(y)),
    }
}
