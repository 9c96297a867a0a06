//! The ledger's word against the allocator's: while a job runs, live heap bytes and mapped buffers never exceed what the plan predicted (its
//! fixed 256 KiB hold the plan itself, queues, thread bookkeeping, names), whatever the sources' chunks, the outputs' segments, codecs, threads and budget.
//!
//! Rust's allocations are counted; the C codecs' (libdeflate, zstd) are held to their bounds by `encode_memory.rs`.

use ndarray::Array2;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use swath::{execute::mapped_bytes, op::Calc, prelude::*, raster::Segmentation};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static MAPPED: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        // Every mapping comes with small allocations right behind it.
        PEAK.fetch_max(live + mapped_bytes(), Relaxed);
        MAPPED.fetch_max(mapped_bytes(), Relaxed);
        CALLS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tests measure the whole process.
static ALONE: Mutex<()> = Mutex::new(());

const ROWS: usize = 1100;
const COLS: usize = 1500;

fn file(path: &Path, array: &Array2<f32>, segmentation: Segmentation, compression: Compression) {
    let mut destination = GTiff::at(path).compression(compression);
    destination.options.segmentation = segmentation;
    let source = ArraySource::new(array.clone()).unwrap();
    Job::new().write(source, destination).plan(budget(1 << 30)).unwrap().run().unwrap();
}

fn budget(host: u64) -> Budget {
    Budget { host: ByteSize::b(host), device: ByteSize::gib(1) }
}

fn tiles(size: usize) -> Segmentation {
    Segmentation::Tiles { rows: size, cols: size }
}

/// What a job computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Copy,
    /// Two outputs of one read.
    Slopes,
    /// Twins that allocate for themselves.
    Focal(FocalStat, FocalShape, usize),
    /// As many numbers at once as an expression of this length has.
    Expression,
}

fn job(source: &Path, folder: &Path, output: (Segmentation, Compression), what: What, threads: usize) -> Job {
    let destination = |name: &str| {
        let mut destination = GTiff::at(folder.join(name)).compression(output.1).overwrite(true);
        destination.options.segmentation = output.0;
        destination
    };
    let raster = GeoTiff::open(source).unwrap().raster();
    let job = Job::new().threads(threads);
    match what {
        What::Copy => return job.write(raster, destination("copy.tif")),
        What::Focal(stat, shape, radius) => {
            return job.write(raster.apply(Focal { stat, shape, radius, ..Focal::default() }), destination("focal.tif"));
        }
        What::Expression => {
            // Nothing can be dropped before the end.
            let open = (1..40).map(|k| format!("(A + {k} + ")).collect::<String>();
            let text = format!("{open}A{}", " * sqrt(abs(A)))".repeat(39));
            return job.write(raster.apply(Calc::parse(&text).unwrap()), destination("calc.tif"));
        }
        What::Slopes => {}
    }
    let slope = raster.apply(Slope::default());
    job.write(slope.apply(Slope::default()), destination("slope.tif")).write(raster.apply(Hillshade::default()), destination("shade.tif"))
}

#[test]
fn live_bytes_stay_within_the_prediction() {
    let _alone = ALONE.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let array = Array2::from_shape_fn((ROWS, COLS), |(r, c)| (r * 7 % 1009) as f32 * 0.31 + (c * 13 % 911) as f32 * 0.17);
    let sources = [
        ("tiles deflate", tiles(256), Compression::deflate(1)),
        ("high tiles zstd", tiles(1024), Compression::zstd(1)),
        ("strips lzw", Segmentation::Strips { rows: 50 }, Compression::lzw()),
        ("one strip deflate", Segmentation::Strips { rows: ROWS }, Compression::deflate(1)),
        ("small tiles none", tiles(16), Compression::none()),
    ];
    let outputs = [
        ("tiles deflate", tiles(128), Compression::deflate(1)),
        ("strips zstd", Segmentation::Strips { rows: 16 }, Compression::zstd(1)),
        ("small tiles none", tiles(16), Compression::none()),
        ("large tiles lzw", tiles(512), Compression::lzw()),
    ];
    for (source_name, segmentation, compression) in sources {
        let source = folder.path().join(format!("{source_name}.tif"));
        file(&source, &array, segmentation, compression);
        for (output_name, output, codec) in outputs {
            for (threads, what, ample) in [
                (1, What::Slopes, true),
                (3, What::Slopes, true),
                (3, What::Slopes, false),
                (1, What::Slopes, false),
                (2, What::Copy, true),
                (2, What::Copy, false),
            ] {
                let name = format!("{source_name} to {output_name}");
                holds(&name, &|| job(&source, folder.path(), (output, codec), what, threads), (what, threads, ample));
            }
        }
    }
    // Whole chunks of 1024 x 1024 are.
    assert!(MAPPED.load(Relaxed) >= 4 << 20, "no large buffer was mapped");
}

#[test]
fn what_twins_allocate_for_themselves_is_in_the_prediction() {
    let _alone = ALONE.lock().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // They do so block by block: a few of them are enough.
    let array = Array2::from_shape_fn((ROWS, COLS), |(r, c)| (r * 7 % 1009) as f32 * 0.31 + (c * 13 % 911) as f32 * 0.17);
    use {FocalShape as S, FocalStat as T};
    let small = folder.path().join("small.tif");
    file(&small, &array.slice(ndarray::s![..150, ..560]).to_owned(), tiles(64), Compression::none());
    for what in [
        What::Focal(T::Median, S::Box, 64),
        What::Focal(T::Variety, S::Circle, 64),
        What::Focal(T::Majority, S::Annulus, 64),
        What::Focal(T::Std, S::Box, 64),
        What::Focal(T::Max, S::Box, 64),
        What::Focal(T::Mean, S::Circle, 30),
        What::Expression,
    ] {
        for (threads, ample) in [(3, true), (2, false)] {
            let make = || job(&small, folder.path(), (tiles(64), Compression::none()), what, threads);
            holds("small", &make, (what, threads, ample));
        }
    }
}

/// Threads of this process that belong to jobs.
#[cfg(target_os = "linux")]
fn job_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("swath-")).count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_job_that_has_returned_holds_nothing() {
    let _alone = ALONE.lock().unwrap();
    let array = Array2::from_shape_fn((ROWS, COLS), |(r, c)| (r * 7 % 1009) as f32 * 0.31 + (c * 13 % 911) as f32 * 0.17);
    let source = ArraySource::new(array).unwrap().raster();
    for (round, threads) in [1, 3, 8].into_iter().cycle().take(60).enumerate() {
        let output = MemoryOutput::new();
        let token = CancelToken::default();
        struct CancelsHalfWay(CancelToken);
        impl Observer for CancelsHalfWay {
            fn progress(&self, done: u64, total: u64) {
                if 2 * done >= total {
                    self.0.cancel();
                }
            }
        }
        let job = Job::new().write(source.apply(Slope::default()), GTiff::in_memory(&output)).threads(threads);
        let cancelled = round % 2 == 1;
        let job = if cancelled { job.observer(std::sync::Arc::new(CancelsHalfWay(token.clone()))).cancel_token(token) } else { job };
        let done = job.plan(budget(1 << 30)).unwrap().run();
        // What it holds is looked at first: a moment later it may be gone.
        let (mapped, threads_left) = (mapped_bytes(), job_threads());
        assert_eq!((mapped, threads_left), (0, 0), "round {round}, {threads} threads, cancelled {cancelled}");
        assert!(done.is_ok() || cancelled);
    }
}

/// Runs a job and compares what it held with what its plan said.
fn holds(name: &str, make: &dyn Fn() -> Job, (what, threads, ample): (What, usize, bool)) {
    let host = match make().plan(budget(if ample { 1 << 30 } else { 1 })) {
        Err(Error::Budget { minimum, .. }) => minimum.bytes(),
        Ok(_) => 1 << 30,
        Err(e) => panic!("{e}"),
    };
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let report = make().plan(budget(host)).unwrap().run().unwrap();
    let held = PEAK.load(Relaxed) - before;
    assert_eq!(mapped_bytes(), 0, "a job that has ended maps nothing");
    let (predicted, measured) = (report.host.predicted_peak as usize, report.host.measured_peak as usize);
    let case = format!(
        "{name}, {threads} threads, {what:?}, ample {ample}: {held} bytes held, {measured} granted, {predicted} predicted, {} swaths, {} lanes",
        report.swaths, report.lanes
    );
    println!("{case}");
    assert!(measured <= predicted, "{case}");
    assert!(held <= predicted, "{case}");
}
