//! Where rows come from.
//!
//! A [`Source`] is described by its [`Profile`] and the [`Chunking`] of its planes, both known from headers alone.
//! Rows are handed out in two ways, chosen by the plan: whole chunks decoded in parallel
//! ([`Source::decode_chunk`]), or a [`RowCursor`] per chunk column that keeps a suspended decoder and yields a few
//! rows at a time. Either way a job decodes each chunk once, and [`Counters`] prove it.

mod array;
mod chunk_at;
mod convert;
mod counters;
mod generator;
mod geotiff;
mod nodata_text;
mod origin_check;
mod read_at;
mod read_options;
mod rows;
mod sidecar;
mod unscaled;

pub use array::ArraySource;
pub use chunk_at::ChunkAt;
pub use convert::RowConverter;
pub use counters::{Counters, PlaneCounters};
pub use generator::GeneratorSource;
pub use geotiff::{GeoTiff, Storage, Validation, validate, validate_reader};
pub use origin_check::OriginCheck;
pub use read_at::ReadAt;
pub use read_options::{InputNodata, ReadOptions};
pub use sidecar::Sidecar;
pub use unscaled::Unscaled;

use crate::{
    codec::{Decoders, decoder_bytes},
    error::Result,
    raster::{Chunking, Profile},
};
use std::{any::Any, fmt, sync::Arc};

/// A raster whose rows can be read.
pub trait Source: Send + Sync + fmt::Debug {
    /// Path or name, for messages and the report.
    fn name(&self) -> String;

    /// What the raster is.
    fn profile(&self) -> &Profile;

    /// Chunking of every plane: one (chunky) or one a band (planar); last, the mask's where
    /// [`Profile::masked`] says there is one.
    fn planes(&self) -> &[Chunking];

    /// Files beside it that say more of it, and whether something of them was taken.
    fn sidecars(&self) -> &[Sidecar] {
        &[]
    }

    /// What fills rows on a device instead of decoding them on the host; the GPU backend knows its type. `None` for
    /// every source whose rows are decoded.
    fn on_device(&self) -> Option<&(dyn Any + Send + Sync)> {
        None
    }

    /// Bytes that the source itself holds while it is open (a chunk index, an array); the budget is charged for them.
    fn resident_bytes(&self) -> usize {
        0
    }

    /// Decodes one whole chunk, once.
    ///
    /// `out` receives native-endian samples, predictor undone, row after row with a stride of the chunk's full
    /// width (`planes()[plane].cols`); `out.len() == planes()[plane].chunk_bytes()`. Columns and rows beyond the
    /// raster hold anything. A sparse chunk yields nodata (zero where none is declared); a mask plane yields one byte
    /// a pixel, 0 where missing.
    ///
    /// # Errors
    /// [`Error::Input`](crate::error::Error::Input) or [`Error::Read`](crate::error::Error::Read), naming the chunk.
    fn decode_chunk(&self, at: ChunkAt, scratch: &mut DecodeScratch, counters: &Counters, out: &mut [u8]) -> Result<()>;

    /// A cursor over the rows of one chunk column, from row 0.
    ///
    /// # Errors
    /// As [`decode_chunk`](Self::decode_chunk).
    fn open_cursor(&self, plane: usize, chunk_col: usize, counters: Arc<Counters>) -> Result<Box<dyn RowCursor>>;
}

/// Hands out the rows of one chunk column, monotonically, from a suspended decoder.
pub trait RowCursor: Send {
    /// Decodes the next `rows` rows of the raster in this chunk column into `out`
    /// (`rows * cols * pixel_bytes` bytes, laid out as [`Source::decode_chunk`] does).
    ///
    /// # Errors
    /// As [`Source::decode_chunk`].
    fn read_rows(&mut self, rows: usize, out: &mut [u8]) -> Result<()>;
}

/// Buffers that one worker reuses from chunk to chunk. Its size is bounded by
/// [`DecodeScratch::bytes_for`], which the planner charges.
#[derive(Debug, Default)]
pub struct DecodeScratch {
    /// Encoded bytes of the chunk in hand.
    pub encoded: Vec<u8>,
    /// One row, for predictor 3.
    pub row: Vec<u8>,
    decoders: Decoders,
}

impl DecodeScratch {
    /// The first `len` bytes of the buffer for encoded chunks, which grows to exactly the largest chunk seen.
    fn encoded(&mut self, len: usize) -> &mut [u8] {
        if self.encoded.len() < len {
            self.encoded.clear();
            self.encoded.reserve_exact(len);
            self.encoded.resize(len, 0);
        }
        &mut self.encoded[..len]
    }

    /// Upper bound of the bytes that decoding chunks of such a plane needs, the state of every decoder included (each is
    /// made when it is first used).
    pub fn bytes_for(plane: &Chunking) -> usize {
        plane.max_encoded_bytes + plane.cols * plane.pixel_bytes + decoder_bytes()
    }
}
