//! `unstuck wait` against the demo, as a pipeline runs it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::schema;

/// A scenario that is served at its end.
struct Demo {
    server: Child,
    kubeconfig: String,
}

impl Demo {
    fn new(scenario: &str) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_unstuck"))
            .args(["demo", scenario, "--settled", "--listen"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says where it is");
        let kubeconfig = line.trim().trim_start_matches("export KUBECONFIG=").to_owned();
        Demo { server, kubeconfig }
    }

    /// Runs the program on it.
    fn run(&self, arguments: &[&str]) -> (String, i32) {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_unstuck"))
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .output()
            .expect("the program was built");
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).expect("it says text"), output.status.code().unwrap_or(-1))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.server.kill().expect("it still serves");
        self.server.wait().expect("it was our own");
    }
}

#[test]
fn a_rollout_that_is_complete_and_routed_ends_well() {
    let (said, code) = Demo::new("vision").run(&["wait", "deploy/vision"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("deployment/vision is rolled out, 1 of 1 ready and routed"), "{said}");
}

#[test]
fn a_cause_that_waiting_cannot_mend_ends_the_wait_with_what_check_says() {
    let demo = Demo::new("churn-score");
    let (said, code) = demo.run(&["wait", "deployment", "churn-score"]);
    assert_eq!(code, 1, "{said}");
    let (report, _) = demo.run(&["check"]);
    assert_eq!(diagnosis(&said), diagnosis(&report));
}

/// The diagnosis of a report, before and after what is ahead: that is another time at the next look.
fn diagnosis(report: &str) -> (&str, &str) {
    let (_, body) = report.split_once("\nerror ").expect("there is a diagnosis");
    let (before, rest) = body.split_once("\n        ahead ").expect("it says what is ahead");
    (before, rest.split_once("\n        seen ").expect("it says what was seen").1)
}

#[test]
fn what_is_not_there_yet_is_waited_for_until_the_time_is_over() {
    let (said, code) = Demo::new("vision").run(&["wait", "deploy/vison", "--timeout", "8s"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("there is no deployment/vison yet (there is deployment/vision)"), "{said}");
}

#[test]
fn what_cannot_be_looked_at_is_an_error() {
    let demo = Demo::new("vision");
    let (said, code) = demo.run(&["wait", "sdep/vision"]);
    assert_eq!((said.as_str(), code), ("unstuck: the cluster has no seldondeployments\n", 2));
    assert_eq!(demo.run(&["wait", "configmap/vision"]).1, 2);
    assert_eq!(demo.run(&["wait"]).1, 2);
}

#[test]
fn every_line_of_json_keeps_to_the_published_schema() {
    let (said, code) = Demo::new("fashion").run(&["wait", "-l", "!none", "-o", "json"]);
    assert_eq!(code, 1, "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let (report, events) = lines.split_last().expect("there are lines");
    schema::assert_report(report);
    events.iter().for_each(schema::assert_event);
    let named: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(named.last(), Some(&"end"), "{said}");
    assert!(named.contains(&"stage") && named.contains(&"found"), "{said}");
}
