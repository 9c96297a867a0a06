//! TIFF predictors, both directions, a row at a time.
//!
//! Forward, [`predict_row`] makes native-endian samples little-endian, predicted bytes. Back, [`RowFinish`] makes native
//! samples of what a codec yields: byte order, predictors and packed bits, all in place.

use super::PackedBits;
use crate::raster::{Predictor, SampleType, widest};

/// Predicts one row; `row` and `out` have the same length, a whole number of pixels of `bands` samples.
pub fn predict_row(predictor: Predictor, sample: SampleType, bands: usize, row: &[u8], out: &mut [u8]) {
    widest(
        #[inline(always)]
        || match (predictor, sample.bytes()) {
            (Predictor::None, width) => little_endian(row, width, out),
            (Predictor::Horizontal, 1) => horizontal::<1>(row, bands, out),
            (Predictor::Horizontal, 2) => horizontal::<2>(row, bands, out),
            (Predictor::Horizontal, 4) => horizontal::<4>(row, bands, out),
            (Predictor::Horizontal, _) => horizontal::<8>(row, bands, out),
            (Predictor::Float, 2) => float_planes_2(row, bands, out),
            (Predictor::Float, 4) => float_planes_4(row, bands, out),
            (Predictor::Float, _) => float_planes_8(row, bands, out),
        },
    )
}

fn little_endian(row: &[u8], width: usize, out: &mut [u8]) {
    out.copy_from_slice(row);
    if cfg!(target_endian = "big") {
        out.chunks_exact_mut(width).for_each(<[u8]>::reverse);
    }
}

/// The low `W` bytes hold the sample.
#[inline(always)]
fn word<const W: usize>(bytes: &[u8]) -> u64 {
    let mut wide = [0; 8];
    if cfg!(target_endian = "big") {
        wide[8 - W..].copy_from_slice(bytes);
    } else {
        wide[..W].copy_from_slice(bytes);
    }
    u64::from_ne_bytes(wide)
}

/// Predictor 2: the difference to the same band's sample in the pixel before, modulo the sample's width.
#[inline(always)]
fn horizontal<const W: usize>(row: &[u8], bands: usize, out: &mut [u8]) {
    let first = bands * W;
    little_endian(&row[..first], W, &mut out[..first]);
    let pairs = row[first..].chunks_exact(W).zip(row.chunks_exact(W));
    for (out, (here, before)) in out[first..].chunks_exact_mut(W).zip(pairs) {
        // Subtraction modulo 2^64 is right modulo any narrower width.
        out.copy_from_slice(&word::<W>(here).wrapping_sub(word::<W>(before)).to_le_bytes()[..W]);
    }
}

/// Predictor 3 in one pass: plane `p` holds byte `p` (most significant first) of every sample, and each byte of the
/// plane-ordered row is replaced by its difference to the byte `bands` places before, across planes too.
macro_rules! float_planes {
    ($name:ident, $word:ty) => {
        #[inline(always)]
        fn $name(row: &[u8], bands: usize, out: &mut [u8]) {
            const W: usize = size_of::<$word>();
            /// Samples whose differences are taken at once, ahead of the split into planes.
            const RUN: usize = 32;
            /// The top bit of each byte.
            const TOPS: $word = <$word>::MAX / 0xff * 0x80;
            let (row, _) = row.as_chunks::<W>();
            let samples = row.len();
            let byte = |word: $word, plane: usize| (word >> (8 * (W - 1 - plane))) as u8;
            // All bytes at once, none of which borrows from the next.
            let minus = |here: [u8; W], before: [u8; W]| {
                let (here, before) = (<$word>::from_ne_bytes(here), <$word>::from_ne_bytes(before));
                ((here | TOPS) - (before & !TOPS)) ^ ((here ^ !before) & TOPS)
            };
            for plane in 0..W {
                for band in 0..bands {
                    let last = <$word>::from_ne_bytes(row[samples - bands + band]);
                    let before = if plane == 0 { 0 } else { byte(last, plane - 1) };
                    out[plane * samples + band] = byte(<$word>::from_ne_bytes(row[band]), plane).wrapping_sub(before);
                }
            }
            let (here, before) = (&row[bands..], &row[..samples - bands]);
            let ((here, here_rest), (before, before_rest)) = (here.as_chunks::<RUN>(), before.as_chunks::<RUN>());
            let mut at = bands;
            for (here, before) in here.iter().zip(before) {
                let mut differences = [0 as $word; RUN];
                for (difference, (here, before)) in differences.iter_mut().zip(here.iter().zip(before)) {
                    *difference = minus(*here, *before);
                }
                for plane in 0..W {
                    // An array, so that the compiler knows its length.
                    if let Some(out) = out[plane * samples + at..].first_chunk_mut::<RUN>() {
                        for (out, difference) in out.iter_mut().zip(&differences) {
                            *out = byte(*difference, plane);
                        }
                    }
                }
                at += RUN;
            }
            for (k, (here, before)) in here_rest.iter().zip(before_rest).enumerate() {
                for plane in 0..W {
                    out[plane * samples + at + k] = byte(minus(*here, *before), plane);
                }
            }
        }
    };
}
float_planes!(float_planes_2, u16);
float_planes!(float_planes_4, u32);
float_planes!(float_planes_8, u64);

/// What stands between a codec's rows and native samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFinish {
    /// The predictor to undo.
    pub predictor: Predictor,
    /// Bytes of one sample: 1, 2, 4 or 8.
    pub sample_bytes: usize,
    /// Samples that a pixel has in this plane.
    pub samples: usize,
    /// Multi-byte samples are in the other byte order.
    pub swapped: bool,
    /// How samples are packed, where they have fewer bits than their type.
    pub packed: Option<PackedBits>,
}

impl RowFinish {
    /// Finishes whole rows: `rows` holds `count` rows, back to back from its beginning (packed ones shorter than they
    /// will be). `scratch` grows to one row for predictor 3.
    pub fn finish(&self, rows: &mut [u8], count: usize, scratch: &mut Vec<u8>) {
        if let Some(packed) = self.packed {
            return packed.unpack(rows, count);
        }
        let row_bytes = rows.len().checked_div(count).unwrap_or(0);
        if row_bytes == 0 {
            return;
        }
        match self.predictor {
            Predictor::None if self.swapped => match self.sample_bytes {
                2 => swap::<2>(rows),
                4 => swap::<4>(rows),
                8 => swap::<8>(rows),
                _ => {}
            },
            Predictor::None => {}
            Predictor::Horizontal if self.sample_bytes == 1 && self.samples == 1 => {
                fit(scratch, row_bytes);
                for row in rows.chunks_exact_mut(row_bytes) {
                    widest(
                        #[inline(always)]
                        || running_bytes(row, scratch),
                    );
                    row.copy_from_slice(scratch);
                }
            }
            Predictor::Horizontal => {
                for row in rows.chunks_exact_mut(row_bytes) {
                    match self.sample_bytes {
                        1 => sum_u8(row, self.samples, false),
                        2 => sum_u16(row, self.samples, self.swapped),
                        4 => sum_u32(row, self.samples, self.swapped),
                        _ => sum_u64(row, self.samples, self.swapped),
                    }
                }
            }
            Predictor::Float => {
                fit(scratch, row_bytes);
                for row in rows.chunks_exact_mut(row_bytes) {
                    widest(
                        #[inline(always)]
                        || {
                            if self.samples == 1 {
                                running_bytes(row, scratch);
                            } else {
                                scratch.copy_from_slice(row);
                                sum_u8(scratch, self.samples, false);
                            }
                            match self.sample_bytes {
                                2 => join_planes_2(scratch, row),
                                4 => join_planes_4(scratch, row),
                                _ => join_planes_8(scratch, row),
                            }
                        },
                    );
                }
            }
        }
    }
}

/// Exactly `len` bytes, of any content; the old ones go before the new ones come.
fn fit(scratch: &mut Vec<u8>, len: usize) {
    if scratch.capacity() < len {
        *scratch = Vec::new();
        scratch.reserve_exact(len);
    }
    scratch.resize(len, 0);
}

/// Running sums of the bytes of a row, in `sums`, which is as long; the row is used up.
///
/// A sum that waits for the one before it takes a cycle or more a byte. So bytes are added to those 1, 2 and 3 places before, these
/// sums to those 4, 8 and 12 places before, and the sums of 16 bytes that result to the running sums 16 places before: loops of vectors.
#[inline(always)]
fn running_bytes(row: &mut [u8], sums: &mut [u8]) {
    const LANES: usize = 16;
    add_before::<1>(row, sums);
    add_before::<4>(sums, row);
    let (chunks, rest) = row.as_chunks::<LANES>();
    let (outs, out_rest) = sums.as_chunks_mut::<LANES>();
    let mut running = [0u8; LANES];
    for (out, chunk) in outs.iter_mut().zip(chunks) {
        for (running, &sum) in running.iter_mut().zip(chunk) {
            *running = running.wrapping_add(sum);
        }
        *out = running;
    }
    for ((out, &sum), running) in out_rest.iter_mut().zip(rest).zip(running) {
        *out = running.wrapping_add(sum);
    }
}

/// The sum of each byte and of those `STEP`, `2 * STEP` and `3 * STEP` places before it.
#[inline(always)]
fn add_before<const STEP: usize>(bytes: &[u8], sums: &mut [u8]) {
    let head = (3 * STEP).min(bytes.len());
    for (at, sum) in sums[..head].iter_mut().enumerate() {
        *sum = bytes[..=at].iter().rev().step_by(STEP).fold(0, |sum: u8, &byte| sum.wrapping_add(byte));
    }
    let len = bytes.len() - head;
    let before = |steps: usize| &bytes[head.saturating_sub(steps * STEP)..][..len];
    let taps = before(0).iter().zip(before(1)).zip(before(2).iter().zip(before(3)));
    for (sum, ((&a, &b), (&c, &d))) in sums[head..].iter_mut().zip(taps) {
        *sum = a.wrapping_add(b).wrapping_add(c).wrapping_add(d);
    }
}

fn swap<const N: usize>(rows: &mut [u8]) {
    for sample in rows.chunks_exact_mut(N) {
        sample.reverse();
    }
}

/// Running sums along a row, one for each sample of the pixel; the sums stay in registers for up to four.
macro_rules! running_sum {
    ($name:ident, $word:ty) => {
        fn $name(row: &mut [u8], samples: usize, swapped: bool) {
            const N: usize = size_of::<$word>();
            fn fixed<const SAMPLES: usize, const SWAPPED: bool>(row: &mut [u8]) {
                let mut sums = [0 as $word; SAMPLES];
                for pixel in row.chunks_exact_mut(N * SAMPLES) {
                    for (bytes, sum) in pixel.chunks_exact_mut(N).zip(&mut sums) {
                        *sum = sum.wrapping_add(load::<SWAPPED>(bytes));
                        bytes.copy_from_slice(&sum.to_ne_bytes());
                    }
                }
            }
            #[inline(always)]
            fn load<const SWAPPED: bool>(bytes: &[u8]) -> $word {
                let mut word = [0; N];
                word.copy_from_slice(bytes);
                let word = <$word>::from_ne_bytes(word);
                if SWAPPED { word.swap_bytes() } else { word }
            }
            fn any<const SWAPPED: bool>(row: &mut [u8], samples: usize) {
                let mut sums = vec![0 as $word; samples];
                for pixel in row.chunks_exact_mut(N * samples) {
                    for (bytes, sum) in pixel.chunks_exact_mut(N).zip(&mut sums) {
                        *sum = sum.wrapping_add(load::<SWAPPED>(bytes));
                        bytes.copy_from_slice(&sum.to_ne_bytes());
                    }
                }
            }
            match (samples, swapped) {
                (1, false) => fixed::<1, false>(row),
                (2, false) => fixed::<2, false>(row),
                (3, false) => fixed::<3, false>(row),
                (4, false) => fixed::<4, false>(row),
                (1, true) => fixed::<1, true>(row),
                (3, true) => fixed::<3, true>(row),
                (_, false) => any::<false>(row, samples),
                (_, true) => any::<true>(row, samples),
            }
        }
    };
}
running_sum!(sum_u8, u8);
running_sum!(sum_u16, u16);
running_sum!(sum_u32, u32);
running_sum!(sum_u64, u64);

// Byte planes come most significant first, whatever the byte order of the file.

#[inline(always)]
fn join_planes_2(planes: &[u8], row: &mut [u8]) {
    let (high, low) = planes.split_at(planes.len() / 2);
    for ((out, &h), &l) in row.chunks_exact_mut(2).zip(high).zip(low) {
        out.copy_from_slice(&u16::from_be_bytes([h, l]).to_ne_bytes());
    }
}

#[inline(always)]
fn join_planes_4(planes: &[u8], row: &mut [u8]) {
    let n = planes.len() / 4;
    let (a, rest) = planes.split_at(n);
    let (b, rest) = rest.split_at(n);
    let (c, d) = rest.split_at(n);
    for ((((out, &a), &b), &c), &d) in row.chunks_exact_mut(4).zip(a).zip(b).zip(c).zip(d) {
        out.copy_from_slice(&u32::from_be_bytes([a, b, c, d]).to_ne_bytes());
    }
}

#[inline(always)]
fn join_planes_8(planes: &[u8], row: &mut [u8]) {
    let n = planes.len() / 8;
    for (i, out) in row.chunks_exact_mut(8).enumerate() {
        let word = std::array::from_fn(|plane| planes[plane * n + i]);
        out.copy_from_slice(&u64::from_be_bytes(word).to_ne_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// TIFF predictor 2 as the specification says it, on samples of `n` bytes in native order.
    fn difference(row: &[u8], n: usize, samples: usize) -> Vec<u8> {
        let word = |i: usize| row[i * n..][..n].iter().rev().fold(0u64, |w, &b| w << 8 | u64::from(b));
        let count = row.len() / n;
        let diff = |i: usize| if i < samples { word(i) } else { word(i).wrapping_sub(word(i - samples)) };
        (0..count).flat_map(|i| diff(i).to_le_bytes()[..n].to_vec()).collect()
    }

    /// TIFF predictor 3: byte planes, most significant first, differenced.
    fn float_predict(row: &[u8], n: usize, samples: usize) -> Vec<u8> {
        let count = row.len() / n;
        let planes: Vec<u8> = (0..n).flat_map(|p| (0..count).map(move |i| (p, i))).map(|(p, i)| row[i * n + (n - 1 - p)]).collect();
        (0..planes.len()).map(|i| if i < samples { planes[i] } else { planes[i].wrapping_sub(planes[i - samples]) }).collect()
    }

    proptest! {
        #[test]
        fn predictors_are_the_specified_and_undone_to_the_same_bits(
            seed in proptest::collection::vec(any::<u8>(), 8 * 5 * 23 * 3), size in 0usize..4, samples in 1usize..6,
            cols in 1usize..23, swapped: bool, float: bool,
        ) {
            prop_assume!(cfg!(target_endian = "little"));
            let n = 1 << size;
            prop_assume!(!float || n > 1);
            let row_bytes = n * samples * cols;
            let rows = &seed[..3 * row_bytes];
            let mut encoded: Vec<u8> = Vec::new();
            for row in rows.chunks_exact(row_bytes) {
                let mut row = if float { float_predict(row, n, samples) } else { difference(row, n, samples) };
                if swapped && !float {
                    row.chunks_exact_mut(n).for_each(<[u8]>::reverse);
                }
                encoded.extend(row);
            }
            let predictor = if float { Predictor::Float } else { Predictor::Horizontal };
            let types = [SampleType::U8, SampleType::I16, SampleType::F32, SampleType::F64];
            let sample = if (float, n) == (true, 2) { SampleType::F16 } else { types[size] };
            let mut predicted = vec![0; row_bytes];
            for (row, expected) in rows.chunks_exact(row_bytes).zip(encoded.chunks_exact(row_bytes)).filter(|_| float || !swapped) {
                predict_row(predictor, sample, samples, row, &mut predicted);
                prop_assert_eq!(&predicted[..], expected);
            }
            let finish = RowFinish { predictor, sample_bytes: n, samples, swapped, packed: None };
            finish.finish(&mut encoded, 3, &mut Vec::new());
            prop_assert_eq!(&encoded[..], rows);
        }
    }
}
