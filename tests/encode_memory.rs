//! The encoder's memory, as the C library's allocator counts it, stays under what the planner is told.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::sync::Arc;
use swath::{
    codec::Compression,
    encode::{EncodeScratch, Layout, MaskFrom, MissingRule, SegmentEncoder, SegmentSpec, max_segment_bytes, scratch_bytes},
    raster::{BigTiff, Interleave, MaxError, PixelRows, PixelWindow, Predictor, SampleType, Segmentation, Span},
};

/// glibc's `struct mallinfo2`.
#[repr(C)]
#[derive(Default)]
#[allow(dead_code, reason = "the layout is glibc's")]
struct MallInfo {
    arena: usize,
    free_chunks: usize,
    fast_chunks: usize,
    mapped_regions: usize,
    mapped_bytes: usize,
    unused: usize,
    fast_bytes: usize,
    used_bytes: usize,
    free_bytes: usize,
    top_bytes: usize,
}

unsafe extern "C" {
    safe fn mallinfo2() -> MallInfo;
}

/// Bytes in use, by Rust and by the C codecs alike. Only the main arena is counted: hence one test, run below
/// in the thread that allocates everything; large blocks are mapped and counted whatever the thread.
fn in_use() -> usize {
    let info = mallinfo2();
    info.used_bytes + info.mapped_bytes
}

struct Noise(Vec<u8>);

impl PixelRows for Noise {
    fn row(&self, row: usize) -> &[u8] {
        let row_bytes = self.0.len() / 512;
        &self.0[row * row_bytes..][..row_bytes]
    }
}

fn main() {
    let mut state = 1u64;
    let noise = (0..512 * 512 * 4).map(|_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    });
    let (all, sample) = (Span::new(0, 512), SampleType::F32);
    let window = PixelWindow { rows: all, cols: all, bands: 1, sample, data: Arc::new(Noise(noise.collect())) };
    let deflate = [Compression::deflate_auto()].into_iter().chain((0..=12).map(Compression::deflate));
    let zstd = [1, 2, 3, 5, 6, 9, 12, 13, 16, 19, 22].into_iter().map(Compression::zstd);
    let mut failed = false;
    let lercs = [
        Compression::lerc(MaxError::NONE),
        Compression::lerc(MaxError::new(0.01).expect("an error")),
        Compression::lerc_deflate(MaxError::NONE, 4),
        Compression::lerc_zstd(MaxError::NONE, 3),
    ];
    for compression in deflate.chain(zstd).chain([Compression::lzw(), Compression::packbits(), Compression::none()]).chain(lercs) {
        for size in [64, 256, 512] {
            let segmentation = Segmentation::Tiles { cols: size, rows: size };
            let predictor = if compression.takes_predictor() { Predictor::Float } else { Predictor::None };
            let layout = Layout { segmentation, compression, predictor, bigtiff: BigTiff::Auto, interleave: Interleave::Pixel };
            let missing = MissingRule::Verbatim { declared: None };
            let spec = SegmentSpec {
                cols: 512,
                rows: 512,
                bands: 1,
                window_sample: sample,
                output_sample: sample,
                missing,
                mask: (size == 64).then_some(MaskFrom::Samples),
                layout,
            };
            let encoder = SegmentEncoder::new(spec).expect("a legal spec");
            let before = in_use();
            let mut scratch = EncodeScratch::new();
            let segment = encoder.encode(&window, 0, 0, &mut scratch).expect("encoded");
            if spec.mask.is_some() {
                drop(encoder.encode_plane(&window, (1, 0, 0), &mut scratch).expect("encoded"));
            }
            let (len, bound) = (segment.bytes.len(), max_segment_bytes(&spec));
            drop(segment);
            let (measured, predicted) = (in_use().saturating_sub(before), scratch_bytes(&spec));
            println!("{compression:?} {size}: scratch {measured} of {predicted}, noise {len} of {bound}");
            // The allocator rounds each of a handful of blocks up to pages.
            failed |= measured > predicted + (32 << 10) || len > bound;
        }
    }
    assert!(!failed, "more than was predicted, see above");
    println!("test result: ok");
}
