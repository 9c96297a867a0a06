//! Statistics that need all samples of a neighbourhood side by side.

use super::sweep::Around;
use crate::graph::RowsTask;

/// Computes a task: `of` gets the valid samples of each neighbourhood, at least one, in no particular order.
pub fn compute(task: &mut RowsTask<'_>, around: &Around, of: impl Fn(&mut [f32]) -> f32) {
    let (lines, radius, width) = (around.lines(task), around.radius() as isize, task.cols.len());
    if width == 0 {
        return;
    }
    let wide = width + 2 * radius as usize;
    let side = 2 * radius as usize + 1;
    // The neighbourhood's rows, as a ring.
    let mut window = vec![0.0; side * wide];
    let mut samples: Vec<f32> = Vec::with_capacity(side * side);
    let first = task.cols.start as isize - radius;
    let slot = |row: isize| row.rem_euclid(side as isize) as usize * wide;
    for (index, (row, out)) in task.rows.iter().zip(task.out.chunks_exact_mut(width)).enumerate() {
        let row = row as isize;
        let from = if index == 0 { row - radius } else { row + radius };
        for row in from..=row + radius {
            lines.fill(&mut window[slot(row)..][..wide], row, first);
        }
        for (col, out) in out.iter_mut().enumerate() {
            samples.clear();
            let mut belonging = 0;
            for dr in -radius..=radius {
                let line = &window[slot(row + dr)..][col..col + side];
                for (z, dc) in line.iter().zip(-radius..=radius) {
                    let extent = around.extents[dc.unsigned_abs()];
                    if (extent.from..=extent.to).contains(&dr.abs()) {
                        belonging += 1;
                        if z.is_finite() {
                            // Both zeros are one.
                            samples.push(z + 0.0);
                        }
                    }
                }
            }
            let missing = samples.is_empty() || (around.propagates && samples.len() < belonging);
            *out = if missing { f32::NAN } else { of(&mut samples) };
        }
    }
}

/// Linear between the two nearest samples.
pub fn percentile(samples: &mut [f32], fraction: f64) -> f32 {
    let position = fraction * (samples.len() - 1) as f64;
    let k = position.floor() as usize;
    let (_, &mut low, above) = samples.select_nth_unstable_by(k, f32::total_cmp);
    if position == k as f64 {
        return low;
    }
    let next = above.iter().copied().fold(f32::INFINITY, f32::min);
    let (low, next) = (f64::from(low), f64::from(next));
    (low + (position - k as f64) * (next - low)) as f32
}

/// The most frequent value; the least of several.
pub fn majority(samples: &mut [f32]) -> f32 {
    samples.sort_unstable_by(f32::total_cmp);
    let (mut best, mut most) = (samples[0], 0);
    for alike in samples.chunk_by(|a, b| a == b) {
        if alike.len() > most {
            (best, most) = (alike[0], alike.len());
        }
    }
    best
}

/// How many values there are.
pub fn variety(samples: &mut [f32]) -> f32 {
    samples.sort_unstable_by(f32::total_cmp);
    samples.chunk_by(|a, b| a == b).count() as f32
}
