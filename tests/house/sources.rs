//! The project's own sources, as text.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The source without comments and string contents, so that only code is judged. Line breaks stay.
pub fn code_of(source: &str) -> String {
    let bytes: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut i = 0;
    while i < bytes.len() {
        let rest = |n: usize| bytes.get(i + n).copied();
        match bytes[i] {
            '/' if rest(1) == Some('/') => {
                while i < bytes.len() && bytes[i] != '\n' {
                    i += 1;
                }
            }
            '/' if rest(1) == Some('*') => {
                while i < bytes.len() && !(bytes[i] == '*' && bytes.get(i + 1) == Some(&'/')) {
                    out.extend((bytes[i] == '\n').then_some('\n'));
                    i += 1;
                }
                i += 2;
            }
            'r' if matches!(rest(1), Some('"' | '#')) && !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                let hashes = bytes[i + 1..].iter().take_while(|&&c| c == '#').count();
                if bytes.get(i + 1 + hashes) != Some(&'"') {
                    out.push('r'); // a raw identifier
                    i += 1;
                    continue;
                }
                i += hashes + 2;
                let closes = |at: usize| bytes[at] == '"' && bytes[at + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
                while i < bytes.len() && !closes(i) {
                    out.extend((bytes[i] == '\n').then_some('\n'));
                    i += 1;
                }
                i += hashes + 1;
                out.push_str("\"\"");
            }
            '"' => {
                i += 1;
                while i < bytes.len() && bytes[i] != '"' {
                    out.extend((bytes[i] == '\n').then_some('\n'));
                    i += if bytes[i] == '\\' { 2 } else { 1 };
                }
                i += 1;
                out.push_str("\"\"");
            }
            // A quote as a character; other quotes are characters or lifetimes and need no care.
            '\'' if rest(1) == Some('"') && rest(2) == Some('\'') => i += 3,
            '\'' if rest(1) == Some('\\') && rest(3) == Some('\'') => i += 4,
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

/// What stands before the file's module of tests.
pub fn without_tests(code: &str) -> &str {
    let from = code.match_indices("#[cfg(test)]").map(|(at, mark)| (at, code[at + mark.len()..].trim_start()));
    let inline =
        |after: &str| after.strip_prefix("mod ").is_some_and(|rest| rest.split('{').next().is_some_and(|name| !name.contains(';')));
    from.into_iter().find(|(_, after)| inline(after)).map_or(code, |(at, _)| &code[..at])
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Path from the root of the project, with `/`, and text of every Rust file, in order.
pub fn all_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        rust_files(&root.join(folder), &mut files);
    }
    files.sort();
    let named = files.into_iter().map(|path| {
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(path).expect("text"))
    });
    named.collect()
}
