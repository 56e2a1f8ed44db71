//! What makes pods: Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs, in one shape.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::snapshot::meta::{Condition, Labels, Meta, condition};
use crate::snapshot::pod::{NodeSelectorRequirement, PodSpec};
use crate::snapshot::text::SafeText;

/// A Deployment, ReplicaSet, StatefulSet, DaemonSet or Job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// Its name and owner.
    pub metadata: Meta,
    /// What was asked for.
    pub spec: WorkloadSpec,
    /// What became of it.
    pub status: WorkloadStatus,
    /// Of a ReplicaSet of the past what its pods were made from, as JSON: there it takes far less memory than in `spec`.
    #[serde(skip)]
    pub past: Option<Box<str>>,
}

impl Workload {
    /// What its pods are made from, also where it has been put away.
    pub fn pod_spec(&self) -> Arc<PodSpec> {
        match &self.past {
            Some(json) => serde_json::from_str(json).map(Arc::new).unwrap_or_default(),
            None => self.spec.template.spec.clone(),
        }
    }

    /// Puts the template of a ReplicaSet away that makes no pods any more; `json` is the text of the object.
    pub fn put_away(&mut self, json: &str) {
        let is_past =
            self.spec.replicas == Some(0) && self.status.replicas == 0 && self.metadata.controller().is_some();
        if let Ok(outline) = serde_json::from_str::<Outline<'_>>(json)
            && is_past
        {
            self.past = Some(outline.spec.template.spec.get().into());
            self.spec.template = Template::default();
        }
    }

    /// Does its controller count a pod that is ready?
    pub fn has_ready_pods(&self) -> bool {
        self.status.ready_replicas > 0 || self.status.number_ready > 0
    }

    /// Did a job end well?
    pub fn is_complete(&self) -> bool {
        self.status.completion_time.is_some() || self.has("Complete")
    }

    /// Pods of a job that work or have ended well, and how many are wanted of both. After a failure those at work only
    /// try again.
    pub fn job_counts(&self) -> (i64, i64) {
        let at_once = self.spec.parallelism.unwrap_or(1);
        let wanted = self.spec.completions.unwrap_or(at_once).min(at_once + self.status.succeeded).max(1);
        match () {
            () if self.spec.suspend => (0, 0),
            () if self.is_complete() => (wanted, wanted),
            () if self.has_failed() => (0, wanted),
            () if self.status.failed > 0 => (self.status.succeeded.min(wanted), wanted),
            () => ((self.status.ready + self.status.succeeded).min(wanted), wanted),
        }
    }

    /// Has a job given up?
    pub fn has_failed(&self) -> bool {
        self.has("Failed")
    }

    fn has(&self, kind: &str) -> bool {
        condition(&self.status.conditions, kind).is_some_and(Condition::holds)
    }
}

/// A workload of which only the template of the pods is looked for.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow)]
    spec: OutlineSpec<'a>,
}

#[derive(Deserialize)]
struct OutlineSpec<'a> {
    #[serde(borrow)]
    template: OutlineTemplate<'a>,
}

#[derive(Deserialize)]
struct OutlineTemplate<'a> {
    #[serde(borrow)]
    spec: &'a RawValue,
}

/// What a workload was asked to be.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadSpec {
    /// Pods wanted; Kubernetes takes 1 where not given.
    pub replicas: Option<i64>,
    /// The pods that are its own.
    pub selector: Selector,
    /// What its pods are made from.
    pub template: Template,
    /// Is its rollout paused?
    pub paused: bool,
    /// Is the job suspended?
    pub suspend: bool,
    /// Seconds without progress after which a rollout counts as stalled; Kubernetes takes 600 where not given.
    pub progress_deadline_seconds: Option<i64>,
    /// How a rollout replaces pods.
    pub strategy: Strategy,
    /// Seconds after which a job is ended, whatever it does.
    pub active_deadline_seconds: Option<i64>,
    /// Pods of a job that may run at the same time; Kubernetes takes 1 where not given.
    pub parallelism: Option<i64>,
    /// Pods of a job that must end well; Kubernetes takes as many as run at the same time where not given.
    pub completions: Option<i64>,
    /// Failures after which a job gives up; Kubernetes takes 6 where not given.
    pub backoff_limit: Option<i64>,
    /// How a stateful set replaces pods.
    pub update_strategy: UpdateStrategy,
    /// Claims that a stateful set makes for each pod.
    pub volume_claim_templates: Vec<ClaimTemplate>,
}

/// The pods that belong to an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// Labels that they must carry.
    pub match_labels: Labels,
    /// Requirements of their labels.
    pub match_expressions: Vec<NodeSelectorRequirement>,
}

impl Selector {
    /// Does it choose an object with these labels? One without any requirement chooses all.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.holds(labels))
    }
}

/// What pods are made from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Template {
    /// Labels of the pods.
    pub metadata: Meta,
    /// The pods.
    pub spec: Arc<PodSpec>,
}

/// How a rollout replaces pods.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// `RollingUpdate` or `Recreate`.
    #[serde(rename = "type")]
    pub kind: SafeText,
}

/// How a stateful set replaces pods.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateStrategy {
    /// With `RollingUpdate`: from which pod on.
    pub rolling_update: Option<RollingUpdate>,
}

/// From which pod on a stateful set replaces its pods.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RollingUpdate {
    /// Pods with a smaller number stay as they are.
    pub partition: Option<i64>,
}

/// A claim that a stateful set makes for each pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClaimTemplate {
    /// Its name; the pod's name is put behind it.
    pub metadata: Meta,
}

/// What became of a workload. Counters that a kind does not have are 0.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadStatus {
    /// The `generation` that its controller has seen.
    pub observed_generation: i64,
    /// Pods that exist.
    pub replicas: i64,
    /// Pods that are ready.
    pub ready_replicas: i64,
    /// Pods of the newest template.
    #[serde(alias = "updatedNumberScheduled")]
    pub updated_replicas: i64,
    /// The revision that the pods of a stateful set are to have.
    pub update_revision: SafeText,
    /// Pods that are ready for long enough.
    #[serde(alias = "numberAvailable")]
    pub available_replicas: i64,
    /// Nodes that a daemon set should run on.
    pub desired_number_scheduled: i64,
    /// Nodes where a daemon set is ready.
    pub number_ready: i64,
    /// Pods of a job that run and are ready.
    pub ready: i64,
    /// Pods of a job that ended well.
    pub succeeded: i64,
    /// Pods of a job that failed.
    pub failed: i64,
    /// Steps on its way.
    pub conditions: Vec<Condition>,
    /// When a job began, or went on after it was suspended.
    pub start_time: Option<Timestamp>,
    /// When a job ended.
    pub completion_time: Option<Timestamp>,
}
