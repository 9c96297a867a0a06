//! The README's table of operators and their pages are what the registry says.

use crate::{program::run_swath, snapshot};
use std::{collections::BTreeSet, fs, path::Path};
use swath::op::{ARRANGERS, REGISTRY};

#[test]
fn the_table_of_operators_is_the_registrys() {
    let printed = run_swath(["operators", "--markdown"]).expect_success().stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).expect("a README");
    let (_, after) = readme.split_once("<!-- swath operators --markdown -->\n").expect("a marker before the table");
    let (table, _) = after.split_once("<!-- end -->").expect("a marker after the table");
    if snapshot::regenerates() {
        let renewed = readme.replacen(table, &format!("{}\n", printed.trim_end()), 1);
        return fs::write(path, renewed).expect("the README is written");
    }
    assert_eq!(table.trim(), printed.trim(), "scripts/regenerate.sh writes the table");
}

#[test]
fn every_operator_has_a_page_and_json_has_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operators");
    let pages: BTreeSet<String> =
        fs::read_dir(&folder).expect("pages").map(|page| page.expect("a page").file_name().to_string_lossy().into_owned()).collect();
    let named: BTreeSet<String> = REGISTRY.iter().chain(ARRANGERS).map(|info| format!("{}.md", info.name)).collect();
    assert_eq!(pages, named);
    let printed = run_swath(["operators", "--json"]).expect_success().stdout;
    let printed: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    for (info, printed) in REGISTRY.iter().zip(printed.as_array().expect("a list")) {
        let page = fs::read_to_string(folder.join(format!("{}.md", info.name))).expect("a page");
        assert!(page.to_lowercase().contains("missing") && page.to_lowercase().contains("written"), "{page}");
        assert_eq!((printed["name"].as_str(), printed["doc"].as_str()), (Some(info.name), Some(&*page)));
        for option in printed["options"].as_array().expect("a list") {
            assert!(option["help"].as_str().is_some_and(|help| !help.is_empty()), "{} of {}", option["name"], info.name);
        }
    }
}
