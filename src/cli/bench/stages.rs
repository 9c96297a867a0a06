//! The measurements.

use super::rate::Rate;
use crate::cli::{
    fractal::Fractal,
    options::ComputeOptions,
    stop::{Outcome, Stop},
    synth,
    values::Size,
};
use std::{hint::black_box, path::Path, sync::Arc, thread, time::Instant};
use swath::{
    codec::Compression,
    encode::{EncodeScratch, Layout, MissingRule, SegmentEncoder, SegmentSpec},
    execute::Context,
    graph::{GTiff, GridInfo, InputRows, Operator, Raster, RowsTask},
    job::Job,
    op::REGISTRY,
    raster::{BigTiff, Interleave, PixelRows, PixelWindow, Predictor, SampleType, Segmentation, Span},
    source::{ChunkAt, Counters, DecodeScratch, GeoTiff, Source},
};

const SEED: u64 = 1;
const TILE: usize = 512;

fn height_field(cols: usize, rows: usize) -> Vec<Vec<f32>> {
    let fractal = Fractal::new(SEED, 0.0, 2000.0, 100.0);
    let make = |row| {
        let mut out = vec![0.0; cols];
        fractal.fill_row(row, 0, &mut out);
        out
    };
    (0..rows).map(make).collect()
}

/// Median of `runs` timings of `work`, in seconds.
fn median(runs: usize, mut work: impl FnMut() -> f64) -> f64 {
    let mut seconds: Vec<f64> = (0..runs).map(|_| work()).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    seconds[seconds.len() / 2].max(1e-9)
}

/// The CPU twins, all threads.
pub fn kernels(size: Size, threads: usize, runs: usize) -> Vec<Rate> {
    // Rows enough for every thread, and not more than caches and memory bandwidth need to show.
    let rows = size.rows.min(512);
    let field = height_field(size.cols, rows);
    let grid = GridInfo { cols: size.cols, rows, georef: Default::default() };
    let pixels = (size.cols * rows) as f64;
    let examples = REGISTRY.iter().filter_map(|info| (info.examples)().into_iter().next());
    examples
        .map(|operator| {
            let seconds = median(runs, || time_kernel(&*operator, &grid, &field, threads));
            Rate { on: "cpu".into(), stage: "kernel", what: operator.name().to_owned(), rate: pixels / seconds, unit: "pixels" }
        })
        .collect()
}

fn time_kernel(operator: &dyn Operator, grid: &GridInfo, field: &[Vec<f32>], threads: usize) -> f64 {
    let lines: Vec<&[f32]> = field.iter().map(Vec::as_slice).collect();
    let cols = Span::new(0, grid.cols);
    let each = grid.rows.div_ceil(threads);
    let row = grid.cols * operator.bands();
    let mut out = vec![0.0f32; grid.rows * row];
    let started = Instant::now();
    thread::scope(|scope| {
        for (i, out) in out.chunks_mut(each * row).enumerate() {
            let lines = &lines;
            scope.spawn(move || {
                let rows = Span::new(i * each, i * each + out.len() / row);
                let factors: Vec<[f32; 4]> = rows.iter().map(|row| operator.row_factors(grid, row)).collect();
                let inputs = [InputRows { cols, first_row: 0, rows: lines }];
                operator.compute_rows(&mut RowsTask { grid, rows, cols, factors: &factors, inputs: &inputs, out });
            });
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    black_box(out);
    seconds
}

struct Field(Vec<Vec<f32>>);

impl PixelRows for Field {
    fn row(&self, row: usize) -> &[u8] {
        bytemuck::cast_slice(&self.0[row])
    }
}

/// Encoding of float32 tiles, a tile a thread, in bytes before the codec.
pub fn codecs(threads: usize, runs: usize) -> Outcome<Vec<Rate>> {
    let window = PixelWindow {
        rows: Span::new(0, TILE),
        cols: Span::new(0, TILE),
        bands: 1,
        sample: SampleType::F32,
        data: Arc::new(Field(height_field(TILE, TILE))),
    };
    let kinds = [
        ("none", Compression::none(), Predictor::None),
        ("deflate 4, predictor 3", Compression::deflate(4), Predictor::Float),
        ("deflate 6, predictor 3", Compression::deflate(6), Predictor::Float),
        ("zstd 3, predictor 3", Compression::zstd(3), Predictor::Float),
    ];
    let mut rates = Vec::new();
    for (what, compression, predictor) in kinds {
        let segmentation = Segmentation::Tiles { cols: TILE, rows: TILE };
        let spec = SegmentSpec {
            cols: TILE,
            rows: TILE,
            bands: 1,
            window_sample: SampleType::F32,
            output_sample: SampleType::F32,
            missing: MissingRule::Verbatim { declared: None },
            mask: None,
            layout: Layout { segmentation, compression, predictor, bigtiff: BigTiff::Auto, interleave: Interleave::Pixel },
        };
        let encoder = SegmentEncoder::new(spec)?;
        // A first failure is the only one that is told.
        let mut failed = None;
        let seconds = median(runs, || {
            let started = Instant::now();
            let results = on_threads(threads, || {
                let mut scratch = EncodeScratch::new();
                (0..TILES_A_THREAD).try_for_each(|_| encoder.encode(&window, 0, 0, &mut scratch).map(|segment| drop(black_box(segment))))
            });
            failed = results.into_iter().find_map(Result::err).or(failed.take());
            started.elapsed().as_secs_f64()
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        let bytes = (threads * TILES_A_THREAD * TILE * TILE * 4) as f64;
        rates.push(Rate { on: "cpu".into(), stage: "encode", what: what.into(), rate: bytes / seconds, unit: "bytes" });
    }
    Ok(rates)
}

const TILES_A_THREAD: usize = 4;

fn on_threads<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    })
}

/// Whole jobs: a model is made, then its slope is computed on every backend, file to file.
pub fn jobs(size: Size, backends: &[Context], compute: &ComputeOptions, threads: usize, runs: usize) -> Outcome<Vec<Rate>> {
    let folder = Folder::new()?;
    let (dem, out) = (folder.0.join("dem.tif"), folder.0.join("slope.tif"));
    let model = synth::source(size, SampleType::F32, None, SEED, 0.0)?;
    let destination = GTiff::at(&dem).tile_size(TILE);
    Job::new().write(Raster::from_source(model), destination).threads(threads).plan(compute.budget())?.run()?;
    let mut rates = vec![decode(&dem, threads, runs)?];
    let slope = REGISTRY.iter().find_map(|info| (info.examples)().into_iter().next());
    let Some(operator) = slope else { return Ok(rates) };
    for context in backends {
        let mut seconds = Vec::new();
        for _ in 0..runs {
            let raster = Raster::from_source(GeoTiff::open(&dem)?).apply_shared(operator.clone());
            let job = Job::new().write(raster, GTiff::at(&out).overwrite(true)).threads(threads).context(context.clone());
            let started = Instant::now();
            job.plan(compute.budget())?.run()?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        let mut seconds = seconds.into_iter();
        let middle = median(runs, || seconds.next().unwrap_or(f64::MAX));
        let on = context.adapter().map_or("cpu".to_owned(), |adapter| adapter.name.clone());
        let what = format!("{}, file to file", operator.name());
        rates.push(Rate { on, stage: "job", what, rate: (size.cols * size.rows) as f64 / middle, unit: "pixels" });
    }
    Ok(rates)
}

/// Decoding of the model's chunks, in decoded bytes.
fn decode(dem: &Path, threads: usize, runs: usize) -> Outcome<Rate> {
    let tiff = GeoTiff::open(dem)?;
    let (profile, plane) = (tiff.profile(), tiff.planes()[0]);
    let (across, down) = (plane.across(profile.cols), plane.down(profile.rows));
    let counters = Counters::new(profile, tiff.planes());
    let mut failed = None;
    let seconds = median(runs, || {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let started = Instant::now();
        let results = on_threads(threads, || {
            let (mut scratch, mut out) = (DecodeScratch::default(), vec![0; plane.chunk_bytes()]);
            loop {
                let chunk = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if chunk >= across * down {
                    return Ok(());
                }
                let at = ChunkAt { plane: 0, chunk_row: chunk / across, chunk_col: chunk % across };
                tiff.decode_chunk(at, &mut scratch, &counters, &mut out)?;
            }
        });
        failed = results.into_iter().find_map(|result: Result<(), swath::error::Error>| result.err()).or(failed.take());
        started.elapsed().as_secs_f64()
    });
    match failed {
        Some(error) => Err(error.into()),
        None => {
            let bytes = (across * down * plane.chunk_bytes()) as f64;
            Ok(Rate { on: "cpu".into(), stage: "decode", what: "deflate 4, predictor 3".into(), rate: bytes / seconds, unit: "bytes" })
        }
    }
}

/// A folder of its own among the temporary files, removed when it is dropped.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("swath-bench-{}", std::process::id()));
        match std::fs::create_dir(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) => Err(Stop::failed(format!("{}: cannot make it: {error}", path.display()))),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind lies among temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
