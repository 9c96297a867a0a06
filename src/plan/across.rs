//! Columns of chunks side by side: how many a lane touches, and how wide what is held of them is.
//!
//! A cursor yields whole rows of its chunk column, and these are kept for the lanes to come. Where a lane begins new
//! columns, all that it and later lanes still look at of the columns before is their right ends: a few pixels of halo,
//! or the rest of a column that ends inside the lane. So these are *narrowed* to copies of their right ends, and the
//! buffers serve the new columns: at a seam between two wide chunks one is held, not two.

use super::spec::DecodeMode;
use crate::raster::Span;

/// What one column of chunks holds, in buffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Held {
    /// Brought from the swath before.
    pub before: usize,
    /// Decoded in this one.
    pub new: usize,
    /// Left for the next.
    pub after: usize,
}

/// Buffers side by side: their number, and their pixels in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wide {
    /// Number of buffers.
    pub buffers: usize,
    /// Pixels that a row of all of them has.
    pub cols: usize,
}

/// Columns of chunks of one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Across {
    /// All.
    pub all: usize,
    /// Most that one lane touches.
    pub touched: usize,
    /// Most that two neighbouring lanes touch.
    pub shared: usize,
    /// Number of lanes.
    pub lanes: usize,
    /// Columns of pixels of a chunk.
    chunk_cols: usize,
    /// Columns of pixels of the copies that columns of chunks are narrowed to; 0 where none is.
    pub narrow_cols: usize,
    /// Most pixels that rows of a lane's columns have while it decodes.
    decoding_cols: usize,
    /// Most pixels that rows of columns have which two neighbouring lanes touch.
    shared_cols: usize,
}

impl Across {
    /// Of chunks `chunk_cols` wide under lanes that look at these columns, left to right, of a raster `cols` wide.
    pub fn new(lanes: &[Span], chunk_cols: usize, cols: usize) -> Self {
        let all = cols.div_ceil(chunk_cols);
        let mut across =
            Self { all, touched: 0, shared: 0, lanes: lanes.len(), chunk_cols, narrow_cols: 0, decoding_cols: 0, shared_cols: 0 };
        let mut before = Span::default();
        for &lane in lanes {
            let touched = touched(lane, chunk_cols);
            across.touched = across.touched.max(touched.len());
            across.shared = across.shared.max(before.intersect(touched).len());
            across.narrow_cols = narrowed(before, lane, chunk_cols).map(|(_, keep)| keep.len()).fold(across.narrow_cols, usize::max);
            before = touched;
        }
        across.walk(lanes);
        across
    }

    /// Follows the lanes over the columns, narrowing as the executor does.
    fn walk(&mut self, lanes: &[Span]) {
        let mut width = vec![self.chunk_cols; self.all];
        let sum = |width: &[usize], columns: Span| -> usize { columns.iter().map(|c| width[c]).sum() };
        let mut before = Span::default();
        for &lane in lanes {
            let touched = touched(lane, self.chunk_cols);
            let old = touched.intersect(before);
            self.shared_cols = self.shared_cols.max(sum(&width, old));
            for (column, _) in narrowed(before, lane, self.chunk_cols) {
                // The copy is made before the buffer that it is made of is free.
                self.decoding_cols = self.decoding_cols.max(sum(&width, old) + self.narrow_cols);
                width[column] = width[column].min(self.narrow_cols);
            }
            self.decoding_cols = self.decoding_cols.max(sum(&width, touched));
            before = touched;
        }
    }

    /// Most that is held while a lane's rows are decoded, over all columns.
    pub fn decoding(&self, held: Held, mode: DecodeMode) -> Wide {
        let most = self.at_most(held, self.touched).min(self.all * (held.before + held.new));
        self.wide(most, held, mode, self.decoding_cols)
    }

    /// Most that is held while another source is decoded before this one (or, in lanes, at any time).
    pub fn waiting(&self, held: Held, mode: DecodeMode) -> Wide {
        let most = if self.lanes > 1 { self.at_most(held, self.shared) } else { self.all * held.before };
        self.wide(most, held, mode, self.shared_cols)
    }

    /// Most that is held once a lane has taken its rows.
    pub fn taken(&self, held: Held, mode: DecodeMode) -> Wide {
        let most = if self.lanes > 1 { self.at_most(held, self.shared) } else { self.all * held.after };
        self.wide(most, held, mode, self.shared_cols)
    }

    /// So many buffers, or what is left of them: only rows that no other swath asks for are narrowed.
    fn wide(&self, buffers: usize, held: Held, mode: DecodeMode, narrow: usize) -> Wide {
        let cols = buffers * self.chunk_cols;
        let alone = mode == DecodeMode::RowCursors && self.lanes > 1 && (held.before, held.after) == (0, 0);
        Wide { buffers, cols: if alone { cols.min(narrow * held.new) } else { cols } }
    }

    /// Columns left of a lane are done with, those right of it are as the swath before left them, and `both` have old and new rows.
    fn at_most(&self, held: Held, both: usize) -> usize {
        let either = held.before.max(held.after);
        self.all * either + both * (held.before + held.new).saturating_sub(either)
    }
}

/// Columns of chunks that a lane touches which looks at these columns of pixels.
pub fn touched(lane: Span, chunk_cols: usize) -> Span {
    Span::new(lane.start / chunk_cols, lane.end.div_ceil(chunk_cols))
}

/// Columns of chunks among those `before`, touched by the lane before, that a lane needs but the right ends of, and
/// these ends. None where the lane begins no new columns, for then there is nothing to make room for.
pub fn narrowed(before: Span, lane: Span, chunk_cols: usize) -> impl Iterator<Item = (usize, Span)> {
    let begins_new = touched(lane, chunk_cols).end > before.end;
    let columns = if begins_new { Span::new(lane.start / chunk_cols, before.end) } else { Span::default() };
    columns.iter().filter_map(move |column| {
        let keep = Span::new(lane.start.max(column * chunk_cols), (column + 1) * chunk_cols);
        // A copy is worth making where it is half the size at most.
        (2 * keep.len() <= chunk_cols).then_some((column, keep))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Held = Held { before: 0, new: 1, after: 0 };

    #[test]
    fn at_a_seam_one_wide_chunk_and_part_of_the_other_are_held() {
        // Lanes of 256 with a halo of one over two chunks of 4096.
        let lanes: Vec<Span> = (0..32).map(|lane| Span::new(lane * 256, (lane + 1) * 256).dilate(1, 8192)).collect();
        let across = Across::new(&lanes, 4096, 8192);
        assert_eq!((across.all, across.touched, across.shared), (2, 2, 2));
        assert_eq!(across.narrow_cols, 257);
        assert_eq!(across.decoding(NEW, DecodeMode::RowCursors), Wide { buffers: 2, cols: 4096 + 257 });
        assert_eq!(across.taken(NEW, DecodeMode::RowCursors), Wide { buffers: 2, cols: 4096 + 257 });
        // Whole chunks are shared with other swaths, and so are rows that wait for the next.
        assert_eq!(across.decoding(NEW, DecodeMode::WholeChunks).cols, 8192);
        assert_eq!(across.decoding(Held { after: 1, ..NEW }, DecodeMode::RowCursors).cols, 8192);
    }

    #[test]
    fn without_a_seam_nothing_is_narrowed() {
        let one = Across::new(&[Span::new(0, 8192)], 4096, 8192);
        assert_eq!((one.narrow_cols, one.decoding(NEW, DecodeMode::RowCursors).cols), (0, 8192));
        // Chunks as wide as lanes, no halo: no lane touches two.
        let lanes: Vec<Span> = (0..4).map(|lane| Span::new(lane * 256, (lane + 1) * 256)).collect();
        let across = Across::new(&lanes, 256, 1000);
        assert_eq!((across.narrow_cols, across.shared, across.decoding(NEW, DecodeMode::RowCursors).cols), (0, 0, 256));
    }

    #[test]
    fn a_lane_keeps_the_narrow_chunks_that_it_needs_whole() {
        // Lanes of 64 with a halo of 20 over chunks of 16.
        let lanes: Vec<Span> = (0..4).map(|lane| Span::new(lane * 64, (lane + 1) * 64).dilate(20, 256)).collect();
        let across = Across::new(&lanes, 16, 256);
        // Columns 44..148 of lane 1: chunk 2 is narrowed to its last 4 pixels, chunks 3 to 5 stay as they are.
        assert_eq!(across.narrow_cols, 4);
        assert_eq!(across.touched, 8);
        assert_eq!(across.decoding(NEW, DecodeMode::RowCursors).cols, 4 + 7 * 16);
    }
}
