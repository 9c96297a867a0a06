//! Pixels per second of each CPU twin on one thread: every example of every operator over a band of a 4096-column
//! raster that stays in the cache's reach, without and with missing heights.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use swath::{
    graph::{GridInfo, InputRows, Operator, RowsTask},
    op::{Focal, FocalShape, FocalStat, REGISTRY},
    raster::{Affine, Georeferencing, Span},
};

const COLS: usize = 4096;
const ROWS: usize = 64;

/// Rolling ground, a little rough; every `gap`-th height missing.
fn heights(gap: Option<usize>) -> Vec<f32> {
    let height = |at: usize| {
        let (col, row) = ((at % COLS) as f32, (at / COLS) as f32);
        1500.0 + 300.0 * (col / 97.0).sin() * (row / 31.0).cos() + (at.wrapping_mul(2_654_435_761) % 1000) as f32 / 500.0
    };
    (0..COLS * ROWS).map(|at| if gap.is_some_and(|gap| at % gap == 0) { f32::NAN } else { height(at) }).collect()
}

fn kernels(criterion: &mut Criterion) {
    let transform = Some(Affine::north_up(0.0, 0.0, 30.0, 25.0));
    let grid = GridInfo { cols: COLS, rows: ROWS, georef: Georeferencing { transform, ..Georeferencing::default() } };
    let (rows, cols) = (Span::new(1, ROWS - 1), Span::new(0, COLS));
    for (what, gap) in [("whole", None), ("gaps", Some(1009))] {
        let heights = heights(gap);
        let window: Vec<&[f32]> = heights.chunks(COLS).collect();
        let mut group = criterion.benchmark_group(what);
        group.throughput(Throughput::Elements((rows.len() * COLS) as u64));
        for info in REGISTRY {
            for (index, operator) in (info.examples)().into_iter().enumerate() {
                let factors: Vec<[f32; 4]> = rows.iter().map(|row| operator.row_factors(&grid, row)).collect();
                let mut out = vec![0.0; rows.len() * COLS * operator.bands()];
                group.bench_function(BenchmarkId::new(info.name, index), |bencher| {
                    bencher.iter(|| {
                        let inputs = [InputRows { cols, first_row: 0, rows: &window }];
                        let out = black_box(&mut out[..]);
                        operator.compute_rows(&mut RowsTask { grid: &grid, rows, cols, factors: &factors, inputs: &inputs, out });
                    });
                });
            }
        }
    }
}

/// Pixels per second of focal statistics by radius: columns of a taller raster, so that no window is cut short.
fn radii(criterion: &mut Criterion) {
    const SIDE: usize = 256;
    let grid = GridInfo { cols: COLS, rows: SIDE, georef: Georeferencing::default() };
    let heights: Vec<f32> = (0..COLS * SIDE).map(|at| 900.0 + (at.wrapping_mul(2_654_435_761) % 1000) as f32 / 500.0).collect();
    let (rows, cols) = (Span::new(100, 116), Span::new(0, COLS));
    let mut out = vec![0.0; rows.len() * COLS];
    let mut group = criterion.benchmark_group("radius");
    group.throughput(Throughput::Elements(out.len() as u64)).sample_size(10);
    for stat in [FocalStat::Mean, FocalStat::Min, FocalStat::Std, FocalStat::Median] {
        for shape in [FocalShape::Box, FocalShape::Circle] {
            for radius in [1, 4, 16, 64] {
                let focal = Focal { stat, shape, radius, ..Focal::default() };
                if focal.check().is_err() {
                    continue;
                }
                let window: Vec<&[f32]> = heights.chunks(COLS).collect();
                let factors = vec![[0.0; 4]; rows.len()];
                group.bench_function(BenchmarkId::new(format!("{stat} {shape}"), radius), |bencher| {
                    bencher.iter(|| {
                        let inputs = [InputRows { cols, first_row: 0, rows: &window }];
                        let out = black_box(&mut out[..]);
                        focal.compute_rows(&mut RowsTask { grid: &grid, rows, cols, factors: &factors, inputs: &inputs, out });
                    });
                });
            }
        }
    }
}

criterion_group!(benches, kernels, radii);
criterion_main!(benches);
