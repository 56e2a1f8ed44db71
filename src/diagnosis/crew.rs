//! Which pods belong to which workload.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::{Key, Snapshot, relation};

/// The pods of every workload that has some.
#[derive(Clone, Debug, Default)]
pub struct Crews(BTreeMap<Subject, BTreeSet<Key>>);

impl Crews {
    /// Those of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut crews = Crews::default();
        for (key, pod) in snapshot.of_kind::<Pod>(Kind::Pod) {
            crews.0.entry(relation::workload_of(snapshot, pod)).or_default().insert(key.clone());
        }
        crews
    }

    /// The workloads that have pods.
    pub fn workloads(&self) -> impl Iterator<Item = &Subject> {
        self.0.keys()
    }

    /// The pods of a workload, in the order of their names.
    pub fn pods<'a>(&self, snapshot: &'a Snapshot, workload: &Subject) -> Vec<&'a Pod> {
        self.0.get(workload).into_iter().flatten().filter_map(|key| snapshot.by_key(key)).collect()
    }
}
