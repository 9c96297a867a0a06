//! Files written by GDAL and tifffile, read chunk by chunk and row by row, bit for bit.

use serde_json::Value;
use std::{fs, path::Path, process::Command, sync::Arc};
use swath::{
    raster::{Chunking, SampleType},
    source::{ChunkAt, Counters, DecodeScratch, GeoTiff, Source},
};

/// One plane as `(rows, cols)` pixels, assembled from whole chunks.
fn by_chunks(source: &GeoTiff, plane: usize, counters: &Counters) -> Vec<u8> {
    let (profile, chunk) = (source.profile(), source.planes()[plane]);
    let mut image = vec![0; profile.rows * profile.cols * chunk.pixel_bytes];
    let mut scratch = DecodeScratch::default();
    let mut out = vec![0x5A; chunk.chunk_bytes()];
    for chunk_row in 0..chunk.down(profile.rows) {
        for chunk_col in 0..chunk.across(profile.cols) {
            source.decode_chunk(ChunkAt { plane, chunk_row, chunk_col }, &mut scratch, counters, &mut out).unwrap();
            let first = chunk_row * chunk.rows;
            let count = chunk.rows.min(profile.rows - first);
            place(&mut image, profile.cols, &chunk, chunk_col, first, &out[..count * chunk.cols * chunk.pixel_bytes]);
        }
    }
    image
}

/// The same from cursors, which hand out `step`, `step + 1`, ... rows at a time.
fn by_cursors(source: &GeoTiff, plane: usize, counters: &Arc<Counters>, step: usize) -> Vec<u8> {
    let (profile, chunk) = (source.profile(), source.planes()[plane]);
    let mut image = vec![0; profile.rows * profile.cols * chunk.pixel_bytes];
    for chunk_col in 0..chunk.across(profile.cols) {
        let mut cursor = source.open_cursor(plane, chunk_col, counters.clone()).unwrap();
        let (mut row, mut now) = (0, step);
        while row < profile.rows {
            let count = now.min(profile.rows - row);
            let mut out = vec![0x5A; count * chunk.cols * chunk.pixel_bytes];
            cursor.read_rows(count, &mut out).unwrap();
            place(&mut image, profile.cols, &chunk, chunk_col, row, &out);
            row += count;
            now += 1;
        }
    }
    image
}

fn place(image: &mut [u8], cols: usize, chunk: &Chunking, chunk_col: usize, first_row: usize, rows: &[u8]) {
    let width = chunk.cols.min(cols - chunk_col * chunk.cols) * chunk.pixel_bytes;
    for (i, row) in rows.chunks_exact(chunk.cols * chunk.pixel_bytes).enumerate() {
        let at = ((first_row + i) * cols + chunk_col * chunk.cols) * chunk.pixel_bytes;
        image[at..at + width].copy_from_slice(&row[..width]);
    }
}

/// Bands side by side in each pixel.
fn interleave(planes: Vec<Vec<u8>>, sample_bytes: usize) -> Vec<u8> {
    if planes.len() == 1 {
        return planes.into_iter().next().unwrap();
    }
    let pixels = planes[0].len() / sample_bytes;
    (0..pixels).flat_map(|i| planes.iter().flat_map(move |p| p[i * sample_bytes..][..sample_bytes].to_vec())).collect()
}

fn check(dir: &Path, entry: &Value) {
    let file = entry["file"].as_str().unwrap();
    let source = GeoTiff::open(dir.join(file)).unwrap_or_else(|e| panic!("{e}"));
    let profile = source.profile();
    let number = |key: &str| entry[key].as_u64().unwrap() as usize;
    let sample: SampleType = entry["dtype"].as_str().unwrap().parse().unwrap();
    assert_eq!((profile.rows, profile.cols, profile.bands), (number("rows"), number("cols"), number("bands")), "{file}");
    assert_eq!((profile.sample, profile.masked), (sample, entry["masked"].as_bool().unwrap()), "{file}");
    assert_eq!(profile.nodata.map(|n| n.to_f64()), entry["nodata"].as_str().map(|n| n.parse().unwrap()), "{file}");
    if let Some(alpha) = entry["alpha"].as_u64() {
        assert_eq!(profile.alpha_band, Some(alpha as usize), "{file}");
    }
    if let Some(want) = entry["transform"].as_array() {
        let t = profile.georef.transform.unwrap_or_else(|| panic!("{file} has no transform"));
        for (got, want) in [t.a, t.b, t.c, t.d, t.e, t.f].into_iter().zip(want) {
            assert!((got - want.as_f64().unwrap()).abs() < 1e-9, "{file}: {t:?} is not {want:?}");
        }
    }
    if let Some(epsg) = entry["epsg"].as_u64() {
        assert_eq!(profile.georef.epsg(), Some(epsg as u16), "{file}");
    }

    let mut image = fs::read(dir.join(format!("{file}.raw"))).unwrap();
    if cfg!(target_endian = "big") {
        image.chunks_exact_mut(sample.bytes()).for_each(<[u8]>::reverse);
    }
    let counters = Arc::new(Counters::new(profile, source.planes()));
    let image_planes = source.planes().len() - usize::from(profile.masked);
    let planes = (0..image_planes).map(|p| by_chunks(&source, p, &counters)).collect();
    assert!(interleave(planes, sample.bytes()) == image, "{file}: whole chunks differ");
    let all: Vec<usize> = (0..source.planes().len()).collect();
    let bytes_read = counters.bytes_read();
    for step in [1, 5, 1000] {
        let counters = Arc::new(Counters::new(profile, source.planes()));
        let planes = (0..image_planes).map(|p| by_cursors(&source, p, &counters, step)).collect();
        assert!(interleave(planes, sample.bytes()) == image, "{file}: cursors differ at {step} rows");
        let (chunks, decoded, most) = counters.decodes(&all[..image_planes]);
        assert_eq!((decoded, most), (chunks, 1), "{file}: decodes");
        assert!(counters.bytes_read() <= bytes_read, "{file}: {} bytes read, {bytes_read} by whole chunks", counters.bytes_read());
    }
    if profile.masked {
        let mask = fs::read(dir.join(format!("{file}.mask"))).unwrap();
        assert!(by_chunks(&source, image_planes, &counters) == mask, "{file}: mask differs");
        assert!(by_cursors(&source, image_planes, &counters, 3) == mask, "{file}: mask differs by cursors");
    }
}

#[test]
fn every_file_of_the_oracles_is_read_bit_for_bit() {
    let Some(python) = crate::oracles::oracle_python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/make_sources.py");
    assert!(Command::new(python).arg(script).arg(dir.path()).status().unwrap().success(), "the oracle failed");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(dir.path().join("manifest.json")).unwrap()).unwrap();
    let files = manifest.as_array().unwrap();
    for entry in files {
        check(dir.path(), entry);
    }
    println!("{} files checked, by whole chunks and by cursors", files.len());
}
