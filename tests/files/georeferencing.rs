//! What is said of place, CRS and metadata: written as GDAL writes it, carried as it was, refused where it cannot be said.

use crate::{
    oracles::{oracle, oracle_python},
    program::{run, run_swath, swath},
};
use serde_json::Value;
use std::{path::Path, process::Command};

fn passes(script: &str) {
    let Some(python) = oracle_python() else { return };
    let ran = run(Command::new(python).arg(oracle(script)).arg(env!("CARGO_BIN_EXE_swath"))).expect_success();
    eprintln!("{script}: {}", ran.stdout.trim());
}

#[test]
fn a_typed_crs_is_written_as_gdal_would_or_names_the_same() {
    passes("check_crs.py");
}

#[test]
fn georeferencing_and_metadata_come_through_copies() {
    passes("check_passthrough.py");
}

fn info(path: &Path) -> Value {
    let ran = run(swath().args(["info", "--json"]).arg(path)).expect_success();
    serde_json::from_str(&ran.stdout).expect("JSON")
}

#[test]
fn info_tells_what_gdalinfo_tells_and_lists_the_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cog.tif");
    let dem = crate::data::data("jacksboro_utm16_f32.tif").display().to_string();
    let out = file.display().to_string();
    let options = "--backend cpu -q --cog --tile-size 64 --stats --bigtiff yes --crs EPSG:32616+5703 --metadata TITLE=hills";
    let line: Vec<&str> = ["convert", &dem, &out].into_iter().chain(options.split(' ')).collect();
    run_swath(line).expect_success();
    let told = info(&file);
    assert_eq!((&told["bigtiff"], &told["cog"], &told["tiled"]), (&true.into(), &true.into(), &true.into()));
    assert_eq!((&told["crs"], &told["vertical_crs"]["epsg"]), (&"WGS 84 / UTM zone 16N".into(), &5703.into()));
    let key = |name: &str| told["geokeys"].as_array().expect("keys").iter().find(|key| key["name"] == name).map(|key| &key["value"]);
    assert_eq!((key("ProjectedCRS"), key("Vertical"), key("GTModelType")), (Some(&32616.into()), Some(&5703.into()), Some(&1.into())));
    assert_eq!(told["metadata"], serde_json::json!([{ "name": "TITLE", "band": null, "value": "hills", "domain": null }]));

    let text = run_swath(["info", &out]).expect_success().stdout;
    for shown in [
        "layout     cloud-optimised, BigTIFF, overviews ",
        "crs        EPSG:32616 (projected), WGS 84 / UTM zone 16N\n",
        "vertical   EPSG:5703, NAVD88 height\n",
        "statistics band 1: min ",
        "metadata   TITLE = hills\n",
        "key        ProjectedCRS 32616\n",
    ] {
        assert!(text.contains(shown), "'{shown}' is not in\n{text}");
    }

    let Some(gdalinfo) = crate::oracles::tool("gdalinfo") else { return crate::oracles::skip_oracle("no gdalinfo") };
    let theirs: Value = serde_json::from_str(&run(Command::new(gdalinfo).arg("-json").arg(&file)).expect_success().stdout).expect("JSON");
    let band = &theirs["bands"][0];
    let sizes = |overviews: &Value| overviews.as_array().expect("overviews").iter().map(|o| o["size"].clone()).collect::<Vec<_>>();
    assert_eq!(told["overviews"], Value::from(sizes(&band["overviews"])));
    assert_eq!(theirs["size"], serde_json::json!([told["width"], told["height"]]));
    assert_eq!((&theirs["metadata"][""]["TITLE"], &theirs["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"]), (&"hills".into(), &"COG".into()));
    let shown = text.lines().find(|line| line.starts_with("statistics")).expect("statistics");
    for (gdals, ours) in
        [("MINIMUM", "min"), ("MAXIMUM", "max"), ("MEAN", "mean"), ("STDDEV", "stddev"), ("VALID_PERCENT", "valid_percent")]
    {
        let text = band["metadata"][""][format!("STATISTICS_{gdals}")].as_str().expect("a statistic");
        assert!(shown.contains(&format!("{ours} {text}")) && told["statistics"][0][ours].is_number(), "{ours} {text}: {shown}");
    }
    let wkt = theirs["coordinateSystem"]["wkt"].as_str().expect("WKT");
    assert!(wkt.contains("\"WGS 84 / UTM zone 16N\"") && wkt.contains("\"NAVD88 height\""), "{wkt}");
}

#[test]
fn operators_go_by_the_place_that_is_typed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let dem = crate::data::data("jacksboro_utm16_f32.tif").display().to_string();
    let slope = |name: &str, more: &[&str]| {
        run_swath([&["slope", &dem, &path(name), "--backend", "cpu", "-q"], more].concat()).expect_success();
        crate::read_raster::read(Path::new(&path(name))).values
    };
    let metres = slope("metres.tif", &["--crs", "EPSG:32633", "--bounds", "0,0,11131.949,11057.427"]);
    // A tenth of a degree at the equator, on the ellipsoid that the code names.
    let degrees = slope("degrees.tif", &["--crs", "EPSG:4326", "--bounds", "0,-0.05,0.1,0.05"]);
    let far = slope("far.tif", &["--crs", "EPSG:4326", "--bounds", "0,60,0.1,60.1"]);
    let worst = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst(&metres, &degrees) < 1e-3, "{}", worst(&metres, &degrees));
    assert!(worst(&metres, &far) > 1.0);
    let seen = info(Path::new(&path("far.tif")));
    assert_eq!((&seen["epsg"], &seen["transform"][0]), (&Value::from(4326), &Value::from(0.1 / seen["width"].as_f64().expect("a width"))));
}

/// The DEM as integers that stand for heights, as GDAL writes them, and the scale and offset.
fn stored_heights(folder: &Path, sample: &str) -> Option<std::path::PathBuf> {
    crate::oracles::tool("gdal_translate")?;
    let path = folder.join(format!("{sample}.tif"));
    let most = if sample == "Int32" { "10000000" } else { "10000" };
    let scale = if sample == "Int32" { "0.0001" } else { "0.1" };
    let dem = crate::data::data("jacksboro_utm16_f32.tif");
    run(Command::new("gdal_translate")
        .args(["-q", "-ot", sample, "-scale", "0", "1000", "0", most, "-a_scale", scale, "-a_offset", "-3.75", "-a_nodata", "1"])
        .args([&dem, &path]))
    .expect_success();
    Some(path)
}

#[test]
fn samples_that_stand_for_values_are_read_as_gdal_reads_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for sample in ["UInt16", "Int32", "Float32"] {
        let Some(stored) = stored_heights(folder.path(), sample) else { return };
        let theirs = path("theirs.tif");
        run(Command::new("gdal_translate").args(["-q", "-unscale", "-ot", "Float32"]).args([&stored, &theirs])).expect_success();
        let raw = crate::read_raster::read(&stored).values;
        let theirs = crate::read_raster::read(&theirs);
        for backend in crate::backends::backends() {
            let mut line = vec!["convert".to_owned(), stored.display().to_string(), path("ours.tif").display().to_string()];
            line.extend(["--unscale", "--overwrite", "-q"].map(str::to_owned));
            run_swath(line.into_iter().chain(backend)).expect_success();
            let ours = crate::read_raster::read(&path("ours.tif"));
            assert_eq!((ours.cols, ours.rows), (theirs.cols, theirs.rows), "{sample}");
            let mut valid = 0;
            for ((ours, theirs), raw) in ours.values.iter().zip(&theirs.values).zip(&raw) {
                valid += usize::from(!raw.is_nan());
                assert!(if raw.is_nan() { ours.is_nan() } else { ours == theirs }, "{sample}: {ours} {theirs} {raw}");
            }
            assert!(valid > 100_000 && valid < raw.len(), "{sample}: {valid}");
        }
    }
}

#[test]
fn scale_and_offset_go_with_copies_and_end_at_operators() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let Some(stored) = stored_heights(folder.path(), "UInt16") else { return };
    let stored = stored.display().to_string();
    let declared = |name: &str| {
        let ran = run(Command::new("gdalinfo").args(["-json", &path(name)])).expect_success();
        let info: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let bands = info["bands"].as_array().expect("bands").iter();
        bands.map(|band| (band["scale"].as_f64(), band["offset"].as_f64())).collect::<Vec<_>>()
    };
    let job = |line: &[&str]| run_swath([line, &["--backend", "cpu"]].concat()).expect_success();
    job(&["convert", &stored, &path("copy.tif"), "--cog"]);
    assert_eq!(declared("copy.tif"), [(Some(0.1), Some(-3.75))]);
    // An operator takes what is stored, says so, and its result is another thing.
    let told = job(&["focal", &stored, &path("mean.tif")]);
    assert!(told.stderr.contains("band 1 declares scale 0.1 and offset -3.75; its samples are taken as they are stored"), "{told}");
    assert_eq!(declared("mean.tif"), [(None, None)]);
    // A strict job does not begin with such an input.
    let refused = run(swath().args(["focal", &stored, &path("strict.tif"), "--backend", "cpu", "--strict"]));
    assert_eq!(refused.status, 1, "{refused}");
    assert!(
        refused.stderr.contains("its samples are taken as they are stored") && refused.stderr.contains("the job is strict"),
        "{refused}"
    );
    assert!(!Path::new(&path("strict.tif")).exists());
    let dry = job(&["focal", &stored, &path("dry.tif"), "--dry-run"]);
    assert!(dry.stderr.contains("its samples are taken as they are stored"), "{dry}");
    // The slope of values is that of the heights.
    let told = job(&["slope", &stored, &path("slope.tif"), "--unscale"]);
    assert!(!told.stderr.contains("warning"), "{told}");
    job(&["convert", &stored, &path("heights.tif"), "--unscale"]);
    job(&["slope", &path("heights.tif"), &path("truth.tif")]);
    let read = |name: &str| crate::read_raster::read(Path::new(&path(name))).values;
    let worst =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| if a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() }).fold(0.0, f64::max);
    let apart = worst(&read("slope.tif"), &read("truth.tif"));
    assert!(apart < 2e-3, "{apart}: rounded heights against unrounded ones");
    // Declared of what is computed, samples unchanged.
    job(&["slope", &stored, &path("said.tif"), "--unscale", "-a_scale", "2.5", "--declare-offset", "-1", "--metadata", "1:OFFSET=3"]);
    assert_eq!(declared("said.tif"), [(Some(2.5), Some(3.0))]);
    assert_eq!(worst(&read("said.tif"), &read("slope.tif")), 0.0);
    job(&["convert", &stored, &path("said_copy.tif"), "-a_offset", "7"]);
    assert_eq!(declared("said_copy.tif"), [(Some(0.1), Some(7.0))]);
    // Stored anew, in two bands, and read back.
    job(&[
        "pipeline",
        "read",
        &path("heights.tif"),
        "!",
        "stack",
        "[",
        "select",
        "-b",
        "1",
        "]",
        "[",
        "calc",
        "A / 2",
        "]",
        "!",
        "cast",
        "--to",
        "int32",
        "--scale",
        "0.25",
        "--offset",
        "100",
        "!",
        "write",
        &path("stored.tif"),
    ]);
    assert_eq!(declared("stored.tif"), [(Some(0.25), Some(100.0)); 2]);
    let info = info(Path::new(&path("stored.tif")));
    assert_eq!((&info["dtype"], &info["nodata"]), (&Value::from("int32"), &Value::from(i32::MIN)), "{info}");
    job(&["convert", &path("stored.tif"), &path("back.tif"), "--unscale", "-b", "1"]);
    let apart = worst(&read("back.tif"), &read("heights.tif"));
    assert!(apart <= 0.125 && apart > 0.1, "{apart}");
}

#[test]
fn a_crs_or_item_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out.tif");
    let dem = crate::data::data("jacksboro_utm16_f32.tif");
    for (options, told) in [
        (vec!["--crs", "EPSG:0"], "--crs 'EPSG:0' is not accepted as a CRS"),
        (vec!["--crs", "+proj=moll"], "has no GeoKeys here"),
        (vec!["--crs", "@/nonexistent"], "cannot read /nonexistent"),
        (vec!["--crs", "PROJCS[\"a\",\n\"b"], "a quote is not closed"),
        (vec!["--bounds", "1,2,3"], "four numbers"),
        (vec!["--metadata", "x"], "KEY=VALUE is accepted"),
        (vec!["--metadata", "2:SCALE=1"], "bands 1 to 1"),
        (vec!["--metadata", "1:SCALE=one"], "'1:SCALE=one' is not accepted: a number"),
        (vec!["-a_scale", "one"], "invalid value 'one' for '--declare-scale <NUMBER>'"),
        (vec!["--declare-scale", "0"], "scale '0' is not accepted: a finite number other than 0"),
        (vec!["--declare-offset", "inf"], "offset 'inf' is not accepted: a finite number"),
    ] {
        let ran = run(swath().arg("convert").args([&dem, &out]).args(["--backend", "cpu", "-q"]).args(&options));
        assert_eq!((ran.status, ran.stderr.trim().lines().count()), (2, 1), "{ran}");
        assert!(ran.stderr.contains(told) && ran.stderr.starts_with("swath: error: "), "{ran}");
        assert!(!out.exists());
    }
}
