//! Every Rust file is compiled: cargo says nothing of a file that no `mod` names.

use crate::sources::all_sources;
use std::collections::BTreeMap;

/// Files that cargo finds by their place: the roots of crates.
fn is_root(file: &str) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    match parts.as_slice() {
        ["src", name] => ["lib.rs", "main.rs"].contains(name),
        ["tests" | "benches" | "examples", _] => true,
        ["tests" | "benches" | "examples", _, "main.rs"] => true,
        _ => false,
    }
}

/// Whether the text of some file that may declare `file` does so.
fn is_declared(file: &str, sources: &BTreeMap<&str, &str>) -> bool {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let stem = name.trim_end_matches(".rs");
    let (folder, stem) = if stem == "mod" { folder.rsplit_once('/').unwrap_or(("", folder)) } else { (folder, stem) };
    let parents = ["mod.rs", "main.rs", "lib.rs"].map(|parent| format!("{folder}/{parent}"));
    let by_name = parents.into_iter().chain([format!("{folder}.rs")]).filter_map(|parent| sources.get(parent.as_str()));
    let declares = |text: &&str| text.contains(&format!("mod {stem};")) || text.contains(&format!("#[path = \"{name}\"]"));
    // Helpers of the tests are declared by their path.
    by_name.into_iter().any(declares) || sources.values().any(|text| text.contains(&format!("/{name}\"]")))
}

fn undeclared<'a>(sources: &[(&'a str, &str)]) -> Vec<&'a str> {
    let all = sources.iter().copied().collect();
    sources.iter().map(|(file, _)| *file).filter(|file| !is_root(file) && !is_declared(file, &all)).collect()
}

#[test]
fn every_file_is_part_of_a_crate() {
    let sources = all_sources();
    let sources: Vec<(&str, &str)> = sources.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    assert_eq!(undeclared(&sources), [""; 0], "these files are not compiled");
}

#[test]
fn files_that_nothing_declares_are_found() {
    let sources = [
        ("src/lib.rs", "mod a;"),
        ("src/a/mod.rs", "mod b; #[path = \"other.rs\"] mod c;"),
        ("src/a/b.rs", "mod tests;"),
        ("src/a/b/tests.rs", ""),
        ("src/a/other.rs", ""),
        ("src/a/dead.rs", ""),
        ("src/late.rs", ""),
        ("tests/cli/main.rs", "#[path = \"../support/place.rs\"] mod place;"),
        ("tests/support/place.rs", ""),
        ("tests/support/dead.rs", ""),
    ];
    assert_eq!(undeclared(&sources), ["src/a/dead.rs", "src/late.rs", "tests/support/dead.rs"]);
}
