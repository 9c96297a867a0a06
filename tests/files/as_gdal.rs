//! A sample of the files of `tests/oracle/check_matrix.py`, before GDALs of two ages: docs/GDAL.md has every difference.

use crate::{
    oracles::{oracle, oracle_python},
    program::run,
};
use std::process::Command;

#[test]
fn what_gdal_says_of_a_file_it_says_of_its_copy() {
    let Some(python) = oracle_python() else { return };
    let matrix = oracle("check_matrix.py");
    let ran = run(Command::new(python).arg(matrix).arg(env!("CARGO_BIN_EXE_swath")).args(["--every", "11"])).expect_success();
    eprintln!("{}", ran.stdout.trim());
}
