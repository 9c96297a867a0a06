//! Rasters of several bands: chosen, put together, computed one by one; the same on both backends, once, within budgets.

use crate::backends::contexts;
use ndarray::{Array2, Array3, Axis};
use std::{path::Path, sync::Arc};
use swath::{
    error::Error,
    graph::Operator,
    op::WgslOperator,
    plan::Cut,
    prelude::*,
    raster::{Affine, Georeferencing, Interleave, Metadata, MetadataItem, Segmentation},
    source::Source,
};

const ROWS: usize = 70;
const COLS: usize = 90;
const BUDGET: Budget = Budget { host: ByteSize::mib(512), device: ByteSize::mib(512) };

/// Rough ground of one band, different for each seed, a few samples missing.
fn samples(seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((ROWS, COLS), |(r, c)| {
        let hash = (r as u32 + 7).wrapping_mul(0x9E37_79B9) ^ (c as u32 + 3).wrapping_mul(0x85EB_CA6B) ^ (seed as u32).wrapping_mul(77_777);
        let noise = (hash.wrapping_mul(0xC2B2_AE35) >> 20) as f32 / 64.0;
        if hash.is_multiple_of(41) { f32::NAN } else { 100.0 * seed as f32 + r as f32 - 0.5 * c as f32 + noise }
    })
}

fn georef() -> Georeferencing {
    Georeferencing { transform: Some(Affine::north_up(0.0, 0.0, 10.0, 12.0)), ..Georeferencing::default() }
}

fn single(seed: usize) -> Raster {
    ArraySource::new(samples(seed)).unwrap().chunks(16, 23).georeferencing(georef()).raster()
}

/// A file of `bands` bands side by side in deflated tiles.
fn file(path: &Path, bands: usize) -> GeoTiff {
    let all = Array3::from_shape_fn((bands, ROWS, COLS), |(b, r, c)| samples(b)[(r, c)]);
    let source = ArraySource::from_bands(all).unwrap().georeferencing(georef());
    Job::new().write(source.raster(), GTiff::at(path).tile_size(32).overwrite(true)).plan(BUDGET).unwrap().run().unwrap();
    GeoTiff::open(path).unwrap()
}

fn bits(samples: impl IntoIterator<Item = f32>) -> Vec<u32> {
    samples.into_iter().map(|s| if s.is_nan() { f32::NAN.to_bits() } else { s.to_bits() }).collect()
}

/// Three bands of one input: the sample, its negative, its distance from the sample to the left.
fn three() -> WgslOperator {
    let wgsl = "
        struct Params { pad0: u32, pad1: u32, pad2: u32, pad3: u32 }
        @group(0) @binding(1) var<uniform> params: Params;
        @compute @workgroup_size(16, 16)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            if id.x >= grid.cols || id.y >= grid.rows { return; }
            let col = grid.first_col + id.x;
            let row = grid.first_row + id.y;
            let z = load0(col, row);
            if !is_finite(z) { store_all_missing(col, row); return; }
            store_band(col, row, 0u, z);
            store_band(col, row, 1u, -z);
            store_band(col, row, 2u, z - load0(max(col, 1u) - 1u, row));
        }";
    WgslOperator::new("three", wgsl).bands(3).footprint(swath::graph::Footprint::square(1)).cpu(|task| {
        let (cols, input) = (task.cols, &task.inputs[0]);
        for (row, out) in task.rows.iter().zip(task.out.chunks_exact_mut(3 * cols.len())) {
            let line = input.row(row).unwrap();
            for (col, pixel) in cols.iter().zip(out.chunks_exact_mut(3)) {
                let z = line[col - input.cols.start];
                let left = line[col.max(1) - 1 - input.cols.start];
                pixel.copy_from_slice(&if z.is_finite() { [z, -z, z - left] } else { [f32::NAN; 3] });
            }
        }
    })
}

#[test]
fn each_band_of_an_operator_can_be_computed_on_alone() {
    for context in contexts() {
        let dem = single(3);
        let three = dem.apply(three());
        assert_eq!(three.bands(), 3);
        let all = compute_bands(&three, &context, BUDGET).unwrap();
        assert_eq!(all.dim(), (ROWS, COLS, 3));
        let z = samples(3);
        for ((r, c), &z) in z.indexed_iter() {
            let expected = if z.is_nan() { [z; 3] } else { [z, -z, z - samples(3)[(r, c.max(1) - 1)]] };
            assert_eq!(bits(all.slice(ndarray::s![r, c, ..]).iter().copied()), bits(expected), "{r} {c}");
        }
        for band in 1..=3 {
            let alone = compute_array(&three.band(band), &context, BUDGET).unwrap();
            assert_eq!(bits(alone.iter().copied()), bits(all.index_axis(Axis(2), band - 1).iter().copied()));
        }
        // An operator over several bands takes the first, which is the ground itself; over another band, that one.
        let slope = |raster: &Raster| bits(compute_array(&raster.apply(Slope::default()), &context, BUDGET).unwrap());
        assert_eq!(slope(&three), slope(&dem));
        assert_eq!(slope(&three.band(2)), slope(&dem));
        assert_ne!(slope(&three.band(3)), slope(&dem));
        assert_eq!(bits(compute_array(&three, &context, BUDGET).unwrap()), bits(z));
    }
}

#[test]
fn a_band_that_there_is_not_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir.path().join("in.tif"), 2).raster();
    let three = single(0).apply(three());
    for (raster, given, accepted) in [
        (three.band(4), "4", "1 to 3"),
        (three.band(0), "0", "1 to 3"),
        (file.band(3), "3", "1 to 2"),
        (file.select(&[1, 7]), "7", "1 to 2"),
    ] {
        let error = Job::new().write(raster, GTiff::at(dir.path().join("out.tif"))).plan(BUDGET).err().unwrap();
        assert!(matches!(&error, Error::Usage { what: "band", given: g, accepted: a } if g == given && a == accepted), "{error}");
    }
}

#[test]
fn any_number_of_rasters_stack_whatever_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    for context in contexts() {
        for bands in [2, 3, 4, 5, 9] {
            let stack = Raster::stack((0..bands).map(single).collect());
            assert_eq!(stack.bands(), bands);
            let all = compute_bands(&stack, &context, BUDGET).unwrap();
            for band in 0..bands {
                assert_eq!(bits(all.index_axis(Axis(2), band).iter().copied()), bits(samples(band)), "band {band} of {bands}");
            }
            let to = dir.path().join("stack.tif");
            let write = |cut: Cut| {
                let destination = GTiff::at(&to).tile_size(32).compression(Compression::none()).overwrite(true);
                Job::new().cut(cut).context(context.clone()).write(stack.clone(), destination).plan(BUDGET).unwrap().run().unwrap();
                std::fs::read(&to).unwrap()
            };
            let whole = write(Cut { swath_rows: Some(96), ..Cut::default() });
            for rows in [1, 5, 32] {
                assert!(write(Cut { swath_rows: Some(rows), ..Cut::default() }) == whole);
            }
            assert!(write(Cut { swath_rows: Some(32), lane_cols: Some(32), ..Cut::default() }) == whole);
            let profile = GeoTiff::open(&to).unwrap().profile().clone();
            assert_eq!((profile.bands, profile.sample, profile.photometric), (bands, SampleType::F32, 1));
        }
    }
}

#[test]
fn every_band_is_computed_once_as_if_it_were_alone() {
    let dir = tempfile::tempdir().unwrap();
    let source = file(&dir.path().join("in.tif"), 3).raster();
    let focal = || Focal { radius: 2, ..Focal::default() };
    let operator: Arc<dyn Operator> = Arc::new(focal());
    for context in contexts() {
        let to = dir.path().join("out.tif");
        let job = Job::new().write(source.per_band(operator.clone()), GTiff::at(&to).tile_size(32).overwrite(true));
        let report = job.context(context.clone()).plan(BUDGET).unwrap().run().unwrap();
        assert_eq!(report.inputs.len(), 1);
        assert_eq!((report.inputs[0].chunks_decoded, report.inputs[0].max_decodes_per_chunk), (report.inputs[0].chunks, 1));
        let focals: Vec<_> = report.operators.iter().filter(|o| o.name == "focal").collect();
        assert_eq!(focals.len(), 3);
        assert!(focals.iter().all(|o| o.rows_computed == ROWS as u64 && o.pixels_computed == (ROWS * COLS) as u64));
        assert_eq!(report.outputs[0].bands, 3);
        let written = compute_bands(&GeoTiff::open(&to).unwrap().raster(), &Context::cpu(), BUDGET).unwrap();
        for band in 0..3 {
            let alone = compute_array(&source.band(band + 1).apply(focal()), &context, BUDGET).unwrap();
            assert_eq!(bits(written.index_axis(Axis(2), band).iter().copied()), bits(alone));
        }
    }
}

#[test]
fn budgets_hold_for_results_of_many_bands_and_change_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("out.tif");
    let mut profile = Profile::new(900, 700, 1, SampleType::F32);
    profile.georef = georef();
    let dem = GeneratorSource::new(profile, |row, first_col, out: &mut [f32]| {
        for (i, sample) in out.iter_mut().enumerate() {
            let col = first_col + i;
            *sample = if (row / 13 + col / 17) % 29 == 0 { f32::NAN } else { ((row * 31 + col * 17) % 1013) as f32 };
        }
    });
    let dem = dem.unwrap().raster();
    let slopes = Raster::stack(vec![dem.apply(Slope::default()), dem.apply(Focal::default()), dem.apply(three())]);
    assert_eq!(slopes.bands(), 5);
    for context in contexts() {
        let mut whole: Option<Vec<u8>> = None;
        let on_device = context.limits().is_some();
        for mib in if on_device { [512, 48, 20] } else { [512, 24, 6] } {
            let host = ByteSize::mib(if on_device { 512 } else { mib });
            let budget = Budget { host, device: ByteSize::mib(mib) };
            let destination = GTiff::at(&to).tile_size(64).compression(Compression::zstd(1)).overwrite(true);
            let job = Job::new().threads(2).write(slopes.clone(), destination).context(context.clone());
            let report = job.plan(budget).unwrap().run().unwrap();
            for memory in [&report.host, &report.device] {
                assert!(memory.measured_peak <= memory.predicted_peak && memory.predicted_peak <= memory.budget, "{memory:?}");
            }
            let bytes = std::fs::read(&to).unwrap();
            assert!(*whole.get_or_insert_with(|| bytes.clone()) == bytes, "{mib} MiB on {}", report.backend);
        }
    }
}

#[test]
fn bytes_of_several_bands_come_back_packed() {
    let dir = tempfile::tempdir().unwrap();
    let source = file(&dir.path().join("in.tif"), 3).raster();
    let operator: Arc<dyn Operator> = Arc::new(Hillshade::default());
    let mut files = Vec::new();
    for context in contexts() {
        let to = dir.path().join("out.tif");
        let mut destination = GTiff::at(&to).overwrite(true);
        destination.options.segmentation = Segmentation::Tiles { cols: 32, rows: 16 };
        let job = Job::new().write(source.per_band(operator.clone()), destination).context(context.clone());
        let report = job.plan(BUDGET).unwrap().run().unwrap();
        assert_eq!(report.outputs[0].dtype, "uint8");
        if context.limits().is_some() {
            // Rows of three bytes a pixel, padded to words.
            assert_eq!(report.bytes_read_back, (ROWS * (COLS * 3).next_multiple_of(4)) as u64);
        }
        files.push(compute_bands(&GeoTiff::open(&to).unwrap().raster(), &Context::cpu(), BUDGET).unwrap());
    }
    assert!(files[0].iter().filter(|z| z.is_finite()).count() > ROWS * COLS);
    for (a, b) in files[0].iter().zip(&files[files.len() - 1]) {
        assert!(a.is_nan() == b.is_nan() && (a.is_nan() || (a - b).abs() <= 1.0), "{a} {b}");
    }
}

#[test]
fn chosen_bands_of_a_file_keep_their_bits_and_colours() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["rgba.tif", "out.tif"].map(|name| dir.path().join(name));
    let bytes = Array3::from_shape_fn((4, ROWS, COLS), |(b, r, c)| ((b + 1) * 37 + r * 5 + c * 3) as u8);
    let source = ArraySource::from_bands(bytes.clone()).unwrap();
    Job::new().write(source.raster(), GTiff::at(&names[0]).tile_size(32)).plan(BUDGET).unwrap().run().unwrap();
    let file = GeoTiff::open(&names[0]).unwrap().raster();
    for wanted in [vec![3, 1], vec![2], vec![1, 2, 3, 4], vec![4, 4, 4]] {
        let job = Job::new().write(file.select(&wanted), GTiff::at(&names[1]).strips(9).overwrite(true));
        let report = job.plan(BUDGET).unwrap().run().unwrap();
        assert_eq!((report.outputs[0].bands, report.outputs[0].dtype), (wanted.len(), "uint8"));
        assert_eq!(report.inputs[0].max_decodes_per_chunk, 1);
        let written = GeoTiff::open(&names[1]).unwrap();
        for (at, &band) in wanted.iter().enumerate() {
            let read =
                compute_array(&Raster::from_source(GeoTiff::open(&names[1]).unwrap()).band(at + 1), &Context::cpu(), BUDGET).unwrap();
            let expected = bytes.index_axis(Axis(0), band - 1);
            assert!(read.iter().zip(expected).all(|(a, &b)| *a == f32::from(b)), "band {band} at {at} of {wanted:?}");
        }
        assert_eq!(written.profile().bands, wanted.len());
    }
    // Chosen from what was chosen.
    let twice = file.select(&[4, 3, 2]).band(2);
    let read = compute_array(&twice, &Context::cpu(), BUDGET).unwrap();
    assert!(read.iter().zip(bytes.index_axis(Axis(0), 2)).all(|(a, &b)| *a == f32::from(b)));
}

#[test]
fn plans_count_the_segments_of_planar_outputs() {
    let dir = tempfile::tempdir().unwrap();
    let raster = file(&dir.path().join("in.tif"), 5).raster();
    let to = GTiff::at(dir.path().join("out.tif")).tile_size(32).interleave(Interleave::Band);
    let planned = Job::new().write(raster, to).plan(BUDGET).unwrap();
    let counted = planned.plan().to_json()["outputs"][0]["segments"].clone();
    assert_eq!(counted, planned.run().unwrap().outputs[0].segments);
}

#[test]
fn results_in_the_samples_unit_declare_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("feet.tif");
    let mut destination = GTiff::at(&path);
    destination.options.items = ["ft", "m"].iter().enumerate().map(|(b, unit)| MetadataItem::new("UNITTYPE", Some(b), *unit)).collect();
    let all = Array3::from_shape_fn((2, ROWS, COLS), |(b, r, c)| samples(b)[(r, c)]);
    Job::new().write(ArraySource::from_bands(all).unwrap().raster(), destination).plan(BUDGET).unwrap().run().unwrap();
    let source: Arc<dyn Source> = Arc::new(GeoTiff::open(&path).unwrap());
    let band = |band| Raster::from_bands(source.clone(), swath::graph::Bands::One(band));
    let units = |raster: &Raster| {
        let output = folder.path().join("out.tif");
        Job::new().write(raster.clone(), GTiff::at(&output).overwrite(true)).plan(BUDGET).unwrap().run().unwrap();
        let profile = GeoTiff::open(&output).unwrap().profile().clone();
        let metadata = Metadata::parse(profile.gdal_metadata.as_deref().unwrap_or_default());
        let of = |band| metadata.get("UNITTYPE", Some(band)).unwrap_or_default().to_owned();
        (0..profile.bands).map(of).collect::<Vec<_>>()
    };
    let focal = |stat| Focal { stat, ..Focal::default() };
    for stat in [FocalStat::Mean, FocalStat::Min, FocalStat::Max, FocalStat::Median, FocalStat::Std] {
        assert_eq!(units(&band(0).apply(focal(stat))), ["ft"], "{stat}");
    }
    assert_eq!(units(&band(1).apply(focal(FocalStat::Mean)).apply(Roughness::default())), ["m"]);
    assert_eq!(
        units(&Raster::stack(vec![band(1).apply(Tpi::default()), band(0).apply(Clamp { least: Some(5.0), ..Clamp::default() })])),
        ["m", "ft"]
    );
    for raster in [band(0).apply(focal(FocalStat::Variance)), band(0).apply(focal(FocalStat::Variety)), band(0).apply(Slope::default())] {
        assert_eq!(units(&raster), [""]);
    }
}
