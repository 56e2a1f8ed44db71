//! Which logs are worth reading, the most needed first: of containers that are not well, and of replicas that fail alike
//! only one.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::config::INIT_CONTAINER_CONFIG;
use crate::snapshot::container::ContainerStatus;
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Key, LogKey, Snapshot};

/// A log that is worth reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose.
    pub key: LogKey,
    /// Is the container not well?
    pub is_unwell: bool,
    /// Tells instances apart: a log of another instance is another log.
    pub instance: String,
}

/// What makes replicas fail alike.
type Likeness = (Subject, SafeText, String, String);

/// The logs of a workload's pods that are worth reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of containers that are not well, one where several fail alike.
    pub unwell: Vec<Wanted>,
    /// Of those that are well: first one of each container, then of its next replica, and so on.
    pub well: [Vec<Wanted>; REPLICAS],
}

/// Replicas that are well and of which the logs are worth reading: what fails at requests fails at several, and only
/// their logs tell how many.
pub const REPLICAS: usize = 3;

impl Needs {
    /// The needs of a workload with these pods.
    pub fn of<'a>(workload: &Subject, pods: impl IntoIterator<Item = &'a Pod>) -> Self {
        let mut unwell: BTreeMap<Likeness, Vec<Wanted>> = BTreeMap::new();
        let mut well: BTreeMap<SafeText, Vec<Wanted>> = BTreeMap::new();
        for pod in pods.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()) {
            for status in pod.all_statuses().filter(|status| has_log(status)) {
                if is_unwell(pod, status) {
                    let likeness = likeness(workload, pod, status);
                    unwell.entry(likeness).or_insert_with(|| logs_of(pod, status));
                } else if status.ready {
                    let replicas = well.entry(status.name.clone()).or_default();
                    if replicas.len() < REPLICAS {
                        replicas.push(wanted(pod, status, false, false));
                    }
                }
            }
        }
        let mut seen = BTreeSet::new();
        let unwell = unwell.into_values().flatten().filter(|wanted| seen.insert(wanted.key.clone())).collect();
        let turn = |number: usize| well.values().filter_map(|replicas| replicas.get(number).cloned()).collect();
        Needs { unwell, well: std::array::from_fn(turn) }
    }
}

/// The replicas of a pod that fail as this container of it does, and of which no log was read because this one stands
/// for all.
pub fn replicas_alike<'a>(snapshot: &'a Snapshot, pod: &'a Pod, status: &ContainerStatus) -> Vec<&'a Pod> {
    let Some(owner) = pod.metadata.controller().filter(|_| is_unwell(pod, status)) else { return Vec::new() };
    let workload = relation::workload_of(snapshot, pod);
    let wanted = likeness(&workload, pod, status);
    let siblings = snapshot.children(&owner.uid).filter_map(|key| snapshot.by_key::<Pod>(key));
    let fails_alike = |other: &&Pod| {
        let same = |other_status: &ContainerStatus| {
            is_unwell(other, other_status) && likeness(&workload, other, other_status) == wanted
        };
        let status = other.all_statuses().find(|other_status| other_status.name == status.name);
        status.is_some_and(|status| {
            same(status) && logs_of(other, status).iter().all(|log| snapshot.log(&log.key).is_none())
        })
    };
    siblings.filter(fails_alike).collect()
}

/// The config map of which Azure ML v1 makes a service: the only one whose values are read.
pub fn wanted_config_maps(pod: &Pod) -> impl Iterator<Item = Key> {
    let variables = pod.spec.all_containers().flat_map(|container| &container.env);
    let sources = variables
        .filter(|variable| variable.name == INIT_CONTAINER_CONFIG)
        .filter_map(|variable| variable.value_from.as_ref()?.config_map_key_ref.as_ref());
    let namespace = &pod.metadata.namespace;
    sources.map(|source| Key { kind: Kind::ConfigMap, namespace: namespace.clone(), name: source.name.clone() })
}

/// Has the container ever run?
fn has_log(status: &ContainerStatus) -> bool {
    status.state.running.is_some() || status.last_end().is_some() || was_restarted(status)
}

/// Was it started again, or will it be? Some runtimes forget how the instance before ended.
fn was_restarted(status: &ContainerStatus) -> bool {
    status.restart_count > 0 || status.waiting_reason() == "CrashLoopBackOff"
}

fn is_unwell(pod: &Pod, status: &ContainerStatus) -> bool {
    let is_init = pod.status.init_container_statuses.iter().any(|init| init.name == status.name);
    let ended_well = status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
    let done = is_init && ended_well || pod.status.phase == "Succeeded";
    !status.ready && !done
}

fn likeness(workload: &Subject, pod: &Pod, status: &ContainerStatus) -> Likeness {
    let revision = pod.metadata.label("pod-template-hash").to_owned();
    let end = status.last_end().map(|end| format!("{} {}", end.exit_code, end.reason)).unwrap_or_default();
    (workload.clone(), status.name.clone(), revision, format!("{end} {}", status.state.running.is_some()))
}

/// The log of the instance before, where there was one, then of this one.
fn logs_of(pod: &Pod, status: &ContainerStatus) -> Vec<Wanted> {
    let mut logs = Vec::new();
    if was_restarted(status) {
        logs.push(wanted(pod, status, true, true));
    }
    logs.push(wanted(pod, status, false, true));
    logs
}

fn wanted(pod: &Pod, status: &ContainerStatus, previous: bool, is_unwell: bool) -> Wanted {
    let key = LogKey::of(&pod.metadata, &status.name, previous);
    Wanted { key, is_unwell, instance: format!("{} {}", pod.metadata.uid, status.restart_count) }
}
