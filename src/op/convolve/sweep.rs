//! The CPU twin: float64 sums; of a Gaussian first down the columns of a block, then across them.

use crate::{
    graph::RowsTask,
    op::neighbourhood::{FocalBorder, Lines},
};

/// Weights, ready to be used.
pub enum Weights {
    /// Of one dimension, by distance; their products are the weights. `unsharp` is how much of the difference is added.
    Product { by_distance: Vec<f64>, unsharp: Option<f64> },
    /// Row by row.
    Table(Vec<f64>),
    /// Two tables, whose sums are the sides of a right triangle.
    Pair([Vec<f64>; 2]),
}

/// Sums of weight times sample and of weights, over valid samples; how many weighted samples are missing.
#[derive(Clone, Copy, Default)]
struct Sums {
    values: f64,
    weights: f64,
    missing: u32,
}

/// Columns that are worked on at once, so that their sums stay in the cache.
const BLOCK: usize = 256;

/// Most bytes that a task allocates.
pub fn scratch_bytes(radius: usize) -> usize {
    // A run of samples and their sums; two tables of weights of 15 x 15 at most.
    (BLOCK + 2 * radius) * (4 + size_of::<Sums>()) + 4 * 225 * 8
}

/// Computes a task.
pub fn compute(task: &mut RowsTask<'_>, weights: &Weights, radius: usize, border: FocalBorder, propagates: bool) {
    pulp::Arch::new().dispatch(Sweep { task, weights, radius, border, propagates });
}

struct Sweep<'t, 'a> {
    task: &'t mut RowsTask<'a>,
    weights: &'t Weights,
    radius: usize,
    border: FocalBorder,
    propagates: bool,
}

impl pulp::WithSimd for Sweep<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let Self { task, weights, radius, border, propagates } = self;
        let width = task.cols.len();
        if width == 0 {
            return;
        }
        let lines = Lines { input: &task.inputs[0], raster_cols: task.grid.cols, raster_rows: task.grid.rows, border };
        let mut line = vec![0.0; BLOCK + 2 * radius];
        let mut columns = vec![Sums::default(); BLOCK + 2 * radius];
        let (mut sums, mut more) = ([Sums::default(); BLOCK], [Sums::default(); BLOCK]);
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(width)) {
            for (index, out) in out.chunks_mut(BLOCK).enumerate() {
                let first = (task.cols.start + index * BLOCK) as isize - radius as isize;
                let mut block = Block { lines: &lines, row: row as isize, first, radius, line: &mut line[..out.len() + 2 * radius] };
                let (sums, more) = (&mut sums[..out.len()], &mut more[..out.len()]);
                match weights {
                    Weights::Product { by_distance, .. } => block.product(by_distance, &mut columns[..out.len() + 2 * radius], sums),
                    Weights::Table(table) => block.table(table, sums),
                    Weights::Pair([a, b]) => {
                        block.table(a, sums);
                        block.table(b, more);
                    }
                }
                let total = match weights {
                    Weights::Product { .. } => 1.0,
                    Weights::Table(table) => table.iter().sum::<f64>(),
                    Weights::Pair(_) => 0.0,
                };
                lines.fill(&mut line[..out.len()], row as isize, first + radius as isize);
                for (at, out) in out.iter_mut().enumerate() {
                    let e = f64::from(line[at]);
                    // Missing samples are level with the centre.
                    let whole = |sums: Sums| sums.values + e * (total - sums.weights);
                    let (sums, more) = (sums[at], more[at]);
                    let sample = match weights {
                        Weights::Product { unsharp: Some(amount), .. } => e + amount * (e - whole(sums)),
                        Weights::Pair(_) => whole(sums).hypot(whole(more)),
                        _ => whole(sums),
                    };
                    let gaps = propagates && sums.missing + if matches!(weights, Weights::Pair(_)) { more.missing } else { 0 } > 0;
                    *out = if gaps || !line[at].is_finite() { f32::NAN } else { sample as f32 };
                }
            }
        }
    }
}

/// A run of results of one row.
struct Block<'a> {
    lines: &'a Lines<'a>,
    row: isize,
    /// Column of the first sample that is needed.
    first: isize,
    radius: usize,
    line: &'a mut [f32],
}

impl Block<'_> {
    #[inline(always)]
    fn product(&mut self, by_distance: &[f64], columns: &mut [Sums], sums: &mut [Sums]) {
        let radius = self.radius as isize;
        columns.fill(Sums::default());
        for dr in -radius..=radius {
            self.lines.fill(self.line, self.row + dr, self.first);
            let weight = by_distance[dr.unsigned_abs()];
            columns.iter_mut().zip(self.line.iter()).for_each(|(sums, &z)| add(sums, z, weight));
        }
        sums.fill(Sums::default());
        for (at, dc) in (-radius..=radius).enumerate() {
            let weight = by_distance[dc.unsigned_abs()];
            for (sums, column) in sums.iter_mut().zip(&columns[at..]) {
                sums.values += weight * column.values;
                sums.weights += weight * column.weights;
                sums.missing += column.missing;
            }
        }
    }

    #[inline(always)]
    fn table(&mut self, table: &[f64], sums: &mut [Sums]) {
        let side = 2 * self.radius + 1;
        sums.fill(Sums::default());
        for (dr, weights) in table.chunks(side).enumerate() {
            self.lines.fill(self.line, self.row + dr as isize - self.radius as isize, self.first);
            for (at, &weight) in weights.iter().enumerate() {
                if weight != 0.0 {
                    sums.iter_mut().zip(&self.line[at..]).for_each(|(sums, &z)| add(sums, z, weight));
                }
            }
        }
    }
}

#[inline(always)]
fn add(sums: &mut Sums, z: f32, weight: f64) {
    let finite = z.is_finite();
    sums.values += if finite { weight * f64::from(z) } else { 0.0 };
    sums.weights += if finite { weight } else { 0.0 };
    sums.missing += u32::from(!finite);
}
