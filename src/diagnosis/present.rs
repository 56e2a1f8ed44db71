//! Tells history from the present: an event counts only while its object still shows what the event speaks of.

use jiff::Timestamp;

use crate::snapshot::container::{ContainerStatus, Probe};
use crate::snapshot::custom::{Custom, FailureInfo};
use crate::snapshot::event::Event;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::condition;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::storage::Claim;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot};

/// A failed probe of a container that is ready now is history after so many seconds.
const PROBE_MEMORY: i64 = 90;

/// Does a pod still show what an event about it speaks of? What the pod does not tell is believed.
pub fn counts(event: &Event, pod: &Pod, now: Option<Timestamp>) -> bool {
    let status = event.container().and_then(|name| pod.container_status(name));
    if pod.is_ready() && pod.status.container_statuses.is_empty() {
        return false;
    }
    match event.reason.as_str() {
        "FailedScheduling" | "NotTriggerScaleUp" => !pod.is_scheduled() && is_current_refusal(event, pod),
        "FailedMount"
        | "FailedAttachVolume"
        | "FailedMapVolume"
        | "FailedCreatePodSandBox"
        | "NetworkNotReady"
        | "FailedCreatePodContainer" => !has_started(pod),
        "Pulling" => is_pulling(pod, status),
        "Failed" | "InspectFailed" | "ErrImageNeverPull" | "FailedToRetrieveImagePullSecret" => {
            !has_image_or_ran(event, pod, status)
        }
        "BackOff" => !all(pod, status, |status| {
            status.is_settled(now) || status.state.running.is_some() && status.restart_count == 0
        }),
        "Unhealthy" | "ProbeWarning" => {
            (!all(pod, status, |status| status.is_settled(now)) || is_recent(event, now))
                && had_its_time(event, pod, now)
        }
        "Killing" => !all(pod, status, |status| status.is_settled(now)),
        "NodeNotReady" => !pod.is_ready(),
        _ => !pod.is_ready() || pod.status.conditions.is_empty(),
    }
}

/// Does an event about a claim say that it waits in vain? To be made takes a while.
pub fn claim_waits(event: &Event, claim: &Claim, now: Option<Timestamp>) -> bool {
    /// Seconds in which a driver makes a volume.
    const MAKING: i64 = 120;
    let age =
        claim.metadata.creation_timestamp.zip(now).map_or(MAKING, |(made, now)| now.as_second() - made.as_second());
    event.kind != "Normal" || event.reason == "FailedBinding" || age >= MAKING
}

/// Several refusals may be on record; the one that stands in the condition is the last.
fn is_current_refusal(event: &Event, pod: &Pod) -> bool {
    let Some(scheduled) = condition(&pod.status.conditions, "PodScheduled") else { return true };
    if scheduled.message.is_empty() || event.reason != "FailedScheduling" {
        return true;
    }
    let said = event.own_message().trim_end_matches(" ...");
    scheduled.message.starts_with(said)
}

fn is_recent(event: &Event, now: Option<Timestamp>) -> bool {
    const REPEATED: i64 = 5;
    let age = event.last_seen().zip(now).map(|(seen, now)| now.as_second() - seen.as_second());
    event.count() >= REPEATED && age.is_some_and(|age| age < PROBE_MEMORY)
}

/// Had the container the time that its probe allows it to start? What the pod does not tell is believed.
fn had_its_time(event: &Event, pod: &Pod, now: Option<Timestamp>) -> bool {
    /// Seconds in which a server that is not held back by a startup probe may come up.
    const START: i64 = 60;
    /// Failures after which Kubernetes too takes a probe as failed.
    const FAILURES: i64 = 3;
    /// Seconds after which a rollout is given up, however patient the readiness probe is.
    const LONGEST: i64 = 600;
    let name = event.container().unwrap_or_default();
    let (Some(container), Some(status)) = (pod.spec.container(name), pod.container_status(name)) else { return true };
    let is_fresh = status.restart_count == 0 || status.has_outlived(now);
    let Some(ran) = status.runs_for(now).filter(|_| is_fresh) else { return true };
    let budget = |probe: &Option<Probe>| probe.as_ref().map_or(0, Probe::budget_seconds);
    // Whoever lets the liveness probe wait expects the server to need that long.
    let probes = [&container.readiness_probe, &container.liveness_probe];
    let delay = probes.into_iter().flatten().map(|probe| probe.initial_delay_seconds).max().unwrap_or(0);
    let patience = if is_of_no_use(&event.message) { 0 } else { budget(&container.readiness_probe).min(LONGEST) };
    match event.message.split(' ').next() {
        Some("Startup") => ran >= budget(&container.startup_probe),
        Some("Liveness") => ran >= budget(&container.liveness_probe),
        Some("Readiness") => ran >= patience.max(delay + START) && event.count() >= FAILURES,
        _ => true,
    }
}

/// Does the failure of a probe say that the server is up and refuses it, or that it cannot be asked at all?
fn is_of_no_use(message: &str) -> bool {
    let refusals = ["statuscode: 401", "statuscode: 403", "statuscode: 404", "gave HTTP response", "not found"];
    refusals.iter().any(|refusal| message.contains(refusal))
}

/// Is a pod history? It is where it goes away, has ended well, or was replaced by pods that are well.
pub fn is_over(snapshot: &Snapshot, pod: &Pod) -> bool {
    let leaves = pod.metadata.deletion_timestamp.is_some() && pod.is_ready();
    leaves || pod.status.phase == "Succeeded" || is_left_over(snapshot, pod)
}

/// Does nobody want it any more, since others took its place or none is wanted?
pub fn is_left_over(snapshot: &Snapshot, pod: &Pod) -> bool {
    is_of_full_set(snapshot, pod) || was_replaced(snapshot, pod)
}

/// Does its ReplicaSet want no pods, or have all it wants without this one?
fn is_of_full_set(snapshot: &Snapshot, pod: &Pod) -> bool {
    let owner = pod.metadata.controller().filter(|owner| owner.kind == "ReplicaSet");
    let set = owner.and_then(|owner| snapshot.get::<Workload>(Kind::ReplicaSet, &pod.metadata.namespace, &owner.name));
    set.is_some_and(|set| {
        let wanted = set.spec.replicas.unwrap_or(1);
        wanted == 0 || pod.is_finished() && set.status.ready_replicas >= wanted
    })
}

/// Is it a failed attempt of a job that went on, or ended well, with a newer pod?
fn was_replaced(snapshot: &Snapshot, pod: &Pod) -> bool {
    let Some(job) = pod.metadata.controller().filter(|owner| owner.kind == "Job") else { return false };
    if pod.status.phase != "Failed" {
        return false;
    }
    let job = snapshot.get::<Workload>(Kind::Job, &pod.metadata.namespace, &job.name);
    let top = relation::workload_of(snapshot, pod);
    let goes_on = |other: &Pod| {
        matches!(other.status.phase.as_str(), "Running" | "Succeeded")
            && other.metadata.creation_timestamp > pod.metadata.creation_timestamp
            && relation::workload_of(snapshot, other) == top
    };
    let is_history = |job: &Workload| job.is_complete() || has_newer_run(snapshot, job);
    job.is_some_and(is_history) || snapshot.of_kind::<Pod>(Kind::Pod).any(|(_, other)| goes_on(other))
}

/// Has the CronJob that made the job begun a later run? Then that one speaks for it.
pub fn has_newer_run(snapshot: &Snapshot, job: &Workload) -> bool {
    let Some(owner) = job.metadata.controller() else { return false };
    let is_newer = |other: &Workload| {
        other.metadata.creation_timestamp > job.metadata.creation_timestamp
            && other.metadata.namespace == job.metadata.namespace
            && other.metadata.controller().is_some_and(|maker| maker.uid == owner.uid)
    };
    snapshot.of_kind::<Workload>(Kind::Job).any(|(_, other)| is_newer(other))
}

/// Why KServe could not load the model, as long as that is so: it leaves there what failed before the model was loaded, and
/// repeats the last words of a container that may have done better at its next try.
pub fn model_failure<'a>(snapshot: &Snapshot, key: &Key, custom: &'a Custom) -> Option<&'a FailureInfo> {
    let model = &custom.status.model_status;
    let failure = model.last_failure_info.as_ref().filter(|_| model.transition_status != "UpToDate")?;
    let pods = relation::pods_of_custom(snapshot, key, custom);
    let fails = |status: &ContainerStatus| {
        let ended_well = status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
        !ended_well && !status.ready && status.last_end().is_some()
    };
    let is_echo = failure.reason == "ModelLoadFailed" && !pods.is_empty();
    (!is_echo || pods.iter().any(|pod| pod.all_statuses().any(fails))).then_some(failure)
}

/// Has any container of the pod been started?
pub fn has_started(pod: &Pod) -> bool {
    pod.all_statuses().any(has_run)
}

/// Has the container been started?
pub fn has_run(status: &ContainerStatus) -> bool {
    status.state.running.is_some() || status.last_end().is_some()
}

/// The container that is meant, or all where none is named, pass the test; false where no state is known.
fn all(pod: &Pod, status: Option<&ContainerStatus>, test: impl Fn(&ContainerStatus) -> bool) -> bool {
    match status {
        Some(status) => test(status),
        None => !pod.status.container_statuses.is_empty() && pod.status.container_statuses.iter().all(test),
    }
}

fn has_image_or_ran(event: &Event, pod: &Pod, status: Option<&ContainerStatus>) -> bool {
    let over = |status: &ContainerStatus| {
        let waits = status.waiting_reason();
        let waits_for_image =
            waits.contains("Image") || waits == "RegistryUnavailable" || waits == "SignatureValidationFailed";
        let cannot_be_made = waits.starts_with("Create") || waits.starts_with("Run") || waits == "StartError";
        let about_image = event.message.contains("image") || event.message.contains("Image");
        let ran = status.state.running.is_some() || status.ready;
        ran || about_image
            && !waits_for_image
            && !waits.is_empty()
            && waits != "ContainerCreating"
            && waits != "PodInitializing"
            || !about_image && waits_for_image && !cannot_be_made
    };
    all(pod, status, over)
}

/// An image is being pulled as long as no later event says that it was.
fn is_pulling(pod: &Pod, status: Option<&ContainerStatus>) -> bool {
    !all(pod, status, |status| {
        !status.image_id.is_empty() || status.state.running.is_some() || status.last_end().is_some()
    })
}
