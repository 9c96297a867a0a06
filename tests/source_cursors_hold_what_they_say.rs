//! What a suspended cursor holds is no more than its plane says, counted by the allocator.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::Arc,
};
use swath::{
    raster::StreamCost,
    source::{ChunkAt, Counters, DecodeScratch, GeoTiff, Source},
};
use tiff::{
    encoder::{Compression, DeflateLevel, TiffEncoder, colortype::Gray32Float},
    tags::Predictor,
};

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn note(bytes: isize) {
    // A thread that ends may free after its counters are gone.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        note(-(layout.size() as isize));
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A float image of 700 x 500 pixels in strips of so many rows.
fn image(compression: Compression, predictor: Predictor, rows_per_strip: u32) -> Vec<u8> {
    let samples: Vec<f32> = (0..700 * 500).map(|i| (i % 700) as f32 * 0.37 + ((i / 700) as f32).sin()).collect();
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap().with_compression(compression).with_predictor(predictor);
    let mut image = encoder.new_image::<Gray32Float>(700, 500).unwrap();
    image.rows_per_strip(rows_per_strip).unwrap();
    image.write_data(&samples).unwrap();
    file.into_inner()
}

/// Greatest number of bytes that `work` holds at once.
fn peak(work: impl FnOnce()) -> usize {
    let before = HELD.get();
    PEAK.set(before);
    work();
    (PEAK.get() - before) as usize
}

#[test]
fn a_cursor_and_a_worker_stay_within_their_bounds() {
    let codecs = [
        ("none", Compression::Uncompressed),
        ("LZW", Compression::Lzw),
        ("deflate", Compression::Deflate(DeflateLevel::Balanced)),
        ("PackBits", Compression::Packbits),
    ];
    for (name, compression) in codecs {
        for rows_per_strip in [1, 8, 500] {
            let source = GeoTiff::reader(image(compression, Predictor::None, rows_per_strip), name).unwrap();
            let chunk = source.planes()[0];
            let bound = match chunk.stream {
                StreamCost::RandomRows => 0,
                StreamCost::State { bytes } => bytes,
            };
            let counters = Arc::new(Counters::new(source.profile(), source.planes()));
            let mut rows = vec![0; 50 * 2800];
            let held = peak(|| {
                let mut cursor = source.open_cursor(0, 0, counters.clone()).unwrap();
                for _ in 0..10 {
                    cursor.read_rows(50, &mut rows).unwrap();
                }
            });
            println!("{name}, strips of {rows_per_strip}: a cursor holds {held} bytes, may hold {bound}");
            // The cursor itself, in its box.
            assert!(held <= bound + 512, "{name}: {held} bytes, {bound} are allowed");

            let mut out = vec![0; chunk.chunk_bytes()];
            let held = peak(|| {
                let mut scratch = DecodeScratch::default();
                for chunk_row in 0..chunk.down(500) {
                    source.decode_chunk(ChunkAt { plane: 0, chunk_row, chunk_col: 0 }, &mut scratch, &counters, &mut out).unwrap();
                }
            });
            assert!(held <= DecodeScratch::bytes_for(&chunk), "{name}: {held} bytes of scratch");
        }
    }
}
