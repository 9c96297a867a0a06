//! Sources that float32 cannot hold: a model lifted by a million metres is as exact as the one that is not.

use crate::twins::{reference, terrain::Dem};
use ndarray::Array2;
use std::sync::Arc;
use swath::{
    graph::{Operator, Shift},
    job::{ArrayOutput, Precision},
    op::{Convolve, Focal, REGISTRY},
    plan::{Cut, DecodeMode},
    prelude::*,
    raster::{Affine, Georeferencing, Nodata, Sample},
};

const LIFT: f64 = 1e6;
const SIZE: (usize, usize) = (61, 47);

/// Heights in sixty-fourths of a metre: float32 has them exactly, and float64 has them exactly a million metres up.
fn model() -> Dem {
    let cell = Affine::north_up(5e5, 4e6, 30.0, 25.0);
    Dem::new("model", SIZE, cell, |c, r| match crate::twins::terrain::unit(c as i64, r as i64, 3) {
        missing if missing < 0.02 => f32::NAN,
        _ => (crate::twins::terrain::fractal(c, r, 7) * 64.0).round() / 64.0,
    })
}

fn georef() -> Georeferencing {
    Georeferencing { transform: Some(Affine::north_up(5e5, 4e6, 30.0, 25.0)), ..Georeferencing::default() }
}

/// The model as another source has it.
fn source<T: Sample>(dem: &Dem, nodata: Nodata, sample: impl Fn(f64) -> T, missing: T) -> Raster {
    let (cols, rows) = (dem.grid.cols, dem.grid.rows);
    let array = Array2::from_shape_fn((rows, cols), |(r, c)| match dem.row(r)[c] {
        z if z.is_finite() => sample(f64::from(z)),
        _ => missing,
    });
    ArraySource::new(array).unwrap().chunks(16, 20).nodata(nodata).georeferencing(georef()).raster()
}

fn low(dem: &Dem) -> Raster {
    source(dem, Nodata::Float(f64::NAN), |z| z as f32, f32::NAN)
}

/// The lifted model in every wide type; integers are sixty-fourths of a metre.
fn lifted(dem: &Dem) -> Vec<(&'static str, Raster)> {
    let fine = |z: f64| (z + LIFT) * 64.0;
    vec![
        ("float64", source(dem, Nodata::Float(f64::NAN), |z| z + LIFT, f64::NAN)),
        ("int32", source(dem, Nodata::Integer(-9999), |z| fine(z) as i32, -9999)),
        ("uint32", source(dem, Nodata::Integer(0), |z| fine(z) as u32, 0)),
        ("int64", source(dem, Nodata::Integer(i64::MIN.into()), |z| (fine(z) as i64) << 20, i64::MIN)),
        ("uint64", source(dem, Nodata::Integer(u64::MAX.into()), |z| (fine(z) as u64) << 20, u64::MAX)),
    ]
}

fn compute(raster: &Raster, context: &Context, precision: Precision) -> (Array2<f32>, Report) {
    let output = ArrayOutput::new();
    let job = Job::new().write_array(raster.clone(), &output).context(context.clone()).precision(precision);
    let report = job.plan(Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }).unwrap().run().unwrap();
    (output.take().unwrap(), report)
}

/// Every example of every operator whose result an added number leaves alone.
fn invariant() -> Vec<Arc<dyn Operator>> {
    let all = REGISTRY.iter().flat_map(|info| (info.examples)());
    let all: Vec<_> = all.filter(|operator| operator.inputs() == 1 && operator.shift() == Shift::Invariant).collect();
    assert!(all.len() > 40 && all.iter().any(|o| o.name() == "focal") && all.iter().any(|o| o.name() == "convolve"));
    all
}

fn bits(array: &Array2<f32>) -> Vec<u32> {
    array.iter().map(|z| if z.is_nan() { f32::NAN.to_bits() } else { z.to_bits() }).collect()
}

#[test]
fn a_lift_by_a_million_metres_changes_no_bit() {
    let dem = model();
    let (low, high) = (low(&dem), lifted(&dem).swap_remove(0).1);
    for context in crate::backends::contexts() {
        for operator in invariant() {
            let (truth, _) = compute(&low.apply_shared(operator.clone()), &context, Precision::Auto);
            let (ours, report) = compute(&high.apply_shared(operator.clone()), &context, Precision::Auto);
            assert_eq!(bits(&truth), bits(&ours), "{operator:?} on {}", report.backend);
            assert!(report.warnings.is_empty(), "{:?}", report.warnings);
        }
    }
}

#[test]
fn every_wide_type_is_counted_from_one_of_its_samples() {
    let dem = model();
    // Scales that undo the integers' unit.
    for (name, high) in lifted(&dem) {
        let unit = if name.ends_with("64") && name != "float64" { 64.0 * f64::from(1 << 20) } else { 64.0 };
        let unit = if name == "float64" { 1.0 } else { unit };
        let slope = |unit: f64| Slope { xscale: Some(unit), yscale: Some(unit), ..Slope::default() };
        let (truth, plain) = compute(&low(&dem).apply(slope(1.0)), &Context::cpu(), Precision::Auto);
        let (ours, report) = compute(&high.apply(slope(unit)), &Context::cpu(), Precision::Auto);
        for (a, b) in truth.iter().zip(&ours) {
            assert!(a.is_nan() == b.is_nan() && (a.is_nan() || (a - b).abs() < 2e-5), "{name}: {a} {b}");
        }
        let input = &report.inputs[0];
        let origin = input.origin.as_ref().unwrap_or_else(|| panic!("{name} has an origin"));
        assert!(origin.origin.unwrap() > LIFT && origin.chunks_decoded == 1, "{name}: {origin:?}");
        assert_eq!((input.chunks_decoded, input.max_decodes_per_chunk), (input.chunks, 1));
        assert!(plain.inputs[0].origin.is_none());
        let (rounded, _) = compute(&high.apply(slope(unit)), &Context::cpu(), Precision::F32);
        let worst = truth.iter().zip(&rounded).filter(|(a, _)| !a.is_nan()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst > 1e-3, "{name}: rounding would have done, {worst}");
    }
}

#[test]
fn a_sentinel_that_nobody_declared_is_no_origin() {
    let dem = model();
    let heights = |r: usize, c: usize| f64::from(crate::twins::terrain::fractal(c, r, 7)) + 300.123_456;
    let sentinel = -2_147_483_648.0;
    let rows = dem.grid.rows;
    let wide = |of: &dyn Fn(usize, usize) -> bool| {
        let samples = Array2::from_shape_fn((rows, dem.grid.cols), |(r, c)| if of(r, c) { sentinel } else { heights(r, c) });
        ArraySource::new(samples).unwrap().chunks(16, 20).georeferencing(georef()).raster()
    };
    for (name, raster) in [
        ("the first row", wide(&|r, _| r == 0)),
        ("the upper third", wide(&|r, _| r < rows / 3)),
        ("every other sample of many rows", wide(&|r, c| r < rows / 2 && (r + c) % 2 == 0)),
    ] {
        for context in crate::backends::contexts() {
            let (ours, report) = compute(&raster.apply(Slope::default()), &context, Precision::Auto);
            let (truth, _) = compute(&raster.apply(Slope::default()), &Context::cpu(), Precision::F64);
            let (rounded, _) = compute(&raster.apply(Slope::default()), &Context::cpu(), Precision::F32);
            let worst = |of: &Array2<f32>| of.iter().zip(&truth).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let origin = report.inputs[0].origin.as_ref().and_then(|found| found.origin);
            assert!(origin.is_some_and(|origin| origin > 0.0), "{name}: {origin:?}");
            let (apart, rounded) = (worst(&ours), worst(&rounded));
            // Of a window full of them float32 keeps no height.
            let bound = if name.starts_with("every") { rounded } else { 0.003 };
            assert!(apart <= bound, "{name}: {apart} degrees, rounded {rounded}");
        }
    }
}

/// Heights of float64, in metres, that no origin suits, or that only some origins suit.
fn nasty(name: &str, c: usize, r: usize) -> f64 {
    let ground = f64::from(crate::twins::terrain::fractal(c, r, 7)) * 0.1 + 0.012_345_678_9;
    let noise = crate::twins::terrain::unit(c as i64, r as i64, 41);
    match name {
        "a ramp to the sea" => 1e6 * (1.0 - r as f64 / 60.0) + noise,
        "a ramp from the sea" => 1e6 * r as f64 / 60.0 + noise,
        "a plateau above a plain" => {
            if r < 30 {
                2e7 + ground
            } else {
                ground
            }
        }
        "a plain below a plateau" => {
            if r < 30 {
                ground
            } else {
                2e7 + ground
            }
        }
        "both sides of the sea" => {
            if r < 30 {
                3e6 + ground
            } else {
                -3e6 - ground
            }
        }
        "a plain beside a plateau" => {
            if c < 24 {
                5e6 + ground
            } else {
                7.0 + 1e-3 * ground
            }
        }
        "lifted, with zeros" => {
            if noise < 0.2 {
                0.0
            } else {
                1e6 + ground
            }
        }
        "lifted, with two sentinels" => {
            if noise < 0.1 {
                -9999.0
            } else if noise < 0.2 {
                0.0
            } else {
                1e6 + ground
            }
        }
        "lifted, with the lowest float" => {
            if noise < 0.2 {
                f64::from(f32::MIN)
            } else {
                1e6 + ground
            }
        }
        "a sentinel in the first rows" => {
            if r < 20 {
                -2_147_483_648.0
            } else {
                ground
            }
        }
        "outliers" => {
            if noise < 0.02 {
                1e9 * (noise - 0.01)
            } else {
                1e5 + ground
            }
        }
        "ordinary heights" => 10.0 * ground,
        "one constant and a corner" => {
            if r + c < 100 {
                1e8
            } else {
                noise
            }
        }
        "whole numbers" => (if r < 30 { 1e8 } else { 0.0 }) + (1e3 * noise).floor(),
        _ => unreachable!("{name}"),
    }
}

const NASTY: &[&str] = &[
    "a ramp to the sea",
    "a ramp from the sea",
    "a plateau above a plain",
    "a plain below a plateau",
    "both sides of the sea",
    "a plain beside a plateau",
    "lifted, with zeros",
    "lifted, with two sentinels",
    "lifted, with the lowest float",
    "a sentinel in the first rows",
    "outliers",
    "ordinary heights",
    "one constant and a corner",
    "whole numbers",
];

#[test]
fn an_origin_is_never_worse_than_rounding() {
    let mut helped = 0;
    for name in NASTY {
        for (wide, scale) in [("float64", 1.0), ("int64", 1e6)] {
            let heights = Array2::from_shape_fn(SIZE, |(r, c)| nasty(name, c, r));
            let raster = if wide == "float64" {
                ArraySource::new(heights.clone()).unwrap().chunks(16, 20).georeferencing(georef()).raster()
            } else {
                let whole = heights.mapv(|z| (z * scale).clamp(-9e18, 9e18) as i64);
                ArraySource::new(whole).unwrap().chunks(16, 20).georeferencing(georef()).raster()
            };
            for context in crate::backends::contexts() {
                let slope = Slope { xscale: Some(scale), yscale: Some(scale), unit: swath::op::SlopeUnit::Percent, ..Slope::default() };
                let (ours, report) = compute(&raster.apply(slope.clone()), &context, Precision::Auto);
                let (rounded, _) = compute(&raster.apply(slope.clone()), &context, Precision::F32);
                let (truth, _) = compute(&raster.apply(slope), &Context::cpu(), Precision::F64);
                // What float32 does to gradients of either, as the operator's page has it.
                let slack = |truth: f32| 1e-6 * f64::from(truth).max(1.0);
                // What rounding the nine heights may do at most, however lucky it was: half a step of the largest.
                let bound = |(r, c): (usize, usize)| {
                    let rows = r.saturating_sub(1)..(r + 2).min(SIZE.0);
                    let cols = c.saturating_sub(1)..(c + 2).min(SIZE.1);
                    let heights = rows.flat_map(|r| cols.clone().map(move |c| (r, c))).map(|at| (heights[at] * scale).abs() as f32);
                    let largest = heights.fold(0.0, f32::max).min(f32::MAX);
                    f64::from(largest.next_up() - largest) / 2.0 * (1.0 / 30.0 + 1.0 / 25.0) * 100.0 / scale
                };
                let apart = |a: f32, b: f32| if a == b { 0.0 } else { f64::from((a - b).abs()) };
                for (at, &truth) in truth.indexed_iter() {
                    let (with, without) = (apart(ours[at], truth), apart(rounded[at], truth));
                    let allowed = without.max(bound(at)) * 1.01 + slack(truth);
                    assert!(with <= allowed, "{name}, {wide}, {}: {with} off, rounded {without}, at {at:?}", report.backend);
                    helped += usize::from(with * 10.0 < without - slack(truth));
                }
                let input = &report.inputs[0];
                let lost = report.warnings.iter().any(|warning| warning.contains("the job began again"));
                let origin = input.origin.as_ref().and_then(|found| found.origin);
                assert!(!lost || origin.is_none(), "{name}: {origin:?}, {:?}", report.warnings);
                assert_eq!((input.chunks_decoded, input.max_decodes_per_chunk), (input.chunks, 1), "{name}");
                if lost {
                    assert!(input.origin.as_ref().is_some_and(|found| found.chunks_decoded > 1), "{name}: the first attempt is counted");
                }
            }
        }
    }
    assert!(helped > 10_000, "an origin helped {helped} pixels");
}

#[test]
fn a_lost_origin_gives_the_same_bytes_in_every_cut() {
    let heights = Array2::from_shape_fn(SIZE, |(r, c)| nasty("a plateau above a plain", c, r));
    let raster = ArraySource::new(heights).unwrap().chunks(16, 20).georeferencing(georef()).raster();
    let folder = tempfile::tempdir().unwrap();
    let mut first: Option<Vec<u8>> = None;
    for (swath_rows, threads, precision) in [(64, 1, Precision::Auto), (16, 3, Precision::Auto), (16, 2, Precision::F32)] {
        let path = folder.path().join("out.tif");
        let mut destination = GTiff::at(&path).overwrite(true);
        destination.options.segmentation = swath::raster::Segmentation::Tiles { rows: 16, cols: 16 };
        let cut = Cut { swath_rows: Some(swath_rows), lane_cols: None, decode: None };
        let job = Job::new().write(raster.apply(Slope::default()), destination).precision(precision).threads(threads).cut(cut);
        let report = job.plan(Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }).unwrap().run().unwrap();
        assert!(report.host.measured_peak <= report.host.predicted_peak);
        let told = report.warnings.iter().filter(|warning| warning.contains("nearer to 0 than to 20000")).count();
        assert_eq!(told, usize::from(precision == Precision::Auto), "{:?}", report.warnings);
        let made = std::fs::read(&path).unwrap();
        assert!(first.get_or_insert(made.clone()) == &made, "{swath_rows} rows, {threads} threads, {precision}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left of the first attempt");
}

#[test]
fn numbers_beyond_float32_stay_numbers() {
    let samples = Array2::from_shape_fn((3, 4), |(r, c)| [1.5e308, -1.5e308, f64::INFINITY, f64::NAN, 2.6, -0.4][(r * 4 + c) % 6]);
    let raster = ArraySource::new(samples).unwrap().raster();
    for context in crate::backends::contexts() {
        let cast = swath::op::Cast { sample: SampleType::U8, ..swath::op::Cast::default() };
        let (ours, _) = compute(&raster.apply(cast), &context, Precision::Auto);
        let first: Vec<f32> = ours.iter().copied().take(6).collect();
        assert_eq!((first[0], first[1]), (254.0, 0.0), "{first:?}");
        assert!(first[3].is_nan() && first[4] == 3.0 && first[5] == 0.0, "{first:?}");
    }
}

#[test]
fn a_change_of_scale_does_not_overflow_on_the_way() {
    let ends = [-3.4e38f32, -1.7e38, 0.0, 1.7e38, 3.4e38, f32::MAX];
    let samples = Array2::from_shape_fn((1, ends.len()), |(_, c)| ends[c]);
    for context in crate::backends::contexts() {
        for (from, to) in [([-3.4e38, 3.4e38], [0.0, 1.0]), ([0.0, 3.4e38], [-1.0, 1.0]), ([3e38, -1e38], [0.0, 255.0])] {
            let raster = ArraySource::new(samples.clone()).unwrap().raster();
            let (ours, _) = compute(&raster.apply(swath::op::Rescale { from, to, clamp: false }), &context, Precision::F32);
            for (&x, &y) in ends.iter().zip(&ours) {
                let truth = (f64::from(x) - from[0]) / (from[1] - from[0]) * (to[1] - to[0]) + to[0];
                let near = (f64::from(y) - truth).abs() <= 3e-7 * (to[0].abs() + to[1].abs() + truth.abs());
                assert!(near, "{x} of {from:?} is {y}, and not {truth}");
            }
        }
    }
}

#[test]
fn the_float64_twins_are_within_half_an_ulp_of_the_formula() {
    let dem = model();
    let high = lifted(&dem).swap_remove(0).1;
    for alg in [swath::op::GradientAlgorithm::Horn, swath::op::GradientAlgorithm::ZevenbergenThorne] {
        let slope = Slope { gradient_alg: alg, ..Slope::default() };
        let aspect = Aspect { gradient_alg: alg, ..Aspect::default() };
        let truths = [reference::slope(&dem, &slope), reference::aspect(&dem, &aspect)];
        for (raster, truth) in [high.apply(slope), high.apply(aspect)].into_iter().zip(truths) {
            let (ours, report) = compute(&raster, &Context::cpu(), Precision::F64);
            for (&ours, truth) in ours.iter().zip(truth) {
                let half_an_ulp = f64::from((truth as f32).next_up() - truth as f32) / 2.0;
                let near = (f64::from(ours) - truth).abs() <= half_an_ulp * 1.000_001 + 1e-12 * truth;
                assert!(ours.is_nan() == truth.is_nan() && (ours.is_nan() || near), "{ours} {truth}");
            }
            assert!(report.inputs[0].origin.is_none() && report.warnings.is_empty());
        }
    }
}

#[test]
fn float64_twins_agree_with_float32_ones_and_are_not_them() {
    let dem = model();
    let high = lifted(&dem).swap_remove(0).1;
    let mut names = Vec::new();
    for info in REGISTRY {
        let mut differs = false;
        for operator in (info.examples)().into_iter().filter(|o| o.has_f64_twin() && o.shift() == Shift::Invariant) {
            names.push(info.name);
            let (of_f32, _) = compute(&low(&dem).apply_shared(operator.clone()), &Context::cpu(), Precision::Auto);
            let (of_f64, _) = compute(&high.apply_shared(operator.clone()), &Context::cpu(), Precision::F64);
            for (a, b) in of_f32.iter().zip(&of_f64) {
                let apart = (a - b).abs().min(360.0 - (a - b).abs());
                assert!(a.is_nan() == b.is_nan() && (a.is_nan() || apart <= 2e-4 * a.abs().max(1.0)), "{operator:?}: {a} {b}");
                differs |= !a.is_nan() && a != b;
            }
        }
        // Ranges and sums of eighths are exact in both.
        let exact = ["tpi", "roughness"].contains(&info.name);
        assert!(differs || exact || !names.contains(&info.name), "{}: is that float64?", info.name);
    }
    names.dedup();
    for name in ["slope", "aspect", "hillshade", "curvature", "northness", "eastness", "tri", "tpi", "roughness"] {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn neither_origin_nor_float64_windows_hang_on_the_cut() {
    // Nothing valid for the first twenty rows, nor anywhere in the left half: the origin is far from the first pixel.
    let mut dem = model();
    let cols = dem.grid.cols;
    for (at, z) in dem.heights.iter_mut().enumerate() {
        *z = if at / cols < 20 || at % cols < cols / 2 { f32::NAN } else { *z };
    }
    let high = lifted(&dem).swap_remove(0).1;
    let folder = tempfile::tempdir().unwrap();
    for precision in [Precision::Auto, Precision::F64] {
        let mut first: Option<(Vec<u8>, Option<f64>)> = None;
        for (swath_rows, lane_cols, threads, decode) in
            [(64, None, 1, None), (1, Some(16), 3, Some(DecodeMode::RowCursors)), (16, Some(32), 2, Some(DecodeMode::WholeChunks))]
        {
            let path = folder.path().join("out.tif");
            let mut destination = GTiff::at(&path).overwrite(true);
            destination.options.segmentation = swath::raster::Segmentation::Tiles { rows: 16, cols: 16 };
            let cut = Cut { swath_rows: Some(swath_rows), lane_cols, decode };
            let job = Job::new().write(high.apply(Slope::default()), destination).precision(precision).threads(threads).cut(cut);
            let report = job.plan(Budget { host: ByteSize::gib(1), device: ByteSize::gib(1) }).unwrap().run().unwrap();
            assert!(report.host.measured_peak <= report.host.predicted_peak);
            let origin = report.inputs[0].origin.as_ref().and_then(|o| o.origin);
            assert_eq!(origin.is_some(), precision == Precision::Auto);
            let made = (std::fs::read(&path).unwrap(), origin);
            assert!(first.get_or_insert(made.clone()) == &made, "{precision}, {swath_rows} {lane_cols:?}");
        }
    }
}

#[test]
fn a_mean_is_counted_from_the_origin_only_under_a_slope() {
    let dem = model();
    let high = lifted(&dem).swap_remove(0).1;
    let smooth = |raster: &Raster| raster.apply(Convolve::default());
    let (truth, _) = compute(&smooth(&low(&dem)).apply(Slope::default()), &Context::cpu(), Precision::Auto);
    let (ours, report) = compute(&smooth(&high).apply(Slope::default()), &Context::cpu(), Precision::Auto);
    assert!(report.inputs[0].origin.is_some() && report.warnings.is_empty());
    let worst = truth.iter().zip(&ours).filter(|(a, _)| !a.is_nan()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 5e-4, "{worst}: the smoothed heights are float32");
    let (_, report) = compute(&smooth(&high), &Context::cpu(), Precision::Auto);
    assert_eq!(report.warnings, ["float64 samples are rounded to float32 for 'convolve'"]);
    assert!(report.inputs[0].origin.is_none());
}

/// The heights of the lifted model.
fn lifted_heights(dem: &Dem) -> impl Iterator<Item = Option<f64>> {
    dem.heights.iter().map(|z| z.is_finite().then(|| f64::from(*z) + LIFT))
}

/// Within half an ulp of float32, and missing where nothing is known.
fn assert_half_an_ulp(ours: &Array2<f32>, truths: impl Iterator<Item = Option<f64>>, what: &str) {
    for (&ours, truth) in ours.iter().zip(truths) {
        match truth.filter(|truth| (*truth as f32).is_finite()) {
            None => assert!(ours.is_nan(), "{what}: {ours} where nothing is known"),
            Some(truth) => {
                let half_an_ulp = f64::from((truth.abs() as f32).next_up() - truth.abs() as f32) / 2.0;
                let near = (f64::from(ours) - truth).abs() <= half_an_ulp * 1.000_001 + 1e-9 * truth.abs().max(1e-6);
                assert!(near, "{what}: {ours}, and not {truth}");
            }
        }
    }
}

/// What an expression is of a height.
type Truth = fn(f64) -> f64;

const EXPRESSIONS: &[(&str, Truth)] = &[
    ("A - 1000000", |z| z - 1e6),
    ("A - 1000000.1", |z| z - 1_000_000.1),
    ("(A - 1e6) * 0.1 + 0.7", |z| (z - 1e6) * 0.1 + 0.7),
    ("A % 7", |z| z - 7.0 * (z / 7.0).floor()),
    ("-A % 7", |z| -z + 7.0 * (z / 7.0).ceil()),
    ("sin(A - 1e6) + cos(A - 1e6) + tan((A - 1e6) / 3000)", |z| (z - 1e6).sin() + (z - 1e6).cos() + ((z - 1e6) / 3000.0).tan()),
    ("exp((A - 1e6) / 10) / exp((A - 1000001) / 10)", |_| 0.1f64.exp()),
    ("log(A) + log2(A) + log10(A)", |z| z.ln() + z.log2() + z.log10()),
    ("sqrt(A) - 1000", |z| z.sqrt() - 1000.0),
    ("A ** 2 - 1e12", |z| z * z - 1e12),
    ("pow(A / 1e6, 1.5) - 1", |z| (z / 1e6).powf(1.5) - 1.0),
    ("asin(clamp((A - 1000000) / 1e5, -1, 1)) + acos((A - 1e6) / 1e5)", |_| std::f64::consts::FRAC_PI_2),
    ("atan(A - 1000500) + atan2(A - 1000500, 30)", |z| (z - 1_000_500.0).atan() + (z - 1_000_500.0).atan2(30.0)),
    ("floor(A * 64) - ceil(A) * 64 + round(A / 2) - trunc(-A / 3)", |z| {
        (z * 64.0).floor() - z.ceil() * 64.0 + (z / 2.0).round_ties_even() - (-z / 3.0).trunc()
    }),
    ("sign(A - 1000500.5) + abs(1000500.5 - A) + radians(degrees(A - 1e6))", |z| {
        let d = z - 1_000_500.5;
        (if d == 0.0 { 0.0 } else { d.signum() }) + d.abs() + (z - 1e6)
    }),
    ("min(A, 1000500.25) - max(1000500.25, A)", |z| z.min(1_000_500.25) - z.max(1_000_500.25)),
    ("where(A > 1000500.015625 and not (A == 1000501.5 or A >= 1000800), A - 1e6, 7)", |z| {
        if z > 1_000_500.015_625 && !(z == 1_000_501.5 || z >= 1_000_800.0) { z - 1e6 } else { 7.0 }
    }),
    ("log(1000500 - A)", |z| if z < 1_000_500.0 { (1_000_500.0 - z).ln() } else { f64::NAN }),
    ("1 / (A - A)", |_| f64::NAN),
];

#[test]
fn expressions_over_a_lifted_model_are_float64_on_the_cpu() {
    let dem = model();
    let mut differs = 0;
    for (text, truth) in EXPRESSIONS {
        let calc = swath::op::Calc::parse(text).unwrap();
        let truths: Vec<Option<f64>> = lifted_heights(&dem).map(|z| z.map(truth).filter(|z| !z.is_nan())).collect();
        let high = lifted(&dem).swap_remove(0).1.apply(calc);
        for precision in [Precision::Auto, Precision::F64] {
            let (ours, report) = compute(&high, &Context::cpu(), precision);
            assert_half_an_ulp(&ours, truths.iter().copied(), text);
            assert!(report.warnings.is_empty() && report.inputs[0].origin.is_none(), "{:?}", report.warnings);
        }
        let (rounded, _) = compute(&high, &Context::cpu(), Precision::F32);
        let far = |(a, b): (&f32, &Option<f64>)| b.is_some_and(|b| (f64::from(*a) - b).abs() > 1e-3);
        differs += usize::from(rounded.iter().zip(&truths).any(far));
    }
    assert!(differs > 8, "rounding would have done for all but {differs}");
}

#[test]
fn local_operators_in_a_row_round_once() {
    let dem = model();
    let (_, int32) = lifted(&dem).swap_remove(1);
    // Sixty-fourths back to metres above the lift, in centimetres.
    let steps = int32.apply(swath::op::Rescale { from: [64e6, 64e6 + 64.0], to: [0.0, 100.0], clamp: false }).apply(swath::op::Clamp {
        least: Some(40_000.1),
        most: Some(80_000.3),
        drop: false,
    });
    let truths = lifted_heights(&dem).map(|z| z.map(|z| ((z - LIFT) * 100.0).clamp(40_000.1, 80_000.3)));
    let (ours, report) = compute(&steps, &Context::cpu(), Precision::Auto);
    assert_half_an_ulp(&ours, truths, "rescale and clamp");
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[test]
fn output_wider_than_float32_says_that_it_went_through_it() {
    let dem = model();
    let int32 = lifted(&dem).swap_remove(1).1;
    let cast = swath::op::Cast { sample: SampleType::I32, ..swath::op::Cast::default() };
    let warnings = |raster: Raster, sample: Option<SampleType>| {
        let memory = MemoryOutput::new();
        let mut file = GTiff::in_memory(&memory);
        file.options.sample = sample;
        Job::new().write(raster, file).plan(Budget::detect()).unwrap().run().unwrap().warnings
    };
    let told = ["results of 'cast' are float32 on their way to int32"];
    assert_eq!(warnings(int32.apply(cast.clone()), None), told);
    assert_eq!(warnings(int32.apply(swath::op::Cast::default()), None), [""; 0]);
    let slope = warnings(int32.apply(Slope::default()), Some(SampleType::F64));
    assert_eq!(slope, [""; 0], "nothing of it is lost");
    assert_eq!(warnings(low(&dem).apply(cast), None), [""; 0]);
    let half = swath::op::Cast { sample: SampleType::F16, ..swath::op::Cast::default() };
    assert_eq!(warnings(low(&dem).apply(half), None), [""; 0]);
}

#[test]
fn rounding_what_cannot_be_float64_is_warned_of_by_name() {
    let dem = model();
    let high = lifted(&dem).swap_remove(0).1;
    let calc = |text: &str| Arc::new(swath::op::Calc::parse(text).unwrap()) as Arc<dyn Operator>;
    // Beside another's result.
    let mixed = Raster::combine(calc("A - B"), vec![high.clone(), high.apply(Slope::default())]);
    let told = ["float64 samples are rounded to float32 for 'calc'"];
    for precision in [Precision::Auto, Precision::F64] {
        assert_eq!(compute(&mixed, &Context::cpu(), precision).1.warnings, told, "{precision}");
    }
    // Beside a source that float32 holds: both are read as float64.
    let pair = Raster::combine(calc("A - B"), vec![high.clone(), low(&dem)]);
    let (ours, report) = compute(&pair, &Context::cpu(), Precision::Auto);
    assert!(report.warnings.is_empty() && ours.iter().all(|z| z.is_nan() || *z == LIFT as f32));
    for context in crate::backends::contexts().into_iter().skip(1) {
        let (_, report) = compute(&high.apply_shared(calc("A - 1000000")), &context, Precision::Auto);
        assert_eq!(report.warnings, told, "on the device");
        let (ours, report) = compute(&high.apply_shared(calc("A - 1000000")), &context, Precision::F64);
        assert_eq!(report.backend, "cpu");
        assert_half_an_ulp(&ours, lifted_heights(&dem).map(|z| z.map(|z| z - LIFT)), "on a device's context");
    }
}

#[test]
fn float64_is_refused_by_name_where_there_is_no_such_twin() {
    let raster = low(&model()).apply(Focal::default());
    let job = Job::new().write(raster, GTiff::at("unwritten.tif")).precision(Precision::F64);
    let error = job.plan(Budget::detect()).err().expect("refused");
    assert!(error.is_refusal());
    assert_eq!(error.to_string(), "precision f64 for 'focal' is not accepted: auto or f32: it has no float64 twin");
}

#[test]
fn the_command_line_takes_a_precision_and_refuses_others() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name).display().to_string();
    let input = crate::data::data("jacksboro_utm16_f32.tif").display().to_string();
    for (precision, name) in [("f64", "a.tif"), ("AUTO", "b.tif")] {
        crate::program::run_swath(["slope", &input, &out(name), "--precision", precision, "--backend", "cpu", "-q"]).expect_success();
    }
    assert_ne!(std::fs::read(out("a.tif")).unwrap(), std::fs::read(out("b.tif")).unwrap());
    let refused = crate::program::run_swath(["focal", &input, &out("c.tif"), "--precision", "f64"]);
    assert_eq!(refused.status, 2, "{refused}");
    assert!(refused.stderr.contains("it has no float64 twin"), "{refused}");
    assert!(!folder.path().join("c.tif").exists());
}
