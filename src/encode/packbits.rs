//! PackBits (TIFF 6.0, section 9): runs of equal bytes, row by row.

/// Longest run, of equal bytes or of others.
const LONGEST: usize = 128;

/// Packs rows of `row_bytes` into `packed`; the length, or `None` where there is no room.
pub(super) fn pack(raw: &[u8], row_bytes: usize, packed: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    // Rows are packed apart, as the specification demands.
    for row in raw.chunks(row_bytes.max(1)) {
        let mut rest = row;
        while !rest.is_empty() {
            let equal = run(rest);
            if equal >= 2 {
                *packed.get_mut(at)? = (257 - equal) as u8;
                *packed.get_mut(at + 1)? = rest[0];
                (at, rest) = (at + 2, &rest[equal..]);
                continue;
            }
            let others = literal(rest);
            *packed.get_mut(at)? = (others - 1) as u8;
            packed.get_mut(at + 1..at + 1 + others)?.copy_from_slice(&rest[..others]);
            (at, rest) = (at + 1 + others, &rest[others..]);
        }
    }
    Some(at)
}

/// Equal bytes at the beginning.
fn run(bytes: &[u8]) -> usize {
    bytes.iter().take(LONGEST).take_while(|&&byte| byte == bytes[0]).count()
}

/// Bytes before the next run that is worth its own: of three, since two equal bytes amid others save nothing.
fn literal(bytes: &[u8]) -> usize {
    let next = bytes.windows(3).take(LONGEST).position(|w| w[0] == w[1] && w[1] == w[2]);
    next.unwrap_or(bytes.len()).clamp(1, LONGEST).min(bytes.len())
}

/// Most bytes that rows of `raw` bytes in all become: of rows of one byte, a byte in front of each.
pub(super) const fn bound(raw: usize) -> usize {
    2 * raw + 8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight from the specification.
    fn unpack(mut packed: &[u8]) -> Vec<u8> {
        let mut raw = Vec::new();
        while let [head, rest @ ..] = packed {
            match *head as i8 {
                -128 => packed = rest,
                head @ 0.. => {
                    raw.extend(&rest[..=head as usize]);
                    packed = &rest[head as usize + 1..];
                }
                head => {
                    raw.extend(std::iter::repeat_n(rest[0], (1 - i32::from(head)) as usize));
                    packed = &rest[1..];
                }
            }
        }
        raw
    }

    #[test]
    fn the_specifications_example_is_packed_as_it_says() {
        let raw = [0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22];
        let raw = [&raw[..], &[0xAA; 10]].concat();
        let mut packed = [0; 64];
        let len = pack(&raw, raw.len(), &mut packed).unwrap();
        assert_eq!(packed[..len], [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA]);
    }

    #[test]
    fn any_bytes_come_back_and_stay_within_the_bound() {
        for (len, row) in [(1, 1), (128, 128), (129, 129), (1000, 7), (4096, 64), (300, 300), (513, 1)] {
            for spread in [1u32, 2, 3, 251] {
                let raw: Vec<u8> = (0..len as u32).map(|k| ((k.wrapping_mul(2654435761) >> 20) % spread) as u8).collect();
                let mut packed = vec![0; super::super::memory::codec_bound(crate::raster::Compression::PackBits, len)];
                let packed_len = pack(&raw, row, &mut packed).unwrap();
                assert!(unpack(&packed[..packed_len]) == raw, "{len} in rows of {row}, {spread} values");
            }
        }
        assert_eq!(pack(&[1, 2, 3], 3, &mut [0; 3]), None);
    }
}
