//! When no rule knows a log: quotes the record that a person would look at first, and guesses nothing.

use crate::diagnosis::assessment::{Diagnosis, Reach, Words};
use crate::diagnosis::evidence;
use crate::diagnosis::rule::{Severity, Waiting};
use crate::diagnosis::template::Names;
use crate::snapshot::LogKey;
use crate::snapshot::log::Log;
use crate::snapshot::log::record::Record;
use crate::snapshot::subject::Subject;

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
    let (severity, names) = (Severity::Info, Names::new());
    Some(Diagnosis {
        id: ID.to_owned(),
        severity,
        waiting: Waiting::Useless,
        subject,
        reach: Reach::default(),
        words,
        names,
        evidence,
        consequences: Vec::new(),
        changes: None,
    })
}

/// The record that a person would look at first: the last that looks like an error and was not survived.
pub fn suspect(log: &Log, last_well: u64) -> Option<&Record> {
    let alarming = log.records.iter().filter(|record| record.is_alarming() && record.place.seen >= last_well);
    alarming.max_by_key(|record| (record.is_traceback, record.place.seen))
}

/// What the record says, in one line.
pub fn headline(record: &Record) -> String {
    let line = record.root().map_or_else(
        || record.text.lines().next().unwrap_or_default().to_owned(),
        |raised| format!("{}: {}", raised.kind, raised.message.lines().next().unwrap_or_default()),
    );
    line.chars().take(160).collect()
}
