//! Any sample type to any other, by way of 64 bits: eleven ways in and thirty-three out instead of 121 loops.

use super::Counts;
use crate::raster::{Sample, SentinelRange};
use half::f16;

/// Samples in flight between two types.
const BLOCK: usize = 256;

/// A sample type that casts through 64 bits.
pub(super) trait Cell: Sample {
    /// How [`widen`](Self::widen) is to be read.
    const WIDE: Wide;
    /// The bits of the exact value as u64, i64 or f64.
    fn widen(self) -> u64;
    /// Saturates (integers) or rounds to nearest (floats).
    fn from_u64(value: u64) -> Self;
    /// Saturates (integers) or rounds to nearest (floats).
    fn from_i64(value: i64) -> Self;
    /// Rounds half up and saturates (integers; NaN becomes 0) or rounds to nearest (floats).
    fn from_f64(value: f64) -> Self;
    /// The nearest sample outside a range: the next larger one, or the next smaller where there is no larger finite one.
    fn beside(range: SentinelRange<Self>) -> Self;

    /// The sample as f64 (64-bit integers round).
    #[inline(always)]
    fn to_f64(self) -> f64 {
        match Self::WIDE {
            Wide::Unsigned => self.widen() as f64,
            Wide::Signed => self.widen() as i64 as f64,
            Wide::Float => f64::from_bits(self.widen()),
        }
    }
}

/// How the 64 bits of a widened sample are to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    Unsigned,
    Signed,
    Float,
}

/// Half up, as GDAL does, and exact: adding a half would round again beyond 2^52 and just below one half.
#[inline(always)]
fn round_half_up(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 { floor + 1.0 } else { floor }
}

macro_rules! integer_cell {
    ($($rust:ty: $wide:ident as $carrier:ty),*) => {$(
        impl Cell for $rust {
            const WIDE: Wide = Wide::$wide;
            #[inline(always)]
            fn widen(self) -> u64 { <$carrier>::from(self) as u64 }
            #[inline(always)]
            fn from_u64(value: u64) -> Self { <$rust>::try_from(value).unwrap_or(<$rust>::MAX) }
            #[inline(always)]
            fn from_i64(value: i64) -> Self {
                <$rust>::try_from(value).unwrap_or(if value < 0 { <$rust>::MIN } else { <$rust>::MAX })
            }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { round_half_up(value) as $rust }
            fn beside(range: SentinelRange<Self>) -> Self { range.high().checked_add(1).unwrap_or(<$rust>::MAX - 1) }
        }
    )*};
}
integer_cell!(u8: Unsigned as u64, u16: Unsigned as u64, u32: Unsigned as u64, u64: Unsigned as u64);
integer_cell!(i8: Signed as i64, i16: Signed as i64, i32: Signed as i64, i64: Signed as i64);

macro_rules! float_cell {
    ($($rust:ty: $into:expr, $from:expr, $above:expr);*) => {$(
        impl Cell for $rust {
            const WIDE: Wide = Wide::Float;
            #[inline(always)]
            fn widen(self) -> u64 { f64::to_bits($into(self)) }
            // f16 ends at 65,504, below which every integer is exact in f64.
            #[inline(always)]
            fn from_u64(value: u64) -> Self { $from(value as f64) }
            #[inline(always)]
            fn from_i64(value: i64) -> Self { $from(value as f64) }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { $from(value) }
            fn beside(range: SentinelRange<Self>) -> Self {
                let above: Self = $above(range.high());
                if above.is_finite() { above } else { -$above(-range.low()) }
            }
        }
    )*};
}
float_cell!(f16: f16::to_f64, f16::from_f64, half_above; f64: std::convert::identity, std::convert::identity, f64::next_up);

/// The next larger half.
fn half_above(value: f16) -> f16 {
    match value.to_bits() {
        // Both zeroes.
        0 | 0x8000 => f16::from_bits(1),
        bits if value.is_nan() || value == f16::INFINITY => f16::from_bits(bits),
        bits if bits < 0x8000 => f16::from_bits(bits + 1),
        bits => f16::from_bits(bits - 1),
    }
}

impl Cell for f32 {
    const WIDE: Wide = Wide::Float;
    #[inline(always)]
    fn widen(self) -> u64 {
        f64::from(self).to_bits()
    }
    // Straight from the integer: by way of f64 it would be rounded twice.
    #[inline(always)]
    fn from_u64(value: u64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn from_i64(value: i64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn beside(range: SentinelRange<Self>) -> Self {
        let above = range.high().next_up();
        if above.is_finite() { above } else { range.low().next_down() }
    }
}

/// A run of samples between their two types.
pub(super) struct Block {
    bits: [u64; BLOCK],
    missing: [bool; BLOCK],
    wide: Wide,
    len: usize,
}

impl Block {
    pub(super) const LEN: usize = BLOCK;

    pub(super) fn new() -> Self {
        Self { bits: [0; BLOCK], missing: [false; BLOCK], wide: Wide::Unsigned, len: 0 }
    }

    /// Takes up to [`LEN`](Self::LEN) samples in.
    pub(super) fn widen<S: Cell>(&mut self, src: &[u8], from: Option<SentinelRange<S>>) {
        self.wide = S::WIDE;
        self.len = src.len() / size_of::<S>();
        for ((bytes, bits), missing) in src.chunks_exact(size_of::<S>()).zip(&mut self.bits).zip(&mut self.missing) {
            let sample: S = bytemuck::pod_read_unaligned(bytes);
            *bits = sample.widen();
            *missing = sample.is_nan() | from.is_some_and(|from| from.has(sample));
        }
    }

    /// Gives the samples out as `T`; missing ones as `to`, if there is one, and with `apart` none of the others in its range,
    /// where `T` is a type of floats.
    pub(super) fn narrow<T: Cell>(&self, to: Option<(T, SentinelRange<T>)>, apart: bool, dst: &mut [u8]) -> Counts {
        match self.wide {
            Wide::Unsigned => self.narrow_by(T::from_u64, to, apart, dst),
            Wide::Signed => self.narrow_by(|bits| T::from_i64(bits as i64), to, apart, dst),
            Wide::Float => self.narrow_by(|bits| T::from_f64(f64::from_bits(bits)), to, apart, dst),
        }
    }

    #[inline(always)]
    fn narrow_by<T: Cell>(&self, cast: impl Fn(u64) -> T, to: Option<(T, SentinelRange<T>)>, apart: bool, dst: &mut [u8]) -> Counts {
        let mut counts = Counts::default();
        let samples = self.bits[..self.len].iter().zip(&self.missing);
        for (out, (&bits, &missing)) in dst.chunks_exact_mut(size_of::<T>()).zip(samples) {
            let mut sample = cast(bits);
            counts.missing += u64::from(missing);
            if let Some((to, range)) = to {
                let collides = !missing & range.has(sample);
                counts.collisions += u64::from(collides);
                sample = if missing { to } else { sample };
                if collides & apart & T::TYPE.is_float() {
                    sample = T::beside(range);
                }
            }
            out.copy_from_slice(bytemuck::bytes_of(&sample));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast<S: Cell, T: Cell>(samples: &[S]) -> Vec<T> {
        let mut block = Block::new();
        block.widen::<S>(bytemuck::cast_slice(samples), None);
        let mut out = vec![T::from_u64(0); samples.len()];
        block.narrow::<T>(None, false, bytemuck::cast_slice_mut(&mut out));
        out
    }

    #[test]
    fn casts_saturate_and_round_half_up() {
        assert_eq!(cast::<i64, u8>(&[-5, 0, 255, 256, i64::MAX]), [0, 0, 255, 255, 255]);
        assert_eq!(cast::<u64, i32>(&[u64::MAX, 7]), [i32::MAX, 7]);
        assert_eq!(cast::<f64, i16>(&[0.5, -0.5, -2.5, 1e9, -1e9, f64::NAN, 0.49999999999999994]), [1, 0, -2, i16::MAX, i16::MIN, 0, 0]);
        assert_eq!(cast::<f64, i64>(&[4503599627370497.0, f64::INFINITY]), [4503599627370497, i64::MAX]);
        assert_eq!(cast::<f64, f32>(&[1e300, 0.1]), [f32::INFINITY, 0.1]);
    }

    #[test]
    fn every_64_bit_integer_keeps_its_bits() {
        let samples = [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 53) + 1];
        assert_eq!(cast::<u64, u64>(&samples), samples);
        let signed = [i64::MIN, i64::MIN + 1, -1, (1 << 53) + 1];
        assert_eq!(cast::<i64, i64>(&signed), signed);
    }
}
