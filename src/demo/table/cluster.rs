//! Storage, settings, nodes and namespaces as rows.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::table::{Printer, created, items, joined, name, text};

/// As the real server prints claims.
pub const CLAIMS: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Status", false),
        ("Volume", false),
        ("Capacity", false),
        ("Access Modes", false),
        ("StorageClass", false),
        ("VolumeAttributesClass", false),
        ("Age", false),
        ("VolumeMode", true),
    ],
    cells: claims,
};

/// As the real server prints volumes.
pub const VOLUMES: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Capacity", false),
        ("Access Modes", false),
        ("Reclaim Policy", false),
        ("Status", false),
        ("Claim", false),
        ("StorageClass", false),
        ("VolumeAttributesClass", false),
        ("Reason", false),
        ("Age", false),
        ("VolumeMode", true),
    ],
    cells: volumes,
};

/// As the real server prints storage classes.
pub const STORAGE_CLASSES: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Provisioner", false),
        ("ReclaimPolicy", false),
        ("VolumeBindingMode", false),
        ("AllowVolumeExpansion", false),
        ("Age", false),
    ],
    cells: storage_classes,
};

/// As the real server prints config maps.
pub const CONFIG_MAPS: Printer =
    Printer { columns: &[("Name", false), ("Data", false), ("Age", false)], cells: config_maps };

/// As the real server prints namespaces.
pub const NAMESPACES: Printer =
    Printer { columns: &[("Name", false), ("Status", false), ("Age", false)], cells: namespaces };

/// As the real server prints nodes.
pub const NODES: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Status", false),
        ("Roles", false),
        ("Age", false),
        ("Version", false),
        ("Internal-IP", true),
        ("External-IP", true),
        ("OS-Image", true),
        ("Kernel-Version", true),
        ("Container-Runtime", true),
    ],
    cells: nodes,
};

fn claims(claim: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(claim),
        json!(text(claim, "/status/phase", "Pending")),
        json!(text(claim, "/spec/volumeName", "")),
        json!(text(claim, "/status/capacity/storage", "")),
        json!(modes(claim, "/status/accessModes")),
        json!(text(claim, "/spec/storageClassName", "")),
        json!(text(claim, "/spec/volumeAttributesClassName", "<unset>")),
        created(claim, now),
        json!(text(claim, "/spec/volumeMode", "Filesystem")),
    ]
}

fn volumes(volume: &Value, now: Timestamp) -> Vec<Value> {
    let claim = text(volume, "/spec/claimRef/name", "");
    let namespace = text(volume, "/spec/claimRef/namespace", "");
    vec![
        name(volume),
        json!(text(volume, "/spec/capacity/storage", "")),
        json!(modes(volume, "/spec/accessModes")),
        json!(text(volume, "/spec/persistentVolumeReclaimPolicy", "")),
        json!(text(volume, "/status/phase", "")),
        json!(if claim.is_empty() { String::new() } else { format!("{namespace}/{claim}") }),
        json!(text(volume, "/spec/storageClassName", "")),
        json!(text(volume, "/spec/volumeAttributesClassName", "<unset>")),
        json!(text(volume, "/status/reason", "")),
        created(volume, now),
        json!(text(volume, "/spec/volumeMode", "Filesystem")),
    ]
}

/// `RWO` for ReadWriteOnce: the capitals.
fn modes(object: &Value, path: &str) -> String {
    let short = |mode: &str| match mode {
        "ReadWriteOncePod" => "RWOP".to_owned(),
        "ReadOnlyMany" => "ROX".to_owned(),
        "ReadWriteMany" => "RWX".to_owned(),
        other => other.chars().filter(char::is_ascii_uppercase).collect(),
    };
    joined(items(object, path).filter_map(Value::as_str).map(short), "")
}

fn storage_classes(class: &Value, now: Timestamp) -> Vec<Value> {
    let is_default =
        class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"].as_str() == Some("true");
    let shown = text(class, "/metadata/name", "");
    vec![
        json!(if is_default { format!("{shown} (default)") } else { shown.to_owned() }),
        json!(text(class, "/provisioner", "")),
        json!(text(class, "/reclaimPolicy", "Delete")),
        json!(text(class, "/volumeBindingMode", "Immediate")),
        json!(class["allowVolumeExpansion"] == true),
        created(class, now),
    ]
}

fn config_maps(map: &Value, now: Timestamp) -> Vec<Value> {
    let count = |field: &str| map[field].as_object().map_or(0, serde_json::Map::len);
    vec![name(map), json!(count("data") + count("binaryData")), created(map, now)]
}

fn namespaces(namespace: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(namespace), json!(text(namespace, "/status/phase", "Active")), created(namespace, now)]
}

fn nodes(node: &Value, now: Timestamp) -> Vec<Value> {
    let about = |field: &str| json!(text(node, &format!("/status/nodeInfo/{field}"), "<unknown>"));
    let address = |kind: &str| {
        let of_kind = items(node, "/status/addresses").find(|address| address["type"] == kind);
        json!(of_kind.map_or("<none>", |address| text(address, "/address", "<none>")))
    };
    vec![
        name(node),
        json!(status(node)),
        json!(roles(node)),
        created(node, now),
        about("kubeletVersion"),
        address("InternalIP"),
        address("ExternalIP"),
        about("osImage"),
        about("kernelVersion"),
        about("containerRuntimeVersion"),
    ]
}

fn status(node: &Value) -> String {
    let ready = items(node, "/status/conditions").find(|condition| condition["type"] == "Ready");
    let word = match ready.map(|ready| &ready["status"]) {
        Some(status) if status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let closed = if node["spec"]["unschedulable"] == true { ",SchedulingDisabled" } else { "" };
    format!("{word}{closed}")
}

fn roles(node: &Value) -> String {
    let labels = node["metadata"]["labels"].as_object().into_iter().flatten();
    joined(labels.filter_map(|(key, _)| Some(key.strip_prefix("node-role.kubernetes.io/")?.to_owned())), "<none>")
}
