//! Logs recorded from real frameworks: the first diagnosis has the right id and quotes what matters, and healthy logs
//! raise nothing. How many are right is kept in `tests/corpus/score.txt` and may not fall.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use unstuck::diagnosis::assessment::Assessment;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::diagnosis::rule::Severity;
use unstuck::snapshot::log::reader::LogReader;
use unstuck::snapshot::text::SafeText;
use unstuck::snapshot::{Change, LogKey, Snapshot};

use crate::golden;

/// What a good diagnosis of a log says.
#[derive(Debug, Deserialize)]
struct Case {
    label: String,
    #[serde(default)]
    also_ok: Vec<String>,
    #[serde(default)]
    captures: BTreeMap<String, Value>,
}

/// How many cases came out well.
#[derive(Debug, Default, Deserialize, PartialEq)]
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
    const TAIL: usize = 64;
    let mut reader = LogReader::new(catalogue.sieve.clone(), TAIL);
    reader.push(log);
    let (nowhere, file) = (SafeText::default(), SafeText::new("-"));
    let key = LogKey { namespace: nowhere.clone(), pod: nowhere, container: file, previous: false };
    let mut snapshot = Snapshot::default();
    snapshot.apply(Change::Log(key, Arc::new(reader.into_log())));
    diagnose(&snapshot, catalogue)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn judge(folder: &Path, catalogue: &Catalogue, score: &mut Score) -> Option<String> {
    let name = golden::name(folder);
    let case: Case =
        serde_saphyr::from_str(&fs::read_to_string(folder.join("case.yaml")).expect("a case has its label"))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    let assessment = explain(&fs::read(folder.join("log.txt")).expect("a case has its log"), catalogue);
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
    let missing: Vec<&String> =
        case.captures.iter().filter(|(_, value)| !quoted(&plain(value))).map(|(key, _)| key).collect();
    score.quoted += case.captures.len() - missing.len();
    (!missing.is_empty()).then(|| format!("{name}: not quoted {missing:?}"))
}

#[test]
fn recorded_logs_are_explained_as_well_as_ever() {
    let catalogue = Catalogue::builtin();
    let (mut score, mut wrong) = (Score::default(), Vec::new());
    for folder in golden::folders(&golden::root().join("tests/corpus")) {
        wrong.extend(judge(&folder, &catalogue, &mut score));
    }
    let Score { right, of, quoted, captures, false_alarms, healthy } = score;
    let text = format!(
        "right: {right}\nof: {of}\nquoted: {quoted}\ncaptures: {captures}\nfalse_alarms: {false_alarms}\nhealthy: {healthy}\n"
    );
    println!("corpus: {right}/{of} right, {quoted}/{captures} quoted, {false_alarms}/{healthy} false alarms");
    let kept = fs::read_to_string(golden::root().join("tests/corpus/score.txt")).unwrap_or_default();
    let before: Score = serde_saphyr::from_str(&kept).unwrap_or_default();
    let has_fallen = right < before.right || quoted < before.quoted || false_alarms > before.false_alarms;
    assert!(!has_fallen, "the score fell from\n{kept}to\n{text}{}", wrong.join("\n"));
    golden::assert_kept("tests/corpus/score.txt", &text);
}
