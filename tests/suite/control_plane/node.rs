//! The played node: the status that a kubelet gives a pod with one container.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::control_plane::namespace::seconds;
use crate::control_plane::rest::text;

/// Why and when an instance of a container ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// `Error`, `OOMKilled`, `Completed`.
    pub reason: &'static str,
    /// The exit code.
    pub code: i32,
}

/// The container runs.
pub fn running(pod: &Value, ready: bool) -> Value {
    let mut container = container(pod, &json!({"running": {"startedAt": ago(20)}}));
    container["started"] = json!(true);
    container["ready"] = json!(ready);
    status("Running", ready, &container)
}

/// The container ended a few times and runs again.
pub fn restarted(pod: &Value, restarts: u32, end: End) -> Value {
    let mut container = container(pod, &json!({"running": {"startedAt": ago(1)}}));
    container["restartCount"] = json!(restarts);
    container["started"] = json!(true);
    container["lastState"] = ended(end);
    status("Running", false, &container)
}

/// The container ended a few times and waits before it is started again.
pub fn crash_looping(pod: &Value, restarts: u32, end: End) -> Value {
    let metadata = &pod["metadata"];
    let message = format!(
        "back-off 40s restarting failed container={} pod={}_{}({})",
        text(&pod["spec"]["containers"][0]["name"]),
        text(&metadata["name"]),
        text(&metadata["namespace"]),
        text(&metadata["uid"]),
    );
    let mut container = container(pod, &json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}}));
    container["restartCount"] = json!(restarts);
    container["lastState"] = ended(end);
    status("Running", false, &container)
}

/// The container has never run.
pub fn waiting(pod: &Value, reason: &str, message: &str) -> Value {
    let mut state = json!({"waiting": {"reason": reason}});
    if !message.is_empty() {
        state["waiting"]["message"] = json!(message);
    }
    let mut container = container(pod, &state);
    container["imageID"] = json!("");
    status("Pending", false, &container)
}

fn container(pod: &Value, state: &Value) -> Value {
    let spec = &pod["spec"]["containers"][0];
    json!({
        "name": spec["name"], "image": spec["image"],
        "imageID": "registry.example.net/digits@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "ready": false, "restartCount": 0, "started": false, "state": state,
    })
}

fn ended(end: End) -> Value {
    json!({"terminated": {
        "reason": end.reason, "exitCode": end.code, "startedAt": ago(12), "finishedAt": ago(4),
        "containerID": "containerd://9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0",
    }})
}

fn status(phase: &str, ready: bool, container: &Value) -> Value {
    let condition = |kind: &str, holds: bool| {
        let mut condition = json!({
            "type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": ago(25),
        });
        if !holds {
            condition["reason"] = json!("ContainersNotReady");
            condition["message"] = json!(format!("containers with unready status: [{}]", text(&container["name"])));
        }
        condition
    };
    let conditions =
        [("PodReadyToStartContainers", true), ("Initialized", true), ("ContainersReady", ready), ("Ready", ready)];
    json!({
        "phase": phase, "startTime": ago(30), "hostIP": "127.0.0.1", "podIP": "10.244.0.9",
        "conditions": conditions.map(|(kind, holds)| condition(kind, holds)), "containerStatuses": [container],
    })
}

fn ago(ago: u64) -> String {
    seconds(Timestamp::now() - Duration::from_secs(ago))
}
