//! What is said about a snapshot: diagnoses in order, workloads with their verdict, and what could not be seen.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::diagnosis::ahead::Deadline;
use crate::diagnosis::changed::Changed;
use crate::diagnosis::rail::{State, Step};
use crate::diagnosis::rule::{Severity, Waiting};
use crate::diagnosis::template::Names;
use crate::snapshot::Source;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// A snapshot with its diagnoses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Where and when.
    pub source: Source,
    /// The worst of the workloads.
    pub verdict: Verdict,
    /// The workloads, the worst first; shared with the assessments before and after where they are the same.
    pub workloads: Vec<Arc<WorkloadState>>,
    /// Causes first; shared as the workloads are.
    pub diagnoses: Arc<[Diagnosis]>,
    /// What could not be seen.
    pub blind_spots: Vec<BlindSpot>,
}

/// A workload, and how far it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorkloadState {
    /// Its kind and name.
    #[serde(flatten)]
    pub subject: Subject,
    /// The serving stack.
    pub stack: String,
    /// Pods that are ready.
    pub ready: i64,
    /// Pods that are wanted.
    pub wanted: i64,
    /// How it is.
    pub verdict: Verdict,
    /// How far it came. Stages that it has not reached are not reported.
    #[serde(serialize_with = "reached")]
    pub stages: Vec<Step>,
    /// What Kubernetes does next where nobody acts, the next first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<Deadline>,
}

fn reached<S: Serializer>(steps: &[Step], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(steps.iter().filter(|step| step.state != State::Ahead))
}

/// How a workload, or all of a namespace, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It serves, and nothing is wrong.
    #[default]
    Healthy,
    /// Not up yet, nothing found wrong, within its deadlines.
    Progressing,
    /// What could not be seen may hide why it is not up.
    Unknown,
    /// Something is wrong, and it still serves.
    Degraded,
    /// It serves nobody.
    Broken,
}

/// Where evidence was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// In a log.
    Log,
    /// In an event.
    Event,
    /// In a field of an object.
    Field,
}

/// An observation that answered a symptom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where it was seen.
    pub from: From,
    /// In which object.
    pub object: Subject,
    /// Of which container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<SafeText>,
    /// In which line of the log, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// In which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How often, where more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The words.
    pub text: SafeText,
}

/// What a person can do, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// In a few words.
    pub title: String,
    /// How, and how to see that it worked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What can be pasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What follows from a diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Consequence {
    /// The rule.
    pub id: String,
    /// The object.
    pub subject: Subject,
    /// One sentence.
    pub title: String,
}

/// A rule that holds for a subject, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The rule.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// Can time or the cluster mend it, without a change by anybody?
    pub waiting: Waiting,
    /// The object that must be changed or that fails.
    pub subject: Subject,
    /// Whom it hurts.
    #[serde(flatten)]
    pub reach: Reach,
    /// What it says.
    #[serde(flatten)]
    pub words: Words,
    /// What the names in the words stand for.
    pub names: Names,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What follows from it.
    pub consequences: Vec<Consequence>,
    /// What changed since the workload last was well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changed>,
}

/// Whom a diagnosis hurts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The workload it hurts first.
    pub workload: Option<Subject>,
    /// All workloads it hurts.
    pub workloads: Vec<Subject>,
    /// Pods that exist and have it.
    pub affected: usize,
    /// Have it only pods of a revision that another one takes the place of?
    #[serde(skip)]
    pub is_of_former_revision: bool,
}

/// What a diagnosis says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// One sentence.
    pub title: String,
    /// What happened and why.
    pub explanation: Vec<String>,
    /// What to do.
    pub fixes: Vec<Fix>,
    /// Official pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

/// Something that could not be read, and what it hides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BlindSpot {
    /// A resource, or a part of an object.
    pub what: SafeText,
    /// One word.
    pub why: SafeText,
    /// What the server said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<SafeText>,
    /// The rules that may hold unseen.
    pub hides: Vec<String>,
}
