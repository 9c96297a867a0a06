//! Inside a room of the sources no two files (or folders) import each other, not even by way of others, and none imports through
//! the room's door: what it needs comes from the file that has it.

use crate::sources::{all_sources, code_of, without_tests};
use std::collections::{BTreeMap, BTreeSet};

/// The rooms that are held to it.
const ROOMS: &[&str] = &["op", "cli"];

/// Paths that begin with `crate` or `super`, groups in braces expanded; those of a macro's own crate are the macro's.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            if !code[..at].ends_with(|c: char| c.is_alphanumeric() || "_$:".contains(c)) {
                expand(&code[at..], &mut Vec::new(), &mut found);
            }
        }
    }
    found
}

/// Expands one path, or a group of them, after `before`; returns what is left of the text.
fn expand<'a>(text: &'a str, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start().trim_start_matches(',').trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let next = expand(rest, before, found);
            if next.len() == rest.len() {
                return next; // not a path: the group is no import
            }
            rest = next;
        }
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    if end == 0 {
        return text;
    }
    let depth = before.len();
    before.push(text[..end].to_owned());
    let rest = match text[end..].strip_prefix("::") {
        Some(rest) => expand(rest, before, found),
        None => {
            found.push(before.clone());
            &text[end..]
        }
    };
    before.truncate(depth);
    rest
}

/// The path of modules that a file is, from the root of the sources.
fn module_of(file: &str) -> Vec<String> {
    let below = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    below.split('/').map(str::to_owned).collect()
}

/// A path as it is seen from the root.
fn resolved(path: &[String], module: &[String]) -> Vec<String> {
    let up = path.iter().take_while(|part| *part == "super").count();
    let skipped = up + usize::from(path[0] == "crate");
    let from = if path[0] == "crate" { &[] } else { &module[..module.len().saturating_sub(up)] };
    from.iter().chain(&path[skipped..]).cloned().collect()
}

/// Which entry of a room imports which, and what is imported through the door.
fn imports(room: &str) -> (BTreeMap<String, BTreeSet<String>>, Vec<String>) {
    let of_room = all_sources().into_iter().filter(|(file, _)| file.starts_with(&format!("src/{room}/")));
    let all: Vec<(String, String, Vec<String>)> = of_room
        .map(|(file, source)| {
            let module = module_of(&file);
            (file, source, module)
        })
        .collect();
    let entries: BTreeSet<&String> = all.iter().filter_map(|(.., module)| module.get(1)).collect();
    let (mut edges, mut doors) = (BTreeMap::<String, BTreeSet<String>>::new(), Vec::new());
    for (file, source, module) in &all {
        let Some(entry) = module.get(1) else { continue };
        let code = code_of(source);
        for path in paths(without_tests(&code)).iter().map(|path| resolved(path, module)).filter(|path| path[0] == room) {
            match path.get(1) {
                Some(other) if entries.contains(other) && other != entry => {
                    edges.entry(entry.clone()).or_default().insert(other.clone());
                }
                Some(other) if !entries.contains(other) => doors.push(format!("{file} imports {other}")),
                _ => {}
            }
        }
    }
    (edges, doors)
}

/// A circle, if there is one.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(at: &str, edges: &BTreeMap<String, BTreeSet<String>>, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        if way.iter().any(|passed| passed == at) {
            way.push(at.to_owned());
            return true;
        }
        way.push(at.to_owned());
        let met = !done.contains(at) && edges.get(at).is_some_and(|others| others.iter().any(|other| walk(other, edges, way, done)));
        if !met {
            done.insert(at.to_owned());
            way.pop();
        }
        met
    }
    let (mut way, mut done) = (Vec::new(), BTreeSet::new());
    edges.keys().any(|start| walk(start, edges, &mut way, &mut done)).then_some(way)
}

#[test]
fn no_room_has_a_circle() {
    for room in ROOMS {
        let (edges, doors) = imports(room);
        assert!(edges.len() > 10, "{room}: {edges:?}");
        assert!(doors.is_empty(), "{room}: through the door:\n{}", doors.join("\n"));
        assert_eq!(circle(&edges), None, "{room}");
    }
}

#[test]
fn circles_are_found() {
    let of = |pairs: &[(&str, &str)]| {
        let mut edges = BTreeMap::<String, BTreeSet<String>>::new();
        for (from, to) in pairs {
            edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        circle(&edges).map(|way| way.join(" "))
    };
    assert_eq!(of(&[("a", "b"), ("a", "c"), ("b", "c")]), None);
    assert_eq!(of(&[("a", "b"), ("b", "c"), ("c", "b")]).as_deref(), Some("a b c b"));
}

#[test]
fn paths_are_found_however_they_are_written() {
    let found = |code: &str| {
        let all = paths(code).iter().map(|path| resolved(path, &["op".to_owned(), "slope".to_owned()]).join("::")).collect::<Vec<_>>();
        all.join(" ")
    };
    assert_eq!(found("use super::{abi::{self, uniform}, Edges};"), "op::abi::self op::abi::uniform op::Edges");
    assert_eq!(found("use crate::{graph::Raster, op::focal::Focal};"), "graph::Raster op::focal::Focal");
    assert_eq!(found("let a = super::math::max(1.0); $crate::op::Choice"), "op::math::max");
}
