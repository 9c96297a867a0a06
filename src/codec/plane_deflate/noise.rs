//! Whether a search for matches among all bytes could gain anything.
//!
//! The encoder seeks matches in sparse planes alone. Where the planes of low bytes are noise, none of the others would be found
//! anyway: that is told from a few thousand bytes, in a fraction of the time that the search would take.

use super::{
    band::Band,
    log2::{FRACTION, entropy, entropy_bits},
    sample::Histogram,
};

/// One in so many rows is counted.
pub(super) const STRIDE: usize = 16;
/// Rows in the middle of a tile in which a plane's words of 4 bytes are compared.
const ROWS: usize = 16;
const SLOTS_BITS: u32 = 12;
/// Noise repeats less than one word in so many.
const REPEATED: usize = 50;
/// Noise has less than one zero in so many bytes, words of 8 zeros aside.
const ZEROS: usize = 20;

/// Bits of entropy, in units of 2^-FRACTION, of a byte of a plane that is not zero; none where zeros are many without being holes.
fn byte_entropy(histogram: &Histogram) -> Option<u32> {
    let mut counts = [0; 256];
    histogram.sum(&mut counts);
    if histogram.lone_zeros(&counts) * ZEROS > histogram.bytes() {
        return None;
    }
    let counts = counts[1..].iter().copied();
    Some((entropy(counts.clone()) / u64::from(counts.sum::<u32>().max(1))) as u32)
}

/// Whether words of a plane of the rows in the middle repeat.
fn repeats(tile: Band<'_>, plane: usize) -> bool {
    let mut seen = vec![0u32; 1 << SLOTS_BITS];
    let (mut words, mut repeated) = (0, 0);
    let middle = tile.repeats.len().saturating_sub(ROWS) / 2;
    for row in (middle..tile.repeats.len()).take(ROWS) {
        for word in tile.part(row, plane).windows(4) {
            let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
            let slot = &mut seen[(word.wrapping_mul(0x9E37_79B1) >> (32 - SLOTS_BITS)) as usize];
            // Zeros are written as runs.
            words += usize::from(word != 0);
            repeated += usize::from(word != 0 && *slot == word);
            *slot = word;
        }
    }
    repeated * REPEATED > words
}

/// Whether the two planes of the lowest bytes of a tile are noise, or the lowest but one is under one that moves in small steps, as
/// elevations do.
#[inline(always)]
pub(super) fn is_noise(tile: Band<'_>, histograms: &mut [Histogram]) -> bool {
    let planes = tile.planes;
    if planes < 3 {
        return false;
    }
    histograms.iter_mut().for_each(Histogram::clear);
    for row in tile.sampled() {
        for (plane, histogram) in histograms.iter_mut().enumerate() {
            histogram.add(tile.part(row, plane));
        }
    }
    let bits = |tenths: u32| (tenths << FRACTION) / 10;
    let (Some(lower), Some(lowest)) = (byte_entropy(&histograms[planes - 2]), byte_entropy(&histograms[planes - 1])) else { return false };
    let noise = lower >= bits(78) && lowest >= bits(78);
    let mut second = [0; 256];
    histograms[1].sum(&mut second);
    let steps = entropy_bits(second.iter().copied()) < (4 * histograms[1].bytes()) as u64;
    (noise || (steps && lower >= bits(73) && lowest >= bits(50))) && !repeats(tile, planes - 2)
}
