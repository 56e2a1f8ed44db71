//! Tells history from the present: an event counts only while its object still shows what the event speaks of.

use jiff::Timestamp;

use crate::snapshot::container::ContainerStatus;
use crate::snapshot::event::Event;
use crate::snapshot::meta::condition;
use crate::snapshot::pod::Pod;
use crate::snapshot::storage::Claim;

/// A failed probe of a container that is ready now is history after so many seconds.
const PROBE_MEMORY: i64 = 90;

/// Does a pod still show what an event about it speaks of? What the pod does not tell is believed.
pub fn counts(event: &Event, pod: &Pod, now: Option<Timestamp>) -> bool {
    let status = event.container().and_then(|name| pod.container_status(name));
    match event.reason.as_str() {
        "FailedScheduling" | "NotTriggerScaleUp" => !pod.is_scheduled() && is_current_refusal(event, pod),
        "FailedMount"
        | "FailedAttachVolume"
        | "FailedMapVolume"
        | "FailedCreatePodSandBox"
        | "NetworkNotReady"
        | "FailedCreatePodContainer" => !has_started(pod),
        "Pulling" => is_pulling(pod, status, event),
        "Failed" | "InspectFailed" | "ErrImageNeverPull" | "FailedToRetrieveImagePullSecret" => {
            !has_image_or_ran(event, pod, status)
        }
        "BackOff" => {
            !all(pod, status, |status| status.ready || status.state.running.is_some() && status.restart_count == 0)
        }
        "Unhealthy" | "ProbeWarning" => !all(pod, status, |status| status.ready) || is_recent(event, now),
        "Killing" => !all(pod, status, |status| status.ready),
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

/// Has any container of the pod been started?
pub fn has_started(pod: &Pod) -> bool {
    pod.all_statuses().any(|status| status.state.running.is_some() || status.last_end().is_some())
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
fn is_pulling(pod: &Pod, status: Option<&ContainerStatus>, _event: &Event) -> bool {
    !all(pod, status, |status| {
        !status.image_id.is_empty() || status.state.running.is_some() || status.last_end().is_some()
    })
}
