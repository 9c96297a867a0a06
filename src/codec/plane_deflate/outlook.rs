//! What a search for matches among all bytes could gain.
//!
//! The encoder seeks matches in sparse planes alone. Where the bytes that it writes as literals are noise, none of the others would be
//! found anyway; where they repeat, a general encoder writes fewer. That is told from a few thousand bytes, in a fraction of the time
//! that the search would take.

use super::{
    band::Band,
    log2::{FRACTION, entropy, entropy_bits},
    sample::Histogram,
    sparse::TABLE,
};

/// What a general search for matches would find in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// Next to nothing, since the bytes are noise.
    Noise,
    /// Much: bytes are few different ones, or come again.
    Repeats,
    /// Only a trial can tell.
    Open,
}

/// Every how many rows one is counted: in tiles of several planes, and in those of one.
pub(super) const STRIDES: [usize; 2] = [16, 32];
/// Rows in the middle of a tile in which words are compared.
const ROWS: usize = 16;
/// Noise repeats less than one word in so many.
const REPEATED: usize = 50;
/// Noise has fewer than one zero in this many bytes, not counting words of 8 zeros.
const ZEROS: usize = 20;
/// More than one word of 8 zeros in so many bytes, 40 % of them, are missing samples rather than noise.
const HOLES: usize = 20;
/// Bytes of a single plane are worth being written as literals from so many tenths of a bit of entropy on: those of samples of
/// two bytes (of whose bytes the upper one is often nothing but the sign of the lower one, so that pairs repeat), and of one.
const WIDE_TENTHS: u64 = 53;
const NARROW_TENTHS: u64 = 20;

/// Bits of entropy, in units of 2^-FRACTION, of a byte of a plane that is not zero; none where zeros are many without being holes.
fn byte_entropy(histogram: &Histogram) -> Option<u32> {
    let mut counts = [0; 256];
    histogram.sum(&mut counts);
    if histogram.lone_zeros(&counts) * ZEROS > histogram.bytes() {
        return None;
    }
    let counts = counts[1..].iter().copied();
    let bytes = counts.clone().sum::<u32>().max(1);
    // What few bytes show of the entropy of many is too little, by half a bit of information for each value but one (Miller, 1955).
    let values = counts.clone().filter(|count| *count > 0).count().saturating_sub(1) as u64;
    let unseen = (values << FRACTION) * INVERSE_LN_4 / 1000;
    Some(((entropy(counts) + unseen) / u64::from(bytes)) as u32)
}

/// 1 / ln 4, in thousandths.
const INVERSE_LN_4: u64 = 721;

/// Whether words of `WORD` bytes of a plane of the rows in the middle repeat.
#[inline(always)]
fn repeats<const WORD: usize>(tile: Band<'_>, plane: usize, seen: &mut [u32; TABLE]) -> bool {
    seen.fill(0);
    let (mut words, mut repeated) = (0, 0);
    let middle = tile.repeats.len().saturating_sub(ROWS) / 2;
    for row in (middle..tile.repeats.len()).take(ROWS) {
        for bytes in tile.part(row, plane).windows(WORD) {
            let mut word = [0; 8];
            word[..WORD].copy_from_slice(bytes);
            let word = u64::from_le_bytes(word);
            // The top bits are the place, others stand for the word there.
            let hash = word.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let (slot, mark) = (&mut seen[(hash >> 32) as usize / ((1 << 32) / TABLE)], (hash >> 16) as u32);
            // Zeros are written as runs.
            words += usize::from(word != 0);
            repeated += usize::from(word != 0 && *slot == mark);
            *slot = mark;
        }
    }
    repeated * REPEATED > words
}

/// The outlook of a tile, of whose planes it makes histograms.
#[inline(always)]
pub(super) fn outlook(tile: Band<'_>, side_by_side: usize, histograms: &mut [Histogram], seen: &mut [u32; TABLE]) -> Outlook {
    histograms.iter_mut().for_each(Histogram::clear);
    for row in tile.sampled() {
        for (plane, histogram) in histograms.iter_mut().enumerate() {
            histogram.add(tile.part(row, plane));
        }
    }
    match histograms {
        [one] => {
            let tenths = if side_by_side > 1 { WIDE_TENTHS } else { NARROW_TENTHS };
            let literals = entropy_of(one) * 10 >= tenths * one.bytes() as u64;
            if literals && !repeats::<8>(tile, 0, seen) { Outlook::Noise } else { Outlook::Repeats }
        }
        [_, second, .., lower, lowest] => match of_low_bytes(second, lower, lowest, tile.planes) {
            Outlook::Noise if repeats::<4>(tile, tile.planes - 2, seen) => Outlook::Open,
            outlook => outlook,
        },
        _ => Outlook::Open,
    }
}

/// The outlook of floats, from the planes of their lowest bytes and the second one, which moves in small steps where they are smooth.
fn of_low_bytes(second: &Histogram, lower: &Histogram, lowest: &Histogram, planes: usize) -> Outlook {
    let holes = lower.zero_word_count();
    let mut counts = [0; 256];
    second.sum(&mut counts);
    let beside_holes = second.bytes().saturating_sub(8 * holes) as u64;
    let steps = second.entropy_beside_holes(&counts, holes) < 4 * beside_holes;
    let [lower_bits, lowest_bits] = [lower, lowest].map(byte_entropy);
    let at_least = |bits: Option<u32>, tenths: u32| bits.is_some_and(|bits| bits >= (tenths << FRACTION) / 10);
    let noise = at_least(lower_bits, 78) && at_least(lowest_bits, 78);
    match steps {
        // Slopes and their like.
        false if noise => Outlook::Noise,
        // Where many samples of others are missing, it matters how runs are written.
        _ if holes * HOLES > lower.bytes() => Outlook::Repeats,
        // Elevations and smooth copies of them. Those of few digits repeat.
        true if planes <= 4 && at_least(lower_bits, 68) && at_least(lowest_bits, 50) => Outlook::Noise,
        true if !noise => Outlook::Repeats,
        _ => Outlook::Open,
    }
}

/// Bits of entropy of all bytes of a plane.
fn entropy_of(plane: &Histogram) -> u64 {
    let mut counts = [0; 256];
    plane.sum(&mut counts);
    entropy_bits(counts.iter().copied())
}
