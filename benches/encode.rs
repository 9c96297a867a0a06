//! The stages of encoding a 512 x 512 tile of slope-like f32 samples, in bytes of raw tile per second.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::{hint::black_box, sync::Arc};
use swath::{
    codec::Compression,
    encode::{EncodeScratch, Layout, MissingRule, SegmentEncoder, SegmentSpec},
    raster::{BigTiff, Interleave, Nodata, PixelRows, PixelWindow, Predictor, SampleType, Segmentation, Span},
};

const SIZE: usize = 512;

struct Tile(Vec<f32>);

impl PixelRows for Tile {
    fn row(&self, row: usize) -> &[u8] {
        bytemuck::cast_slice(&self.0[row * SIZE..][..SIZE])
    }
}

/// Slopes of a fractal surface in degrees: smooth at every scale, with full mantissas and 2 % missing.
fn slope_like() -> PixelWindow {
    let height = |x: f64, y: f64| {
        let octave = |k: i32| {
            let f = 2f64.powi(k) / 400.0;
            ((x * f + f64::from(k) * 1.7).sin() * (y * f * 1.3 + f64::from(k)).cos() + (x * f * 0.7 - y * f).sin()) * 120.0 / 1.9f64.powi(k)
        };
        (0..9).map(octave).sum::<f64>()
    };
    let samples = (0..SIZE * SIZE).map(|at| {
        let (x, y) = ((at % SIZE) as f64, (at / SIZE) as f64);
        if (x - 300.0).hypot(y - 200.0) < 40.0 {
            return f32::NAN;
        }
        let (p, q) = (height(x + 1.0, y) - height(x - 1.0, y), height(x, y + 1.0) - height(x, y - 1.0));
        (p.hypot(q) / 20.0).atan().to_degrees() as f32
    });
    let all = Span::new(0, SIZE);
    PixelWindow { rows: all, cols: all, bands: 1, sample: SampleType::F32, data: Arc::new(Tile(samples.collect())) }
}

fn encoder(compression: Compression, predictor: Predictor) -> SegmentEncoder {
    let segmentation = Segmentation::Tiles { cols: SIZE, rows: SIZE };
    let layout = Layout { segmentation, compression, predictor, bigtiff: BigTiff::Auto, interleave: Interleave::Pixel };
    let sample = SampleType::F32;
    let missing = MissingRule::NanTo(Nodata::Integer(-9999).sentinel(sample).expect("f32 holds -9999"));
    SegmentEncoder::new(SegmentSpec {
        cols: SIZE,
        rows: SIZE,
        bands: 1,
        window_sample: sample,
        output_sample: sample,
        missing,
        mask: None,
        layout,
    })
    .expect("a legal spec")
}

fn stages(criterion: &mut Criterion) {
    let window = slope_like();
    let raw = Throughput::Bytes((SIZE * SIZE * 4) as u64);
    // Deflate 0 stores: what is left is the carve, the predictor, a checksum and two copies.
    let mut group = criterion.benchmark_group("stored, predictor");
    group.throughput(raw.clone());
    for predictor in [Predictor::None, Predictor::Horizontal, Predictor::Float] {
        let encoder = encoder(Compression::deflate(0), predictor);
        let mut scratch = EncodeScratch::new();
        group.bench_function(BenchmarkId::from_parameter(predictor.tiff()), |b| {
            b.iter(|| encoder.encode(black_box(&window), 0, 0, &mut scratch).expect("encoded"))
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("codec, predictor 3");
    group.throughput(raw).sample_size(20);
    let deflate = [1, 4, 6].map(Compression::deflate);
    let zstd = [1, 3].map(Compression::zstd);
    for compression in [Compression::deflate_auto()].into_iter().chain(deflate).chain(zstd) {
        let encoder = encoder(compression, Predictor::Float);
        let mut scratch = EncodeScratch::new();
        let packed = encoder.encode(&window, 0, 0, &mut scratch).expect("encoded").bytes.len();
        eprintln!("{compression:?}: ratio {:.3}", (SIZE * SIZE * 4) as f64 / packed as f64);
        group.bench_function(BenchmarkId::from_parameter(format!("{compression:?}")), |b| {
            b.iter(|| encoder.encode(black_box(&window), 0, 0, &mut scratch).expect("encoded"))
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
