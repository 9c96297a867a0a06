//! TIFF predictors, forward: one row of native-endian samples to one row of little-endian, predicted bytes.

use crate::raster::{Predictor, SampleType};

/// Predicts one row; `row` and `out` have the same length, a whole number of pixels of `bands` samples.
pub(super) fn predict_row(predictor: Predictor, sample: SampleType, bands: usize, row: &[u8], out: &mut [u8]) {
    // `dispatch` compiles the loops below for AVX2 as well and picks at run time.
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || match (predictor, sample.bytes()) {
            (Predictor::None, width) => little_endian(row, width, out),
            (Predictor::Horizontal, 1) => horizontal::<1>(row, bands, out),
            (Predictor::Horizontal, 2) => horizontal::<2>(row, bands, out),
            (Predictor::Horizontal, 4) => horizontal::<4>(row, bands, out),
            (Predictor::Horizontal, _) => horizontal::<8>(row, bands, out),
            (Predictor::Float, 2) => float::<2>(row, bands, out),
            (Predictor::Float, 4) => float::<4>(row, bands, out),
            (Predictor::Float, _) => float::<8>(row, bands, out),
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

/// Predictor 3 fused: plane `p` holds byte `p` (most significant first) of every sample, and each byte of the
/// plane-ordered row is replaced by its difference to the byte `bands` places before, across planes too.
#[inline(always)]
fn float<const W: usize>(row: &[u8], bands: usize, out: &mut [u8]) {
    /// Samples whose differences are taken at once, ahead of the split into planes: more spill, fewer idle.
    const RUN: usize = 32;
    let samples = row.len() / W;
    let byte_of = |plane: usize| if cfg!(target_endian = "big") { plane } else { W - 1 - plane };
    for plane in 0..W {
        for band in 0..bands {
            let here = row[band * W + byte_of(plane)];
            let before = if plane == 0 { 0 } else { row[(samples - bands + band) * W + byte_of(plane - 1)] };
            out[plane * samples + band] = here.wrapping_sub(before);
        }
    }
    let (here, before) = (&row[bands * W..], &row[..(samples - bands) * W]);
    let mut at = bands;
    let mut runs = here.chunks_exact(RUN * W).zip(before.chunks_exact(RUN * W));
    for (here, before) in runs.by_ref() {
        let mut diff = [[0u8; W]; RUN];
        for (out, (here, before)) in diff.as_flattened_mut().iter_mut().zip(here.iter().zip(before)) {
            *out = here.wrapping_sub(*before);
        }
        for plane in 0..W {
            let byte = byte_of(plane);
            let start = plane * samples + at;
            for (out, d) in out[start..start + RUN].iter_mut().zip(&diff) {
                *out = d[byte];
            }
        }
        at += RUN;
    }
    for k in at..samples {
        for plane in 0..W {
            let byte = byte_of(plane);
            out[plane * samples + k] = row[k * W + byte].wrapping_sub(row[(k - bands) * W + byte]);
        }
    }
}
