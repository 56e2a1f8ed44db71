//! What is told while rollouts are waited for: one line, or one JSON object, for each change.

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::wait::look::{self, Look, Rollout};
use crate::diagnosis::assessment::Diagnosis;
use crate::diagnosis::rail::{Stage, State};
use crate::diagnosis::rule::Waiting;
use crate::snapshot::Key;
use crate::snapshot::subject::Subject;

/// A change of a rollout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// What kind of change.
    #[serde(flatten)]
    pub change: Change,
    /// When, on the clock of the API server.
    pub time: Option<Timestamp>,
    /// Of which object; nothing where all are meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Subject>,
    /// In a sentence.
    pub text: String,
}

/// The kinds of change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Change {
    /// It came further, or fell back.
    Stage {
        /// Where the pod that came least far stands; nothing where all is behind it.
        #[serde(skip_serializing_if = "Option::is_none")]
        stage: Option<Stage>,
        /// How it stands there.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<State>,
        /// Pods that are ready.
        ready: i64,
        /// Pods that are wanted.
        wanted: i64,
    },
    /// Something was found to be wrong.
    Found {
        /// In full.
        diagnosis: Box<Diagnosis>,
    },
    /// It is no longer wrong.
    Mended {
        /// The rule.
        id: String,
    },
    /// Something else was asked for in the meantime: that is followed now.
    Replaced {
        /// The generation that is followed now.
        generation: i64,
    },
    /// It is not there.
    Missing,
    /// The wait is over.
    End {
        /// `rolled_out`, `broken`, `deleted`, `missing` or `timed_out`.
        outcome: &'static str,
    },
}

/// What changed from one look to the next. An object that is gone is told of by the one who knows for how long.
pub fn between(before: &Look, after: &Look) -> Vec<Event> {
    let time = after.assessment.source.taken_at;
    let mut events = Vec::new();
    for (key, rollout) in &after.rollouts {
        let known = before.rollouts.get(key);
        let changes = known.into_iter().filter_map(|known| replaced(known, rollout)).chain(stage(known, rollout));
        let errors = known.map_or(&[] as &[Diagnosis], |known| known.errors.as_slice());
        let changes = changes.chain(found(errors, rollout)).chain(mended(errors, rollout));
        let name = named(key, &after.assessment.source.namespace);
        events.extend(changes.map(|(change, text)| Event {
            change,
            time,
            object: Some(Subject::new(key.kind.name(), &key.namespace, &key.name)),
            text: format!("{name} {text}"),
        }));
    }
    events
}

/// As kubectl names an object; with its namespace where all are looked at.
pub fn named(key: &Key, namespace: &str) -> String {
    let name = super::target::shown(key.kind, &key.name);
    if namespace.is_empty() { format!("{name} in {}", key.namespace) } else { name }
}

fn replaced(before: &Rollout, after: &Rollout) -> Option<(Change, String)> {
    let change = Change::Replaced { generation: after.generation };
    if before.uid != after.uid {
        return Some((change, "was deleted and made anew; the new one is followed".to_owned()));
    }
    let text = format!("was changed meanwhile (generation {}); that is followed now", after.generation);
    (before.generation != after.generation).then_some((change, text))
}

fn stage(before: Option<&Rollout>, after: &Rollout) -> Option<(Change, String)> {
    let text = look::words(after);
    if before.is_some_and(|before| look::words(before) == text) {
        return None;
    }
    let at = after.at.as_ref();
    let (stage, state) = (at.map(|step| step.name), at.map(|step| step.state));
    Some((Change::Stage { stage, state, ready: after.ready, wanted: after.wanted }, text))
}

fn found(known: &[Diagnosis], after: &Rollout) -> Vec<(Change, String)> {
    let new = after.errors.iter().filter(|error| !known.iter().any(|other| is_same(other, error)));
    let told = new.map(|error| {
        let hope = if error.waiting == Waiting::Helps { "waiting can help" } else { "waiting does not help" };
        let text = format!("has an error ({hope}): {}", error.words.title);
        (Change::Found { diagnosis: Box::new(error.clone()) }, text)
    });
    told.collect()
}

fn mended(known: &[Diagnosis], after: &Rollout) -> Vec<(Change, String)> {
    let gone = known.iter().filter(|error| !after.errors.iter().any(|other| is_same(other, error)));
    gone.map(|error| (Change::Mended { id: error.id.clone() }, format!("has no longer: {}", error.words.title)))
        .collect()
}

/// Is it the same diagnosis of the same workload? A pod that was replaced by another makes no difference.
pub fn is_same(one: &Diagnosis, other: &Diagnosis) -> bool {
    one.id == other.id && one.reach.workload == other.reach.workload
}
