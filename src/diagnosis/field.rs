//! The fields of objects that a rule may ask for, by their paths in Kubernetes.

use crate::diagnosis::scene::{Part, Scene};
use crate::snapshot::container::{Terminated, Waiting};
use crate::snapshot::meta::condition;
use crate::snapshot::text::SafeText;

/// Reads a field of the subject; nothing where it is absent or the subject has no such field.
pub type Reader = fn(&Scene<'_>) -> Option<String>;

/// Every field, by its path.
pub const FIELDS: &[(&str, Reader)] = &[
    ("container.image", |scene| text(&scene.container()?.image)),
    ("container.imagePullPolicy", |scene| text(&scene.container()?.image_pull_policy)),
    ("container.command", |scene| Some(scene.container()?.command_line())),
    ("container.ready", |scene| Some(scene.status()?.ready.to_string())),
    ("container.restartCount", |scene| Some(scene.status()?.restart_count.to_string())),
    ("container.state.waiting.reason", |scene| text(&waiting(scene)?.reason)),
    ("container.state.waiting.message", |scene| text(&waiting(scene)?.message)),
    ("container.state.running", |scene| scene.status()?.state.running.as_ref().map(|_| "true".to_owned())),
    ("container.state.terminated.reason", |scene| text(&scene.status()?.state.terminated.as_ref()?.reason)),
    ("container.state.terminated.exitCode", |scene| {
        Some(scene.status()?.state.terminated.as_ref()?.exit_code.to_string())
    }),
    ("container.lastState.terminated.reason", |scene| text(&last_end(scene)?.reason)),
    ("container.lastState.terminated.message", |scene| text(&last_end(scene)?.message)),
    ("container.lastState.terminated.exitCode", |scene| Some(last_end(scene)?.exit_code.to_string())),
    ("container.lastState.terminated.signal", |scene| last_end(scene)?.signal.map(|signal| signal.to_string())),
    ("container.resources.limits.cpu", |scene| limit(scene, "cpu")),
    ("container.resources.limits.memory", |scene| limit(scene, "memory")),
    ("container.resources.limits.nvidia.com/gpu", |scene| limit(scene, "nvidia.com/gpu")),
    ("container.resources.limits.ephemeral-storage", |scene| limit(scene, "ephemeral-storage")),
    ("container.resources.requests.cpu", |scene| request(scene, "cpu")),
    ("container.resources.requests.memory", |scene| request(scene, "memory")),
    ("container.livenessProbe", |scene| scene.container()?.liveness_probe.as_ref().map(|_| "true".to_owned())),
    ("container.readinessProbe", |scene| scene.container()?.readiness_probe.as_ref().map(|_| "true".to_owned())),
    ("container.startupProbe", |scene| scene.container()?.startup_probe.as_ref().map(|_| "true".to_owned())),
    ("pod.spec.nodeName", |scene| text(&scene.pod()?.spec.node_name)),
    ("pod.spec.serviceAccountName", |scene| text(&scene.pod()?.spec.service_account_name)),
    ("pod.spec.schedulingGates", |scene| scene.pod()?.spec.scheduling_gates.first().map(|gate| gate.name.to_string())),
    ("pod.status.phase", |scene| text(&scene.pod()?.status.phase)),
    ("pod.status.reason", |scene| text(&scene.pod()?.status.reason)),
    ("pod.status.message", |scene| text(&scene.pod()?.status.message)),
    ("pod.metadata.deletionTimestamp", |scene| scene.pod()?.metadata.deletion_timestamp.map(|time| time.to_string())),
    ("workload.spec.replicas", |scene| Some(workload(scene)?.spec.replicas.unwrap_or(1).to_string())),
    ("workload.spec.paused", |scene| Some(workload(scene)?.spec.paused.to_string())),
    ("workload.spec.suspend", |scene| Some(workload(scene)?.spec.suspend.to_string())),
    ("workload.status.readyReplicas", |scene| Some(workload(scene)?.status.ready_replicas.to_string())),
    ("workload.status.conditions.Progressing.reason", |scene| {
        text(&condition(&workload(scene)?.status.conditions, "Progressing")?.reason)
    }),
    ("workload.status.conditions.Failed.reason", |scene| {
        text(&condition(&workload(scene)?.status.conditions, "Failed")?.reason)
    }),
    ("claim.status.phase", |scene| text(&claim(scene)?.status.phase)),
    ("claim.spec.storageClassName", |scene| text(claim(scene)?.spec.storage_class_name.as_ref()?)),
    ("claim.spec.volumeName", |scene| text(&claim(scene)?.spec.volume_name)),
    ("service.spec.type", |scene| text(&service(scene)?.spec.kind)),
    ("node.spec.unschedulable", |scene| Some(node(scene)?.spec.unschedulable.to_string())),
    ("node.status.conditions.Ready.status", |scene| text(&condition(&node(scene)?.status.conditions, "Ready")?.status)),
    ("custom.kind", |scene| text(&custom(scene)?.kind)),
    ("custom.spec.predictor.model.storageUri", |scene| {
        text(&custom(scene)?.spec.predictor.as_ref()?.model.as_ref()?.storage_uri)
    }),
    ("custom.status.modelStatus.transitionStatus", |scene| text(&custom(scene)?.status.model_status.transition_status)),
    ("custom.status.modelStatus.lastFailureInfo.reason", |scene| {
        text(&custom(scene)?.status.model_status.last_failure_info.as_ref()?.reason)
    }),
];

/// The reader of a field.
pub fn reader(path: &str) -> Option<Reader> {
    FIELDS.iter().find(|(known, _)| *known == path).map(|(_, reader)| *reader)
}

fn text(value: &SafeText) -> Option<String> {
    (!value.is_empty()).then(|| value.to_string())
}

fn waiting<'a>(scene: &Scene<'a>) -> Option<&'a Waiting> {
    scene.status()?.state.waiting.as_ref()
}

/// How the container ended last. Named `lastState` in rules, also where it has not been started again. Of a container
/// that is ready again, and was not ended again and again, that is history.
fn last_end<'a>(scene: &Scene<'a>) -> Option<&'a Terminated> {
    let status = scene.status()?;
    status.last_end().filter(|_| !status.is_settled(scene.snapshot.source.taken_at))
}

fn limit(scene: &Scene<'_>, resource: &str) -> Option<String> {
    scene.container()?.resources.limits.get(resource).and_then(text)
}

fn request(scene: &Scene<'_>, resource: &str) -> Option<String> {
    scene.container()?.resources.requests.get(resource).and_then(text)
}

fn workload<'a>(scene: &Scene<'a>) -> Option<&'a crate::snapshot::workload::Workload> {
    if let Part::Workload(_, workload) = scene.part { Some(workload) } else { None }
}

fn claim<'a>(scene: &Scene<'a>) -> Option<&'a crate::snapshot::storage::Claim> {
    if let Part::Claim(claim) = scene.part { Some(claim) } else { None }
}

fn service<'a>(scene: &Scene<'a>) -> Option<&'a crate::snapshot::network::Service> {
    if let Part::Service(service) = scene.part { Some(service) } else { None }
}

fn node<'a>(scene: &Scene<'a>) -> Option<&'a crate::snapshot::node::Node> {
    if let Part::Node(node) = scene.part { Some(node) } else { None }
}

fn custom<'a>(scene: &Scene<'a>) -> Option<&'a crate::snapshot::custom::Custom> {
    if let Part::Custom(_, custom) = scene.part { Some(custom) } else { None }
}
