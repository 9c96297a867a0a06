//! Whole columns of a box, folded in three steps a sample whatever the radius.
//!
//! van Herk (1992, Pattern Recognition Letters 13) and Gil and Werman (1993, IEEE PAMI 15): rows are cut into blocks as high as the
//! box, so that each box is the end of one block and the beginning of the next. Blocks begin at multiples of the box's height, counted
//! from the raster's first row: a result is the same fold wherever a swath begins.

use super::{
    fold::Fold,
    sweep::{Planes, change, get},
};
use crate::{op::neighbourhood::Lines, raster::Span};
use std::marker::PhantomData;

/// The columns of one block of columns, from row to row.
pub struct Columns<T, const K: usize, F> {
    reach: isize,
    strict: bool,
    /// Rows whose results are wanted.
    rows: Span,
    /// Folds from a row to the end of its block, of the rows from `ends_from` on.
    ends: Vec<Planes<T, K>>,
    ends_from: isize,
    /// How many of `ends` hold the current block.
    held: usize,
    /// Fold from the beginning of a block to the last row that was added.
    beginning: Planes<T, K>,
    /// Running fold while ends are made.
    running: Planes<T, K>,
    len: usize,
    _fold: PhantomData<F>,
}

impl<T: Copy, const K: usize, F: Fold<T, K>> Columns<T, K, F> {
    pub fn new(reach_rows: usize, len: usize, strict: bool) -> Self {
        let planes = || Planes::new(F::NONE, len);
        let (beginning, running, rows) = (planes(), planes(), Span::new(0, 0));
        Self {
            reach: reach_rows as isize,
            strict,
            rows,
            ends: Vec::new(),
            ends_from: 0,
            held: 0,
            beginning,
            running,
            len,
            _fold: PhantomData,
        }
    }

    /// Begins anew, for columns that were not there before.
    pub fn begin(&mut self, rows: Span) {
        (self.rows, self.held) = (rows, 0);
    }

    fn height(&self) -> isize {
        2 * self.reach + 1
    }

    /// The closed folds of the columns around `row`; rows come one after the other.
    #[inline(always)]
    pub fn of_row(&mut self, lines: &Lines<'_>, row: isize, first: isize, line: &mut [f32], parts: &mut Planes<T, K>) {
        let (top, height) = (row - self.reach, self.height());
        if self.held == 0 || top == self.ends_from + self.held as isize {
            self.make_ends(lines, top, first, line);
        }
        let wide = line.len();
        let end = (top - self.ends_from) as usize;
        if top.rem_euclid(height) == 0 {
            // The box is a block.
            let (ends, mut parts) = (self.ends[end].run(0, wide), parts.run_mut(wide));
            for at in 0..wide {
                change(&mut parts, at, |_| F::close(get(&ends, at)));
            }
            self.beginning.fill(F::NONE);
            return;
        }
        lines.fill(line, row + self.reach, first);
        push::<T, K, F>(&mut self.beginning, line, self.strict);
        let (ends, beginning, mut parts) = (self.ends[end].run(0, wide), self.beginning.run(0, wide), parts.run_mut(wide));
        for at in 0..wide {
            change(&mut parts, at, |_| F::merge(F::close(get(&ends, at)), F::close(get(&beginning, at))));
        }
    }

    /// The ends of the block that `top` lies in, as far as they are wanted; the beginning of the next up to where it is needed.
    #[inline(always)]
    fn make_ends(&mut self, lines: &Lines<'_>, top: isize, first: isize, line: &mut [f32]) {
        let height = self.height();
        let next = top - top.rem_euclid(height) + height;
        let wanted = (next - top).min(self.rows.end as isize - self.reach - top) as usize;
        let (len, planes) = (self.len, F::NONE);
        self.ends.resize_with(self.ends.len().max(wanted), || Planes::new(planes, len));
        self.running.fill(F::NONE);
        for row in (top..next).rev() {
            lines.fill(line, row, first);
            push::<T, K, F>(&mut self.running, line, self.strict);
            if let Some(end) = self.ends.get_mut((row - top) as usize).filter(|_| ((row - top) as usize) < wanted) {
                end.copy_from(&self.running, line.len());
            }
        }
        (self.ends_from, self.held) = (top, wanted);
        self.beginning.fill(F::NONE);
        for row in next..top + height - 1 {
            lines.fill(line, row, first);
            push::<T, K, F>(&mut self.beginning, line, self.strict);
        }
    }
}

/// Adds a row.
#[inline(always)]
fn push<T: Copy, const K: usize, F: Fold<T, K>>(planes: &mut Planes<T, K>, line: &[f32], strict: bool) {
    let mut planes = planes.run_mut(line.len());
    for (at, &z) in line.iter().enumerate() {
        change(&mut planes, at, |state| F::push(state, z, strict));
    }
}
