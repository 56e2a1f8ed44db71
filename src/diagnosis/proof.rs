//! The proof of a rule: its examples and counterexamples, each held against all rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::diagnosis::assessment::{Assessment, Diagnosis};
use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::choose;
use crate::diagnosis::diagnose::diagnose;
use crate::diagnosis::rule::{About, Counterexample, Example, Given, RuleFile};
use crate::diagnosis::symptom::Symptom;
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

impl Proof {
    /// The proof that a rule carries in its file.
    pub fn of(id: &str, file: RuleFile) -> Self {
        Proof { id: id.to_owned(), examples: file.examples, counterexamples: file.counterexamples }
    }
}

/// What a proof shows to be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub id: String,
    /// Words of the example, to find it in the file.
    pub given: String,
    /// What is wrong.
    pub reason: String,
    /// What was expected (`- `), what came (`+ `), and what is the same in both.
    pub difference: Vec<String>,
    /// What to do.
    pub help: &'static str,
}

/// The proofs of the rules that the program carries.
pub fn builtin() -> Vec<Proof> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/proofs.json")))
        .expect("the build wrote it, and a test reads it")
}

/// What is wrong with a rule, held against the whole catalogue.
pub fn check(proof: &Proof, catalogue: &Catalogue) -> Vec<Failure> {
    let Some(rule) = catalogue.rule(&proof.id) else { return Vec::new() };
    let mut failures = missing(proof);
    failures.extend(proof.examples.iter().filter_map(|example| of_example(example, rule, catalogue)));
    failures.extend(proof.counterexamples.iter().filter_map(|example| of_counterexample(example, rule, catalogue)));
    failures.extend(unreached(proof, rule, catalogue));
    failures
}

impl Failure {
    fn new(id: &str, given: String, reason: String, help: &'static str) -> Self {
        Failure { id: id.to_owned(), given, reason, difference: Vec::new(), help }
    }
}

fn missing(proof: &Proof) -> Vec<Failure> {
    let lists = [
        (
            proof.examples.is_empty(),
            "it has no example",
            "paste a real log or message that it is about under `examples`",
        ),
        (
            proof.counterexamples.is_empty(),
            "it has no counterexample",
            "paste a text that looks alike and means something else under `counterexamples`, with `why`",
        ),
    ];
    let missing = lists.into_iter().filter(|(is_missing, ..)| *is_missing);
    missing.map(|(_, reason, help)| Failure::new(&proof.id, String::new(), reason.to_owned(), help)).collect()
}

fn of_example(example: &Example, rule: &Rule, catalogue: &Catalogue) -> Option<Failure> {
    let assessment = diagnose(&snapshot(&example.given, first_about(rule), catalogue), catalogue);
    let (reason, help) = wrong(&assessment, rule, &example.expect, catalogue)?;
    let failure = Failure::new(&rule.id, headline(&example.given), reason, help);
    Some(Failure { difference: difference(&assessment, rule, &example.expect, catalogue), ..failure })
}

fn of_counterexample(example: &Counterexample, rule: &Rule, catalogue: &Catalogue) -> Option<Failure> {
    let assessment = diagnose(&snapshot(&example.given, first_about(rule), catalogue), catalogue);
    let holds = assessment.diagnoses.iter().any(|diagnosis| diagnosis.id == rule.id);
    holds.then(|| {
        let reason = format!("it holds, but must not: {}", example.why);
        Failure::new(
            &rule.id,
            headline(&example.given),
            reason,
            "make the patterns narrower, or say under `unless` what tells the two apart",
        )
    })
}

/// Patterns without an example that shows that they match what they are meant for.
fn unreached(proof: &Proof, rule: &Rule, catalogue: &Catalogue) -> Vec<Failure> {
    let examples = proof.examples.iter();
    let reached: Vec<u16> = examples.flat_map(|example| patterns_reached(&example.given, rule, catalogue)).collect();
    let patterns = rule.symptoms.iter().flat_map(Symptom::patterns).filter(|pattern| !reached.contains(pattern));
    let failure = |pattern| {
        let pattern = catalogue.pattern(pattern);
        let shown = pattern.text.shown();
        if let Some(fault) = pattern.fault() {
            let help = "repeat fewer times";
            return Failure::new(&rule.id, shown.to_owned(), format!("the pattern cannot be used: {fault}"), help);
        }
        let help = "add an example with a line that it matches, or take the pattern away";
        Failure::new(&rule.id, shown.to_owned(), format!("no example reaches the pattern `{shown}`"), help)
    };
    patterns.map(failure).collect()
}

/// The kind of object that a message without more is taken to be about.
fn first_about(rule: &Rule) -> About {
    rule.file.about.as_slice().first().copied().unwrap_or(About::Container)
}

/// Why an assessment is not what an example expects, and what to do.
fn wrong(
    assessment: &Assessment,
    rule: &Rule,
    expect: &BTreeMap<String, String>,
    catalogue: &Catalogue,
) -> Option<(String, &'static str)> {
    let Some(first) = assessment.diagnoses.first() else {
        return Some(("nothing is found".to_owned(), "compare the example with the patterns, letter by letter"));
    };
    if first.id != rule.id {
        let reason = format!("{} is found first: {}", first.id, first.words.title);
        return Some((reason, "make the pattern longer than the other's, or let the other `yields_to` this one"));
    }
    let differing = expect.iter().find(|(name, wanted)| bound(first, name) != **wanted);
    if let Some((name, _)) = differing {
        return Some((
            format!("{{{name}}} stands for something else"),
            "mind where the hole begins and ends; `{name:word}` holds less",
        ));
    }
    if first.words.title == rule.id {
        let help = "add a second title that does without it";
        return Some(("its title needs a name that is not bound".to_owned(), help));
    }
    let other = others(assessment, rule, catalogue).next()?;
    let help = "name it under `causes` if it follows from this one, or make one of the two narrower";
    Some((format!("{} is found too, and is not among its `causes`", other.id), help))
}

fn bound<'a>(diagnosis: &'a Diagnosis, name: &str) -> &'a str {
    diagnosis.names.get(name).map_or("nothing", SafeText::as_str)
}

/// Diagnoses beside the first that do not follow from the rule.
fn others<'a>(
    assessment: &'a Assessment,
    rule: &'a Rule,
    catalogue: &'a Catalogue,
) -> impl Iterator<Item = &'a Diagnosis> {
    let follows = choose::follows(rule, catalogue);
    let expected = move |id: &str| catalogue.index(id).is_some_and(|index| follows.contains(&index));
    assessment.diagnoses.iter().skip(1).filter(move |other| other.id != rule.id && !expected(&other.id))
}

/// What was expected against what came, line by line.
fn difference(
    assessment: &Assessment,
    rule: &Rule,
    expect: &BTreeMap<String, String>,
    catalogue: &Catalogue,
) -> Vec<String> {
    let first = assessment.diagnoses.first();
    let mut lines = pair(&rule.id, first.map_or("nothing", |first| first.id.as_str()));
    for (name, wanted) in expect {
        let came = first.map_or("nothing", |first| bound(first, name));
        lines.extend(pair(&format!("  {name}: {wanted}"), &format!("  {name}: {came}")));
    }
    lines.extend(others(assessment, rule, catalogue).map(|other| format!("+ {}", other.id)));
    lines
}

fn pair(expected: &str, came: &str) -> Vec<String> {
    if expected == came { vec![format!("  {came}")] } else { vec![format!("- {expected}"), format!("+ {came}")] }
}

/// The patterns of a rule that the words of an example match.
fn patterns_reached(given: &Given, rule: &Rule, catalogue: &Catalogue) -> Vec<u16> {
    let mut texts: Vec<String> = Vec::new();
    texts.extend(given.log.clone());
    texts.extend(given.message.clone());
    texts.extend(given.logs.values().cloned());
    given.objects.iter().for_each(|object| strings(object, &mut texts));
    let patterns = rule.symptoms.iter().flat_map(Symptom::patterns);
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
        snapshot.apply(Change::Log(LogKey::pasted(&SafeText::new("-")), read(log, catalogue)));
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
        snapshot.apply(Change::Put(kind, object));
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
