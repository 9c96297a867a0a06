//! A source that fails at any of its reads, or says something else than before: the job ends with an error that names it, and leaves
//! nothing, or with an output that can be opened.

use ndarray::Array3;
use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use swath::{
    graph::{Destination, MemoryOutput},
    prelude::*,
    raster::{Interleave, MaxError},
    source::ReadAt,
};
use tempfile::TempDir;

const BUDGET: Budget = Budget { host: ByteSize::mib(32), device: ByteSize::mib(32) };

/// What happens at one read.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The medium fails.
    Broken,
    /// The file has become shorter.
    Short,
    /// Zeros are read.
    Zeros,
    /// Other bytes are read, as of a file that is being written.
    Changed,
}

/// Bytes of which one read goes wrong, counted from 0.
struct Faulty {
    bytes: Arc<Vec<u8>>,
    reads: Arc<AtomicUsize>,
    fault: Option<(usize, Fault)>,
}

impl ReadAt for Faulty {
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let number = self.reads.fetch_add(1, Relaxed);
        self.bytes.read_exact_at(offset, buf)?;
        match self.fault.filter(|(at, _)| *at == number) {
            None => {}
            Some((_, Fault::Broken)) => return Err(io::Error::other("the disk is gone")),
            Some((_, Fault::Short)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Some((_, Fault::Zeros)) => buf.fill(0),
            Some((_, Fault::Changed)) => buf.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= (at * 37) as u8),
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        ReadAt::len(&*self.bytes)
    }
}

fn file(refine: fn(Destination) -> Destination, cog: bool, bands: usize) -> Arc<Vec<u8>> {
    let array = Array3::from_shape_fn((bands, 90, 110), |(band, row, col)| (band * 60 + row * 7 % 50 + col) as f32);
    let output = MemoryOutput::new();
    let destination = if cog { Cog::in_memory(&output) } else { GTiff::in_memory(&output) };
    Job::new()
        .write(Raster::from_source(ArraySource::from_bands(array).unwrap()), refine(destination))
        .plan(BUDGET)
        .unwrap()
        .run()
        .unwrap();
    Arc::new(output.take().unwrap())
}

/// The warnings of a slope of the file to `path`; the number of reads too.
fn slope(bytes: &Arc<Vec<u8>>, fault: Option<(usize, Fault)>, path: &Path) -> (Result<Vec<String>, Error>, usize) {
    let reads = Arc::new(AtomicUsize::new(0));
    let source = Faulty { bytes: bytes.clone(), reads: reads.clone(), fault };
    let run = || -> Result<Vec<String>, Error> {
        let raster = Raster::from_source(GeoTiff::reader(source, "faulty.tif")?).band(1);
        let job = Job::new().write(raster.apply(Slope::default()), GTiff::at(path).tile_size(32)).threads(2);
        job.plan(BUDGET)?.run().map(|report| report.warnings)
    };
    (run(), reads.load(Relaxed))
}

#[test]
fn a_read_that_fails_ends_the_job_and_leaves_nothing() {
    let files = [
        file(|d| d.strips(7).compression(Compression::none()), false, 1),
        file(|d| d.tile_size(32), false, 1),
        file(|d| d.tile_size(32).interleave(Interleave::Band).compression(Compression::zstd(1)), false, 2),
        file(|d| d.tile_size(32).mask(true).compression(Compression::lzw()), true, 1),
        file(|d| d.strips(90).compression(Compression::packbits()), false, 1),
        file(|d| d.tile_size(64).compression(Compression::lerc(MaxError::default())), false, 1),
    ];
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out.tif");
    let (mut failed, mut written) = (0, 0);
    for (number, bytes) in files.iter().enumerate() {
        let (good, reads) = slope(bytes, None, &path);
        good.unwrap();
        fs::remove_file(&path).unwrap();
        for at in 0..reads {
            for fault in [Fault::Broken, Fault::Short, Fault::Zeros, Fault::Changed] {
                let case = format!("file {number}, read {at} of {reads}: {fault:?}");
                match slope(bytes, Some((at, fault)), &path).0 {
                    Ok(warnings) => {
                        // Directories behind the mask are of overviews, which a job does without.
                        let is_told = warnings.iter().any(|warning| warning.contains("is damaged, and what follows is not looked at"));
                        assert!(is_told || matches!(fault, Fault::Zeros | Fault::Changed), "{case}: no error");
                        GeoTiff::open(&path).unwrap_or_else(|error| panic!("{case}: {error}"));
                        fs::remove_file(&path).unwrap();
                        written += 1;
                    }
                    Err(error) => {
                        assert!(!matches!(error, Error::Internal(_)), "{case}: {error}");
                        failed += 1;
                    }
                }
                let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()).collect();
                assert!(left.is_empty(), "{case} leaves {left:?}");
            }
        }
    }
    eprintln!("{failed} faults ended their job, {written} gave an output");
    assert!(failed > 300 && written > 20, "{failed} failed, {written} were written");
}
