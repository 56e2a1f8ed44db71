//! Which pods belong to which workload.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::parallel;
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::{Key, Snapshot, relation};

/// The pods of every workload that has some.
#[derive(Clone, Debug, Default)]
pub struct Crews {
    pods: BTreeMap<Subject, BTreeSet<Key>>,
    workload: BTreeMap<Key, Subject>,
}

impl Crews {
    /// Those of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        let pods: Vec<(&Key, &Pod)> = snapshot.of_kind::<Pod>(Kind::Pod).collect();
        let workloads: Vec<Subject> =
            parallel::filter_map(&pods, |(_, pod)| Some(relation::workload_of(snapshot, pod)));
        let mut crews = Crews::default();
        for ((key, _), workload) in pods.into_iter().zip(workloads) {
            crews.join(key, workload);
        }
        crews
    }

    /// Takes in that some pods changed, came or went.
    pub fn update<'a>(&mut self, snapshot: &Snapshot, changed: impl Iterator<Item = &'a Key>) {
        for key in changed {
            if let Some(pods) = self.workload.remove(key).and_then(|before| self.pods.get_mut(&before)) {
                pods.remove(key);
            }
            let Some(pod) = snapshot.by_key(key) else { continue };
            self.join(key, relation::workload_of(snapshot, pod));
        }
    }

    fn join(&mut self, key: &Key, workload: Subject) {
        self.pods.entry(workload.clone()).or_default().insert(key.clone());
        self.workload.insert(key.clone(), workload);
    }

    /// The workloads that have pods.
    pub fn workloads(&self) -> impl Iterator<Item = &Subject> {
        self.pods.iter().filter(|(_, pods)| !pods.is_empty()).map(|(workload, _)| workload)
    }

    /// The keys of the pods of a workload.
    pub fn keys(&self, workload: &Subject) -> impl Iterator<Item = &Key> {
        self.pods.get(workload).into_iter().flatten()
    }

    /// The pods of a workload, in the order of their names.
    pub fn pods<'a>(&self, snapshot: &'a Snapshot, workload: &Subject) -> Vec<&'a Pod> {
        self.keys(workload).filter_map(|key| snapshot.by_key(key)).collect()
    }
}
