//! Every failure is one clear line and an exit status, and nothing is left that looks like a result.

use crate::{
    data::data,
    program::{Ran, run, swath},
    read_raster::read,
    write_raster::{RasterFile, terrain},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A folder with a good input beside an empty folder for outputs.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        fs::create_dir(folder.path().join("out")).expect("a folder for outputs");
        Self { folder }
    }

    fn input(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("the temporary folder takes files");
        path
    }

    fn good(&self) -> PathBuf {
        let path = self.folder.path().join("good.tif");
        RasterFile::new(300, 200, terrain).tiles(128, 128).deflated().write(&path);
        path
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("out/result.tif")
    }

    fn left_behind(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("out")).expect("the folder for outputs");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    #[track_caller]
    fn slope(&self, input: &Path, output: &Path, options: &[&str]) -> Ran {
        run(swath().arg("slope").args([input, output]).args(["--backend", "cpu"]).args(options))
    }
}

/// A failure says what is wrong in one line, after the line that names the backend if that was reached.
#[track_caller]
fn assert_fails(ran: &Ran, status: i32, mentions: &[&str]) {
    assert_eq!(ran.status, status, "{ran}");
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("RUST_BACKTRACE"), "{ran}");
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.last().unwrap_or_else(|| panic!("no message: {ran}"));
    assert!(last.starts_with("swath: ") && lines.len() <= 2, "a message of one line that begins with 'swath: ': {ran}");
    for text in mentions {
        assert!(last.to_lowercase().contains(&text.to_lowercase()), "'{text}' is not in the message: {ran}");
    }
    assert!(ran.stdout.is_empty(), "stdout is for results: {ran}");
}

#[track_caller]
fn assert_fails_and_leaves_nothing(place: &Place, input: &Path, options: &[&str], status: i32, mentions: &[&str]) {
    let ran = place.slope(input, &place.output(), options);
    assert_fails(&ran, status, mentions);
    assert_eq!(place.left_behind(), Vec::<PathBuf>::new(), "{ran}");
}

/// Vulkan layers and drivers write to stderr what they like (Mesa complains of a missing `XDG_RUNTIME_DIR`).
fn without_drivers_chatter(mut ran: Ran) -> Ran {
    ran.stderr = ran.stderr.lines().filter(|line| line.starts_with("swath: ")).map(|line| format!("{line}\n")).collect();
    ran
}

/// Hides every driver from the program: Vulkan's and EGL's.
fn without_adapters(command: &mut Command) -> &mut Command {
    command
        .env("VK_ICD_FILENAMES", "/nonexistent")
        .env("VK_DRIVER_FILES", "/nonexistent")
        .env("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent")
        .env("LIBGL_DRIVERS_PATH", "/nonexistent")
        .env("GBM_BACKENDS_PATH", "/nonexistent")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
}

#[test]
fn a_missing_input_is_named() {
    let place = Place::new();
    assert_fails_and_leaves_nothing(&place, Path::new("/nonexistent/dem.tif"), &[], 1, &["/nonexistent/dem.tif"]);
}

#[test]
fn an_input_that_is_no_tiff_is_refused() {
    let place = Place::new();
    for (name, bytes) in [("empty.tif", &b""[..]), ("text.tif", b"ncols 4\nnrows 4\n"), ("png.tif", b"\x89PNG\r\n\x1a\n0123456789")] {
        let input = place.input(name, bytes);
        assert_fails_and_leaves_nothing(&place, &input, &[], 1, &[name]);
    }
    assert_fails_and_leaves_nothing(&place, &place.folder.path().join("out"), &[], 1, &["out"]);
}

#[test]
fn an_input_cut_short_anywhere_is_refused_or_fails() {
    let place = Place::new();
    for name in ["jacksboro_utm16_f32.tif", "jacksboro_4326_i16.tif"] {
        let whole = fs::read(data(name)).expect("a model");
        for keep in [4, 8, 100, 1000, whole.len() / 3, whole.len() * 2 / 3, whole.len() - 1000] {
            let input = place.input("cut.tif", &whole[..keep]);
            assert_fails_and_leaves_nothing(&place, &input, &[], 1, &["cut.tif"]);
        }
    }
}

#[test]
fn a_damaged_chunk_fails_the_job_and_is_named() {
    let place = Place::new();
    let mut bytes = fs::read(place.good()).expect("a raster");
    // Segments lie in order from byte 8: this is within the last one.
    let at = bytes.len() * 3 / 5;
    bytes[at..at + 64].fill(0xff);
    let input = place.input("damaged.tif", &bytes);
    assert_fails_and_leaves_nothing(&place, &input, &[], 1, &["damaged.tif"]);
}

#[test]
fn an_existing_output_is_kept_unless_overwriting_is_asked_for() {
    let place = Place::new();
    let (input, output) = (place.good(), place.output());
    fs::write(&output, b"precious").expect("an output");
    let ran = place.slope(&input, &output, &[]);
    assert_fails(&ran, 2, &["result.tif", "--overwrite"]);
    assert_eq!(fs::read(&output).expect("the output"), b"precious");
    place.slope(&input, &output, &["--overwrite"]).expect_success();
    assert_eq!(read(&output).cols, 300);
    assert_eq!(place.left_behind(), [output]);
}

#[test]
fn a_failed_overwrite_keeps_what_was_there() {
    let place = Place::new();
    let output = place.output();
    fs::write(&output, b"precious").expect("an output");
    let whole = fs::read(place.good()).expect("a raster");
    let mut bytes = whole.clone();
    let at = bytes.len() * 3 / 5;
    bytes[at..at + 64].fill(0xff);
    let input = place.input("damaged.tif", &bytes);
    assert_fails(&place.slope(&input, &output, &["--overwrite"]), 1, &["damaged.tif"]);
    assert_eq!(fs::read(&output).expect("the output"), b"precious");
    assert_eq!(place.left_behind(), [output]);
}

#[test]
fn a_folder_that_takes_no_file_is_named_before_work_begins() {
    let place = Place::new();
    let input = place.good();
    // The superuser may write anywhere, but not below a file and not where there is no folder.
    for output in [input.join("result.tif"), place.folder.path().join("absent/result.tif"), PathBuf::from("/proc/result.tif")] {
        let ran = place.slope(&input, &output, &[]);
        // Refused where it can be known beforehand (2), else failed (1).
        let status = if ran.status == 1 { 1 } else { 2 };
        assert_fails(&ran, status, &["result.tif"]);
        assert!(!output.exists());
    }
}

#[test]
fn an_output_that_is_the_input_is_refused() {
    let place = Place::new();
    let input = place.good();
    let before = fs::read(&input).expect("the input");
    let ran = place.slope(&input, &input, &["--overwrite"]);
    assert!(matches!(ran.status, 1 | 2), "{ran}");
    assert!(before == fs::read(&input).expect("the input"), "{ran}");
}

#[test]
fn a_budget_too_small_is_refused_with_the_least_that_would_do() {
    let place = Place::new();
    let input = place.good();
    let ran = place.slope(&input, &place.output(), &["--host-memory", "1M"]);
    assert_fails(&ran, 2, &["host memory budget", "at least"]);
    assert_eq!(place.left_behind(), Vec::<PathBuf>::new(), "{ran}");
    // The message's promise is kept.
    let least = ran.stderr.split("at least ").nth(1).expect("a size");
    let mut words = least.split_whitespace();
    let (number, unit) = (words.next().expect("a number"), words.next().expect("a unit"));
    let number = (number.parse::<f64>().expect("a number") * 10.0 + 1.0) / 10.0;
    let granted = format!("{number}{}", unit.trim_end_matches(|c: char| !c.is_ascii_alphabetic()));
    place.slope(&input, &place.output(), &["--host-memory", &granted]).expect_success();
}

#[test]
fn wrong_options_are_refused_before_anything_is_opened() {
    let place = Place::new();
    let input = place.good();
    for options in [
        &["--unit", "furlong"][..],
        &["--compress", "shrink"],
        &["--tile-size", "17"],
        &["--tile-size", "0"],
        &["--host-memory", "12Q"],
        &["--nodata", "lots"],
        &["--predictor", "9"],
        &["--band", "0"],
        &["--band", "2"],
        &["--threads", "none"],
        &["--no-such-option"],
        &["--dtype", "uint8", "--nodata", "-9999"],
        &["--backend", "abacus"],
    ] {
        let ran = place.slope(&input, &place.output(), options);
        assert_eq!(ran.status, 2, "{ran}");
        assert!(!ran.stderr.contains("panicked"), "{ran}");
        // Usage errors may add a hint, but say the essential in their first line.
        assert!(ran.stderr.starts_with("swath: ") && ran.stderr.lines().count() <= 8, "{ran}");
        assert_eq!(place.left_behind(), Vec::<PathBuf>::new(), "{ran}");
    }
}

#[test]
fn without_an_adapter_auto_runs_on_the_cpu_and_says_so() {
    let place = Place::new();
    let ran = run(without_adapters(&mut swath()).arg("slope").args([place.good(), place.output()])).expect_success();
    let ran = without_drivers_chatter(ran);
    let first = ran.stderr.lines().next().unwrap_or_default();
    assert!(first.starts_with("swath: ") && first.to_lowercase().contains("cpu"), "{ran}");
    assert_eq!(read(&place.output()).rows, 200);
}

#[test]
fn without_an_adapter_gpu_is_refused_helpfully() {
    let place = Place::new();
    for options in [&["--backend", "gpu"][..], &["--backend", "gpu", "--adapter", "llvmpipe"]] {
        let ran = run(without_adapters(&mut swath()).arg("slope").args([place.good(), place.output()]).args(options));
        let ran = without_drivers_chatter(ran);
        assert_fails(&ran, 2, &["no GPU adapter"]);
        assert_eq!(place.left_behind(), Vec::<PathBuf>::new(), "{ran}");
    }
    let listed = run(without_adapters(&mut swath()).args(["devices", "--json"])).expect_success();
    assert!(!listed.stderr.contains("panicked"), "{listed}");
}

#[test]
fn an_adapter_that_nobody_has_is_refused() {
    let place = Place::new();
    let ran = run(swath().arg("slope").args([place.good(), place.output()]).args(["--backend", "gpu", "--adapter", "Voodoo 2"]));
    let ran = without_drivers_chatter(ran);
    assert_fails(&ran, 2, &["Voodoo 2"]);
    assert_eq!(place.left_behind(), Vec::<PathBuf>::new(), "{ran}");
}

/// Starts a job of many seconds and waits until it has begun to write.
#[cfg(unix)]
fn start_long_job(place: &Place) -> std::process::Child {
    let input = place.folder.path().join("long.tif");
    let noise = |col: usize, row: usize| (col.wrapping_mul(2_654_435_761) ^ row.wrapping_mul(40_503)) as u16;
    RasterFile::new(4096, 4096, |col, row| f32::from(noise(col, row)) * 0.01).tiles(512, 512).write(&input);
    // As if at a terminal, even if whoever runs the tests ignores Ctrl-C (a job in a shell's background does).
    let mut command = std::process::Command::new("env");
    command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_swath"), "slope"]).args([&input, &place.output()]);
    command.args(["--backend", "cpu", "--threads", "1", "--level", "12", "--tile-size", "64"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program");
    let began = Instant::now();
    while place.left_behind().is_empty() && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(200));
    child
}

#[cfg(unix)]
#[test]
fn an_interrupted_job_leaves_nothing() {
    let place = Place::new();
    let child = start_long_job(&place);
    assert!(!place.output().exists(), "the name stands for a finished file only");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).expect("a signal");
    let asked = Instant::now();
    let ended = child.wait_with_output().expect("an end");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success(), "{stderr}");
    assert!(asked.elapsed() < Duration::from_secs(20), "{stderr}");
    assert_eq!(place.left_behind(), Vec::<PathBuf>::new(), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_killed_job_leaves_nothing_under_the_outputs_name() {
    let place = Place::new();
    let mut child = start_long_job(&place);
    child.kill().expect("a signal");
    child.wait().expect("an end");
    assert!(!place.output().exists());
    let tiffs: Vec<PathBuf> = place.left_behind().into_iter().filter(|path| path.extension().is_some_and(|e| e == "tif")).collect();
    assert_eq!(tiffs, Vec::<PathBuf>::new(), "what looks like a result");
}
