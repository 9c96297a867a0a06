//! Rasters stored from south to north face the same ways, and say in the output how they lie.

mod common;

use common::{
    awkward::islands,
    backends,
    raster_file::{RasterFile, read},
    run, swath,
};
use std::path::Path;
use tempfile::TempDir;

/// Rows of samples, missing ones as -1.
#[track_caller]
fn compute(operator: &str, backend: &[String], input: &Path, output: &Path) -> Vec<Vec<f64>> {
    run(swath().arg(operator).args([input, output]).args(backend).args(["--tile-size", "32", "--overwrite", "-q"])).expect_success();
    let result = read(output);
    let rows = result.values.chunks(result.cols);
    rows.map(|row| row.iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect()).collect()
}

#[test]
fn a_raster_stored_south_up_has_the_same_slope_aspect_and_hillshade() {
    let folder = TempDir::new().expect("a temporary folder");
    let [north_up, south_up, output] = ["north.tif", "south.tif", "out.tif"].map(|name| folder.path().join(name));
    let raster = RasterFile::new(97, 71, islands).strips(9);
    raster.write(&north_up);
    raster.south_up().write(&south_up);
    for backend in backends() {
        for (operator, bound) in [("slope", 2e-5), ("aspect", 5e-5), ("hillshade", 1.0)] {
            let expected = compute(operator, &backend, &north_up, &output);
            let found = compute(operator, &backend, &south_up, &output);
            for (row, (expected, found)) in expected.iter().zip(found.iter().rev()).enumerate() {
                for (col, (e, f)) in expected.iter().zip(found).enumerate() {
                    let apart = (e - f).abs();
                    let apart = if operator == "aspect" { apart.min((360.0 - apart).abs()) } else { apart };
                    assert!(apart <= bound, "{operator} {backend:?} at column {col}, row {row}: {e} north up, {f} south up");
                }
            }
        }
    }
}

#[test]
fn a_raster_stored_south_up_stays_so_in_the_output() {
    let folder = TempDir::new().expect("a temporary folder");
    let [input, output] = ["in.tif", "out.tif"].map(|name| folder.path().join(name));
    RasterFile::new(40, 30, islands).south_up().write(&input);
    let said = |path: &Path| {
        let ran = run(swath().args(["info", "--json"]).arg(path)).expect_success();
        serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("JSON on stdout")
    };
    run(swath().arg("convert").args([&input, &output]).arg("-q")).expect_success();
    let (before, after) = (said(&input), said(&output));
    assert!(before["transform"][4].as_f64() > Some(0.0), "{before:#}");
    assert_eq!(before["transform"], after["transform"]);
}
