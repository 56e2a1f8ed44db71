//! What `kubectl describe` prints, as objects: pods, what makes them, claims, Services and nodes; or a part of a pod.

pub mod container;
pub mod other;
pub mod pod;

use serde_json::{Map, Value, json};

use crate::intake::events;
use crate::intake::found::{EventRow, Found, Reading, fields, text};
use crate::intake::outline::{self, Entry};
use crate::intake::times::{self, Now};
use crate::snapshot::kind::Kind;

/// Reads the description of one object, or a part of one.
pub fn read(lines: &[&str], now: Now) -> Option<Reading> {
    let outline = whole(outline::parse(&straightened(lines)));
    let name = outline::value(&outline, "Name").unwrap_or_default();
    let kind = kind_of(&outline)?;
    let value = match kind {
        Kind::Pod => pod::manifest(&outline),
        _ => other::manifest(kind, &outline),
    };
    let mut objects = vec![Found { kind, value }];
    let rows = outline::find(&outline, "Events").map(|entry| events::described(&entry.lines())).unwrap_or_default();
    let count = rows.len();
    let namespace = outline::value(&outline, "Namespace").unwrap_or_default();
    let about = |row: EventRow| EventRow {
        object_kind: kind.name().to_owned(),
        object_name: name.to_owned(),
        namespace: if kind.place().namespaced { namespace.to_owned() } else { String::new() },
        ..row
    };
    objects.extend(rows.into_iter().map(|row| about(row).found(now)));
    let what = if name.is_empty() { "a part of kubectl describe of a pod" } else { "kubectl describe of" };
    let of = if name.is_empty() { String::new() } else { format!(" {} {name}", kind.name().to_lowercase()) };
    let events = match count {
        0 => String::new(),
        1 => ", 1 event".to_owned(),
        _ => format!(", {count} events"),
    };
    Some(Reading {
        taken_for: format!("{what}{of}{events}"),
        objects,
        is_fragment: name.is_empty(),
        log: String::new(),
    })
}

/// The first line of a selection that began within it has lost its indentation.
fn straightened<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let state = |line: &str| line.starts_with("State:") || line.starts_with("Last State:");
    let filled = lines.iter().skip(1).filter(|line| !line.trim().is_empty());
    let margin = filled.clone().map(|line| indent(line)).min().unwrap_or(0);
    let is_cut = lines.first().is_some_and(|line| state(line)) && margin > 0;
    // What stands under the first line is indented further than what stands beside it.
    let has_two_depths = filled.clone().any(|line| indent(line) > margin);
    if !is_cut || !has_two_depths {
        return lines.to_vec();
    }
    let first = lines[0];
    std::iter::once(first)
        .chain(lines[1..].iter().map(|line| line.get(margin..).unwrap_or(line.trim_start())))
        .collect()
}

/// A fragment that begins inside a container is put back into one.
fn whole(outline: Vec<Entry>) -> Vec<Entry> {
    let begins_inside = ["State", "Last State"].iter().any(|key| outline::find(&outline, key).is_some());
    if !begins_inside {
        return outline;
    }
    let container = Entry { children: with_states(outline), ..Entry::default() };
    vec![Entry { key: "Containers".to_owned(), children: vec![container], ..Entry::default() }]
}

/// The entries of a container in which what belongs to a state stands under it, where a paste lost the indentation.
fn with_states(entries: Vec<Entry>) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        let is_of_state =
            matches!(entry.key.as_str(), "Reason" | "Message" | "Exit Code" | "Signal" | "Started" | "Finished");
        match kept.last_mut() {
            Some(state) if is_of_state && matches!(state.key.as_str(), "State" | "Last State") => {
                state.children.push(entry);
            }
            _ => kept.push(entry),
        }
    }
    kept
}

/// The kind that only prints these keys.
fn kind_of(outline: &[Entry]) -> Option<Kind> {
    let has = |key: &str| outline::find(outline, key).is_some();
    let replicas = outline::value(outline, "Replicas").unwrap_or_default();
    if has("Kind") && (has("API Version") || has("Api Version")) {
        let version = outline::value(outline, "API Version").or(outline::value(outline, "Api Version"))?;
        return Kind::of(version, outline::value(outline, "Kind")?);
    }
    let kind = if has("StrategyType") || has("NewReplicaSet") {
        Kind::Deployment
    } else if has("Desired Number of Nodes Scheduled") {
        Kind::DaemonSet
    } else if has("Parallelism") || has("Pods Statuses") {
        Kind::Job
    } else if has("Update Strategy") || has("Volume Claims") {
        Kind::StatefulSet
    } else if replicas.contains("desired") {
        Kind::ReplicaSet
    } else if has("Reclaim Policy") {
        Kind::PersistentVolume
    } else if has("StorageClass") || has("Used By") {
        Kind::PersistentVolumeClaim
    } else if has("Session Affinity") || has("TargetPort") || has("Endpoints") {
        Kind::Service
    } else if has("Taints") || has("Allocatable") || has("System Info") {
        Kind::Node
    } else if has("Provisioner") {
        Kind::StorageClass
    } else {
        return is_pod(outline).then_some(Kind::Pod);
    };
    Some(kind)
}

/// A pod, or a fragment of one: a container, or the events about it.
fn is_pod(outline: &[Entry]) -> bool {
    let has = |key: &str| outline::find(outline, key).is_some();
    let told_pod = has("Name") && (has("Containers") || has("Node") || has("QoS Class"));
    let lists = ["Containers", "Init Containers"].into_iter().filter_map(|key| outline::find(outline, key));
    let container = outline.iter().chain(lists.flat_map(|list| &list.children)).any(pod::is_container);
    let conditions = outline::find(outline, "Conditions").is_some_and(|entry| pod::are_conditions(&entry.lines()));
    let events = outline::find(outline, "Events").is_some_and(|entry| !events::described(&entry.lines()).is_empty());
    told_pod || container || events || conditions
}

/// Name, namespace, labels and owner.
pub fn metadata(outline: &[Entry]) -> Value {
    let owner = outline::value(outline, "Controlled By").and_then(|owner| owner.split_once('/'));
    let owners: Vec<Value> =
        owner.into_iter().map(|(kind, name)| json!({"kind": kind, "name": name, "controller": true})).collect();
    let made = outline::value(outline, "CreationTimestamp").or(outline::value(outline, "Start Time"));
    fields([
        ("name", text(outline::value(outline, "Name"))),
        ("namespace", text(outline::value(outline, "Namespace"))),
        ("labels", Some(labels(outline::find(outline, "Labels")))),
        ("creationTimestamp", made.and_then(times::date).map(|time| json!(time.to_string()))),
        ("deletionTimestamp", deletion(outline)),
        ("ownerReferences", Some(json!(owners))),
    ])
}

/// `Status:  Terminating (lasts 5m)`: since when does not matter.
fn deletion(outline: &[Entry]) -> Option<Value> {
    let status = outline::value(outline, "Status").filter(|status| status.starts_with("Terminating"));
    let start = outline::value(outline, "Start Time").and_then(times::date);
    status.and(start).map(|time| json!(time.to_string()))
}

/// `app=churn` in one or several lines, or `a=b,c=d` in one.
pub fn labels(entry: Option<&Entry>) -> Value {
    let mut labels = Map::new();
    for line in entry.map(Entry::all_values).unwrap_or_default() {
        for pair in line.split(',') {
            if let Some((key, value)) = pair.trim().split_once('=') {
                labels.insert(key.to_owned(), json!(value));
            }
        }
    }
    Value::Object(labels)
}

/// The table under `Conditions:`: type and status, and of some kinds reason and message.
pub fn conditions(outline: &[Entry]) -> Value {
    let lines = outline::find(outline, "Conditions").map(Entry::lines).unwrap_or_default();
    let header = lines.first().copied().unwrap_or_default();
    let is_row = |line: &&&str| !line.starts_with("Type") && !line.starts_with("--");
    let row = |line: &&str| {
        let mut words = line.split_whitespace();
        let (kind, status) = (words.next()?, words.next()?);
        let cells = events::cells(line);
        let reason = if header.contains("Heartbeat") || header.contains("LastProbeTime") {
            cells.get(4).copied()
        } else {
            words.next()
        };
        let message = cells.get(5..).map(|rest| rest.join("  ")).filter(|_| header.contains("Message"));
        Some(fields([
            ("type", Some(json!(kind))),
            ("status", Some(json!(status))),
            ("reason", text(reason)),
            ("message", message.map(Value::String)),
        ]))
    };
    lines.iter().filter(is_row).filter_map(row).collect()
}
