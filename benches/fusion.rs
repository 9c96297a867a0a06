//! Neighbouring local operators as one pass and as several: the same chains fused and not, from an array to an array.
//! `cargo bench --bench fusion`; the GPU half needs the adapter that `SWATH_ADAPTER` names (llvmpipe by default).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array2;
use std::{hint::black_box, time::Duration};
use swath::{job::ArrayOutput, op::Calc, prelude::*};

const ROWS: usize = 2048;
const COLS: usize = 2048;

/// An index and what is usually done to it: one, two, four and eight operators.
const STEPS: &[&str] =
    &["A / 255", "A * 2 - 0.3", "max(A, 0.001)", "sqrt(A)", "where(A > 0.1, A, nodata)", "A * 10000", "round(A)", "min(A, 9000)"];

fn chain(source: &Raster, steps: usize) -> Raster {
    STEPS[..steps].iter().fold(source.clone(), |raster, text| raster.apply(Calc::parse(text).expect("an expression")))
}

fn compute(raster: &Raster, context: &Context, fused: bool) -> Array2<f32> {
    let output = ArrayOutput::default();
    let job = Job::new().context(context.clone()).fusion(fused).write_array(raster.clone(), &output);
    let budget = Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) };
    job.plan(budget).expect("a plan").run().expect("a result");
    output.take().expect("rows")
}

fn fusion(criterion: &mut Criterion) {
    let samples = Array2::from_shape_fn((ROWS, COLS), |(row, col)| ((row * 31 + col * 17) % 256) as f32);
    let source = ArraySource::new(samples).expect("an array").raster();
    let adapter = std::env::var("SWATH_ADAPTER").unwrap_or_else(|_| "llvmpipe".to_owned());
    let contexts = [("cpu", Some(Context::cpu())), ("gpu", Context::gpu(Some(&adapter)).ok())];
    for (backend, context) in contexts.into_iter().filter_map(|(name, context)| Some((name, context?))) {
        let mut group = criterion.benchmark_group(format!("fusion on the {backend}"));
        group.throughput(Throughput::Elements((ROWS * COLS) as u64)).sample_size(10).measurement_time(Duration::from_secs(3));
        for steps in [1, 2, 4, 8] {
            let raster = chain(&source, steps);
            for (name, fused) in [("fused", true), ("apart", false)] {
                group.bench_function(format!("{steps} operators, {name}"), |bencher| {
                    bencher.iter(|| black_box(compute(&raster, &context, fused)));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, fusion);
criterion_main!(benches);
