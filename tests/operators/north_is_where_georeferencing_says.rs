//! Rasters stored from south to north, or turned, face the same ways, and say in the output how they lie; cells are as long as
//! the units of coordinates and heights make them.

use crate::{
    awkward::islands,
    backends::backends,
    data::data,
    oracles::{skip_oracle, tool},
    program::{run, swath},
    read_raster::read,
    write_raster::RasterFile,
};
use std::{path::Path, process::Command};
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
fn a_south_up_raster_has_the_same_slope_aspect_and_hillshade() {
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

/// The projected model as GDAL writes it with these options; whether GDAL is there.
#[track_caller]
fn translate(options: &[&str], input: &Path, output: &Path) -> bool {
    if tool("gdal_translate").is_none() || tool("gdaldem").is_none() {
        skip_oracle("gdal_translate and gdaldem are not installed");
        return false;
    }
    run(Command::new("gdal_translate").args(options).args(["-q", "-srcwin", "0", "0", "120", "90"]).args([input, output])).expect_success();
    true
}

fn slope_with(options: &[&str], input: &Path, output: &Path) -> Vec<f64> {
    run(swath().arg("slope").args([input, output]).args(options).args(["--backend", "cpu", "--overwrite", "-q"])).expect_success();
    read(output).values
}

/// The greatest difference; missing samples must be the same.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |worst: f64, (a, b)| {
        assert_eq!(a.is_nan(), b.is_nan());
        if a.is_nan() { worst } else { worst.max((a - b).abs()) }
    })
}

#[test]
fn cells_of_a_crs_in_feet_are_metres_under_heights_in_metres() {
    let folder = TempDir::new().expect("a temporary folder");
    let [feet, level, output, theirs] = ["feet.tif", "level.tif", "out.tif", "gdaldem.tif"].map(|name| folder.path().join(name));
    // EPSG:2227 counts in US survey feet.
    if !translate(&["-a_srs", "EPSG:2227"], &data("jacksboro_utm16_f32.tif"), &feet) {
        return;
    }
    let survey_foot = (1200.0f64 / 3937.0).to_string();
    let by_default = slope_with(&[], &feet, &output);
    assert!(apart(&by_default, &slope_with(&["--scale", &survey_foot], &feet, &output)) < 1e-6);
    let as_they_are = slope_with(&["--scale", "1"], &feet, &output);
    assert!(apart(&by_default, &as_they_are) > 10.0);
    run(Command::new("gdaldem").args(["slope", "-q", "-compute_edges"]).args([&feet, &theirs])).expect_success();
    assert!(apart(&as_they_are, &read(&theirs).values) < 3e-3);
    // Heights declared to be in the same feet: the ratio is 1 again, declared in either way.
    let mut script = Command::new("gdal_translate");
    script.args(["-q", "-a_srs", "EPSG:2227+6360"]).args([&feet, &level]);
    run(&mut script).expect_success();
    assert!(apart(&slope_with(&[], &level, &output), &as_they_are) < 1e-6);
}

#[test]
fn a_turned_raster_has_the_same_slopes_and_aspects() {
    let folder = TempDir::new().expect("a temporary folder");
    let [straight, described, turned, output] =
        ["straight.tif", "turned.vrt", "turned.tif", "out.tif"].map(|name| folder.path().join(name));
    if !translate(&[], &data("jacksboro_utm16_f32.tif"), &straight) {
        return;
    }
    // The straight raster's cells, turned counter-clockwise: columns run 33 degrees north of east.
    let degrees = 33.0f64;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let said = run(swath().args(["info", "--json"]).arg(&straight)).expect_success();
    let said: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON on stdout");
    let at = |i: usize| said["transform"][i].as_f64().expect("a number");
    let (width, height) = (at(0), -at(4));
    let transform = [at(2), width * cos, height * sin, at(5), width * sin, -height * cos].map(|v| format!("{v:.17e}")).join(", ");
    let vrt = format!(
        "<VRTDataset rasterXSize=\"120\" rasterYSize=\"90\"><SRS>EPSG:32616</SRS><GeoTransform>{transform}</GeoTransform>\
         <VRTRasterBand dataType=\"Float32\" band=\"1\"><NoDataValue>-9999</NoDataValue><SimpleSource>\
         <SourceFilename relativeToVRT=\"1\">straight.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    );
    std::fs::write(&described, vrt).expect("scratch space");
    run(Command::new("gdal_translate").arg("-q").args([&described, &turned])).expect_success();
    for backend in backends() {
        let [slopes, expected] = [&turned, &straight].map(|input| compute("slope", &backend, input, &output));
        let [facing, straight_facing] = [&turned, &straight].map(|input| compute("aspect", &backend, input, &output));
        let mut compared = 0;
        for row in 0..90 {
            for col in 0..120 {
                let (slope, truth) = (slopes[row][col], expected[row][col]);
                assert!((slope - truth).abs() <= 2e-5, "slope at {col}, {row}: {slope} turned, {truth} straight");
                if truth > 1.0 {
                    let turn = (facing[row][col] + degrees - straight_facing[row][col]).rem_euclid(360.0);
                    assert!(turn.min(360.0 - turn) <= 5e-5, "aspect at {col}, {row}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 5000, "{compared} pixels are steep enough");
    }
}
