//! What one look at the cluster shows of the rollouts that are waited for.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::ahead::Deadline;
use crate::diagnosis::assessment::{Assessment, Diagnosis};
use crate::diagnosis::rail::{Stage, State, Step};
use crate::diagnosis::rollout::{self, Progress};
use crate::diagnosis::rule::Severity;
use crate::diagnosis::selected;
use crate::session::Lens;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Key, Snapshot};

/// One look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// What there is to say about what is waited for, and nothing else.
    pub assessment: Assessment,
    /// The rollouts that are there.
    pub rollouts: BTreeMap<Key, Rollout>,
}

/// A rollout at one look.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Tells apart objects that had the same name one after the other.
    pub uid: SafeText,
    /// Counts what was asked for.
    pub generation: i64,
    /// What its controller says.
    pub progress: Progress,
    /// Where the pod that came least far stands; nothing where all is behind it.
    pub at: Option<Step>,
    /// Is it known that calls reach it?
    pub is_routed: bool,
    /// Pods that are ready.
    pub ready: i64,
    /// Pods that are wanted.
    pub wanted: i64,
    /// What Kubernetes does next to it.
    pub deadlines: Vec<Deadline>,
    /// What is wrong with it: diagnoses of severity error.
    pub errors: Vec<Diagnosis>,
}

impl Rollout {
    /// Is there nothing more to wait for?
    pub fn is_over(&self) -> bool {
        let is_held = self.at.as_ref().is_some_and(|step| step.name == Stage::Routed);
        self.progress == Progress::Complete && !is_held && self.errors.is_empty()
    }
}

/// Looks at these objects, as if the pods that their rollouts replace were gone already.
pub fn look(snapshot: &Snapshot, keys: &BTreeSet<Key>, lens: &Lens) -> Look {
    let newest = rollout::newest(snapshot, keys);
    let whole = lens.assess(&newest);
    let shown: BTreeMap<&Key, BTreeSet<Subject>> =
        keys.iter().map(|key| (key, rollout::shown_in(&newest, key))).collect();
    let rollouts = shown
        .iter()
        .filter_map(|(key, shown)| Some(((*key).clone(), of_one(&newest, key, &narrowed(&whole, &newest, shown))?)));
    let rollouts = rollouts.collect();
    let all = shown.values().flatten().cloned().collect();
    Look { assessment: narrowed(&whole, &newest, &all), rollouts }
}

fn narrowed(whole: &Assessment, snapshot: &Snapshot, shown: &BTreeSet<Subject>) -> Assessment {
    selected::of(whole.clone(), snapshot, shown)
}

fn of_one(snapshot: &Snapshot, key: &Key, own: &Assessment) -> Option<Rollout> {
    let meta = snapshot.object(key)?.meta();
    let progress = rollout::progress(snapshot, key)?;
    let is_error = |diagnosis: &&Diagnosis| diagnosis.severity == Severity::Error && progress != Progress::Unseen;
    let state = own.workloads.first();
    let stages = state.map_or(&[] as &[Step], |state| state.stages.as_slice());
    let is_open = |step: &&Step| matches!(step.state, State::Running | State::Stuck | State::Failed);
    Some(Rollout {
        uid: meta.uid.clone(),
        generation: meta.generation,
        progress,
        at: stages.iter().find(is_open).cloned(),
        is_routed: stages.iter().any(|step| step.name == Stage::Routed && step.state == State::Done),
        ready: own.workloads.iter().map(|state| state.ready).sum(),
        wanted: own.workloads.iter().map(|state| state.wanted).sum(),
        deadlines: state.map(|state| state.deadlines.clone()).unwrap_or_default(),
        errors: own.diagnoses.iter().filter(is_error).cloned().collect(),
    })
}

/// Where a rollout stands, as it is said after its name.
pub fn words(rollout: &Rollout) -> String {
    let pods =
        |ready| if rollout.wanted == 0 { String::new() } else { format!(", {ready} of {} ready", rollout.wanted) };
    match rollout.progress {
        Progress::Unseen => format!("waits for its controller to see generation {}", rollout.generation),
        Progress::GivenUp => format!("was given up by its controller{}", pods(rollout.ready)),
        _ if rollout.is_over() => {
            let routed = if rollout.is_routed { " and routed" } else { "" };
            format!("is rolled out{}{routed}", pods(rollout.ready))
        }
        _ => format!("{}{}", standing(rollout.at.as_ref()), pods(rollout.ready)),
    }
}

fn standing(at: Option<&Step>) -> String {
    let Some(step) = at else { return "waits for its controller".to_owned() };
    let words = match (step.state, step.name) {
        (State::Stuck, stage) => return format!("is stuck at {}", stage.name()),
        (State::Failed, stage) => return format!("failed at {}", stage.name()),
        (_, Stage::Admitted) => "waits for its first pod",
        (_, Stage::Scheduled) => "waits for a node",
        (_, Stage::Volumes) => "waits for its volumes",
        (_, Stage::Image) => "pulls its image",
        (_, Stage::Init) => "runs its init containers",
        (_, Stage::Started) => "starts its container",
        (_, Stage::Imports) => "imports its packages",
        (_, Stage::ModelLoad) => "loads its model",
        (_, Stage::Ready) => "waits to be ready",
        (_, Stage::Routed) => "waits to be routed",
    };
    words.to_owned()
}
