//! Classic or BigTIFF: a pure function of sizes.

use crate::raster::BigTiff;
use serde::Serialize;

/// The two headers of a TIFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderKind {
    /// 32-bit offsets.
    Classic,
    /// 64-bit offsets.
    Big,
}

/// What is known of the header before the first segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This header.
    Settled(HeaderKind),
    /// Decided at the end; room is kept for the larger prefix.
    Open,
}

/// The longest classic TIFF: its end, too, must be an offset of 32 bits.
pub const CLASSIC_MAX_BYTES: u64 = u32::MAX as u64;

/// Whether a file of this length can be a classic TIFF.
pub const fn fits_classic(file_bytes: u64) -> bool {
    file_bytes <= CLASSIC_MAX_BYTES
}

/// Decides beforehand, from the length of the classic prefix and the most that the segments can take.
pub fn decide_before(choice: BigTiff, classic_prefix: u64, segments_bound: u64) -> Decision {
    match choice {
        BigTiff::Yes => Decision::Settled(HeaderKind::Big),
        BigTiff::No => Decision::Settled(HeaderKind::Classic),
        BigTiff::Auto if fits_classic(classic_prefix.saturating_add(segments_bound)) => Decision::Settled(HeaderKind::Classic),
        BigTiff::Auto => Decision::Open,
    }
}

/// Decides at the end, from the file's actual length.
pub fn decide_after(before: Decision, file_bytes: u64) -> HeaderKind {
    match before {
        Decision::Settled(kind) => kind,
        Decision::Open if fits_classic(file_bytes) => HeaderKind::Classic,
        Decision::Open => HeaderKind::Big,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB_4: u64 = 1 << 32;

    #[test]
    fn auto_is_classic_up_to_the_last_byte_that_32_bits_can_name() {
        let before = |bound| decide_before(BigTiff::Auto, 1000, bound);
        assert_eq!(before(GIB_4 - 1 - 1000), Decision::Settled(HeaderKind::Classic));
        assert_eq!(before(GIB_4 - 1000), Decision::Open);
        assert_eq!(before(u64::MAX), Decision::Open);
        assert_eq!(decide_after(Decision::Open, GIB_4 - 1), HeaderKind::Classic);
        assert_eq!(decide_after(Decision::Open, GIB_4), HeaderKind::Big);
    }

    #[test]
    fn auto_is_classic_exactly_where_the_file_fits() {
        // Prefixes of one tile, of a thousand, of ten million.
        for classic_prefix in [200, 8 << 10, 80 << 20] {
            for beyond in -5000..5000i64 {
                let file = GIB_4.checked_add_signed(beyond).unwrap();
                for slack in [0, 1, 4095, 4096, 1 << 30] {
                    // Segments are at most what was said, and less by `slack`.
                    let bound = file - classic_prefix + slack;
                    match decide_before(BigTiff::Auto, classic_prefix, bound) {
                        Decision::Settled(kind) => {
                            assert_eq!((kind, beyond < 0), (HeaderKind::Classic, true), "{beyond}, {slack}");
                            assert!(fits_classic(classic_prefix + bound));
                        }
                        before => {
                            assert!(!fits_classic(classic_prefix + bound));
                            let expected = if beyond < 0 { HeaderKind::Classic } else { HeaderKind::Big };
                            assert_eq!(decide_after(before, file), expected, "{beyond}, {slack}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn yes_and_no_are_not_asked_again() {
        assert_eq!(decide_after(decide_before(BigTiff::Yes, 0, 0), 10), HeaderKind::Big);
        assert_eq!(decide_after(decide_before(BigTiff::No, 0, GIB_4), GIB_4 - 1), HeaderKind::Classic);
    }
}
