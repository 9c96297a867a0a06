//! The CPU twins and the shaders give the same files, within the bound published for each operator.

use crate::{
    adapters::test_adapter,
    gpu_context::gpu_context,
    program::run_swath,
    read_raster::{ReadBack, read},
};
use std::{collections::BTreeSet, path::Path};
use swath::{
    graph::Operator,
    op::{Agreement, REGISTRY, find},
};
use tempfile::TempDir;

/// How far apart two results may be.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// 8 units in the last place of a float32, or 2e-5.
    Slope,
    /// 2e-5 degrees modulo a turn, where the slope is above one degree.
    Aspect,
    /// One grey level.
    Byte,
    /// No difference.
    Exact,
    /// 8 units in the last place of a float32, or 1e-6 of this much.
    Near(f64),
    /// What the operator's row says, in units in the last place and in the result's unit.
    Row(Agreement),
}

/// Every operator with every option that changes a kernel or its parameters.
const VARIANTS: &[(&str, &[&str], Bound)] = &[
    ("slope", &[], Bound::Slope),
    ("slope", &["--unit", "percent", "--zfactor", "2.5"], Bound::Slope),
    ("slope", &["--gradient-alg", "ZevenbergenThorne"], Bound::Slope),
    ("slope", &["--no-edges"], Bound::Slope),
    ("slope", &["--no-edges", "--gradient-alg", "ZevenbergenThorne", "--unit", "percent"], Bound::Slope),
    ("slope", &["--xscale", "3", "--yscale", "0.7"], Bound::Slope),
    ("aspect", &[], Bound::Aspect),
    ("aspect", &["--gradient-alg", "ZevenbergenThorne"], Bound::Aspect),
    ("aspect", &["--convention", "trigonometric-angle"], Bound::Aspect),
    ("aspect", &["--zero-for-flat"], Bound::Aspect),
    ("aspect", &["--no-edges"], Bound::Aspect),
    ("hillshade", &[], Bound::Byte),
    ("hillshade", &["--azimuth", "100", "--altitude", "20", "--zfactor", "3"], Bound::Byte),
    ("hillshade", &["--gradient-alg", "ZevenbergenThorne", "--no-edges"], Bound::Byte),
    ("hillshade", &["--variant", "multidirectional"], Bound::Byte),
    ("hillshade", &["--variant", "multidirectional", "--altitude", "60", "--zfactor", "4"], Bound::Byte),
    ("hillshade", &["--variant", "combined"], Bound::Byte),
    ("hillshade", &["--variant", "combined", "--azimuth", "10", "--no-edges"], Bound::Byte),
    ("hillshade", &["--variant", "Igor"], Bound::Byte),
    ("hillshade", &["--variant", "Igor", "--azimuth", "225", "--gradient-alg", "ZevenbergenThorne"], Bound::Byte),
    ("curvature", &[], Bound::Near(100.0)),
    ("curvature", &["--kind", "profile", "--zfactor", "2"], Bound::Near(100.0)),
    ("curvature", &["--kind", "plan", "--algorithm", "Evans", "--no-edges"], Bound::Near(100.0)),
    ("curvature", &["--kind", "tangential"], Bound::Near(100.0)),
    ("curvature", &["--kind", "mean", "--algorithm", "Evans"], Bound::Near(100.0)),
    ("curvature", &["--kind", "Gaussian"], Bound::Near(1e4)),
    ("northness", &[], Bound::Near(1.0)),
    ("northness", &["--zero-for-flat", "--gradient-alg", "ZevenbergenThorne"], Bound::Near(1.0)),
    ("eastness", &[], Bound::Near(1.0)),
    ("eastness", &["--zero-for-flat", "--no-edges"], Bound::Near(1.0)),
    ("normals", &[], Bound::Near(1.0)),
    ("normals", &["--zfactor", "3", "--gradient-alg", "ZevenbergenThorne", "--no-edges"], Bound::Near(1.0)),
    ("tri", &[], Bound::Near(1.0)),
    ("tri", &["--algorithm", "Wilson", "--no-edges"], Bound::Near(1.0)),
    ("tpi", &[], Bound::Near(100.0)),
    ("tpi", &["--no-edges"], Bound::Near(100.0)),
    ("tpi", &["--shape", "annulus", "--radius", "5", "--inner", "2", "--no-edges"], Bound::Near(100.0)),
    ("roughness", &[], Bound::Near(1.0)),
    ("roughness", &["--no-edges"], Bound::Near(1.0)),
    ("convolve", &[], Bound::Near(100.0)),
    ("convolve", &["--kernel", "unsharp", "--sigma", "1.5", "--amount", "2", "--border", "reflect"], Bound::Near(100.0)),
    ("convolve", &["--kernel", "sobel", "--missing", "propagate"], Bound::Near(1e3)),
    ("convolve", &["--weights", "0 1 0; 1 4 1; 0 1 -2", "--border", "nearest"], Bound::Near(1e3)),
    ("calc", &["log(abs(A) + 1) * sin(A / 30) + where(isnan(A), 7, A % 3)", "--A"], Bound::Near(10.0)),
    ("calc", &["A > 100 or isnan(A)", "--A"], Bound::Exact),
    ("rescale", &["--from", "0,500", "--to", "-1,1", "--clamp"], Bound::Near(1.0)),
    ("clamp", &["--min", "100", "--max", "300", "--drop"], Bound::Exact),
    ("cast", &["--to", "int16"], Bound::Exact),
    ("cast", &["--to", "uint8", "--rounding", "even", "--range", "missing"], Bound::Exact),
    ("cast", &["--to", "uint16", "--scale", "0.03", "--offset", "-20.5"], Bound::Exact),
    ("reclassify", &["--mapping", "[-INF,500)=1; [500,1000)=2; DEFAULT=PASS_THROUGH"], Bound::Near(0.0)),
    ("reclassify", &["--mapping", "(0,700.5]=PASS_THROUGH; NO_DATA=-1"], Bound::Near(0.0)),
    ("color-map", &["--range", "0,1500"], Bound::Near(0.0)),
    ("color-map", &["--range", "100,900", "--color-map", "spectral_r", "--add-alpha", "--color-selection", "nearest"], Bound::Near(0.0)),
    ("focal", &[], Bound::Near(100.0)),
    ("focal", &["--stat", "std", "--shape", "circle", "--radius", "3", "--border", "reflect"], Bound::Near(100.0)),
    ("focal", &["--stat", "sum", "--radius", "2", "--missing", "propagate"], Bound::Near(1e4)),
    ("focal", &["--stat", "median", "--border", "nearest"], Bound::Near(1.0)),
    ("focal", &["--stat", "range", "--shape", "annulus", "--radius", "4", "--inner", "2"], Bound::Near(1.0)),
    ("focal", &["--stat", "mean", "--radius", "6", "--border", "extrapolate"], Bound::Near(100.0)),
    ("focal", &["--stat", "variety", "--footprint", "1 1 0; 0 1 0; 0 0 1"], Bound::Near(0.0)),
    ("bilateral", &["--range-sigma", "30", "--sigma", "1.5"], Bound::Near(10.0)),
    ("morphology", &["--operation", "open", "--radius", "3", "--border", "nearest"], Bound::Near(0.0)),
    (
        "morphology",
        &["--operation", "close", "--shape", "annulus", "--radius", "3", "--inner", "1", "--missing", "propagate"],
        Bound::Near(0.0),
    ),
    ("standardise", &[], Bound::Near(0.0)),
    ("standardise", &["--mean", "1000.3", "--stddev", "250"], Bound::Near(0.0)),
    ("equal-interval", &[], Bound::Near(0.0)),
    ("equal-interval", &["--classes", "200", "--min", "-10", "--max", "2000"], Bound::Near(0.0)),
    ("quantile", &[], Bound::Near(0.0)),
    ("quantile", &["--classes", "255"], Bound::Near(0.0)),
];

#[track_caller]
fn compute(operator: &str, options: &[&str], backend: &[&str], input: &Path, output: &Path) -> ReadBack {
    let mut arguments = vec![operator.to_owned()];
    // The input follows the options: it may be the value of the last.
    arguments.extend(options.iter().map(|&text| text.to_owned()));
    arguments.extend([input, output].map(|path| path.display().to_string()));
    arguments.extend(backend.iter().map(|&text| text.to_owned()));
    arguments.extend(["--tile-size", "32", "--overwrite", "-q"].map(str::to_owned));
    run_swath(arguments).expect_success();
    read(output)
}

fn ulps(a: f64, b: f64) -> u32 {
    let ordered = |v: f64| {
        let bits = (v as f32).to_bits() as i32;
        if bits < 0 { i32::MIN.wrapping_sub(bits) } else { bits }
    };
    ordered(a).abs_diff(ordered(b))
}

fn within(bound: Bound, cpu: f64, gpu: f64, slope: f64) -> bool {
    let apart = (cpu - gpu).abs();
    match bound {
        Bound::Slope => apart <= 2e-5 || ulps(cpu, gpu) <= 8,
        // A negated comparison: where the slope is missing or nearly flat, any direction will do.
        Bound::Aspect => slope.is_nan() || slope <= 1.0 || apart.min((360.0 - apart).abs()) <= 2e-5,
        Bound::Byte => apart <= 1.0,
        Bound::Exact => apart == 0.0,
        Bound::Row(agreement) => apart <= agreement.units || ulps(cpu, gpu) <= agreement.ulp,
        Bound::Near(size) => apart <= 1e-6 * size || ulps(cpu, gpu) <= 8,
    }
}

fn agree(operator: &str) {
    let variants = VARIANTS.iter().filter(|(of, ..)| *of == operator);
    agree_on(operator, &variants.map(|&(_, options, bound)| (options, bound)).collect::<Vec<_>>());
}

fn agree_on(operator: &str, variants: &[(&[&str], Bound)]) {
    if gpu_context().is_none() {
        return;
    }
    let adapter = test_adapter();
    let gpu_options = ["--backend", "gpu", "--adapter", &adapter];
    let folder = TempDir::new().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    for (name, raster) in crate::awkward::rasters() {
        raster.write(&path("in.tif"));
        for (options, bound) in variants {
            let cpu = compute(operator, options, &["--backend", "cpu"], &path("in.tif"), &path("cpu.tif"));
            let gpu = compute(operator, options, &gpu_options, &path("in.tif"), &path("gpu.tif"));
            assert_eq!((cpu.cols, cpu.rows), (raster.cols, raster.rows), "{operator} {options:?} on {name}");
            assert_eq!((gpu.cols, gpu.rows), (raster.cols, raster.rows), "{operator} {options:?} on {name}");
            let slope = if let Bound::Aspect = bound {
                let kept: Vec<&str> =
                    options.iter().copied().filter(|o| o.contains("edges") || o.contains("Thorne") || o.contains("grad")).collect();
                compute("slope", &kept, &["--backend", "cpu"], &path("in.tif"), &path("slope.tif")).values
            } else {
                vec![0.0; cpu.values.len()]
            };
            for (i, ((&c, &g), &s)) in cpu.values.iter().zip(&gpu.values).zip(&slope).enumerate() {
                let at = (i % raster.cols, i / raster.cols);
                assert_eq!(c.is_nan(), g.is_nan(), "{operator} {options:?} on {name}: missing at {at:?}, cpu {c}, gpu {g}");
                assert!(c.is_nan() || within(*bound, c, g, s), "{operator} {options:?} on {name} at {at:?}: cpu {c}, gpu {g}");
            }
        }
    }
}

#[test]
fn slope_agrees_on_every_awkward_raster() {
    agree("slope");
}

#[test]
fn aspect_agrees_on_every_awkward_raster() {
    agree("aspect");
}

#[test]
fn hillshade_agrees_on_every_awkward_raster() {
    agree("hillshade");
}

#[test]
fn curvature_and_exposure_agree_on_every_awkward_raster() {
    ["curvature", "northness", "eastness", "normals"].into_iter().for_each(agree);
}

#[test]
fn relief_and_focal_agree_on_every_awkward_raster() {
    [
        "tri",
        "tpi",
        "roughness",
        "focal",
        "convolve",
        "morphology",
        "bilateral",
        "calc",
        "reclassify",
        "color-map",
        "standardise",
        "equal-interval",
        "quantile",
        "rescale",
        "clamp",
        "cast",
    ]
    .into_iter()
    .for_each(agree);
}

/// Operators that the table does not have yet are tried as their rows' examples.
#[test]
fn every_other_registered_operator_agrees_as_its_row_says() {
    let tried: BTreeSet<&str> = VARIANTS.iter().map(|(operator, ..)| *operator).collect();
    assert!(tried.iter().all(|name| find(name).is_some()), "{tried:?}");
    for info in REGISTRY.iter().filter(|info| !tried.contains(info.name)) {
        let examples: Vec<Vec<String>> = (info.examples)().iter().map(|example| as_typed(&**example)).collect();
        assert!(!examples.is_empty(), "{} has no examples", info.name);
        let variants: Vec<Vec<&str>> = examples.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
        let Agreement { relief, bends, turn, on_slopes, .. } = info.agreement;
        let plain = relief == 0.0 && !bends && turn.is_none() && !on_slopes;
        assert!(plain, "the bound of {} depends on the ground: the table of variants takes it", info.name);
        let bound = Bound::Row(info.agreement);
        agree_on(info.name, &variants.iter().map(|words| (words.as_slice(), bound)).collect::<Vec<_>>());
    }
}

/// An operator's options as words of the command line.
fn as_typed(operator: &dyn Operator) -> Vec<String> {
    let options = operator.options().expect("a registered operator says its options");
    options.iter().map(|(name, value)| if value == "true" { format!("--{name}") } else { format!("--{name}={value}") }).collect()
}

#[test]
fn the_comparison_tells_results_apart() {
    assert!(within(Bound::Slope, 45.0, 45.0 + 1e-5, 0.0) && !within(Bound::Slope, 45.0, 45.0001, 0.0));
    assert!(within(Bound::Aspect, 359.999_995, 0.000_005, 5.0) && !within(Bound::Aspect, 10.0, 10.001, 5.0));
    assert!(within(Bound::Byte, 7.0, 8.0, 0.0) && !within(Bound::Byte, 7.0, 9.0, 0.0));
    assert_eq!(ulps(1.0, f64::from(1.0f32.next_up())), 1);
    assert_eq!(ulps(0.0, -0.0), 0);
}
