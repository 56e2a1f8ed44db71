//! The stages of a deployment's life, and how far a workload came.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::diagnosis::rule::{Moment, Severity};
use crate::diagnosis::track::{self, Track};
use crate::snapshot::Snapshot;
use crate::snapshot::kind::Object;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;

/// A step of a deployment's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it, and ARCHITECTURE.md tells what each means")]
pub enum Stage {
    Admitted,
    Scheduled,
    Volumes,
    Image,
    Init,
    Started,
    Imports,
    #[serde(rename = "model load")]
    ModelLoad,
    Ready,
    Routed,
}

impl Stage {
    /// In order.
    pub const ALL: [Stage; 10] = [
        Stage::Admitted,
        Stage::Scheduled,
        Stage::Volumes,
        Stage::Image,
        Stage::Init,
        Stage::Started,
        Stage::Imports,
        Stage::ModelLoad,
        Stage::Ready,
        Stage::Routed,
    ];

    /// As it is read.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Admitted => "admitted",
            Stage::Scheduled => "scheduled",
            Stage::Volumes => "volumes",
            Stage::Image => "image",
            Stage::Init => "init",
            Stage::Started => "started",
            Stage::Imports => "imports",
            Stage::ModelLoad => "model load",
            Stage::Ready => "ready",
            Stage::Routed => "routed",
        }
    }

    /// The stage at which the rules of a folder of `diagnostics/` hold a deployment.
    fn of_folder(folder: &str) -> Option<Stage> {
        Some(match folder {
            "admission" => Stage::Admitted,
            "scheduling" => Stage::Scheduled,
            "storage" => Stage::Volumes,
            "image" => Stage::Image,
            "init" => Stage::Init,
            "configuration" | "start" => Stage::Started,
            "dependencies" => Stage::Imports,
            "score-script" | "model-load" => Stage::ModelLoad,
            "serving" => Stage::Ready,
            _ => return None,
        })
    }
}

/// How a workload stands at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Behind it.
    Done,
    /// There is nothing to do at it.
    Skipped,
    /// At it, within its time.
    Running,
    /// At it, and something holds it there.
    Stuck,
    /// It was tried and did not succeed.
    Failed,
    /// What would tell cannot be seen.
    Unknown,
    /// Not there yet.
    Ahead,
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(match self {
            State::Done | State::Skipped => "done",
            State::Running => "running",
            State::Stuck => "stuck",
            State::Failed => "failed",
            State::Unknown | State::Ahead => "unknown",
        })
    }
}

/// A stage of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which.
    pub name: Stage,
    /// How it stands.
    pub state: State,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it cannot be seen, or where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Step {
    /// A step of which no times are known.
    pub fn new(name: Stage, state: State) -> Self {
        Step { name, state, started_at: None, ended_at: None, note: None }
    }

    /// With the time when it was behind it.
    #[must_use]
    pub fn at(mut self, ended_at: Option<Timestamp>) -> Self {
        self.ended_at = ended_at;
        self
    }

    /// With the time when it began.
    #[must_use]
    pub fn since(mut self, started_at: Option<Timestamp>) -> Self {
        self.started_at = started_at;
        self
    }

    /// With a note.
    #[must_use]
    pub fn noted(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }
}

/// The rail of a workload that wants pods.
pub fn rail(track: &Track<'_>) -> Vec<Step> {
    let mut steps = match track.pod {
        Some(pod) => track::seen(track, pod),
        None => Stage::ALL.into_iter().map(|stage| Step::new(stage, State::Ahead)).collect(),
    };
    if track.pod.is_none() {
        steps[0] = Step::new(Stage::Admitted, State::Running);
    }
    hold(track, &mut steps);
    chain_times(&mut steps);
    steps
}

/// Marks the stage at which a diagnosis holds the workload; what is after it was not reached.
fn hold(track: &Track<'_>, steps: &mut [Step]) {
    let ready = steps[Stage::Ready as usize].state == State::Done;
    let starting = track.diagnoses.iter().filter(|diagnosis| {
        let rule = track.catalogue.rule(&diagnosis.id);
        diagnosis.severity == Severity::Error && rule.is_some_and(|rule| !ready || rule.file.moment == Moment::Start)
    });
    for diagnosis in starting {
        let folder = track.catalogue.rule(&diagnosis.id).map_or("", |rule| rule.stage.as_str());
        let at_way_in = diagnosis.subject.kind == "Service" || diagnosis.subject.kind == "Ingress";
        let stage = if at_way_in { Some(Stage::Routed) } else { Stage::of_folder(folder) };
        let reached =
            steps.iter().find(|step| !matches!(step.state, State::Done | State::Skipped)).map(|step| step.name);
        let Some(stage) = stage.or(reached) else { continue };
        // A pod that is on no node has not come to its volumes: what they lack keeps it from being put on one.
        let unplaced = stage == Stage::Volumes && reached == Some(Stage::Scheduled);
        let stage = if unplaced { Stage::Scheduled } else { stage };
        if ready && stage < Stage::Ready {
            continue;
        }
        let ended = matches!(stage, Stage::Imports | Stage::ModelLoad | Stage::Init | Stage::Started | Stage::Routed);
        for step in steps.iter_mut() {
            if step.name < stage && matches!(step.state, State::Running | State::Unknown | State::Ahead | State::Stuck)
            {
                step.state = State::Done;
            } else if step.name == stage {
                step.state = if ended { State::Failed } else { State::Stuck };
            } else if step.name > stage && !at_way_in {
                *step = Step::new(step.name, State::Ahead);
            }
        }
        return;
    }
}

/// A stage begins when the one before it is behind.
fn chain_times(steps: &mut [Step]) {
    let mut before: Option<Timestamp> = None;
    for step in steps.iter_mut() {
        if step.started_at.is_none() && !matches!(step.state, State::Ahead | State::Unknown) {
            step.started_at = before;
        }
        before = step.ended_at.or(before);
    }
}

/// The pod that stands for a workload: of the newest revision, and of those that are not well the one that came least far.
pub fn leading_pod<'a>(pods: &[&'a Pod], object: Option<&Object>, snapshot: &Snapshot) -> Option<&'a Pod> {
    let newest = match object {
        Some(Object::Workload(deployment)) => {
            relation::replica_sets(snapshot, &deployment.metadata).pop().map(|(key, _)| key.name.clone())
        }
        _ => None,
    };
    let is_newest = |pod: &Pod| {
        newest.as_ref().is_none_or(|name| pod.metadata.controller().is_some_and(|owner| owner.name == *name))
    };
    let alive = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none() && pod.status.phase != "Failed");
    let rank =
        |pod: &&&Pod| (!is_newest(pod), pod.is_ready(), pod.is_scheduled(), pod.restarts(), pod.metadata.name.clone());
    alive.min_by_key(rank).copied().or_else(|| pods.first().copied())
}
