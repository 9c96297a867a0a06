//! Statistics of order and of counts, by a window that slides along a row.
//!
//! The samples of a block of pixels and its surroundings are sorted once; from there on a sample is its place in that order.
//! A step along a row takes one sample out and one in per run of the outline, two for each row of a box, and the window keeps what
//! it needs for its answer. Places are whole numbers, and so is all that is kept of them: the answer is the neighbourhood's,
//! wherever the sliding began.

mod counts;
mod order;

pub use counts::{Majority, Variety};
pub use order::{Percentile, Position};

use super::sweep::Around;
use crate::{
    graph::RowsTask,
    op::neighbourhood::{Lines, outline::Run},
};

/// What slides: a multiset of places.
///
/// Implementors' methods must be `#[inline(always)]`, or they are compiled for the oldest machine.
pub trait Window {
    /// Places of equal samples are equal (or in the order in which they lie).
    const TIES: bool;
    /// Empties it, for places below `places`; that place itself is what missing samples have, and is never asked for.
    fn clear(&mut self, places: usize);
    /// Adds a sample.
    fn add(&mut self, place: u32);
    /// Takes a sample out.
    fn take(&mut self, place: u32);
    /// The statistic of the `valid` samples that it holds, at least one; `values` are those of the places.
    fn answer(&mut self, valid: u32, values: &[f32]) -> f32;
}

/// Columns and rows of a block.
const BLOCK_COLS: usize = 256;
const BLOCK_ROWS: usize = 64;

/// Most bytes that a task allocates for an outline that reaches so many rows and columns and has so many runs.
pub fn scratch_bytes((reach_rows, reach_cols): (usize, usize), runs: usize) -> usize {
    // A place, a value and a key with its place; what windows keep is 2.2 bytes a place at most, and may have grown by doubling.
    const SAMPLE: usize = 4 + 4 + 8 + 5;
    // A run with where it begins and ends; lists of runs may have grown by doubling.
    const RUN: usize = 2 * size_of::<Run>() + 2 * size_of::<(usize, usize)>();
    let (high, wide) = (BLOCK_ROWS + 2 * reach_rows, BLOCK_COLS + 2 * reach_cols);
    high * wide * SAMPLE + wide * 4 + runs * RUN
}

/// Computes a task.
pub fn compute<W: Window>(task: &mut RowsTask<'_>, around: &Around, window: W) {
    pulp::Arch::new().dispatch(Slide { task, around, window });
}

struct Slide<'t, 'a, W> {
    task: &'t mut RowsTask<'a>,
    around: &'t Around,
    window: W,
}

impl<W: Window> pulp::WithSimd for Slide<'_, '_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, around, mut window } = self;
        let lines = around.lines(task);
        let runs = around.outline.runs();
        let mut samples = Samples::default();
        for rows in (0..task.rows.len()).step_by(BLOCK_ROWS) {
            for cols in (0..task.cols.len()).step_by(BLOCK_COLS) {
                let size = ((task.rows.len() - rows).min(BLOCK_ROWS), (task.cols.len() - cols).min(BLOCK_COLS));
                samples.read(&lines, around, (task.rows.start + rows, task.cols.start + cols), size, W::TIES);
                for row in 0..size.0 {
                    let out = &mut task.out[(rows + row) * task.cols.len() + cols..][..size.1];
                    along(&samples, around, &runs, row, &mut window, out);
                }
            }
        }
    }
}

/// The samples of a block and of its surroundings.
#[derive(Default)]
struct Samples {
    /// Row by row, `wide` to a row.
    places: Vec<u32>,
    wide: usize,
    values: Vec<f32>,
    line: Vec<f32>,
    order: Vec<u64>,
}

impl Samples {
    /// Reads the samples around `size` rows and columns from `first` on, and puts them in order.
    #[inline(always)]
    fn read(&mut self, lines: &Lines<'_>, around: &Around, first: (usize, usize), size: (usize, usize), ties: bool) {
        let (reach_rows, reach_cols) = around.outline.reach();
        let high = size.0 + 2 * reach_rows;
        self.wide = size.1 + 2 * reach_cols;
        self.line.resize(self.wide, 0.0);
        self.order.clear();
        // As much as there can be, and no more by doubling.
        self.order.reserve_exact(high * self.wide);
        for row in 0..high {
            let at = (first.0 + row) as isize - reach_rows as isize;
            lines.fill(&mut self.line, at, first.1 as isize - reach_cols as isize);
            for (col, &z) in self.line.iter().enumerate() {
                if z.is_finite() {
                    self.order.push(u64::from(key_of(z)) << 32 | (row * self.wide + col) as u64);
                }
            }
        }
        self.order.sort_unstable();
        self.values.clear();
        self.values.reserve_exact(high * self.wide);
        self.places.clear();
        self.places.resize(high * self.wide, u32::MAX);
        let mut last = None;
        for &sample in &self.order {
            let key = (sample >> 32) as u32;
            if !ties || last != Some(key) {
                self.values.push(sample_of(key));
                last = Some(key);
            }
            self.places[sample as u32 as usize] = self.values.len() as u32 - 1;
        }
        // What is missing has a place behind all others.
        let missing = self.missing();
        self.places.iter_mut().for_each(|place| *place = (*place).min(missing));
    }

    #[inline(always)]
    fn missing(&self) -> u32 {
        self.values.len() as u32
    }
}

/// One row of results.
#[inline(always)]
fn along<W: Window>(samples: &Samples, around: &Around, runs: &[Run], row: usize, window: &mut W, out: &mut [f32]) {
    let (reach_rows, reach_cols) = around.outline.reach();
    let missing = samples.missing();
    let belonging: usize = runs.iter().map(|run| (run.to - run.from + 1) as usize).sum();
    // Where each run begins, and where the first sample after it lies, for the first pixel.
    let place = |run: &Run, col: isize| {
        (row as isize + reach_rows as isize + run.row) as usize * samples.wide + (reach_cols as isize + col) as usize
    };
    let ends: Vec<(usize, usize)> = runs.iter().map(|run| (place(run, run.from), place(run, run.to) + 1)).collect();
    window.clear(samples.values.len());
    let mut valid = 0;
    for &(from, to) in &ends {
        for &sample in &samples.places[from..to] {
            window.add(sample);
            valid += u32::from(sample < missing);
        }
    }
    let whole = belonging as u32;
    let least = if around.propagates { whole } else { 1 };
    for (col, out) in out.iter_mut().enumerate() {
        if col > 0 {
            for &(from, to) in &ends {
                let (old, new) = (samples.places[from + col - 1], samples.places[to + col - 1]);
                window.take(old);
                window.add(new);
                valid = valid - u32::from(old < missing) + u32::from(new < missing);
            }
        }
        *out = if valid >= least { window.answer(valid, &samples.values) } else { f32::NAN };
    }
}

/// Bits that order as the numbers do; both zeros are one.
#[inline(always)]
fn key_of(z: f32) -> u32 {
    let bits = (z + 0.0).to_bits();
    if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits }
}

#[inline(always)]
fn sample_of(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & 0x7fff_ffff } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_numbers_do() {
        let all = [f32::MIN, -2.5, -1e-30, 0.0, 1e-30, 3.25, f32::MAX];
        assert!(all.windows(2).all(|pair| key_of(pair[0]) < key_of(pair[1])));
        assert!(all.iter().all(|&z| sample_of(key_of(z)) == z));
        assert_eq!(key_of(-0.0), key_of(0.0));
    }
}
