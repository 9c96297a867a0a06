//! Names of tests are short sentences, which fit a terminal.

use crate::sources::{all_sources, code_of};

const MAX_NAME: usize = 60;

/// Names of the functions that are tests.
fn tests_of(code: &str) -> Vec<&str> {
    let named = |(at, mark): (usize, &str)| {
        let (_, after) = code[at + mark.len()..].split_once("fn ")?;
        after.split(|c: char| !c.is_alphanumeric() && c != '_').next()
    };
    code.match_indices("#[test]").filter_map(named).collect()
}

#[test]
fn names_of_tests_are_shorter_than_60_characters() {
    let mut long = Vec::new();
    let mut count = 0;
    for (file, source) in all_sources() {
        let code = code_of(&source);
        let names = tests_of(&code);
        count += names.len();
        long.extend(names.into_iter().filter(|name| name.len() >= MAX_NAME).map(|name| format!("{file}: {name}: {}", name.len())));
    }
    assert!(count > 400, "tests are found: {count}");
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn tests_are_found_whatever_stands_between() {
    let code = "#[test]\nfn a() {}\n#[test]\n#[cfg(unix)]\npub fn b() {}\nfn c() {}\nproptest! {\n    #[test]\n    fn d(x in 0..3) {}\n}";
    assert_eq!(tests_of(code), ["a", "b", "d"]);
}
