//! Deflate without a level: which encoder takes a tile depends on the tile, so files are the same whatever the job was given, in debug
//! and release builds, and on every machine. And a job that verifies notices an encoder that is wrong.

use ndarray::Array2;
use std::fs;
use swath::{
    codec::{Codec, CodecInfo, Decoders, Encoder, SegmentInfo, Settings, Shape},
    error::Error,
    prelude::*,
    raster::Sample,
};

const ROWS: usize = 700;
const COLS: usize = 1000;

/// A number of 0 to 1 for a place, by splitmix64: differences of neighbours are as random.
fn noise(row: usize, col: usize) -> f64 {
    let mut z = ((row * COLS + col + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A smooth surface, by exact arithmetic alone.
fn smooth(row: usize, col: usize) -> f64 {
    let (x, y) = ((col % 400) as f64 - 200.0, (row % 300) as f64 - 150.0);
    500.0 + (x * x - 40_000.0) * (y * y - 22_500.0) / 4_000_000.0
}

fn raster<T: Sample>(sample: impl Fn(usize, usize) -> T) -> Raster {
    ArraySource::new(Array2::from_shape_fn((ROWS, COLS), |(row, col)| sample(row, col))).expect("an array").raster()
}

/// Rasters that the new encoder takes, that libdeflate takes, and of both sorts of tiles.
fn kinds() -> [(&'static str, Raster); 5] {
    let hole = |row: usize, col: usize| (row / 90 + col / 110).is_multiple_of(9);
    let mixed = move |row, col| if col < 512 { (smooth(row, col) + noise(row, col)) as f32 } else { smooth(row, col).floor() as f32 };
    [
        (
            "float32 noise",
            raster(move |row, col| if hole(row, col) { f32::NAN } else { (smooth(row, col) / 7.0 + noise(row, col)) as f32 }),
        ),
        ("uint16 noise", raster(|row, col| (smooth(row, col) * 9.0 + 400.0 * noise(row, col)) as u16)),
        ("int16", raster(|row, col| smooth(row, col) as i16)),
        ("uint8 classes", raster(|row, col| (smooth(row, col) / 60.0) as u8)),
        ("mixed", raster(mixed)),
    ]
}

const PINNED: [u64; 5] =
    [0x18fb_9a03_24b5_2cdf, 0xc3ba_7610_a554_d68c, 0x9712_8202_6c0c_8c4e, 0xd30a_6901_4976_653a, 0x17bc_beb3_ceb7_fcc7];

fn written(raster: &Raster, host: ByteSize, threads: usize, refine: impl Fn(Destination) -> Destination) -> swath::error::Result<Vec<u8>> {
    let output = MemoryOutput::new();
    let job = Job::new().write(raster.clone(), refine(GTiff::in_memory(&output))).threads(threads).context(Context::cpu());
    job.plan(Budget { host, device: ByteSize::gib(1) })?.run()?;
    Ok(output.take().expect("a file"))
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whoever changes these hashes changes the bytes of every file that is written by default.
#[test]
fn default_files_are_pinned_at_any_budget_and_threads() {
    let mut hashes = Vec::new();
    for (kind, raster) in kinds() {
        let first = written(&raster, ByteSize::mib(256), 1, |d| d).expect(kind);
        for (host, threads) in (2..=8).map(|threads| (256, threads)).chain([(64, 2), (32, 2), (24, 1)]) {
            let again = written(&raster, ByteSize::mib(host), threads, |d| d).unwrap_or_else(|e| panic!("{kind}, {host} MiB: {e}"));
            assert!(first == again, "{kind}: other bytes with {host} MiB and {threads} threads");
        }
        hashes.push(hash(&first));
    }
    assert_eq!(hashes, PINNED, "{hashes:#x?}");
}

#[test]
fn integers_with_repeats_are_libdeflates_level_4() {
    let four = |d: Destination| d.compression(Compression::deflate(4));
    for (kind, raster) in kinds() {
        for tile in [256, 512] {
            let default = written(&raster, ByteSize::mib(256), 2, |d| d.tile_size(tile)).expect(kind);
            let general = written(&raster, ByteSize::mib(256), 2, |d| four(d).tile_size(tile)).expect(kind);
            let same = matches!(kind, "int16" | "uint8 classes");
            assert_eq!(default == general, same, "{kind}, tiles of {tile}");
        }
    }
}

#[test]
fn verification_changes_no_byte_of_a_file() {
    for (kind, raster) in kinds() {
        let plain = written(&raster, ByteSize::mib(64), 2, |d| d.tile_size(256)).expect(kind);
        assert!(plain == written(&raster, ByteSize::mib(64), 2, |d| d.tile_size(256).verify(true)).expect(kind), "{kind}");
    }
}

/// Deflate, but now and then a bit of what comes is another.
#[derive(Debug)]
struct Liar;

static LIAR: CodecInfo = CodecInfo { name: "liar", title: "liar", tiff: &[8], takes_predictor: true, ..CodecInfo::BASE };

struct Lie(Box<dyn Encoder>, usize);

impl Encoder for Lie {
    fn encode(&mut self, raw: &[u8], shape: Shape, packed: &mut [u8]) -> Option<usize> {
        let mut other = raw.to_vec();
        self.1 += 1;
        if self.1 == 7 {
            other[4321] ^= 1;
        }
        self.0.encode(&other, shape, packed)
    }
}

impl Codec for Liar {
    fn info(&self) -> &CodecInfo {
        &LIAR
    }

    fn bound(&self, raw: usize) -> usize {
        Compression::default().bound(raw)
    }

    fn encoder_bytes(&self, _: &Settings, shape: &Shape) -> usize {
        Compression::default().encoder_bytes(shape) + shape.bytes()
    }

    fn encoder(&self, _: &Settings) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Lie(Compression::default().encoder().ok()?, 0)))
    }

    fn decode(&self, d: &mut Decoders, encoded: &[u8], s: &SegmentInfo<'_>, out: &mut [u8], needed: usize) -> Result<usize, String> {
        Compression::default().codec().decode(d, encoded, s, out, needed)
    }
}

#[test]
fn a_segment_that_reads_back_otherwise_fails_the_job() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("out.tif");
    let [(_, raster), ..] = kinds();
    let liar = Compression::new(&Liar, Settings::NONE);
    let run = |verify: bool, cog: bool| {
        let at = if cog { Cog::at(&path) } else { GTiff::at(&path) };
        let destination = at.tile_size(256).predictor(PredictorChoice::Float).compression(liar).verify(verify).overwrite(true);
        let job = Job::new().write(raster.clone(), destination).threads(1).context(Context::cpu());
        job.plan(Budget { host: ByteSize::mib(256), device: ByteSize::gib(1) })?.run()
    };
    for cog in [false, true] {
        let error = run(true, cog).expect_err("a bit is another");
        // No refusal: the program ends with 1.
        assert!(!error.is_refusal() && matches!(error, Error::Output { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("out.tif: the liar data of the segment in row 1, column 2") && message.contains("byte 4321"), "{message}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "something is left behind");
    }
    run(false, false).expect("nobody looks");
}
