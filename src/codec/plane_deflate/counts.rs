//! How often each thing occurs in a plane of a band, and what that makes of the symbols.

use super::symbols::{DISTANCES, END_OF_BLOCK, LITERALS, MATCH, of_length};

/// Longest run of zeros that is one entry of a table: a literal, and the longest match.
pub(super) const LONGEST_RUN: usize = 1 + *MATCH.end();
/// Shortest run of zeros that can hold a match: a literal, and the shortest match.
pub(super) const SHORTEST_RUN: usize = 1 + *MATCH.start();

/// What one plane of a band, or several, consist of. How runs of zeros are written is left open: it depends on the codes.
#[derive(Clone)]
pub(super) struct Counts {
    /// Bytes outside of runs and matches, by value.
    pub literals: [u32; 256],
    /// Runs of zeros by length, up to [`LONGEST_RUN`]; longer ones are counted in pieces.
    pub runs: [u32; LONGEST_RUN + 1],
    /// Matches by the symbol of their length, and of their distance.
    pub lengths: [u32; LITERALS - END_OF_BLOCK],
    pub distances: [u32; DISTANCES],
    /// Extra bits of the matches' lengths and distances.
    pub extra_bits: u64,
}

impl Default for Counts {
    fn default() -> Self {
        let (literals, runs) = ([0; 256], [0; LONGEST_RUN + 1]);
        Self { literals, runs, lengths: [0; LITERALS - END_OF_BLOCK], distances: [0; DISTANCES], extra_bits: 0 }
    }
}

/// Counts of the symbols of a block.
pub(super) struct Symbols {
    pub literals: [u32; LITERALS],
    pub distances: [u32; DISTANCES],
    pub extra_bits: u64,
}

impl Counts {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub fn add(&mut self, other: &Self) {
        let sum = |to: &mut [u32], from: &[u32]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        sum(&mut self.literals, &other.literals);
        sum(&mut self.runs, &other.runs);
        sum(&mut self.lengths, &other.lengths);
        sum(&mut self.distances, &other.distances);
        self.extra_bits += other.extra_bits;
    }

    /// Counts a run of zeros of any length.
    #[inline(always)]
    pub fn add_run(&mut self, run: usize, times: u32) {
        self.pieces(run, |count| *count += times);
    }

    /// Takes a run back that was counted once.
    #[inline(always)]
    pub fn take_run_back(&mut self, run: usize) {
        self.pieces(run, |count| *count -= 1);
    }

    /// Calls `change` with the count of every piece of a run of any length.
    #[inline(always)]
    fn pieces(&mut self, mut run: usize, change: impl Fn(&mut u32)) {
        while run > LONGEST_RUN {
            change(&mut self.runs[LONGEST_RUN]);
            run -= LONGEST_RUN;
        }
        change(&mut self.runs[run]);
    }

    /// Counts a match.
    pub fn add_match(&mut self, length: usize, distance: usize, times: u32) {
        let (length, distance) = (of_length(length), super::symbols::of_distance(distance));
        self.lengths[length.symbol - END_OF_BLOCK] += times;
        self.distances[distance.symbol] += times;
        self.extra_bits += u64::from(length.extra_bits + distance.extra_bits) * u64::from(times);
    }

    /// Multiplies literals and runs, which were counted in a sample.
    pub fn scale(&mut self, numerator: u32, denominator: u32) {
        let scaled = |count: u32| ((u64::from(count) * u64::from(numerator) + u64::from(denominator) / 2) / u64::from(denominator)) as u32;
        self.literals.iter_mut().chain(&mut self.runs).for_each(|count| *count = scaled(*count));
    }

    /// Counts of symbols, where the runs that `is_match` names are a zero and a match at distance 1 and others are zeros.
    ///
    /// Every literal is counted once at least, since bytes outside of the sample may have any value, and so is every symbol that
    /// a run of these counts (of any length, if `any_run`) can ask for, since its choice may change with the codes.
    pub fn symbols(&self, is_match: impl Fn(usize) -> bool, any_run: bool) -> Symbols {
        let mut symbols = Symbols { literals: [0; LITERALS], distances: self.distances, extra_bits: self.extra_bits };
        symbols.literals[..256].copy_from_slice(&self.literals);
        symbols.literals[END_OF_BLOCK..].copy_from_slice(&self.lengths);
        symbols.literals[END_OF_BLOCK] = 1;
        for (run, &count) in self.runs.iter().enumerate().skip(1) {
            if count == 0 && !any_run {
                continue;
            }
            if run < SHORTEST_RUN || !is_match(run) {
                symbols.literals[0] += count * run as u32;
            } else {
                let coded = of_length(run - 1);
                symbols.literals[0] += count;
                symbols.literals[coded.symbol] += count;
                symbols.distances[0] += count;
                symbols.extra_bits += u64::from(coded.extra_bits) * u64::from(count);
            }
            if run >= SHORTEST_RUN {
                let symbol = of_length(run - 1).symbol;
                symbols.literals[symbol] = symbols.literals[symbol].max(1);
                symbols.distances[0] = symbols.distances[0].max(1);
            }
        }
        symbols.literals[..256].iter_mut().for_each(|count| *count = (*count).max(1));
        symbols
    }
}

impl Symbols {
    /// Bits of the symbols and their extra bits under code lengths.
    pub fn bits(&self, literals: &[u8], distances: &[u8]) -> u64 {
        let sum = |counts: &[u32], lengths: &[u8]| counts.iter().zip(lengths).map(|(&c, &l)| u64::from(c) * u64::from(l)).sum::<u64>();
        sum(&self.literals, literals) + sum(&self.distances, distances) + self.extra_bits
    }
}
