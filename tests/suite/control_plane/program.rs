//! The program under test: run as a user runs it, and what it reported.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::control_plane::rest::text;

/// What the program reported, and how it ended.
#[derive(Debug)]
pub struct Report {
    /// The report, as JSON; null where none was printed.
    pub json: Value,
    /// The exit code.
    pub code: i32,
    /// What it said beside the report.
    pub stderr: String,
}

/// `unstuck check -o json` on a namespace, with a kubeconfig.
pub fn check(kubeconfig: &Path, namespace: &str) -> Report {
    let kubeconfig = kubeconfig.display().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_unstuck"))
        .args(["check", "-o", "json", "--kubeconfig", &kubeconfig, "-n", namespace, "--request-timeout", "90s"])
        .env_remove("KUBECONFIG")
        .output()
        .expect("the program was built beside its tests");
    Report {
        json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        code: output.status.code().unwrap_or(-1),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Begins `unstuck wait deployment/digits`, with more arguments.
pub fn wait(kubeconfig: &Path, namespace: &str, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_unstuck"))
        .args(["wait", "deployment/digits", "-n", namespace, "--kubeconfig"])
        .arg(kubeconfig)
        .args(more)
        .env_remove("KUBECONFIG")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program was built beside its tests")
}

/// What a wait that has ended said, and its exit code.
pub fn waited(wait: Child) -> (String, i32) {
    let output = wait.wait_with_output().expect("it is our own");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().unwrap_or(-1))
}

impl Report {
    /// The ids of the diagnoses, in their order.
    pub fn ids(&self) -> Vec<&str> {
        self.diagnoses().iter().map(|diagnosis| text(&diagnosis["id"])).collect()
    }

    /// The only diagnosis, which must be this one.
    pub fn only(&self, id: &str) -> &Value {
        assert_eq!(self.ids(), [id], "{self}");
        assert_eq!(self.code, 1, "{self}");
        &self.diagnoses()[0]
    }

    /// Why something could not be seen, where it is a blind spot.
    pub fn blind(&self, what: &str) -> Option<&str> {
        let spots = self.json["blind_spots"].as_array()?;
        spots.iter().find(|spot| text(&spot["what"]).contains(what)).map(|spot| text(&spot["why"]))
    }

    fn diagnoses(&self) -> &[Value] {
        self.json["diagnoses"].as_array().map_or(&[], Vec::as_slice)
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "exit code {}\n{}\n{:#}", self.code, self.stderr, self.json)
    }
}

/// The texts of what a diagnosis quotes from somewhere: `log`, `event` or `field`.
pub fn quoted<'a>(diagnosis: &'a Value, from: &str) -> Vec<&'a str> {
    let evidence = diagnosis["evidence"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    evidence.iter().filter(|item| item["from"] == from).map(|item| text(&item["text"])).collect()
}

/// The ids of what follows from a diagnosis.
pub fn consequences(diagnosis: &Value) -> Vec<&str> {
    let consequences = diagnosis["consequences"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    consequences.iter().map(|consequence| text(&consequence["id"])).collect()
}

/// An object as `Kind/name`.
pub fn named(object: &Value) -> String {
    format!("{}/{}", text(&object["kind"]), text(&object["name"]))
}
