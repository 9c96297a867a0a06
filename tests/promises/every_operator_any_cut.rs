//! Every example of every registered operator at every swath height and every lane width: the same bytes, per backend.

use crate::gpu_context::gpu_context;
use ndarray::Array2;
use std::sync::Arc;
use swath::{
    graph::{Operator, Raster},
    op::{ARRANGERS, PARTS, REGISTRY},
    plan::Cut,
    prelude::*,
    raster::{Affine, Georeferencing, Segmentation},
};

const ROWS: usize = 37;
const COLS: usize = 53;
const TILE: usize = 16;

/// Rough ground with missing samples, alone, in runs and along a border; whole numbers now and then, so that some are alike.
fn samples(seed: u32) -> Array2<f32> {
    Array2::from_shape_fn((ROWS, COLS), |(r, c)| {
        let hash = (r as u32 + 7).wrapping_mul(0x9E37_79B9) ^ (c as u32 + 3).wrapping_mul(0x85EB_CA6B) ^ seed;
        let noise = (hash.wrapping_mul(0xC2B2_AE35) >> 20) as f32 / 64.0;
        let gap = hash.is_multiple_of(23) || (r / 5 == 3 && c / 6 == 4) || (c == 0 && r > 30);
        match () {
            () if gap => f32::NAN,
            () if r / 9 == 1 => (noise / 16.0).floor(),
            () => 500.0 + r as f32 * 1.5 - c as f32 * 0.7 + noise,
        }
    })
}

fn input(seed: u32) -> Raster {
    let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() };
    ArraySource::new(samples(seed)).unwrap().chunks(11, 19).georeferencing(georef).raster()
}

fn file(operator: &Arc<dyn Operator>, context: &Context, cut: &Cut) -> Vec<u8> {
    let budget = Budget { host: ByteSize::gib(4), device: ByteSize::gib(1) };
    let seeds = |k: usize| (k * operator.input_bands()) as u32..((k + 1) * operator.input_bands()) as u32;
    let inputs = (0..operator.inputs()).map(|k| Raster::stack(seeds(k).map(input).collect())).collect();
    // In memory: a file is made durable at every job's end, which is slow.
    let output = MemoryOutput::new();
    let mut destination = GTiff::in_memory(&output).compression(Compression::none());
    destination.options.segmentation = Segmentation::Tiles { rows: TILE, cols: TILE };
    destination.options.sample = Some(SampleType::F32);
    destination.options.nodata = NodataChoice::Value(Nodata::Integer(-9999));
    let job = Job::new().threads(2).cut(*cut).context(context.clone()).write(Raster::combine(operator.clone(), inputs), destination);
    job.plan(budget).unwrap().run().unwrap_or_else(|error| panic!("{operator:?} with {cut:?}: {error}"));
    output.take().expect("a whole file")
}

fn every_cut_is_the_same(context: &Context, heights: &[usize]) {
    let all = REGISTRY.iter().chain(ARRANGERS).chain(PARTS).flat_map(|info| (info.examples)());
    // Halves of an operator are tried as a whole.
    for operator in all.filter(|operator| operator.has_cpu_twin()) {
        let all_rows = Cut { swath_rows: Some(ROWS.next_multiple_of(TILE)), ..Cut::default() };
        let whole = file(&operator, context, &all_rows);
        for &rows in heights {
            let cut = Cut { swath_rows: Some(rows), ..Cut::default() };
            assert!(file(&operator, context, &cut) == whole, "{operator:?} in swaths of {rows} rows");
        }
        if operator.needs_whole_rows() {
            continue;
        }
        for lane in 1..COLS.div_ceil(TILE) {
            let cut = Cut { swath_rows: Some(TILE), lane_cols: Some(lane * TILE), ..Cut::default() };
            assert!(file(&operator, context, &cut) == whole, "{operator:?} in lanes of {lane} tiles");
        }
    }
}

#[test]
fn no_cut_changes_a_byte_of_any_operator_on_the_cpu() {
    every_cut_is_the_same(&Context::cpu(), &(1..ROWS).collect::<Vec<_>>());
}

#[test]
fn no_cut_changes_a_byte_of_any_operator_on_the_gpu() {
    // What hangs on the height is planned for both backends alike; all heights on a device as well take minutes.
    let all = std::env::var_os("SWATH_EVERY_HEIGHT").is_some();
    let heights = if all { (1..ROWS).collect() } else { vec![1, 2, 7, 16] };
    if let Some(context) = gpu_context() {
        every_cut_is_the_same(&context, &heights);
    }
}

#[test]
fn no_slice_changes_a_byte_of_any_operator_on_the_gpu() {
    let Some(context) = gpu_context() else { return };
    let all = REGISTRY.iter().chain(ARRANGERS).chain(PARTS).flat_map(|info| (info.examples)());
    let cut = Cut { swath_rows: Some(ROWS.next_multiple_of(TILE)), ..Cut::default() };
    for operator in all.filter(|operator| operator.has_cpu_twin()) {
        let whole = file(&operator, &context.clone().with_slices(ROWS, COLS), &cut);
        for (rows, cols) in [(1, COLS), (7, COLS), (16, 16), (33, 29)] {
            let sliced = file(&operator, &context.clone().with_slices(rows, cols), &cut);
            assert!(sliced == whole, "{operator:?} in slices of {rows} x {cols}");
        }
    }
}
