//! When no rule knows a log: quotes the record that a person would look at first, and guesses nothing.

use crate::diagnosis::assessment::{Diagnosis, Evidence, Fix, Reach, Verdict, Words};
use crate::diagnosis::evidence;
use crate::diagnosis::rule::{Severity, Waiting};
use crate::diagnosis::template::Names;
use crate::snapshot::container::ContainerStatus;
use crate::snapshot::kind::Kind;
use crate::snapshot::log::Log;
use crate::snapshot::log::record::Record;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::{LogKey, Snapshot};

/// The id of what no rule explains.
pub const ID: &str = "unexplained";

/// The last record that looks like an error and was not survived, as a diagnosis of severity `info`.
pub fn in_log(key: &LogKey, log: &Log, last_well: u64) -> Option<Diagnosis> {
    let record = suspect(log, last_well)?;
    let span = record.root().map_or(0..record.text.len().min(1), |raised| raised.span.clone());
    let evidence = evidence::of_record(key, record, &record.text, &span);
    let subject = if key.pod.is_empty() {
        Subject::log(&key.container)
    } else {
        Subject::container(&key.namespace, &key.pod, &key.container)
    };
    let words = Words {
        title: format!("No rule knows this error: {}", headline(record)),
        explanation: vec!["This is the record of the log that looks most like the cause.".to_owned()],
        ..Words::default()
    };
    Some(of(subject, words, evidence))
}

/// The first pods that are not up, where nothing that was pasted tells why, as diagnoses of severity `info`. Of what is on
/// its way only those that wait for something they name.
pub fn in_pods(snapshot: &Snapshot, verdict: Verdict) -> Vec<Diagnosis> {
    /// More of them say no more.
    const FIRST: usize = 3;
    /// Seconds in which nobody has to ask.
    const START: i64 = 120;
    let age = |pod: &Pod| {
        let (made, now) = pod.metadata.creation_timestamp.zip(snapshot.source.taken_at)?;
        Some(now.as_second() - made.as_second())
    };
    let is_asked = |pod: &Pod| match verdict {
        Verdict::Unknown => true,
        Verdict::Progressing => !pod.status.reason.is_empty(),
        _ => false,
    };
    let is_asked = |pod: &Pod| is_asked(pod) && age(pod).is_none_or(|age| age > START);
    let pods = snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| pod);
    let unready = pods.filter(|pod| !pod.is_ready() && pod.status.phase != "Succeeded" && is_asked(pod));
    unready.take(FIRST).map(in_pod).collect()
}

fn in_pod(pod: &Pod) -> Diagnosis {
    let subject = Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
    let (path, state) = state(pod);
    let name = if subject.name.is_empty() { "the pod".to_owned() } else { format!("pod {}", subject.name) };
    let seen = if state.is_empty() { "not up".to_owned() } else { state.to_string() };
    let namespace = subject.namespace.as_ref().map(|namespace| format!("-n {namespace} ")).unwrap_or_default();
    let look = Fix {
        title: "Paste what tells more".to_owned(),
        text: "Its events and the states of its containers say why, and its log what its program wrote.".to_owned(),
        command: (!subject.name.is_empty()).then(|| {
            format!(
                "(kubectl {namespace}describe pod {0}; kubectl {namespace}logs {0} --all-containers --tail=200) | unstuck explain",
                subject.name
            )
        }),
    };
    let words = Words {
        title: format!("Nothing here tells why {name} is {seen}"),
        explanation: vec!["What was read holds the state of the pod, and not what led to it.".to_owned()],
        fixes: vec![look],
        ..Words::default()
    };
    let evidence = if state.is_empty() { Vec::new() } else { vec![evidence::of_object(subject.clone(), path, &state)] };
    of(subject, words, evidence)
}

/// The word that says most about the state of a pod, and the field that holds it.
fn state(pod: &Pod) -> (&'static str, SafeText) {
    let waiting = pod.all_statuses().map(ContainerStatus::waiting_reason).find(|reason| !reason.is_empty());
    match waiting {
        _ if !pod.status.reason.is_empty() => ("status.reason", pod.status.reason.clone()),
        Some(reason) => ("status.containerStatuses[].state.waiting.reason", SafeText::new(reason)),
        None => ("status.phase", pod.status.phase.clone()),
    }
}

fn of(subject: Subject, words: Words, evidence: Vec<Evidence>) -> Diagnosis {
    Diagnosis {
        id: ID.to_owned(),
        severity: Severity::Info,
        waiting: Waiting::Useless,
        subject,
        reach: Reach::default(),
        words,
        names: Names::new(),
        evidence,
        consequences: Vec::new(),
        changes: None,
    }
}

/// The record that a person would look at first: the last that looks like an error and was not survived.
pub fn suspect(log: &Log, last_well: u64) -> Option<&Record> {
    let alarming = log.records.iter().filter(|record| record.is_alarming() && record.place.seen >= last_well);
    alarming.max_by_key(|record| (record.is_traceback, record.place.seen))
}

/// What the record says, in one line.
pub fn headline(record: &Record) -> String {
    let line = record.root().map_or_else(
        || record.written.lines().next().unwrap_or_default().to_owned(),
        |raised| format!("{}: {}", raised.kind, raised.message.lines().next().unwrap_or_default()),
    );
    line.chars().take(160).collect()
}
