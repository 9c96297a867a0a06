//! What is missing in other people's files, and what stands for it in ours, as rasterio sees both.

use crate::{
    oracles::{oracle, oracle_python},
    program::run,
};
use std::process::Command;

fn passes(script: &str) {
    let Some(python) = oracle_python() else { return };
    let ran = run(Command::new(python).arg(oracle(script)).arg(env!("CARGO_BIN_EXE_swath"))).expect_success();
    eprintln!("{script}: {}", ran.stdout.trim());
}

#[test]
fn what_gdal_calls_missing_is_missing_and_stays_so() {
    passes("check_missing.py");
}
