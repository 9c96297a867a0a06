//! What encoding costs in bytes: arithmetic for the planner, held to measurements by `tests/encode_memory.rs`.

use super::{SegmentSpec, mask, verify::verify_bytes};
use crate::{
    codec::{Compression, Shape},
    raster::Predictor,
};

/// Most bytes that one [`EncodeScratch`](super::EncodeScratch) holds while it works on segments of `spec`.
///
/// The result of [`encode`](super::SegmentEncoder::encode) is not included: at most [`max_segment_bytes`].
pub fn scratch_bytes(spec: &SegmentSpec) -> usize {
    let row = if carves_into_tile(spec.layout.predictor) { 0 } else { spec.row_bytes() };
    let compression = spec.layout.compression;
    // Where nothing is encoded, the tile buffer becomes the result.
    let tile = if compression.is_stored() { 0 } else { segment_bytes(compression, full_shape(spec)) };
    spec.picked_bytes() + mask_scratch_bytes(spec) + row + tile
}

/// Most bytes that one scratch holds besides where segments are decoded again: see
/// [`verifying`](super::SegmentEncoder::verifying).
pub fn verify_scratch_bytes(spec: &SegmentSpec) -> usize {
    let mask = Shape::of_bytes(mask::raw_bytes(spec));
    let mask = if mask.cols > 0 { verify_bytes(mask::COMPRESSION, &mask) } else { 0 };
    verify_bytes(spec.layout.compression, &full_shape(spec)) + mask
}

/// The pixels of a segment that has all rows of its raster's largest.
fn full_shape(spec: &SegmentSpec) -> Shape {
    Shape { rows: spec.raw_bytes() / spec.row_bytes(), ..spec.shape() }
}

/// Most bytes that one encoded segment of `spec` can have.
pub fn max_segment_bytes(spec: &SegmentSpec) -> usize {
    spec.layout.compression.bound(spec.raw_bytes()).max(mask::COMPRESSION.bound(mask::raw_bytes(spec)))
}

/// A segment before and after its codec, and the codec's state.
fn segment_bytes(compression: Compression, shape: Shape) -> usize {
    let raw = shape.bytes();
    raw + compression.bound(raw) + compression.encoder_bytes(&shape)
}

/// What a mask takes: the row of valid pixels, and its segment.
fn mask_scratch_bytes(spec: &SegmentSpec) -> usize {
    let raw = mask::raw_bytes(spec);
    if raw == 0 { 0 } else { spec.cols + segment_bytes(mask::COMPRESSION, Shape::of_bytes(raw)) }
}

/// Without a predictor (and with the file's byte order) a row needs no buffer of its own.
pub(super) fn carves_into_tile(predictor: Predictor) -> bool {
    predictor == Predictor::None && cfg!(target_endian = "little")
}
