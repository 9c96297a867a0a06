//! Samples of fewer bits than their type has, packed from the most significant bit of a byte on; rows begin with a byte.

/// How the samples of a row are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedBits {
    /// Bits of a sample, 1 to 15 but not 8. Up to 7 become bytes, others 16-bit integers.
    pub bits: u8,
    /// Samples of a row.
    pub per_row: usize,
    /// What a set bit becomes where samples have one bit: 255 in a mask, 1 elsewhere.
    pub set: u8,
}

impl PackedBits {
    /// Bytes of one packed row.
    pub fn row_bytes(&self) -> usize {
        (self.per_row * usize::from(self.bits)).div_ceil(8)
    }

    /// Widens `count` rows in place. `rows` holds them packed, back to back from its beginning, and has room for what they become.
    pub(super) fn unpack(&self, rows: &mut [u8], count: usize) {
        match self.bits {
            1 => self.unpack_bytes::<1>(rows, count, self.set),
            2 => self.unpack_bytes::<2>(rows, count, 1),
            4 => self.unpack_bytes::<4>(rows, count, 1),
            _ => self.unpack_any(rows, count),
        }
    }

    // From the last sample to the first, here and below: a sample never comes to be in front of its own bits.

    /// Samples that do not cross bytes.
    fn unpack_bytes<const BITS: usize>(&self, rows: &mut [u8], count: usize, set: u8) {
        let (packed, each) = (self.row_bytes(), 8 / BITS);
        for row in (0..count).rev() {
            for col in (0..self.per_row).rev() {
                let bits = rows[row * packed + col / each] >> (8 - BITS - BITS * (col % each)) & (u8::MAX >> (8 - BITS));
                rows[row * self.per_row + col] = bits * set;
            }
        }
    }

    fn unpack_any(&self, rows: &mut [u8], count: usize) {
        let (packed, bits) = (self.row_bytes(), usize::from(self.bits));
        for row in (0..count).rev() {
            for col in (0..self.per_row).rev() {
                let first = col * bits;
                let at = row * packed + first / 8;
                // At most 22 bits from the beginning of the first byte; what is beyond the row's end is shifted out.
                let byte = |k: usize| u32::from(rows.get(at + k).copied().unwrap_or(0));
                let three = byte(0) << 16 | byte(1) << 8 | byte(2);
                let sample = three >> (24 - bits - first % 8) & ((1 << bits) - 1);
                let at = row * self.per_row + col;
                if bits < 8 {
                    rows[at] = sample as u8;
                } else {
                    rows[2 * at..2 * at + 2].copy_from_slice(&(sample as u16).to_ne_bytes());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_samples_widen_in_place(samples in proptest::collection::vec(any::<u16>(), 1..300), bits in 1u8..16, per_row in 1usize..40) {
            prop_assume!(bits != 8 && samples.len() >= per_row);
            let count = samples.len() / per_row;
            let samples: Vec<u16> = samples[..count * per_row].iter().map(|sample| sample & ((1 << bits) - 1)).collect();
            let packed = PackedBits { bits, per_row, set: 1 };
            let mut rows = vec![0u8; count * packed.row_bytes()];
            for (row, samples) in rows.chunks_exact_mut(packed.row_bytes()).zip(samples.chunks_exact(per_row)) {
                for (col, sample) in samples.iter().enumerate() {
                    for bit in (0..usize::from(bits)).filter(|bit| sample >> (usize::from(bits) - 1 - bit) & 1 == 1) {
                        let at = col * usize::from(bits) + bit;
                        row[at / 8] |= 0x80 >> (at % 8);
                    }
                }
            }
            let width = if bits < 8 { 1 } else { 2 };
            rows.resize(samples.len() * width, 0xEE);
            packed.unpack(&mut rows, count);
            let wide: Vec<u16> = match width {
                1 => rows.iter().map(|&byte| byte.into()).collect(),
                _ => rows.chunks_exact(2).map(|two| u16::from_ne_bytes([two[0], two[1]])).collect(),
            };
            prop_assert_eq!(wide, samples);
        }
    }

    #[test]
    fn a_set_bit_of_a_mask_is_255() {
        let mut rows = [0b1010_0000, 0, 0];
        PackedBits { bits: 1, per_row: 3, set: 255 }.unpack(&mut rows, 1);
        assert_eq!(rows, [255, 0, 255]);
    }
}
