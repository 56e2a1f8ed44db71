//! Described objects that are no pods: what makes pods, claims, Services, nodes and the objects of operators.

use serde_json::{Map, Value, json};

use crate::intake::describe::{conditions, labels, metadata};
use crate::intake::found::{fields, number, text};
use crate::intake::outline::{self, Entry};
use crate::intake::times;
use crate::snapshot::kind::Kind;

/// The object as a manifest.
pub fn manifest(kind: Kind, outline: &[Entry]) -> Value {
    let (spec, status) = match kind {
        Kind::PersistentVolumeClaim => claim(outline),
        Kind::PersistentVolume => (json!({}), json!({"phase": outline::value(outline, "Status")})),
        Kind::Service => (service(outline), json!({})),
        Kind::Node => node(outline),
        _ if kind.is_workload() => workload(kind, outline),
        _ => return of_operator(outline),
    };
    let mut manifest = json!({"metadata": metadata(outline), "spec": spec, "status": status});
    if let Some(provisioner) = outline::value(outline, "Provisioner") {
        manifest["provisioner"] = json!(provisioner);
    }
    manifest
}

fn claim(outline: &[Entry]) -> (Value, Value) {
    let value = |key: &str| text(outline::value(outline, key));
    let spec = fields([
        ("storageClassName", value("StorageClass")),
        ("volumeName", value("Volume")),
        ("accessModes", outline::value(outline, "Access Modes").map(|modes| modes.split(',').map(long_mode).collect())),
    ]);
    (spec, fields([("phase", value("Status"))]))
}

fn long_mode(mode: &str) -> Value {
    json!(match mode.trim() {
        "RWO" => "ReadWriteOnce",
        "ROX" => "ReadOnlyMany",
        "RWX" => "ReadWriteMany",
        "RWOP" => "ReadWriteOncePod",
        other => other,
    })
}

fn service(outline: &[Entry]) -> Value {
    let mut ports: Vec<Value> = Vec::new();
    for entry in outline {
        match entry.key.as_str() {
            "Port" => ports.push(port(&entry.value)),
            "TargetPort" => {
                let target = entry.value.split('/').next().unwrap_or_default();
                if let Some(last) = ports.last_mut() {
                    last["targetPort"] = json!(target);
                }
            }
            _ => {}
        }
    }
    fields([
        ("type", text(outline::value(outline, "Type"))),
        ("selector", Some(labels(outline::find(outline, "Selector")))),
        ("clusterIP", text(outline::value(outline, "IP"))),
        ("externalName", text(outline::value(outline, "External Name"))),
        ("ports", Some(json!(ports))),
    ])
}

/// `<unset>  8501/TCP` or `rest  8501/TCP`.
fn port(written: &str) -> Value {
    let mut words = written.split_whitespace();
    let name = words.next().filter(|name| *name != "<unset>");
    let (number, protocol) = words.next().and_then(|port| port.split_once('/')).unwrap_or_default();
    fields([
        ("name", text(name)),
        ("port", number.parse::<i64>().ok().map(Value::from)),
        ("protocol", text(Some(protocol))),
    ])
}

fn node(outline: &[Entry]) -> (Value, Value) {
    let lines = outline::find(outline, "Taints").map(Entry::all_values).unwrap_or_default();
    let taint = |line: &str| {
        let (key, effect) = line.rsplit_once(':')?;
        let (key, value) = key.split_once('=').unwrap_or((key, ""));
        Some(json!({"key": key, "value": value, "effect": effect}))
    };
    let taints: Vec<Value> = lines.into_iter().filter_map(taint).collect();
    let info = outline::find(outline, "System Info");
    let told = |key: &str| text(info.and_then(|info| info.value_of(key)));
    let allocatable = outline::find(outline, "Allocatable").map(|entry| entry.children.as_slice()).unwrap_or_default();
    let amounts = allocatable.iter().map(|entry| (entry.key.clone(), json!(entry.value)));
    let spec = json!({"taints": taints, "unschedulable": outline::value(outline, "Unschedulable") == Some("true")});
    let info = fields([("architecture", told("Architecture")), ("kubeletVersion", told("Kubelet Version"))]);
    let amounts: Value = amounts.collect::<Map<_, _>>().into();
    (spec, json!({"conditions": conditions(outline), "allocatable": amounts, "nodeInfo": info}))
}

fn workload(kind: Kind, outline: &[Entry]) -> (Value, Value) {
    let replicas = outline::value(outline, "Replicas").unwrap_or_default();
    let counted = |word: &str| {
        let part = replicas.split(['|', '/']).find(|part| part.split_whitespace().any(|found| found == word));
        part.and_then(number).map(Value::from)
    };
    let pods = outline::value(outline, "Pods Statuses").or(outline::value(outline, "Pods Status")).unwrap_or_default();
    let pods_that = |word: &str| pods.split('/').find(|part| part.contains(word)).and_then(number).map(Value::from);
    let template = outline::find(outline, "Pod Template").map(|entry| entry.children.as_slice()).unwrap_or_default();
    let pod = super::pod::manifest(template);
    let spec = fields([
        ("replicas", counted("desired")),
        ("selector", Some(json!({"matchLabels": labels(outline::find(outline, "Selector"))}))),
        ("template", Some(json!({"metadata": pod["metadata"], "spec": pod["spec"]}))),
        ("strategy", Some(json!({"type": outline::value(outline, "StrategyType")}))),
        ("suspend", outline::value(outline, "Suspend").map(|suspend| json!(suspend == "true"))),
        ("backoffLimit", outline::value(outline, "Backoff Limit").and_then(number).map(Value::from)),
    ]);
    let ready = if kind == Kind::Deployment { counted("available") } else { pods_that("Running") };
    let status = fields([
        ("replicas", counted("total").or(counted("current"))),
        ("updatedReplicas", counted("updated")),
        ("availableReplicas", counted("available")),
        ("readyReplicas", ready),
        ("succeeded", pods_that("Succeeded")),
        ("failed", pods_that("Failed")),
        (
            "completionTime",
            outline::value(outline, "Completed At").and_then(times::date).map(|at| json!(at.to_string())),
        ),
        ("conditions", Some(conditions(outline))),
    ]);
    (spec, status)
}

/// Objects of operators are printed field by field: `Last Transition Time:` is `lastTransitionTime`.
fn of_operator(outline: &[Entry]) -> Value {
    let part = |key: &str| outline::find(outline, key).map_or(json!({}), |entry| tree(&entry.children));
    json!({"metadata": metadata(outline), "spec": part("Spec"), "status": part("Status")})
}

/// A list begins where a key comes again; of one item only, the keys of a condition tell.
fn tree(entries: &[Entry]) -> Value {
    let mut items: Vec<Map<String, Value>> = vec![Map::new()];
    for entry in entries {
        let key = field_name(&entry.key);
        let value = if entry.children.is_empty() { json!(entry.value) } else { under(&key, entry) };
        let is_new = items.last().is_some_and(|item| item.contains_key(&key));
        if is_new {
            items.push(Map::new());
        }
        if let Some(item) = items.last_mut() {
            item.insert(key, value);
        }
    }
    if items.len() > 1 { json!(items) } else { Value::Object(items.remove(0)) }
}

fn under(key: &str, entry: &Entry) -> Value {
    match tree(&entry.children) {
        single @ Value::Object(_) if key == "conditions" => json!([single]),
        value => value,
    }
}

fn field_name(key: &str) -> String {
    let joined: String = key.split(' ').collect();
    let mut letters = joined.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}
