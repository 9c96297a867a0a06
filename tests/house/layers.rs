//! Who may import whom, who may name wgpu, who may print: held over the sources themselves.

use crate::sources::{all_sources, code_of, without_tests};
use std::collections::BTreeSet;

/// Left to right: a layer imports only what stands to its left, and `error`.
const ORDER: &[&str] = &["raster", "codec", "source", "graph", "op", "plan", "execute", "encode", "container", "job", "picture"];

/// What stands above all layers and may import any of them; no layer imports these.
const ABOVE: &[&str] = &["lib", "prelude", "main", "cli"];

/// What a layer may not import although it stands to its left: planning is arithmetic over numbers.
const FORBIDDEN: &[(&str, &[&str])] = &[("plan", &["source", "graph", "op"]), ("error", &["source", "graph", "op", "plan", "execute"])];

/// A file, a rule, and why the file may break it.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Lines of code that a file aims to stay under: longer ones are printed.
const AIM_LINES: usize = 400;
/// Lines of code that no file exceeds; comments, blank lines and modules of tests do not count.
const MAX_LINES: usize = 450;

/// A breach of one rule.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    rule: &'static str,
    what: String,
}

/// First path segments after every `crate::` (or `super::super::`) of the code, groups included.
fn imported(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for prefix in ["crate::", "super::super::"] {
        for (at, _) in code.match_indices(prefix) {
            if code[..at].ends_with('$') {
                continue; // a macro's own crate: judged where the path leads, which is the macro's layer
            }
            let rest = code[at + prefix.len()..].trim_start();
            if let Some(group) = rest.strip_prefix('{') {
                found.extend(heads(group));
            } else {
                found.extend(head(rest));
            }
        }
    }
    found
}

fn head(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// First segments of the paths of a group whose brace has been opened.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut expected, mut found) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && depth == 0 && !c.is_whitespace() => {
                found.extend(head(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    found
}

/// The layer of a file below `src`: its first folder, or its stem.
fn layer_of(file: &str) -> &str {
    let below = file.strip_prefix("src/").unwrap_or(file);
    below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
}

fn may_import(layer: &str, other: &str) -> bool {
    let place = |name: &str| ORDER.iter().position(|l| *l == name);
    if layer == other || other == "error" || ABOVE.contains(&layer) {
        return true;
    }
    if FORBIDDEN.iter().any(|(of, names)| *of == layer && names.contains(&other)) {
        return false;
    }
    match (place(layer), place(other)) {
        (Some(ours), Some(theirs)) => theirs < ours,
        // `error` knows the nouns; a layer that is not in the order is not a layer yet.
        (None, Some(theirs)) => layer == "error" && theirs == 0,
        // Not a module but an item of the crate's root, which only re-exports.
        (_, None) => !ABOVE.contains(&other),
    }
}

/// Macros that print, wherever they stand in a line, and not as the end of another's name.
fn prints(code: &str) -> Option<&'static str> {
    let macros = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
    macros.into_iter().find(|name| code.match_indices(name).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')))
}

/// Attributes that silence a lint and do not say why.
fn silenced_without_reason(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for opening in ["[allow(", "[expect("] {
        for (at, _) in code.match_indices(opening) {
            let attribute = code[at..].split(")]").next().unwrap_or_default();
            if code[..at].ends_with(['#', '!']) && !attribute.contains("reason =") {
                found.push(format!("#{attribute})]"));
            }
        }
    }
    found
}

/// Lines that hold code. Comments are gone from it.
fn lines_of(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// All breaches of one file; `file` is its path from the root of the project, with `/`.
fn breaches(file: &str, source: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut breach = |rule, what: String| found.push(Breach { file: file.to_owned(), rule, what });
    let everything = code_of(source);
    for attribute in silenced_without_reason(&everything) {
        breach("a silenced lint has a reason", attribute);
    }
    if !file.starts_with("src/") || file.ends_with("/tests.rs") {
        return found;
    }
    let code = without_tests(&everything);
    let layer = layer_of(file);
    for other in imported(code) {
        if !may_import(layer, &other) {
            breach("a layer imports what stands to its left", format!("{layer} imports {other}"));
        }
    }
    let names_wgpu = code.contains("wgpu::") || code.contains("use wgpu");
    if names_wgpu && !file.starts_with("src/execute/gpu") {
        breach("wgpu is named below execute/gpu", "wgpu".to_owned());
    }
    if !matches!(layer, "cli" | "main") {
        for name in prints(code).into_iter().chain(["io::stdout", "io::stderr"].into_iter().filter(|n| code.contains(n))) {
            breach("only the command line prints", name.to_owned());
        }
    }
    let lines = lines_of(code);
    if lines > MAX_LINES {
        breach("no file exceeds 450 lines of code", format!("{lines} lines of code"));
    }
    found
}

#[test]
fn every_source_keeps_to_its_layer() {
    let sources = all_sources();
    assert!(sources.iter().any(|(file, _)| file == "src/lib.rs"), "sources are found");
    let all: Vec<Breach> = sources.iter().flat_map(|(file, source)| breaches(file, source)).collect();
    for (file, source) in sources.iter().filter(|(file, _)| file.starts_with("src/") && !file.ends_with("/tests.rs")) {
        let lines = lines_of(without_tests(&code_of(source)));
        if lines > AIM_LINES {
            println!("{file}: {lines} lines of code, more than {AIM_LINES}");
        }
    }
    let excused = |b: &&Breach| EXCEPTIONS.iter().any(|(file, rule, _)| *file == b.file && *rule == b.rule);
    let open: Vec<String> = all.iter().filter(|b| !excused(b)).map(|b| format!("{}: {}: {}", b.file, b.rule, b.what)).collect();
    assert!(open.is_empty(), "\n{}", open.join("\n"));
    for (file, rule, reason) in EXCEPTIONS {
        assert!(!reason.is_empty() && all.iter().any(|b| b.file == *file && b.rule == *rule), "no longer needed: {file}: {rule}");
    }
}

#[test]
fn every_folder_and_file_below_src_is_a_known_layer() {
    let known: BTreeSet<&str> = ORDER.iter().copied().chain(ABOVE.iter().copied()).chain(["error"]).collect();
    for (file, _) in all_sources().iter().filter(|(file, _)| file.starts_with("src/")) {
        assert!(known.contains(layer_of(file)), "{file} belongs to no layer");
    }
}

#[test]
fn imports_to_the_right_are_found_however_they_are_written() {
    let rules = |file: &str, source: &str| breaches(file, source).into_iter().map(|b| b.what).collect::<Vec<_>>();
    assert_eq!(rules("src/source/a.rs", "use crate::plan::Plan;"), ["source imports plan"]);
    assert_eq!(rules("src/source/a.rs", "use crate::{error::Result, raster::{Span, Sample}, job};"), ["source imports job"]);
    assert_eq!(rules("src/raster/a.rs", "fn f() -> crate::source::Source {}"), ["raster imports source"]);
    assert_eq!(rules("src/op/slope.rs", "use super::super::execute::Context;"), ["op imports execute"]);
    assert_eq!(rules("src/plan/mod.rs", "use crate::source::Source;"), ["plan imports source"]);
    assert_eq!(rules("src/job/mod.rs", "use crate::{plan::Plan, container, cli::say};"), ["job imports cli"]);
    assert_eq!(rules("src/error.rs", "use crate::{raster::ByteSize, plan::Budget};"), ["error imports plan"]);
    let allowed = "//! [`crate::job::Job`]\nuse crate::{error::Result, raster::Span}; // crate::job\nconst T: &str = \"crate::job\";";
    assert_eq!(rules("src/source/a.rs", allowed), [""; 0]);
    assert_eq!(rules("src/source/a.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::plan::Plan; }"), [""; 0]);
}

#[test]
fn wgpu_printing_silence_and_length_are_found() {
    let rules = |file: &str, source: &str| breaches(file, source).into_iter().map(|b| b.rule).collect::<Vec<_>>();
    assert_eq!(rules("src/execute/cpu/a.rs", "use wgpu::Device;"), ["wgpu is named below execute/gpu"]);
    assert_eq!(rules("src/execute/gpu/a.rs", "use wgpu::Device;"), [""; 0]);
    assert_eq!(rules("src/execute/cpu/a.rs", "// wgpu::Device\nconst A: &str = r#\"use \"wgpu::\"\"#;"), [""; 0]);
    assert_eq!(rules("src/job/a.rs", "fn f() { eprintln!(\"a\"); }"), ["only the command line prints"]);
    assert_eq!(rules("src/cli/a.rs", "fn f() { eprintln!(\"a\"); }"), [""; 0]);
    assert_eq!(rules("src/job/a.rs", "fn f() { my_print!(); }"), [""; 0]);
    assert_eq!(rules("tests/a.rs", "#[allow(dead_code)]\nfn f() {}"), ["a silenced lint has a reason"]);
    assert_eq!(rules("src/job/a.rs", "#![expect(dead_code, reason = \"soon\")]"), [""; 0]);
    assert_eq!(rules("src/job/a.rs", &"fn f() {}\n".repeat(451)), ["no file exceeds 450 lines of code"]);
    assert_eq!(rules("src/job/a.rs", &"/// F.\nfn f() {}\n\n".repeat(450)), [""; 0]);
}
