//! The proof of a rule: its examples and counterexamples, each held against all rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::diagnosis::assessment::Assessment;
use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::choose;
use crate::diagnosis::diagnose::diagnose;
use crate::diagnosis::rule::{About, Counterexample, Example, Given};
use crate::snapshot::kind::{Kind, repaired};
use crate::snapshot::log::reader::LogReader;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, LogKey, Snapshot};

/// The examples of a rule.
#[derive(Clone, Debug, Deserialize)]
pub struct Proof {
    /// The rule.
    pub id: String,
    /// Cases where it holds.
    pub examples: Vec<Example>,
    /// Cases that look alike.
    pub counterexamples: Vec<Counterexample>,
}

/// What a proof shows to be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub id: String,
    /// Words of the example, to find it in the file.
    pub given: String,
    /// What was expected, and what came.
    pub reason: String,
}

/// The proofs of the rules that the program carries.
pub fn builtin() -> Vec<Proof> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/proofs.json")))
        .expect("the build wrote it, and a test reads it")
}

/// What is wrong with a rule, held against the whole catalogue.
pub fn check(proof: &Proof, catalogue: &Catalogue) -> Vec<Failure> {
    let Some(rule) = catalogue.rule(&proof.id) else { return Vec::new() };
    let failure = |given: &Given, reason: String| Failure { id: proof.id.clone(), given: headline(given), reason };
    let mut failures = Vec::new();
    if proof.examples.is_empty() {
        failures.push(failure(&Given::default(), "it has no example".to_owned()));
    }
    if proof.counterexamples.is_empty() {
        failures.push(failure(&Given::default(), "it has no counterexample".to_owned()));
    }
    let mut reached = Vec::new();
    for example in &proof.examples {
        let snapshot = snapshot(&example.given, first_about(rule), catalogue);
        let assessment = diagnose(&snapshot, catalogue);
        failures
            .extend(wrong(&assessment, rule, &example.expect, catalogue).map(|reason| failure(&example.given, reason)));
        reached.extend(patterns_reached(&example.given, rule, catalogue));
    }
    for counterexample in &proof.counterexamples {
        let assessment = diagnose(&snapshot(&counterexample.given, first_about(rule), catalogue), catalogue);
        if assessment.diagnoses.iter().any(|diagnosis| diagnosis.id == rule.id) {
            failures.push(failure(&counterexample.given, format!("it holds, but must not: {}", counterexample.why)));
        }
    }
    for pattern in rule.symptoms.iter().flat_map(crate::diagnosis::symptom::Symptom::patterns) {
        let text = format!("{:?}", catalogue.pattern(pattern).text);
        if !reached.contains(&pattern) {
            failures.push(failure(&Given::default(), format!("no example reaches the pattern {text}")));
        }
    }
    failures
}

/// The kind of object that a message without more is taken to be about.
fn first_about(rule: &Rule) -> About {
    rule.file.about.as_slice().first().copied().unwrap_or(About::Container)
}

/// Why an assessment is not what an example expects.
fn wrong(
    assessment: &Assessment,
    rule: &Rule,
    expect: &BTreeMap<String, String>,
    catalogue: &Catalogue,
) -> Option<String> {
    let Some(first) = assessment.diagnoses.first() else { return Some("nothing is found".to_owned()) };
    if first.id != rule.id {
        return Some(format!("{} is found first: {}", first.id, first.words.title));
    }
    for (name, wanted) in expect {
        let bound = first.names.get(name).map_or("nothing", SafeText::as_str);
        if bound != wanted {
            return Some(format!("{{{name}}} is {bound}, not {wanted}"));
        }
    }
    if first.words.title == rule.id {
        return Some("its title needs a name that is not bound".to_owned());
    }
    let follows = choose::follows(rule, catalogue);
    let expected = |id: &str| catalogue.index(id).is_some_and(|index| follows.contains(&index));
    let others = assessment.diagnoses.iter().skip(1).find(|other| other.id != rule.id && !expected(&other.id));
    others.map(|other| format!("{} is found too, and is not among its `causes`", other.id))
}

/// The patterns of a rule that the words of an example match.
fn patterns_reached(given: &Given, rule: &Rule, catalogue: &Catalogue) -> Vec<u16> {
    let mut texts: Vec<String> = Vec::new();
    texts.extend(given.log.clone());
    texts.extend(given.message.clone());
    texts.extend(given.logs.values().cloned());
    given.objects.iter().for_each(|object| strings(object, &mut texts));
    let patterns = rule.symptoms.iter().flat_map(crate::diagnosis::symptom::Symptom::patterns);
    let records: Vec<String> = texts.iter().flat_map(|text| records(text, catalogue)).collect();
    let found = |text: &String, id: &u16| catalogue.pattern(*id).find(text, text.len()).is_some();
    patterns.filter(|id| texts.iter().chain(&records).any(|text| found(text, id))).collect()
}

/// The texts of the records in a log: prefixes peeled, escapes undone.
fn records(text: &str, catalogue: &Catalogue) -> Vec<String> {
    let mut reader = LogReader::new(catalogue.sieve.clone(), 0);
    reader.push(text.as_bytes());
    let log = reader.into_log();
    log.records.iter().map(|record| format!("{}\n{}", record.text, record.context)).collect()
}

fn strings(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(fields) => fields.values().for_each(|item| strings(item, texts)),
        _ => {}
    }
}

fn headline(given: &Given) -> String {
    let text = given.log.as_ref().or(given.message.as_ref()).cloned().unwrap_or_default();
    text.lines().next().unwrap_or_default().chars().take(100).collect()
}

/// The snapshot that an example describes.
pub fn snapshot(given: &Given, about: About, catalogue: &Catalogue) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.source.namespace = SafeText::new("ml");
    if let Some(log) = &given.log {
        let key = LogKey {
            namespace: SafeText::default(),
            pod: SafeText::default(),
            container: SafeText::new("-"),
            previous: false,
        };
        snapshot.apply(Change::Log(key, read(log, catalogue)));
    }
    if let Some(message) = &given.message {
        let kind = object_kind(about);
        put(&mut snapshot, &object(kind));
        put(&mut snapshot, &event(kind, given.reason.as_deref().unwrap_or_default(), message));
    }
    for object in &given.objects {
        put(&mut snapshot, object);
    }
    for (place, log) in &given.logs {
        let mut parts = place.split('/').map(SafeText::new);
        let (pod, container) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let namespaces = snapshot.of_kind::<crate::snapshot::pod::Pod>(Kind::Pod).find(|(key, _)| key.name == pod);
        let namespace = namespaces.map(|(key, _)| key.namespace.clone()).unwrap_or_default();
        let key = LogKey { namespace, pod, container, previous: parts.next().is_some() };
        snapshot.apply(Change::Log(key, read(log, catalogue)));
    }
    snapshot
}

fn read(log: &str, catalogue: &Catalogue) -> Arc<crate::snapshot::log::Log> {
    const TAIL: usize = 64;
    let mut reader = LogReader::new(catalogue.sieve.clone(), TAIL);
    reader.push(log.as_bytes());
    Arc::new(reader.into_log())
}

fn put(snapshot: &mut Snapshot, value: &Value) {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(kind) = Kind::of(&text("apiVersion"), &text("kind")) else { return };
    if let (Some(object), _) = repaired(kind, value) {
        snapshot.apply(Change::Put(kind, Box::new(object)));
    }
}

/// The kind of object that a message without more is taken to be about.
fn object_kind(about: About) -> &'static str {
    match about {
        About::Container | About::Pod => "Pod",
        About::Workload => "ReplicaSet",
        About::Claim => "PersistentVolumeClaim",
        About::Service => "Service",
        About::Ingress => "Ingress",
        About::Node => "Node",
        About::Custom => "InferenceService",
    }
}

fn object(kind: &str) -> Value {
    let spec = if kind == "Pod" {
        json!({"containers": [{"name": "server", "image": "registry.example/app:1"}]})
    } else {
        json!({})
    };
    json!({"kind": kind, "metadata": {"name": "example", "namespace": "ml", "uid": "u-1"}, "spec": spec})
}

fn event(kind: &str, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e-1", "namespace": "ml"}, "reason": reason, "message": message,
        "involvedObject": {"kind": kind, "namespace": "ml", "name": "example", "uid": "u-1"}})
}
