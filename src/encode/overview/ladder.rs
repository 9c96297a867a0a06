//! One band's cascade from level to level, patch by patch.
//!
//! A patch is a rectangle of new samples of a level. What of the level above can be computed from it and from what was
//! kept before is a pure function of how many rows and columns are known: [`ready`]. So the only state are samples:
//! full-width rows that later patches below look back at, and columns that the next patch to the right does.

use super::{
    super::cast::Cell,
    blocks::Blocks,
    method::{BandPlace, Below, Method, Pixels, Row, Sums, alpha_of},
};
use crate::{
    error::Result,
    raster::{LevelSize, SentinelRange, Span, widest},
};
use bytemuck::{Zeroable, pod_read_unaligned};

/// Rows (or columns) of the level above that are known once `have` of `total` below are.
fn ready(have: usize, total: usize, reach: usize) -> usize {
    if have == total { total.div_ceil(2) } else { have.saturating_sub(reach) / 2 }
}

/// First row (or column) that is still looked at once `have` of `total` are known.
fn keep(have: usize, total: usize, reach: usize) -> usize {
    (2 * ready(have, total, reach)).saturating_sub(reach).min(have)
}

/// Most rows (or columns) that are kept.
pub(super) const fn kept(reach: usize) -> usize {
    2 * reach + 1
}

/// Most new rows (or columns) of the level above from so many below.
pub(super) const fn advance(new: usize, reach: usize) -> usize {
    (new + reach).div_ceil(2) + 1
}

/// Samples of a level, row by row.
struct Plane<V> {
    values: Vec<V>,
    weights: Vec<f64>,
    stride: usize,
}

impl<V: Zeroable + Copy> Plane<V> {
    fn new(rows: usize, stride: usize) -> Self {
        Self { values: vec![V::zeroed(); rows * stride], weights: vec![0.0; rows * stride], stride }
    }

    fn row(&self, row: usize, cols: usize) -> Row<'_, V> {
        let start = row * self.stride;
        Row { values: &self.values[start..start + cols], weights: &self.weights[start..start + cols] }
    }

    fn row_mut(&mut self, row: usize, at: usize, cols: usize) -> (&mut [V], &mut [f64]) {
        let start = row * self.stride + at;
        (&mut self.values[start..start + cols], &mut self.weights[start..start + cols])
    }

    fn copy_row(&mut self, row: usize, at: usize, from: &Self, from_row: usize, from_at: usize, cols: usize) {
        let start = from_row * from.stride + from_at;
        let (values, weights) = self.row_mut(row, at, cols);
        values.copy_from_slice(&from.values[start..start + cols]);
        weights.copy_from_slice(&from.weights[start..start + cols]);
    }

    /// Moves columns `from..from + cols` of a row to its begin.
    fn shift_row(&mut self, row: usize, from: usize, cols: usize) {
        let start = row * self.stride;
        self.values.copy_within(start + from..start + from + cols, start);
        self.weights.copy_within(start + from..start + from + cols, start);
    }
}

/// One level, as that from which the next is made.
struct Level<V> {
    size: LevelSize,
    /// Kept and new rows, kept and new columns.
    patch: Plane<V>,
    /// Rows kept for the patches below, full width.
    carry: Plane<V>,
}

/// The cascade of one band.
pub(super) struct Ladder<T: Cell, M: Method<T>> {
    method: M,
    /// What stands for missing, and what readers take for it.
    sentinel: Option<(T, SentinelRange<T>)>,
    /// Where in the tiles' pixels it stands whether they are valid, where a mask says so.
    mask_band: Option<usize>,
    /// Level 0 and up, without the last.
    levels: Vec<Level<M::Value>>,
    /// One row of the level above.
    values: Vec<M::Value>,
    weights: Vec<f64>,
    samples: Vec<T>,
    sums: Sums,
}

/// Bytes of the cascade of one band.
pub(super) fn ladder_bytes(sizes: &[LevelSize], patch: (usize, usize), value: usize, sample: usize, reach: usize) -> usize {
    let (mut rows, mut cols) = patch;
    let row = (cols + kept(reach)) * (value + 8 + sample + 8 * Sums::ROWS);
    let below = &sizes[..sizes.len().saturating_sub(1)];
    let levels: usize = below
        .iter()
        .map(|size| {
            let bytes = ((rows + kept(reach)) * (cols + kept(reach)) + kept(reach) * size.cols) * (value + 8);
            (rows, cols) = (advance(rows, reach), advance(cols, reach));
            bytes
        })
        .sum();
    row + levels
}

/// A ladder whose types are settled.
pub(super) trait BandLadder: Send {
    /// Takes row `row` of a patch whose first row and columns are these: pixel-interleaved samples,
    /// of which these are one band; a mask may say which pixels are valid.
    fn feed(&mut self, rows: Span, cols: Span, row: usize, pixels: &[u8], band: BandPlace, valid: Option<&[u8]>);
    /// Whether patches may be fused: whole pairs of rows and columns, but for the raster's last.
    fn fuses(&self, rows: Span, cols: Span) -> bool;
    /// Takes rows `row` and the next, if there is one, of a patch that may be fused, at once and further than
    /// [`feed`](Self::feed).
    fn fuse(
        &mut self,
        rows: Span,
        cols: Span,
        row: usize,
        pixels: [Option<Pixels<'_>>; 2],
        band: BandPlace,
        blocks: &mut Blocks,
    ) -> Result<()>;
    /// As [`climb`](Self::climb), after all rows of the patch were fused.
    fn climb_fused(&mut self, rows: Span, cols: Span, band: usize, blocks: &mut Blocks) -> Result<()>;
    /// All rows of the patch are fed: makes of it what can be made.
    fn climb(&mut self, rows: Span, cols: Span, band: usize, blocks: &mut Blocks) -> Result<()>;
}

impl<T: Cell, M: Method<T>> Ladder<T, M> {
    /// For patches of at most this many rows and columns.
    pub fn new(
        method: M,
        sizes: &[LevelSize],
        patch: (usize, usize),
        sentinel: Option<(T, SentinelRange<T>)>,
        mask_band: Option<usize>,
    ) -> Self {
        let (mut rows, mut cols) = patch;
        let width = cols + kept(M::REACH);
        let mut levels = Vec::new();
        for &size in &sizes[..sizes.len().saturating_sub(1)] {
            let patch = Plane::new(rows + kept(M::REACH), cols + kept(M::REACH));
            levels.push(Level { size, patch, carry: Plane::new(kept(M::REACH), size.cols) });
            (rows, cols) = (advance(rows, M::REACH), advance(cols, M::REACH));
        }
        let (values, weights, samples) = (vec![M::Value::zeroed(); width], vec![0.0; width], vec![T::zeroed(); width]);
        Self { method, sentinel, mask_band, levels, values, weights, samples, sums: Sums::new(width) }
    }

    /// Rows and columns of level 1 that become known with a patch of level 0.
    fn above(&self, rows: Span, cols: Span) -> (Span, Span) {
        let size = self.levels[0].size;
        let of = |span: Span, total| Span::new(ready(span.start, total, M::REACH), ready(span.end, total, M::REACH));
        (of(rows, size.rows), of(cols, size.cols))
    }

    fn level(&mut self, l: usize, rows: Span, cols: Span, band: usize, blocks: &mut Blocks) -> Result<()> {
        let size = self.levels[l].size;
        let (top, left) = (keep(rows.start, size.rows, M::REACH), keep(cols.start, size.cols, M::REACH));
        let here = &mut self.levels[l];
        for row in top..rows.start {
            here.patch.copy_row(row - top, cols.start - left, &here.carry, row - top, cols.start, cols.len());
        }
        let above_rows = Span::new(ready(rows.start, size.rows, M::REACH), ready(rows.end, size.rows, M::REACH));
        let above_cols = Span::new(ready(cols.start, size.cols, M::REACH), ready(cols.end, size.cols, M::REACH));
        if !above_rows.is_empty() && !above_cols.is_empty() {
            for row in above_rows.iter() {
                self.row_above(l, row, (top, rows.end), (left, cols.end), above_cols);
                self.give(l + 1, row, (above_rows, above_cols), band, blocks)?;
            }
            if l + 1 < self.levels.len() {
                self.level(l + 1, above_rows, above_cols, band, blocks)?;
            }
        }
        let here = &mut self.levels[l];
        let from = keep(rows.end, size.rows, M::REACH);
        for row in from..rows.end {
            here.carry.copy_row(row - from, cols.start, &here.patch, row - top, cols.start - left, cols.len());
        }
        let stays = keep(cols.end, size.cols, M::REACH);
        for row in top..rows.end {
            here.patch.shift_row(row - top, stays - left, cols.end - stays);
        }
        Ok(())
    }

    /// Computes columns `cols` of one row of the level above `l`, whose patch begins and ends as given.
    fn row_above(&mut self, l: usize, row: usize, (top, bottom): (usize, usize), (left, right): (usize, usize), cols: Span) {
        let Self { method, levels, values, weights, sums, .. } = self;
        let patch = &levels[l].patch;
        let mut rows = [None; 8];
        for (t, slot) in rows.iter_mut().take(2 + 2 * M::REACH).enumerate() {
            let at = (2 * row + t).checked_sub(M::REACH).filter(|at| (top..bottom).contains(at));
            *slot = at.map(|at| patch.row(at - top, right - left));
        }
        let below = Below { rows, first: 2 * cols.start - left };
        method.combine(&below, sums, &mut values[..cols.len()], &mut weights[..cols.len()]);
    }

    /// Hands the row over to the tiles and to the level's own patch, which begins as given.
    fn give(&mut self, level: usize, row: usize, (rows, cols): (Span, Span), band: usize, blocks: &mut Blocks) -> Result<()> {
        let missing = self.sentinel.map_or_else(|| T::from_f64(f64::NAN), |(missing, _)| missing);
        let range = self.sentinel.map(|(_, range)| range);
        let (method, samples) = (self.method, &mut self.samples[..cols.len()]);
        widest(
            #[inline(always)]
            || {
                for ((&value, &weight), sample) in self.values.iter().zip(&self.weights).zip(&mut *samples) {
                    // Computed for missing ones too, so that the loop has no branch.
                    let valid = method.give(value, weight, range);
                    *sample = if (weight > 0.0) & !valid.is_nan() { valid } else { missing };
                }
            },
        );
        blocks.put(level, row, cols, band, bytemuck::cast_slice(&self.samples[..cols.len()]))?;
        if let (0, Some(mask)) = (band, self.mask_band) {
            // Pixels are missing in all bands or in none.
            for (&weight, sample) in self.weights.iter().zip(&mut self.samples).take(cols.len()) {
                *sample = T::from_u64(u64::from(weight > 0.0));
            }
            blocks.put(level, row, cols, mask, bytemuck::cast_slice(&self.samples[..cols.len()]))?;
        }
        if let Some(above) = self.levels.get_mut(level) {
            let (top, left) = (keep(rows.start, above.size.rows, M::REACH), keep(cols.start, above.size.cols, M::REACH));
            let (values, weights) = above.patch.row_mut(row - top, cols.start - left, cols.len());
            values.copy_from_slice(&self.values[..cols.len()]);
            weights.copy_from_slice(&self.weights[..cols.len()]);
        }
        Ok(())
    }
}

impl<T: Cell, M: Method<T>> BandLadder for Ladder<T, M> {
    fn feed(&mut self, rows: Span, cols: Span, row: usize, pixels: &[u8], place: BandPlace, valid: Option<&[u8]>) {
        let BandPlace { band, bands, alpha } = place;
        let (method, sentinel) = (self.method, self.sentinel.map(|(_, range)| range));
        let base = &mut self.levels[0];
        let (top, left) = (keep(rows.start, base.size.rows, M::REACH), keep(cols.start, base.size.cols, M::REACH));
        let (values, weights) = base.patch.row_mut(row - top, cols.start - left, cols.len());
        let width = size_of::<T>();
        let samples = pixels.chunks_exact(bands * width).map(|pixel| pod_read_unaligned::<T>(&pixel[band * width..(band + 1) * width]));
        for ((value, weight), sample) in values.iter_mut().zip(weights).zip(samples) {
            let missing = sample.is_nan() | sentinel.is_some_and(|sentinel| sentinel.has(sample));
            *value = if missing { M::Value::zeroed() } else { method.take(sample) };
            *weight = if missing { 0.0 } else { 1.0 };
        }
        if let Some(alpha) = alpha {
            let (values, weights) = base.patch.row_mut(row - top, cols.start - left, cols.len());
            let weighed = values.iter_mut().zip(weights).zip(pixels.chunks_exact(bands * width));
            for ((value, weight), pixel) in weighed.filter(|((_, weight), _)| **weight > 0.0) {
                (*value, *weight) = method.behind(*value, alpha_of::<T>(pixel, alpha));
            }
        }
        if let Some(valid) = valid {
            let (values, weights) = base.patch.row_mut(row - top, cols.start - left, cols.len());
            for ((value, weight), _) in values.iter_mut().zip(weights).zip(valid).filter(|(_, valid)| **valid == 0) {
                (*value, *weight) = (M::Value::zeroed(), 0.0);
            }
        }
    }

    fn fuses(&self, rows: Span, cols: Span) -> bool {
        let size = self.levels[0].size;
        let even = |span: Span, total: usize| span.start.is_multiple_of(2) && (span.end.is_multiple_of(2) || span.end == total);
        M::FUSED && even(rows, size.rows) && even(cols, size.cols)
    }

    fn fuse(
        &mut self,
        rows: Span,
        cols: Span,
        row: usize,
        pixels: [Option<Pixels<'_>>; 2],
        band: BandPlace,
        blocks: &mut Blocks,
    ) -> Result<()> {
        let (above_rows, above_cols) = self.above(rows, cols);
        let (values, weights) = (&mut self.values[..above_cols.len()], &mut self.weights[..above_cols.len()]);
        let range = self.sentinel.map(|(_, range)| range);
        self.method.combine_pixels(pixels, band, range, values, weights);
        self.give(1, row / 2, (above_rows, above_cols), band.band, blocks)
    }

    fn climb_fused(&mut self, rows: Span, cols: Span, band: usize, blocks: &mut Blocks) -> Result<()> {
        let (above_rows, above_cols) = self.above(rows, cols);
        if self.levels.len() > 1 { self.level(1, above_rows, above_cols, band, blocks) } else { Ok(()) }
    }

    fn climb(&mut self, rows: Span, cols: Span, band: usize, blocks: &mut Blocks) -> Result<()> {
        self.level(0, rows, cols, band, blocks)
    }
}
