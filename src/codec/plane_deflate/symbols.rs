//! The symbols of RFC 1951: which code, and which extra bits, stand for a length or a distance.

/// Literals, the end of a block, and 29 codes of match lengths.
pub(super) const LITERALS: usize = 286;
/// Codes of distances.
pub(super) const DISTANCES: usize = 30;
/// The symbol that ends a block.
pub(super) const END_OF_BLOCK: usize = 256;
/// Shortest and longest match.
pub(super) const MATCH: std::ops::RangeInclusive<usize> = 3..=258;
/// Longest distance of a match.
pub(super) const WINDOW: usize = 32_768;

/// A symbol, the value of its extra bits, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coded {
    pub symbol: usize,
    pub extra: u32,
    pub extra_bits: u32,
}

/// The symbol of a match of `length` bytes, 3 to 258.
#[inline]
pub(super) const fn of_length(length: usize) -> Coded {
    let l = length as u32 - 3;
    if l < 8 {
        return Coded { symbol: 257 + l as usize, extra: 0, extra_bits: 0 };
    }
    if l == 255 {
        return Coded { symbol: 285, extra: 0, extra_bits: 0 };
    }
    let bits = l.ilog2() - 2;
    Coded { symbol: (257 + 4 * (bits + 1) + ((l >> bits) & 3)) as usize, extra: l & ((1 << bits) - 1), extra_bits: bits }
}

/// The symbol of a distance, 1 to 32,768.
#[inline]
pub(super) const fn of_distance(distance: usize) -> Coded {
    let d = distance as u32 - 1;
    if d < 4 {
        return Coded { symbol: d as usize, extra: 0, extra_bits: 0 };
    }
    let bits = d.ilog2() - 1;
    Coded { symbol: (2 * (bits + 1) + ((d >> bits) & 1)) as usize, extra: d & ((1 << bits) - 1), extra_bits: bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_standards_tables() {
        // RFC 1951, section 3.2.5: first lengths and distances of each symbol.
        let lengths = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
        let length_bits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
        for length in MATCH {
            let coded = of_length(length);
            let at = coded.symbol - 257;
            assert_eq!((lengths[at] + coded.extra as usize, length_bits[at]), (length, coded.extra_bits));
        }
        let mut first = 1;
        for symbol in 0..DISTANCES {
            let bits = (symbol as u32 / 2).saturating_sub(1);
            for extra in [0, (1 << bits) - 1] {
                assert_eq!(of_distance(first + extra as usize), Coded { symbol, extra, extra_bits: bits });
            }
            first += 1 << bits;
        }
        assert_eq!(first, WINDOW + 1);
    }
}
