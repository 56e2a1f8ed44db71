//! Commands and their exit codes: what people see who type something that cannot work.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::golden;

fn unstuck(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unstuck"))
        .args(arguments)
        .env("KUBECONFIG", "/nonexistent/kubeconfig")
        .env_remove("KUBERNETES_SERVICE_HOST")
        .output()
        .expect("the program was built")
}

/// Runs into an error: exit code 2, one clear message, nothing on stdout.
fn refused(arguments: &[&str]) -> String {
    let output = unstuck(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).expect("an error is text")
}

fn scratch(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    fs::create_dir_all(&folder).expect("a folder for the test");
    let path = folder.join(name);
    fs::write(&path, text).expect("a file for the test");
    path
}

fn capture(name: &str) -> String {
    let folder = ["tests/namespaces", "tests/scenarios"].map(|folder| golden::root().join(folder).join(name));
    let found = folder.into_iter().find(|folder| folder.is_dir()).unwrap_or_default();
    found.join("capture").display().to_string()
}

#[test]
fn the_verdict_is_in_the_exit_code() {
    assert_eq!(unstuck(&["check", "--from", &capture("tfs-service-port")]).status.code(), Some(1));
    assert_eq!(unstuck(&["check", "--from", &capture("healthy-but-noisy")]).status.code(), Some(0));
    assert_eq!(
        unstuck(&["explain", &scratch("fine.log", "all is well\n").display().to_string()]).status.code(),
        Some(0)
    );
}

#[test]
fn reports_read_as_they_are_kept() {
    let names = [
        "azml-v1-wrong-path",
        "tfs-service-port",
        "healthy-but-noisy",
        "crash-no-events",
        "pvc-storage-class",
        "ns-changed-model-path",
    ];
    for name in names {
        let output = unstuck(&["check", "--from", &capture(name)]);
        golden::assert_kept(&format!("tests/goldens/check-{name}.txt"), &String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn what_cannot_be_opened_is_named_with_what_to_do() {
    assert!(refused(&["explain", "/nonexistent.log"]).contains("/nonexistent.log"));
    assert!(refused(&["check", "--from", "/nonexistent"]).contains("/nonexistent"));
    assert!(refused(&["check", "--from", "src"]).contains("no capture"));
    let said = refused(&["check"]);
    assert!(said.contains("kubeconfig"), "{said}");
}

#[test]
fn broken_yaml_in_a_capture_is_a_blind_spot() {
    let objects = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli/broken/objects");
    fs::create_dir_all(&objects).expect("a folder for the test");
    fs::write(objects.join("pods.yaml"), "apiVersion: v1\nkind: [Pod\n").expect("a file for the test");
    let from = objects.parent().expect("it has one").display().to_string();
    let output = unstuck(&["check", "--from", &from, "-o", "json"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("pods.yaml"), "{said}");
}

#[test]
fn a_rule_with_a_mistake_is_named_with_file_line_reason_and_help() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli/rules/model-load");
    fs::create_dir_all(&folder).expect("a folder for the test");
    fs::write(folder.join("mine.yaml"), "title: x\nabout: container\nsymptom:\n  - log: abcdefg\n").expect("a file");
    let output = unstuck(&["rules", "test", &folder.parent().expect("it has one").display().to_string()]);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("mine.yaml:3") && said.contains("symptom") && said.contains("help:"), "{said}");
}

#[test]
fn a_mistyped_command_is_refused_with_the_nearest_one() {
    assert!(refused(&["chek"]).contains("check"));
    assert!(refused(&["check", "-o", "xml"]).contains("json"));
    assert!(refused(&["check", "--request-timeout", "soon"]).contains("30s"));
}
