//! Which objects belong together: owners, selected pods, mounted claims, revisions.

use std::collections::BTreeSet;

use crate::snapshot::custom::Custom;
use crate::snapshot::event::Event;
use crate::snapshot::index::{claim_key, node_key};
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::meta::{Labels, Meta, OwnerReference, selects};
use crate::snapshot::network::{Endpoint, EndpointSlice, Service};
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot};

/// Owners are followed this far; an owner chain that goes in a circle ends there too.
const OWNER_DEPTH: usize = 8;

/// Labels by which operators name what an object belongs to, the nearer first: between the two stand objects that are not
/// read, the Revision and the Configuration of Knative.
const BELONGS: [(&str, Kind); 2] = [
    ("serving.knative.dev/service", Kind::KnativeService),
    ("serving.kserve.io/inferenceservice", Kind::InferenceService),
];

/// The objects above one, the nearest first. Where an owner is not known, labels lead on.
pub fn owners<'a>(snapshot: &'a Snapshot, meta: &'a Meta) -> Vec<Subject> {
    let mut chain = Vec::new();
    let mut current = meta;
    while chain.len() < OWNER_DEPTH {
        let owner = current.controller().filter(|owner| owner.kind != "Node");
        let named = owner.map(|owner| Subject::new(&owner.kind, &meta.namespace, &owner.name));
        let mut above: Vec<Subject> = named.filter(|named| !chain.contains(named)).into_iter().collect();
        let known = owner.and_then(|owner| owned_by(snapshot, &meta.namespace, owner));
        let labelled = if known.is_none() { belongs_to(snapshot, current, &chain) } else { None };
        above.extend(labelled.as_ref().map(|(named, _)| named.clone()));
        let Some(next) = known.or(labelled.map(|(_, next)| next)).filter(|_| !above.is_empty()) else {
            chain.extend(above);
            break;
        };
        chain.extend(above);
        current = next;
    }
    chain
}

/// The object that an owner reference speaks of, if it is known: of several with that name the one of its uid.
fn owned_by<'a>(snapshot: &'a Snapshot, namespace: &SafeText, owner: &OwnerReference) -> Option<&'a Meta> {
    let known = || objects(snapshot, &owner.kind, namespace, &owner.name).map(Object::meta);
    known().find(|meta| meta.uid == owner.uid).or_else(|| known().next())
}

/// The object of an operator that the labels of an object name, unless the chain has come by it.
fn belongs_to<'a>(snapshot: &'a Snapshot, meta: &Meta, chain: &[Subject]) -> Option<(Subject, &'a Meta)> {
    BELONGS.into_iter().find_map(|(label, kind)| {
        let name = meta.labels.get(label).filter(|name| !name.is_empty())?.clone();
        let subject = Subject::new(kind.name(), &meta.namespace, &name);
        let known = snapshot.object(&Key { kind, namespace: meta.namespace.clone(), name })?.meta();
        (!chain.contains(&subject) && !std::ptr::eq(known, meta)).then_some((subject, known))
    })
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
    let top = || owners(snapshot, snapshot.object(key)?.meta()).pop();
    top().or_else(|| made_without_owner(snapshot, key)).unwrap_or(own)
}

/// The Deployment that Azure ML made of an OnlineDeployment: it names no owner, but has the same name and labels.
fn made_without_owner(snapshot: &Snapshot, key: &Key) -> Option<Subject> {
    const LABELS: [&str; 2] = ["ml.azure.com/endpoint-name", "ml.azure.com/deployment-name"];
    let online = snapshot.object(key).filter(|_| key.kind == Kind::OnlineDeployment)?.meta();
    let made = snapshot.get::<Workload>(Kind::Deployment, &key.namespace, &key.name)?;
    let made = &made.metadata;
    let is_same = |label: &str| online.label(label).is_empty() || online.label(label) == made.label(label);
    let is_made = LABELS.into_iter().all(|label| !made.label(label).is_empty() && is_same(label));
    (is_made && made.controller().is_none()).then(|| Subject::new("Deployment", &key.namespace, &key.name))
}

/// An object by the name of its kind.
pub fn object<'a>(snapshot: &'a Snapshot, kind: &str, namespace: &SafeText, name: &SafeText) -> Option<&'a Object> {
    objects(snapshot, kind, namespace, name).next()
}

/// The objects of a name whose kinds are named alike: Kubernetes and Knative both have a Service.
fn objects<'a>(
    snapshot: &'a Snapshot,
    kind: &str,
    namespace: &SafeText,
    name: &SafeText,
) -> impl Iterator<Item = &'a Object> {
    let kinds = Kind::ALL.into_iter().filter(move |known| known.name() == kind);
    kinds.filter_map(move |kind| snapshot.object(&Key { kind, namespace: namespace.clone(), name: name.clone() }))
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

/// The pods of an operator's object: those below it, and those whose labels lead to it.
pub fn pods_of_custom<'a>(snapshot: &'a Snapshot, key: &Key, custom: &Custom) -> Vec<&'a Pod> {
    let mut pods = pods_below(snapshot, &custom.metadata);
    let own = Subject::new(key.kind.name(), &key.namespace, &key.name);
    let label = BELONGS.iter().find(|(_, kind)| *kind == key.kind).map(|(label, _)| SafeText::new(label));
    let labelled = label.iter().flat_map(|label| snapshot.pods_labelled(&key.namespace, (label, &key.name)));
    let is_new = |pod: &&Pod| !pods.iter().any(|known| known.metadata.name == pod.metadata.name);
    let more: Vec<&Pod> =
        labelled.filter(is_new).filter(|pod| owners(snapshot, &pod.metadata).contains(&own)).collect();
    pods.extend(more);
    pods.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    pods
}

/// The pods of a workload at the top of its owner chain, in the order of their names.
pub fn pods_of<'a>(snapshot: &'a Snapshot, workload: &Subject) -> Vec<&'a Pod> {
    let namespace = workload.namespace.clone().unwrap_or_default();
    let below = match object(snapshot, &workload.kind, &namespace, &workload.name) {
        Some(Object::Pod(pod)) => vec![&**pod],
        Some(Object::Custom(_)) | None => Vec::new(),
        Some(object) => pods_below(snapshot, object.meta()),
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

/// Does a newer ReplicaSet of its Deployment take the place of the one that made the pod?
pub fn is_of_former_revision(snapshot: &Snapshot, pod: &Pod) -> bool {
    let set = pod.metadata.controller().and_then(|owner| owned_by(snapshot, &pod.metadata.namespace, owner));
    let deployment = set.and_then(Meta::controller).filter(|owner| owner.kind == Kind::Deployment.name());
    let deployment = deployment.and_then(|owner| owned_by(snapshot, &pod.metadata.namespace, owner));
    let newest = deployment.and_then(|deployment| replica_sets(snapshot, deployment).pop());
    newest.zip(set).is_some_and(|((key, _), set)| key.name != set.name)
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
    services_of_labels(snapshot, &pod.metadata.namespace, &pod.metadata.labels)
}

/// The Services of a namespace that send to pods with these labels.
pub fn services_of_labels<'a>(snapshot: &'a Snapshot, namespace: &SafeText, labels: &Labels) -> Vec<&'a Service> {
    let services = labels.iter().flat_map(|label| snapshot.services_selecting(namespace, label));
    let mut services: Vec<&Service> = services.filter(|service| selects(&service.spec.selector, labels)).collect();
    services.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
    services
}

/// The label of an EndpointSlice that names its Service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Does anything say that a pod behind a Service is ready: a pod, or where none is known what makes them, or an
/// EndpointSlice?
pub fn has_ready_pods(snapshot: &Snapshot, service: &Service) -> bool {
    let pods = pods_of_service(snapshot, service);
    if !pods.is_empty() {
        return pods.iter().any(|pod| pod.is_ready());
    }
    let counted = |key: &Key| snapshot.by_key::<Workload>(key).is_some_and(Workload::has_ready_pods);
    let meta = &service.metadata;
    let slices = snapshot.of_kind::<EndpointSlice>(Kind::EndpointSlice).filter(|(key, slice)| {
        key.namespace == meta.namespace && slice.metadata.label(SERVICE_NAME) == meta.name.as_str()
    });
    workloads_of_service(snapshot, service).iter().any(|(key, _)| counted(key))
        || slices.into_iter().any(|(_, slice)| slice.endpoints.iter().flatten().any(Endpoint::is_ready))
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
