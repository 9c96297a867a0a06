//! A device that is lost, or that says it is done and is not: the job goes on with the CPU twins, and no pixel is wrong.

use crate::{adapters::test_adapter, program, skipped};
use std::{fs, path::Path, process::Command};

const LAYER: &str = "VK_LAYER_SWATH_lost_device";

/// Builds the layer into a folder. It says why where that cannot be done.
fn build_layer(folder: &Path) -> Result<(), String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/device/lost_device_layer.c");
    let library = folder.join("liblost_device.so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).output();
    let built = built.map_err(|error| format!("cc cannot be started: {error}"))?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    let manifest = serde_json::json!({
        "file_format_version": "1.1.2",
        "layer": {
            "name": LAYER, "type": "GLOBAL", "library_path": library, "api_version": "1.3.0",
            "implementation_version": "1", "description": "Loses the device for a test",
        },
    });
    fs::write(folder.join("lost_device.json"), manifest.to_string()).map_err(|error| error.to_string())
}

/// A job of many units, whose twins agree bit for bit.
fn job(folder: &Path, output: &str) -> Command {
    let mut command = program::swath();
    command.current_dir(folder).args(["roughness", "dem.tif", output, "--quiet", "--tile-size", "64", "--compress", "none"]);
    command
}

/// The job on the device, which the layer loses as it is told.
fn job_with_loss(folder: &Path, output: &str, loss: &str) -> Command {
    let mut command = job(folder, output);
    command.args(["--device-memory", "12M", "--adapter", &test_adapter(), "--report", "report.json"]);
    command.env("VK_LAYER_PATH", folder).env("VK_INSTANCE_LAYERS", LAYER);
    command.env("SWATH_TEST_LOSE", loss).env("SWATH_TEST_SUBMISSIONS", folder.join("submissions"));
    command
}

fn warnings(folder: &Path) -> String {
    let report: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
    report["warnings"].to_string()
}

#[test]
fn a_lost_device_or_a_dropped_submission_changes_no_pixel() {
    let dir = tempfile::tempdir().unwrap();
    if let Err(why) = build_layer(dir.path()) {
        skipped::skip("SWATH_REQUIRE_GPU", &why);
        return;
    }
    let dem = dir.path().join("dem.tif");
    program::run_swath(["synth", dem.to_str().unwrap(), "--size", "700x2000", "--quiet"]).expect_success();
    program::run(job(dir.path(), "cpu.tif").args(["--backend", "cpu"])).expect_success();
    let whole = program::run(&mut job_with_loss(dir.path(), "whole.tif", "count:0"));
    if whole.status != 0 && std::env::var("SWATH_REQUIRE_GPU").as_deref() != Ok("1") {
        skipped::skip("SWATH_REQUIRE_GPU", &whole.stderr);
        return;
    }
    whole.expect_success();
    assert_eq!(warnings(dir.path()), "[]");
    let expected = fs::read(dir.path().join("cpu.tif")).unwrap();
    assert!(expected == fs::read(dir.path().join("whole.tif")).unwrap(), "the twins of this operator agree bit for bit");
    let submissions = count(dir.path());
    assert!(submissions > 4, "{submissions} submissions: the layer is not in use, or the job is too small");
    for mode in ["submit", "wait", "drop"] {
        for at in [1, 2, submissions / 2, submissions] {
            // How many submissions there are depends on how fast the device is: try again where this one never came.
            let mut at = at;
            while !is_job_unharmed_by(dir.path(), &format!("{mode}:{at}"), &expected) {
                at = count(dir.path()).min(at - 1);
            }
        }
    }
}

/// Whether the device was lost in a job, as it was told; the job must end well all the same, with the pixels of the CPU.
fn is_job_unharmed_by(folder: &Path, loss: &str, expected: &[u8]) -> bool {
    let ran = program::run(&mut job_with_loss(folder, "lost.tif", loss));
    assert_eq!(ran.status, 0, "{loss}: {ran}");
    assert!(!ran.stderr.contains("panicked"), "{loss}: {ran}");
    assert!(expected == fs::read(folder.join("lost.tif")).unwrap(), "{loss}: other pixels than the CPU's");
    fs::remove_file(folder.join("lost.tif")).unwrap();
    let at: u32 = loss.split_once(':').unwrap().1.parse().unwrap();
    if count(folder) < at {
        return false;
    }
    let said = warnings(folder);
    assert!(said.contains("the device is lost") && said.contains("the CPU went on"), "{loss}: {said}");
    true
}

/// Submissions of the last job.
fn count(folder: &Path) -> u32 {
    fs::read_to_string(folder.join("submissions")).unwrap().parse().unwrap()
}
