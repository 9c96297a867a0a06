//! rasterio (GDAL, libtiff) and tifffile (imagecodecs) decode the very pixels that were written, in every kind of file.

use serde_json::{Value, json};
use std::{fs, path::Path, process::Command, sync::Arc};
use swath::{
    codec::Compression,
    container::{FileSpec, GeoTiffWriter, SegmentKey},
    encode::{EncodeScratch, Layout, MissingRule, SegmentEncoder, SegmentSpec, max_segment_bytes},
    raster::*,
    source::{ChunkAt, Counters, DecodeScratch, GeoTiff, Source},
};

struct Rows {
    row_bytes: usize,
    bytes: Vec<u8>,
}

impl PixelRows for Rows {
    fn row(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.row_bytes..][..self.row_bytes]
    }
}

fn write(path: &Path, profile: &Profile, layout: Layout, bytes: &[u8]) {
    let (cols, rows, bands, sample) = (profile.cols, profile.rows, profile.bands, profile.sample);
    let data = Arc::new(Rows { row_bytes: cols * profile.pixel_bytes(), bytes: bytes.to_vec() });
    let window = PixelWindow { rows: Span::new(0, rows), cols: Span::new(0, cols), bands, sample, data };
    let missing = MissingRule::Verbatim { declared: None };
    let spec = SegmentSpec { cols, rows, bands, window_sample: sample, output_sample: sample, missing, mask: None, layout };
    let encoder = SegmentEncoder::new(spec).unwrap();
    let file = FileSpec::new(profile.clone(), layout, max_segment_bytes(&spec));
    let mut writer = GeoTiffWriter::create(path, file).unwrap();
    let across = layout.segmentation.across(cols);
    let mut scratch = EncodeScratch::new();
    for index in 0..across * layout.segmentation.down(rows) {
        for plane in 0..spec.planes() {
            let segment = encoder.encode_plane(&window, (plane, index / across, index % across), &mut scratch).unwrap();
            writer.put(SegmentKey { index, plane, level: 0 }, &segment.bytes).unwrap();
        }
    }
    writer.finish().unwrap();
}

/// Every way to lie in the world, with what a reader must see: transform from corners, EPSG code, point or area.
fn georeferencing() -> Vec<(Georeferencing, Value)> {
    let keys = |directory: &[u16]| Some(GeoTags { directory: directory.to_vec(), doubles: vec![], ascii: vec![] });
    let utm = keys(&[1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633]);
    let utm_point = keys(&[1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 2, 3072, 0, 1, 32633]);
    let geographic = keys(&[1, 1, 1, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326]);
    let scale = |x: f64, y: f64| vec![x, y, 0.0];
    let tie = |x: f64, y: f64| vec![0.0, 0.0, 0.0, x, y, 0.0];
    let ours = |transform, raster_type| Georeferencing { transform: Some(transform), raster_type, ..Georeferencing::default() };
    let rotated = Affine { a: 8.0, b: 6.0, c: 1000.0, d: 6.0, e: -8.0, f: 2000.0 };
    vec![
        (Georeferencing::default(), json!({"transform": null, "epsg": null, "point": null})),
        (
            Georeferencing { pixel_scale: scale(10.0, 10.0), tiepoints: tie(5e5, 5.4e6), keys: utm.clone(), ..Default::default() },
            json!({"transform": [10.0, 0.0, 5e5, 0.0, -10.0, 5.4e6], "epsg": 32633, "point": false}),
        ),
        (
            Georeferencing { pixel_scale: scale(10.0, 10.0), tiepoints: tie(5e5, 5.4e6), keys: utm_point, ..Default::default() },
            json!({"transform": [10.0, 0.0, 5e5 - 5.0, 0.0, -10.0, 5.4e6 + 5.0], "epsg": 32633, "point": true}),
        ),
        (
            Georeferencing { pixel_scale: scale(0.25, 0.125), tiepoints: tie(-12.0, 50.0), keys: geographic, ..Default::default() },
            json!({"transform": [0.25, 0.0, -12.0, 0.0, -0.125, 50.0], "epsg": 4326, "point": false}),
        ),
        (
            Georeferencing { keys: utm, ..ours(rotated, RasterType::Area) },
            json!({"transform": [8.0, 6.0, 1000.0, 6.0, -8.0, 2000.0], "epsg": 32633, "point": false}),
        ),
        (
            ours(Affine::north_up(7.0, 9.0, 2.0, 3.0), RasterType::Area),
            json!({"transform": [2.0, 0.0, 7.0, 0.0, -3.0, 9.0], "epsg": null, "point": false}),
        ),
        (
            ours(Affine::north_up(7.0, 9.0, 2.0, 3.0), RasterType::Point),
            json!({"transform": [2.0, 0.0, 7.0, 0.0, -3.0, 9.0], "epsg": null, "point": true}),
        ),
        (
            ours(Affine::north_up(7.0, 9.0, 2.0, -3.0), RasterType::Area),
            json!({"transform": [2.0, 0.0, 7.0, 0.0, 3.0, 9.0], "epsg": null, "point": false}),
        ),
    ]
}

fn nodata(k: usize, sample: SampleType) -> (Option<Nodata>, Option<String>) {
    let nodata = match k % 5 {
        0 => None,
        // What the C library prints with 17 digits, and what no float of 64 bits can hold between two others.
        3 if sample == SampleType::F16 => Some(Nodata::Float(-65504.0)),
        3 if sample == SampleType::F32 => Some(Nodata::Float(f64::from(f32::MIN))),
        3 if sample == SampleType::F64 => Some(Nodata::Float(-1.7976931348623157e308)),
        // rasterio asks GDAL for a double, which has no greatest integer of 64 bits.
        3 if matches!(sample, SampleType::U64 | SampleType::I64) => Some(Nodata::Integer(1 << 62)),
        3 => Some(Nodata::Integer(sample.integer_range().map_or(0, |range| range.1))),
        4 if sample == SampleType::F32 => Some(Nodata::Float(f64::from(1.0f32 / 3.0))),
        4 if sample == SampleType::F64 => Some(Nodata::Float(1.0 / 3.0)),
        1 if sample.is_float() => Some(Nodata::Float(f64::NAN)),
        1 => Some(Nodata::Integer(sample.integer_range().map_or(0, |range| range.0.max(-9999)))),
        // tifffile thinks that int8 cannot hold +100.
        _ => Some(Nodata::Integer(if sample == SampleType::I8 { -100 } else { 100 })),
    };
    (nodata, nodata.map(|n| n.to_string()))
}

/// Every codec that keeps every bit of such samples.
fn codecs(sample: SampleType) -> Vec<Compression> {
    let mut codecs = vec![
        Compression::none(),
        Compression::deflate(4),
        Compression::zstd(3),
        Compression::lzw(),
        Compression::packbits(),
        Compression::deflate(0),
        Compression::zstd(19),
    ];
    if !matches!(sample, SampleType::U64 | SampleType::I64 | SampleType::F16) {
        let max_z_error = MaxError::NONE;
        let kinds = [Compression::lerc(max_z_error), Compression::lerc_deflate(max_z_error, 4), Compression::lerc_zstd(max_z_error, 3)];
        codecs.extend(kinds);
    }
    if sample == SampleType::U8 {
        codecs.push(Compression::webp());
    }
    codecs
}

/// All pixels as our own source decodes them, native-endian and pixel-interleaved.
fn own(path: &Path) -> Vec<u8> {
    let source = GeoTiff::open(path).unwrap();
    let (profile, planes) = (source.profile().clone(), source.planes().to_vec());
    let counters = Counters::new(&profile, &planes);
    let pixel = profile.pixel_bytes();
    let mut all = vec![0; profile.cols * profile.rows * pixel];
    for (plane, chunks) in planes.iter().enumerate() {
        let mut chunk = vec![0; chunks.chunk_bytes()];
        let (width, at_pixel) = (chunks.pixel_bytes, plane * chunks.pixel_bytes);
        for (chunk_row, chunk_col) in (0..chunks.down(profile.rows)).flat_map(|r| (0..chunks.across(profile.cols)).map(move |c| (r, c))) {
            let at = ChunkAt { plane, chunk_row, chunk_col };
            source.decode_chunk(at, &mut DecodeScratch::default(), &counters, &mut chunk).unwrap();
            let (top, left) = (chunk_row * chunks.rows, chunk_col * chunks.cols);
            for row in top..profile.rows.min(top + chunks.rows) {
                for col in left..profile.cols.min(left + chunks.cols) {
                    let from = ((row - top) * chunks.cols + col - left) * width;
                    let to = (row * profile.cols + col) * pixel + at_pixel;
                    all[to..to + width].copy_from_slice(&chunk[from..from + width]);
                }
            }
        }
    }
    all
}

#[test]
fn other_readers_decode_the_same_pixels_from_every_file() {
    let Some(python) = crate::oracles::oracle_python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let georeferencing = georeferencing();
    let mut cases = Vec::new();
    for sample in SampleType::ALL {
        for compression in codecs(sample) {
            for predictor in [Predictor::None, Predictor::Horizontal, Predictor::Float] {
                if predictor == Predictor::Float && !sample.is_float() || predictor != Predictor::None && !compression.takes_predictor() {
                    continue;
                }
                for segmentation in [Segmentation::Tiles { cols: 32, rows: 16 }, Segmentation::Strips { rows: 7 }] {
                    let k = cases.len();
                    // One pixel, one row, one column, and sizes that no tile divides.
                    let (cols, rows) = [(45, 33), (64, 32), (1, 1), (100, 1), (1, 40), (31, 17)][k / 2 % 6];
                    let picture = compression == Compression::webp();
                    let bands = if picture { 3 + k % 2 } else { 1 + k / 3 % 4 };
                    let mut profile = Profile::new(cols, rows, bands, sample);
                    if picture {
                        (profile.photometric, profile.extra_samples) = (2, vec![0; bands - 3]);
                    }
                    let (declared, nodata) = nodata(k, sample);
                    let (georef, mut case) = georeferencing[k % georeferencing.len()].clone();
                    (profile.nodata, profile.georef) = (declared, georef);
                    let bigtiff = if k / 5 % 2 == 0 { BigTiff::Auto } else { BigTiff::Yes };
                    let apart = compression.info().max_z_error && sample.is_float();
                    let planar = bands > 1 && !picture && (apart || k / 7 % 2 == 0);
                    let interleave = if planar { Interleave::Band } else { Interleave::Pixel };
                    let layout = Layout { segmentation, compression, predictor, bigtiff, interleave };
                    let bytes: Vec<u8> = (0..(rows * cols * profile.pixel_bytes()) as u32)
                        .map(|at| (at.wrapping_mul(2654435761) >> 24) as u8 & if at / 97 % 2 == 0 { 0x3f } else { 0x03 })
                        .collect();
                    let (file, raw) = (dir.path().join(format!("{k}.tif")), dir.path().join(format!("{k}.raw")));
                    write(&file, &profile, layout, &bytes);
                    assert!(own(&file) == bytes, "our own source decodes other pixels: {sample}, {layout:?}");
                    fs::write(&raw, &bytes).unwrap();
                    let members = json!({
                        "file": file, "raw": raw, "rows": rows, "cols": cols, "bands": profile.bands, "dtype": sample.name(),
                        "tiled": matches!(segmentation, Segmentation::Tiles { .. }), "bigtiff": bigtiff == BigTiff::Yes, "nodata": nodata,
                        "planar": planar, "tolerance": 0,
                    });
                    case.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
                    cases.push(case);
                }
            }
        }
    }
    let count = cases.len();
    assert!(count >= 300, "{count}");
    cases.extend(lossy(dir.path()));
    let manifest = dir.path().join("manifest.json");
    fs::write(&manifest, serde_json::to_vec(&cases).unwrap()).unwrap();
    run(&python, "check_written.py", &[manifest.as_os_str()]);
}

/// Files whose samples come back within a tolerance: smooth, so that JPEG may be held to something.
fn lossy(dir: &Path) -> Vec<Value> {
    let error = |error| MaxError::new(error).unwrap();
    let cases = [
        (SampleType::U8, 1, Compression::jpeg(90), 6.0),
        (SampleType::U8, 3, Compression::jpeg(90), 12.0),
        (SampleType::U8, 3, Compression::jpeg(100), 6.0),
        (SampleType::F32, 1, Compression::lerc(error(0.5)), 0.5),
        (SampleType::F64, 1, Compression::lerc_deflate(error(0.01), 6), 0.01),
        (SampleType::I16, 1, Compression::lerc_zstd(error(3.0), 9), 3.0),
    ];
    let mut made = Vec::new();
    for (k, (sample, bands, compression, tolerance)) in cases.into_iter().enumerate() {
        for segmentation in [Segmentation::Tiles { cols: 48, rows: 32 }, Segmentation::Strips { rows: 16 }] {
            let (rows, cols, name) = (90, 70, format!("lossy{k}{}", made.len() % 2));
            let mut profile = Profile::new(cols, rows, bands, sample);
            if bands == 3 {
                (profile.photometric, profile.extra_samples) = (2, Vec::new());
            }
            let value = |at: usize| {
                let (pixel, band) = (at / bands, at % bands);
                let (row, col) = ((pixel / cols) as f64, (pixel % cols) as f64);
                128.0 + 60.0 * (row / 17.0).sin() + 50.0 * (col / 13.0 + band as f64).cos()
            };
            let bytes: Vec<u8> = match sample {
                SampleType::U8 => (0..rows * cols * bands).map(|at| value(at) as u8).collect(),
                SampleType::I16 => (0..rows * cols).flat_map(|at| (value(at) as i16).to_ne_bytes()).collect(),
                SampleType::F32 => (0..rows * cols).flat_map(|at| (value(at) as f32 + 0.125).to_ne_bytes()).collect(),
                _ => (0..rows * cols).flat_map(|at| (value(at) + 0.123456).to_ne_bytes()).collect(),
            };
            let layout =
                Layout { segmentation, compression, predictor: Predictor::None, bigtiff: BigTiff::Auto, interleave: Interleave::Pixel };
            let (file, raw) = (dir.join(format!("{name}.tif")), dir.join(format!("{name}.raw")));
            write(&file, &profile, layout, &bytes);
            // Our own source is held to the same.
            let back = own(&file);
            let far = |a: &[u8], b: &[u8]| match sample {
                SampleType::U8 => f64::from(a[0].abs_diff(b[0])),
                SampleType::I16 => f64::from(bytemuck::pod_read_unaligned::<i16>(a) - bytemuck::pod_read_unaligned::<i16>(b)).abs(),
                SampleType::F32 => f64::from(bytemuck::pod_read_unaligned::<f32>(a) - bytemuck::pod_read_unaligned::<f32>(b)).abs(),
                _ => (bytemuck::pod_read_unaligned::<f64>(a) - bytemuck::pod_read_unaligned::<f64>(b)).abs(),
            };
            let samples = back.chunks(sample.bytes()).zip(bytes.chunks(sample.bytes()));
            let worst = samples.map(|(a, b)| far(a, b)).fold(0.0, f64::max);
            assert!(worst <= tolerance && worst > 0.0, "{compression:?} {segmentation:?}: {worst}");
            fs::write(&raw, &bytes).unwrap();
            made.push(json!({
                "file": file, "raw": raw, "rows": rows, "cols": cols, "bands": bands, "dtype": sample.name(),
                "tiled": matches!(segmentation, Segmentation::Tiles { .. }), "bigtiff": false, "nodata": null, "planar": false,
                "tolerance": tolerance, "transform": null, "epsg": null, "point": null,
            }));
        }
    }
    made
}

#[test]
fn georeferenced_files_satisfy_the_ogc_rules_and_four_readers() {
    let Some(python) = crate::oracles::oracle_python() else { return };
    let dir = tempfile::tempdir().unwrap();
    for (k, (georef, _)) in georeferencing().into_iter().enumerate().skip(1) {
        // Without a CRS there are no keys: no GeoTIFF by the OGC's rules, but a TIFF that readers place.
        let has_crs = georef.keys.is_some();
        let (sample, predictor) = [(SampleType::F32, Predictor::Float), (SampleType::I16, Predictor::Horizontal)][k % 2];
        let mut profile = Profile::new(70, 50, 1, sample);
        (profile.nodata, profile.georef) = (Some(Nodata::Integer(-9999)), georef);
        let segmentation = Segmentation::Tiles { cols: 32, rows: 32 };
        let bigtiff = if k % 3 == 0 { BigTiff::Yes } else { BigTiff::Auto };
        let layout = Layout { segmentation, compression: Compression::deflate(4), predictor, bigtiff, interleave: Interleave::Pixel };
        let bytes: Vec<u8> = (0..(50 * 70 * sample.bytes()) as u32).map(|at| (at % 64) as u8).collect();
        let file = dir.path().join(format!("ogc{k}.tif"));
        write(&file, &profile, layout, &bytes);
        let header = if bigtiff == BigTiff::Yes { "--bigtiff" } else { "--classic" };
        let name = predictor.tiff().to_string();
        let rest = ["--tile", "32", "--nodata=-9999", "--predictor", &name, header];
        let args: Vec<_> =
            [file.as_os_str()].into_iter().chain(rest.iter().map(|arg| arg.as_ref())).chain(has_crs.then_some("--ogc".as_ref())).collect();
        run(&python, "check_tif.py", &args);
    }
}

fn run(python: &Path, script: &str, args: &[&std::ffi::OsStr]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(script);
    let output = Command::new(python).arg(script).args(args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}\n{out}\n{err}");
}
