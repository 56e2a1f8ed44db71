//! Phrases that reports and the screen share.

use jiff::Timestamp;

use crate::diagnosis::ahead::Deadline;
use crate::diagnosis::assessment::{Assessment, BlindSpot, Diagnosis, WorkloadState};
use crate::diagnosis::rail::State;
use crate::diagnosis::rule::{Severity, Waiting};
use crate::diagnosis::span;

/// `1 pod`, `40 pods`.
pub fn pods(count: usize) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

/// A time in its largest unit: `42 seconds`, `8 minutes`, `3 hours`, `9 days`.
pub fn duration(seconds: i64) -> String {
    let (number, unit) = largest_unit(seconds);
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// A time in the largest unit of which it holds two, or in seconds.
pub fn largest_unit(seconds: i64) -> (i64, &'static str) {
    match seconds.max(0) {
        seconds @ 0..120 => (seconds, "second"),
        seconds @ 120..7200 => (seconds / 60, "minute"),
        seconds @ 7200..172_800 => (seconds / 3600, "hour"),
        seconds => (seconds / 86_400, "day"),
    }
}

/// What follows from a diagnosis, in one line.
pub fn consequences(diagnosis: &Diagnosis) -> String {
    let mut ids: Vec<&str> = diagnosis.consequences.iter().map(|consequence| consequence.id.as_str()).collect();
    ids.dedup();
    ids.join(", ")
}

/// The permission that is missing, as a Role says it: `get, list, watch` on a resource.
pub fn role(spot: &BlindSpot) -> Option<String> {
    if spot.why != "forbidden" {
        return None;
    }
    let what = spot.what.as_str();
    if what.starts_with("logs of ") || what == "pods/log" {
        return Some("`get pods/log`".to_owned());
    }
    match what.split_once(' ') {
        Some((resource, _)) => Some(format!("`get {resource}`")),
        None => Some(format!("`get, list, watch {what}`")),
    }
}

/// What happens at known times, in one line.
pub fn deadlines(deadlines: &[Deadline], now: Timestamp) -> String {
    deadlines.iter().map(|deadline| deadline.sentence(now)).collect::<Vec<_>>().join("; ")
}

/// How far a workload has come that is not up: since when, what took longest, and what it is at. An Azure ML service is
/// called what its owner reads in the studio.
pub fn course(state: &WorkloadState, now: Timestamp) -> String {
    /// Seconds from which on a stage took long.
    const LONG: i64 = 60;
    let Some(since) = state.stages.iter().filter_map(|step| step.started_at).min() else { return String::new() };
    let word = if state.subject.kind == "Job" { "at work" } else { in_the_studio(state).unwrap_or("starting") };
    let mut said = vec![format!("{word} for {}", between(since, now))];
    let done = state.stages.iter().filter_map(|step| Some((step, step.started_at?, step.ended_at?)));
    let longest = done.max_by_key(|(_, from, to)| to.as_second() - from.as_second());
    let longest = longest.filter(|(_, from, to)| to.as_second() - from.as_second() >= LONG);
    said.extend(longest.map(|(step, from, to)| format!("{} took {}", step.name.name(), between(from, to))));
    let current = state.stages.iter().find(|step| step.state == State::Running);
    let current = current.and_then(|step| Some((step, step.started_at?)));
    said.extend(current.map(|(step, from)| format!("now at {} for {}", step.name.name(), between(from, now))));
    said.join(", ")
}

fn between(from: Timestamp, to: Timestamp) -> String {
    span::in_words(to.as_second() - from.as_second())
}

/// What Azure ML v1 calls a service that is not up.
pub fn in_the_studio(state: &WorkloadState) -> Option<&'static str> {
    (state.stack == "azureml-v1" && state.ready == 0 && state.wanted > 0).then_some("\"Transitioning\" in the studio")
}

/// What happens next to the workload that an error hurts first, and whether it helps to wait.
pub fn ahead(diagnosis: &Diagnosis, assessment: &Assessment, now: Timestamp) -> String {
    let hurt = assessment.workloads.iter().find(|state| diagnosis.reach.workload.as_ref() == Some(&state.subject));
    let Some(state) = hurt.filter(|_| diagnosis.severity == Severity::Error) else { return String::new() };
    let next = deadlines(&state.deadlines, now);
    match (next.is_empty(), diagnosis.waiting) {
        (true, Waiting::Useless) => String::new(),
        (true, Waiting::Helps) => "waiting can help".to_owned(),
        (false, Waiting::Useless) => format!("{next}; waiting does not help"),
        (false, Waiting::Helps) => format!("{next}; waiting can help"),
    }
}
