//! Which revision of a workload does not come up, and which one before it did.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::snapshot::kind::Kind;
use crate::snapshot::meta::{Condition, Meta, condition};
use crate::snapshot::pod::{Pod, PodSpec};
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot};

/// A revision that a broken one is held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// Its ReplicaSet, or the hash that its pods carry.
    pub name: SafeText,
    /// Its number, as `kubectl rollout history` counts; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Has it ready pods?
    pub is_ready: bool,
    /// Since when one of them is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_since: Option<Timestamp>,
}

/// A revision that does not come up.
pub struct Broken<'a> {
    /// What makes its pods: the Deployment, StatefulSet or DaemonSet.
    pub workload: &'a Workload,
    /// What its pods are made from.
    pub spec: Arc<PodSpec>,
    /// When it was asked for.
    pub asked: Asked,
    /// The newest one that is ready, else the one before it; none where it served itself, or is the first.
    pub before: Option<(Revision, Arc<PodSpec>)>,
    /// Did it serve itself?
    pub has_served: bool,
}

/// When a revision was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Then, or just before: its ReplicaSet was made for it.
    At(Timestamp),
    /// Some time before: its first pod was made then.
    Before(Timestamp),
    /// Nobody can tell.
    Unknown,
}

impl Asked {
    /// May a change of that time have been it?
    pub fn fits(self, at: Timestamp) -> bool {
        /// Seconds from the change of a Deployment to its ReplicaSet.
        const PROMPT: i64 = 60;
        match self {
            Asked::At(made) => (made.as_second() - at.as_second()).abs() <= PROMPT,
            Asked::Before(first) => at <= first,
            Asked::Unknown => true,
        }
    }

    fn before(pods: &[&Pod]) -> Self {
        pods.iter().filter_map(|pod| pod.metadata.creation_timestamp).min().map_or(Asked::Unknown, Asked::Before)
    }
}

/// The broken revision that a diagnosis about the subject is about; none where it is about pods of another.
pub fn broken<'a>(snapshot: &'a Snapshot, subject: &Subject, workload: &Subject) -> Option<Broken<'a>> {
    let namespace = subject.namespace.clone().unwrap_or_default();
    let pod = (subject.kind == "Pod").then(|| snapshot.get::<Pod>(Kind::Pod, &namespace, &subject.name)).flatten();
    let (kind, workload) = made_by(snapshot, pod, workload)?;
    match (kind, pod) {
        (Kind::Deployment, _) => of_deployment(snapshot, workload, pod),
        (Kind::StatefulSet | Kind::DaemonSet, Some(pod)) => of_pods(snapshot, workload, pod),
        _ => None,
    }
}

/// What makes the pods of a workload: itself, or what its operator made of it.
fn made_by<'a>(snapshot: &'a Snapshot, pod: Option<&Pod>, top: &Subject) -> Option<(Kind, &'a Workload)> {
    let makers = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
    let namespace = top.namespace.clone().unwrap_or_default();
    let chain = pod.map(|pod| relation::owners(snapshot, &pod.metadata)).unwrap_or_default();
    let mut named = chain.iter().chain([top]).flat_map(|owner| makers.map(|kind| (kind, owner)));
    let owner = named.find_map(|(kind, owner)| {
        let workload = snapshot.get::<Workload>(kind, &namespace, &owner.name).filter(|_| owner.kind == kind.name())?;
        Some((kind, workload))
    });
    owner.or_else(|| {
        let operator = relation::object(snapshot, &top.kind, &namespace, &top.name)?;
        let mut made = snapshot.children(&operator.meta().uid).filter(|key| makers.contains(&key.kind));
        let (only, others) = (made.next()?, made.next());
        Some((only.kind, snapshot.by_key(only).filter(|_| others.is_none())?))
    })
}

fn of_deployment<'a>(snapshot: &'a Snapshot, deployment: &'a Workload, pod: Option<&Pod>) -> Option<Broken<'a>> {
    let mut sets = relation::replica_sets(snapshot, &deployment.metadata);
    sets.retain(|(_, set)| set.past.is_some() || !set.spec.template.spec.containers.is_empty());
    let (key, newest) = sets.pop()?;
    if pod.is_some_and(|pod| pod.metadata.controller().is_none_or(|owner| owner.name != key.name)) {
        return None;
    }
    let spec = newest.pod_spec();
    let pods = relation::pods_below(snapshot, &newest.metadata);
    let is_complete = condition(&deployment.status.conditions, "Progressing").is_some_and(|progress| {
        progress.reason == "NewReplicaSetAvailable" && progress.message.contains(key.name.as_str())
    });
    let was_counted = is_complete || newest.status.ready_replicas > 0;
    let has_served = has_served(snapshot, &spec, was_counted, &pods);
    let before = (!has_served).then(|| last_ready(snapshot, &sets)).flatten();
    // A rollback takes an old ReplicaSet up again: when it was made says nothing about now.
    let is_new = sets.iter().all(|(_, set)| set.metadata.creation_timestamp <= newest.metadata.creation_timestamp);
    let made = newest.metadata.creation_timestamp.filter(|_| is_new);
    let asked = made.map_or_else(|| Asked::before(&pods), Asked::At);
    Some(Broken { workload: deployment, spec, asked, before, has_served })
}

/// The newest of the ReplicaSets that has ready pods, else the newest.
fn last_ready(snapshot: &Snapshot, sets: &[(&Key, &Workload)]) -> Option<(Revision, Arc<PodSpec>)> {
    let ready = |set: &Workload| ready_pods(relation::pods_below(snapshot, &set.metadata));
    let is_ready = |set: &Workload| set.status.ready_replicas > 0 || !ready(set).is_empty();
    let chosen = sets.iter().rev().find(|(_, set)| is_ready(set)).or(sets.last());
    chosen.map(|(key, set)| {
        let number = Some(relation::revision(set)).filter(|number| *number > 0);
        let (is_ready, ready_since) = (is_ready(set), ready_since(&ready(set)));
        (Revision { name: key.name.clone(), number, is_ready, ready_since }, set.pod_spec())
    })
}

/// Of a StatefulSet or DaemonSet, whose old templates are not read: the revisions of which pods are there.
fn of_pods<'a>(snapshot: &'a Snapshot, workload: &'a Workload, pod: &Pod) -> Option<Broken<'a>> {
    let pods = relation::pods_below(snapshot, &workload.metadata);
    let (hash, broken) =
        (revision_hash(&pod.metadata), pods.iter().find(|other| other.metadata.name == pod.metadata.name)?);
    if hash.is_empty() || !is_newest(workload, &pods, pod) {
        return None;
    }
    let (own, others): (Vec<&Pod>, Vec<&Pod>) = pods.iter().partition(|other| revision_hash(&other.metadata) == hash);
    let has_served = has_served(snapshot, &broken.spec, own.iter().any(|pod| pod.is_ready()), &own);
    let ready = ready_pods(others);
    let newest = ready.iter().max_by_key(|pod| (pod.metadata.creation_timestamp, &pod.metadata.name));
    let before = newest.filter(|_| !has_served).map(|newest| {
        let name = revision_hash(&newest.metadata);
        let alike = ready.iter().copied().filter(|pod| revision_hash(&pod.metadata) == name).collect::<Vec<_>>();
        let revision =
            Revision { name: SafeText::new(name), number: None, is_ready: true, ready_since: ready_since(&alike) };
        (revision, newest.spec.clone())
    });
    Some(Broken { workload, spec: broken.spec.clone(), asked: Asked::before(&own), before, has_served })
}

fn revision_hash(meta: &Meta) -> &str {
    meta.label("controller-revision-hash")
}

/// Is a pod of the revision that all pods are to have? A pod of an old one may be made anew while a rollout goes on.
fn is_newest(workload: &Workload, pods: &[&Pod], pod: &Pod) -> bool {
    let generation = |pod: &Pod| pod.metadata.label("pod-template-generation").parse::<i64>().ok();
    let is_updated = workload.status.update_revision == *revision_hash(&pod.metadata);
    let is_latest = || generation(pod).is_some() && pods.iter().all(|other| generation(other) <= generation(pod));
    is_updated || is_latest()
}

/// Did a revision serve? Without a readiness probe every container that runs counts as ready, also one that is about to
/// crash: then it must have run for a while.
fn has_served(snapshot: &Snapshot, spec: &PodSpec, was_counted: bool, pods: &[&Pod]) -> bool {
    if spec.containers.iter().any(|container| container.readiness_probe.is_some()) {
        return was_counted || pods.iter().any(|pod| pod.is_ready());
    }
    pods.iter().any(|pod| has_run(snapshot, pod))
}

/// Has a container of the pod ever run for longer than one that crashes at its start does?
fn has_run(snapshot: &Snapshot, pod: &Pod) -> bool {
    /// Seconds in which a model is loaded.
    const LONG: i64 = 600;
    let now = snapshot.source.taken_at;
    pod.status.container_statuses.iter().any(|status| {
        let ended = status.last_end().and_then(|end| Some(end.finished_at?.as_second() - end.started_at?.as_second()));
        ended.max(status.runs_for(now)).is_some_and(|ran| ran >= LONG)
    })
}

/// Those of the pods that are ready.
pub fn ready_pods(mut pods: Vec<&Pod>) -> Vec<&Pod> {
    pods.retain(|pod| pod.is_ready());
    pods
}

fn ready_since(ready: &[&Pod]) -> Option<Timestamp> {
    let conditions = ready.iter().filter_map(|pod| condition(&pod.status.conditions, "Ready"));
    conditions.filter(|ready| ready.holds()).filter_map(|ready: &Condition| ready.last_transition_time).min()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::broken;
    use crate::snapshot::kind::{Kind, Object};
    use crate::snapshot::subject::Subject;
    use crate::snapshot::text::SafeText;
    use crate::snapshot::{Change, Snapshot};

    fn snapshot(objects: &[Value]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.apply(Change::Clock("2026-03-12T09:40:00Z".parse().expect("a time")));
        for object in objects {
            let kind = Kind::of("", object["kind"].as_str().unwrap_or_default()).expect("a kind");
            let object = Object::from_json(kind, &object.to_string()).expect("an object");
            snapshot.apply(Change::Put(kind, object));
        }
        snapshot
    }

    fn deployment(progressing: &str) -> Value {
        let progress = json!({"type": "Progressing", "status": "True", "reason": progressing, "message": "ReplicaSet \"churn-3\""});
        json!({"kind": "Deployment", "metadata": {"name": "churn", "uid": "churn"}, "status": {"conditions": [progress]}})
    }

    fn set(revision: i64, ready: i64, probe: bool) -> Value {
        let probe = if probe { json!({"httpGet": {"path": "/", "port": 80}}) } else { Value::Null };
        json!({
            "kind": "ReplicaSet",
            "metadata": {
                "name": format!("churn-{revision}"), "uid": format!("set-{revision}"),
                "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
                "ownerReferences": [{"kind": "Deployment", "name": "churn", "uid": "churn", "controller": true}],
            },
            "spec": {"template": {"spec": {"containers": [{"name": "server", "image": format!("churn:{revision}"), "readinessProbe": probe}]}}},
            "status": {"readyReplicas": ready},
        })
    }

    fn pod(name: &str, owner: (&str, &str), hash: &str, ready: Option<&str>) -> Value {
        let status = if ready.is_some() { "True" } else { "False" };
        json!({
            "kind": "Pod",
            "metadata": {
                "name": name, "uid": name, "labels": {"controller-revision-hash": hash},
                "ownerReferences": [{"kind": owner.0, "name": owner.1, "uid": owner.1.replace("churn-", "set-"), "controller": true}],
            },
            "spec": {"containers": [{"name": "server", "image": format!("churn:{hash}")}]},
            "status": {"conditions": [{"type": "Ready", "status": status, "lastTransitionTime": ready}]},
        })
    }

    /// The revision that the broken one is held against, and whether it is known to be ready.
    fn before(objects: &[Value], about: (&str, &str)) -> Option<(String, bool)> {
        let (snapshot, none) = (snapshot(objects), SafeText::default());
        let kind = objects[0]["kind"].as_str().unwrap_or_default();
        let (subject, top) =
            (Subject::new(about.0, &none, &about.1.into()), Subject::new(kind, &none, &"churn".into()));
        let (revision, _) = broken(&snapshot, &subject, &top)?.before?;
        Some((revision.name.to_string(), revision.is_ready))
    }

    const CHURN: (&str, &str) = ("Deployment", "churn");

    #[test]
    fn the_newest_revision_that_is_ready_is_held_against_the_broken_one() {
        let objects = [deployment("ReplicaSetUpdated"), set(1, 2, true), set(2, 0, true), set(3, 0, true)];
        assert_eq!(before(&objects, CHURN), Some(("churn-1".to_owned(), true)));
    }

    #[test]
    fn without_evidence_nothing_is_called_ready() {
        let objects = [deployment("ReplicaSetUpdated"), set(1, 0, true), set(2, 0, true), set(3, 0, true)];
        assert_eq!(before(&objects, CHURN), Some(("churn-2".to_owned(), false)));
    }

    #[test]
    fn a_first_revision_is_held_against_none() {
        assert_eq!(before(&[deployment("ReplicaSetUpdated"), set(3, 0, true)], CHURN), None);
    }

    #[test]
    fn a_revision_that_served_is_held_against_none() {
        let older = [set(1, 0, true), set(2, 0, true)];
        let with = |reason: &str, newest: Value| [&[deployment(reason)], &older[..], &[newest]].concat();
        assert_eq!(before(&with("NewReplicaSetAvailable", set(3, 0, true)), CHURN), None);
        assert_eq!(before(&with("ReplicaSetUpdated", set(3, 1, true)), CHURN), None);
    }

    #[test]
    fn without_a_readiness_probe_to_be_counted_as_ready_proves_nothing() {
        let objects = [deployment("NewReplicaSetAvailable"), set(2, 0, false), set(3, 1, false)];
        assert_eq!(before(&objects, CHURN), Some(("churn-2".to_owned(), false)));
    }

    #[test]
    fn pods_of_an_old_revision_are_held_against_none() {
        let old = pod("old", ("ReplicaSet", "churn-2"), "", None);
        let objects = [deployment("ReplicaSetUpdated"), set(2, 1, true), set(3, 0, true), old];
        assert_eq!(before(&objects, ("Pod", "old")), None);
    }

    #[test]
    fn a_stateful_set_that_waits_for_its_pods_to_be_deleted_is_held_against_none() {
        let with = |update: &str| {
            let made = json!({"kind": "StatefulSet", "metadata": {"name": "churn", "uid": "churn"}, "status": {"updateRevision": update}});
            let owner = ("StatefulSet", "churn");
            let ready = pod("churn-0", owner, "b", Some("2026-03-03T08:11:20Z"));
            before(&[made, ready, pod("churn-1", owner, "a", None)], ("Pod", "churn-1"))
        };
        assert_eq!(with("c"), None, "the broken pod has the old revision");
        assert_eq!(with("a"), Some(("b".to_owned(), true)));
    }

    #[test]
    fn objects_that_were_cut_down_are_no_reason_to_fail() {
        let empty =
            json!({"kind": "ReplicaSet", "metadata": {"name": "churn-9", "ownerReferences": [{"uid": "churn"}]}});
        assert_eq!(before(&[deployment(""), empty.clone(), empty], CHURN), None);
        assert_eq!(before(&[json!({"kind": "Deployment"})], CHURN), None);
        assert_eq!(before(&[json!({"kind": "DaemonSet"})], ("Pod", "gone")), None);
    }
}
