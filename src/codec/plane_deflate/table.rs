//! The codes of a block, as tables that are looked up while it is written.

use super::{
    bits::Bits,
    counts::LONGEST_RUN,
    header::Header,
    huffman,
    lengths::{Lengths, RUN_BITS},
    symbols::{DISTANCES, END_OF_BLOCK, LITERALS, MATCH, of_distance, of_length},
};

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
