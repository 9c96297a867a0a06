//! The least host memory that a job can run in, over headers of float32 models as large as those of docs/BENCHMARKS.md:
//! nothing is read but a directory in memory, nothing is written.

use swath::{
    plan::{Budget, Plan},
    prelude::*,
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// A float32 TIFF, deflated, predictor 3, of which no chunk was ever written: its header.
fn header(cols: usize, rows: usize, chunk: Chunks) -> Vec<u8> {
    let (across, down) = match chunk {
        Chunks::Tiles(side) => (cols.div_ceil(side), rows.div_ceil(side)),
        Chunks::Strips(height) => (1, rows.div_ceil(height)),
    };
    let chunks = across * down;
    let (size, offsets, lengths) = match chunk {
        Chunks::Tiles(side) => (vec![(322, side), (323, side)], 324, 325),
        Chunks::Strips(height) => (vec![(278, height)], 273, 279),
    };
    let mut entries = vec![(256, cols), (257, rows), (258, 32), (259, 8), (262, 1), (277, 1), (317, 3), (339, 3)];
    entries.extend(size);
    let entries_end = 8 + 2 + 12 * (entries.len() + 2) + 4;
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16 + 2).to_le_bytes());
    let mut fields: Vec<(u16, u32, u32)> = entries.into_iter().map(|(tag, value)| (tag, 1, value as u32)).collect();
    // One chunk's offset lies in the entry itself, several behind the directory; all are zero.
    let place = |n: usize| if chunks == 1 { 0 } else { (entries_end + n * 4 * chunks) as u32 };
    fields.extend([(offsets, chunks as u32, place(0)), (lengths, chunks as u32, place(1))]);
    fields.sort_unstable();
    for (tag, count, value) in fields {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(4u16.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.resize(entries_end + 8 * chunks, 0);
    bytes
}

#[derive(Clone, Copy, Debug)]
enum Chunks {
    Tiles(usize),
    Strips(usize),
}

/// Plans a slope to tiles of 256, deflate level 1, with 2 threads, as `tests/oracle/once_matrix.py` runs it.
fn plan_slope(cols: usize, rows: usize, chunks: Chunks, host: ByteSize) -> Result<Plan> {
    let dem = GeoTiff::reader(header(cols, rows, chunks), "model")?;
    let to = GTiff::at("slope.tif").tile_size(256).compression(Compression::deflate(1));
    let job = Job::new().threads(2).write(dem.apply(Slope::default()), to);
    Ok(job.plan(Budget { host, device: ByteSize::mib(1) })?.plan().clone())
}

/// The minimum that a refusal names; it works, and a byte less does not.
#[track_caller]
fn minimum(cols: usize, rows: usize, chunks: Chunks) -> Plan {
    let named = |host| match plan_slope(cols, rows, chunks, host) {
        Err(Error::Budget { memory: "host", minimum, .. }) => minimum,
        other => panic!("a refusal is expected at {host}, not {other:?}"),
    };
    let least = named(ByteSize::b(1));
    assert_eq!(named(ByteSize::b(least.bytes() - 1)), least);
    plan_slope(cols, rows, chunks, least).expect("the minimum that is named works")
}

#[test]
fn a_tiled_slope_at_8192_fits_8_mib_and_one_of_strips_24() {
    for side in [256, 304, 512, 704, 1008, 1024, 4096] {
        let plan = minimum(8192, 8192, Chunks::Tiles(side));
        println!("chunks of {side}: {}", ByteSize::b(plan.host.peak as u64));
        assert!(plan.host.peak as u64 <= 8 * MIB, "chunks of {side}: {plan}");
    }
    for height in [1, 16, 300, 1000, 1024, 8192] {
        let plan = minimum(8192, 8192, Chunks::Strips(height));
        println!("strips of {height}: {}", ByteSize::b(plan.host.peak as u64));
        assert!(plan.host.peak as u64 <= 24 * MIB, "strips of {height}: {plan}");
    }
}

/// 1.25 times (48 KiB a column of chunks, one lane, the carries); of strips, one full-width row of output tiles (and the
/// row of halo below it) besides.
///
/// One lane is what the same job needs over a raster that is one lane wide. The carries are the two rows of the source
/// that a 3 x 3 neighbourhood looks back at, those of the swath before and those for the swath after.
fn bound(cols: usize, rows: usize, chunks: Chunks) -> u64 {
    let row = 4 * cols as u64;
    let lane = minimum(256, rows, chunks).host.peak as u64;
    let (columns, strips) = match chunks {
        Chunks::Tiles(side) => (cols.div_ceil(side) as u64, 0),
        Chunks::Strips(_) => (1, 257 * row),
    };
    (columns * 48 * KIB + lane + 4 * row) * 5 / 4 + strips
}

#[test]
fn wide_rasters_need_little_more_than_columns_and_carries() {
    let tiles = [256, 512, 1008, 1024, 4096].map(Chunks::Tiles);
    let strips = [1, 16, 300, 1024].map(Chunks::Strips);
    for (cols, rows) in [(65_536, 2048), (200_000, 1024)] {
        for chunks in tiles.into_iter().chain(strips) {
            let plan = minimum(cols, rows, chunks);
            let (least, bound) = (plan.host.peak as u64, bound(cols, rows, chunks));
            println!("{cols} x {rows}, {chunks:?}: {} of {}", ByteSize::b(least), ByteSize::b(bound));
            assert!(least <= bound, "{cols} x {rows}, {chunks:?}: {least} of {bound}: {plan}");
        }
    }
}
