//! The driver of foldable statistics: down the columns of a block, then across them.
//!
//! Of a box all columns are alike: see [`columns`](super::columns); windows of 1, 2, 4 ... columns then make up its width. A circle
//! is folded from the middle outwards, once for every column of a row of results, each extent being handed to the two columns that
//! have it; any other outline is put together from runs of pixels, for which each of its rows is folded into windows of 1, 2, 4 ...
//! samples, or sample by sample where its runs are short. The order of operations is that of the raster: it is the same wherever a
//! swath or lane begins.

use super::{columns::Columns, fold::Fold};
use crate::{
    graph::RowsTask,
    op::neighbourhood::{
        FocalBorder, Lines,
        outline::{Extent, Outline, Run},
    },
};
use std::marker::PhantomData;

/// A neighbourhood and its rules.
pub struct Around {
    pub outline: Outline,
    pub border: FocalBorder,
    /// A missing sample makes the result missing.
    pub propagates: bool,
}

impl Around {
    pub fn lines<'a>(&self, task: &RowsTask<'a>) -> Lines<'a> {
        Lines { input: &task.inputs[0], raster_cols: task.grid.cols, raster_rows: task.grid.rows, border: self.border }
    }
}

/// Columns that are worked on at once, so that their states stay in the cache.
pub const BLOCK: usize = 256;

/// Computes a task.
pub fn fold<T: Copy, const K: usize, F: Fold<T, K>>(task: &mut RowsTask<'_>, around: &Around, _fold: F) {
    pulp::Arch::new().dispatch(Sweep::<T, K, F> { task, around, _fold, _numbers: PhantomData });
}

struct Sweep<'t, 'a, T, const K: usize, F> {
    task: &'t mut RowsTask<'a>,
    around: &'t Around,
    _fold: F,
    _numbers: PhantomData<T>,
}

/// Most bytes that a task allocates for an outline.
pub fn scratch_bytes(outline: &Outline) -> usize {
    // The largest: four float64.
    const STATE: usize = 32;
    const PLANES: usize = 4 * size_of::<Vec<f64>>();
    let (reach_rows, reach_cols) = outline.reach();
    let (most, height) = (BLOCK + 2 * reach_cols, 2 * reach_rows + 1);
    // A box keeps the ends of a block of rows, and two folds that run on.
    let kept = if outline.is_box() { height + 2 } else { 0 };
    // A list that grows is there twice while it moves.
    let runs = 3 * outline.runs().len() * size_of::<Run>();
    most * 4 + STATE * (most * (2 + kept) + BLOCK) + 2 * PLANES * kept + 64 * height + runs
}

/// States of a run of columns, each of their numbers side by side.
pub struct Planes<T, const K: usize>([Vec<T>; K]);

impl<T: Copy, const K: usize> Planes<T, K> {
    pub fn new(state: [T; K], len: usize) -> Self {
        Self(state.map(|number| vec![number; len]))
    }

    #[inline(always)]
    pub fn fill(&mut self, state: [T; K]) {
        self.0.iter_mut().zip(state).for_each(|(plane, number)| plane.fill(number));
    }

    /// From column `at` on, `len` of them.
    #[inline(always)]
    pub fn run(&self, at: usize, len: usize) -> [&[T]; K] {
        self.0.each_ref().map(|plane| &plane[at..at + len])
    }

    #[inline(always)]
    pub fn copy_from(&mut self, other: &Self, len: usize) {
        self.0.iter_mut().zip(&other.0).for_each(|(to, from)| to[..len].copy_from_slice(&from[..len]));
    }

    #[inline(always)]
    pub fn run_mut(&mut self, len: usize) -> [&mut [T]; K] {
        self.0.each_mut().map(|plane| &mut plane[..len])
    }
}

#[inline(always)]
pub fn get<T: Copy, const K: usize>(planes: &[&[T]; K], at: usize) -> [T; K] {
    std::array::from_fn(|k| planes[k][at])
}

#[inline(always)]
pub fn change<T: Copy, const K: usize>(planes: &mut [&mut [T]; K], at: usize, change: impl FnOnce([T; K]) -> [T; K]) {
    let state = change(std::array::from_fn(|k| planes[k][at]));
    for k in 0..K {
        planes[k][at] = state[k];
    }
}

impl<T: Copy, const K: usize, F: Fold<T, K>> pulp::WithSimd for Sweep<'_, '_, T, K, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, around, .. } = self;
        let (lines, (reach_rows, reach_cols), width) = (around.lines(task), around.outline.reach(), task.cols.len());
        if width == 0 {
            return;
        }
        let extents = around.outline.extents();
        let runs = if extents.is_none() { around.outline.runs_worth_it() } else { None };
        let most = BLOCK + 2 * reach_cols;
        let mut line = vec![0.0; most];
        let [mut columns, mut parts, mut results] = [most, most, BLOCK].map(|len| Planes::new(F::NONE, len));
        let mut tall = around.outline.is_box().then(|| Columns::<T, K, F>::new(reach_rows, most, around.propagates));
        for from in (0..width).step_by(BLOCK) {
            let len = (width - from).min(BLOCK);
            let first = (task.cols.start + from) as isize - reach_cols as isize;
            let line = &mut line[..len + 2 * reach_cols];
            if let Some(tall) = &mut tall {
                tall.begin(task.rows);
            }
            for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(width)) {
                let (row, out) = (row as isize, &mut out[from..from + len]);
                if let Some(tall) = &mut tall {
                    tall.of_row(&lines, row, first, line, &mut parts);
                    across::<T, K, F>(&mut parts, line.len(), 2 * reach_cols + 1, &mut results, len);
                } else {
                    let (columns, strict, _fold) = (&mut columns, around.propagates, self._fold);
                    let mut down = Down::<T, K, F> { lines: &lines, row, first, strict, line: &mut *line, columns, _fold };
                    match (&extents, &runs) {
                        (Some(extents), _) => outline(&mut down, extents, &mut parts, &mut results, len),
                        (None, Some(runs)) => by_runs(&mut down, runs, &mut parts, &mut results, len),
                        (None, None) => by_sample(&mut down, &around.outline, &mut results, len),
                    }
                }
                let centres = &mut line[..len];
                lines.fill(centres, row, first + reach_cols as isize);
                let results = results.run(0, len);
                for (at, (out, &centre)) in out.iter_mut().zip(centres.iter()).enumerate() {
                    *out = F::finish(get(&results, at), centre);
                }
            }
        }
    }
}

/// The columns of a block, being folded.
struct Down<'a, T, const K: usize, F> {
    lines: &'a Lines<'a>,
    row: isize,
    first: isize,
    /// A missing sample spoils the result.
    strict: bool,
    line: &'a mut [f32],
    columns: &'a mut Planes<T, K>,
    _fold: F,
}

impl<T: Copy, const K: usize, F: Fold<T, K>> Down<'_, T, K, F> {
    /// Adds the samples `dr` rows below.
    #[inline(always)]
    fn push(&mut self, dr: isize) {
        self.lines.fill(self.line, self.row + dr, self.first);
        let strict = self.strict;
        let mut columns = self.columns.run_mut(self.line.len());
        for (at, &z) in self.line.iter().enumerate() {
            change(&mut columns, at, |column| F::push(column, z, strict));
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
    fn close(&self, parts: &mut Planes<T, K>) {
        let wide = self.line.len();
        let (columns, mut parts) = (self.columns.run(0, wide), parts.run_mut(wide));
        for at in 0..wide {
            change(&mut parts, at, |_| F::close(get(&columns, at)));
        }
    }
}

/// Puts parts and those `shift` columns on together.
#[inline(always)]
fn join<T: Copy, const K: usize, F: Fold<T, K>>(into: &mut Planes<T, K>, parts: &Planes<T, K>, shift: usize, len: usize) {
    let (mut into, parts) = (into.run_mut(len), parts.run(shift, len));
    for at in 0..len {
        change(&mut into, at, |part| F::merge(part, get(&parts, at)));
    }
}

/// Puts each part and the one `shift` columns on together, in place: what is read was not written yet.
#[inline(always)]
fn double<T: Copy, const K: usize, F: Fold<T, K>>(parts: &mut Planes<T, K>, shift: usize, wide: usize) {
    let mut parts = parts.run_mut(wide);
    for at in 0..wide - shift {
        let other = std::array::from_fn(|k| parts[k][at + shift]);
        change(&mut parts, at, |part| F::merge(part, other));
    }
}

/// Puts `width` neighbouring parts together: windows of 1, 2, 4 ... parts, as the bits of `width` have them.
#[inline(always)]
fn across<T: Copy, const K: usize, F: Fold<T, K>>(
    parts: &mut Planes<T, K>,
    wide: usize,
    width: usize,
    results: &mut Planes<T, K>,
    len: usize,
) {
    // A radius makes the width odd.
    for (result, part) in results.run_mut(len).into_iter().zip(parts.run(0, len)) {
        result.copy_from_slice(part);
    }
    let (mut done, mut window) = (1, 1);
    while 2 * window <= width {
        double::<T, K, F>(parts, window, wide);
        window *= 2;
        if width & window != 0 {
            join::<T, K, F>(results, parts, done, len);
            done += window;
        }
    }
}

/// From the outermost columns inwards: extents grow, so that columns that begin at their middle are folded on; others anew.
#[inline(always)]
fn outline<T: Copy, const K: usize, F: Fold<T, K>>(
    down: &mut Down<'_, T, K, F>,
    extents: &[Extent],
    parts: &mut Planes<T, K>,
    results: &mut Planes<T, K>,
    len: usize,
) {
    let radius = extents.len() - 1;
    results.fill(F::close(F::NONE));
    down.columns.fill(F::NONE);
    let mut reached = -1;
    for (dc, extent) in extents.iter().enumerate().rev() {
        if extent.from > extent.to {
            continue;
        }
        if extent.from > 0 {
            down.columns.fill(F::NONE);
            reached = extent.from - 1;
        }
        for dr in reached + 1..=extent.to {
            down.push_both(dr);
        }
        reached = extent.to;
        down.close(parts);
        let sides = [radius - dc, radius + dc];
        for &side in &sides[..if dc == 0 { 1 } else { 2 }] {
            join::<T, K, F>(results, parts, side, len);
        }
    }
}

/// Row by row, from windows of 1, 2, 4 ... samples, as the bits of each run's width have them.
#[inline(always)]
fn by_runs<T: Copy, const K: usize, F: Fold<T, K>>(
    down: &mut Down<'_, T, K, F>,
    runs: &[Run],
    parts: &mut Planes<T, K>,
    results: &mut Planes<T, K>,
    len: usize,
) {
    let (strict, wide) = (down.strict, down.line.len());
    let reach_cols = (wide - len) / 2;
    results.fill(F::close(F::NONE));
    for of_row in runs.chunk_by(|a, b| a.row == b.row) {
        down.lines.fill(down.line, down.row + of_row[0].row, down.first);
        let mut windows = parts.run_mut(wide);
        for (at, &z) in down.line.iter().enumerate() {
            change(&mut windows, at, |_| F::close(F::push(F::NONE, z, strict)));
        }
        let longest = of_row.iter().map(Run::width).max().unwrap_or(0);
        let mut window = 1;
        while window <= longest {
            for run in of_row.iter().filter(|run| run.width() & window != 0) {
                let begins = (run.from + reach_cols as isize) as usize + run.width() % window;
                join::<T, K, F>(results, parts, begins, len);
            }
            if 2 * window <= longest {
                double::<T, K, F>(parts, window, wide);
            }
            window *= 2;
        }
    }
}

/// Sample by sample: of any outline.
#[inline(always)]
fn by_sample<T: Copy, const K: usize, F: Fold<T, K>>(
    down: &mut Down<'_, T, K, F>,
    outline: &Outline,
    results: &mut Planes<T, K>,
    len: usize,
) {
    let (reach_rows, reach_cols) = outline.reach();
    let (rows, cols, strict) = (reach_rows as isize, reach_cols as isize, down.strict);
    results.fill(F::NONE);
    for dr in -rows..=rows {
        down.lines.fill(down.line, down.row + dr, down.first);
        for dc in (-cols..=cols).filter(|&dc| outline.belongs(dr, dc)) {
            let samples = &down.line[(cols + dc) as usize..][..len];
            let mut results = results.run_mut(len);
            for (at, &z) in samples.iter().enumerate() {
                change(&mut results, at, |state| F::push(state, z, strict));
            }
        }
    }
    let mut results = results.run_mut(len);
    for at in 0..len {
        change(&mut results, at, F::close);
    }
}
