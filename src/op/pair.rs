//! Two numbers, as options take them.

use std::{fmt, str::FromStr};

/// Two numbers with a comma between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair(pub [f64; 2]);

/// Not two numbers.
#[derive(Debug)]
pub(super) struct NoPair;

impl FromStr for Pair {
    type Err = NoPair;

    fn from_str(text: &str) -> Result<Self, NoPair> {
        let (first, second) = text.split_once(',').ok_or(NoPair)?;
        let number = |text: &str| text.trim().parse().map_err(|_| NoPair);
        Ok(Self([number(first)?, number(second)?]))
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.0[0], self.0[1])
    }
}
