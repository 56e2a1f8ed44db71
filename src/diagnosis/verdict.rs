//! How each workload is, and the namespace as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnosis::assessment::{Diagnosis, Verdict, WorkloadState};
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::crew::Crews;
use crate::diagnosis::rail::{self, State, Step};
use crate::diagnosis::rule::Severity;
use crate::diagnosis::track::Track;
use crate::diagnosis::{ahead, deadline, present, stack};
use crate::snapshot::custom::Custom;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::network::Service;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot};

/// What a verdict rests on.
pub struct Judged<'a> {
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// The rules.
    pub catalogue: &'a Catalogue,
    /// What was found.
    pub diagnoses: &'a [Diagnosis],
    /// The pods of the workloads.
    pub crews: &'a Crews,
}

/// The workloads, the worst first.
pub fn in_order(mut states: Vec<Arc<WorkloadState>>) -> Vec<Arc<WorkloadState>> {
    states.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.subject.name.cmp(&b.subject.name)));
    states
}

/// The workloads at the top of their owner chains.
pub fn tops(snapshot: &Snapshot, crews: &Crews) -> BTreeSet<Subject> {
    let mut tops = BTreeSet::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_workload()) {
        tops.extend(snapshot.of_kind::<Workload>(kind).map(|(key, _)| relation::top_of(snapshot, key)));
    }
    let operators = Kind::ALL.into_iter().filter(|kind| kind.makes_workloads());
    let customs = operators.flat_map(|kind| snapshot.of_kind::<Custom>(kind).map(|(key, _)| key));
    let unmade: Vec<&Key> = customs.filter(|key| !is_made(key, &tops)).collect();
    tops.extend(unmade.into_iter().map(|key| relation::top_of(snapshot, key)));
    tops.extend(crews.workloads().cloned());
    tops
}

/// Does the workload of an operator's object stand for it? Not every operator says by `ownerReferences` what it made.
fn is_made(key: &Key, tops: &BTreeSet<Subject>) -> bool {
    let predictor = format!("{}-predictor", key.name);
    let of_it = |name: &str| name == key.name.as_str() || name.starts_with(&predictor);
    tops.iter()
        .any(|top| top.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace) && of_it(&top.name))
}

/// Is the object of a workload known?
pub fn exists(snapshot: &Snapshot, top: &Subject) -> bool {
    let namespace = top.namespace.clone().unwrap_or_default();
    relation::object(snapshot, &top.kind, &namespace, &top.name).is_some()
}

/// How a workload is.
pub fn state(judged: &Judged<'_>, top: &Subject) -> WorkloadState {
    let namespace = top.namespace.clone().unwrap_or_default();
    let snapshot = judged.snapshot;
    let mut pods = judged.crews.pods(snapshot, top);
    pods.retain(|pod| !present::is_left_over(snapshot, pod));
    let pods = pods.as_slice();
    let object = relation::object(snapshot, &top.kind, &namespace, &top.name);
    let (ready, wanted) = counts(top, object, pods);
    let diagnoses: Vec<&Diagnosis> =
        judged.diagnoses.iter().filter(|diagnosis| diagnosis.reach.workloads.contains(top)).collect();
    let worst = diagnoses.iter().map(|diagnosis| diagnosis.severity).min();
    let leads_nowhere = diagnoses.iter().any(|diagnosis| blocks_the_way(snapshot, diagnosis))
        || lacks_a_part(top, pods)
        || serves_nobody(object);
    let pod = rail::leading_pod(pods, object, snapshot);
    let stages = if wanted == 0 {
        Vec::new()
    } else {
        rail::rail(&Track { snapshot, catalogue: judged.catalogue, pod, diagnoses })
    };
    let verdict = match worst {
        Some(Severity::Error) if ready == 0 || leads_nowhere => Verdict::Broken,
        Some(Severity::Error | Severity::Warning) => Verdict::Degraded,
        _ if ready >= wanted && !is_rolling(object) => Verdict::Healthy,
        _ if is_held(&stages) || deadline::is_unclear(snapshot, object, pod) => Verdict::Unknown,
        _ => Verdict::Progressing,
    };
    let stack = stack::of_workload(snapshot, top, pods).to_owned();
    let deadlines = if verdict == Verdict::Healthy { Vec::new() } else { ahead::deadlines(snapshot, object, pods) };
    WorkloadState { subject: top.clone(), stack, ready, wanted, verdict, stages, deadlines }
}

/// Does something hold it at a stage?
fn is_held(stages: &[Step]) -> bool {
    stages.iter().any(|step| matches!(step.state, State::Stuck | State::Failed))
}

/// Does a rollout still replace pods?
fn is_rolling(object: Option<&Object>) -> bool {
    let Some(Object::Workload(workload)) = object else { return false };
    let (wanted, status) = (workload.spec.replicas.unwrap_or(1), &workload.status);
    let counted = status.replicas > 0 || status.updated_replicas > 0;
    let is_unseen = status.observed_generation > 0 && status.observed_generation < workload.metadata.generation;
    counted && !workload.spec.strategy.kind.is_empty() && (status.updated_replicas < wanted || status.replicas > wanted)
        || is_unseen
}

/// Is it about the only way in? The Service of Knative is more than that, and leaves one that only stands for a name.
fn blocks_the_way(snapshot: &Snapshot, diagnosis: &Diagnosis) -> bool {
    let Subject { kind, namespace, name, .. } = &diagnosis.subject;
    let service = snapshot.get::<Service>(Kind::Service, &namespace.clone().unwrap_or_default(), name);
    kind == "Service" && service.is_some_and(|service| service.spec.kind != "ExternalName")
}

/// Has a part of an InferenceService (predictor, transformer, explainer) no ready pod? Then no request gets through.
fn lacks_a_part(top: &Subject, pods: &[&Pod]) -> bool {
    let part = |pod: &Pod| pod.metadata.label("component").to_owned();
    let serves = |wanted: &str| pods.iter().any(|pod| part(pod) == wanted && pod.is_ready());
    top.kind == "InferenceService" && pods.iter().any(|pod| !serves(&part(pod)))
}

/// Does KubeRay say that no pod takes requests? That of the head node may be ready all the same.
fn serves_nobody(object: Option<&Object>) -> bool {
    matches!(object, Some(Object::Custom(custom)) if custom.status.num_serve_endpoints == Some(0))
}

/// Pods that are ready, and pods that are wanted.
fn counts(top: &Subject, object: Option<&Object>, pods: &[&Pod]) -> (i64, i64) {
    match object {
        Some(Object::Workload(workload)) if top.kind == "DaemonSet" => {
            (workload.status.number_ready, workload.status.desired_number_scheduled)
        }
        Some(Object::Workload(workload)) if top.kind == "Job" => workload.job_counts(),
        Some(Object::Workload(workload)) => (workload.status.ready_replicas, workload.spec.replicas.unwrap_or(1)),
        Some(Object::Custom(custom)) if pods.is_empty() => (i64::from(custom.is_up()), i64::from(!custom.is_stopped())),
        _ => {
            let ready = pods.iter().filter(|pod| pod.is_ready() || pod.status.phase == "Succeeded").count();
            (i64::try_from(ready).unwrap_or(0), i64::try_from(pods.len()).unwrap_or(0))
        }
    }
}

/// The worst of its workloads; where there are none, what the diagnoses say.
pub fn of_namespace(workloads: &[Arc<WorkloadState>], diagnoses: &[Diagnosis], snapshot: &Snapshot) -> Verdict {
    let listed: BTreeSet<&Subject> = workloads.iter().map(|state| &state.subject).collect();
    let others =
        diagnoses.iter().filter(|diagnosis| !diagnosis.reach.workloads.iter().any(|hurt| listed.contains(hurt)));
    let rest = match others.map(|diagnosis| diagnosis.severity).min() {
        Some(Severity::Error) if workloads.is_empty() => Verdict::Broken,
        Some(Severity::Error | Severity::Warning) => Verdict::Degraded,
        _ => Verdict::Healthy,
    };
    let is_damaged = snapshot.unreadable.iter().any(|unreadable| unreadable.why == "unreadable");
    let blind = workloads.is_empty() && (snapshot.is_unreadable("pods") || is_damaged);
    let worst = workloads.iter().map(|state| state.verdict).max().unwrap_or_default().max(rest);
    if blind { worst.max(Verdict::Unknown) } else { worst }
}
