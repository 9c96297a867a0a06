//! Streams of our own deflate encoder are read by GDAL, rasterio, tifffile, libtiff's `tiffcp` and zlib, and pass both validators of
//! COGs: noisy surfaces of all kinds that the encoder takes, with holes, by pixel and by band, in tiles and strips.

use ndarray::Array3;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};
use swath::{
    graph::{Destination, PredictorChoice},
    prelude::*,
    raster::{Affine, Georeferencing, Interleave, Sample, with_sample_type},
};

/// What is asked of a destination.
type Refine = dyn Fn(Destination) -> Destination;

const ROWS: usize = 400;
const COLS: usize = 530;

/// A surface with noise in its last bits, and with holes, which are -9999.
fn surface<T: Sample>(bands: usize) -> Array3<T> {
    Array3::from_shape_fn((bands, ROWS, COLS), |(band, row, col)| {
        let mut hash = ((row * COLS + col) as u64 * 5 + band as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash ^= hash >> 27;
        let (x, y) = (col as f64, row as f64);
        let noise = (hash >> 11) as f64 / (1u64 << 53) as f64;
        let hole = (x - 90.0).hypot(y - 60.0) < 25.0;
        let height = 120.0 + 40.0 * (x / 37.0).sin() + 30.0 * (y / 23.0).cos() + 30.0 * noise;
        match T::TYPE {
            _ if hole && T::TYPE.is_float() => T::from_f32(-9999.0),
            // Rougher, since a byte of float64 has fewer bits that are noise.
            SampleType::F64 => bytemuck::pod_read_unaligned(bytemuck::bytes_of(&(height + 3000.0 * noise))),
            SampleType::U16 => T::from_f32((height * 90.0) as f32),
            _ => T::from_f32(height as f32),
        }
    })
}

/// Writes a file twice, by the default and by libdeflate, which must not be the same bytes.
fn write<T: Sample>(folder: &Path, k: usize, bands: usize, refine: impl Fn(Destination) -> Destination, cog: bool) -> Value {
    let (path, raw) = (folder.join(format!("{k}.tif")), folder.join(format!("{k}.raw")));
    let array = surface::<T>(bands);
    let interleaved: Vec<T> = array.view().permuted_axes([1, 2, 0]).iter().copied().collect();
    fs::write(&raw, bytemuck::cast_slice::<T, u8>(&interleaved)).unwrap();
    let georef = Georeferencing { transform: Some(Affine::north_up(5e5, 5.4e6, 10.0, 10.0)), ..Georeferencing::default() };
    let raster = ArraySource::from_bands(array).unwrap().georeferencing(georef).raster();
    let at = |path: &Path| refine(if cog { Cog::at(path) } else { GTiff::at(path) });
    let predictor = if T::TYPE.is_float() { PredictorChoice::Float } else { PredictorChoice::Horizontal };
    let budget = Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) };
    let other = folder.join("libdeflate.tif");
    let general = at(&other).predictor(predictor).compression(Compression::deflate(4)).overwrite(true);
    let own = at(&path).predictor(predictor).verify(true);
    Job::new().write(raster.clone(), own).write(raster, general).context(Context::cpu()).plan(budget).unwrap().run().unwrap();
    assert!(fs::read(&path).unwrap() != fs::read(&other).unwrap(), "libdeflate took {k}");
    json!({ "file": path, "raw": raw, "rows": ROWS, "cols": COLS, "bands": bands, "dtype": T::TYPE.name(), "cog": cog })
}

#[test]
fn every_reader_takes_streams_of_our_own_encoder() {
    let Some(python) = crate::oracles::oracle_python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for sample in [SampleType::F32, SampleType::F64, SampleType::U16, SampleType::U8] {
        let tiles = |d: Destination| d.tile_size(256);
        let wide = |d: Destination| d.tile_size(512);
        let strips = |d: Destination| d.strips(64);
        let apart = |d: Destination| d.tiles(512, 128).interleave(Interleave::Band);
        let layouts: [(&Refine, usize, bool); 6] =
            [(&tiles, 1, false), (&strips, 1, false), (&tiles, 3, false), (&apart, 2, false), (&wide, 1, true), (&tiles, 4, true)];
        for (refine, bands, cog) in layouts {
            cases.push(with_sample_type!(sample, T => write::<T>(folder.path(), cases.len(), bands, refine, cog)));
        }
    }
    let manifest = folder.path().join("manifest.json");
    fs::write(&manifest, serde_json::to_vec(&cases).unwrap()).unwrap();
    let output = Command::new(python).arg(crate::oracles::oracle("check_deflate.py")).arg(&manifest).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    eprintln!("{out}");
}
