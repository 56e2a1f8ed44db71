//! What people paste besides logs: each is taken for what it is, and the first diagnosis is the right one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use crate::golden;

/// What `unstuck explain` must answer.
#[derive(Debug, Deserialize)]
struct Expected {
    /// The id of the first diagnosis, or `nothing`.
    first: String,
    taken_for: Vec<String>,
}

fn explain(paste: &PathBuf) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_unstuck"))
        .args(["explain", "-o", "json"])
        .arg(paste)
        .output()
        .expect("the program was built");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{}: {error}", paste.display()))
}

#[test]
fn pastes_are_taken_for_what_they_are() {
    let entries = fs::read_dir(golden::root().join("tests/pastes")).expect("the folder is there");
    let mut pastes: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    pastes.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    pastes.sort();
    assert!(!pastes.is_empty());
    let mut wrong = Vec::new();
    for paste in &pastes {
        let text = fs::read_to_string(paste.with_extension("expected")).expect("a paste has its answer");
        let expected: Expected = serde_saphyr::from_str(&text).expect("the answer is YAML");
        let report = explain(paste);
        let first = report["diagnoses"][0]["id"].as_str().unwrap_or("nothing");
        if first != expected.first || report["source"]["taken_for"] != serde_json::json!(expected.taken_for) {
            wrong.push(format!("{}: {first}, {}", golden::name(paste), report["source"]["taken_for"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
