//! What a change of the snapshot can matter to: the subjects to judge anew.

use std::collections::BTreeSet;

use crate::diagnosis::place::Place;
use crate::snapshot::event::Event;
use crate::snapshot::index::node_key;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::network::Ingress;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Change, Key, Snapshot, relation};

/// What changes since the last judgement can matter to.
///
/// Followed are those of pods, of their events and logs, of the status of what makes them, and of EndpointSlices: nearly
/// all that happens in a namespace. After any other everything is judged anew. What looks further, at the room on all
/// nodes or at the pods behind a host name, is judged anew when everything is.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// Everything?
    pub everything: bool,
    /// Objects that changed.
    changed: BTreeSet<Key>,
    /// The subjects.
    pub places: BTreeSet<Place>,
    /// The workloads at the top of their owner chains.
    pub workloads: BTreeSet<Subject>,
}

impl Touched {
    /// Everything is judged anew.
    pub fn everything() -> Self {
        Touched { everything: true, ..Touched::default() }
    }

    /// The pods that changed, came or went.
    pub fn pods(&self) -> impl Iterator<Item = &Key> {
        self.changed.iter().filter(|key| key.kind == Kind::Pod)
    }

    /// Notes a change before the snapshot takes it in: what the object was related to until then is touched too.
    pub fn note(&mut self, snapshot: &Snapshot, change: &Change) {
        match change {
            Change::Put(kind, object) => self.note_object(snapshot, *kind, object),
            Change::Gone(key) => match (key.kind, snapshot.object(key)) {
                (_, None) => {}
                (_, Some(Object::Event(event))) => self.note_event(snapshot, event),
                (Kind::Pod | Kind::EndpointSlice, _) => self.note_key(snapshot, key.clone()),
                _ => self.everything = true,
            },
            Change::Log(log, _) => self.note_key(snapshot, log.pod_key()),
            Change::Unreadable(_) | Change::Readable(_) => self.everything = true,
            Change::Clock(_) => {}
        }
    }

    fn note_object(&mut self, snapshot: &Snapshot, kind: Kind, object: &Object) {
        let key = Key { kind, namespace: object.meta().namespace.clone(), name: object.meta().name.clone() };
        let before = snapshot.object(&key);
        match object {
            _ if before == Some(object) => {}
            Object::Event(event) => self.note_event(snapshot, event),
            Object::Pod(_) | Object::EndpointSlice(_) => self.note_key(snapshot, key),
            Object::Workload(_) if before.is_some() => self.note_key(snapshot, key),
            _ => self.everything = true,
        }
    }

    fn note_event(&mut self, snapshot: &Snapshot, event: &Event) {
        let about = &event.involved_object;
        let (namespace, name) = (event.object_namespace().clone(), about.name.clone());
        match Kind::of("", &about.kind) {
            Some(Kind::Node) | None => self.everything = true,
            Some(kind) => self.note_key(snapshot, Key { kind, namespace, name }),
        }
    }

    fn note_key(&mut self, snapshot: &Snapshot, key: Key) {
        if !self.everything {
            self.reach(snapshot, &key);
            self.changed.insert(key);
        }
    }

    /// Adds what the changed objects are related to now that the snapshot has taken the changes in.
    pub fn settle(&mut self, snapshot: &Snapshot) {
        if self.everything {
            return;
        }
        for key in self.changed.clone() {
            self.reach(snapshot, &key);
        }
    }

    /// The subjects to which it matters how an object is.
    fn reach(&mut self, snapshot: &Snapshot, key: &Key) {
        self.places.extend(Place::of(key));
        match snapshot.object(key) {
            Some(Object::Pod(pod)) => self.reach_of_pod(snapshot, pod),
            Some(Object::Workload(workload)) => self.reach_of_workload(snapshot, key, workload),
            Some(Object::Claim(_)) => {
                let pods = snapshot.pods_using(key.clone());
                self.workloads.extend(pods.map(|pod| relation::workload_of(snapshot, pod)));
            }
            Some(Object::EndpointSlice(slice)) => {
                let name = slice.metadata.labels.get(relation::SERVICE_NAME).cloned().unwrap_or_default();
                self.reach_of_service(snapshot, &key.namespace, &name);
            }
            _ => {}
        }
    }

    fn reach_of_pod(&mut self, snapshot: &Snapshot, pod: &Pod) {
        self.workloads.insert(relation::workload_of(snapshot, pod));
        let owners = relation::owners(snapshot, &pod.metadata);
        self.places.extend(owners.iter().flat_map(Place::named));
        self.places.extend(relation::used_by(pod).iter().filter_map(Place::of));
        self.places.extend(Place::of(&node_key(&pod.spec.node_name)));
        for service in relation::services_of_pod(snapshot, pod) {
            self.reach_of_service(snapshot, &service.metadata.namespace, &service.metadata.name);
        }
    }

    fn reach_of_service(&mut self, snapshot: &Snapshot, namespace: &SafeText, name: &SafeText) {
        let (namespace, name) = (namespace.clone(), name.clone());
        let leads_to_it = |ingress: &Ingress| ingress.backends().any(|(_, _, backend)| backend.service.name == name);
        let ingresses = snapshot.of_kind::<Ingress>(Kind::Ingress).filter(|(key, _)| key.namespace == namespace);
        let ingresses = ingresses.filter(|(_, ingress)| leads_to_it(ingress));
        self.places.extend(ingresses.map(|(key, _)| Place::Ingress(key.clone())));
        self.places.insert(Place::Service(Key { kind: Kind::Service, namespace, name }));
    }

    fn reach_of_workload(&mut self, snapshot: &Snapshot, key: &Key, workload: &Workload) {
        self.workloads.insert(relation::top_of(snapshot, key));
        let owners = relation::owners(snapshot, &workload.metadata);
        self.places.extend(owners.iter().flat_map(Place::named));
        // Where no pod is known, its count of ready pods tells of its Services.
        let labels = &workload.spec.template.metadata.labels;
        for service in relation::services_of_labels(snapshot, &key.namespace, labels) {
            self.reach_of_service(snapshot, &key.namespace, &service.metadata.name);
        }
    }
}
