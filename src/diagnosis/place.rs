//! Where scenes are set: the subjects, in the order in which they are judged.

use crate::diagnosis::scene::Scene;
use crate::diagnosis::scenes::Stage;
use crate::diagnosis::{present, unseen};
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, LogKey, Snapshot};

/// A subject. The object that must be changed comes before those that suffer: of cases that are one, the first gives the
/// subject of the diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A claim.
    Claim(Key),
    /// A pod and its containers.
    Pod(Key),
    /// What makes pods.
    Workload(Key),
    /// A Service.
    Service(Key),
    /// An Ingress.
    Ingress(Key),
    /// A node.
    Node(Key),
    /// An object of an operator.
    Custom(Key),
    /// A log that was pasted.
    Log(LogKey),
}

impl Place {
    /// The place of an object, where objects of its kind are subjects.
    pub fn of(key: &Key) -> Option<Self> {
        let place = match key.kind {
            Kind::PersistentVolumeClaim => Place::Claim,
            Kind::Pod => Place::Pod,
            Kind::Service => Place::Service,
            Kind::Ingress => Place::Ingress,
            Kind::Node => Place::Node,
            kind if kind.is_workload() => Place::Workload,
            kind if kind.is_custom() => Place::Custom,
            _ => return None,
        };
        Some(place(key.clone()))
    }

    /// The places of an object that is only named: of several, where kinds are named alike.
    pub fn named(subject: &Subject) -> impl Iterator<Item = Self> {
        let kinds = Kind::ALL.into_iter().filter(|kind| subject.kind == kind.name());
        kinds.filter_map(|kind| {
            let namespace = subject.namespace.clone().unwrap_or_default();
            Place::of(&Key { kind, namespace, name: subject.name.clone() })
        })
    }

    /// All places of a snapshot, in their order.
    pub fn all(snapshot: &Snapshot) -> Vec<Self> {
        let objects = snapshot.objects().filter_map(|(key, _)| Place::of(key));
        let pasted = snapshot.logs().filter(|(key, _)| key.pod.is_empty()).map(|(key, _)| Place::Log(key.clone()));
        let unseen = unseen::keys(snapshot).into_iter().map(Place::Pod);
        let mut places: Vec<Place> = objects.chain(pasted).chain(unseen).collect();
        places.sort();
        places
    }

    /// The pod of a place that may not be read, as its events tell it.
    pub fn unseen_pod(&self, snapshot: &Snapshot) -> Option<Pod> {
        if let Place::Pod(key) = self { unseen::pod(snapshot, key) } else { None }
    }

    /// The scenes of a place; none where nothing is there, or only what is over.
    pub fn scenes<'a>(&self, stage: Stage<'a>) -> Vec<Scene<'a>> {
        let snapshot = stage.snapshot;
        match self {
            Place::Log(key) => snapshot.log_entry(key).map(|(key, log)| stage.of_log(key, log)).into_iter().collect(),
            Place::Claim(key)
            | Place::Pod(key)
            | Place::Workload(key)
            | Place::Service(key)
            | Place::Ingress(key)
            | Place::Node(key)
            | Place::Custom(key) => match snapshot.entry(key) {
                Some((_, Object::Pod(pod))) if present::is_over(snapshot, pod) => Vec::new(),
                Some((_, Object::Pod(pod))) => stage.of_pod(pod),
                Some((_, Object::Claim(claim))) => vec![stage.of_claim(claim)],
                // What a ReplicaSet says counts as said of the one that it belongs to.
                Some((key, Object::Workload(set)))
                    if key.kind == Kind::ReplicaSet && set.metadata.controller().is_some() =>
                {
                    Vec::new()
                }
                Some((key, Object::Workload(workload))) if was_replaced(snapshot, key, workload) => Vec::new(),
                Some((key, Object::Workload(workload))) => vec![stage.of_workload(key, workload)],
                Some((_, Object::Service(service))) => vec![stage.of_service(service)],
                Some((_, Object::Ingress(ingress))) => vec![stage.of_ingress(ingress)],
                Some((_, Object::Node(node))) => vec![stage.of_node(node)],
                Some((key, Object::Custom(custom))) => vec![stage.of_custom(key, custom)],
                _ => Vec::new(),
            },
        }
    }
}

/// Is it a revision of Knative without pods, in whose place another one serves?
fn was_replaced(snapshot: &Snapshot, key: &Key, workload: &Workload) -> bool {
    const LABELS: [&str; 2] = ["serving.knative.dev/configuration", "serving.knative.dev/service"];
    let is_of_same = |other: &Workload| {
        let same = |label| (workload.metadata.label(label), other.metadata.label(label));
        LABELS.into_iter().map(same).any(|(own, other)| !own.is_empty() && own == other)
    };
    if workload.spec.replicas != Some(0) || !is_of_same(workload) {
        return false;
    }
    let mut others = snapshot.of_kind::<Workload>(key.kind).filter(|(other, _)| other.namespace == key.namespace);
    others.any(|(_, other)| other.has_ready_pods() && is_of_same(other))
}
