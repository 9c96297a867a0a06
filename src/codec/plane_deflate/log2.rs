//! Logarithms in whole numbers, the same on every machine.
//!
//! Costs decide which bytes are written, so no cost may depend on a floating-point library. Logarithms to base 2 come from a
//! constant table that the compiler makes by repeated squaring; they are exact to 2^-10, which is far finer than the sampling
//! of the counts that they are taken of.

/// Bits behind the binary point of a logarithm.
pub(super) const FRACTION: u32 = 16;
/// Leading bits of a number that the table tells apart, after the first.
const INDEX: u32 = 11;

/// log2(1 + i / 2^INDEX), in units of 2^-FRACTION.
static TABLE: [u16; 1 << INDEX] = {
    let mut table = [0; 1 << INDEX];
    let mut i = 0;
    while i < table.len() {
        // Squaring doubles the logarithm: each time, the bit in front of the binary point is the next bit of the result.
        let mut x = (((1 << INDEX) + i) as u64) << (31 - INDEX);
        let mut bit = FRACTION;
        while bit > 0 {
            bit -= 1;
            x = (x * x) >> 31;
            if x >> 32 != 0 {
                x >>= 1;
                table[i] |= 1 << bit;
            }
        }
        i += 1;
    }
    table
};

/// log2 of a number, in units of 2^-FRACTION; 0 of 0.
#[inline]
pub(super) fn log2(n: u32) -> u32 {
    let Some(whole) = n.checked_ilog2() else { return 0 };
    let index = (u64::from(n) << INDEX >> whole) as usize & ((1 << INDEX) - 1);
    (whole << FRACTION) + u32::from(TABLE[index])
}

/// Bits, rounded up, that an ideal code takes for symbols of these counts.
pub(super) fn entropy_bits(counts: impl Iterator<Item = u32> + Clone) -> u64 {
    (entropy(counts) >> FRACTION) + 1
}

/// Those bits in units of 2^-FRACTION.
pub(super) fn entropy(counts: impl Iterator<Item = u32> + Clone) -> u64 {
    let whole = log2(counts.clone().sum());
    counts.map(|count| u64::from(count) * u64::from(whole.saturating_sub(log2(count)))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_a_thousandth() {
        for n in (1..5000).chain([1 << 20, (1 << 20) + 12_345, u32::MAX]) {
            let (got, want) = (f64::from(log2(n)) / f64::from(1 << FRACTION), f64::from(n).log2());
            assert!((got - want).abs() < 1e-3, "{n}: {got} {want}");
        }
        assert_eq!((log2(0), log2(1), log2(2), log2(1 << 31)), (0, 0, 1 << FRACTION, 31 << FRACTION));
    }

    #[test]
    fn entropy_of_equal_counts_is_their_logarithm() {
        assert_eq!(entropy_bits([7u32; 256].into_iter()), 256 * 7 * 8 + 1);
        assert_eq!(entropy_bits([9u32, 0, 0].into_iter()), 1);
    }
}
