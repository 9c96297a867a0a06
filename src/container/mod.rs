//! From encoded segments to a GeoTIFF that appears whole or not at all.
//!
//! The writer is a deliberately dumb store: segments are [put](GeoTiffWriter::put) under a [`SegmentKey`] and lie
//! in the file in the order they came; it knows nothing of pixels.
//!
//! Decisions:
//! - The file is `header, directories with their arrays, segments`: everything a reader needs first stands first.
//!   The length of that prefix follows from the [`FileSpec`] alone. In a plain file it is reserved and patched at the
//!   end, and overviews stand behind full resolution.
//! - A COG has its overviews, smallest first, before full resolution. Full resolution streams to the file from its
//!   first byte; overviews wait in a spool; at the end room is made in front for prefix and overviews. Base
//!   data know nothing of their place, so the header is chosen then, by the actual size.
//! - Classic or BigTIFF is decided from sizes ([`size`]): beforehand where the upper bound fits 4 GiB, else at the
//!   end, with room kept for the larger prefix.
//! - No dates, no software name: equal pixels give equal files.
//! - What takes the bytes is a sink (`sink.rs`): a file or memory, asked for little and in one order. What goes to a writer, such
//!   as a pipe, cannot be patched there: it waits as a file without a name, in the plan's temporary disk.
//! - A hidden temporary in the same directory takes the bytes; `complete` syncs it, `publish_all` renames it: of several files
//!   of a job all, or none. An unfinished output never has the final name. Its temporary is locked while its process lives; what a killed one left is
//!   removed by the next run for the same output.

mod complete;
mod delivery;
mod disk;
mod failpoint;
mod file_system;
mod finish;
mod geokeys;
mod ifd;
mod metadata;
mod prefix;
mod publish;
mod room;
mod sink;
pub mod size;
mod spool;
mod tags;
mod temporary_name;
mod writer;

#[cfg(test)]
mod tests;

pub use complete::{CompleteFile, publish_all};
pub use publish::{is_same_file, write_whole};
pub use writer::{FileSpec, GeoTiffWriter, SegmentKey, WrittenFile, writer_bytes};
