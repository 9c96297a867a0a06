//! From finished pixels to the bytes of one TIFF segment.
//!
//! A [`SegmentEncoder`] carves a tile or strip out of a [`PixelWindow`](crate::raster::PixelWindow) row by row.
//! Missing samples become the sentinel and samples take their output type *in that one copy*; each row goes
//! through the predictor while it is still in the cache; the codec then sees the whole segment once.
//!
//! ```text
//! window row ──carve──▶ row buffer ──predict──▶ tile buffer ──codec──▶ EncodedSegment
//! ```
//!
//! Decisions:
//! - All memory but the result lives in an [`EncodeScratch`], one per worker and encoder, whose size
//!   [`scratch_bytes`] states beforehand.
//! - The bytes depend on the pixels and the [`SegmentSpec`] alone, never on what the scratch did before.
//! - Samples of edge tiles that lie outside the raster hold the sentinel if there is one, else zero.

mod carve;
mod cast;
mod fit;
mod mask;
mod memory;
mod missing;
mod overview;
mod scratch;
mod segment;
mod spec;
mod statistics;
mod tally;
mod verify;

#[cfg(test)]
mod roundtrip;

pub use mask::{COMPRESSION as MASK_COMPRESSION, fill as mask_fill};
pub use memory::{max_segment_bytes, scratch_bytes, verify_scratch_bytes};
pub use missing::{Counts, MaskFrom, MissingRule};
pub use overview::{OverviewTile, Pyramid, PyramidSpec, overview_tile_bytes, pyramid_bytes, pyramid_state_bytes};
pub use scratch::EncodeScratch;
pub use segment::{EncodedSegment, SegmentEncoder};
pub use spec::{Layout, SegmentSpec};
pub use statistics::{Statistics, statistics_of};
pub use tally::{tally_bytes, tally_len};
