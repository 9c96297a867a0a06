//! A copy never goes through f32: every sample type comes out bit for bit, through two layouts and codecs.

use ndarray::Array3;
use std::path::Path;
use swath::{
    prelude::*,
    raster::Sample,
    source::{ChunkAt, Counters, DecodeScratch},
};

/// Deterministic noise: every bit pattern of a sample may come, NaN payloads and extremes included.
fn noise(bytes: usize, mut state: u64) -> Vec<u8> {
    let mut next = || {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (state >> 33) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

/// All pixels of a file, pixel-interleaved, native-endian.
fn pixels(path: &Path) -> Vec<u8> {
    let source = GeoTiff::open(path).unwrap();
    let (profile, plane) = (source.profile().clone(), source.planes()[0]);
    assert_eq!(source.planes().len(), 1, "files of ours are chunky");
    let counters = Counters::new(&profile, source.planes());
    let mut all = vec![0; profile.cols * profile.rows * plane.pixel_bytes];
    let mut chunk = vec![0; plane.chunk_bytes()];
    let row_bytes = plane.cols * plane.pixel_bytes;
    for chunk_row in 0..plane.down(profile.rows) {
        for chunk_col in 0..plane.across(profile.cols) {
            let at = ChunkAt { plane: 0, chunk_row, chunk_col };
            source.decode_chunk(at, &mut DecodeScratch::default(), &counters, &mut chunk).unwrap();
            for row in 0..plane.rows.min(profile.rows - chunk_row * plane.rows) {
                let cols = plane.cols.min(profile.cols - chunk_col * plane.cols);
                let from = &chunk[row * row_bytes..row * row_bytes + cols * plane.pixel_bytes];
                let to = ((chunk_row * plane.rows + row) * profile.cols + chunk_col * plane.cols) * plane.pixel_bytes;
                all[to..to + from.len()].copy_from_slice(from);
            }
        }
    }
    all
}

fn check<T: Sample>(bands: usize) {
    let (rows, cols) = (71, 93);
    let bits = noise(bands * rows * cols * size_of::<T>(), size_of::<T>() as u64 + bands as u64);
    let samples: Vec<T> = bits.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect();
    let source = ArraySource::from_bands(Array3::from_shape_vec((bands, rows, cols), samples.clone()).unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (first, second, third) = (dir.path().join("a.tif"), dir.path().join("b.tif"), dir.path().join("c.tif"));
    let budget = Budget { host: ByteSize::mib(64), device: ByteSize::mib(64) };
    let run = |raster: Raster, to: Destination| Job::new().write(raster, to).plan(budget).unwrap().run().unwrap();
    run(source.raster(), GTiff::at(&first).tile_size(32));
    let zstd = GTiff::at(&second).strips(9).compression(Compression::zstd(3)).predictor(PredictorChoice::Horizontal);
    run(GeoTiff::open(&first).unwrap().raster(), zstd);
    run(GeoTiff::open(&second).unwrap().raster(), GTiff::at(&third).tile_size(64).compression(Compression::lzw()));
    let mut expected = Vec::new();
    for pixel in 0..rows * cols {
        for band in 0..bands {
            expected.extend_from_slice(bytemuck::bytes_of(&samples[band * rows * cols + pixel]));
        }
    }
    for file in [&first, &second, &third] {
        assert!(pixels(file) == expected, "{} bands of {}: {} has other bits", bands, T::TYPE, file.display());
    }
    // One band of several keeps its bits too.
    let one = dir.path().join("one.tif");
    run(GeoTiff::open(&second).unwrap().raster().band(bands), GTiff::at(&one).tile_size(16));
    let last: &[T] = &samples[(bands - 1) * rows * cols..];
    assert!(pixels(&one) == bytemuck::cast_slice::<T, u8>(last), "band {bands} of {}", T::TYPE);
}

#[test]
fn every_sample_type_is_copied_bit_for_bit() {
    for bands in [1, 3] {
        check::<u8>(bands);
        check::<i8>(bands);
        check::<u16>(bands);
        check::<i16>(bands);
        check::<u32>(bands);
        check::<i32>(bands);
        check::<u64>(bands);
        check::<i64>(bands);
        check::<half::f16>(bands);
        check::<f32>(bands);
        check::<f64>(bands);
    }
}
