//! The codes of a block, as tables that are looked up while it is written.

use super::{
    bits::Bits,
    counts::{LONGEST_RUN, SHORTEST_RUN, Symbols},
    header::Header,
    huffman,
    log2::{FRACTION, log2},
    symbols::{DISTANCES, END_OF_BLOCK, LITERALS, MATCH, of_distance, of_length},
};

/// Longest code of a literal or length. Four codes, and the 7 bits that may be held, fit 64 bits.
pub(super) const LITERAL_BITS: usize = 13;
/// Longest code of a distance. A literal, and a zero and a match of distance 1, are then at most 13 + 13 + 13 + 5 + 12 bits, which
/// fit 64 together with the 7 that may be held.
pub(super) const DISTANCE_BITS: usize = 12;
/// Most bits of a run's entry.
const RUN_BITS: u32 = (2 * LITERAL_BITS + 5 + DISTANCE_BITS) as u32;

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

/// Entries are bits << 8 | how many.
pub(super) struct Table {
    pub header: Header,
    pub literals: [u32; 256],
    /// By length of the run, 0 to [`LONGEST_RUN`].
    pub runs: [u64; LONGEST_RUN + 1],
    /// By length, from 3 on; extra bits included.
    pub lengths: [u32; *MATCH.end() + 1],
    /// By symbol.
    pub distances: [u32; DISTANCES],
    pub end: u32,
}

impl Table {
    pub fn new() -> Self {
        let (literals, runs, lengths, distances) = ([0; 256], [0; LONGEST_RUN + 1], [0; *MATCH.end() + 1], [0; DISTANCES]);
        Self { header: Header::default(), literals, runs, lengths, distances, end: 0 }
    }

    /// Makes the tables of code lengths.
    pub fn fill(&mut self, lengths: &Lengths) {
        let mut codes = [0; LITERALS];
        huffman::codes(&lengths.literals, &mut codes);
        huffman::codes(&lengths.distances, &mut self.distances);
        self.literals.copy_from_slice(&codes[..256]);
        self.end = codes[END_OF_BLOCK];
        for (length, entry) in self.lengths.iter_mut().enumerate().skip(*MATCH.start()) {
            let coded = of_length(length);
            let code = codes[coded.symbol];
            *entry = if code == 0 { 0 } else { ((code >> 8 | coded.extra << (code & 0xff)) << 8) | ((code & 0xff) + coded.extra_bits) };
        }
        let join = |a: u64, b: u64| (a >> 8 | (b >> 8) << (a & 0xff)) << 8 | ((a & 0xff) + (b & 0xff));
        let zero = u64::from(codes[0]);
        let mut zeros = 0;
        for run in 1..self.runs.len() {
            // Longer ones are matches, or do not occur.
            if (zeros & 0xff) + (zero & 0xff) <= u64::from(RUN_BITS) {
                zeros = join(zeros, zero);
            }
            self.runs[run] =
                if lengths.is_match(run) { join(join(zero, self.lengths[run - 1].into()), self.distances[0].into()) } else { zeros };
        }
        self.header.set(lengths);
    }

    /// Writes a run of zeros of any length.
    #[inline(always)]
    pub fn put_run(&self, bits: &mut Bits<'_>, run: usize) {
        let mut run = run;
        while run > LONGEST_RUN {
            bits.put_entry(self.runs[LONGEST_RUN]);
            run -= LONGEST_RUN;
        }
        bits.put_entry(self.runs[run]);
    }

    /// Writes a match.
    #[inline(always)]
    pub fn put_match(&self, bits: &mut Bits<'_>, length: usize, distance: usize) {
        let coded = of_distance(distance);
        let (length, code) = (u64::from(self.lengths[length]), u64::from(self.distances[coded.symbol]));
        debug_assert!(length > 0 && code > 0);
        let (length_bits, code_bits) = ((length & 0xff) as u32, (code & 0xff) as u32);
        let distance = code >> 8 | u64::from(coded.extra) << code_bits;
        bits.put(length >> 8 | distance << length_bits, length_bits + code_bits + coded.extra_bits);
    }
}
