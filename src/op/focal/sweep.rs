//! The driver of foldable statistics: down the columns of a block, then across them.
//!
//! For one row of results, every column's samples are folded once: of a box all alike, and windows of 1, 2, 4 ... columns
//! then make up its width; of a circle from the middle outwards, each extent being handed to the two columns that have it.
//! Everything is relative to the pixel, so that the order of operations is the same wherever a swath or lane begins.

use super::{FocalBorder, Lines, fold::Fold, neighbourhood::Extent};
use crate::graph::RowsTask;

/// A neighbourhood and its rules.
pub struct Around {
    /// Of columns 0 to radius columns away.
    pub extents: Vec<Extent>,
    pub border: FocalBorder,
    /// A missing sample makes the result missing.
    pub propagates: bool,
}

impl Around {
    pub fn radius(&self) -> usize {
        self.extents.len() - 1
    }

    pub fn lines<'a>(&self, task: &RowsTask<'a>) -> Lines<'a> {
        Lines { input: &task.inputs[0], raster_cols: task.grid.cols, raster_rows: task.grid.rows, border: self.border }
    }
}

/// Columns that are worked on at once, so that their states stay in the cache.
const BLOCK: usize = 256;

/// Computes a task.
pub fn fold<F: Fold>(task: &mut RowsTask<'_>, around: &Around, _fold: F) {
    pulp::Arch::new().dispatch(Sweep::<F> { task, around, _fold });
}

struct Sweep<'t, 'a, F> {
    task: &'t mut RowsTask<'a>,
    around: &'t Around,
    _fold: F,
}

/// A part and how many missing samples it has.
type Part<T> = (T, u32);

impl<F: Fold> pulp::WithSimd for Sweep<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, around, .. } = self;
        let (lines, radius, width) = (around.lines(task), around.radius(), task.cols.len());
        if width == 0 {
            return;
        }
        let whole_columns = around.extents.iter().all(|e| *e == Extent { from: 0, to: radius as isize });
        let mut line = vec![0.0; BLOCK + 2 * radius];
        let mut columns = vec![(F::NONE, 0); BLOCK + 2 * radius];
        let mut parts = vec![(F::close(F::NONE), 0); BLOCK + 2 * radius];
        let mut results = [(F::close(F::NONE), 0); BLOCK];
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(width)) {
            for (index, out) in out.chunks_mut(BLOCK).enumerate() {
                let first = (task.cols.start + index * BLOCK) as isize - radius as isize;
                let wide = out.len() + 2 * radius;
                let mut down =
                    Down::<F> { lines: &lines, row: row as isize, first, line: &mut line[..wide], columns: &mut columns[..wide] };
                let results = &mut results[..out.len()];
                if whole_columns {
                    down.clear();
                    (-(radius as isize)..=radius as isize).for_each(|dr| down.push(dr));
                    down.close(&mut parts[..wide]);
                    across::<F>(&mut parts[..wide], 2 * radius + 1, results);
                } else {
                    outline::<F>(&mut down, &around.extents, &mut parts[..wide], results);
                }
                lines.fill(&mut line[..out.len()], row as isize, first + radius as isize);
                for ((out, &(state, missing)), &centre) in out.iter_mut().zip(results.iter()).zip(&line) {
                    *out = if around.propagates && missing > 0 { f32::NAN } else { F::finish(state, centre) };
                }
            }
        }
    }
}

/// The columns of a block, being folded.
struct Down<'a, F: Fold> {
    lines: &'a Lines<'a>,
    row: isize,
    first: isize,
    line: &'a mut [f32],
    columns: &'a mut [Part<F::Column>],
}

impl<F: Fold> Down<'_, F> {
    #[inline(always)]
    fn clear(&mut self) {
        self.columns.fill((F::NONE, 0));
    }

    /// Adds the samples `dr` rows below.
    #[inline(always)]
    fn push(&mut self, dr: isize) {
        self.lines.fill(self.line, self.row + dr, self.first);
        for ((column, missing), &z) in self.columns.iter_mut().zip(self.line.iter()) {
            if z.is_finite() {
                *column = F::push(*column, z);
            } else {
                *missing += 1;
            }
        }
    }

    /// Adds the samples `dr` rows above and below.
    #[inline(always)]
    fn push_both(&mut self, dr: isize) {
        self.push(-dr);
        if dr != 0 {
            self.push(dr);
        }
    }

    #[inline(always)]
    fn close(&self, parts: &mut [Part<F::State>]) {
        for (part, &(column, missing)) in parts.iter_mut().zip(self.columns.iter()) {
            *part = (F::close(column), missing);
        }
    }
}

#[inline(always)]
fn both<F: Fold>(a: Part<F::State>, b: Part<F::State>) -> Part<F::State> {
    (F::merge(a.0, b.0), a.1 + b.1)
}

/// Puts `width` neighbouring parts together: windows of 1, 2, 4 ... parts, as the bits of `width` have them.
#[inline(always)]
fn across<F: Fold>(parts: &mut [Part<F::State>], width: usize, results: &mut [Part<F::State>]) {
    // A radius makes the width odd.
    results.copy_from_slice(&parts[..results.len()]);
    let (mut done, mut window) = (1, 1);
    while 2 * window <= width {
        for at in 0..parts.len() - window {
            parts[at] = both::<F>(parts[at], parts[at + window]);
        }
        window *= 2;
        if width & window != 0 {
            for (result, &part) in results.iter_mut().zip(&parts[done..]) {
                *result = both::<F>(*result, part);
            }
            done += window;
        }
    }
}

/// From the outermost columns inwards: extents grow, so that columns that begin at their middle are folded on; others anew.
#[inline(always)]
fn outline<F: Fold>(down: &mut Down<'_, F>, extents: &[Extent], parts: &mut [Part<F::State>], results: &mut [Part<F::State>]) {
    let radius = extents.len() - 1;
    results.fill((F::close(F::NONE), 0));
    down.clear();
    let mut reached = -1;
    for (dc, extent) in extents.iter().enumerate().rev() {
        if extent.from > extent.to {
            continue;
        }
        if extent.from > 0 {
            down.clear();
            reached = extent.from - 1;
        }
        for dr in reached + 1..=extent.to {
            down.push_both(dr);
        }
        reached = extent.to;
        down.close(parts);
        let sides = [radius - dc, radius + dc];
        for &side in &sides[..if dc == 0 { 1 } else { 2 }] {
            for (result, &part) in results.iter_mut().zip(&parts[side..]) {
                *result = both::<F>(*result, part);
            }
        }
    }
}
