//! What is known of a namespace at one instant: objects, logs, and what could not be read. It imports nothing of ours,
//! looks at no clock and does no input or output.

pub mod config;
pub mod container;
pub mod custom;
pub mod event;
pub mod index;
pub mod kind;
pub mod known;
pub mod log;
pub mod meta;
pub mod need;
pub mod network;
pub mod node;
pub mod pod;
pub mod policy;
pub mod quantity;
pub mod relation;
pub mod room;
pub mod selection;
pub mod storage;
pub mod subject;
pub mod text;
pub mod workload;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;

use crate::snapshot::config::ConfigMap;
use crate::snapshot::event::Event;
use crate::snapshot::index::{Index, Relation};
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::log::Log;
use crate::snapshot::meta::Meta;
use crate::snapshot::network::Service;
use crate::snapshot::pod::Pod;
use crate::snapshot::text::SafeText;

/// Where an object is found: its kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for objects of the cluster.
    pub namespace: SafeText,
    /// The name.
    pub name: SafeText,
}

impl Key {
    /// The key of an object of a kind.
    pub fn of(kind: Kind, meta: &Meta) -> Self {
        Key { kind, namespace: meta.namespace.clone(), name: meta.name.clone() }
    }
}

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey {
    /// The namespace; empty for a pasted log.
    pub namespace: SafeText,
    /// The pod; empty for a pasted log.
    pub pod: SafeText,
    /// The container; of a pasted log the file.
    pub container: SafeText,
    /// The instance before the last restart?
    pub previous: bool,
}

impl LogKey {
    /// The log of a container of a pod; of the instance before its last restart where `previous` is asked for.
    pub fn of(pod: &Meta, container: &SafeText, previous: bool) -> Self {
        LogKey { namespace: pod.namespace.clone(), pod: pod.name.clone(), container: container.clone(), previous }
    }

    /// The key of the pod.
    pub fn pod_key(&self) -> Key {
        Key { kind: Kind::Pod, namespace: self.namespace.clone(), name: self.pod.clone() }
    }

    /// A log that was pasted, or read from a file.
    pub fn pasted(file: &SafeText) -> Self {
        LogKey { namespace: SafeText::default(), pod: SafeText::default(), container: file.clone(), previous: false }
    }
}

/// Where a snapshot was taken, and when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The context of the kubeconfig.
    pub context: SafeText,
    /// The namespace; empty where all are looked at.
    pub namespace: SafeText,
    /// The instant, on the clock of the API server.
    pub taken_at: Option<Timestamp>,
    /// The version of the API server.
    pub version: SafeText,
    /// What an input that was pasted was taken for, part by part.
    pub taken_for: Vec<SafeText>,
}

/// Something that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// A resource (`events`, `pods/log`), or a part of an object.
    pub what: SafeText,
    /// One word: `forbidden`, `absent`, `expired`, `unreadable`.
    pub why: SafeText,
    /// What the server or the reader said.
    pub message: SafeText,
}

/// A change of what is known.
#[derive(Clone, Debug)]
pub enum Change {
    /// An object is new, or not as it was.
    Put(Kind, Object),
    /// An object is gone.
    Gone(Key),
    /// The log of a container as far as it is known.
    Log(LogKey, Arc<Log>),
    /// Something cannot be read, or no longer.
    Unreadable(Unreadable),
    /// Something can be read again.
    Readable(SafeText),
    /// It is later.
    Clock(Timestamp),
}

/// What is known. Cheap to clone: copies share what did not change.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Where and when.
    pub source: Source,
    /// What could not be read.
    pub unreadable: OrdSet<Unreadable>,
    objects: OrdMap<Key, Object>,
    logs: OrdMap<LogKey, Arc<Log>>,
    index: Index,
    counts: [usize; Kind::ALL.len()],
}

/// A type of objects that a snapshot holds.
pub trait Known: Sized {
    /// The object as this type.
    fn of(object: &Object) -> Option<&Self>;
}

impl Snapshot {
    /// Takes a change in.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Put(kind, object) => self.put(kind, object),
            Change::Gone(key) => self.remove(&key),
            Change::Log(key, log) => {
                self.logs.insert(key, log);
            }
            Change::Unreadable(what) => {
                self.unreadable.insert(what);
            }
            Change::Readable(what) => {
                let still = std::mem::take(&mut self.unreadable);
                self.unreadable = still.into_iter().filter(|unreadable| unreadable.what != what).collect();
            }
            Change::Clock(now) => self.source.taken_at = Some(now),
        }
    }

    fn put(&mut self, kind: Kind, mut object: Object) {
        let key = Key::of(kind, object.meta());
        self.keep_data(&key, &mut object);
        if let Object::Pod(pod) = &mut object
            && let Some(replica) = self.replica(pod)
        {
            Arc::make_mut(pod).share(replica);
        }
        self.take_out(&key);
        self.index.insert(&key, &object);
        self.counts[kind as usize] += 1;
        self.objects.insert(key, object);
    }

    /// Another pod of the same maker.
    fn replica(&self, pod: &Pod) -> Option<&Pod> {
        let uid = &pod.metadata.controller().filter(|maker| !maker.uid.is_empty())?.uid;
        self.children(uid).find_map(|key| self.by_key(key))
    }

    /// Of config maps only the metadata is watched: keys that were read on demand stay.
    fn keep_data(&self, key: &Key, object: &mut Object) {
        if let Object::ConfigMap(new) = object
            && let Some(old) = self.by_key::<ConfigMap>(key).filter(|_| new.data.is_none())
        {
            Arc::make_mut(new).data.clone_from(&old.data);
        }
    }

    fn remove(&mut self, key: &Key) {
        self.take_out(key);
        if key.kind == Kind::Pod {
            let of_pod = |log: &LogKey| log.namespace == key.namespace && log.pod == key.name;
            let gone: Vec<LogKey> = self.logs.keys().filter(|log| of_pod(log)).cloned().collect();
            for log in gone {
                self.logs.remove(&log);
            }
        }
    }

    fn take_out(&mut self, key: &Key) {
        if let Some(object) = self.objects.remove(key) {
            self.index.remove(key, &object);
            self.counts[key.kind as usize] -= 1;
        }
    }

    /// The objects of a kind, with their keys, in the order of namespace and name.
    pub fn of_kind<'a, T: Known + 'a>(&'a self, kind: Kind) -> impl Iterator<Item = (&'a Key, &'a T)> {
        let first = Key { kind, namespace: SafeText::default(), name: SafeText::default() };
        self.objects
            .range(first..)
            .take_while(move |(key, _)| key.kind == kind)
            .filter_map(|(key, object)| T::of(object).map(|object| (key, object)))
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// An object by kind and name.
    pub fn get<T: Known>(&self, kind: Kind, namespace: &SafeText, name: &SafeText) -> Option<&T> {
        self.by_key(&Key { kind, namespace: namespace.clone(), name: name.clone() })
    }

    /// An object by its key.
    pub fn by_key<T: Known>(&self, key: &Key) -> Option<&T> {
        self.objects.get(key).and_then(|object| T::of(object))
    }

    /// An object of any kind with its key.
    pub fn entry(&self, key: &Key) -> Option<(&Key, &Object)> {
        self.objects.get_key_value(key)
    }

    /// An object of any kind by its key.
    pub fn object(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// Is there an object of that key?
    pub fn holds(&self, key: &Key) -> bool {
        self.objects.contains_key(key)
    }

    /// Every object, with its key.
    pub fn objects(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.objects.iter()
    }

    /// What an object made, by the object's uid.
    pub fn children(&self, uid: &SafeText) -> impl Iterator<Item = &Key> {
        self.index.of(Relation::MadeBy(uid.clone()))
    }

    /// The pods with a label.
    pub fn pods_labelled(&self, namespace: &SafeText, label: (&SafeText, &SafeText)) -> impl Iterator<Item = &Pod> {
        let labelled = Relation::Labelled(namespace.clone(), label.0.clone(), label.1.clone());
        self.index.of(labelled).filter_map(|key| self.by_key(key))
    }

    /// The Services whose selector begins with a label.
    pub fn services_selecting(
        &self,
        namespace: &SafeText,
        label: (&SafeText, &SafeText),
    ) -> impl Iterator<Item = &Service> {
        let selects = Relation::Selects(namespace.clone(), label.0.clone(), label.1.clone());
        self.index.of(selects).filter_map(|key| self.by_key(key))
    }

    /// The pods that run on a node, or mount a claim.
    pub fn pods_using(&self, used: Key) -> impl Iterator<Item = &Pod> {
        self.index.of(Relation::Uses(used)).filter_map(|key| self.by_key(key))
    }

    /// The events about an object. Those of an older object with the same name are left out, where the uid tells.
    pub fn events_about(&self, kind: &str, namespace: &SafeText, name: &SafeText, uid: &SafeText) -> Vec<&Event> {
        let about = Relation::About(SafeText::new(kind), namespace.clone(), name.clone());
        let events = self.index.of(about).filter_map(|key| self.by_key::<Event>(key));
        let same = |event: &&Event| {
            let about = &event.involved_object.uid;
            about.is_empty() || uid.is_empty() || about == uid
        };
        let mut events: Vec<&Event> = events.filter(same).collect();
        events.sort_by_key(|event| event.last_seen());
        events
    }

    /// Every log, with whose it is.
    pub fn logs(&self) -> impl Iterator<Item = (&LogKey, &Arc<Log>)> {
        self.logs.iter()
    }

    /// The log of a container, with whose it is.
    pub fn log_entry(&self, key: &LogKey) -> Option<(&LogKey, &Log)> {
        self.logs.get_key_value(key).map(|(key, log)| (key, &**log))
    }

    /// The log of a container.
    pub fn log(&self, key: &LogKey) -> Option<&Log> {
        self.logs.get(key).map(|log| &**log)
    }

    /// Is a resource among what could not be read?
    pub fn is_unreadable(&self, what: &str) -> bool {
        self.unreadable.iter().any(|unreadable| unreadable.what == what)
    }
}
