//! Which objects have to do with which, kept while objects come and go: to look through all of them for each question
//! would be slow in a large namespace.

use imbl::OrdSet;

use crate::snapshot::event::Event;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::pod::Pod;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Key, relation};

/// What an object can have to do with others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// It was made by the object of this uid.
    MadeBy(SafeText),
    /// It is an event about an object of this kind, namespace and name.
    About(SafeText, SafeText, SafeText),
    /// It is a pod of this namespace with this label.
    Labelled(SafeText, SafeText, SafeText),
    /// It is a pod that runs on a node, or mounts a claim.
    Uses(Key),
    /// It is a Service of this namespace whose selector begins with this label.
    Selects(SafeText, SafeText, SafeText),
}

/// The objects by their relations.
#[derive(Clone, Debug, Default)]
pub struct Index(OrdSet<(Relation, Key)>);

impl Index {
    /// Enters an object.
    pub fn insert(&mut self, key: &Key, object: &Object) {
        for relation in relations(key, object) {
            self.0.insert((relation, key.clone()));
        }
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &Key, object: &Object) {
        for relation in relations(key, object) {
            self.0.remove(&(relation, key.clone()));
        }
    }

    /// The objects of a relation, in the order of their keys.
    pub fn of(&self, relation: Relation) -> impl Iterator<Item = &Key> {
        let first = Key { kind: Kind::ALL[0], namespace: SafeText::default(), name: SafeText::default() };
        let found = self.0.range((relation.clone(), first)..);
        found.take_while(move |(other, _)| *other == relation).map(|(_, key)| key)
    }
}

fn relations(key: &Key, object: &Object) -> Vec<Relation> {
    let owners = object.meta().owner_references.iter();
    let mut relations: Vec<Relation> = owners.map(|owner| Relation::MadeBy(owner.uid.clone())).collect();
    match object {
        Object::Event(event) => relations.push(about(event)),
        Object::Pod(pod) => relations.extend(of_pod(key, pod)),
        Object::Service(service) => {
            let label = service.spec.selector.iter().next().map(|(label, value)| (label.clone(), value.clone()));
            relations.extend(label.map(|(label, value)| Relation::Selects(key.namespace.clone(), label, value)));
        }
        _ => {}
    }
    relations
}

fn about(event: &Event) -> Relation {
    let object = &event.involved_object;
    Relation::About(object.kind.clone(), event.object_namespace().clone(), object.name.clone())
}

fn of_pod(key: &Key, pod: &Pod) -> impl Iterator<Item = Relation> {
    let labels = pod.metadata.labels.iter();
    let labelled = labels.map(|(label, value)| Relation::Labelled(key.namespace.clone(), label.clone(), value.clone()));
    labelled.chain(relation::used_by(pod).into_iter().map(Relation::Uses))
}

/// The key of a node.
pub fn node_key(name: &SafeText) -> Key {
    Key { kind: Kind::Node, namespace: SafeText::default(), name: name.clone() }
}

/// The key of a claim.
pub fn claim_key(namespace: &SafeText, name: &SafeText) -> Key {
    Key { kind: Kind::PersistentVolumeClaim, namespace: namespace.clone(), name: name.clone() }
}
