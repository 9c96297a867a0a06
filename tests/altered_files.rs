//! Whatever a file claims, looking at it and copying it end, without a panic and without a giant allocation. Stands alone:
//! the largest request of the process is looked at.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use swath::{
    graph::{Destination, MemoryOutput},
    prelude::*,
    raster::{Affine, Georeferencing, Interleave, MaxError, Metadata},
    source::{ChunkAt, Counters, DecodeScratch, validate_reader},
};

/// The system's allocator, which remembers the greatest request.
struct Watched;

static GREATEST: AtomicUsize = AtomicUsize::new(0);

// Every call is handed on as it came.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        GREATEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        GREATEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        GREATEST.fetch_max(size, Ordering::Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

const BUDGET: ByteSize = ByteSize::mib(32);

/// What is asked of a destination.
type Refine<'a> = dyn Fn(Destination) -> Destination + 'a;

/// Whole files of several codecs and layouts.
fn wholes() -> Vec<Vec<u8>> {
    let lerc = Compression::lerc(MaxError::default());
    let of_bytes = |compression| move |d: Destination| d.tile_size(32).sample(SampleType::U8).compression(compression);
    let refined: [(&Refine<'_>, bool, usize); 10] = [
        (&|d| d.strips(7).compression(Compression::none()), false, 1),
        (&|d| d.bigtiff(BigTiff::Yes).compression(Compression::lzw()).tile_size(16), false, 1),
        (&|d| d.tile_size(32).statistics(true).sample(SampleType::I16).nodata(Nodata::Integer(-1)), true, 1),
        (&|d| d.tiles(16, 32).interleave(Interleave::Band).compression(Compression::zstd(1)), false, 3),
        (&|d| d.tile_size(16), true, 3),
        (&|d| d.tile_size(32).mask(true).compression(Compression::packbits()), true, 1),
        (&|d| d.strips(16).sparse(true).nodata(Nodata::Float(f64::NAN)), false, 1),
        (&|d| d.tile_size(32).compression(lerc), false, 1),
        (&of_bytes(Compression::jpeg(75)), false, 3),
        (&of_bytes(Compression::webp()), true, 3),
    ];
    refined.map(|(refine, cog, bands)| whole(refine, cog, bands)).to_vec()
}

fn whole(refine: &Refine<'_>, cog: bool, bands: usize) -> Vec<u8> {
    let mut georef = Georeferencing { transform: Some(Affine::north_up(5e5, 5.4e6, 10.0, 10.0)), ..Georeferencing::default() };
    georef.set_crs(&"EPSG:32633+5773".parse().unwrap());
    let array = ndarray::Array3::from_shape_fn((bands, 50, 70), |(band, row, col)| (band * 60 + row * 7 % 50 + col) as f32);
    let source = ArraySource::from_bands(array).unwrap().georeferencing(georef);
    written(Raster::from_source(source), |output| refine(if cog { Cog::in_memory(output) } else { GTiff::in_memory(output) })).unwrap()
}

/// A job on one thread of the CPU, within the budget.
fn written(raster: Raster, destination: impl FnOnce(&MemoryOutput) -> Destination) -> swath::error::Result<Vec<u8>> {
    let output = MemoryOutput::new();
    let job = Job::new().write(raster, destination(&output)).threads(1);
    job.plan(Budget { host: BUDGET, device: BUDGET })?.run()?;
    Ok(output.take().unwrap())
}

/// All that `info`, `validate` and a copy do with a file. Says whether it could be copied.
fn look_at(bytes: &[u8]) -> bool {
    let _ = validate_reader(&bytes.to_vec(), "altered");
    let Ok(tiff) = GeoTiff::reader(bytes.to_vec(), "altered") else { return false };
    let profile = tiff.profile();
    let georef = &profile.georef;
    let _ = (georef.epsg(), georef.ellipsoid(), georef.linear_unit_m(), georef.crs_name(), georef.vertical_crs());
    let _ = (georef.keys.as_ref().map(|keys| keys.listed()), profile.gdal_metadata.as_deref().map(Metadata::parse), tiff.storage());
    let chunks: usize = tiff.planes().iter().map(|p| p.across(profile.cols).saturating_mul(p.down(profile.rows))).sum();
    // What is sparse may claim to be of any size and be right, but a test has not the time to copy it.
    if chunks > 1 << 12 || profile.cols.saturating_mul(profile.rows).saturating_mul(profile.bands) > 1 << 20 {
        return false;
    }
    let counters = Arc::new(Counters::new(profile, tiff.planes()));
    let mut scratch = DecodeScratch::default();
    for (plane, chunking) in tiff.planes().iter().enumerate().filter(|(_, chunking)| chunking.chunk_bytes() <= 4 << 20) {
        let mut out = vec![0; chunking.chunk_bytes()];
        let (across, down) = (chunking.across(profile.cols), chunking.down(profile.rows));
        for (chunk_row, chunk_col) in [(0, 0), (down - 1, across - 1)] {
            let _ = tiff.decode_chunk(ChunkAt { plane, chunk_row, chunk_col }, &mut scratch, &counters, &mut out);
        }
    }
    written(Raster::from_source(tiff), |output| GTiff::in_memory(output).compression(Compression::none())).is_ok()
}

#[test]
fn damaged_files_neither_panic_nor_ask_for_much_memory() {
    let wholes = wholes();
    for (k, whole) in wholes.iter().enumerate() {
        assert!(validate_reader(whole, "whole").unwrap().is_sound());
        assert!(look_at(whole), "file {k}");
    }
    let cases = std::env::var("SWATH_ALTERED").ok().and_then(|n| n.parse().ok()).unwrap_or(1500);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    // Most alterations hit the header and the directories, which stand first.
    let place = prop_oneof![3 => 0..700usize, 1 => 0..1_000_000usize];
    let byte = prop_oneof![any::<u8>(), Just(0), Just(0xff), Just(0x7f), Just(0x80)];
    let one = (place, byte, any::<bool>()).prop_map(|(at, byte, flip)| (at, vec![byte], flip));
    // A count, an offset or a size of a directory that becomes extreme.
    let word = prop_oneof![any::<u32>(), Just(0), Just(1), Just(u32::MAX), Just(i32::MAX as u32), Just(1 << 31), 0..6000u32];
    let field =
        (0..120usize, 0..4usize, word).prop_map(|(at, part, word)| (8 + 4 * at + 2 * (part % 2), word.to_le_bytes().to_vec(), false));
    let alterations = prop::collection::vec(prop_oneof![one, field], 1..6);
    let cut = prop_oneof![3 => Just(None), 1 => (0..1_000_000usize).prop_map(Some)];
    let strategy = (0..wholes.len(), alterations, cut);
    let (copied, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&strategy, |(which, alterations, cut)| {
            let mut bytes = wholes[which].clone();
            for (at, new, flip) in alterations {
                for (k, new) in new.into_iter().enumerate() {
                    let at = (at + k) % bytes.len();
                    bytes[at] = if flip { bytes[at] ^ (1 << (new % 8)) } else { new };
                }
            }
            if let Some(cut) = cut {
                bytes.truncate(cut % (bytes.len() + 1));
            }
            GREATEST.store(0, Ordering::Relaxed);
            (if look_at(&bytes) { &copied } else { &refused }).fetch_add(1, Ordering::Relaxed);
            let greatest = GREATEST.load(Ordering::Relaxed) as u64;
            prop_assert!(greatest <= 2 * BUDGET.bytes(), "{} at once", ByteSize::b(greatest));
            Ok(())
        })
        .unwrap();
    let (copied, refused) = (copied.into_inner(), refused.into_inner());
    eprintln!("{copied} altered files were copied, {refused} were not");
    assert!(copied > cases as usize / 10 && refused > cases as usize / 10);
}
