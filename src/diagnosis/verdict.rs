//! How each workload is, and the namespace as a whole.

use std::collections::BTreeSet;

use crate::diagnosis::assessment::{Diagnosis, Verdict, WorkloadState};
use crate::diagnosis::rule::Severity;
use crate::diagnosis::stack;
use crate::snapshot::Snapshot;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::workload::Workload;

/// Every workload with its verdict, the worst first.
pub fn workloads(snapshot: &Snapshot, diagnoses: &[Diagnosis]) -> Vec<WorkloadState> {
    let mut states: Vec<WorkloadState> = tops(snapshot).into_iter().map(|top| state(snapshot, &top, diagnoses)).collect();
    states.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.name.cmp(&b.name)));
    states
}

/// The workloads at the top of their owner chains.
fn tops(snapshot: &Snapshot) -> BTreeSet<Subject> {
    let mut tops = BTreeSet::new();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_workload()) {
        tops.extend(snapshot.of_kind::<Workload>(kind).map(|(key, _)| relation::top_of(snapshot, key)));
    }
    tops.extend(snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| relation::workload_of(snapshot, pod)));
    tops
}

fn state(snapshot: &Snapshot, top: &Subject, diagnoses: &[Diagnosis]) -> WorkloadState {
    let namespace = top.namespace.clone().unwrap_or_default();
    let object = relation::object(snapshot, &top.kind, &namespace, &top.name);
    let (ready, wanted) = counts(snapshot, top, object);
    let worst = diagnoses.iter().filter(|diagnosis| diagnosis.reach.workloads.contains(top)).map(|diagnosis| diagnosis.severity).min();
    let leads_nowhere = diagnoses.iter().any(|diagnosis| diagnosis.reach.workloads.contains(top) && blocks_the_way(diagnosis));
    let verdict = match worst {
        Some(Severity::Error) if ready == 0 || leads_nowhere => Verdict::Broken,
        Some(Severity::Error | Severity::Warning) => Verdict::Degraded,
        _ if ready >= wanted => Verdict::Healthy,
        _ => Verdict::Progressing,
    };
    let (kind, name) = (top.kind.clone(), top.name.clone());
    WorkloadState { kind, name, stack: stack::of_workload(snapshot, top).to_owned(), ready, wanted, verdict }
}

/// Is it about the only way in?
fn blocks_the_way(diagnosis: &Diagnosis) -> bool {
    diagnosis.subject.kind == "Service"
}

/// Pods that are ready, and pods that are wanted.
fn counts(snapshot: &Snapshot, top: &Subject, object: Option<&Object>) -> (i64, i64) {
    match object {
        Some(Object::Workload(workload)) if top.kind == "DaemonSet" => (workload.status.number_ready, workload.status.desired_number_scheduled),
        Some(Object::Workload(workload)) if top.kind == "Job" => (i64::from(workload.status.completion_time.is_some()), 1),
        Some(Object::Workload(workload)) => (workload.status.ready_replicas, workload.spec.replicas.unwrap_or(1)),
        _ => {
            let pods: Vec<&Pod> = snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| pod).filter(|pod| relation::workload_of(snapshot, pod) == *top).collect();
            let ready = pods.iter().filter(|pod| pod.is_ready() || pod.status.phase == "Succeeded").count();
            (i64::try_from(ready).unwrap_or(0), i64::try_from(pods.len()).unwrap_or(0))
        }
    }
}

/// The worst of its workloads; where there are none, what the diagnoses say.
pub fn of_namespace(workloads: &[WorkloadState], diagnoses: &[Diagnosis], snapshot: &Snapshot) -> Verdict {
    let rest = match diagnoses.iter().filter(|diagnosis| diagnosis.reach.workload.is_none()).map(|diagnosis| diagnosis.severity).min() {
        Some(Severity::Error) if workloads.is_empty() => Verdict::Broken,
        Some(Severity::Error | Severity::Warning) => Verdict::Degraded,
        _ => Verdict::Healthy,
    };
    let blind = workloads.is_empty() && snapshot.is_unreadable("pods");
    let worst = workloads.iter().map(|state| state.verdict).max().unwrap_or_default().max(rest);
    if blind { worst.max(Verdict::Unknown) } else { worst }
}
