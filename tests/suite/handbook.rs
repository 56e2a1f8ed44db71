//! What people read about the rules is generated from the tables that the program uses, and is not stale.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::handbook::{readme, schema};
use unstuck::diagnosis::loader::Source;
use unstuck::diagnosis::rule::{Counterexample, Example, FixFile, Given, RuleFile, SymptomFile};
use unstuck::diagnosis::vocabulary::{
    COUNTEREXAMPLE_KEYS, EXAMPLE_KEYS, FIX_KEYS, GIVEN_KEYS, RULE_KEYS, STAGES, SYMPTOM_KEYS, Word,
};

use crate::golden;

#[test]
fn the_guide_and_the_schema_are_not_stale() {
    golden::assert_kept("diagnostics/README.md", &readme::readme(&Catalogue::builtin()));
    golden::assert_kept("diagnostics/schema.json", &schema::schema());
}

/// Asserts that a table names the very keys that are read.
fn assert_keys<T: serde::de::DeserializeOwned>(table: &[Word]) {
    let error = serde_json::from_value::<T>(json!({"no such key": 1})).err().expect("unknown keys are refused");
    let said = error.to_string();
    let read: BTreeSet<&str> = said.split('`').skip(3).step_by(2).collect();
    let told: BTreeSet<&str> = table.iter().map(|word| word.name).collect();
    assert_eq!(told, read);
}

#[test]
fn every_key_that_is_read_is_described() {
    assert_keys::<RuleFile>(RULE_KEYS);
    assert_keys::<SymptomFile>(SYMPTOM_KEYS);
    assert_keys::<FixFile>(FIX_KEYS);
    assert_keys::<Example>(EXAMPLE_KEYS);
    assert_keys::<Counterexample>(COUNTEREXAMPLE_KEYS);
    assert_keys::<Given>(GIVEN_KEYS);
}

/// The rule files on disk.
fn sources() -> Vec<Source> {
    let stages = golden::folders(&golden::root().join("diagnostics"));
    let files = stages.iter().flat_map(|stage| fs::read_dir(stage).expect("a stage is a folder"));
    let read = files.map(|entry| entry.expect("readable").path()).map(|path| Source {
        stage: golden::name(path.parent().expect("it is in a stage")).to_owned(),
        id: path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned(),
        text: fs::read_to_string(&path).expect("a rule is text"),
        path: path.display().to_string(),
    });
    read.collect()
}

#[test]
fn every_rule_of_ours_passes_the_checks_and_the_schema() {
    let (_, faults) = Catalogue::with(sources());
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let schema: Value = serde_json::from_str(&schema::schema()).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is sound");
    for source in sources() {
        let rule: Value = serde_saphyr::from_str(&source.text).expect("it was read before");
        let faults: Vec<String> =
            validator.iter_errors(&rule).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{}: {}", source.path, faults.join("\n"));
    }
}

#[test]
fn every_folder_is_a_stage() {
    let folders = golden::folders(&golden::root().join("diagnostics"));
    let folders: BTreeSet<&str> = folders.iter().map(|folder| golden::name(folder)).collect();
    assert_eq!(folders, STAGES.iter().map(|stage| stage.name).collect());
}

fn rules(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unstuck")).arg("rules").args(arguments).output().expect("the program was built")
}

#[test]
fn a_page_and_a_search_read_as_they_are_kept() {
    let page = rules(&["show", "oom-killed"]);
    golden::assert_kept("tests/goldens/rules-show.txt", &String::from_utf8_lossy(&page.stdout));
    let found = rules(&["list", "Keras", "version"]);
    golden::assert_kept("tests/goldens/rules-list.txt", &String::from_utf8_lossy(&found.stdout));
}

#[test]
fn what_no_rule_is_called_is_answered_with_the_nearest() {
    let page = rules(&["show", "oom-kiled"]);
    assert_eq!(page.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&page.stderr).contains("oom-killed"));
    assert_eq!(rules(&["list", "no", "such", "words"]).status.code(), Some(2));
}
