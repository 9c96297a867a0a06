//! Wrong usage, missing files and what is printed: none of these runs a job.

use crate::{
    looks::write_tiny_tiff,
    place::Place,
    program::{Ran, run},
};
use std::{fs, process::Stdio};
use swath::op::REGISTRY;

#[test]
fn wrong_usage_exits_2_with_one_line() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    fs::write(place.path("old.tif"), "old").unwrap();
    for (line, message) in [
        ("slope dem.tif", "the following required arguments were not provided: <OUTPUT>"),
        ("slope dem.tif a.tif --unit grad", "invalid value 'grad' for '--unit <UNIT>' [possible values: degree, percent]"),
        ("slope dem.tif a.tif --quack", "unexpected argument '--quack' found"),
        ("slope dem.tif a.tif -az 45", "'-az' is not an option of slope, but of hillshade"),
        (
            "slope dem.tif a.tif --host-memory lots",
            "invalid value 'lots' for '--host-memory <SIZE>': 'lots' is not a size: digits with K, M, G, T or KiB, MiB, GiB, TiB, such as 512M",
        ),
        ("slope dem.tif a.tif --cog --strip-rows 16", "a COG is tiled: --strip-rows (--co TILED=NO) does not go with --cog"),
        (
            "slope dem.tif a.tif -co TFW=YES",
            "--co 'TFW=YES' is not accepted: the key is one of COMPRESS, LEVEL, ZLEVEL, ZSTD_LEVEL, MAX_Z_ERROR, JPEG_QUALITY, QUALITY, PREDICTOR, INTERLEAVE, TILED, BLOCKXSIZE, BLOCKYSIZE, BLOCKSIZE, BIGTIFF, OVERVIEWS, OVERVIEW_RESAMPLING, OVERVIEW_COMPRESS, OVERVIEW_PREDICTOR, OVERVIEW_QUALITY, MAX_Z_ERROR_OVERVIEW, RESAMPLING, SPARSE_OK, STATISTICS, NUM_THREADS",
        ),
        ("slope dem.tif a.tif --compress lzw --level 3", "a level goes with deflate or zstd only"),
        ("slope dem.tif a.tif --zfactor 0", "zfactor '0' is not accepted: a number above 0, up to 1e15"),
        ("slope dem.tif a.tif --scale -1", "xscale '-1' is not accepted: a number above 0"),
        ("focal dem.tif a.tif --radius 65", "radius '65' is not accepted: 1 to 64 pixels"),
        (
            "focal dem.tif a.tif --footprint 1,0",
            "footprint '10' is not accepted: an odd number of rows and of columns, up to 129, not all 0",
        ),
        ("focal dem.tif a.tif --radius -1", "invalid value '-1' for '--radius <PIXELS>': a whole number is accepted"),
        ("tpi dem.tif a.tif --radius 1.5", "invalid value '1.5' for '--radius <PIXELS>': a whole number is accepted"),
        ("quantile dem.tif a.tif --classes x", "invalid value 'x' for '--classes <N>': a whole number is accepted"),
        ("focal dem.tif a.tif --inner 2", "--inner 2 goes with --shape annulus, not with box"),
        ("focal dem.tif a.tif --percentile 5", "--percentile 5 goes with --stat percentile, not with mean"),
        ("tpi dem.tif a.tif --shape custom", "--shape custom takes --footprint ROWS, such as '0 1 0; 1 1 1; 0 1 0'"),
        ("morphology dem.tif a.tif --shape circle --footprint 1", "--footprint goes with --shape custom, not with circle"),
        (
            "morphology dem.tif a.tif --footprint 1 --radius 2",
            "--radius 2 does not go with a footprint, which is as large as its rows and columns",
        ),
        ("convolve dem.tif a.tif --kernel custom", "--kernel custom takes --weights ROWS, such as '1 2 1; 2 4 2; 1 2 1'"),
        ("convolve dem.tif a.tif --kernel sobel --weights 1", "--weights goes with --kernel custom, not with sobel"),
        ("convolve dem.tif a.tif --kernel sobel --sigma 2", "--sigma 2 goes with --kernel gaussian or unsharp, not with sobel"),
        ("convolve dem.tif a.tif --amount 2", "--amount 2 goes with --kernel unsharp, not with gaussian"),
        ("convolve dem.tif a.tif --weights 1,2", "weights '1 2' is not accepted: as many rows as columns, an odd number up to 15"),
        ("convolve dem.tif a.tif --sigma -1", "sigma '-1' is not accepted: above 0 and up to 16 pixels"),
        ("cast dem.tif a.tif --to int16 --scale 0", "scale '0' is not accepted: a number other than 0 that float32 holds, and its inverse"),
        ("pipeline read dem.tif ! focal --inner 2 ! write a.tif", "step 2 (focal): --inner 2 goes with --shape annulus, not with box"),
        ("bilateral dem.tif a.tif --range-sigma 0", "range-sigma '0' is not accepted: above 1e-15 and below 1e15"),
        ("convolve dem.tif a.tif --sigma 17", "sigma '17' is not accepted: above 0 and up to 16 pixels"),
        ("slope dem.tif old.tif", "old.tif exists; --overwrite replaces it"),
        ("slope dem.tif dem.tif --overwrite", "dem.tif is the input dem.tif; choose another name"),
        ("slope dem.tif a.tif --report dem.tif", "dem.tif is the input dem.tif; choose another name"),
        ("slope dem.tif a.tif --preview a.tif", "a.tif is named for two outputs; choose another name"),
        ("slope dem.tif no/a.tif", "no/a.tif cannot be made: there is no folder no"),
        ("slope dem.tif .", ". is a folder; name a file in it"),
        ("slope dem.tif a.tif --backend cpu --adapter x", "--adapter 'x' does not go with --backend cpu, which touches no adapter"),
        ("slope dem.tif a.tif --json", "the following required arguments were not provided: --dry-run"),
        ("synth a.tif", "the following required arguments were not provided: --size <COLSxROWS>"),
    ] {
        place.fails(line, 2, message);
    }
    // An expression names an index: the one command of an operator that has no row of its own.
    let operators = REGISTRY.iter().map(|info| if info.name == "calc" { "calc, index" } else { info.name }).collect::<Vec<_>>().join(", ");
    let all = format!("{operators}, convert, pipeline, info, validate, devices, operators, selftest, synth, bench, help");
    place.fails("hilshade dem.tif a.tif", 2, &format!("'hilshade' is not a command; did you mean 'hillshade'?; there are: {all}"));
    assert_eq!(place.files(), ["dem.tif", "old.tif"]);
    assert_eq!(fs::read(place.path("old.tif")).unwrap(), b"old");
}

#[test]
fn inputs_that_are_no_rasters_exit_1_and_leave_nothing() {
    let place = Place::new();
    fs::write(place.path("empty.tif"), "").unwrap();
    fs::write(place.path("text.tif"), "once upon a time there was no raster").unwrap();
    write_tiny_tiff(&place.path("cut.tif"));
    let whole = fs::read(place.path("cut.tif")).unwrap();
    fs::write(place.path("cut.tif"), &whole[..12]).unwrap();
    for name in ["empty.tif", "text.tif", "cut.tif", "missing.tif", "."] {
        for line in [format!("slope {name} a.tif --backend cpu"), format!("info {name}")] {
            let said = place.swath(&line);
            assert_eq!(said.status, 1, "{line}: {said:?}");
            assert!(said.stderr.starts_with(&format!("swath: error: {name}: ")), "{line}: {said:?}");
            assert_eq!(said.stderr.lines().count(), 1, "{line}: {said:?}");
        }
    }
    assert_eq!(place.files(), ["cut.tif", "empty.tif", "text.tif"]);
}

#[test]
fn an_environment_variable_names_the_backend_and_is_checked() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    let said = run(place.command("slope dem.tif a.tif").env("SWATH_BACKEND", "tpu"));
    assert_eq!((said.status, said.stderr.as_str()), (2, "swath: error: SWATH_BACKEND 'tpu' is not accepted: auto, gpu or cpu\n"));
}

#[test]
fn without_an_adapter_gpu_is_refused_and_devices_lists_cpu() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    let bare = |line: &str| {
        let mut command = place.command(line);
        let nowhere = "/nonexistent";
        command.env("VK_ICD_FILENAMES", nowhere).env("VK_DRIVER_FILES", nowhere).env("__EGL_VENDOR_LIBRARY_FILENAMES", nowhere);
        run(&mut command)
    };
    let refused = bare("slope dem.tif a.tif --adapter no-such-adapter");
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("swath: error: no GPU adapter named 'no-such-adapter'"), "{refused:?}");
    let listed = bare("devices --json");
    assert_eq!(listed.status, 0, "{listed:?}");
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert!(listed["cpu"]["threads"].as_u64().unwrap() > 0);
    assert!(!place.path("a.tif").exists());
}

#[test]
fn info_tells_what_the_header_says() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    let told: serde_json::Value = serde_json::from_str(&place.works("info dem.tif --json").stdout).unwrap();
    assert_eq!((&told["width"], &told["height"], &told["bands"]), (&2.into(), &2.into(), &1.into()));
    assert_eq!((&told["dtype"], &told["compression"], &told["epsg"]), (&"uint8".into(), &"none".into(), &serde_json::Value::Null));
    let text = place.works("info dem.tif").stdout;
    assert!(text.contains("raster     2 x 2 pixels (cols x rows), 1 band of uint8\n"), "{text}");
    assert!(text.contains("missing    none declared\n"), "{text}");
}

#[test]
fn help_shows_examples_and_goes_to_stdout() {
    let place = Place::new();
    for command in
        ["", "slope ", "aspect ", "hillshade ", "convert ", "pipeline ", "info ", "devices ", "operators ", "selftest ", "synth ", "bench "]
    {
        let said = place.works(&format!("{command}--help"));
        assert!(said.stdout.contains("Examples:\n  swath ") && said.stderr.is_empty(), "{command}: {said:?}");
    }
    assert_eq!(place.works("--version").stdout, concat!("swath ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(place.swath("").status, 2);
}

#[test]
fn operators_are_listed_with_what_they_do() {
    let place = Place::new();
    assert!(place.works("operators").stdout.starts_with("slope        steepness in degrees or percent\n"));
    let all: serde_json::Value = serde_json::from_str(&place.works("operators --json").stdout).unwrap();
    assert_eq!(all[2]["name"], "hillshade");
    assert_eq!(all[2]["shape"]["nodata"], 0);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let mut child = place.command("operators --json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let said = Ran::of(String::new(), child.wait_with_output().unwrap());
    assert_eq!((said.status, said.stderr.as_str()), (0, ""));
}

#[test]
fn deep_pipelines_and_many_threads_are_refused() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    let nested = format!("pipeline read dem.tif {} ! write a.tif {}", "! tee [ slope ".repeat(1100), "] ".repeat(1100));
    let long = format!("pipeline read dem.tif {} ! write a.tif", "! slope ".repeat(7300));
    for (line, message) in [
        (nested, "33 brackets within each other; at most 32 are accepted"),
        (long, "operators in a row 'more than 500' is not accepted: at most 500"),
    ] {
        let ran = place.swath(&line);
        assert!(ran.status == 2 && ran.stderr.contains(message), "{} {}", ran.status, ran.stderr);
    }
    for threads in ["1025", "4611686018427387904"] {
        let ran = place.swath(&format!("slope dem.tif a.tif --threads {threads}"));
        assert_eq!(ran.status, 2, "{ran}");
        assert!(ran.stderr.contains(&format!("threads '{threads}' is not accepted: 1 to 1024")), "{ran}");
    }
}

#[test]
fn option_files_have_a_limit_and_are_never_replaced() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    fs::write(place.path("colours.txt"), "0 red\n100 blue\n").unwrap();
    let ran = place.swath("color-map dem.tif colours.txt --overwrite --color-map colours.txt");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("colours.txt is the file colours.txt that an option names; choose another name"), "{ran}");
    fs::write(place.path("large.txt"), "0 red\n".repeat(3 << 20)).unwrap();
    let ran = place.swath("color-map dem.tif a.tif --color-map large.txt");
    assert_eq!(ran.status, 2, "{ran}");
    assert!(ran.stderr.contains("larger than the 16 MiB"), "{ran}");
}

#[test]
#[cfg(unix)]
fn an_input_that_is_a_pipe_is_refused_at_once() {
    let place = Place::new();
    assert!(std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    for line in ["info pipe", "slope pipe a.tif", "validate pipe", "slope /dev/zero a.tif"] {
        let ran = place.swath(line);
        assert!(ran.status == 1 || ran.status == 2, "{ran}");
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("a regular file is accepted"), "{ran}");
    }
}

#[test]
fn names_and_files_never_steer_the_terminal() {
    let place = Place::new();
    let ran = run(place.command("info").arg("no\u{1b}[31mfile\u{7}.tif"));
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("no\\u{1b}[31mfile\\u{7}.tif") && !ran.stderr.contains('\u{1b}'), "{ran}");
}

#[test]
fn a_picture_that_cannot_be_whole_is_absent() {
    let place = Place::new();
    write_tiny_tiff(&place.path("dem.tif"));
    for option in ["--preview p.png", "--picture p.svg", "--timeline p.svg", "--report p.json"] {
        let name = option.split(' ').nth(1).unwrap();
        let ran = run(place
            .command(&format!("slope dem.tif a.tif --overwrite --backend cpu {option}"))
            .env("SWATH_FAILPOINT", "write@1000=fail"));
        assert_eq!(ran.status, 0, "{ran}");
        let whole = fs::read(place.path(name)).unwrap();
        fs::remove_file(place.path(name)).unwrap();
        assert!(whole.len() > 50);
        let mut failed = false;
        for nth in 1..40 {
            let point = format!("call@{nth}=full");
            let ran = run(place.command(&format!("slope dem.tif a.tif --overwrite --backend cpu {option}")).env("SWATH_FAILPOINT", point));
            let there = place.path(name).exists();
            failed |= ran.status == 1 && !there;
            assert!(there || ran.status == 1, "{ran}");
            let left = fs::read_dir(place.path(".")).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(".tmp"));
            assert!(!left, "{ran}");
            if there {
                fs::remove_file(place.path(name)).unwrap();
            }
        }
        assert!(failed, "{option} never failed");
    }
}
