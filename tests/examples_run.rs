//! The programs under `examples/` do what they say. Alone, since cargo builds examples only where it builds everything:
//! `cargo test --test cli` needs none.

#[path = "support/adapters.rs"]
mod adapters;
#[path = "support/data.rs"]
mod data;
#[path = "support/skipped.rs"]
mod skipped;

use std::{path::PathBuf, process::Command};

/// Output of an example that cargo built beside this test.
fn example(name: &str, arguments: &[&str]) -> String {
    let tests: PathBuf = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(|deps| deps.parent()).unwrap().join("examples").join(name);
    let output = Command::new(&program).args(arguments).output().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_cone_has_the_slope_it_was_given() {
    let said = example("arrays", &[]);
    assert!(said.contains("slope on the flank 26.6 degrees, facing 90.0 degrees"), "{said}");
    assert!(said.contains("missing pixels 1\n"), "{said}");
}

#[test]
fn a_cancelled_job_leaves_nothing() {
    let said = example("progress_and_cancel", &[]);
    assert!(said.contains("cancelled; the output exists: false"), "{said}");
}

#[test]
fn the_first_example_writes_a_slope() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("slope.tif");
    let input = data::data("jacksboro_utm16_f32.tif");
    let said = example("slope", &[input.to_str().unwrap(), output.to_str().unwrap()]);
    assert!(said.contains("each decoded once") && output.exists(), "{said}");
}

#[test]
fn a_pipeline_on_the_callers_device_moves_nothing() {
    let said = example("gpu_pipeline", &[&adapters::test_adapter()]);
    if said.contains("no adapter") {
        return adapters::skip_gpu("there is no GPU adapter");
    }
    assert!(said.contains("3000000 pixels; uploaded 0 bytes, read back 0 bytes"), "{said}");
    // Steeper than 30 degrees: where 0.001 r > tan 30, outside a circle of 577.35 pixels.
    let steep: f64 = said.split("30 degrees: ").nth(1).and_then(|s| s.split(' ').next()).and_then(|s| s.parse().ok()).unwrap();
    let outside = 3e6 - std::f64::consts::PI * (1e6 / 3.0);
    assert!((steep - outside).abs() < 2000.0, "{steep} against {outside}");
}
