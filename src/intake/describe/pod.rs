//! A described pod, or a part of one.

use serde_json::{Map, Value, json};

use crate::intake::describe::container;
use crate::intake::found::{fields, text};
use crate::intake::outline::{self, Entry};
use crate::intake::times;

/// The pod as a manifest.
pub fn manifest(outline: &[Entry]) -> Value {
    json!({"metadata": super::metadata(outline), "spec": spec(outline), "status": status(outline)})
}

fn spec(outline: &[Entry]) -> Value {
    let of = |key: &str| -> Value { containers(outline, key).into_iter().map(container::spec).collect() };
    let node = outline::value(outline, "Node").map(|node| node.split('/').next().unwrap_or_default());
    fields([
        ("nodeName", text(node)),
        ("serviceAccountName", text(outline::value(outline, "Service Account"))),
        ("priorityClassName", text(outline::value(outline, "Priority Class Name"))),
        ("initContainers", Some(of("Init Containers"))),
        ("containers", Some(of("Containers"))),
        ("volumes", Some(volumes(outline))),
        ("nodeSelector", Some(super::labels(outline::find(outline, "Node-Selectors")))),
        ("tolerations", Some(tolerations(outline))),
    ])
}

fn status(outline: &[Entry]) -> Value {
    let of = |key: &str| -> Value { containers(outline, key).into_iter().filter_map(container::status).collect() };
    let start = outline::value(outline, "Start Time").and_then(times::date);
    let phase = outline::value(outline, "Status").filter(|phase| !phase.starts_with("Terminating"));
    fields([
        ("phase", text(phase)),
        ("reason", text(outline::value(outline, "Reason"))),
        ("message", text(outline::value(outline, "Message"))),
        ("podIP", text(outline::value(outline, "IP"))),
        ("startTime", start.map(|time| json!(time.to_string()))),
        ("conditions", Some(super::conditions(outline))),
        ("initContainerStatuses", Some(of("Init Containers"))),
        ("containerStatuses", Some(of("Containers"))),
    ])
}

/// Are these the rows of the conditions that only pods have?
pub fn are_conditions(rows: &[&str]) -> bool {
    rows.iter().any(|row| row.starts_with("ContainersReady ") || row.starts_with("PodScheduled "))
}

/// The containers under a heading. A fragment may begin at the name of a container, or below it.
fn containers<'a>(outline: &'a [Entry], heading: &str) -> Vec<&'a Entry> {
    if let Some(list) = outline::find(outline, heading) {
        return list.children.iter().filter(|entry| is_container(entry)).collect();
    }
    if heading == "Containers" {
        return outline.iter().filter(|entry| is_container(entry) && entry.value.is_empty()).collect();
    }
    Vec::new()
}

/// Does it hold what only a container has?
pub fn is_container(entry: &Entry) -> bool {
    ["State", "Image", "Container ID", "Restart Count", "Last State"].iter().any(|key| entry.get(key).is_some())
}

fn volumes(outline: &[Entry]) -> Value {
    let entries = outline::find(outline, "Volumes").map(|entry| entry.children.as_slice()).unwrap_or_default();
    entries.iter().map(volume).collect()
}

fn volume(entry: &Entry) -> Value {
    let kind = entry.value_of("Type").and_then(|kind| kind.split_whitespace().next()).unwrap_or_default();
    let told = |key: &str| text(entry.value_of(key));
    let is = |key: &str| json!(entry.value_of(key) == Some("true"));
    let (key, source) = match kind {
        "PersistentVolumeClaim" => {
            ("persistentVolumeClaim", fields([("claimName", told("ClaimName")), ("readOnly", Some(is("ReadOnly")))]))
        }
        "ConfigMap" => ("configMap", fields([("name", told("Name")), ("optional", Some(is("Optional")))])),
        "Secret" => ("secret", fields([("secretName", told("SecretName")), ("optional", Some(is("Optional")))])),
        "EmptyDir" => ("emptyDir", fields([("medium", told("Medium")), ("sizeLimit", told("SizeLimit"))])),
        "HostPath" => ("hostPath", fields([("path", told("Path"))])),
        "CSI" => ("csi", driver(entry, "volumeAttributes", "VolumeAttributes")),
        "FlexVolume" => ("flexVolume", driver(entry, "options", "Options")),
        _ => return json!({"name": entry.key}),
    };
    json!({"name": entry.key, key: source})
}

/// What mounts a volume, and what it is told: `containerName=models`, or `map[container:models]` of old drivers.
fn driver(entry: &Entry, field: &str, heading: &str) -> Value {
    let mut told = Map::new();
    for value in entry.get(heading).map(Entry::all_values).unwrap_or_default() {
        for pair in value.trim_start_matches("map[").trim_end_matches(']').split_whitespace() {
            if let Some((key, value)) = pair.split_once(['=', ':']) {
                told.insert(key.to_owned(), json!(value));
            }
        }
    }
    json!({"driver": entry.value_of("Driver"), field: told})
}

/// `nvidia.com/gpu=true:NoSchedule op=Exists for 300s`.
fn tolerations(outline: &[Entry]) -> Value {
    let lines = outline::find(outline, "Tolerations").map(Entry::all_values).unwrap_or_default();
    let toleration = |line: &str| {
        let word = line.split_whitespace().next().unwrap_or_default();
        let (key, effect) = word.split_once(':').map_or((word, None), |(key, effect)| (key, Some(effect)));
        let (key, value) = key.split_once('=').map_or((key, None), |(key, value)| (key, Some(value)));
        let exists = line.contains("op=Exists");
        let key = if key == "op" { "" } else { key };
        fields([
            ("key", Some(json!(key))),
            ("value", text(value.filter(|_| !key.is_empty()))),
            ("effect", text(effect)),
            ("operator", exists.then(|| json!("Exists"))),
        ])
    };
    lines.into_iter().map(toleration).collect()
}
