//! Real elevation models against float64 references and gdaldem, through files that other programs read.

use crate::{
    backends::backends,
    data::data,
    oracles::{oracle, oracle_python, skip_oracle, tool},
    program::{run, run_swath, swath},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

const PROJECTED: &str = "jacksboro_utm16_f32.tif";
const GEOGRAPHIC: &str = "jacksboro_4326_i16.tif";

/// A folder of results, and the Python that judges them.
struct Bench {
    python: PathBuf,
    folder: TempDir,
}

impl Bench {
    fn new() -> Option<Self> {
        let python = oracle_python()?;
        if let Some(absent) = ["gdalinfo", "gdaldem", "tiffinfo"].into_iter().find(|name| tool(name).is_none()) {
            skip_oracle(&format!("{absent} is not installed"));
            return None;
        }
        Some(Self { python, folder: TempDir::new().expect("a temporary folder") })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    fn reference(&self, operator: &str, input: &Path, options: &[&str]) -> PathBuf {
        let output = self.path(&format!("reference-{operator}{}.tif", options.concat()));
        let script = oracle("reference.py");
        run(Command::new(&self.python).arg(script).arg(operator).args([input, &output]).args(options)).expect_success();
        output
    }

    #[track_caller]
    fn gdaldem(&self, arguments: &[&str], input: &Path) -> PathBuf {
        let output = self.path(&format!("gdaldem{}.tif", arguments.concat()));
        let (mode, options) = arguments.split_first().expect("a mode");
        run(Command::new("gdaldem").arg(mode).args([input, &output]).args(options).args(["-q", "-compute_edges"])).expect_success();
        output
    }

    #[track_caller]
    fn swath(&self, arguments: &[&str], backend: &[String], input: &Path) -> PathBuf {
        let output = self.path("swath.tif");
        let (operator, options) = arguments.split_first().expect("an operator");
        let mut command = swath();
        command.arg(operator).args([input, &output]).args(options).args(backend).args(["--tile-size", "128", "--overwrite", "-q"]);
        run(&mut command).expect_success();
        output
    }

    #[track_caller]
    fn check(&self, output: &Path, reference: &Path, options: &[&str]) {
        let script = oracle("check_tif.py");
        let mut command = Command::new(&self.python);
        command
            .arg(script)
            .arg(output)
            .arg("--ref")
            .arg(reference)
            .args(["--ogc", "--tile", "128", "--compression", "deflate"])
            .args(options);
        run(&mut command).expect_success();
    }

    /// Computes on every backend, with `--no-edges` where every missing sample must be the reference's, and with
    /// edges, where missing samples differ but the inside must not.
    #[track_caller]
    fn compare(&self, arguments: &[&str], input: &Path, reference: &Path, bounds: &[&str]) {
        for backend in backends() {
            let output = self.swath(&[arguments, &["--no-edges"]].concat(), &backend, input);
            self.check(&output, reference, bounds);
        }
    }
}

#[test]
fn slope_of_a_projected_model_is_the_float64_one() {
    let Some(bench) = Bench::new() else { return };
    let input = data(PROJECTED);
    for (options, operator, reference) in [
        (&[][..], "slope", &[][..]),
        (&["--gradient-alg", "ZevenbergenThorne"], "slope", &["--alg", "zt"]),
        (&["--zfactor", "2.5"], "slope", &["--z", "2.5"]),
    ] {
        let reference = bench.reference(operator, &input, reference);
        bench.compare(&[&["slope"], options].concat(), &input, &reference, &["--atol", "2e-5", "--nodata", "-9999", "--predictor", "3"]);
    }
    let percent = bench.reference("slope_percent", &input, &[]);
    bench.compare(&["slope", "--unit", "percent"], &input, &percent, &["--atol", "2e-5", "--rtol", "1e-6"]);
}

#[test]
fn aspect_of_a_projected_model_is_the_float64_one() {
    let Some(bench) = Bench::new() else { return };
    let input = data(PROJECTED);
    let steep = bench.reference("slope", &input, &[]).display().to_string();
    let bounds = ["--angular", "--atol", "5e-5", "--only-above", &steep, "1"];
    for (options, reference) in [
        (&[][..], &[][..]),
        (&["--gradient-alg", "ZevenbergenThorne"], &["--alg", "zt"]),
        (&["--convention", "trigonometric-angle"], &["--trig"]),
        (&["--zero-for-flat"], &["--flat", "0"]),
    ] {
        let reference = bench.reference("aspect", &input, reference);
        bench.compare(&[&["aspect"], options].concat(), &input, &reference, &bounds);
    }
}

#[test]
fn every_hillshade_is_within_one_grey_level() {
    let Some(bench) = Bench::new() else { return };
    let input = data(PROJECTED);
    for (options, operator, reference) in [
        (&[][..], "hillshade_byte", &[][..]),
        (&["--azimuth", "80", "--altitude", "30", "--zfactor", "3"], "hillshade_byte", &["--az", "80", "--alt", "30", "--z", "3"]),
        (&["--gradient-alg", "ZevenbergenThorne"], "hillshade_byte", &["--alg", "zt"]),
        (&["--variant", "multidirectional"], "hillshade_multi", &[]),
        (&["--variant", "combined", "--zfactor", "3"], "hillshade_combined", &["--z", "3"]),
        (&["--variant", "Igor", "--azimuth", "200", "--zfactor", "3"], "hillshade_igor", &["--az", "200", "--z", "3"]),
    ] {
        let reference = bench.reference(operator, &input, reference);
        bench.compare(&[&["hillshade"], options].concat(), &input, &reference, &["--atol", "1", "--nodata", "0"]);
    }
}

#[test]
fn a_geographic_model_with_one_scale_is_the_float64_one() {
    let Some(bench) = Bench::new() else { return };
    let input = data(GEOGRAPHIC);
    let scale = ["--scale", "111120"];
    let slope = bench.reference("slope", &input, &["--z", "8.99928e-6"]);
    bench.compare(&[&["slope"], &scale[..]].concat(), &input, &slope, &["--atol", "2e-5"]);
    let steep = slope.display().to_string();
    let aspect = bench.reference("aspect", &input, &[]);
    let bounds = ["--angular", "--atol", "5e-5", "--only-above", &steep, "1"];
    bench.compare(&[&["aspect"], &scale[..]].concat(), &input, &aspect, &bounds);
    let shade = bench.reference("hillshade_byte", &input, &scale);
    bench.compare(&[&["hillshade"], &scale[..]].concat(), &input, &shade, &["--atol", "1"]);
}

#[test]
fn a_geographic_model_has_the_ellipsoids_cells_row_by_row() {
    let Some(bench) = Bench::new() else { return };
    let input = data(GEOGRAPHIC);
    let slope = bench.reference("slope", &input, &["--geodesic"]);
    bench.compare(&["slope"], &input, &slope, &["--atol", "2e-5"]);
    let steep = slope.display().to_string();
    let aspect = bench.reference("aspect", &input, &["--geodesic"]);
    bench.compare(&["aspect"], &input, &aspect, &["--angular", "--atol", "5e-5", "--only-above", &steep, "1"]);
    let shade = bench.reference("hillshade_byte", &input, &["--geodesic"]);
    bench.compare(&["hillshade"], &input, &shade, &["--atol", "1"]);
}

#[test]
fn borders_and_rims_of_missing_samples_are_gdaldems() {
    let Some(bench) = Bench::new() else { return };
    for (name, scale, gdal_scale) in [(PROJECTED, &[][..], &[][..]), (GEOGRAPHIC, &["--scale", "111120"], &["-s", "111120"])] {
        let input = data(name);
        let slope = bench.gdaldem(&[&["slope"], gdal_scale].concat(), &input);
        let shade = bench.gdaldem(&[&["hillshade"], gdal_scale].concat(), &input);
        for backend in backends() {
            let output = bench.swath(&[&["slope"], scale].concat(), &backend, &input);
            bench.check(&output, &slope, &["--atol", "3e-3"]);
            bench.check(&output, &slope, &["--atol", "3e-3", "--only-border", "1"]);
            let output = bench.swath(&[&["hillshade"], scale].concat(), &backend, &input);
            bench.check(&output, &shade, &["--atol", "1"]);
        }
        // Our own float64 edges, tighter than gdaldem's float32 sums allow.
        let reference = bench.reference("slope", &input, &[&["--edges"], scale].concat());
        for backend in backends() {
            let output = bench.swath(&[&["slope"], scale].concat(), &backend, &input);
            bench.check(&output, &reference, &["--atol", "3e-5"]);
        }
    }
}

#[test]
fn relief_and_curvature_are_the_float64_ones_and_gdaldems() {
    let Some(bench) = Bench::new() else { return };
    let input = data(PROJECTED);
    for (arguments, operator, bounds) in [
        (&["tri"][..], "tri", &["--atol", "1e-6", "--rtol", "4e-7"][..]),
        (&["tri", "--algorithm", "Wilson"], "tri_wilson", &["--atol", "1e-6", "--rtol", "4e-7"]),
        (&["tpi"], "tpi", &["--atol", "1e-5"]),
        (&["roughness"], "roughness", &["--atol", "1e-6", "--rtol", "2e-7"]),
        (&["curvature"], "curvature", &["--atol", "1e-6"]),
    ] {
        let reference = bench.reference(operator, &input, &[]);
        bench.compare(arguments, &input, &reference, bounds);
    }
    // Where the reference has no border rule, ours is the strict one.
    for (arguments, operator, options) in [
        (&["focal", "--stat", "mean", "--radius", "3"][..], "focal_mean", &["--r", "3"][..]),
        (&["focal", "--stat", "std", "--radius", "2"], "focal_std", &["--r", "2"]),
        (&["convolve", "--sigma", "1.5"], "gaussian", &["--sigma", "1.5"]),
    ] {
        let reference = bench.reference(operator, &input, options);
        for backend in backends() {
            let output = bench.swath(&[arguments, &["--missing", "propagate"]].concat(), &backend, &input);
            bench.check(&output, &reference, &["--atol", "5e-5", "--rtol", "2e-7"]);
        }
    }
    let steep = bench.reference("slope", &input, &["--alg", "zt"]).display().to_string();
    for kind in ["profile", "plan"] {
        let reference = bench.reference(kind, &input, &[]);
        bench.compare(&["curvature", "--kind", kind], &input, &reference, &["--atol", "1e-6", "--only-above", &steep, "1"]);
    }
    for (arguments, theirs, bounds) in [
        (&["tri"][..], &["TRI", "-alg", "Riley"][..], &["--atol", "1e-6", "--rtol", "2e-6"][..]),
        (&["tri", "--algorithm", "Wilson"], &["TRI", "-alg", "Wilson"], &["--atol", "1e-6", "--rtol", "2e-6"]),
        (&["tpi"], &["TPI"], &["--atol", "5e-4"]),
        (&["roughness"], &["roughness"], &["--atol", "1e-6", "--rtol", "2e-6"]),
    ] {
        let reference = bench.gdaldem(theirs, &input);
        for backend in backends() {
            let output = bench.swath(arguments, &backend, &input);
            bench.check(&output, &reference, bounds);
        }
    }
}

#[test]
fn a_copy_keeps_every_sample_and_all_georeferencing() {
    let Some(bench) = Bench::new() else { return };
    for name in [PROJECTED, GEOGRAPHIC] {
        let input = data(name);
        let output = bench.swath(&["convert"], &["--backend".to_owned(), "cpu".to_owned()], &input);
        bench.check(&output, &input, &[]);
    }
}

#[test]
fn the_first_command_of_the_readme_works_as_typed() {
    let folder = TempDir::new().expect("a temporary folder");
    let [output, preview] = ["slope.tif", "slope.png"].map(|name| folder.path().join(name).display().to_string());
    let input = data(PROJECTED).display().to_string();
    run_swath(["slope", &input, &output, "--preview", &preview]).expect_success();
    let png = std::fs::read(preview).expect("a preview");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(std::fs::metadata(output).expect("an output").len() > 100_000);
}

#[test]
fn focal_operators_are_those_of_scipy_and_numpy() {
    let Some(bench) = Bench::new() else { return };
    let mut command = Command::new(&bench.python);
    command.arg(oracle("check_focal.py")).arg(swath().get_program()).arg(bench.folder.path()).args(["--backend", "cpu"]);
    assert!(run(&mut command).expect_success().stdout.contains(" 0 failed"));
}
