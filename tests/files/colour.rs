//! Colours, sample bits and tags of other people's files, and what codecs make of odd samples: as GDAL sees source and copy.

use crate::{
    oracles::{oracle, oracle_python},
    program::run,
};
use std::process::Command;

#[test]
fn copies_show_the_colours_and_tags_of_their_sources() {
    let Some(python) = oracle_python() else { return };
    let ran = run(Command::new(python).arg(oracle("check_colour.py")).arg(env!("CARGO_BIN_EXE_swath"))).expect_success();
    eprintln!("{}", ran.stdout.trim());
}
