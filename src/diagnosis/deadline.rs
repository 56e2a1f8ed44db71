//! Tells a workload that is on its way from one that has had its time, or whose way cannot be seen.

use crate::diagnosis::present;
use crate::snapshot::Snapshot;
use crate::snapshot::container::Probe;
use crate::snapshot::kind::Object;
use crate::snapshot::pod::Pod;

/// Seconds without progress after which a rollout counts as stalled, where the workload does not say.
const PATIENCE: i64 = 600;

/// Is it unclear why a workload is not up, although nothing was found? What could tell cannot be read, what made its pods
/// has given up, or it has had its time.
pub fn is_unclear(snapshot: &Snapshot, object: Option<&Object>, pod: Option<&Pod>) -> bool {
    let has_given_up = matches!(object, Some(Object::Workload(workload)) if workload.has_failed());
    let is_dead = pod.is_some_and(|pod| pod.status.phase == "Failed");
    has_given_up
        || is_dead
        || snapshot.is_unreadable("pods")
        || waits_unseen(snapshot, pod)
        || is_overdue(snapshot, object, pod)
}

/// Does a pod wait for its start, while the events that would tell for what cannot be read?
fn waits_unseen(snapshot: &Snapshot, pod: Option<&Pod>) -> bool {
    /// Seconds in which a pod is put on a node, gets its volumes and begins.
    const START: i64 = 120;
    let waits = |pod: &Pod| !present::has_started(pod) && idle_seconds(snapshot, pod).is_some_and(|idle| idle > START);
    snapshot.is_unreadable("events") && pod.is_some_and(waits)
}

/// Has a workload, or the pod that leads it, had the time that its probes and its rollout grant?
pub fn is_overdue(snapshot: &Snapshot, object: Option<&Object>, pod: Option<&Pod>) -> bool {
    let works = |pod: &Pod| pod.is_ready() || is_job_at_work(pod);
    let made = || object?.meta().creation_timestamp;
    let idle = match pod {
        Some(pod) if works(pod) => None,
        Some(pod) => idle_seconds(snapshot, pod),
        None => made().zip(snapshot.source.taken_at).map(|(made, now)| now.as_second() - made.as_second()),
    };
    idle.is_some_and(|idle| idle > patience(object, pod))
}

/// A job may run for as long as it likes.
fn is_job_at_work(pod: &Pod) -> bool {
    pod.status.phase == "Running" && pod.metadata.controller().is_some_and(|owner| owner.kind == "Job")
}

/// Seconds since the pod last came further: it was made, a step of its way was done, a container was started, or it
/// stopped being ready.
fn idle_seconds(snapshot: &Snapshot, pod: &Pod) -> Option<i64> {
    let started = pod.all_statuses().filter_map(|status| status.state.running.as_ref()?.started_at).max();
    let stepped = pod.status.conditions.iter().filter_map(|step| step.last_transition_time).max();
    let last = pod.metadata.creation_timestamp.max(started).max(stepped)?;
    Some(snapshot.source.taken_at?.as_second() - last.as_second())
}

/// What its workload and its probes allow.
fn patience(object: Option<&Object>, pod: Option<&Pod>) -> i64 {
    let deadline =
        if let Some(Object::Workload(workload)) = object { workload.spec.progress_deadline_seconds } else { None };
    let containers = pod.iter().flat_map(|pod| pod.spec.containers.iter());
    let probes = containers.flat_map(|container| [&container.startup_probe, &container.readiness_probe]).flatten();
    deadline.unwrap_or(PATIENCE).max(probes.map(Probe::budget_seconds).max().unwrap_or(0))
}
