//! The output's bytes depend on nothing but the job: not on budgets, threads or how the source is chunked. And within any
//! budget that is accepted every chunk is decoded once and every row computed once.
//!
//! `tests/oracle/budget_matrix.py` prints the same at full size.

use crate::{
    backends::backends,
    program::{run, run_swath, swath},
    skipped::skip,
    write_raster::{RasterFile, terrain},
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

const SIZE: usize = 2048;
const CHUNK: usize = 1024;
/// MiB. The largest holds the job at ease, the smallest makes chunks be decoded a few rows at a time.
const HOST_BUDGETS: [u64; 4] = [256, 64, 32, 16];

/// 2048 x 2048 float32 with holes, in deflated tiles of 1024 rows.
fn model(folder: &Path) -> PathBuf {
    let path = folder.join("model.tif");
    let hole = |col: usize, row: usize| (col / 97 * 5 + row / 61 * 3).is_multiple_of(41);
    let raster = RasterFile::new(SIZE, SIZE, |col, row| if hole(col, row) { f32::NAN } else { terrain(col, row) });
    raster.tiles(CHUNK, CHUNK).deflated().write(&path);
    path
}

/// Runs a slope and returns its bytes and its report.
#[track_caller]
fn slope(input: &Path, folder: &Path, options: &[String]) -> (Vec<u8>, Value) {
    let [output, report] = ["out.tif", "report.json"].map(|name| folder.join(name));
    let mut command = swath();
    command.arg("slope").args([input, &output]).args(options).args(["--overwrite", "-q", "--report"]).arg(&report);
    run(&mut command).expect_success();
    let report = serde_json::from_slice(&fs::read(report).expect("a report")).expect("JSON");
    (fs::read(output).expect("an output"), report)
}

#[track_caller]
fn number(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {report:#}"))
}

/// What a report must say whatever the budget.
#[track_caller]
fn assert_once_and_within(report: &Value, input_bytes: u64) {
    let chunks = number(report, "/inputs/0/chunks");
    assert_eq!(number(report, "/inputs/0/chunks_decoded"), chunks, "{report:#}");
    assert_eq!(number(report, "/inputs/0/max_decodes_per_chunk"), 1, "{report:#}");
    assert_eq!(number(report, "/operators/0/rows_computed"), number(report, "/operators/0/rows"), "{report:#}");
    let (pixels, computed) = (number(report, "/operators/0/pixels"), number(report, "/operators/0/pixels_computed"));
    assert!(computed >= pixels && computed * 100 <= pixels * 102, "{report:#}");
    let read = number(report, "/inputs/0/bytes_read");
    assert!(read * 100 >= input_bytes * 95 && read * 100 <= input_bytes * 105, "{read} of {input_bytes}: {report:#}");
    if report["backend"] == "gpu" {
        assert_eq!(number(report, "/readbacks"), number(report, "/swaths") * number(report, "/lanes"), "{report:#}");
    }
    for memory in ["host", "device"] {
        if memory == "device" && report["backend"] == "cpu" {
            continue;
        }
        let [budget, predicted, measured] =
            ["budget", "predicted_peak", "measured_peak"].map(|name| number(report, &format!("/{memory}/{name}")));
        assert!(measured <= predicted && predicted <= budget, "{memory}: {measured} <= {predicted} <= {budget}: {report:#}");
    }
}

/// A plan that predicts far more than is used would refuse jobs that fit. Where a raster is as small as these, lanes and
/// short swaths leave much of what a plan must allow for unused; `budget_matrix.py` holds all budgets to this at full size.
#[track_caller]
fn assert_prediction_is_close(report: &Value) {
    let [predicted, measured] = ["predicted_peak", "measured_peak"].map(|name| number(report, &format!("/host/{name}")));
    assert!(predicted * 4 <= measured * 5, "predicted {predicted} is more than 1.25 of {measured}: {report:#}");
}

fn texts(options: &[&str]) -> Vec<String> {
    options.iter().map(|&o| o.to_owned()).collect()
}

#[test]
fn any_budget_and_thread_count_gives_the_same_bytes() {
    let folder = TempDir::new().expect("a temporary folder");
    let input = model(folder.path());
    let input_bytes = fs::metadata(&input).expect("the model").len();
    for backend in backends() {
        let mut first: Option<Vec<u8>> = None;
        for host in HOST_BUDGETS {
            for threads in if host == 64 { ["1", "2", "3"].iter() } else { ["2"].iter() } {
                let host_memory = format!("{host}M");
                let chosen = texts(&["--tile-size", "256", "--threads", threads, "--host-memory", &host_memory]);
                let (bytes, report) = slope(&input, folder.path(), &[backend.clone(), chosen].concat());
                assert_once_and_within(&report, input_bytes);
                if report["backend"] == "cpu" && host >= 32 && *threads != "1" {
                    assert_prediction_is_close(&report);
                }
                let first = first.get_or_insert_with(|| bytes.clone());
                assert!(*first == bytes, "{backend:?}, {host} MiB, {threads} threads: other bytes than at the first budget");
            }
        }
    }
}

#[test]
fn a_device_budget_that_forces_lanes_gives_the_same_bytes() {
    let Some(gpu) = backends().into_iter().nth(1) else { return };
    let folder = TempDir::new().expect("a temporary folder");
    let input = model(folder.path());
    let input_bytes = fs::metadata(&input).expect("the model").len();
    let (ample, _) = slope(&input, folder.path(), &[gpu.clone(), texts(&["--tile-size", "128"])].concat());
    let mut lanes = BTreeSet::new();
    for device in ["64M", "32M", "16M", "12M", "8M"] {
        let (bytes, report) =
            slope(&input, folder.path(), &[gpu.clone(), texts(&["--tile-size", "128", "--device-memory", device])].concat());
        assert_once_and_within(&report, input_bytes);
        assert!(ample == bytes, "{device}: other bytes than with an ample device");
        lanes.insert(number(&report, "/lanes"));
    }
    assert!(lanes.len() > 1, "these budgets should have made several numbers of lanes: {lanes:?}");
}

#[test]
fn chunking_of_the_source_does_not_show_in_the_output() {
    let folder = TempDir::new().expect("a temporary folder");
    let (cols, rows) = (700, 900);
    let raster = RasterFile::new(cols, rows, terrain);
    let layouts = [
        raster.clone().tiles(256, 256).deflated(),
        raster.clone().strips(13),
        raster.clone().strips(900).deflated(),
        raster.tiles(1024, 1024),
    ];
    let mut first: Option<Vec<u8>> = None;
    for (i, layout) in layouts.iter().enumerate() {
        let input = folder.path().join("chunked.tif");
        layout.write(&input);
        for host in ["256M", "8M"] {
            let (bytes, _) = slope(&input, folder.path(), &texts(&["--backend", "cpu", "--tile-size", "64", "--host-memory", host]));
            let first = first.get_or_insert_with(|| bytes.clone());
            assert!(*first == bytes, "layout {i} at {host}: other bytes");
        }
    }
}

#[test]
fn tile_size_changes_the_layout_and_never_a_sample() {
    let folder = TempDir::new().expect("a temporary folder");
    let input = folder.path().join("in.tif");
    RasterFile::new(300, 500, terrain).strips(50).deflated().write(&input);
    let mut first: Option<Vec<f64>> = None;
    for layout in [&["--tile-size", "16"][..], &["--tile-size", "256"], &["--strip-rows", "7"], &["--strip-rows", "500"]] {
        let output = folder.path().join("out.tif").display().to_string();
        let input = input.display().to_string();
        let fixed = ["slope", &input, &output, "--backend", "cpu", "--overwrite", "-q", "--no-edges"];
        run_swath(fixed.iter().chain(layout)).expect_success();
        let values: Vec<f64> =
            crate::read_raster::read(Path::new(&output)).values.into_iter().map(|v| if v.is_nan() { -1.0 } else { v }).collect();
        let first = first.get_or_insert_with(|| values.clone());
        assert!(*first == values, "{layout:?}: other samples");
    }
}

/// The kernel's own count of bytes that system calls returned; reads through a memory map would not be in it, and the
/// report's count of decoded chunks would then exceed what was read.
#[test]
fn the_kernel_counts_as_many_bytes_read_as_the_input_has() {
    if !Path::new("/proc/self/io").exists() {
        return skip("SWATH_REQUIRE_ORACLES", "no /proc/self/io to count bytes with");
    }
    let folder = TempDir::new().expect("a temporary folder");
    let input = model(folder.path());
    let input_bytes = fs::metadata(&input).expect("the model").len();
    let count = |arguments: &[&str]| {
        // A shell's count includes that of the children it has waited for.
        let script = r#""$@" >&2; status=$?; cat /proc/$$/io; exit $status"#;
        let ran = run(Command::new("sh").args(["-c", script, "sh", env!("CARGO_BIN_EXE_swath")]).args(arguments)).expect_success();
        let line = ran.stdout.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("rchar").to_owned();
        line.parse::<u64>().expect("a number")
    };
    let output = folder.path().join("out.tif").display().to_string();
    let input = input.display().to_string();
    let idle = count(&["--version"]);
    for host in ["64M", "16M"] {
        let read = count(&["slope", &input, &output, "--backend", "cpu", "--overwrite", "-q", "--host-memory", host]) - idle;
        assert!(read * 100 >= input_bytes * 95 && read * 100 <= input_bytes * 105, "{host}: {read} bytes read of {input_bytes}");
    }
}
