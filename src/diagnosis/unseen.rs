//! Pods that may not be read: what their events, and the template of what made them, tell of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnosis::present;
use crate::snapshot::container::{Container, ContainerState, ContainerStatus, Running, Waiting};
use crate::snapshot::event::Event;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::{Condition, Labels, Meta, OwnerReference};
use crate::snapshot::pod::{Pod, PodSpec, PodStatus};
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot, relation};

/// The pods that are not known because pods may not be read, and that events complain about.
pub fn keys(snapshot: &Snapshot) -> Vec<Key> {
    if !snapshot.is_unreadable("pods") {
        return Vec::new();
    }
    let events = snapshot.of_kind::<Event>(Kind::Event).map(|(_, event)| event);
    let named = events.filter(|event| event.involved_object.kind == "Pod" && complains(event)).map(|event| {
        let (namespace, name) = (event.object_namespace().clone(), event.involved_object.name.clone());
        Key { kind: Kind::Pod, namespace, name }
    });
    named.filter(|key| !snapshot.holds(key)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Do events complain about a pod of a workload that may not be read?
pub fn speaks_of(snapshot: &Snapshot, workload: &Subject) -> bool {
    keys(snapshot)
        .iter()
        .filter_map(|key| pod(snapshot, key))
        .any(|pod| relation::workload_of(snapshot, &pod) == *workload)
}

/// A pod that may not be read, as its events tell it; none where they are over.
pub fn pod(snapshot: &Snapshot, key: &Key) -> Option<Pod> {
    if key.kind != Kind::Pod || snapshot.holds(key) || !snapshot.is_unreadable("pods") {
        return None;
    }
    let mut events = snapshot.events_about("Pod", &key.namespace, &key.name, &SafeText::default());
    let uid = events.last()?.involved_object.uid.clone();
    events.retain(|event| event.involved_object.uid == uid);
    let maker = maker(snapshot, key);
    let is_full = maker.as_ref().is_some_and(|maker| is_full(maker.workload));
    if is_full || !is_recent(snapshot, &events) || is_stopped(&events) {
        return None;
    }
    let mut pod = Pod { metadata: meta(key, uid, maker.as_ref()), ..Pod::default() };
    let spec = maker.map_or_else(Arc::default, |maker| maker.workload.pod_spec());
    pod.spec = Arc::new(PodSpec { node_name: node(&events), ..(*spec).clone() });
    if pod.spec.containers.is_empty() {
        Arc::make_mut(&mut pod.spec).containers = named_containers(&events);
    }
    pod.status = status(&pod, &events);
    (!present::is_over(snapshot, &pod)).then_some(pod)
}

/// Does an event say that something is wrong? That a pull or a start is waited for is told as `Normal` by some.
fn complains(event: &Event) -> bool {
    event.kind == "Warning" || matches!(event.reason.as_str(), "BackOff" | "Failed")
}

/// Was there a complaint in the last minutes? What does not go well is told again and again.
fn is_recent(snapshot: &Snapshot, events: &[&Event]) -> bool {
    /// Seconds in which Kubernetes repeats what still holds.
    const REPEATED: i64 = 600;
    let is_fresh = |event: &&Event| {
        let times = event.last_seen().zip(snapshot.source.taken_at);
        times.is_none_or(|(seen, now)| now.as_second() - seen.as_second() <= REPEATED)
    };
    events.iter().filter(|event| complains(event)).any(is_fresh)
}

/// Was it asked to go away?
fn is_stopped(events: &[&Event]) -> bool {
    events.iter().any(|event| event.reason == "Killing" && event.message.starts_with("Stopping container"))
}

/// What made a pod, by the pod's name.
struct Maker<'a> {
    owner: OwnerReference,
    hash: SafeText,
    workload: &'a Workload,
}

fn maker<'a>(snapshot: &'a Snapshot, key: &Key) -> Option<Maker<'a>> {
    let (stem, end) = key.name.rsplit_once('-')?;
    let held = |kind: Kind, name: &str| snapshot.get::<Workload>(kind, &key.namespace, &SafeText::new(name));
    let made = |kind: Kind, workload: &'a Workload, hash: &str| {
        let (kind, name, uid) = (SafeText::new(kind.name()), SafeText::new(stem), workload.metadata.uid.clone());
        Maker { owner: OwnerReference { kind, name, uid, controller: true }, hash: SafeText::new(hash), workload }
    };
    let (deployment, hash) = stem.rsplit_once('-').unwrap_or_default();
    let direct = [Kind::ReplicaSet, Kind::DaemonSet, Kind::Job].into_iter();
    let mut direct = direct.filter_map(|kind| held(kind, stem).map(|workload| made(kind, workload, "")));
    let numbered = || held(Kind::StatefulSet, stem).filter(|_| end.parse::<u32>().is_ok());
    // The ReplicaSet between may not be known: its name is that of the Deployment and a hash.
    let of_deployment = || held(Kind::Deployment, deployment).map(|workload| made(Kind::ReplicaSet, workload, hash));
    direct.next().or_else(|| numbered().map(|set| made(Kind::StatefulSet, set, ""))).or_else(of_deployment)
}

/// Has it all the pods that it wants?
fn is_full(workload: &Workload) -> bool {
    let (wanted, status) = (workload.spec.replicas.unwrap_or(1), &workload.status);
    let is_new = status.updated_replicas == 0 || status.updated_replicas >= wanted;
    wanted > 0 && status.ready_replicas >= wanted && is_new && status.replicas <= wanted
}

fn meta(key: &Key, uid: SafeText, maker: Option<&Maker<'_>>) -> Meta {
    let mut labels = maker.map_or_else(Labels::new, |maker| (*maker.workload.spec.template.metadata.labels).clone());
    if let Some(maker) = maker.filter(|maker| !maker.hash.is_empty()) {
        labels.insert(SafeText::new("pod-template-hash"), maker.hash.clone());
    }
    let owner_references = maker.map(|maker| maker.owner.clone()).into_iter().collect();
    let (name, namespace, labels) = (key.name.clone(), key.namespace.clone(), Arc::new(labels));
    Meta { name, namespace, uid, labels, owner_references, ..Meta::default() }
}

/// The node that it was put on.
fn node(events: &[&Event]) -> SafeText {
    let scheduled = events.iter().rev().find(|event| event.reason == "Scheduled");
    scheduled.and_then(|event| event.message.rsplit(" to ").next()).map(SafeText::new).unwrap_or_default()
}

/// The containers that events name.
fn named_containers(events: &[&Event]) -> Arc<[Container]> {
    let names: BTreeSet<&str> = events.iter().filter_map(|event| event.container()).collect();
    let named = names.into_iter().map(|name| Container { name: SafeText::new(name), ..Container::default() });
    named.collect()
}

/// How far it came.
fn status(pod: &Pod, events: &[&Event]) -> PodStatus {
    let states = |containers: &[Container]| containers.iter().map(|container| state(&container.name, events)).collect();
    let is_scheduled = if pod.is_scheduled() { "True" } else { "False" };
    let scheduled =
        Condition { kind: SafeText::new("PodScheduled"), status: SafeText::new(is_scheduled), ..Condition::default() };
    PodStatus {
        phase: SafeText::new("Pending"),
        conditions: Box::new([scheduled]),
        container_statuses: states(&pod.spec.containers),
        init_container_statuses: states(&pod.spec.init_containers),
        ..PodStatus::default()
    }
}

/// The state of a container: it runs where no trouble was told after its start.
fn state(name: &SafeText, events: &[&Event]) -> ContainerStatus {
    let last = |reasons: &[&str]| {
        let own = events.iter().rev().filter(|event| event.container() == Some(name));
        own.copied().find(|event| reasons.contains(&event.reason.as_str()))
    };
    let (started, trouble) = (last(&["Started"]), last(&["BackOff", "Failed", "Killing"]));
    let was_before = |start: &&Event| trouble.is_none_or(|trouble| trouble.last_seen() <= start.last_seen());
    let running = started.filter(was_before).map(|start| Running { started_at: start.last_seen() });
    let is_backing_off = |event: &&Event| event.message.contains("restarting failed") && running.is_none();
    let waiting = trouble.filter(is_backing_off);
    let waiting = waiting.map(|_| Waiting { reason: SafeText::new("CrashLoopBackOff"), ..Waiting::default() });
    let starts = started.map_or(0, Event::count);
    let restart_count = (starts - 1).max(i64::from(waiting.is_some()));
    let state = ContainerState { waiting, running, terminated: None };
    ContainerStatus { name: name.clone(), restart_count, state, ..ContainerStatus::default() }
}
