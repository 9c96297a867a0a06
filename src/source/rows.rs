//! Sources whose rows can be had at any place, such as arrays: chunks and cursors over them.

use super::{ChunkAt, Counters, RowCursor};
use crate::{
    error::{Error, Result},
    raster::{Chunking, Profile, Span},
};
use std::{sync::Arc, time::Instant};

/// Rows at any place of any plane.
pub(super) trait AnyRows: Send + Sync + 'static {
    fn profile(&self) -> &Profile;

    fn planes(&self) -> &[Chunking];

    /// Writes columns `cols` (inside the raster) of one row as native samples; `out` fits them.
    fn fill(&self, plane: usize, row: usize, cols: Span, out: &mut [u8]);
}

/// [`Source::decode_chunk`](super::Source::decode_chunk) of such a source.
pub(super) fn decode_chunk(rows: &impl AnyRows, at: ChunkAt, counters: &Counters, out: &mut [u8]) {
    let chunk = &rows.planes()[at.plane];
    let first = at.chunk_row * chunk.rows;
    let count = chunk.rows.min(rows.profile().rows - first);
    counters.count_decode(at);
    fill_rows(rows, at.plane, at.chunk_col, Span::new(first, first + count), counters, out);
}

fn fill_rows(rows: &impl AnyRows, plane: usize, chunk_col: usize, span: Span, counters: &Counters, out: &mut [u8]) {
    let started = Instant::now();
    let chunk = &rows.planes()[plane];
    let start = chunk_col * chunk.cols;
    let cols = Span::new(start, (start + chunk.cols).min(rows.profile().cols));
    for (row, out) in span.iter().zip(out.chunks_exact_mut(chunk.cols * chunk.pixel_bytes)) {
        rows.fill(plane, row, cols, &mut out[..cols.len() * chunk.pixel_bytes]);
    }
    counters.count_decode_time(started.elapsed());
}

/// A cursor over one chunk column of such a source.
pub(super) struct AnyRowsCursor<R> {
    pub rows: Arc<R>,
    pub counters: Arc<Counters>,
    pub plane: usize,
    pub chunk_col: usize,
    /// Next row.
    pub row: usize,
}

impl<R: AnyRows> RowCursor for AnyRowsCursor<R> {
    fn read_rows(&mut self, rows: usize, out: &mut [u8]) -> Result<()> {
        let chunk = &self.rows.planes()[self.plane];
        let span = Span::new(self.row, self.row + rows);
        if span.end > self.rows.profile().rows || out.len() != rows * chunk.cols * chunk.pixel_bytes {
            return Err(Error::Internal("a cursor was asked for rows that the raster does not have"));
        }
        for row in span.iter().filter(|row| row.is_multiple_of(chunk.rows)) {
            self.counters.count_decode(ChunkAt { plane: self.plane, chunk_row: row / chunk.rows, chunk_col: self.chunk_col });
        }
        fill_rows(&*self.rows, self.plane, self.chunk_col, span, &self.counters, out);
        self.row = span.end;
        Ok(())
    }
}

/// Chunks of full width and about 1 MiB.
pub(super) fn default_chunk(profile: &Profile, pixel_bytes: usize) -> (usize, usize) {
    let rows = ((1 << 20) / (profile.cols * pixel_bytes)).clamp(1, profile.rows);
    (rows, profile.cols)
}
