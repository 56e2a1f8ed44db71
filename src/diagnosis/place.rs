//! Where scenes are set: the subjects, in the order in which they are judged.

use crate::diagnosis::present;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::scenes::Stage;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::subject::Subject;
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

    /// The place of an object that is only named.
    pub fn of_subject(subject: &Subject) -> Option<Self> {
        let kind = Kind::of("", &subject.kind)?;
        let namespace = subject.namespace.clone().unwrap_or_default();
        Place::of(&Key { kind, namespace, name: subject.name.clone() })
    }

    /// All places of a snapshot, in their order.
    pub fn all(snapshot: &Snapshot) -> Vec<Self> {
        let objects = snapshot.objects().filter_map(|(key, _)| Place::of(key));
        let pasted = snapshot.logs().filter(|(key, _)| key.pod.is_empty()).map(|(key, _)| Place::Log(key.clone()));
        let mut places: Vec<Place> = objects.chain(pasted).collect();
        places.sort();
        places
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
