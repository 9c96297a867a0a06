//! Order statistics: which places are taken, a bit each.

use super::Window;

/// A percentile, linear between the two nearest samples.
pub struct Percentile {
    position: Position,
    /// A bit for each place that is taken.
    taken: Vec<u64>,
    /// A word, and how many places in the words before it are taken.
    word: usize,
    before: u32,
}

/// A share of a whole, in 2^-32, rounded up: a product with a number of samples falls just behind a sample, if anything, and is the
/// same on host and device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Above 2^16: whole halves; 65,536 is all.
    pub high: u32,
    /// The lower 16 bits.
    pub low: u32,
}

impl Position {
    /// Of a share from 0 to 1.
    pub fn of(fraction: f64) -> Self {
        let bits = (fraction * 4_294_967_296.0).ceil() as u64;
        Self { high: (bits >> 16) as u32, low: (bits & 0xffff) as u32 }
    }

    /// Which of `valid` samples, in order, and how far beyond it the percentile lies, in 2^-32 of the way to the next.
    #[inline(always)]
    pub fn among(self, valid: u32) -> (u32, u32) {
        let low = (valid - 1) * self.low;
        let high = (valid - 1) * self.high + (low >> 16);
        (high >> 16, high << 16 | low & 0xffff)
    }
}

/// The way from one sample to the next: a half is exact, so that medians are the same bits everywhere.
#[inline(always)]
pub fn between(low: f32, next: f32, beyond: u32) -> f32 {
    let (low, next) = (f64::from(low), f64::from(next));
    (low + f64::from(beyond) / 4_294_967_296.0 * (next - low)) as f32
}

impl Percentile {
    /// Of a share from 0 to 1.
    pub fn of(fraction: f64) -> Self {
        Self { position: Position::of(fraction), taken: Vec::new(), word: 0, before: 0 }
    }

    #[inline(always)]
    fn count(&self, word: usize) -> u32 {
        self.taken[word].count_ones()
    }
}

const fn bit(place: u32) -> (usize, u64) {
    ((place >> 6) as usize, 1 << (place & 63))
}

impl Window for Percentile {
    const TIES: bool = false;

    #[inline(always)]
    fn clear(&mut self, places: usize) {
        self.taken.clear();
        // One for what is missing.
        self.taken.resize(places / 64 + 1, 0);
        (self.word, self.before) = (0, 0);
    }

    #[inline(always)]
    fn add(&mut self, place: u32) {
        let (word, bit) = bit(place);
        self.taken[word] |= bit;
        self.before += u32::from(word < self.word);
    }

    #[inline(always)]
    fn take(&mut self, place: u32) {
        let (word, bit) = bit(place);
        self.taken[word] &= !bit;
        self.before -= u32::from(word < self.word);
    }

    #[inline(always)]
    fn answer(&mut self, valid: u32, values: &[f32]) -> f32 {
        let (which, beyond) = self.position.among(valid);
        while self.before > which {
            self.word -= 1;
            self.before -= self.count(self.word);
        }
        while self.before + self.count(self.word) <= which {
            self.before += self.count(self.word);
            self.word += 1;
        }
        let mut bits = self.taken[self.word];
        for _ in self.before..which {
            bits &= bits - 1;
        }
        let low = values[self.word * 64 + bits.trailing_zeros() as usize];
        if beyond == 0 {
            return low;
        }
        bits &= bits - 1;
        let mut word = self.word;
        while bits == 0 {
            word += 1;
            bits = self.taken[word];
        }
        between(low, values[word * 64 + bits.trailing_zeros() as usize], beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_exact_arithmetic() {
        assert_eq!(Position::of(0.5).among(9), (4, 0));
        assert_eq!(Position::of(0.5).among(8), (3, 1 << 31));
        assert_eq!((Position::of(0.0).among(16_641), Position::of(1.0).among(16_641)), ((0, 0), (16_640, 0)));
        // A tenth is no binary fraction: the tenth of eleven samples, and not a hair less.
        let (which, beyond) = Position::of(0.9).among(11);
        assert!(which == 9 && beyond < 16, "{which} {beyond}");
    }
}
