//! What the planes of a band look like, from a sample of its rows.

use super::log2::entropy_bits;

/// How the bytes of a plane are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Mostly zeros: as tokens, with matches among them. Tokens are `dense` where they are most of the bytes.
    Sparse { dense: bool },
    /// Zeros in long runs, as missing samples make them: as literals and runs.
    Holed,
    /// As literals alone.
    Plain,
}

impl Class {
    pub fn is_sparse(self) -> bool {
        matches!(self, Self::Sparse { .. })
    }
}

/// A plane is sparse if more than one in this many bytes is zero, holes aside.
const SPARSE: usize = 2;
/// Likewise a plane of several, one in this many, if its bytes have less than so many bits of entropy each: planes of elevations
/// whose other bytes are small steps up and down, which repeat.
const REPETITIVE: usize = 4;
const REPETITIVE_BITS: usize = 4;
/// Tokens are dense where more than one in this many bytes is not zero.
const DENSE: usize = 2;
/// A plane has holes if more than one in this many words of 8 bytes is all zeros.
const HOLED: usize = 200;

/// Bytes of one plane that were looked at.
pub(super) struct Histogram {
    /// Four counters a byte: increments of the same one would wait for each other.
    counts: [[u32; 256]; 4],
    bytes: usize,
    words: usize,
    zero_words: usize,
}

impl Histogram {
    pub fn new() -> Self {
        Self { counts: [[0; 256]; 4], bytes: 0, words: 0, zero_words: 0 }
    }

    pub fn clear(&mut self) {
        self.counts.as_flattened_mut().fill(0);
        (self.bytes, self.words, self.zero_words) = (0, 0, 0);
    }

    /// Counts the bytes of a part of a row.
    #[inline(always)]
    pub fn add(&mut self, part: &[u8]) {
        self.bytes += part.len();
        let (words, rest) = part.as_chunks();
        self.words += words.len();
        let [a, b, c, d] = &mut self.counts;
        for word in words {
            let word = u64::from_le_bytes(*word);
            if word == 0 {
                self.zero_words += 1;
                continue;
            }
            let byte = |k: u32| usize::from((word >> (8 * k)) as u8);
            a[byte(0)] += 1;
            b[byte(1)] += 1;
            c[byte(2)] += 1;
            d[byte(3)] += 1;
            a[byte(4)] += 1;
            b[byte(5)] += 1;
            c[byte(6)] += 1;
            d[byte(7)] += 1;
        }
        rest.iter().for_each(|&byte| a[usize::from(byte)] += 1);
    }

    /// Leaves the counts of the bytes in `literals`.
    #[inline(always)]
    pub fn sum(&self, literals: &mut [u32; 256]) {
        let [a, b, c, d] = &self.counts;
        for (literal, counts) in literals.iter_mut().zip(a.iter().zip(b).zip(c.iter().zip(d))) {
            let ((a, b), (c, d)) = counts;
            *literal = a + b + c + d;
        }
        literals[0] += 8 * self.zero_words as u32;
    }

    /// Bytes that were counted.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Words of 8 zeros.
    pub fn zero_word_count(&self) -> usize {
        self.zero_words
    }

    /// Zeros, of these counts, that are not in words of 8 of them.
    pub fn lone_zeros(&self, literals: &[u32; 256]) -> usize {
        literals[0] as usize - 8 * self.zero_words
    }

    /// Bits of entropy of these counts, without the zeros of so many words of 8.
    pub fn entropy_beside_holes(&self, literals: &[u32; 256], zero_words: usize) -> u64 {
        let zeros = literals[0].saturating_sub(8 * zero_words as u32);
        entropy_bits(std::iter::once(zeros).chain(literals[1..].iter().copied()))
    }

    /// Classifies the plane, one of several if `many`, and leaves the counts of its bytes in `literals`.
    #[inline(always)]
    pub fn class(&self, many: bool, literals: &mut [u32; 256]) -> Class {
        self.sum(literals);
        // Zeros of holes say nothing of the bytes beside them. Where the plane is mostly zeros, the other zeros are many as well.
        let (zeros, bytes) = (self.lone_zeros(literals), self.bytes - 8 * self.zero_words);
        let repeats = || self.entropy_beside_holes(literals, self.zero_words) < (REPETITIVE_BITS * bytes) as u64;
        if zeros * SPARSE > bytes || (many && zeros * REPETITIVE > bytes && repeats()) {
            Class::Sparse { dense: (bytes - zeros) * DENSE > bytes }
        } else if self.zero_words * HOLED > self.words {
            Class::Holed
        } else {
            Class::Plain
        }
    }
}

/// Calls `hole` with where every run of zeros begins, and its length, that holds a word of 8 bytes at a multiple of 8.
#[inline(always)]
pub(super) fn holes(plane: &[u8], mut hole: impl FnMut(usize, usize)) {
    let mut at = 0;
    while let Some(word) = plane.get(at..).and_then(|rest| rest.first_chunk()) {
        // Most places have no hole: four words are passed by at once.
        if let Some(words) = plane[at..].first_chunk::<32>()
            && words.as_chunks::<8>().0.iter().fold(true, |all, word| all & (u64::from_le_bytes(*word) != 0))
        {
            at += 32;
            continue;
        }
        if u64::from_le_bytes(*word) != 0 {
            at += 8;
            continue;
        }
        // The run may begin in the word before.
        let before = plane[..at].last_chunk().map_or(0, |word| u64::from_le_bytes(*word).leading_zeros() as usize / 8);
        let begin = at - before;
        let mut end = at + 8;
        while let Some(word) = plane.get(end..).and_then(|rest| rest.first_chunk()) {
            let zeros = u64::from_le_bytes(*word).trailing_zeros() as usize / 8;
            end += zeros;
            if zeros < 8 {
                break;
            }
        }
        // What is left of the plane is shorter than a word.
        if end + 8 > plane.len() {
            end += plane[end..].iter().take_while(|byte| **byte == 0).count();
        }
        hole(begin, end - begin);
        at = end.next_multiple_of(8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn holes_are_zeros_and_no_zero_word_is_left(pieces in prop::collection::vec((0usize..40, 1u8..4, 0usize..20), 0..20)) {
            let plane: Vec<u8> = pieces.iter().flat_map(|&(zeros, value, more)| {
                std::iter::repeat_n(0, zeros).chain(std::iter::repeat_n(value, more))
            }).collect();
            let mut covered = vec![false; plane.len()];
            let mut last = 0;
            holes(&plane, |at, run| {
                assert!(at >= last && run >= 8 && (at == 0 || plane[at - 1] != 0));
                last = at + run;
                assert!(plane.get(last).is_none_or(|byte| *byte != 0));
                for k in at..last {
                    assert_eq!(plane[k], 0);
                    covered[k] = true;
                }
            });
            for (k, word) in plane.chunks_exact(8).enumerate() {
                prop_assert!(word.iter().any(|byte| *byte != 0) || covered[8 * k..8 * k + 8].iter().all(|c| *c));
            }
        }
    }
}
