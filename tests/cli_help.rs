//! The help of every command, and the list of operators as JSON, compared with the files of `tests/snapshots`.
//!
//! A change that is meant is taken over by `scripts/regenerate.sh`, and the difference is read before it is committed.

mod common;

use common::{run, swath};
use std::{collections::BTreeSet, env, fs, path::PathBuf};

/// Set by `scripts/regenerate.sh`: what is compared is written instead.
const REGENERATE: &str = "SWATH_REGENERATE";

/// Columns that clap wraps the help to.
const COLUMNS: &str = "120";

fn snapshots() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// What the program prints to stdout.
fn printed(arguments: &[&str]) -> String {
    run(swath().args(arguments).env("COLUMNS", COLUMNS)).expect_success().stdout
}

/// Compares `text` with a snapshot, or writes it there.
fn compare(name: &str, text: &str) {
    let path = snapshots().join(name);
    if env::var_os(REGENERATE).is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        return fs::write(&path, text).expect("a snapshot is written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let differs = kept.lines().zip(text.lines()).find(|(kept, now)| kept != now);
    assert!(kept == text, "{name} is not what is printed, which scripts/regenerate.sh writes; the first lines: {differs:#?}");
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
    compare("help/swath.txt", &whole);
    let names = commands(&whole);
    assert!(names.len() > 30, "{names:?}");
    for name in &names {
        let long = printed(&[name, "--help"]);
        assert_eq!(printed(&[name, "-h"]), long, "'swath {name} -h' prints what '--help' does");
        compare(&format!("help/{name}.txt"), &long);
    }
    let kept = fs::read_dir(snapshots().join("help")).expect("snapshots").map(|entry| entry.expect("an entry").path());
    let kept: BTreeSet<String> = kept.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    let expected: BTreeSet<String> = names.into_iter().chain(["swath".to_owned()]).collect();
    assert_eq!(kept, expected, "a snapshot for each command, and no other");
}

#[test]
fn the_operators_as_json_are_their_snapshot() {
    compare("operators.json", &printed(&["operators", "--json"]));
}
