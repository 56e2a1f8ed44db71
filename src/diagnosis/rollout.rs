//! How far the rollout of an object is, as its controller tells it, and what of a snapshot belongs to it: a rollout is never
//! judged by the pods that it replaces.

use std::collections::BTreeSet;

use crate::snapshot::custom::Custom;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::meta::{Meta, condition};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Change, Key, Snapshot};

/// How far a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Its controller has not seen the newest generation: what else is said is about an older one.
    Unseen,
    /// On its way.
    Underway,
    /// Every pod that is wanted is there, available and of the newest revision.
    Complete,
    /// Its controller has given up.
    GivenUp,
}

/// How far the rollout of an object is.
pub fn progress(snapshot: &Snapshot, key: &Key) -> Option<Progress> {
    Some(match snapshot.object(key)? {
        Object::Pod(pod) => of_pod(pod),
        Object::Workload(workload) if key.kind == Kind::Job => of_job(workload),
        Object::Workload(workload) => of_workload(key.kind, workload),
        Object::Custom(custom) => of_custom(snapshot, key, custom),
        _ => return None,
    })
}

fn of_pod(pod: &Pod) -> Progress {
    match pod.status.phase.as_str() {
        "Succeeded" => Progress::Complete,
        "Failed" => Progress::GivenUp,
        _ if pod.is_ready() => Progress::Complete,
        _ => Progress::Underway,
    }
}

fn of_job(job: &Workload) -> Progress {
    if job.is_complete() {
        Progress::Complete
    } else if job.has_failed() {
        Progress::GivenUp
    } else {
        Progress::Underway
    }
}

fn of_workload(kind: Kind, workload: &Workload) -> Progress {
    let (status, wanted) = (&workload.status, wanted(kind, workload));
    if status.observed_generation < workload.metadata.generation {
        return Progress::Unseen;
    }
    if condition(&status.conditions, "Progressing").is_some_and(|one| one.reason == "ProgressDeadlineExceeded") {
        return Progress::GivenUp;
    }
    let is_complete = match kind {
        Kind::Deployment => {
            status.updated_replicas >= wanted
                && status.replicas <= status.updated_replicas
                && status.available_replicas >= wanted
        }
        Kind::StatefulSet => status.updated_replicas >= wanted - kept(workload) && status.ready_replicas >= wanted,
        Kind::DaemonSet => status.updated_replicas >= wanted && status.available_replicas >= wanted,
        _ => status.ready_replicas >= wanted,
    };
    if is_complete { Progress::Complete } else { Progress::Underway }
}

/// Pods that are wanted.
fn wanted(kind: Kind, workload: &Workload) -> i64 {
    match kind {
        Kind::DaemonSet => workload.status.desired_number_scheduled,
        _ => workload.spec.replicas.unwrap_or(1),
    }
}

/// Pods that a stateful set leaves as they are.
fn kept(workload: &Workload) -> i64 {
    workload.spec.update_strategy.rolling_update.as_ref().and_then(|update| update.partition).unwrap_or(0)
}

/// An operator's word counts once it is about the newest generation, and what it made is rolled out too.
fn of_custom(snapshot: &Snapshot, key: &Key, custom: &Custom) -> Progress {
    let observed = custom.status.observed_generation;
    if observed > 0 && observed < custom.metadata.generation {
        return Progress::Unseen;
    }
    let parts: Vec<Progress> = made_by(snapshot, key).iter().filter_map(|part| progress(snapshot, part)).collect();
    if parts.contains(&Progress::GivenUp) {
        return Progress::GivenUp;
    }
    let is_complete = custom.is_up() && parts.iter().all(|part| *part == Progress::Complete);
    if is_complete { Progress::Complete } else { Progress::Underway }
}

/// The workloads that the operator of an object made of it: by their owners, or, since not every operator names itself
/// there, by their names and labels.
fn made_by(snapshot: &Snapshot, key: &Key) -> Vec<Key> {
    let of_name = |meta: &Meta| {
        let predictor = format!("{}-predictor", key.name);
        match key.kind {
            Kind::OnlineEndpoint => meta.label("ml.azure.com/endpoint-name") == key.name.as_str(),
            _ => meta.name == key.name || meta.name.starts_with(&predictor),
        }
    };
    let own = Subject::new(key.kind.name(), &key.namespace, &key.name);
    let kinds = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job];
    let workloads = kinds.into_iter().flat_map(|kind| snapshot.of_kind::<Workload>(kind));
    let made = workloads.filter(|(part, workload)| {
        part.namespace == key.namespace
            && (of_name(&workload.metadata) || relation::owners(snapshot, &workload.metadata).contains(&own))
    });
    made.map(|(part, _)| part.clone()).collect()
}

/// The workloads in which an assessment shows an object.
pub fn shown_in(snapshot: &Snapshot, key: &Key) -> BTreeSet<Subject> {
    let mut shown = BTreeSet::from([relation::top_of(snapshot, key)]);
    if let Some(pod) = snapshot.by_key::<Pod>(key) {
        shown.insert(relation::workload_of(snapshot, pod));
    }
    if key.kind.is_custom() {
        shown.extend(made_by(snapshot, key).iter().map(|part| relation::top_of(snapshot, part)));
    }
    shown
}

/// The snapshot without the pods that do not belong to the newest revision of the objects.
pub fn newest(snapshot: &Snapshot, keys: &BTreeSet<Key>) -> Snapshot {
    let mut newest = snapshot.clone();
    for key in keys {
        for pod in replaced(snapshot, key) {
            newest.apply(Change::Gone(pod));
        }
    }
    newest
}

/// The pods beside those that the rollout of an object makes.
fn replaced(snapshot: &Snapshot, key: &Key) -> Vec<Key> {
    match snapshot.object(key) {
        Some(Object::Pod(pod)) => beside(snapshot, pod),
        Some(Object::Workload(workload)) => of_older_revisions(snapshot, key.kind, workload),
        Some(Object::Custom(_)) => made_by(snapshot, key).iter().flat_map(|part| replaced(snapshot, part)).collect(),
        _ => Vec::new(),
    }
}

/// The other pods of the workload of a pod.
fn beside(snapshot: &Snapshot, pod: &Pod) -> Vec<Key> {
    let top = relation::workload_of(snapshot, pod);
    let pods = snapshot.of_kind::<Pod>(Kind::Pod);
    let others = pods.filter(|(_, other)| other.metadata.uid != pod.metadata.uid);
    others.filter(|(_, other)| relation::workload_of(snapshot, other) == top).map(|(key, _)| key.clone()).collect()
}

fn of_older_revisions(snapshot: &Snapshot, kind: Kind, workload: &Workload) -> Vec<Key> {
    let pods = relation::pods_below(snapshot, &workload.metadata);
    let newest = match kind {
        Kind::Deployment => relation::replica_sets(snapshot, &workload.metadata).pop().map(|(key, _)| key.name.clone()),
        Kind::StatefulSet if !workload.status.update_revision.is_empty() => {
            Some(workload.status.update_revision.clone())
        }
        Kind::DaemonSet => {
            let made = pods.iter().filter(|_| workload.status.updated_replicas > 0);
            made.max_by_key(|pod| template_generation(pod)).map(|pod| revision(kind, pod))
        }
        _ => return Vec::new(),
    };
    let older = pods.into_iter().filter(|pod| newest.as_ref() != Some(&revision(kind, pod)));
    older.map(|pod| Key::of(Kind::Pod, &pod.metadata)).collect()
}

/// What tells the revisions of a workload apart: the ReplicaSet, the hash of the revision, the number of the template.
fn revision(kind: Kind, pod: &Pod) -> SafeText {
    match kind {
        Kind::Deployment => pod.metadata.controller().map(|owner| owner.name.clone()).unwrap_or_default(),
        Kind::StatefulSet => SafeText::new(pod.metadata.label("controller-revision-hash")),
        _ => SafeText::new(&template_generation(pod).to_string()),
    }
}

/// The number of the template that a daemon set made a pod from.
fn template_generation(pod: &Pod) -> i64 {
    pod.metadata.label("pod-template-generation").parse().unwrap_or(0)
}
