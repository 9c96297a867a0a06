//! The inverse transform of a block, to the bit what libjpeg's `islow` makes of it (Loeffler, Ligtenberg and Moschytz, 1989, with 13
//! bits behind the point).

use std::num::Wrapping;

/// Bits behind the point of the factors.
const FRACTION: u32 = 13;
/// Bits that the first pass keeps behind the point.
const KEPT: u32 = 2;
/// Eight numbers at once.
type Lanes = [Wrapping<i32>; 8];

// Plain loops: closures that are called by others are compiled without the instructions that `dispatch` picks.

#[inline(always)]
fn times(mut a: Lanes, factor: i32) -> Lanes {
    for a in &mut a {
        *a *= Wrapping(factor);
    }
    a
}

#[inline(always)]
fn plus(mut a: Lanes, b: Lanes) -> Lanes {
    for k in 0..8 {
        a[k] += b[k];
    }
    a
}

#[inline(always)]
fn minus(mut a: Lanes, b: Lanes) -> Lanes {
    for k in 0..8 {
        a[k] -= b[k];
    }
    a
}

/// Rounded to `shift` bits less.
#[inline(always)]
fn rounded(mut a: Lanes, shift: u32) -> Lanes {
    for a in &mut a {
        *a = (*a + Wrapping(1 << (shift - 1))) >> shift as usize;
    }
    a
}

/// One pass over eight rows of lanes; results are rounded to `shift` bits less.
#[inline(always)]
fn pass(v: [Lanes; 8], shift: u32) -> [Lanes; 8] {
    let shared = times(plus(v[2], v[6]), 4433);
    let low = plus(shared, times(v[6], -15137));
    let high = plus(shared, times(v[2], 6270));
    let sum = times(plus(v[0], v[4]), 1 << FRACTION);
    let difference = times(minus(v[0], v[4]), 1 << FRACTION);
    let even = [plus(sum, high), plus(difference, low), minus(difference, low), minus(sum, high)];

    let [z1, z2, z3, z4] = [plus(v[7], v[1]), plus(v[5], v[3]), plus(v[7], v[3]), plus(v[5], v[1])];
    let z5 = times(plus(z3, z4), 9633);
    let [z1, z2] = [times(z1, -7373), times(z2, -20995)];
    let [z3, z4] = [plus(times(z3, -16069), z5), plus(times(z4, -3196), z5)];
    let odd = [
        plus(times(v[1], 12299), plus(z1, z4)),
        plus(times(v[3], 25172), plus(z2, z3)),
        plus(times(v[5], 16819), plus(z2, z4)),
        plus(times(v[7], 2446), plus(z1, z3)),
    ];
    let mut out = [[Wrapping(0); 8]; 8];
    for k in 0..4 {
        out[k] = rounded(plus(even[k], odd[k]), shift);
        out[7 - k] = rounded(minus(even[k], odd[k]), shift);
    }
    out
}

#[inline(always)]
fn transposed(v: [Lanes; 8]) -> [Lanes; 8] {
    let mut out = [[Wrapping(0); 8]; 8];
    for row in 0..8 {
        for col in 0..8 {
            out[row][col] = v[col][row];
        }
    }
    out
}

#[inline(always)]
fn samples(coefficients: &[i16; 64]) -> [[u8; 8]; 8] {
    let mut rows = [[Wrapping(0); 8]; 8];
    for row in 0..8 {
        for col in 0..8 {
            rows[row][col] = Wrapping(i32::from(coefficients[8 * row + col]));
        }
    }
    let columns = transposed(pass(rows, FRACTION - KEPT));
    let rows = transposed(pass(columns, FRACTION + KEPT + 3));
    let mut out = [[0; 8]; 8];
    for row in 0..8 {
        for col in 0..8 {
            out[row][col] = (rows[row][col].0 + 128).clamp(0, 255) as u8;
        }
    }
    out
}

/// A block to be transformed. (A closure would not become a part of the code that `dispatch` compiles for wider registers.)
struct Block<'a>(&'a [i16; 64]);

impl pulp::WithSimd for Block<'_> {
    type Output = [[u8; 8]; 8];

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> [[u8; 8]; 8] {
        samples(self.0)
    }
}

/// Samples of a block of coefficients, which are multiplied already and stand row by row, into `out` with `stride` samples to a row.
pub(super) fn block(coefficients: &[i16; 64], out: &mut [u8], stride: usize) {
    let samples = pulp::Arch::new().dispatch(Block(coefficients));
    for (row, out) in samples.iter().zip(out.chunks_mut(stride)) {
        out[..8].copy_from_slice(row);
    }
}

/// As [`block`] where only the first coefficient is not 0.
pub(super) fn flat(coefficient: i16, out: &mut [u8], stride: usize) {
    let sample = ((i32::from(coefficient) << KEPT) + (1 << (KEPT + 2))) >> (KEPT + 3);
    let sample = (sample + 128).clamp(0, 255) as u8;
    out.chunks_mut(stride).take(8).for_each(|row| row[..8].fill(sample));
}
