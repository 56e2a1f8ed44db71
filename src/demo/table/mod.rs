//! Objects as rows of a table, with the columns that the real server prints.

pub mod age;
pub mod cluster;
pub mod event;
pub mod network;
pub mod pod;
pub mod workload;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::read;
use crate::demo::resource::Resource;
use crate::demo::table::age::age;

/// A column: its name, and whether only `-o wide` shows it.
pub type Column = (&'static str, bool);

/// How a kind is printed.
pub struct Printer {
    /// The columns.
    pub columns: &'static [Column],
    /// The cells of an object, one for each column.
    pub cells: fn(&Value, Timestamp) -> Vec<Value>,
}

/// What rows are made of, and when.
pub struct Rows<'a> {
    /// The kind.
    pub resource: &'a Resource,
    /// `includeObject`: what of the object comes with its row.
    pub include: &'a str,
    /// The time, for ages.
    pub now: Timestamp,
}

/// A table of objects; `about` is its metadata.
pub fn table(rows: &Rows<'_>, objects: &[Arc<Value>], about: &Value) -> Value {
    let printer = printer(rows.resource);
    let definition = |(name, wide): &Column| {
        let format = if *name == "Name" { "name" } else { "" };
        let priority = u8::from(*wide);
        json!({"name": name, "type": "string", "format": format, "description": "", "priority": priority})
    };
    let row = |object: &Arc<Value>| {
        let shown = match rows.include {
            "None" => Value::Null,
            "Object" => (**object).clone(),
            _ => read::metadata(object),
        };
        json!({"cells": (printer.cells)(object, rows.now), "object": shown})
    };
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": about,
        "columnDefinitions": printer.columns.iter().map(definition).collect::<Vec<_>>(),
        "rows": objects.iter().map(row).collect::<Vec<_>>(),
    })
}

fn printer(resource: &Resource) -> Printer {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => pod::PODS,
        ("", "events") => event::EVENTS,
        ("events.k8s.io", "events") => event::NEW_EVENTS,
        ("", "services") => network::SERVICES,
        ("discovery.k8s.io", "endpointslices") => network::SLICES,
        ("networking.k8s.io", "ingresses") => network::INGRESSES,
        ("", "configmaps") => cluster::CONFIG_MAPS,
        ("", "persistentvolumeclaims") => cluster::CLAIMS,
        ("", "persistentvolumes") => cluster::VOLUMES,
        ("storage.k8s.io", "storageclasses") => cluster::STORAGE_CLASSES,
        ("", "nodes") => cluster::NODES,
        ("", "namespaces") => cluster::NAMESPACES,
        ("apps", "deployments") => workload::DEPLOYMENTS,
        ("apps", "replicasets") => workload::REPLICA_SETS,
        ("apps", "statefulsets") => workload::STATEFUL_SETS,
        ("batch", "jobs") => workload::JOBS,
        _ => OTHERS,
    }
}

const OTHERS: Printer = Printer { columns: &[("Name", false), ("Age", false)], cells: others };

fn others(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(object), created(object, now)]
}

/// The name of an object.
pub fn name(object: &Value) -> Value {
    object["metadata"]["name"].clone()
}

/// How long ago an object was created.
pub fn created(object: &Value, now: Timestamp) -> Value {
    json!(age(object, "/metadata/creationTimestamp", now))
}

/// A text in an object; `missing` where there is none.
pub fn text<'a>(object: &'a Value, path: &str, missing: &'a str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()).unwrap_or(missing)
}

/// A number in an object; 0 where there is none.
pub fn number(object: &Value, path: &str) -> u64 {
    object.pointer(path).and_then(Value::as_u64).unwrap_or_default()
}

/// The items of a list in an object.
pub fn items<'a>(object: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

/// Texts with commas between them; `missing` where there are none.
pub fn joined(texts: impl Iterator<Item = String>, missing: &str) -> String {
    let joined = texts.collect::<Vec<_>>().join(",");
    if joined.is_empty() { missing.to_owned() } else { joined }
}

/// `key=value` for each field.
pub fn labels(object: &Value, path: &str) -> String {
    let fields = object.pointer(path).and_then(Value::as_object).into_iter().flatten();
    joined(fields.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())), "<none>")
}
