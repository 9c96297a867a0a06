//! Inside a room, files import one another without circles: what two files need of each other stands in a third.

use crate::sources::{all_sources, code_of, without_tests};
use std::collections::{BTreeMap, BTreeSet};

/// A room, files of it (all, where none is named) that may import one another in circles, and why.
/// An entry that no circle needs any more fails the test: delete it.
const ALLOWED: &[(&str, &[&str], &str)] = &[
    ("graph", &["operator", "raster"], "a recursive type: a raster is made by operators, which are handed rasters"),
    (
        "raster",
        &["crs", "crs/bound", "crs/definition", "crs/from_proj", "crs/from_wkt", "georef"],
        "georeferencing tells of its CRS, whose texts become keys of georeferencing",
    ),
    ("op", &["focal", "focal/device"], "kernels of the device are chosen by the operator's fields, and listed beside its row"),
    ("op", &["focal/columns", "focal/sweep"], "a sweep of boxes goes by columns, which count as sweeps do"),
    ("op", &["color_map", "color_map/file", "color_map/perceptual", "color_map/ramp"], "an operator and the parts of its file"),
    ("op", &["reclassify", "reclassify/mapping"], "an operator and the parts of its file"),
    ("op", &["separable", "separable/across", "separable/down"], "a node of the graph and the two that it becomes"),
];

/// A module's path below `src`; the crate's root is empty.
type Path = Vec<String>;

/// What a path segment by segment leads to, seen from a module.
struct Modules {
    code: BTreeMap<Path, String>,
    /// Items that a module declares.
    items: BTreeMap<Path, BTreeSet<String>>,
    /// What a module calls by another name than its own: name, path.
    names: BTreeMap<Path, Vec<(String, Path)>>,
    /// Modules all of whose items a module takes.
    globs: BTreeMap<Path, Vec<Path>>,
}

/// An import: where it leads, under what name, and whether others see it.
struct Use {
    name: String,
    path: Path,
    public: bool,
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Paths of a `use`, groups taken apart.
fn expand(tree: &str, prefix: &Path, public: bool, found: &mut Vec<Use>) {
    let mut depth = 0;
    let parts = tree.split(|c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let segments = |text: &str| text.split("::").map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect::<Path>();
        if let Some((before, group)) = part.split_once('{') {
            expand(group.strip_suffix('}').unwrap_or(group), &[prefix.clone(), segments(before)].concat(), public, found);
            continue;
        }
        let (path, alias) = part.split_once(" as ").map_or((part, None), |(path, alias)| (path, Some(alias.trim().to_owned())));
        let mut path = [prefix.clone(), segments(path)].concat();
        path.pop_if(|last| last == "self");
        if let Some(name) = alias.or_else(|| path.last().cloned()) {
            found.push(Use { name, path, public });
        }
    }
}

/// The imports of a module, and its code without them.
fn imports(code: &str) -> (Vec<Use>, String) {
    let (mut found, mut rest, mut from) = (Vec::new(), String::new(), 0);
    for (at, _) in code.match_indices("use ") {
        let alone = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let Some(length) = code[at..].find(';').filter(|_| alone && at >= from) else { continue };
        let before = code[..at].rsplit(['\n', ';', '{', '}']).next().unwrap_or_default();
        expand(&code[at + "use ".len()..at + length], &Path::new(), before.contains("pub"), &mut found);
        rest.push_str(&code[from..at]);
        from = at + length;
    }
    rest.push_str(&code[from..]);
    (found, rest)
}

/// Names of the items that code declares.
fn declared(code: &str) -> BTreeSet<String> {
    let kinds = ["struct", "enum", "fn", "trait", "type", "const", "static", "macro_rules"];
    let all: Vec<&str> = words(code).collect();
    all.windows(2).filter(|pair| kinds.contains(&pair[0])).map(|pair| pair[1].to_owned()).collect()
}

/// Paths that stand in code outside of imports: `super::a::b`, `a::B`.
fn paths_in(code: &str) -> Vec<Path> {
    let part_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let paths = code.split(|c| !part_of_path(c)).filter(|path| path.contains("::") && !path.starts_with("::"));
    paths.map(|path| path.split("::").map(str::to_owned).take_while(|s| !s.is_empty()).collect()).collect()
}

impl Modules {
    fn new(sources: &[(String, String)]) -> Self {
        let mut modules = Self { code: BTreeMap::new(), items: BTreeMap::new(), names: BTreeMap::new(), globs: BTreeMap::new() };
        for (file, source) in sources {
            let Some(file) = file.strip_prefix("src/").and_then(|file| file.strip_suffix(".rs")) else { continue };
            let mut path: Path = file.split('/').map(str::to_owned).collect();
            path.pop_if(|last| last == "mod" || last == "lib");
            if path.last().is_some_and(|last| last == "tests") {
                continue;
            }
            let code = without_tests(&code_of(source)).to_owned();
            let (uses, rest) = imports(&code);
            modules.items.insert(path.clone(), declared(&rest));
            let (globs, names): (Vec<Use>, Vec<Use>) = uses.into_iter().partition(|u| u.name == "*");
            modules.globs.insert(path.clone(), globs.into_iter().map(|u| u.path[..u.path.len() - 1].to_vec()).collect());
            modules.names.insert(path.clone(), names.into_iter().map(|u| (u.name, u.path)).collect());
            modules.code.insert(path, code);
        }
        modules
    }

    /// The module that declares what a path names, seen from a module; names that are passed on lead to where they come from.
    fn target(&self, from: &Path, path: &[String], depth: usize) -> Option<Path> {
        let mut at = from.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (Path::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|s| s == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            first => {
                let below = [from.clone(), vec![first.to_owned()]].concat();
                self.code.contains_key(&below).then_some(())?;
            }
        }
        while let Some(segment) = rest.first() {
            let below = [at.clone(), vec![segment.clone()]].concat();
            if !self.code.contains_key(&below) {
                break;
            }
            (at, rest) = (below, &rest[1..]);
        }
        let Some(item) = rest.first().filter(|item| *item != "*" && depth < 9) else { return Some(at) };
        if self.items.get(&at)?.contains(item) {
            return Some(at);
        }
        let named = self.names[&at].iter().filter(|(name, _)| name == item).find_map(|(_, path)| self.target(&at, path, depth + 1));
        let globs = || self.globs[&at].iter().filter_map(|path| self.target(&at, path, depth + 1));
        named.or_else(|| globs().find(|module| self.items[module].contains(item))).or(Some(at))
    }

    /// Modules that a module needs. What it only passes on to others, it does not need.
    fn needs(&self, module: &Path) -> BTreeSet<Path> {
        let (uses, rest) = imports(&self.code[module]);
        let all: Vec<&str> = words(&rest).collect();
        let used: BTreeSet<&str> = all.windows(2).filter(|pair| pair[0] != "mod").map(|pair| pair[1]).collect();
        let needed = uses.iter().filter(|u| !u.public || used.contains(u.name.as_str())).map(|u| u.path.clone());
        let mut targets: BTreeSet<Path> = needed.chain(paths_in(&rest)).filter_map(|path| self.target(module, &path, 0)).collect();
        targets.remove(module);
        targets
    }

    /// Groups of files of a room that import one another in circles, by their names inside the room.
    fn circles(&self, room: &str) -> Vec<BTreeSet<String>> {
        let files: BTreeSet<&Path> = self.code.keys().filter(|path| path.first().is_some_and(|first| first == room)).collect();
        let needs: BTreeMap<Path, BTreeSet<Path>> = files.iter().map(|file| ((*file).clone(), self.needs(file))).collect();
        let reached: BTreeMap<&Path, BTreeSet<Path>> = files.iter().map(|file| (*file, reached(file, &needs))).collect();
        let name = |path: &Path| if path.len() == 1 { "mod".to_owned() } else { path[1..].join("/") };
        let mut found: Vec<BTreeSet<String>> = Vec::new();
        for file in files.iter().filter(|file| reached[**file].contains(**file)) {
            let circle: BTreeSet<String> = reached[*file].iter().filter(|other| reached[*other].contains(*file)).map(name).collect();
            if !found.contains(&circle) {
                found.push(circle);
            }
        }
        found
    }
}

/// Files that a file needs, and those that they need, and so on; itself only if it is needed on the way.
fn reached(file: &Path, needs: &BTreeMap<Path, BTreeSet<Path>>) -> BTreeSet<Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(next) = open.pop() {
        for needed in needs[next].iter().filter(|needed| needs.contains_key(*needed)) {
            if reached.insert(needed.clone()) {
                open.push(needed);
            }
        }
    }
    reached
}

fn allows((room, files, _): &(&str, &[&str], &str), of: &str, circle: &BTreeSet<String>) -> bool {
    *room == of && (files.is_empty() || circle.iter().all(|file| files.contains(&file.as_str())))
}

#[test]
fn files_of_a_room_import_without_circles() {
    let modules = Modules::new(&all_sources());
    let rooms: BTreeSet<&String> = modules.code.keys().filter(|path| path.len() > 1).map(|path| &path[0]).collect();
    let all: Vec<(&String, BTreeSet<String>)> =
        rooms.into_iter().flat_map(|room| modules.circles(room).into_iter().map(move |circle| (room, circle))).collect();
    let open: Vec<String> = all
        .iter()
        .filter(|(room, circle)| !ALLOWED.iter().any(|entry| allows(entry, room, circle)))
        .map(|(room, circle)| format!("{room}: {circle:?}"))
        .collect();
    assert!(open.is_empty(), "\n{}", open.join("\n"));
    for entry in ALLOWED {
        assert!(all.iter().any(|(room, circle)| allows(entry, room, circle)), "no longer needed: {entry:?}");
    }
}

/// Circles of a made-up room `a`.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let roots = [("lib", ""), ("a/mod", "")].into_iter().filter(|(root, _)| files.iter().all(|(file, _)| file != root));
    let sources: Vec<(String, String)> =
        roots.chain(files.iter().copied()).map(|(file, source)| (format!("src/{file}.rs"), source.to_owned())).collect();
    Modules::new(&sources).circles("a").into_iter().map(|circle| circle.into_iter().collect()).collect()
}

#[test]
fn circles_are_found_however_imports_are_written() {
    let two = [["b", "c"]];
    assert_eq!(circles(&[("a/b", "use super::c::C; pub struct B;"), ("a/c", "use crate::a::b::B; pub struct C;")]), two);
    assert_eq!(
        circles(&[("a/b", "fn b() -> super::c::C {} pub struct B;"), ("a/c", "use crate::{x, a::{b::{self, B}}}; pub struct C;")]),
        two
    );
    let passed_on = ("a/mod", "mod b; mod c; pub use b::B; pub use c::*;");
    assert_eq!(circles(&[passed_on, ("a/b", "use super::C; pub struct B;"), ("a/c", "use super::B; pub struct C;")]), two);
    assert_eq!(circles(&[("a/mod", "mod b; use b::B; pub struct A;"), ("a/b", "use super::A; pub struct B;")]), [["b", "mod"]]);
    let three = [("a/b", "use super::c::C;"), ("a/c", "use super::d::D; pub struct C;"), ("a/d", "use super::b; pub struct D;")];
    assert_eq!(circles(&three), [["b", "c", "d"]]);
}

#[test]
fn what_is_passed_on_or_tested_makes_no_circle() {
    let none: [[String; 0]; 0] = [];
    let passed_on = ("a/mod", "mod b; mod c; pub use b::B; pub(crate) use c::C as D;");
    assert_eq!(circles(&[passed_on, ("a/b", "pub struct B;"), ("a/c", "use super::B; pub struct C;")]), none);
    let tested = ("a/b", "pub struct B;\n#[cfg(test)]\nmod tests { use super::super::c::C; }");
    assert_eq!(circles(&[tested, ("a/c", "use super::b::B; pub struct C;")]), none);
    assert_eq!(circles(&[("a/b", "// use super::c::C;\npub struct B;"), ("a/c", "use super::b::B; pub struct C;")]), none);
}
