//! Columns of a source's chunks under the lanes: how many of them a lane touches, and how wide what is held of them is.
//!
//! A cursor yields whole rows of its column of chunks, and these are kept for the lanes that follow. Where a lane begins
//! new columns, it and later lanes need only the right ends of the columns before: a few pixels of halo, or the rest of a
//! column that ends inside the lane. So these columns are *narrowed* to copies of their right ends, and their buffers
//! serve the new columns: at a seam between two wide chunks one is held, not two.

use super::{bytes::Bytes, spec::DecodeMode};
use crate::raster::Span;

/// Buffers that one column of chunks holds in one swath: whole chunks, or pieces of rows that its cursor yielded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HeldChunks {
    /// Kept from the swath before.
    pub before: usize,
    /// Decoded in this swath.
    pub new: usize,
    /// Kept for the next swath.
    pub after: usize,
}

/// Buffers side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferRow {
    /// Number of buffers.
    pub buffers: usize,
    /// Pixels of one row across all of them.
    pub cols: usize,
}

/// Columns of chunks of one plane, under the lanes of one schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkColumns {
    /// Number of columns of chunks.
    pub all: usize,
    /// Most columns that one lane touches.
    pub touched: usize,
    /// Most columns that two neighbouring lanes both touch.
    pub shared: usize,
    /// Number of lanes.
    pub lanes: usize,
    /// Pixels across one chunk.
    chunk_cols: usize,
    /// Pixels across the copies that columns of chunks are narrowed to; 0 where none is.
    pub narrow_cols: usize,
    /// Most pixels across the columns that are held while a lane decodes.
    decoding_cols: usize,
    /// Most pixels across the columns that are held from one lane to the next.
    shared_cols: usize,
}

impl ChunkColumns {
    /// Columns of chunks of `chunk_cols` pixels in a raster of `cols` pixels, under lanes that look at the columns `lanes`,
    /// left to right.
    pub fn new(lanes: &[Span], chunk_cols: usize, cols: usize) -> Self {
        let all = cols.div_ceil(chunk_cols);
        let mut columns =
            Self { all, touched: 0, shared: 0, lanes: lanes.len(), chunk_cols, narrow_cols: 0, decoding_cols: 0, shared_cols: 0 };
        let mut before = Span::default();
        for &lane in lanes {
            let touched = touched(lane, chunk_cols);
            columns.touched = columns.touched.max(touched.len());
            columns.shared = columns.shared.max(before.intersect(touched).len());
            columns.narrow_cols = narrowed(before, lane, chunk_cols).map_or(0, |(_, keep)| keep.len()).max(columns.narrow_cols);
            before = touched;
        }
        columns.walk(lanes);
        columns
    }

    /// Follows the lanes from left to right, narrowing columns as the executor does, and notes how wide what is held gets. A lane
    /// narrows only the column in which it begins, and those that begin further right touch no other narrowed one: so at most one is
    /// held at a time.
    fn walk(&mut self, lanes: &[Span]) {
        let mut narrow: Option<usize> = None;
        let mut before = Span::default();
        for &lane in lanes {
            let touched = touched(lane, self.chunk_cols);
            let old = touched.intersect(before);
            self.shared_cols = self.shared_cols.max(self.width(old, narrow));
            if let Some((column, _)) = narrowed(before, lane, self.chunk_cols) {
                // The copy is made before the buffer that it is made of is free.
                self.decoding_cols = self.decoding_cols.max((Bytes(self.width(old, narrow)) + self.narrow_cols).0);
                narrow = Some(column);
            }
            self.decoding_cols = self.decoding_cols.max(self.width(touched, narrow));
            before = touched;
        }
    }

    /// Pixels across what is held of these columns, of which one may be narrowed.
    fn width(&self, columns: Span, narrow: Option<usize>) -> usize {
        let whole = Bytes(columns.len()) * self.chunk_cols;
        let saved = narrow.filter(|column| columns.contains(*column)).map_or(0, |_| self.chunk_cols.saturating_sub(self.narrow_cols));
        (whole - Bytes(saved)).0
    }

    /// Most that all columns hold while a lane's rows are decoded.
    pub fn decoding(&self, held: HeldChunks, mode: DecodeMode) -> BufferRow {
        let most = self.at_most(held, self.touched).min(self.all * (held.before + held.new));
        self.buffer_row(most, held, mode, self.decoding_cols)
    }

    /// Most that all columns hold while a source that comes earlier is decoded: what was kept from the swath before, or,
    /// where there are several lanes, what the lanes so far have left.
    pub fn waiting(&self, held: HeldChunks, mode: DecodeMode) -> BufferRow {
        let most = if self.lanes > 1 { self.at_most(held, self.shared) } else { self.all * held.before };
        self.buffer_row(most, held, mode, self.shared_cols)
    }

    /// Most that all columns hold once a lane has taken its rows.
    pub fn taken(&self, held: HeldChunks, mode: DecodeMode) -> BufferRow {
        let most = if self.lanes > 1 { self.at_most(held, self.shared) } else { self.all * held.after };
        self.buffer_row(most, held, mode, self.shared_cols)
    }

    /// This many buffers as wide as chunks or, where their columns are narrowed, `narrow` pixels for each new piece: only
    /// rows that no other swath needs are narrowed.
    fn buffer_row(&self, buffers: usize, held: HeldChunks, mode: DecodeMode, narrow: usize) -> BufferRow {
        let cols = (Bytes(buffers) * self.chunk_cols).0;
        let is_narrowed = mode == DecodeMode::RowCursors && self.lanes > 1 && (held.before, held.after) == (0, 0);
        BufferRow { buffers, cols: if is_narrowed { cols.min((Bytes(narrow) * held.new).0) } else { cols } }
    }

    /// Most buffers at any time of a swath. Columns left of a lane hold what the next swath needs, those right of it what
    /// the swath before left, and `both` columns hold old and new rows.
    fn at_most(&self, held: HeldChunks, both: usize) -> usize {
        let either = held.before.max(held.after);
        self.all * either + both * (held.before + held.new).saturating_sub(either)
    }
}

/// Columns of chunks that a lane touches which looks at the columns `lane` of pixels.
pub fn touched(lane: Span, chunk_cols: usize) -> Span {
    Span::new(lane.start / chunk_cols, lane.end.div_ceil(chunk_cols))
}

/// The column of chunks that a lane may narrow, with the columns of pixels that it keeps of it. `before` are the columns of chunks that
/// the lane before touched. None where the lane begins no new columns, for then there is nothing to make room for. It is the one in
/// which the lane begins: of others between, the lane needs all.
pub fn narrowed(before: Span, lane: Span, chunk_cols: usize) -> Option<(usize, Span)> {
    let column = lane.start / chunk_cols;
    if touched(lane, chunk_cols).end <= before.end || column >= before.end {
        return None;
    }
    let keep = Span::new(lane.start, (column + 1) * chunk_cols);
    // A copy is worth making where it is at most half the size.
    (keep.len() <= chunk_cols / 2).then_some((column, keep))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: HeldChunks = HeldChunks { before: 0, new: 1, after: 0 };

    #[test]
    fn at_a_seam_one_wide_chunk_and_a_right_end_are_held() {
        // Lanes of 256 with a halo of one over two chunks of 4096.
        let lanes: Vec<Span> = (0..32).map(|lane| Span::new(lane * 256, (lane + 1) * 256).dilate(1, 8192)).collect();
        let columns = ChunkColumns::new(&lanes, 4096, 8192);
        assert_eq!((columns.all, columns.touched, columns.shared), (2, 2, 2));
        assert_eq!(columns.narrow_cols, 257);
        assert_eq!(columns.decoding(NEW, DecodeMode::RowCursors), BufferRow { buffers: 2, cols: 4096 + 257 });
        assert_eq!(columns.taken(NEW, DecodeMode::RowCursors), BufferRow { buffers: 2, cols: 4096 + 257 });
        // Whole chunks are shared with other swaths, and so are rows that wait for the next.
        assert_eq!(columns.decoding(NEW, DecodeMode::WholeChunks).cols, 8192);
        assert_eq!(columns.decoding(HeldChunks { after: 1, ..NEW }, DecodeMode::RowCursors).cols, 8192);
    }

    #[test]
    fn without_a_seam_nothing_is_narrowed() {
        let one = ChunkColumns::new(&[Span::new(0, 8192)], 4096, 8192);
        assert_eq!((one.narrow_cols, one.decoding(NEW, DecodeMode::RowCursors).cols), (0, 8192));
        // Chunks as wide as lanes, no halo: no lane touches two.
        let lanes: Vec<Span> = (0..4).map(|lane| Span::new(lane * 256, (lane + 1) * 256)).collect();
        let columns = ChunkColumns::new(&lanes, 256, 1000);
        assert_eq!((columns.narrow_cols, columns.shared, columns.decoding(NEW, DecodeMode::RowCursors).cols), (0, 0, 256));
    }

    #[test]
    fn a_lane_over_narrow_chunks_keeps_whole_ones_it_needs() {
        // Lanes of 64 with a halo of 20 over chunks of 16.
        let lanes: Vec<Span> = (0..4).map(|lane| Span::new(lane * 64, (lane + 1) * 64).dilate(20, 256)).collect();
        let columns = ChunkColumns::new(&lanes, 16, 256);
        // Columns 44..148 of lane 1: chunk 2 is narrowed to its last 4 pixels, chunks 3 to 5 stay as they are.
        assert_eq!(columns.narrow_cols, 4);
        assert_eq!(columns.touched, 8);
        assert_eq!(columns.decoding(NEW, DecodeMode::RowCursors).cols, 4 + 7 * 16);
    }
}
