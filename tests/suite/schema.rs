//! The JSON of `check`, `explain` and `wait` against the schema that is published beside it.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::golden;

fn schema() -> Value {
    let path = golden::root().join("src/report/unstuck-v1.schema.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the schema is published")).expect("the schema is JSON")
}

fn report(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_unstuck")).args(arguments).output().expect("the program was built");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

#[test]
fn every_report_keeps_to_the_published_schema() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is sound");
    let root = golden::root();
    let mut captures = golden::folders(&root.join("tests/namespaces"));
    let scenarios = golden::folders(&root.join("tests/scenarios"));
    captures.extend(scenarios.into_iter().filter(|folder| golden::name(folder).starts_with("ns-changed-")));
    let logs = golden::folders(&root.join("tests/corpus"));
    let checks = captures
        .iter()
        .map(|folder| report(&["check", "-o", "json", "--from", &folder.join("capture").display().to_string()]));
    let explanations = logs
        .iter()
        .step_by(20)
        .map(|folder| report(&["explain", "-o", "json", &folder.join("log.txt").display().to_string()]));
    checks.chain(explanations).for_each(|report| assert_keeps(&validator, &report));
}

fn assert_keeps(validator: &jsonschema::Validator, value: &Value) {
    let faults: Vec<String> =
        validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{}\n{value:#}", faults.join("\n"));
}

/// Asserts that a report is one.
pub fn assert_report(report: &Value) {
    assert_keeps(&jsonschema::validator_for(&schema()).expect("the schema is sound"), report);
}

/// Asserts that a line of `wait -o json` tells of a change as the schema says.
pub fn assert_event(event: &Value) {
    let mut schema = schema();
    schema["$ref"] = "#/$defs/event".into();
    schema["required"] = Value::Array(Vec::new());
    assert_keeps(&jsonschema::validator_for(&schema).expect("the schema is sound"), event);
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = jsonschema::validator_for(&schema()).expect("the schema is sound");
    let mut sound = report(&["explain", "-o", "json", &golden::root().join("README.md").display().to_string()]);
    assert!(validator.is_valid(&sound));
    sound["verdict"] = "fine".into();
    assert!(!validator.is_valid(&sound));
}
