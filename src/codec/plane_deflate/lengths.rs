//! Code lengths of a block, and what they make of runs.

use super::{
    counts::{SHORTEST_RUN, Symbols},
    huffman,
    log2::{FRACTION, log2},
    symbols::{DISTANCES, LITERALS, of_length},
};

/// Longest code of a literal or length. Four codes, and the 7 bits that may be held, fit 64 bits.
pub(super) const LITERAL_BITS: usize = 13;
/// Longest code of a distance. A literal, and a zero and a match of distance 1, are then at most 13 + 13 + 13 + 5 + 12 bits, which
/// fit 64 together with the 7 that may be held.
pub(super) const DISTANCE_BITS: usize = 12;
/// Most bits of a run's entry.
pub(super) const RUN_BITS: u32 = (2 * LITERAL_BITS + 5 + DISTANCE_BITS) as u32;

/// Code lengths of one block.
#[derive(Clone)]
pub(super) struct Lengths {
    pub literals: [u8; LITERALS],
    pub distances: [u8; DISTANCES],
}

impl Lengths {
    /// Lengths of an ideal code, rounded to whole bits: near those that symbols of these counts will get, at a fraction of the work.
    pub fn ideal(symbols: &Symbols) -> Self {
        fn of<const N: usize>(counts: &[u32; N]) -> [u8; N] {
            let whole = log2(counts.iter().sum());
            counts.map(|count| if count == 0 { 0 } else { ((whole - log2(count) + (1 << (FRACTION - 1))) >> FRACTION).clamp(1, 13) as u8 })
        }
        Self { literals: of(&symbols.literals), distances: of(&symbols.distances) }
    }

    /// Lengths of the best code within the limits.
    pub fn of(symbols: &Symbols) -> Self {
        let mut lengths = Self { literals: [0; LITERALS], distances: [0; DISTANCES] };
        huffman::lengths_within(LITERAL_BITS, &symbols.literals, &mut lengths.literals);
        huffman::lengths_within(DISTANCE_BITS, &symbols.distances, &mut lengths.distances);
        lengths
    }

    /// Bits of a run as a zero and a match.
    fn match_bits(&self, run: usize) -> u32 {
        let coded = of_length(run - 1);
        u32::from(self.literals[0]) + u32::from(self.literals[coded.symbol]) + coded.extra_bits + u32::from(self.distances[0])
    }

    /// Whether a run of zeros, 1 to [`LONGEST_RUN`], is shorter as a zero and a match than as zeros.
    pub fn is_match(&self, run: usize) -> bool {
        let possible = run >= SHORTEST_RUN && self.distances[0] > 0 && self.literals[of_length(run - 1).symbol] > 0;
        let zeros = run as u32 * u32::from(self.literals[0]);
        possible && (zeros > RUN_BITS || zeros > self.match_bits(run))
    }
}
