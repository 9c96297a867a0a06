//! Outputs of one job do not touch each other: each has the bytes that it has alone, and all of them appear or none.

use crate::{backends::contexts, gpu_context::gpu_context};
use ndarray::{Array2, Array3};
use std::{
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use swath::{
    job::{ArrayOutput, Precision},
    op::Calc,
    prelude::*,
    raster::{Affine, Georeferencing, Sample},
};

const AMPLE: Budget = Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) };
const SIZE: (usize, usize) = (150, 210);

fn height(row: usize, col: usize) -> f64 {
    let (x, y) = (col as f64, row as f64);
    (300.0 + 80.0 * (x * 0.07).sin() * (y * 0.05).cos() + ((row * 7 + col * 13) % 31) as f64 * 0.5).round()
}

fn source<T: Sample>(sample: impl Fn(f64) -> T) -> ArraySource<T> {
    let georef = Georeferencing { transform: Some(Affine::north_up(5e5, 4e6, 30.0, 25.0)), ..Georeferencing::default() };
    let heights = Array2::from_shape_fn(SIZE, |(row, col)| sample(height(row, col)));
    ArraySource::new(heights).unwrap().chunks(64, 64).georeferencing(georef)
}

/// Sources that float32 would round.
fn wide() -> [(&'static str, Raster); 3] {
    [
        ("float64 + 1e6", source(|z| z + 1e6).raster()),
        ("float64 + 1e8", source(|z| z + 1e8).raster()),
        ("int32 + 2^26", source(|z| z as i32 + (1 << 26)).raster()),
    ]
}

type Branch = (&'static str, fn(&Raster) -> Raster);

/// Branches that need differences, samples as they are, and float64.
const BRANCHES: [Branch; 7] = [
    ("slope", |r| r.apply(Slope::default())),
    ("mean", |r| r.apply(Focal::default())),
    ("slope of mean", |r| r.apply(Focal::default()).apply(Slope::default())),
    ("calc", |r| r.apply(Calc::parse("A * 0.5 + 3").unwrap())),
    ("calc of calc", |r| r.apply(Calc::parse("A / 7").unwrap()).apply(Calc::parse("A - 1").unwrap())),
    ("tri", |r| r.apply(Tri::default())),
    ("source", |r| r.clone()),
];

fn arrays(rasters: &[Raster], context: &Context, precision: Precision) -> (Vec<Array2<f32>>, Report) {
    let outputs: Vec<ArrayOutput> = rasters.iter().map(|_| ArrayOutput::new()).collect();
    let job = rasters.iter().zip(&outputs).fold(Job::new(), |job, (raster, output)| job.write_array(raster.clone(), output));
    let report = job.context(context.clone()).precision(precision).plan(AMPLE).unwrap().run().unwrap();
    (outputs.iter().map(|output| output.take().unwrap()).collect(), report)
}

fn same_bits(a: &Array2<f32>, b: &Array2<f32>) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
}

#[test]
fn every_branch_of_a_tee_has_the_bytes_it_has_alone() {
    for context in contexts() {
        for (name, source) in wide() {
            let alone: Vec<Array2<f32>> =
                BRANCHES.iter().map(|(_, branch)| arrays(&[branch(&source)], &context, Precision::Auto).0.swap_remove(0)).collect();
            let rasters: Vec<Raster> = BRANCHES.iter().map(|(_, branch)| branch(&source)).collect();
            let (together, report) = arrays(&rasters, &context, Precision::Auto);
            for ((branch, _), (a, b)) in BRANCHES.iter().zip(alone.iter().zip(&together)) {
                assert!(same_bits(a, b), "{branch} of {name} on {}", report.backend);
            }
            let read = &report.inputs[0];
            assert_eq!((read.max_decodes_per_chunk, read.chunks_decoded), (1, read.chunks), "{name}: every chunk once, however it is read");
        }
    }
}

#[test]
fn a_shared_result_serves_each_consumer_as_alone() {
    // A mean that is written, and that a slope is taken of; a formula that is written, and that another goes on from.
    for context in contexts() {
        for (name, source) in wide() {
            let mean = source.apply(Focal::default());
            let calc = source.apply(Calc::parse("A / 7").unwrap());
            let shared = [mean.clone(), mean.apply(Slope::default()), calc.clone(), calc.apply(Calc::parse("A * 3").unwrap())];
            let (together, _) = arrays(&shared, &context, Precision::Auto);
            for (at, raster) in shared.iter().enumerate() {
                let (alone, _) = arrays(std::slice::from_ref(raster), &context, Precision::Auto);
                assert!(same_bits(&alone[0], &together[at]), "output {at} of {name}");
            }
        }
    }
}

#[test]
fn rounding_is_warned_of_for_whom_it_touches() {
    let source = source(|z| z + 1e8).raster();
    let (_, report) = arrays(&[source.apply(Slope::default()), source.apply(Focal::default())], &Context::cpu(), Precision::Auto);
    assert_eq!(report.warnings, ["float64 samples are rounded to float32 for 'focal'"]);
}

/// Takes some bytes, then breaks.
struct Breaks(usize);

impl Write for Breaks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::Error::other("the pipe broke"))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn dem() -> Raster {
    source(|z| z as f32).raster()
}

#[test]
fn outputs_appear_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    let (memory, array) = (MemoryOutput::new(), ArrayOutput::new());
    let slope = dem().apply(Slope::default());
    let job = Job::new()
        .write(slope.clone(), GTiff::at(&path))
        .write(slope.clone(), GTiff::in_memory(&memory))
        .write_array(slope.clone(), &array)
        .write(slope.apply(Hillshade::default()), GTiff::to_writer("pipe", Breaks(100)));
    let error = job.plan(AMPLE).unwrap().run().unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error}");
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "a file stayed");
    assert!(memory.take().is_none() && array.take().is_none());
}

#[test]
fn a_name_given_before_a_failure_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, old) = (folder.path().join("a.tif"), folder.path().join("b.tif"), folder.path().join("old.tif"));
    std::fs::write(&old, "before").unwrap();
    let slope = dem().apply(Slope::default());
    // The second name is taken while the job runs.
    struct Takes(std::path::PathBuf);
    impl Observer for Takes {
        fn progress(&self, done: u64, total: u64) {
            if done == total {
                std::fs::write(&self.0, "another's").unwrap();
            }
        }
    }
    let job = Job::new().write(slope.clone(), GTiff::at(&first)).write(slope, GTiff::at(&second)).observer(Arc::new(Takes(second.clone())));
    let error = job.plan(AMPLE).unwrap().run().unwrap_err();
    assert!(error.to_string().contains("appeared meanwhile"), "{error}");
    assert!(!first.exists(), "the first output stayed");
    assert_eq!(std::fs::read(&second).unwrap(), b"another's");
}

#[test]
fn an_array_stays_empty_after_a_failure() {
    let array = ArrayOutput::new();
    let token = CancelToken::default();
    let job = Job::new().write_array(dem().apply(Slope::default()), &array).cancel_token(token.clone()).plan(AMPLE).unwrap();
    token.cancel();
    assert!(matches!(job.run(), Err(Error::Cancelled)));
    assert!(array.take().is_none());
    let broken = Job::new().write_array(dem(), &array).write(dem().apply(Slope::default()), GTiff::to_writer("pipe", Breaks(0)));
    assert!(broken.plan(AMPLE).unwrap().run().is_err());
    assert!(array.take().is_none());
}

#[test]
fn an_output_that_is_named_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    let same = folder.path().join(".").join("a.tif");
    let (array, memory) = (ArrayOutput::new(), MemoryOutput::new());
    let refused = |job: Job| match job.plan(AMPLE) {
        Err(error @ Error::Usage { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("two outputs of one name were planned"),
    };
    let (slope, shade) = (dem().apply(Slope::default()), dem().apply(Hillshade::default()));
    let at = |path: &Path| GTiff::at(path).overwrite(true);
    let text = refused(Job::new().write(slope.clone(), at(&path)).write(shade.clone(), at(&same)));
    assert!(text.contains("a.tif") && text.contains("of its own"), "{text}");
    refused(Job::new().write_array(slope.clone(), &array).write_array(shade.clone(), &array));
    refused(Job::new().write(slope.clone(), GTiff::in_memory(&memory)).write(shade.clone(), GTiff::in_memory(&memory)));
    let other = folder.path().join("b.tif");
    assert!(Job::new().write(slope, at(&path)).write(shade, at(&other)).plan(AMPLE).is_ok());
}

/// Rows that take a while, counted.
fn slow_rows(rows: usize, made: Arc<AtomicU64>) -> Raster {
    let profile = Profile::new(64, rows, 1, SampleType::F32);
    let make = move |row: usize, _: usize, out: &mut [f32]| {
        made.fetch_add(1, Relaxed);
        std::thread::sleep(Duration::from_micros(200));
        out.fill(row as f32);
    };
    GeneratorSource::new(profile, make).unwrap().chunks(16, 64).raster()
}

#[test]
fn a_panicking_observer_ends_the_job_soon() {
    struct Panics;
    impl Observer for Panics {
        fn progress(&self, _: u64, _: u64) {
            panic!("the observer's own fault");
        }
    }
    let (made, rows) = (Arc::new(AtomicU64::new(0)), 8000);
    let mut destination = GTiff::in_memory(&MemoryOutput::new());
    destination.options.segmentation = swath::raster::Segmentation::Tiles { rows: 16, cols: 64 };
    let cut = swath::plan::Cut { swath_rows: Some(16), ..Default::default() };
    let job = Job::new().write(slow_rows(rows, made.clone()).apply(Slope::default()), destination).cut(cut).threads(2);
    let error = job.observer(Arc::new(Panics)).plan(AMPLE).unwrap().run().unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error}");
    assert!(made.load(Relaxed) < rows as u64 / 2, "{} of {rows} rows were made for nothing", made.load(Relaxed));
}

/// Heights that are missing everywhere, which a search for an origin reads to the end.
#[test]
fn the_search_for_an_origin_can_be_cancelled() {
    let empty = ArraySource::new(Array2::from_elem((3000, 3000), f64::NAN)).unwrap().chunks(64, 64).raster();
    let token = CancelToken::default();
    let array = ArrayOutput::new();
    let job = Job::new().write_array(empty.apply(Slope::default()), &array).cancel_token(token.clone()).plan(AMPLE).unwrap();
    token.cancel();
    let began = Instant::now();
    assert!(matches!(job.run(), Err(Error::Cancelled)));
    let cancelled = began.elapsed();
    let began = Instant::now();
    Job::new().write_array(empty.apply(Slope::default()), &array).plan(AMPLE).unwrap().run().unwrap();
    assert!(cancelled * 4 < began.elapsed(), "{cancelled:?} to be cancelled");
}

#[test]
fn reads_are_counted_by_source_and_not_by_name() {
    // Two sources of one name; each is surveyed, so that each of its chunks is decoded twice.
    let standard = |by: f64| source(move |z| (z + by) as f32).raster().apply(Standardise::default());
    let rasters = [standard(0.0), standard(5.0)];
    let outputs = [ArrayOutput::new(), ArrayOutput::new()];
    let job = Job::new().write_array(rasters[0].clone(), &outputs[0]).write_array(rasters[1].clone(), &outputs[1]);
    let planned = job.plan(AMPLE).unwrap();
    let predicted: Vec<_> =
        planned.plan().to_json()["inputs"].as_array().unwrap().iter().map(|i| i["max_decodes_per_chunk"].clone()).collect();
    let report = planned.run().unwrap();
    let counts: Vec<_> = report.inputs.iter().map(|i| (i.chunks_decoded / i.chunks, i.max_decodes_per_chunk)).collect();
    assert_eq!(counts, [(2, 2), (2, 2)]);
    assert_eq!(predicted, [2, 2]);
}

#[test]
fn a_survey_of_rounded_samples_says_so_in_its_own_words() {
    let standard = source(|z| z + 1e8).raster().apply(Standardise::default());
    let output = ArrayOutput::new();
    let report = Job::new().write_array(standard, &output).plan(AMPLE).unwrap().run().unwrap();
    assert!(report.warnings.iter().any(|w| w.ends_with("for the statistics of a survey")), "{:?}", report.warnings);
    assert!(!report.warnings.iter().any(|w| w.contains("an output in memory")), "{:?}", report.warnings);
}

#[test]
fn warnings_of_planning_outlive_a_survey() {
    let Some(context) = gpu_context() else { return };
    let memory = [MemoryOutput::new(), MemoryOutput::new()];
    let job = Job::new()
        .write(dem(), GTiff::in_memory(&memory[0]))
        .write(dem().apply(Standardise::default()), GTiff::in_memory(&memory[1]))
        .context(context);
    let report = job.plan(AMPLE).unwrap().run().unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("a copy needs no kernels")), "{:?}", report.warnings);
}

/// Plans at ever larger budgets as refusals name them, and runs at the first that is accepted.
fn steps_to_run(make: &dyn Fn() -> Job) -> usize {
    let (mut host, mut steps) = (ByteSize::b(1), 0);
    loop {
        match make().plan(Budget { host, device: ByteSize::gib(1) }) {
            Ok(planned) => {
                let report = planned.run().unwrap();
                assert!(report.host.measured_peak <= report.host.predicted_peak && report.host.predicted_peak <= host.bytes());
                return steps;
            }
            Err(Error::Budget { minimum, .. }) => host = minimum,
            Err(error) => panic!("{error}"),
        }
        steps += 1;
        assert!(steps < 9, "minima without end");
    }
}

#[test]
fn the_minimum_of_a_job_with_surveys_is_the_whole_jobs() {
    for threads in [1, 2, 5] {
        for traced in [false, true] {
            let chain = |raster: Raster| raster.apply(Standardise::default()).apply(Focal::default()).apply(Quantile::default());
            let make = |raster: Raster| {
                move || {
                    let mut tiles = Cog::in_memory(&MemoryOutput::new());
                    tiles.options.segmentation = swath::raster::Segmentation::Tiles { rows: 128, cols: 128 };
                    Job::new().write(raster.clone(), tiles).threads(threads).trace(traced)
                }
            };
            for raster in [dem().apply(Standardise::default()), dem().apply(EqualInterval::default()), chain(dem())] {
                assert_eq!(steps_to_run(&make(raster)), 1, "{threads} threads, traced {traced}");
            }
        }
    }
}

#[test]
fn bands_in_a_tee_are_read_once_each() {
    let bands = Array3::from_shape_fn((80, 90, 3), |(r, c, b)| height(r, c) + 1e8 * (b + 1) as f64);
    let source = ArraySource::from_bands(bands).unwrap().chunks(32, 32).raster();
    let rasters = [source.band(2).apply(Slope::default()), source.band(3).apply(Focal::default()), source.band(2).apply(Tpi::default())];
    let (together, report) = arrays(&rasters, &Context::cpu(), Precision::Auto);
    for (raster, array) in rasters.iter().zip(&together) {
        assert!(same_bits(array, &arrays(std::slice::from_ref(raster), &Context::cpu(), Precision::Auto).0[0]));
    }
    assert_eq!(report.inputs[0].max_decodes_per_chunk, 1);
}
