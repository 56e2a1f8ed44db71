//! Logs recorded from real frameworks: the first diagnosis has the right id and quotes what matters, and healthy logs
//! raise nothing. How many are right is kept beside the cases and may not fall.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use unstuck::cli::explain::of_input;
use unstuck::diagnosis::assessment::Assessment;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::rule::Severity;

use crate::golden;

/// A log, and what a good diagnosis of it says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Case {
    name: String,
    label: String,
    text: String,
    also_ok: Vec<String>,
    captures: BTreeMap<String, Value>,
}

/// How many cases came out well.
#[derive(Debug, Default, Deserialize)]
struct Score {
    right: usize,
    of: usize,
    quoted: usize,
    captures: usize,
    false_alarms: usize,
    healthy: usize,
}

/// The diagnosis of a log as `unstuck explain` makes it.
pub fn explain(log: &[u8], catalogue: &Catalogue) -> Assessment {
    of_input(log, catalogue).expect("a log can be read")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn judge(case: &Case, log: &[u8], catalogue: &Catalogue, score: &mut Score) -> Option<String> {
    let name = &case.name;
    let assessment = explain(log, catalogue);
    let ids: Vec<&str> = assessment.diagnoses.iter().map(|diagnosis| diagnosis.id.as_str()).collect();
    if case.label == "healthy" {
        score.healthy += 1;
        let alarmed = assessment.diagnoses.iter().any(|diagnosis| diagnosis.severity != Severity::Info);
        score.false_alarms += usize::from(alarmed);
        return alarmed.then(|| format!("{name}: false alarm {ids:?}"));
    }
    score.of += 1;
    score.captures += case.captures.len();
    let is_right = ids.first().is_some_and(|id| *id == case.label || case.also_ok.iter().any(|ok| ok == id));
    if !is_right {
        return Some(format!("{name}: {ids:?}"));
    }
    score.right += 1;
    let said = serde_json::to_string(&assessment.diagnoses[0]).expect("a diagnosis is JSON");
    let quoted = |value: &str| said.contains(serde_json::to_string(value).expect("a text is JSON").trim_matches('"'));
    let unquoted = case.captures.iter().filter(|(_, value)| !quoted(&plain(value)));
    let missing: Vec<&String> = unquoted.map(|(key, _)| key).collect();
    score.quoted += case.captures.len() - missing.len();
    (!missing.is_empty()).then(|| format!("{name}: not quoted {missing:?}"))
}

/// Logs as they were recorded, one folder for each.
fn recorded() -> Vec<(Case, Vec<u8>)> {
    let folders = golden::folders(&golden::root().join("tests/corpus"));
    let read = |folder: &PathBuf| {
        let label = fs::read_to_string(folder.join("case.yaml")).expect("a case has its label");
        let case: Case = serde_saphyr::from_str(&label).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let log = fs::read(folder.join("log.txt")).expect("a case has its log");
        (Case { name: golden::name(folder).to_owned(), ..case }, log)
    };
    folders.iter().map(read).collect()
}

/// Lines as people paste them, one file for each cause.
fn pasted() -> Vec<(Case, Vec<u8>)> {
    let entries = fs::read_dir(golden::root().join("tests/wild")).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("a file of cases is text");
        let cases: Vec<Case> =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let label = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        cases.into_iter().enumerate().map(move |(index, case)| {
            let text = case.text.clone().into_bytes();
            (Case { name: format!("{label} {}", index + 1), label: label.clone(), ..case }, text)
        })
    };
    files.into_iter().flat_map(read).collect()
}

/// Judges all cases and holds the score against the kept one.
fn assert_score(what: &str, cases: &[(Case, Vec<u8>)]) {
    let catalogue = Catalogue::builtin();
    let (mut score, mut wrong) = (Score::default(), Vec::new());
    for (case, log) in cases {
        wrong.extend(judge(case, log, &catalogue, &mut score));
    }
    let Score { right, of, quoted, captures, false_alarms, healthy } = score;
    println!("{what}: {right}/{of} right, {quoted}/{captures} quoted, {false_alarms}/{healthy} false alarms");
    let text = format!(
        "right: {right}\nof: {of}\nquoted: {quoted}\ncaptures: {captures}\nfalse_alarms: {false_alarms}\nhealthy: {healthy}\n"
    );
    let file = format!("tests/{what}/score.txt");
    let kept = fs::read_to_string(golden::root().join(&file)).unwrap_or_default();
    let before: Score = serde_saphyr::from_str(&kept).unwrap_or_default();
    let has_fallen = right < before.right || quoted < before.quoted || false_alarms > before.false_alarms;
    assert!(golden::is_updating() || !has_fallen, "the score fell from\n{kept}to\n{text}{}", wrong.join("\n"));
    golden::assert_kept(&file, &text);
}

#[test]
fn recorded_logs_are_explained_as_well_as_ever() {
    assert_score("corpus", &recorded());
}

#[test]
fn pasted_lines_are_explained_as_well_as_ever() {
    assert_score("wild", &pasted());
}
