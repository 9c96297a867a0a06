//! The device's ceiling, held against the allocator's own report while the job runs.

use crate::gpu_context::gpu_context;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use swath::{
    error::Error,
    prelude::*,
    raster::{Affine, Georeferencing},
};

/// Asks the allocator whenever a segment has been written.
struct Watch {
    context: Context,
    most: AtomicU64,
}

impl Observer for Watch {
    fn progress(&self, _done: u64, _total: u64) {
        self.most.fetch_max(self.context.allocated_bytes().unwrap_or(0), Relaxed);
    }
}

fn dem(cols: usize, rows: usize) -> GeneratorSource {
    let mut profile = Profile::new(cols, rows, 1, SampleType::F32);
    profile.georef = Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 10.0)), ..Georeferencing::default() };
    GeneratorSource::new(profile, |row, first_col, out: &mut [f32]| {
        for (i, sample) in out.iter_mut().enumerate() {
            let col = first_col + i;
            *sample = if (row / 13 + col / 17) % 29 == 0 { f32::NAN } else { ((row * 31 + col * 17) % 1013) as f32 + col as f32 * 0.25 };
        }
    })
    .unwrap()
}

#[test]
fn the_allocator_stays_under_every_device_budget() {
    let dir = tempfile::tempdir().unwrap();
    let mut whole: Option<Vec<Vec<u8>>> = None;
    for mib in [256, 64, 24, 16] {
        // A device of its own, so that nothing is left in its allocator.
        let Some(context) = gpu_context() else { return };
        let watch = Arc::new(Watch { context: context.clone(), most: AtomicU64::new(0) });
        let dem = dem(4096, 1500).raster();
        let names = ["slope.tif", "shade.tif"].map(|name| dir.path().join(name));
        let to = |i: usize| GTiff::at(&names[i]).tile_size(256).compression(Compression::zstd(1)).overwrite(true);
        let budget = Budget { host: ByteSize::mib(512), device: ByteSize::mib(mib) };
        let job = Job::new().write(dem.apply(Slope::default()), to(0)).write(dem.apply(Hillshade::default()), to(1));
        let report = job.context(context).observer(watch.clone()).plan(budget).unwrap().run().unwrap();
        let allocated = watch.most.load(Relaxed);
        println!(
            "{mib:4} MiB: allocator {:.1} MiB, ledger {:.1} MiB, predicted {:.1} MiB, {} swaths x {} lanes",
            allocated as f64 / 1048576.0,
            report.device.measured_peak as f64 / 1048576.0,
            report.device.predicted_peak as f64 / 1048576.0,
            report.swaths,
            report.lanes
        );
        assert!(allocated > 0, "the allocator reports nothing");
        assert!(
            allocated <= report.device.predicted_peak,
            "{allocated} bytes are allocated, {} were predicted",
            report.device.predicted_peak
        );
        assert!(report.device.measured_peak <= report.device.predicted_peak && report.device.predicted_peak <= report.device.budget);
        assert_eq!(report.readbacks as usize, report.swaths * report.lanes * 2);
        assert_eq!(report.bytes_read_back, 4096 * 1500 * (4 + 1));
        let files = names.iter().map(|name| std::fs::read(name).unwrap()).collect::<Vec<_>>();
        assert!(whole.get_or_insert_with(|| files.clone()) == &files, "{mib} MiB: the bytes differ");
    }
}

#[test]
fn a_device_budget_too_small_is_refused_naming_the_minimum() {
    let Some(context) = gpu_context() else { return };
    let dir = tempfile::tempdir().unwrap();
    let plan = |device| {
        let job = Job::new().write(dem(4096, 600).apply(Slope::default()), GTiff::at(dir.path().join("slope.tif")).tile_size(256));
        job.context(context.clone()).plan(Budget { host: ByteSize::mib(512), device })
    };
    let Err(Error::Budget { memory: "device", minimum, .. }) = plan(ByteSize::mib(2)) else { panic!("2 MiB must be refused") };
    assert!(minimum > ByteSize::mib(2) && minimum <= ByteSize::mib(16), "{minimum}");
    plan(minimum).unwrap().run().unwrap();
}

/// A dispatch has at most 65,535 workgroups of 16 pixels in each direction: 1,048,560 columns or rows.
#[test]
fn rasters_wider_or_taller_than_one_dispatch_are_computed() {
    let Some(context) = gpu_context() else { return };
    for (cols, rows) in [(1_100_000, 8), (2, 1_100_000)] {
        let run = |context: Context| {
            let output = MemoryOutput::new();
            let to = GTiff::in_memory(&output).compression(Compression::none());
            let to = if cols > rows { to.tile_size(16) } else { to.strips(4096) };
            let job = Job::new().write(dem(cols, rows).apply(Slope::default()), to);
            let report = job.context(context).plan(Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }).unwrap().run().unwrap();
            (report, output.take().unwrap())
        };
        let (report, bytes) = run(context.clone());
        assert_eq!((report.backend, report.warnings.len()), ("gpu", 0), "{rows} x {cols}: {:?}", report.warnings);
        assert!(bytes == run(Context::cpu()).1, "{rows} x {cols}: the bytes differ");
    }
}

/// A strip is one row of segments and has one lane: no cut makes it narrower than the raster.
#[test]
fn what_exceeds_the_adapter_in_every_cut_runs_on_the_cpu() {
    let Some(context) = gpu_context() else { return };
    let run = |context: Context| {
        let output = MemoryOutput::new();
        let to = GTiff::in_memory(&output).compression(Compression::none()).strips(8);
        let standardised = dem(1_100_000, 8).apply(Slope::default()).apply(Standardise::default());
        let job = Job::new().write(standardised, to).context(context);
        let report = job.plan(Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }).unwrap().run().unwrap();
        (report, output.take().unwrap())
    };
    let (report, bytes) = run(context);
    assert_eq!(report.backend, "cpu");
    assert!(report.warnings.iter().any(|w| w.contains("more than the adapter holds")), "{:?}", report.warnings);
    // The survey's own tiles fit the device, whose slopes may differ in their last bit.
    assert_eq!(bytes.len(), run(Context::cpu()).1.len());
}
