//! Documents name files that are there.

use std::{fs, path::Path};

/// Where paths begin that documents may name.
const FOLDERS: [&str; 7] = ["src/", "tests/", "shaders/", "docs/", "benches/", "examples/", "scripts/"];

/// An operator that CONTRIBUTING.md makes up.
const MADE_UP: &str = "ruggedness";

/// Paths that a document names between backticks, alone or with what follows.
fn paths_of(text: &str) -> impl Iterator<Item = &str> {
    let word = |quoted: &'_ str| quoted.split(|c: char| !c.is_alphanumeric() && !"_-./".contains(c)).next().map_or(0, str::len);
    text.split('`').skip(1).step_by(2).map(move |quoted| &quoted[..word(quoted)]).filter(|path| FOLDERS.iter().any(|f| path.starts_with(f)))
}

#[test]
fn files_that_documents_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = fs::read_dir(root.join("docs")).expect("docs").map(|entry| entry.expect("an entry").path());
    let documents = ["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)).into_iter().chain(pages.filter(|path| path.is_file()));
    let mut gone = Vec::new();
    let mut count = 0;
    for document in documents {
        let text = fs::read_to_string(&document).expect("text");
        for path in paths_of(&text).filter(|path| !path.contains(MADE_UP)) {
            count += 1;
            if !root.join(path).exists() {
                gone.push(format!("{}: {path}", document.display()));
            }
        }
    }
    assert!(count > 40, "paths are found: {count}");
    assert!(gone.is_empty(), "\n{}", gone.join("\n"));
}

#[test]
fn paths_are_found_between_backticks() {
    let found: Vec<&str> = paths_of("see `tests/a.rs` and `src/b.rs --all`, not `c.rs` or tests/d.rs").collect();
    assert_eq!(found, ["tests/a.rs", "src/b.rs"]);
}
