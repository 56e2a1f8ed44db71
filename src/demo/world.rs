//! What the API server knows at an instant: every object with its version, and the changes that led here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, Vector};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::resource::Resource;

/// Changes that are remembered: who asks for older ones must list again.
const HISTORY: usize = 4096;

/// Where an object is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Its kind, by its place among the kinds.
    pub resource: usize,
    /// Its namespace; empty for an object of the cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// An object came, changed or went.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version that it led to.
    pub version: u64,
    /// Of which object.
    pub address: Address,
    /// As it was; `None` where it is new.
    pub old: Option<Arc<Value>>,
    /// As it is; `None` where it is gone.
    pub new: Option<Arc<Value>>,
}

/// What is known at an instant. It is never changed, only followed by another.
#[derive(Clone, Debug)]
pub struct World {
    /// The kinds that it knows.
    pub resources: Arc<[Resource]>,
    /// The objects.
    pub objects: OrdMap<Address, Arc<Value>>,
    /// The newest version.
    pub version: u64,
    /// Changes after this version are remembered.
    pub oldest: u64,
    /// The changes, in their order.
    pub changes: Vector<Arc<Change>>,
    /// How far the play has come.
    pub played: Duration,
}

impl World {
    /// An empty world. Versions rise with the clock, so that those of an earlier server are too old for this one.
    pub fn new(resources: Vec<Resource>, now: Timestamp) -> World {
        let version = u64::try_from(now.as_millisecond() / 100).unwrap_or(1);
        World {
            resources: resources.into(),
            objects: OrdMap::new(),
            version,
            oldest: version,
            changes: Vector::new(),
            played: Duration::ZERO,
        }
    }

    /// The world that follows when these objects exist and no others. Of several with one address the first counts.
    #[must_use]
    pub fn followed_by(&self, objects: Vec<Value>, played: Duration) -> World {
        let mut next = World { played, ..self.clone() };
        let mut wanted: BTreeMap<Address, Value> = BTreeMap::new();
        for object in objects {
            if let Some(address) = self.address(&object) {
                wanted.entry(address).or_insert(object);
            }
        }
        let gone: Vec<Address> =
            self.objects.keys().filter(|address| !wanted.contains_key(*address)).cloned().collect();
        for address in gone {
            next.remove(&address);
        }
        for (address, object) in wanted {
            next.put(address, object);
        }
        next
    }

    /// Where an object belongs.
    pub fn address(&self, object: &Value) -> Option<Address> {
        let resource = self.resources.iter().position(|resource| resource.is_of(object))?;
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let namespace = if self.resources[resource].namespaced { text("namespace") } else { String::new() };
        Some(Address { resource, namespace, name: text("name") })
    }

    /// Puts an object; nothing happens where it is there already, just so.
    pub fn put(&mut self, address: Address, mut object: Value) {
        let old = self.objects.get(&address).cloned();
        if let Some(old) = &old {
            object["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
            if object == **old {
                return;
            }
        }
        object["metadata"]["resourceVersion"] = json!((self.version + 1).to_string());
        let new = Arc::new(object);
        self.objects.insert(address.clone(), new.clone());
        self.note(address, old, Some(new));
    }

    /// Removes an object.
    pub fn remove(&mut self, address: &Address) {
        if let Some(old) = self.objects.remove(address) {
            self.note(address.clone(), Some(old), None);
        }
    }

    /// Forgets all changes.
    pub fn compact(&mut self) {
        self.changes.clear();
        self.version += 1;
        self.oldest = self.version;
    }

    /// The changes after a version; `None` where they are no longer remembered.
    pub fn since(&self, version: u64) -> Option<impl Iterator<Item = &Arc<Change>>> {
        let first = self.changes.iter().rev().take_while(|change| change.version > version).count();
        (version >= self.oldest).then(|| self.changes.iter().skip(self.changes.len() - first))
    }

    fn note(&mut self, address: Address, old: Option<Arc<Value>>, new: Option<Arc<Value>>) {
        self.version += 1;
        self.changes.push_back(Arc::new(Change { version: self.version, address, old, new }));
        if self.changes.len() > HISTORY {
            self.oldest = self.changes.pop_front().map_or(self.oldest, |change| change.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::World;
    use crate::demo::resource;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn pod(name: &str, phase: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "n"}, "status": {"phase": phase}})
    }

    #[test]
    fn versions_rise_with_every_change_and_only_then() {
        let empty = World::new(resource::all(&[]), "2026-01-12T09:00:00Z".parse().unwrap());
        let first = empty.followed_by(vec![pod("a", "Pending"), pod("b", "Pending"), pod("a", "x")], Duration::ZERO);
        let second = first.followed_by(vec![pod("a", "Running")], Duration::ZERO);
        let same = second.followed_by(vec![pod("a", "Running")], Duration::ZERO);
        let steps = [empty.version, first.version, second.version, same.version];
        assert_eq!(steps, [steps[0], steps[0] + 2, steps[0] + 4, steps[0] + 4]);
        let seen = |change: &super::Change| {
            let phase = |object: &Option<std::sync::Arc<Value>>| {
                object.as_ref().map(|object| object["status"]["phase"].as_str().unwrap_or_default().to_owned())
            };
            format!("{} {:?} {:?}", change.address.name, phase(&change.old), phase(&change.new))
        };
        let changes: Vec<String> = second.since(first.version).unwrap().map(|change| seen(change)).collect();
        assert_eq!(changes, [r#"b Some("Pending") None"#, r#"a Some("Pending") Some("Running")"#]);
        assert!(second.since(empty.version - 1).is_none());
    }
}
