//! The header of a dynamic block: its code lengths, run-length coded, with a code of their own (RFC 1951, 3.2.7).

use super::{bits::Bits, huffman, lengths::Lengths, symbols::END_OF_BLOCK};

/// The order in which lengths of the code of code lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Repeat the length before 3 to 6 times; zeros, 3 to 10 and 11 to 138.
const REPEAT: usize = 16;
const FEW_ZEROS: usize = 17;
const MANY_ZEROS: usize = 18;
/// Longest code of a code length: its length is written with 3 bits.
const LIMIT: usize = 7;

/// The bits of a header, made once and written as often as blocks have it.
#[derive(Clone, Default)]
pub(super) struct Header {
    words: Vec<u32>,
    bits: u32,
}

/// A symbol of the code of code lengths, with its extra bits.
type Op = (usize, u32, u32);

/// Run-length codes lengths, greedily.
fn ops(lengths: impl Iterator<Item = u8>, mut op: impl FnMut(Op)) {
    let mut flush = |length: u8, count: usize| {
        let mut left = count;
        if length == 0 {
            while left >= 11 {
                let n = left.min(138);
                op((MANY_ZEROS, n as u32 - 11, 7));
                left -= n;
            }
            if left >= 3 {
                op((FEW_ZEROS, left as u32 - 3, 3));
                left = 0;
            }
        } else {
            op((length.into(), 0, 0));
            left -= 1;
            while left >= 3 {
                // 7 left are better 4 and 3 than 6 and a length.
                let n = if left == 7 { 4 } else { left.min(6) };
                op((REPEAT, n as u32 - 3, 2));
                left -= n;
            }
        }
        for _ in 0..left {
            op((length.into(), 0, 0));
        }
    };
    let (mut before, mut count) = (None, 0);
    for length in lengths {
        if before == Some(length) {
            count += 1;
        } else {
            if let Some(before) = before {
                flush(before, count);
            }
            (before, count) = (Some(length), 1);
        }
    }
    if let Some(before) = before {
        flush(before, count);
    }
}

impl Header {
    /// Makes the header of a block that is not the last, its first three bits included.
    pub fn set(&mut self, lengths: &Lengths) {
        let used = |lengths: &[u8], min: usize| lengths.iter().rposition(|l| *l > 0).map_or(min, |last| (last + 1).max(min));
        let (literals, distances) = (used(&lengths.literals, END_OF_BLOCK + 1), used(&lengths.distances, 1));
        let all = || lengths.literals[..literals].iter().chain(&lengths.distances[..distances]).copied();
        let mut counts = [0u32; 19];
        ops(all(), |(symbol, _, _)| counts[symbol] += 1);
        let (mut own, mut codes) = ([0; 19], [0; 19]);
        huffman::lengths_within(LIMIT, &counts, &mut own);
        huffman::codes(&own, &mut codes);
        let written = ORDER.iter().rposition(|&symbol| own[symbol] > 0).map_or(4, |last| (last + 1).max(4));
        self.words.clear();
        self.bits = 0;
        let (mut accumulator, mut held) = (0u64, 0);
        let mut put = |bits: u32, count: u32| {
            accumulator |= u64::from(bits) << held;
            held += count;
            self.bits += count;
            if held >= 32 {
                self.words.push(accumulator as u32);
                accumulator >>= 32;
                held -= 32;
            }
        };
        put(0b100, 3);
        put((literals - END_OF_BLOCK - 1) as u32, 5);
        put(distances as u32 - 1, 5);
        put(written as u32 - 4, 4);
        for symbol in &ORDER[..written] {
            put(own[*symbol].into(), 3);
        }
        ops(all(), |(symbol, extra, extra_bits)| {
            put(codes[symbol] >> 8, codes[symbol] & 0xff);
            put(extra, extra_bits);
        });
        self.words.push(accumulator as u32);
    }

    /// Max bytes of its buffer: 17 bits, 19 lengths of 3, and 316 lengths of at most 7 + 7 bits.
    pub const BYTES: usize = 2 * 4 * (17 + 19 * 3 + 316 * 14) / 32;

    #[cfg(test)]
    pub fn held_bytes(&self) -> usize {
        4 * self.words.capacity()
    }

    /// How many bits it has.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Writes it.
    pub fn put(&self, bits: &mut Bits<'_>) {
        let mut left = self.bits;
        for &word in &self.words {
            let count = left.min(32);
            bits.put(word.into(), count);
            left -= count;
        }
    }
}
