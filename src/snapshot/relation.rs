//! Which objects belong together: owners, selected pods, mounted claims, revisions.

use std::collections::BTreeSet;

use crate::snapshot::event::Event;
use crate::snapshot::index::{claim_key, node_key};
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::meta::{Meta, selects};
use crate::snapshot::network::Service;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot};

/// Owners are followed this far; an owner chain that goes in a circle ends there too.
const OWNER_DEPTH: usize = 8;

/// The objects above one, the nearest first.
pub fn owners<'a>(snapshot: &'a Snapshot, meta: &'a Meta) -> Vec<Subject> {
    let mut chain = Vec::new();
    let mut current = meta;
    let mut seen = BTreeSet::from([&current.uid]);
    while let Some(owner) = current.controller().filter(|_| chain.len() < OWNER_DEPTH) {
        if owner.kind == "Node" {
            break;
        }
        chain.push(Subject::new(&owner.kind, &meta.namespace, &owner.name));
        let next = object(snapshot, &owner.kind, &meta.namespace, &owner.name).map(Object::meta);
        match next.filter(|next| seen.insert(&next.uid)) {
            Some(next) => current = next,
            None => break,
        }
    }
    chain
}

/// The workload at the top of a pod's owners; a pod that nobody owns is its own.
pub fn workload_of(snapshot: &Snapshot, pod: &Pod) -> Subject {
    let own = Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
    match owners(snapshot, &pod.metadata).pop() {
        Some(top) if top.kind == "ReplicaSet" => deployment_of(snapshot, pod, &top).unwrap_or(top),
        Some(top) => top,
        None => own,
    }
}

/// The Deployment of a pod whose ReplicaSet is not known: its name is that of the ReplicaSet without the hash.
fn deployment_of(snapshot: &Snapshot, pod: &Pod, replica_set: &Subject) -> Option<Subject> {
    let hash = pod.metadata.label("pod-template-hash");
    let name = replica_set.name.strip_suffix(hash)?.strip_suffix('-').filter(|_| !hash.is_empty())?;
    let known =
        Key { kind: Kind::ReplicaSet, namespace: pod.metadata.namespace.clone(), name: replica_set.name.clone() };
    (!snapshot.holds(&known)).then(|| Subject::new("Deployment", &pod.metadata.namespace, &SafeText::new(name)))
}

/// The workload at the top of an object's owners, or the object itself.
pub fn top_of(snapshot: &Snapshot, key: &Key) -> Subject {
    let own = Subject::new(key.kind.name(), &key.namespace, &key.name);
    let meta = object(snapshot, key.kind.name(), &key.namespace, &key.name).map(Object::meta);
    meta.and_then(|meta| owners(snapshot, meta).pop()).unwrap_or(own)
}

/// An object by the name of its kind.
pub fn object<'a>(snapshot: &'a Snapshot, kind: &str, namespace: &SafeText, name: &SafeText) -> Option<&'a Object> {
    let mut kinds = Kind::ALL.into_iter().filter(|known| known.name() == kind);
    kinds.find_map(|kind| snapshot.object(&Key { kind, namespace: namespace.clone(), name: name.clone() }))
}

/// The pods below an object, however far.
pub fn pods_below<'a>(snapshot: &'a Snapshot, meta: &Meta) -> Vec<&'a Pod> {
    let mut pods = Vec::new();
    let mut open = vec![meta.uid.clone()];
    let mut seen = BTreeSet::new();
    while let Some(uid) = open.pop().filter(|uid| !uid.is_empty()) {
        if !seen.insert(uid.clone()) {
            continue;
        }
        for key in snapshot.children(&uid) {
            match snapshot.by_key::<Pod>(key) {
                Some(pod) => pods.push(pod),
                None => open.extend(snapshot.object(key).map(|object| object.meta().uid.clone())),
            }
        }
    }
    pods.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    pods
}

/// The pods of a workload at the top of its owner chain, in the order of their names.
pub fn pods_of<'a>(snapshot: &'a Snapshot, workload: &Subject) -> Vec<&'a Pod> {
    let namespace = workload.namespace.clone().unwrap_or_default();
    let below = match object(snapshot, &workload.kind, &namespace, &workload.name) {
        Some(Object::Pod(pod)) => vec![&**pod],
        Some(object) => pods_below(snapshot, object.meta()),
        None => Vec::new(),
    };
    if !below.is_empty() {
        return below;
    }
    // What stands between them may not be known.
    let pods = snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| pod);
    pods.filter(|pod| workload_of(snapshot, pod) == *workload).collect()
}

/// The ReplicaSets of a Deployment, newest revision last.
pub fn replica_sets<'a>(snapshot: &'a Snapshot, deployment: &Meta) -> Vec<(&'a Key, &'a Workload)> {
    let children = snapshot.children(&deployment.uid).filter(|key| key.kind == Kind::ReplicaSet);
    let mut sets: Vec<(&Key, &Workload)> = children.filter_map(|key| Some((key, snapshot.by_key(key)?))).collect();
    sets.sort_by_key(|(key, set)| (revision(set), set.metadata.creation_timestamp, key.name.clone()));
    sets
}

/// The number of a ReplicaSet's revision, 0 where it has none.
pub fn revision(replica_set: &Workload) -> i64 {
    replica_set.metadata.annotation("deployment.kubernetes.io/revision").parse().unwrap_or(0)
}

/// The pods that a Service sends to.
pub fn pods_of_service<'a>(snapshot: &'a Snapshot, service: &Service) -> Vec<&'a Pod> {
    let selector = &service.spec.selector;
    let Some(label) = selector.iter().next() else { return Vec::new() };
    let pods = snapshot.pods_labelled(&service.metadata.namespace, label);
    pods.filter(|pod| selects(selector, &pod.metadata.labels) && !pod.is_finished()).collect()
}

/// The Services that send to a pod.
pub fn services_of_pod<'a>(snapshot: &'a Snapshot, pod: &Pod) -> Vec<&'a Service> {
    let meta = &pod.metadata;
    let services = meta.labels.iter().flat_map(|label| snapshot.services_selecting(&meta.namespace, label));
    let mut services: Vec<&Service> =
        services.filter(|service| selects(&service.spec.selector, &meta.labels)).collect();
    services.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
    services
}

/// The workloads whose template's pods a Service would send to.
pub fn workloads_of_service(snapshot: &Snapshot, service: &Service) -> Vec<(Key, Subject)> {
    let mut found = Vec::new();
    for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet] {
        for (key, workload) in snapshot.of_kind::<Workload>(kind) {
            let labels = &workload.spec.template.metadata.labels;
            if key.namespace == service.metadata.namespace && selects(&service.spec.selector, labels) {
                found.push((key.clone(), top_of(snapshot, key)));
            }
        }
    }
    found
}

/// The node that a pod runs on, and the claims that it mounts.
pub fn used_by(pod: &Pod) -> Vec<Key> {
    let claims = pod.spec.claim_names().map(|claim| claim_key(&pod.metadata.namespace, claim));
    let node = Some(&pod.spec.node_name).filter(|name| !name.is_empty());
    claims.chain(node.map(node_key)).collect()
}

/// The pods that mount a claim.
pub fn pods_of_claim<'a>(snapshot: &'a Snapshot, claim: &Meta) -> Vec<&'a Pod> {
    snapshot.pods_using(claim_key(&claim.namespace, &claim.name)).collect()
}

/// The events about an object.
pub fn events_of<'a>(snapshot: &'a Snapshot, kind: &str, meta: &Meta) -> Vec<&'a Event> {
    snapshot.events_about(kind, &meta.namespace, &meta.name, &meta.uid)
}
