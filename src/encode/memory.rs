//! What encoding costs in bytes: arithmetic for the planner, held to measurements by `tests/encode_memory.rs`.

use super::{SegmentSpec, codec::MASK_CODEC, lerc, mask, packbits, pictures};
use crate::raster::{Compression, LercThen, Predictor};

/// Bytes that LERC holds for each byte of samples.
const LERC_STATE: usize = 2;

/// Most bytes that one [`EncodeScratch`](super::EncodeScratch) holds while it works on segments of `spec`.
///
/// The result of [`encode`](super::SegmentEncoder::encode) is not included: at most [`max_segment_bytes`].
pub fn scratch_bytes(spec: &SegmentSpec) -> usize {
    let row = if carves_into_tile(spec.layout.predictor) { 0 } else { spec.row_bytes() };
    let tile = spec.raw_bytes();
    spec.picked_bytes()
        + mask_scratch_bytes(spec)
        + row
        + match spec.layout.compression {
            // The tile buffer becomes the result.
            Compression::None => 0,
            codec => tile + between_bytes(codec, tile) + codec_bound(codec, tile) + codec_state_bytes(codec, tile),
        }
}

/// Most bytes that one encoded segment of `spec` can have.
pub fn max_segment_bytes(spec: &SegmentSpec) -> usize {
    codec_bound(spec.layout.compression, spec.raw_bytes()).max(codec_bound(MASK_CODEC, mask::raw_bytes(spec)))
}

/// What a mask takes: the row of valid pixels, its segment before and after its codec, and that.
fn mask_scratch_bytes(spec: &SegmentSpec) -> usize {
    let raw = mask::raw_bytes(spec);
    if raw == 0 { 0 } else { spec.cols + raw + codec_bound(MASK_CODEC, raw) + codec_state_bytes(MASK_CODEC, raw) }
}

/// Without a predictor (and with the file's byte order) a row needs no buffer of its own.
pub(super) fn carves_into_tile(predictor: Predictor) -> bool {
    predictor == Predictor::None && cfg!(target_endian = "little")
}

/// Most bytes that `codec` makes of `raw` bytes.
pub(super) fn codec_bound(codec: Compression, raw: usize) -> usize {
    match codec {
        Compression::None => raw,
        // libdeflate: stored blocks of at least 5,000 bytes with 5 of overhead each, in a zlib wrapper of 6.
        // Level 0 and its like are covered too.
        Compression::Deflate { .. } => raw + 5 * raw.div_ceil(5000).max(1) + 6,
        Compression::Zstd { .. } => zstd::zstd_safe::compress_bound(raw),
        Compression::PackBits => packbits::bound(raw),
        Compression::Lerc { then, .. } => match then {
            LercThen::Nothing => lerc::bound(raw),
            LercThen::Deflate { level } => codec_bound(Compression::Deflate { level }, lerc::bound(raw)),
            LercThen::Zstd { level } => codec_bound(Compression::Zstd { level }, lerc::bound(raw)),
        },
        Compression::Jpeg { .. } => pictures::jpeg_bound(raw),
        Compression::WebP => pictures::webp_bound(raw),
        // A code of at most 12 bits a byte, and a clear code whenever the table is full (after 3,837 codes).
        Compression::Lzw => (raw + raw / 3800 + 4) * 12 / 8 + 8,
    }
}

/// Bytes of the buffer between LERC and the codec behind it.
pub(super) fn between_bytes(codec: Compression, raw: usize) -> usize {
    match codec {
        Compression::Lerc { then: LercThen::Deflate { .. } | LercThen::Zstd { .. }, .. } => lerc::bound(raw),
        _ => 0,
    }
}

/// Most bytes of codec state for segments of `raw` bytes.
fn codec_state_bytes(codec: Compression, raw: usize) -> usize {
    match codec {
        Compression::None => 0,
        // Measured on libdeflate 1.26 (64-bit), rounded up: match finders and sequence stores are fixed arrays.
        Compression::Deflate { level: 0 } => 8 << 10,
        Compression::Deflate { level: 1 } => 204 << 10,
        Compression::Deflate { level: 2..=9 } => 660 << 10,
        Compression::Deflate { .. } => 9 << 20,
        Compression::Zstd { level } => zstd_state_bytes(level, raw),
        Compression::PackBits => 0,
        Compression::Lerc { then, .. } => {
            // A byte of mask a pixel, the plan of every micro-block, the codec behind.
            let then = match then {
                LercThen::Nothing => 0,
                LercThen::Deflate { level } => codec_state_bytes(Compression::Deflate { level }, lerc::bound(raw)),
                LercThen::Zstd { level } => codec_state_bytes(Compression::Zstd { level }, lerc::bound(raw)),
            };
            LERC_STATE * raw + (256 << 10) + then
        }
        // Planes of the components, padded to whole blocks.
        Compression::Jpeg { .. } => 2 * raw + (512 << 10),
        // Its frame grows by doubling.
        Compression::WebP => 6 * raw + (256 << 10),
        // weezl: a tree of 4,096 nodes and its buffers.
        Compression::Lzw => 104 << 10,
    }
}

/// A bound of `ZSTD_sizeof_CCtx` after one-shot compression of `raw` bytes, from the structure of the context:
/// tables by level, clipped to the input; a store for the sequences of one block; fixed state.
fn zstd_state_bytes(level: u8, raw: usize) -> usize {
    /// Greatest logarithms of the chain and hash tables by level, whatever the input's size (zstd 1.5.7).
    const CHAIN_HASH_LOG: [(u32, u32); 22] = [
        (14, 15),
        (15, 16),
        (16, 17),
        (18, 18),
        (18, 19),
        (18, 19),
        (19, 20),
        (19, 20),
        (20, 21),
        (21, 22),
        (21, 22),
        (22, 23),
        (22, 22),
        (22, 23),
        (23, 23),
        (22, 22),
        (23, 22),
        (23, 22),
        (24, 22),
        (25, 23),
        (26, 24),
        (27, 25),
    ];
    let (chain, hash) = CHAIN_HASH_LOG[usize::from(level.clamp(1, 22)) - 1];
    let window = raw.max(1).next_power_of_two().trailing_zeros().clamp(10, 27);
    let (chain, hash) = (chain.min(window + 1), hash.min(window + 1));
    // Greedy and lazy levels keep a byte of tags beside every entry of the hash table.
    let tags = if (4..=12).contains(&level) { 1 << hash } else { 0 };
    let tables = (4 << chain) + (4 << hash) + tags;
    // From level 11 on, by size of the input, the optimal parser and its table of 3-byte matches come in.
    let optimal = if level >= 11 { (4 << window.min(17)) + (160 << 10) } else { 0 };
    // Long-distance matching switches itself on where the window has 2^27 bytes.
    let long_distance = if window == 27 && level >= 20 { 24 << 20 } else { 0 };
    let block = (1usize << window).min(128 << 10);
    let sequences = block + block / 3 * 11;
    tables + optimal + long_distance + sequences + (48 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_bounds_agree_with_the_codecs_own() {
        for level in 0..=12 {
            let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(level).unwrap());
            for raw in [0, 1, 4999, 5000, 5001, 1 << 20] {
                assert!(codec_bound(Compression::Deflate { level: level as u8 }, raw) >= compressor.zlib_compress_bound(raw));
            }
        }
    }

    #[test]
    fn the_zstd_context_stays_close_under_its_bound() {
        for level in 1..=19u8 {
            for raw in [200, 4 << 10, 16 << 10, (16 << 10) + 1, 100 << 10, 128 << 10, 256 << 10, 300 << 10, 1 << 20, 4 << 20] {
                let mut compressor = zstd::bulk::Compressor::new(level.into()).unwrap();
                compressor.compress(&vec![7; raw]).unwrap();
                let measured = compressor.context_mut().sizeof();
                let bound = zstd_state_bytes(level, raw);
                assert!(measured <= bound, "level {level}, {raw} bytes: {measured} > {bound}");
                assert!(raw < (300 << 10) || bound <= 2 * measured, "level {level}, {raw} bytes: {measured} far below {bound}");
            }
        }
    }
}
