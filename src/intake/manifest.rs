//! Objects in YAML or JSON: whole ones, lists, several documents, and what people cut out of one.

use serde_json::{Value, json};

use crate::capture::manifest;
use crate::intake::found::{Found, Reading, subject_kind};
use crate::intake::{aci, answers, docker};
use crate::snapshot::kind::Kind;

/// Reads a text as JSON or YAML, if it is one of something known.
pub fn read(text: &str) -> Option<Reading> {
    let documents = documents(text)?;
    let whole = documents.iter().find_map(foreign);
    whole
        .or_else(|| of_kubernetes(&documents))
        .or_else(|| documents.iter().find_map(fragment))
        .or_else(|| documents.iter().find_map(message))
}

fn documents(text: &str) -> Option<Vec<Value>> {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return Some(vec![value]);
    }
    if text.trim_start().starts_with('{') {
        // Objects one after the other, as `kubectl get -o json` of several commands.
        let several: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
        return several.ok();
    }
    let plain = without_margin(text);
    serde_saphyr::from_multiple(&plain).ok().or_else(|| {
        // A cut often leaves a first or last line that makes no sense alone.
        let lines: Vec<&str> = plain.lines().collect();
        let shorter = [lines.get(1..), lines.get(..lines.len().saturating_sub(1))];
        shorter
            .into_iter()
            .flatten()
            .find_map(|part| serde_saphyr::from_multiple(&without_margin(&part.join("\n"))).ok())
    })
}

/// The text without the blanks that every line of it begins with.
pub fn without_margin(text: &str) -> String {
    let full = || text.lines().filter(|line| !line.trim().is_empty());
    let margin = full().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    text.lines().map(|line| line.get(margin..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// What is no object of Kubernetes.
fn foreign(value: &Value) -> Option<Reading> {
    docker::inspected(value).or_else(|| aci::read(value)).or_else(|| answers::read(value))
}

/// Whole objects, or lists of them.
fn of_kubernetes(documents: &[Value]) -> Option<Reading> {
    let mut objects = Vec::new();
    for document in documents {
        add(document, &mut objects);
    }
    if objects.is_empty() {
        return None;
    }
    let taken_for = match objects.as_slice() {
        [one] => format!("the manifest of {} {}", one.kind.name().to_lowercase(), name(&one.value)),
        many => format!("the manifests of {} objects", many.len()),
    };
    Some(Reading { taken_for, objects, ..Reading::default() })
}

fn add(document: &Value, objects: &mut Vec<Found>) {
    let lists = [document.get("items").and_then(Value::as_array), document.as_array()];
    if let Some(items) = lists.into_iter().flatten().next() {
        let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default();
        let kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
        for item in items {
            let mut item = item.clone();
            if let (Some(kind), Some(fields)) = (kind, item.as_object_mut()) {
                fields.entry("kind").or_insert_with(|| json!(kind));
                fields.entry("apiVersion").or_insert_with(|| document["apiVersion"].clone());
            }
            add(&item, objects);
        }
        return;
    }
    let written = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(kind) = Kind::of(written("apiVersion"), written("kind")) {
        objects.push(Found { kind, value: document.clone() });
    }
}

fn name(value: &Value) -> &str {
    value["metadata"]["name"].as_str().unwrap_or("without a name")
}

/// A part of an object, put back where it belongs.
fn fragment(value: &Value) -> Option<Reading> {
    let (kind, object, what) = whole_of(value)?;
    let mut found = manifest::Manifest::default();
    let mut document = object.clone();
    document["kind"] = json!(kind.name());
    document["apiVersion"] = json!(api_version(kind));
    manifest::add(document.clone(), &mut found);
    let is_fragment = object["metadata"]["name"].is_null();
    let objects = vec![Found { kind, value: document }];
    (!found.objects.is_empty()).then(|| Reading {
        taken_for: what.to_owned(),
        objects,
        is_fragment,
        log: String::new(),
    })
}

/// A message that was cut out of something, without the quotes and escapes that YAML and JSON put around it. A line of
/// a log is none.
fn message(value: &Value) -> Option<Reading> {
    const OF_LINES: [&str; 8] = ["level", "levelname", "severity", "asctime", "timestamp", "@timestamp", "ts", "time"];
    if OF_LINES.iter().any(|key| value.get(key).is_some_and(|held| !held.is_null())) && value.get("code").is_none() {
        return None;
    }
    let text = ["message", "note"].iter().find_map(|key| value.get(key)?.as_str())?;
    Some(Reading { taken_for: "a message".to_owned(), log: text.to_owned(), ..Reading::default() })
}

fn api_version(kind: Kind) -> String {
    let place = kind.place();
    if place.group.is_empty() { place.version.to_owned() } else { format!("{}/{}", place.group, place.version) }
}

/// The object that a part was cut out of: its kind, the object with that part, and what the part is.
fn whole_of(value: &Value) -> Option<(Kind, Value, &'static str)> {
    let has = |key: &str| value.get(key).is_some();
    if value.is_array() {
        return of_list(value);
    }
    if has("involvedObject") || has("regarding") {
        return Some((Kind::Event, value.clone(), "an Event"));
    }
    if is_event(value) {
        return Some((Kind::Event, with_subject(value), "a part of an Event"));
    }
    if value["type"].is_string() && has("status") {
        return of_list(&json!([value]));
    }
    if has("spec") || has("status") {
        let is_claim = ["accessModes", "storageClassName"].iter().any(|key| value["spec"].get(key).is_some());
        let kind = if is_claim { Kind::PersistentVolumeClaim } else { kind_of_status(&value["status"])? };
        return Some((kind, value.clone(), "a part of an object"));
    }
    if let Some(kind) = kind_of_status(value) {
        return Some((kind, json!({"status": value}), "a part of a status"));
    }
    if has("state") && value["state"].is_object() || has("lastState") {
        return Some((
            Kind::Pod,
            json!({"status": {"containerStatuses": [value]}}),
            "a part of the status of a container",
        ));
    }
    if is_state(value) {
        return Some((
            Kind::Pod,
            json!({"status": {"containerStatuses": [{"state": value}]}}),
            "the state of a container",
        ));
    }
    let ended = has("exitCode") && has("reason");
    let state = if ended { json!({"terminated": value}) } else { json!({"waiting": value}) };
    let is_inside =
        ended || has("reason") && has("message") && value.as_object().is_some_and(|fields| fields.len() == 2);
    let status = json!({"status": {"containerStatuses": [{"state": state}]}});
    is_inside.then_some((Kind::Pod, status, "a part of the state of a container"))
}

/// Is it a part of an Event: its reason or message, with what only Events have, or a reason that no state has?
fn is_event(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    let is_typed = matches!(value["type"].as_str(), Some("Normal" | "Warning"));
    let is_counted = ["firstTimestamp", "lastTimestamp", "eventTime", "reportingComponent"].into_iter().any(has);
    let reason = value["reason"].as_str().unwrap_or_default();
    let is_of_events = has("message") && !has("exitCode") && (reason == "Failed" || reason.starts_with("Failed"));
    has("reason") && (is_typed || is_counted || is_of_events && !has("status"))
}

/// A part of an Event with the kind of the object that it must be about.
fn with_subject(value: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let source = [text(&value["source"]["component"]), text(&value["reportingComponent"])].concat();
    let mut event = value.clone();
    event["involvedObject"] = json!({"kind": subject_kind(&source, &text(&value["reason"])), "name": ""});
    event
}

fn of_list(value: &Value) -> Option<(Kind, Value, &'static str)> {
    let first = value.get(0)?;
    if first.get("type").is_some() && first.get("status").is_some() {
        let status = json!({"conditions": value});
        return Some((kind_of_status(&status)?, json!({"status": status}), "the conditions of an object"));
    }
    let is_status = first.get("state").is_some_and(Value::is_object) || first.get("restartCount").is_some();
    let status = json!({"status": {"containerStatuses": value}});
    is_status.then_some((Kind::Pod, status, "the status of containers"))
}

fn is_state(value: &Value) -> bool {
    let inner = ["waiting", "terminated", "running"].iter().find_map(|key| value.get(key));
    inner.is_some_and(Value::is_object)
}

/// The kind that has such a status, by its keys or by its conditions.
fn kind_of_status(status: &Value) -> Option<Kind> {
    let has = |key: &str| status.get(key).is_some();
    let is = |types: &[&str]| {
        let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        conditions.iter().any(|condition| condition["type"].as_str().is_some_and(|kind| types.contains(&kind)))
    };
    if has("containerStatuses") || has("initContainerStatuses") || has("podIP") || has("hostIP") || has("qosClass") {
        Some(Kind::Pod)
    } else if has("modelStatus") || is(&["PredictorReady", "IngressReady"]) {
        Some(Kind::InferenceService)
    } else if is(&["PodScheduled", "ContainersReady", "Initialized", "PodReadyToStartContainers"]) {
        Some(Kind::Pod)
    } else if is(&["Progressing", "ReplicaFailure", "Available"]) {
        Some(Kind::Deployment)
    } else if is(&["MemoryPressure", "DiskPressure", "PIDPressure"]) {
        Some(Kind::Node)
    } else if is(&["ConfigurationsReady", "RoutesReady", "ResourcesAvailable", "ContainerHealthy"]) {
        Some(Kind::InferenceService)
    } else if is(&["FailureTarget", "Suspended", "SuccessCriteriaMet"]) || is(&["Failed"]) && has("failed") {
        Some(Kind::Job)
    } else {
        has("phase").then_some(Kind::Pod)
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_state_that_was_cut_out_belongs_to_a_pod() {
        let text = "      lastState:\n        terminated:\n          exitCode: 137\n          reason: OOMKilled\n      ready: false";
        let reading = read(text).unwrap();
        assert!(reading.is_fragment);
        let status = &reading.objects[0].value["status"]["containerStatuses"][0];
        assert_eq!(status["lastState"]["terminated"]["reason"], "OOMKilled");
    }

    #[test]
    fn a_list_and_several_documents_give_all_objects() {
        let text = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n";
        assert_eq!(read(text).unwrap().objects.len(), 2);
    }

    #[test]
    fn conditions_tell_whose_they_are() {
        let reading = read("- type: PredictorReady\n  status: 'False'\n  reason: RevisionFailed\n").unwrap();
        assert_eq!(reading.objects[0].kind.name(), "InferenceService");
    }

    #[test]
    fn a_message_is_taken_out_of_its_quotes_and_a_line_of_a_log_is_not_one() {
        assert_eq!(read(r#"{"code": "UserError", "message": "no such path"}"#).unwrap().log, "no such path");
        assert!(read(r#"{"severity": "DEBUG", "message": "vector fetched"}"#).is_none());
    }

    #[test]
    fn other_yaml_is_not_taken() {
        assert_eq!(read("level: info\nmsg: started\n"), None);
        assert_eq!(read("plain words"), None);
    }
}
