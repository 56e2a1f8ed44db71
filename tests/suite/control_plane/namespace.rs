//! The namespace of one test: what is deployed there, what its nodes make of it, and what the program says.

use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};

use crate::control_plane::plane::{Plane, plane};
use crate::control_plane::program::{self, Report};
use crate::control_plane::rest::{self, text, until};

/// A namespace of a running control plane.
pub struct Namespace {
    /// The control plane.
    pub plane: &'static Plane,
    /// A client that may do everything.
    pub client: Client,
    /// Its name.
    pub name: String,
}

/// Runs a test in a namespace of its own; not where there is no control plane.
pub fn play(name: &str, test: impl AsyncFnOnce(Namespace)) {
    let Some(plane) = plane() else { return };
    rest::block_on(async {
        let client = plane.client("admin").await;
        let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        rest::create(&client, &manifest).await;
        test(Namespace { plane, client, name: name.to_owned() }).await;
    });
}

impl Namespace {
    /// Makes an object in the namespace.
    pub async fn apply(&self, mut manifest: Value) -> Value {
        manifest["metadata"]["namespace"] = json!(self.name);
        rest::create(&self.client, &manifest).await
    }

    /// Makes a Deployment of so many pods.
    pub async fn deploy(&self, name: &str, replicas: u32, pod: &Value) -> Value {
        self.apply(deployment(name, replicas, pod)).await
    }

    /// The objects of a kind in the namespace.
    pub async fn list(&self, version: &str, kind: &str) -> Vec<Value> {
        let manifest = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": self.name}});
        let path = rest::collection(&manifest);
        let list = rest::get(&self.client, &path).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut items = list["items"].as_array().cloned().unwrap_or_default();
        for item in &mut items {
            item["apiVersion"] = json!(version);
            item["kind"] = json!(kind);
        }
        items
    }

    /// The pods, once so many have a node.
    pub async fn placed_pods(&self, count: usize) -> Vec<Value> {
        until("pods with a node", async || {
            let pods = self.list("v1", "Pod").await;
            let placed = pods.iter().filter(|pod| pod["spec"]["nodeName"].is_string()).count();
            (placed == count).then_some(pods)
        })
        .await
    }

    /// Waits for an event with this reason, and gives its message.
    pub async fn event_of(&self, reason: &str) -> String {
        until(&format!("an event {reason}"), async || {
            let events = self.list("v1", "Event").await;
            let found = events.iter().find(|event| event["reason"] == reason)?;
            Some(text(&found["message"]).to_owned())
        })
        .await
    }

    /// Waits until a Deployment has a condition with this reason.
    pub async fn condition(&self, deployment: &str, reason: &str) {
        until(&format!("a condition {reason}"), async || {
            let deployments = self.list("apps/v1", "Deployment").await;
            let found = deployments.into_iter().find(|object| object["metadata"]["name"] == deployment)?;
            let conditions = found["status"]["conditions"].as_array().cloned()?;
            conditions.iter().any(|condition| condition["reason"] == reason).then_some(())
        })
        .await;
    }

    /// Sets the status of a pod, as its kubelet does.
    pub async fn set_status(&self, pod: &Value, status: &Value) {
        rest::set_status(&self.client, pod, status).await;
    }

    /// Writes an event about a pod, as its kubelet does.
    pub async fn tell(&self, pod: &Value, reason: &str, message: &str) {
        let (metadata, now) = (&pod["metadata"], Timestamp::now());
        let name = format!("{}.{:x}", text(&metadata["name"]), now.as_nanosecond());
        let is_normal = matches!(reason, "Pulling" | "Pulled" | "Created" | "Started" | "Killing");
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name},
            "involvedObject": {
                "apiVersion": "v1", "kind": "Pod", "namespace": self.name,
                "name": metadata["name"], "uid": metadata["uid"],
            },
            "reason": reason, "message": message, "type": if is_normal { "Normal" } else { "Warning" },
            "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]}, "reportingComponent": "kubelet",
            "firstTimestamp": seconds(now), "lastTimestamp": seconds(now), "count": 1,
        });
        self.apply(event).await;
    }

    /// What the only container of a pod wrote, and ended with.
    pub fn wrote(&self, pod: &Value, lines: &str) {
        self.write_log(pod, "log", lines);
    }

    /// What the instance before wrote.
    pub fn wrote_before(&self, pod: &Value, lines: &str) {
        self.write_log(pod, "previous.log", lines);
    }

    /// What the only container of a pod wrote, which still runs.
    pub fn writes(&self, pod: &Value, lines: &str) {
        self.write_log(pod, "open", "");
        self.write_log(pod, "log", lines);
    }

    fn write_log(&self, pod: &Value, end: &str, lines: &str) {
        let folder = self.log_folder(pod);
        fs::create_dir_all(&folder).expect("the folder of the control plane can be written");
        let stamped: Vec<String> = lines.lines().map(|line| format!("{:.9} {line}\n", Timestamp::now())).collect();
        let file = format!("{}.{end}", text(&pod["spec"]["containers"][0]["name"]));
        fs::write(folder.join(file), stamped.concat()).expect("the folder of the control plane can be written");
    }

    fn log_folder(&self, pod: &Value) -> PathBuf {
        self.plane.folder.join("logs").join(&self.name).join(text(&pod["metadata"]["name"]))
    }

    /// What the program reports to a user.
    pub fn check(&self, user: &str) -> Report {
        program::check(&self.plane.kubeconfig(user), &self.name)
    }
}

/// A time as Kubernetes writes most of them.
pub fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}

/// A Deployment of one container.
pub fn deployment(name: &str, replicas: u32, pod: &Value) -> Value {
    let labels = json!({"app": name});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    })
}

/// The spec of a pod with one container `api`.
pub fn pod(container: &Value) -> Value {
    let mut whole = json!({"name": "api", "image": "registry.example.net/digits:1.4"});
    for (field, value) in container.as_object().into_iter().flatten() {
        whole[field] = value.clone();
    }
    json!({"containers": [whole]})
}
