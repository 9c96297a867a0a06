//! The README's table of operators is what the registry says.

mod common;

use common::run_swath;
use std::{fs, path::Path};

#[test]
fn the_table_of_operators_is_the_registrys() {
    let printed = run_swath(["operators", "--markdown"]).expect_success().stdout;
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README");
    let (_, after) = readme.split_once("<!-- swath operators --markdown -->\n").expect("a marker before the table");
    let (table, _) = after.split_once("<!-- end -->").expect("a marker after the table");
    assert_eq!(table.trim(), printed.trim(), "put the output of 'swath operators --markdown' between the README's markers");
}
