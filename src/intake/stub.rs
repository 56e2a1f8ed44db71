//! Objects that a text speaks of without showing them, as far as its events tell.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::intake::found::{Found, kind_named};
use crate::snapshot::kind::Kind;

/// What events say about one object, the oldest first.
struct Told<'a> {
    events: Vec<&'a Value>,
}

/// Adds the objects that events are about, and names the containers that only events name.
pub fn add(objects: &mut Vec<Found>) {
    let events: Vec<Value> =
        objects.iter().filter(|found| found.kind == Kind::Event).map(|found| found.value.clone()).collect();
    let mut new = Vec::new();
    let mut known: BTreeSet<(Kind, String)> =
        objects.iter().map(|found| (found.kind, text(&found.value["metadata"]["name"]).to_owned())).collect();
    for event in &events {
        let about = &event["involvedObject"];
        let name = text(&about["name"]);
        if let Some(kind) = kind_named(text(&about["kind"])).filter(|kind| known.insert((*kind, name.to_owned()))) {
            let metadata = json!({"name": name, "namespace": about["namespace"]});
            new.push(Found { kind, value: json!({"metadata": metadata}) });
        }
    }
    objects.extend(new);
    for pod in objects.iter_mut().filter(|found| found.kind == Kind::Pod && is_silent(&found.value["status"])) {
        let told = Told::about(&pod.value, &events);
        complete(&mut pod.value, &told);
    }
    for pod in objects.iter_mut().filter(|found| found.kind == Kind::Pod) {
        let told = Told::about(&pod.value, &events);
        name_container(&mut pod.value, &told);
    }
}

/// Does a status tell nothing?
fn is_silent(status: &Value) -> bool {
    let is_empty = |value: &Value| {
        value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(serde_json::Map::is_empty)
    };
    status.as_object().is_none_or(|fields| fields.values().all(is_empty))
}

impl<'a> Told<'a> {
    fn about(pod: &Value, events: &'a [Value]) -> Self {
        let name = text(&pod["metadata"]["name"]);
        let is_about = |event: &&Value| text(&event["involvedObject"]["name"]) == name;
        let mut events: Vec<&Value> = events.iter().filter(is_about).collect();
        events.sort_by_key(|event| text(&event["lastTimestamp"]));
        Told { events }
    }

    fn last(&self, reason: &str) -> Option<usize> {
        self.events.iter().rposition(|event| text(&event["reason"]) == reason)
    }

    /// Was this the last word, so that nothing of those reasons came after it?
    fn is_last(&self, reason: &str, others: &[&str]) -> bool {
        self.last(reason).is_some_and(|at| others.iter().all(|other| self.last(other).is_none_or(|later| later < at)))
    }

    /// The container that an event names.
    fn container(&self) -> Option<&str> {
        self.events.iter().find_map(|event| {
            let path = text(&event["involvedObject"]["fieldPath"]);
            let of_path = path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}'));
            of_path.or_else(|| container_in(text(&event["message"])))
        })
    }
}

/// How far a pod came of which only events are known: what they say is over does not count against it.
fn complete(pod: &mut Value, told: &Told<'_>) {
    if let Some(at) = told.last("Scheduled") {
        let node = text(&told.events[at]["message"]).rsplit(" to ").next().unwrap_or_default();
        pod["spec"]["nodeName"] = json!(node);
    }
    if told.is_last("Started", &["BackOff", "Failed", "Killing", "FailedMount"]) {
        let at = told.last("Started").unwrap_or_default();
        let restarts = told.events[at]["count"].as_i64().unwrap_or(1) - 1;
        let started = told.events[at]["lastTimestamp"].clone();
        let state = json!({"running": {"startedAt": started}});
        let status = json!({"name": "", "ready": false, "restartCount": restarts, "state": state});
        pod["status"] = json!({"containerStatuses": [status]});
    }
}

/// The container of a pod whose containers are not shown: the one that an event names, or one without a name.
fn name_container(pod: &mut Value, told: &Told<'_>) {
    let is_shown = pod["spec"]["containers"].as_array().is_some_and(|containers| !containers.is_empty());
    if is_shown {
        return;
    }
    let name = told.container().unwrap_or_default();
    let mut named = false;
    for key in ["containerStatuses", "initContainerStatuses"] {
        let statuses = pod["status"].get_mut(key).and_then(Value::as_array_mut);
        for status in statuses.into_iter().flatten() {
            if status["name"].as_str().is_none_or(str::is_empty) {
                status["name"] = json!(name);
            }
            named = true;
        }
    }
    if !named {
        pod["spec"]["containers"] = json!([{"name": name}]);
    }
}

/// `restarting failed container server in pod …`, `Container server failed liveness probe`, `Started container server`.
fn container_in(message: &str) -> Option<&str> {
    const BEFORE: [&str; 6] = [
        "restarting failed container ",
        "Started container ",
        "Created container ",
        "Stopping container ",
        "failed to start container \"",
        "Container ",
    ];
    let rest = BEFORE.iter().find_map(|words| message.split_once(words).map(|(_, rest)| rest))?;
    let rest = rest.strip_prefix("container ").or_else(|| rest.strip_prefix("init container ")).unwrap_or(rest);
    let name = rest.trim_start_matches('"').split([' ', '"', ',']).next().unwrap_or_default();
    let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (!name.is_empty() && is_name && !matches!(name, "image" | "in" | "is")).then_some(name)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
