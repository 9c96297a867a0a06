//! The promise that carries all others: no budget, swath height, lane width, chunking, decode mode or thread count
//! changes a byte, and whatever the cut, chunks are decoded once and rows computed once.

use crate::gpu_context::gpu_context;
use ndarray::Array2;
use proptest::prelude::*;
use std::path::Path;
use swath::{
    plan::{Cut, DecodeMode},
    prelude::*,
    raster::{Affine, Georeferencing, Segmentation},
};

fn dem(rows: usize, cols: usize, seed: u32) -> Array2<f32> {
    Array2::from_shape_fn((rows, cols), |(r, c)| {
        let hash = (r as u32).wrapping_mul(0x9E37_79B9) ^ (c as u32).wrapping_mul(0x85EB_CA6B) ^ seed;
        let noise = (hash.wrapping_mul(0xC2B2_AE35) >> 20) as f32 / 64.0;
        if hash.is_multiple_of(23) { f32::NAN } else { 500.0 + r as f32 * 1.5 - c as f32 * 0.7 + noise }
    })
}

fn source(array: &Array2<f32>, chunk: (usize, usize)) -> ArraySource<f32> {
    let georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() };
    ArraySource::new(array.clone()).unwrap().chunks(chunk.0, chunk.1).georeferencing(georef)
}

struct Run<'a> {
    array: &'a Array2<f32>,
    chunk: (usize, usize),
    tile: (usize, usize),
    threads: usize,
    cut: Cut,
    context: Context,
}

/// Four outputs of one read: a copy would not run on a device, so all are computed.
fn run(dir: &Path, run: &Run<'_>) -> (Vec<Vec<u8>>, Report, usize) {
    let dem = source(run.array, run.chunk).raster();
    let slope = dem.apply(Slope::default());
    let twice = slope.apply(Slope { unit: SlopeUnit::Percent, ..Slope::default() });
    let shade = dem.apply(Hillshade::default());
    let aspect = twice.apply(Aspect { zero_for_flat: true, ..Aspect::default() });
    let mut job = Job::new().threads(run.threads).cut(run.cut).context(run.context.clone());
    let names = ["slope.tif", "twice.tif", "shade.tif", "aspect.tif"];
    for (raster, name) in [slope, twice, shade, aspect].into_iter().zip(names) {
        let mut destination = GTiff::at(dir.join(name)).compression(Compression::deflate(1)).overwrite(true);
        // One output has higher tiles than the others: its rows wait for their tile to be complete.
        let rows = if name == "twice.tif" { run.tile.0 + 32 } else { run.tile.0 };
        destination.options.segmentation = Segmentation::Tiles { rows, cols: run.tile.1 };
        job = job.write(raster, destination);
    }
    let budget = Budget { host: ByteSize::gib(4), device: ByteSize::gib(1) };
    let job = job.plan(budget).unwrap();
    let readbacks = job.plan().readbacks();
    let report = job.run().unwrap();
    (names.iter().map(|name| std::fs::read(dir.join(name)).unwrap()).collect(), report, readbacks)
}

fn check(array: &Array2<f32>, run_as: Run<'_>, whole: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let (files, report, readbacks) = run(dir.path(), &run_as);
    for (i, (file, whole)) in files.iter().zip(whole).enumerate() {
        prop_assert!(file == whole, "output {i} differs");
    }
    for input in &report.inputs {
        prop_assert_eq!((input.chunks_decoded, input.max_decodes_per_chunk), (input.chunks, 1));
    }
    for operator in &report.operators {
        prop_assert_eq!(operator.rows_computed, array.nrows() as u64, "{}", operator.name);
        prop_assert!(report.lanes > 1 || operator.pixels_computed == operator.pixels);
    }
    prop_assert!(report.host.measured_peak <= report.host.predicted_peak);
    if report.backend == "gpu" {
        prop_assert_eq!(report.readbacks as usize, readbacks);
        prop_assert!(report.device.measured_peak <= report.device.predicted_peak);
    }
    Ok(())
}

fn cuts(rows: usize, cols: usize, tile: (usize, usize)) -> impl Strategy<Value = Cut> {
    let decode = prop_oneof![Just(None), Just(Some(DecodeMode::WholeChunks)), Just(Some(DecodeMode::RowCursors))];
    let across = cols.div_ceil(tile.1);
    (1..=rows, 0..=across, decode).prop_map(move |(swath, lane, decode)| {
        // Lanes go with swaths that divide the rows of every tile.
        if lane == 0 || lane == across {
            Cut { swath_rows: Some(swath), lane_cols: None, decode }
        } else {
            Cut { swath_rows: Some([1, 2, 4, 8, 16][swath % 5]), lane_cols: Some(lane * tile.1), decode }
        }
    })
}

type Case = (usize, usize, (usize, usize), (usize, usize), usize, u32, Cut);

fn cases() -> impl Strategy<Value = Case> {
    let tile = prop_oneof![Just((16, 16)), Just((32, 16)), Just((16, 48))];
    (1usize..120, 1usize..120, tile).prop_flat_map(|(rows, cols, tile)| {
        (Just(rows), Just(cols), Just(tile), (1usize..80, 1usize..80), 1usize..4, any::<u32>(), cuts(rows, cols, tile))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_changes_a_byte_on_the_cpu((rows, cols, tile, chunk, threads, seed, cut) in cases()) {
        let array = dem(rows, cols, seed);
        let dir = tempfile::tempdir().unwrap();
        let one = Run { array: &array, chunk: (rows, cols), tile, threads: 1, cut: Cut { swath_rows: Some(rows), ..Cut::default() }, context: Context::cpu() };
        let (whole, ..) = run(dir.path(), &one);
        check(&array, Run { array: &array, chunk, tile, threads, cut, context: Context::cpu() }, &whole)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_changes_a_byte_on_the_gpu((rows, cols, tile, chunk, threads, seed, cut) in cases()) {
        let Some(context) = gpu_context() else { return Ok(()) };
        let array = dem(rows, cols, seed);
        let dir = tempfile::tempdir().unwrap();
        let one = Run { array: &array, chunk: (rows, cols), tile, threads: 1, cut: Cut { swath_rows: Some(rows), ..Cut::default() }, context: context.clone() };
        let (whole, ..) = run(dir.path(), &one);
        check(&array, Run { array: &array, chunk, tile, threads, cut, context }, &whole)?;
    }
}
