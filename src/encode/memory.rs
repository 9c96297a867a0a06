//! What encoding costs in bytes: arithmetic for the planner, held to measurements by `tests/encode_memory.rs`.

use super::{SegmentSpec, mask};
use crate::{codec::Compression, raster::Predictor};

/// Most bytes that one [`EncodeScratch`](super::EncodeScratch) holds while it works on segments of `spec`.
///
/// The result of [`encode`](super::SegmentEncoder::encode) is not included: at most [`max_segment_bytes`].
pub fn scratch_bytes(spec: &SegmentSpec) -> usize {
    let row = if carves_into_tile(spec.layout.predictor) { 0 } else { spec.row_bytes() };
    let compression = spec.layout.compression;
    // Where nothing is encoded, the tile buffer becomes the result.
    let tile = if compression.is_stored() { 0 } else { segment_bytes(compression, spec.raw_bytes()) };
    spec.picked_bytes() + mask_scratch_bytes(spec) + row + tile
}

/// Most bytes that one encoded segment of `spec` can have.
pub fn max_segment_bytes(spec: &SegmentSpec) -> usize {
    spec.layout.compression.bound(spec.raw_bytes()).max(mask::COMPRESSION.bound(mask::raw_bytes(spec)))
}

/// A segment before and after its codec, and the codec's state.
fn segment_bytes(compression: Compression, raw: usize) -> usize {
    raw + compression.bound(raw) + compression.encoder_bytes(raw)
}

/// What a mask takes: the row of valid pixels, and its segment.
fn mask_scratch_bytes(spec: &SegmentSpec) -> usize {
    let raw = mask::raw_bytes(spec);
    if raw == 0 { 0 } else { spec.cols + segment_bytes(mask::COMPRESSION, raw) }
}

/// Without a predictor (and with the file's byte order) a row needs no buffer of its own.
pub(super) fn carves_into_tile(predictor: Predictor) -> bool {
    predictor == Predictor::None && cfg!(target_endian = "little")
}
