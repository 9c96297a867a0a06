//! The help of every command, and the list of operators as JSON, compared with the files of `tests/snapshots`.
//!
//! A change that is meant is taken over by `scripts/regenerate.sh`, and the difference is read before it is committed.

use crate::{
    program::{run, swath},
    snapshot::compare,
};
use std::{collections::BTreeSet, fs, path::Path};

/// Columns that clap wraps the help to.
const COLUMNS: &str = "120";

/// What the program prints to stdout.
fn printed(arguments: &[&str]) -> String {
    run(swath().args(arguments).env("COLUMNS", COLUMNS)).expect_success().stdout
}

/// The commands that `swath --help` lists.
fn commands(help: &str) -> Vec<String> {
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = list.lines().take_while(|line| line.starts_with(' '));
    let named = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).filter(|name| name != "help").collect()
}

#[test]
fn every_commands_help_is_its_snapshot() {
    let whole = printed(&["--help"]);
    compare("tests/snapshots/help/swath.txt", &whole);
    let names = commands(&whole);
    assert!(names.len() > 30, "{names:?}");
    for name in &names {
        let long = printed(&[name, "--help"]);
        assert_eq!(printed(&[name, "-h"]), long, "'swath {name} -h' prints what '--help' does");
        compare(&format!("tests/snapshots/help/{name}.txt"), &long);
    }
    let kept = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/help"))
        .expect("snapshots")
        .map(|entry| entry.expect("an entry").path());
    let kept: BTreeSet<String> = kept.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    let expected: BTreeSet<String> = names.into_iter().chain(["swath".to_owned()]).collect();
    assert_eq!(kept, expected, "a snapshot for each command, and no other");
}

#[test]
fn the_operators_as_json_are_their_snapshot() {
    compare("tests/snapshots/operators.json", &printed(&["operators", "--json"]));
}
