//! The life of a container: the runs that its last status tells of, and its status at a moment of the play.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::demo::play::event::Hints;
use crate::demo::stamp;

/// From the end of a run until the kubelet calls it a crash loop.
const BACK_OFF: SignedDuration = SignedDuration::from_secs(1);

/// From a start of the container to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Restarts before it.
    pub restarts: u64,
    /// Its start.
    pub start: Timestamp,
    /// How it ended, as in `terminated`.
    pub terminated: Option<Value>,
}

impl Run {
    /// Its end.
    pub fn end(&self) -> Option<Timestamp> {
        stamp::at(self.terminated.as_ref()?, "/finishedAt")
    }
}

/// The life of a container.
#[derive(Clone, Debug)]
pub struct ContainerLife {
    /// Its name.
    pub name: String,
    /// Its runs, in their order.
    pub runs: Vec<Run>,
    /// The status that was recorded.
    status: Value,
    /// What the kubelet calls its pod.
    pod: String,
    trouble: Option<Timestamp>,
}

impl ContainerLife {
    /// The life that a recorded status stands for. Of many runs only the last are recorded: the first is played like
    /// them, at the time at which events say that it began.
    pub fn new(status: &Value, pod: &str, hints: &Hints<'_>) -> ContainerLife {
        let name = status["name"].as_str().unwrap_or_default().to_owned();
        let mut runs = recorded_runs(status);
        if let Some(first) = hints.started(&name).and_then(|started| first_run(started, runs.first()?)) {
            runs.insert(0, first);
        }
        let trouble = hints.trouble(&name).filter(|_| runs.is_empty());
        ContainerLife { name, runs, status: status.clone(), pod: pod.to_owned(), trouble }
    }

    /// Does it wait for its next start, or for ever?
    pub fn is_waiting(&self) -> bool {
        self.status["state"]["waiting"].is_object()
    }

    /// The moments at which its status changes.
    pub fn moments(&self) -> Vec<Timestamp> {
        let ends = self.runs.iter().filter_map(Run::end);
        let back_offs = ends.clone().filter_map(|end| end.checked_add(BACK_OFF).ok());
        self.runs.iter().map(|run| run.start).chain(ends).chain(back_offs).chain(self.trouble).collect()
    }

    /// From when on its status is the recorded one.
    pub fn settled(&self) -> Option<Timestamp> {
        let back_off = self.runs.last().filter(|_| self.is_waiting()).and_then(Run::end);
        let back_off = back_off.and_then(|end| end.checked_add(BACK_OFF).ok());
        let bounds = self.runs.iter().flat_map(|run| [Some(run.start), run.end()]).flatten();
        bounds.chain(back_off).chain(self.trouble).max()
    }

    /// Its status at a moment; `waiting` is what it waits for before its first run.
    pub fn at(&self, now: Timestamp, waiting: &str) -> Value {
        if self.settled().is_some_and(|settled| settled <= now) {
            return self.status.clone();
        }
        let mut status = self.status.clone();
        let started = self.runs.partition_point(|run| run.start <= now);
        let Some((run, before)) = self.runs[..started].split_last() else {
            self.put(&mut status, 0, json!({"waiting": {"reason": waiting}}));
            status["lastState"] = json!({});
            return status;
        };
        let ended = run.end().filter(|end| *end <= now);
        let backs_off = ended.and_then(|end| end.checked_add(BACK_OFF).ok()).is_some_and(|from| from <= now);
        let state = match (&run.terminated, ended) {
            (Some(_), Some(_)) if backs_off => self.back_off(),
            (Some(terminated), Some(_)) => json!({"terminated": terminated}),
            _ => json!({"running": {"startedAt": stamp::written(run.start)}}),
        };
        let last = if backs_off { Some(run) } else { before.last() };
        self.put(&mut status, run.restarts, state);
        status["lastState"] =
            last.and_then(|run| run.terminated.clone()).map_or(json!({}), |ended| json!({"terminated": ended}));
        status
    }

    fn put(&self, status: &mut Value, restarts: u64, state: Value) {
        let runs_well = state["running"].is_object() && self.status["ready"] == true;
        status["ready"] = json!(runs_well);
        status["started"] = json!(runs_well);
        status["restartCount"] = json!(restarts);
        status["state"] = state;
        if self.runs.is_empty() {
            status["imageID"] = json!("");
        }
    }

    fn back_off(&self) -> Value {
        let message = format!("back-off 10s restarting failed container={} pod={}", self.name, self.pod);
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}})
    }
}

fn recorded_runs(status: &Value) -> Vec<Run> {
    let restarts = status["restartCount"].as_u64().unwrap_or_default();
    let ended = |place: &str, restarts| {
        let terminated = status[place].get("terminated")?;
        let start = stamp::at(terminated, "/startedAt")?;
        Some(Run { restarts, start, terminated: Some(terminated.clone()) })
    };
    let running = stamp::at(status, "/state/running/startedAt");
    let running = running.map(|start| Run { restarts, start, terminated: None });
    let now = running.or_else(|| ended("state", restarts));
    let before = if now.is_some() { restarts.saturating_sub(1) } else { restarts };
    ended("lastState", before).into_iter().chain(now).collect()
}

/// The first run, like the first that was recorded; nothing where that is the first.
fn first_run(started: Timestamp, like: &Run) -> Option<Run> {
    let length = like.end()?.duration_since(like.start);
    let finished = started.checked_add(length).ok()?;
    if like.restarts == 0 || finished.checked_add(BACK_OFF * 2).ok()? >= like.start {
        return None;
    }
    let mut terminated = like.terminated.clone()?;
    terminated["startedAt"] = json!(stamp::written(started));
    terminated["finishedAt"] = json!(stamp::written(finished));
    if let Some((runtime, id)) = like.terminated.as_ref()?["containerID"].as_str().and_then(|id| id.split_once("://")) {
        let other: String = id.chars().rev().collect();
        terminated["containerID"] = json!(format!("{runtime}://{other}"));
    }
    Some(Run { restarts: 0, start: started, terminated: Some(terminated) })
}
