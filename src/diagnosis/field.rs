//! The fields of objects that a rule may ask for, by their paths in Kubernetes.

use std::borrow::Cow;

use crate::diagnosis::scene::{Part, Scene};
use crate::snapshot::container::{Terminated, Waiting};
use crate::snapshot::meta::condition;
use crate::snapshot::text::SafeText;

/// Reads a field of the subject; nothing where it is absent or the subject has no such field.
pub type Reader = for<'s> fn(&'s Scene<'_>) -> Option<Cow<'s, str>>;

/// A field that rules may ask for.
#[derive(Debug)]
pub struct Field {
    /// Its path, as in Kubernetes.
    pub path: &'static str,
    /// What it says, for those who write rules.
    pub says: &'static str,
    /// How it is read.
    pub reader: Reader,
}

const fn field(path: &'static str, says: &'static str, reader: Reader) -> Field {
    Field { path, says, reader }
}

/// Every field.
pub const FIELDS: &[Field] = &[
    field("container.image", "the image that was asked for", |scene| text(&scene.container()?.image)),
    field("container.imagePullPolicy", "when the image is pulled: `Always`, `IfNotPresent` or `Never`", |scene| {
        text(&scene.container()?.image_pull_policy)
    }),
    field("container.command", "command and arguments in one line", |scene| {
        Some(owned(&scene.container()?.command_line()))
    }),
    field("container.ready", "is it ready: `true` or `false`", |scene| Some(owned(&scene.status()?.ready))),
    field("container.restartCount", "how often it was started again", |scene| {
        Some(owned(&scene.status()?.restart_count))
    }),
    field("container.state.waiting.reason", "why it waits, such as `ImagePullBackOff`", |scene| {
        text(&waiting(scene)?.reason)
    }),
    field("container.state.waiting.message", "what the kubelet says about the wait", |scene| {
        text(&waiting(scene)?.message)
    }),
    field("container.state.running", "`true` while it runs", |scene| {
        scene.status()?.state.running.as_ref().map(|_| TRUE)
    }),
    field("container.state.terminated.reason", "why it ended, of a container that was not started again", |scene| {
        text(&scene.status()?.state.terminated.as_ref()?.reason)
    }),
    field("container.state.terminated.exitCode", "its exit code, of a container that was not started again", |scene| {
        Some(owned(&scene.status()?.state.terminated.as_ref()?.exit_code))
    }),
    field(
        "container.lastState.terminated.reason",
        "why it ended last, such as `OOMKilled`; also where it was not started again",
        |scene| text(&last_end(scene)?.reason),
    ),
    field("container.lastState.terminated.message", "the last words that it left, or the kubelet's", |scene| {
        text(&last_end(scene)?.message)
    }),
    field("container.lastState.terminated.exitCode", "with which exit code it ended last", |scene| {
        Some(owned(&last_end(scene)?.exit_code))
    }),
    field("container.lastState.terminated.signal", "which signal ended it last", |scene| {
        last_end(scene)?.signal.map(|value| owned(&value))
    }),
    field("container.resources.limits.cpu", "its CPU limit", |scene| limit(scene, "cpu")),
    field("container.resources.limits.memory", "its memory limit", |scene| limit(scene, "memory")),
    field("container.resources.limits.nvidia.com/gpu", "how many GPUs it asks for", |scene| {
        limit(scene, "nvidia.com/gpu")
    }),
    field("container.resources.limits.ephemeral-storage", "its limit of the node's disk", |scene| {
        limit(scene, "ephemeral-storage")
    }),
    field("container.resources.requests.cpu", "the CPU that it asks for", |scene| request(scene, "cpu")),
    field("container.resources.requests.memory", "the memory that it asks for", |scene| request(scene, "memory")),
    field("container.livenessProbe", "`true` where it has a liveness probe", |scene| {
        scene.container()?.liveness_probe.as_ref().map(|_| TRUE)
    }),
    field("container.readinessProbe", "`true` where it has a readiness probe", |scene| {
        scene.container()?.readiness_probe.as_ref().map(|_| TRUE)
    }),
    field("container.startupProbe", "`true` where it has a startup probe", |scene| {
        scene.container()?.startup_probe.as_ref().map(|_| TRUE)
    }),
    field("pod.spec.nodeName", "the node it was put on", |scene| text(&scene.pod()?.spec.node_name)),
    field("pod.spec.serviceAccountName", "its service account", |scene| text(&scene.pod()?.spec.service_account_name)),
    field("pod.spec.schedulingGates", "the first gate that keeps it from being scheduled", |scene| {
        scene.pod()?.spec.scheduling_gates.first().and_then(|gate| text(&gate.name))
    }),
    field("pod.status.phase", "`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`", |scene| {
        text(&scene.pod()?.status.phase)
    }),
    field("pod.status.reason", "why it is in this state, such as `Evicted`", |scene| text(&scene.pod()?.status.reason)),
    field("pod.status.message", "the sentence beside that reason", |scene| text(&scene.pod()?.status.message)),
    field("pod.metadata.deletionTimestamp", "since when it is being deleted", |scene| {
        scene.pod()?.metadata.deletion_timestamp.map(|value| owned(&value))
    }),
    field("workload.spec.replicas", "how many pods are wanted", |scene| {
        Some(owned(&workload(scene)?.spec.replicas.unwrap_or(1)))
    }),
    field("workload.spec.paused", "is the rollout paused: `true` or `false`", |scene| {
        Some(owned(&workload(scene)?.spec.paused))
    }),
    field("workload.spec.suspend", "is the job suspended: `true` or `false`", |scene| {
        Some(owned(&workload(scene)?.spec.suspend))
    }),
    field("workload.status.readyReplicas", "how many pods are ready", |scene| {
        Some(owned(&workload(scene)?.status.ready_replicas))
    }),
    field(
        "workload.status.conditions.Progressing.reason",
        "what the rollout says, such as `ProgressDeadlineExceeded`",
        |scene| text(&condition(&workload(scene)?.status.conditions, "Progressing")?.reason),
    ),
    field("workload.status.conditions.Failed.reason", "why a job failed, such as `BackoffLimitExceeded`", |scene| {
        text(&condition(&workload(scene)?.status.conditions, "Failed")?.reason)
    }),
    field("claim.status.phase", "`Pending`, `Bound` or `Lost`", |scene| text(&claim(scene)?.status.phase)),
    field("claim.spec.storageClassName", "the storage class it asks for", |scene| {
        text(claim(scene)?.spec.storage_class_name.as_ref()?)
    }),
    field("claim.spec.volumeName", "the volume it is bound to", |scene| text(&claim(scene)?.spec.volume_name)),
    field("service.spec.type", "`ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`", |scene| {
        text(&service(scene)?.spec.kind)
    }),
    field("node.spec.unschedulable", "is it cordoned: `true` or `false`", |scene| {
        Some(owned(&node(scene)?.spec.unschedulable))
    }),
    field("node.status.conditions.Ready.status", "`True`, `False` or `Unknown`", |scene| {
        text(&condition(&node(scene)?.status.conditions, "Ready")?.status)
    }),
    field("custom.kind", "the kind of the object, such as `InferenceService`", |scene| text(&custom(scene)?.kind)),
    field("custom.spec.predictor.model.storageUri", "where an InferenceService takes its model from", |scene| {
        text(&custom(scene)?.spec.predictor.as_ref()?.model.as_ref()?.storage_uri)
    }),
    field(
        "custom.status.modelStatus.transitionStatus",
        "how far an InferenceService is, such as `BlockedByFailedLoad`",
        |scene| text(&custom(scene)?.status.model_status.transition_status),
    ),
    field(
        "custom.status.modelStatus.lastFailureInfo.reason",
        "why its model was not loaded, such as `ModelLoadFailed`",
        |scene| text(&custom(scene)?.status.model_status.last_failure_info.as_ref()?.reason),
    ),
];

/// The field of a path.
pub fn at(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

const TRUE: Cow<'static, str> = Cow::Borrowed("true");

fn text(value: &SafeText) -> Option<Cow<'_, str>> {
    (!value.is_empty()).then(|| Cow::Borrowed(value.as_str()))
}

fn owned<'a>(value: &impl ToString) -> Cow<'a, str> {
    Cow::Owned(value.to_string())
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

fn limit<'a>(scene: &Scene<'a>, resource: &str) -> Option<Cow<'a, str>> {
    scene.container()?.resources.limits.get(resource).and_then(text)
}

fn request<'a>(scene: &Scene<'a>, resource: &str) -> Option<Cow<'a, str>> {
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
