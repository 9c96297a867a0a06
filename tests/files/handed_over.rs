//! Finished files go under a name, into memory, or down a pipe: the same bytes, whole or none.

use crate::place::Place;
use std::{
    fs,
    io::{self, Write},
    process::Stdio,
    sync::{Arc, Mutex},
};
use swath::{graph::Destination, prelude::*};

const SIZE: (usize, usize) = (700, 500);

fn hills(row: usize, col: usize) -> f32 {
    if (row / 40 + col / 60).is_multiple_of(7) { f32::NAN } else { (row as f32 / 9.0).sin() * 50.0 + col as f32 }
}

fn run(destination: Destination) -> Result<Report> {
    let (cols, rows) = SIZE;
    let source = GeneratorSource::new(Profile::new(cols, rows, 1, SampleType::F32), |row, first, out: &mut [f32]| {
        out.iter_mut().enumerate().for_each(|(col, out)| *out = hills(row, first + col));
    })?;
    let budget = Budget { host: ByteSize::mib(64), device: ByteSize::mib(64) };
    Job::new().write(Raster::from_source(source).apply(Slope::default()), destination.tile_size(128)).plan(budget)?.run()
}

/// What a job wrote into it, from outside.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_file_in_memory_or_a_writer_has_the_bytes_of_a_named_one() {
    let folder = tempfile::tempdir().unwrap();
    for cog in [false, true] {
        let path = folder.path().join("named.tif");
        let refine = |d: Destination| d.overwrite(true).overviews(Overviews::Auto).statistics(true);
        let (output, shared) = (MemoryOutput::new(), Shared::default());
        let (named, memory, writer) = match cog {
            false => (GTiff::at(&path), GTiff::in_memory(&output), GTiff::to_writer("there", shared.clone())),
            true => (Cog::at(&path), Cog::in_memory(&output), Cog::to_writer("there", shared.clone())),
        };
        run(refine(named)).unwrap();
        let whole = fs::read(&path).unwrap();
        let report = run(refine(memory)).unwrap();
        assert_eq!((report.outputs[0].bytes, report.spool.measured), (whole.len() as u64, 0), "nothing of it lies on a disk");
        assert!(output.take().unwrap() == whole && output.take().is_none());
        let report = run(refine(writer)).unwrap();
        assert!(*shared.0.lock().unwrap() == whole);
        // All of it waited, as was said.
        assert!(report.spool.measured >= whole.len() as u64 && report.spool.measured <= report.spool.predicted, "{:?}", report.spool);
    }
}

/// Takes some bytes and no more.
struct Broken(usize);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_writer_and_a_failed_job_leave_nothing() {
    let failed = run(GTiff::to_writer("the pipe", Broken(1000))).unwrap_err();
    assert!(failed.to_string().starts_with("the pipe: cannot hand over"), "{failed}");
    // What was there from an earlier job is not taken for this one's.
    let output = MemoryOutput::new();
    run(GTiff::in_memory(&output)).unwrap();
    let none = swath::graph::CompressionChoice::Exactly(Compression::none());
    let mut strict = GTiff::in_memory(&output).nodata(Nodata::Integer(60)).sample(SampleType::U8).strict(true);
    strict.options.compression = none;
    assert!(run(strict).is_err());
    assert!(output.take().is_none());
}

#[cfg(unix)]
#[test]
fn standard_output_and_named_pipes_take_whole_files() {
    let place = Place::new().with_dem();
    place.works("slope dem.tif a.tif --backend cpu -q --cog --tile-size 64");
    let whole = fs::read(place.path("a.tif")).unwrap();
    let temporaries = place.path("temporaries");
    fs::create_dir(&temporaries).unwrap();
    let ran = place.command("slope dem.tif - --backend cpu --cog --tile-size 64").env("TMPDIR", &temporaries).output().unwrap();
    assert!(ran.status.success() && ran.stdout == whole, "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("standard output: 300 x 200"));
    assert!(std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    let job = place.command("slope dem.tif pipe --backend cpu -q --cog --tile-size 64").env("TMPDIR", &temporaries).spawn().unwrap();
    assert!(fs::read(place.path("pipe")).unwrap() == whole);
    assert!(job.wait_with_output().unwrap().status.success());
    // Both at once; a file for the other of two.
    let ran = place
        .command("pipeline --backend cpu -q read dem.tif ! tee [ slope ! write - --cog --tile-size 64 ] [ aspect ! write b.tif ]")
        .output()
        .unwrap();
    assert!(ran.stdout == whole && place.path("b.tif").exists());
    for (line, status, message) in [
        ("slope dem.tif - --report -", 2, "standard output ('-') takes one thing: a file for the others, or for the report"),
        ("slope dem.tif - --preview p.png", 2, "--preview needs an output that is a file"),
    ] {
        place.fails(line, status, message);
    }
    // Whatever happens, nothing is left where the file waited.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let told = crate::program::run(place.command("slope dem.tif - --backend cpu -q").env("TMPDIR", &temporaries).stdout(full));
    assert_eq!(told.status, 1);
    assert!(told.stderr.starts_with("swath: error: standard output: cannot hand over the finished file: "), "{told:?}");
    let mut child = place.command("slope dem.tif - --backend cpu -q").env("TMPDIR", &temporaries).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "a reader that went away has no file");
    assert_eq!(fs::read_dir(&temporaries).unwrap().count(), 0);
    let told = crate::program::run(place.command("slope dem.tif - --backend cpu -q").env("TMPDIR", place.path("nowhere")));
    assert!(told.status == 1 && told.stdout.is_empty() && told.stderr.contains("cannot create a temporary file for it"), "{told:?}");
}
