//! Tiles of overviews in the making: filled as samples come, given away when whole.

use crate::{
    error::Result,
    execute::{Buffer, BufferPool},
    raster::{LevelSize, PixelRows, PixelWindow, SampleType, Span},
};
use std::{collections::BTreeMap, sync::Arc};

/// A whole tile of an overview, in the file's sample type, missing samples as the sentinel.
#[derive(Clone, Debug)]
pub struct OverviewTile {
    /// Level: overview `n` is level `n`.
    pub level: usize,
    /// Row of tiles.
    pub seg_row: usize,
    /// Column of tiles.
    pub seg_col: usize,
    /// Its pixels, clipped to the level.
    pub window: PixelWindow,
}

/// The pixels of one tile in a pooled buffer.
struct Tile {
    first_row: usize,
    row_bytes: usize,
    data: Buffer,
}

impl PixelRows for Tile {
    fn row(&self, row: usize) -> &[u8] {
        let start = (row - self.first_row) * self.row_bytes;
        &self.data.bytes()[start..start + self.row_bytes]
    }
}

struct Filling {
    rows: Span,
    cols: Span,
    data: Buffer,
    /// Samples still to come.
    left: usize,
}

/// All tiles in the making.
pub(super) struct Blocks {
    sizes: Vec<LevelSize>,
    tile_rows: usize,
    tile_cols: usize,
    bands: usize,
    sample: SampleType,
    pool: Arc<BufferPool>,
    /// By level, row and column of tiles.
    filling: BTreeMap<(usize, usize, usize), Filling>,
    whole: Vec<OverviewTile>,
}

impl Blocks {
    /// For the levels of `sizes` (level 0 is the first and has no tiles here).
    pub fn new(sizes: Vec<LevelSize>, tile: (usize, usize), bands: usize, sample: SampleType, pool: Arc<BufferPool>) -> Self {
        let (tile_rows, tile_cols) = tile;
        Self { sizes, tile_rows, tile_cols, bands, sample, pool, filling: BTreeMap::new(), whole: Vec::new() }
    }

    /// Takes samples of one band of one row of a level: native-endian, without gaps.
    pub fn put(&mut self, level: usize, row: usize, cols: Span, band: usize, samples: &[u8]) -> Result<()> {
        let width = self.sample.bytes();
        let pixel = self.bands * width;
        let mut at = cols.start;
        while at < cols.end {
            let key = (level, row / self.tile_rows, at / self.tile_cols);
            let block = match self.filling.get_mut(&key) {
                Some(block) => block,
                None => {
                    let begun = self.begin(key)?;
                    self.filling.entry(key).or_insert(begun)
                }
            };
            let end = cols.end.min(block.cols.end);
            let from = &samples[(at - cols.start) * width..(end - cols.start) * width];
            let start = ((row - block.rows.start) * block.cols.len() + at - block.cols.start) * pixel;
            let to = &mut block.data.bytes_mut()[start..start + (end - at) * pixel];
            if self.bands == 1 {
                to.copy_from_slice(from);
            } else {
                for (pixel, sample) in to.chunks_exact_mut(pixel).zip(from.chunks_exact(width)) {
                    pixel[band * width..(band + 1) * width].copy_from_slice(sample);
                }
            }
            block.left -= end - at;
            if block.left == 0 {
                self.finish(key);
            }
            at = end;
        }
        Ok(())
    }

    fn begin(&self, (level, seg_row, seg_col): (usize, usize, usize)) -> Result<Filling> {
        let size = self.sizes[level];
        let clip = |at: usize, len: usize, limit: usize| Span::new(at * len, ((at + 1) * len).min(limit));
        let (rows, cols) = (clip(seg_row, self.tile_rows, size.rows), clip(seg_col, self.tile_cols, size.cols));
        // Buffers of one size, so that the pool can use them again.
        let data = self.pool.take(block_bytes((self.tile_rows, self.tile_cols), self.bands, self.sample))?;
        Ok(Filling { rows, cols, data, left: rows.len() * cols.len() * self.bands })
    }

    fn finish(&mut self, key: (usize, usize, usize)) {
        let Some(Filling { rows, cols, data, .. }) = self.filling.remove(&key) else { return };
        let tile = Tile { first_row: rows.start, row_bytes: cols.len() * self.bands * self.sample.bytes(), data };
        let window = PixelWindow { rows, cols, bands: self.bands, sample: self.sample, data: Arc::new(tile) };
        self.whole.push(OverviewTile { level: key.0, seg_row: key.1, seg_col: key.2, window });
    }

    /// The tiles that have become whole since this was last called.
    pub fn take_whole(&mut self) -> Vec<OverviewTile> {
        std::mem::take(&mut self.whole)
    }

    /// Whether nothing is left half filled.
    pub fn is_empty(&self) -> bool {
        self.filling.is_empty() && self.whole.is_empty()
    }
}

/// Bytes of the buffer of one tile.
pub(super) fn block_bytes(tile: (usize, usize), bands: usize, sample: SampleType) -> usize {
    (tile.0 * tile.1 * bands * sample.bytes()).next_multiple_of(8)
}
