//! Workloads as rows.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::stamp;
use crate::demo::table::{Printer, age, created, items, joined, labels, name, number, text};

/// As the real server prints deployments.
pub const DEPLOYMENTS: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Ready", false),
        ("Up-to-date", false),
        ("Available", false),
        ("Age", false),
        ("Containers", true),
        ("Images", true),
        ("Selector", true),
    ],
    cells: deployments,
};

/// As the real server prints replica sets.
pub const REPLICA_SETS: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Desired", false),
        ("Current", false),
        ("Ready", false),
        ("Age", false),
        ("Containers", true),
        ("Images", true),
        ("Selector", true),
    ],
    cells: replica_sets,
};

/// As the real server prints stateful sets.
pub const STATEFUL_SETS: Printer = Printer {
    columns: &[("Name", false), ("Ready", false), ("Age", false), ("Containers", true), ("Images", true)],
    cells: stateful_sets,
};

/// As the real server prints jobs.
pub const JOBS: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Status", false),
        ("Completions", false),
        ("Duration", false),
        ("Age", false),
        ("Containers", true),
        ("Images", true),
        ("Selector", true),
    ],
    cells: jobs,
};

fn deployments(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = vec![
        name(object),
        json!(ready(object)),
        json!(number(object, "/status/updatedReplicas")),
        json!(number(object, "/status/availableReplicas")),
        created(object, now),
    ];
    cells.extend([containers(object), images(object), selector(object)]);
    cells
}

fn replica_sets(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = vec![
        name(object),
        json!(number(object, "/spec/replicas")),
        json!(number(object, "/status/replicas")),
        json!(number(object, "/status/readyReplicas")),
        created(object, now),
    ];
    cells.extend([containers(object), images(object), selector(object)]);
    cells
}

fn stateful_sets(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(object), json!(ready(object)), created(object, now), containers(object), images(object)]
}

fn jobs(object: &Value, now: Timestamp) -> Vec<Value> {
    let wanted = object.pointer("/spec/completions").and_then(Value::as_u64).unwrap_or(1);
    let is = |kind: &str| items(object, "/status/conditions").any(|met| met["type"] == kind && met["status"] == "True");
    let status = ["Complete", "Failed", "Suspended"].into_iter().find(|kind| is(kind)).unwrap_or("Running");
    let duration = stamp::at(object, "/status/startTime").map(|start| {
        let end = stamp::at(object, "/status/completionTime").unwrap_or(now);
        age::since(start, end)
    });
    let mut cells = vec![
        name(object),
        json!(status),
        json!(format!("{}/{wanted}", number(object, "/status/succeeded"))),
        json!(duration.unwrap_or_default()),
        created(object, now),
    ];
    cells.extend([containers(object), images(object), selector(object)]);
    cells
}

/// `0/1`; a workload that says nothing wants one replica.
fn ready(object: &Value) -> String {
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    format!("{}/{wanted}", number(object, "/status/readyReplicas"))
}

fn of_containers(object: &Value, field: &str) -> Value {
    let containers = items(object, "/spec/template/spec/containers");
    json!(joined(containers.map(|container| text(container, &format!("/{field}"), "").to_owned()), "<none>"))
}

fn containers(object: &Value) -> Value {
    of_containers(object, "name")
}

fn images(object: &Value) -> Value {
    of_containers(object, "image")
}

fn selector(object: &Value) -> Value {
    json!(labels(object, "/spec/selector/matchLabels"))
}
