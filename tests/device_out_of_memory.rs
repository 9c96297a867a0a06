//! A device that has less memory than the budget grants: the job goes on with less of it.

#[path = "support/adapters.rs"]
mod adapters;
#[path = "support/gpu_context.rs"]
mod gpu_context;
#[path = "support/program.rs"]
mod program;
#[path = "support/skipped.rs"]
mod skipped;

use adapters::{skip_gpu, test_adapter};
use program::run_swath;

use std::{path::Path, process::Command};

/// Runs a slope over a large model on the software adapter, whose memory is this process's address space.
fn run(folder: &Path, name: &str, address_space_kib: u64) -> Option<serde_json::Value> {
    let script = format!(
        "ulimit -v {address_space_kib}; exec '{}' slope dem.tif {name} -q --overwrite --backend gpu --adapter '{}' --device-memory 1G --report {name}.json",
        env!("CARGO_BIN_EXE_swath"),
        test_adapter()
    );
    let _ = std::fs::remove_file(folder.join(format!("{name}.json")));
    // One heap for all threads: how many there are, and where they begin, is chance, and each takes 64 MiB of address space.
    let status = Command::new("bash")
        .env("MALLOC_ARENA_MAX", "1")
        .args(["-c", &script])
        .current_dir(folder)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    let report = std::fs::read_to_string(folder.join(format!("{name}.json"))).ok().filter(|_| status.success())?;
    Some(serde_json::from_str(&report).unwrap())
}

#[test]
fn a_job_goes_on_with_half_of_a_device_that_runs_out_of_memory() {
    if gpu_context::gpu_context().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    run_swath(["synth", folder.path().join("dem.tif").to_str().unwrap(), "--size", "4096x1024", "-q"]).expect_success();
    let whole = run(folder.path(), "whole.tif", 64 << 20).expect("a job with all the memory it wants succeeds");
    assert_eq!(whole["warnings"].as_array().unwrap().len(), 0, "{whole}");
    // How much a driver maps besides is its own affair: look for the limit under which the buffers are what fails.
    let (mut too_little, mut enough) = (200, 4000);
    while enough - too_little > 1 {
        let mib = (too_little + enough) / 2;
        let Some(report) = run(folder.path(), "short.tif", mib << 10) else {
            too_little = mib;
            continue;
        };
        if report["warnings"].to_string().contains("is out of memory: going on with at most") {
            assert_eq!(report["backend"], "gpu");
            assert!(report["device"]["budget"].as_u64().unwrap() < 1 << 30);
            let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
            assert!(read("whole.tif") == read("short.tif"), "the bytes differ");
            return;
        }
        enough = mib;
    }
    skip_gpu("under no address-space limit does this driver run out of buffers before the process runs out of memory");
}
