//! From encoded segments to a GeoTIFF that appears whole or not at all.
//!
//! The writer is a deliberately dumb store: segments are [put](GeoTiffWriter::put) under a [`SegmentKey`] and lie
//! in the file in the order they came; it knows nothing of pixels.
//!
//! Decisions:
//! - The file is `header, IFD, arrays, segment index, segments`: everything a reader needs first stands first.
//!   The length of that prefix follows from the [`FileSpec`] alone, so it is reserved and patched at the end.
//! - Classic or BigTIFF is decided from sizes ([`size`]): beforehand where the upper bound fits 4 GiB, else at the
//!   end, with room kept for the larger prefix.
//! - No dates, no software name: equal pixels give equal files.
//! - A hidden temporary in the same directory takes the bytes; `finish` syncs and renames it. An unfinished
//!   output never has the final name.

mod geokeys;
mod ifd;
mod publish;
pub mod size;
mod tags;
mod writer;

#[cfg(test)]
mod tests;

pub use writer::{FileSpec, GeoTiffWriter, SegmentKey, WrittenFile, writer_bytes};
