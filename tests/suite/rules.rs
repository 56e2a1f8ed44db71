//! The rules that the program carries: all of them, sound, and proven by their own examples.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::proof;

use crate::golden;

fn ids_on_disk() -> BTreeSet<String> {
    let stages = golden::folders(&golden::root().join("diagnostics"));
    let files = stages.iter().flat_map(|stage| fs::read_dir(stage).expect("a stage is a folder"));
    let paths = files.map(|entry| entry.expect("readable").path());
    let rules = paths.filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    rules.map(|path| path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_program_carries_every_rule_file() {
    let (catalogue, faults) = Catalogue::with(Vec::new());
    let carried: BTreeSet<String> = catalogue.rules.iter().map(|rule| rule.id.clone()).collect();
    assert_eq!(carried, ids_on_disk());
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn every_rule_is_proven_by_its_examples() {
    let catalogue = Catalogue::builtin();
    let mut report = String::new();
    for failure in proof::builtin().iter().flat_map(|proof| proof::check(proof, &catalogue)) {
        let _infallible = writeln!(report, "{}: {}\n    given {}", failure.id, failure.reason, failure.given);
    }
    assert!(report.is_empty(), "{report}");
}
