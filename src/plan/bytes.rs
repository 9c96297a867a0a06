//! Byte counts that cannot overflow.

use std::{
    iter::Sum,
    ops::{Add, AddAssign, Mul, Sub},
};

/// A number of bytes that stops at `usize::MAX`, and at 0, where it would overflow. No budget is as large, so a job that comes to that
/// number is refused: sizes are multiplied without a check at every step, and what they come to is never less than it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bytes(pub usize);

impl Add for Bytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Add<usize> for Bytes {
    type Output = Self;

    fn add(self, other: usize) -> Self {
        self + Self(other)
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Bytes {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<usize> for Bytes {
    type Output = Self;

    fn mul(self, times: usize) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self(0), Self::add)
    }
}

impl Sum<usize> for Bytes {
    fn sum<I: Iterator<Item = usize>>(all: I) -> Self {
        all.map(Self).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_counts_stop_at_their_ends() {
        let most = Bytes(usize::MAX);
        assert_eq!((Bytes(3) * 4 + 5, Bytes(7) - Bytes(2)), (Bytes(17), Bytes(5)));
        assert_eq!((most + 1, most * 2, Bytes(1) - Bytes(2)), (most, most, Bytes(0)));
        assert_eq!(([usize::MAX, 1].into_iter().sum::<Bytes>(), Bytes(0) * usize::MAX), (most, Bytes(0)));
    }
}
