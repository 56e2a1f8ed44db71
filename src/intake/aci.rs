//! `az container show` and `az container list`: a container group of Azure Container Instances as a pod.

use serde_json::{Value, json};

use crate::intake::found::{Found, Reading, fields, text};
use crate::snapshot::kind::Kind;

/// Reads one container group, or a list of them.
pub fn read(value: &Value) -> Option<Reading> {
    let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let groups: Vec<Value> = all.iter().map(flat).collect();
    if groups.is_empty() || !groups.iter().all(is_group) {
        return None;
    }
    let objects = groups.iter().flat_map(objects).collect();
    let names: Vec<&str> = groups.iter().map(name).collect();
    Some(Reading { taken_for: format!("az container show of {}", names.join(", ")), objects, ..Reading::default() })
}

/// The resource as Azure's API prints it has everything but its name under `properties`.
fn flat(resource: &Value) -> Value {
    let mut group = resource.clone();
    if let (Some(fields), Some(properties)) = (group.as_object_mut(), resource["properties"].as_object()) {
        fields.extend(properties.clone());
    }
    let containers = group["containers"].as_array().cloned().unwrap_or_default();
    if group["containers"].is_array() {
        let inner = |container: &Value| {
            let mut flat = container["properties"].clone();
            flat["name"] = container["name"].clone();
            flat
        };
        let is_nested = |container: &Value| container["properties"].is_object();
        group["containers"] =
            containers.iter().map(|one| if is_nested(one) { inner(one) } else { one.clone() }).collect();
    }
    group
}

fn is_group(group: &Value) -> bool {
    let containers = group["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_type = group["type"].as_str().is_some_and(|kind| kind.contains("ContainerInstance"));
    is_type
        || group.get("provisioningState").is_some() && containers.iter().any(|one| one.get("instanceView").is_some())
}

fn name(group: &Value) -> &str {
    group["name"].as_str().unwrap_or_default()
}

fn objects(group: &Value) -> Vec<Found> {
    let containers = group["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let specs: Value = containers.iter().map(spec).collect();
    let statuses: Value = containers.iter().filter_map(status).collect();
    let pod = json!({"metadata": {"name": name(group)}, "spec": {"containers": specs},
        "status": {"phase": phase(group), "containerStatuses": statuses}});
    let mut objects = vec![Found { kind: Kind::Pod, value: pod }];
    objects.extend(events(&group["instanceView"]["events"], name(group), None));
    for container in containers {
        objects.extend(events(&container["instanceView"]["events"], name(group), container["name"].as_str()));
    }
    objects
}

fn phase(group: &Value) -> &str {
    group["instanceView"]["state"].as_str().unwrap_or("Pending")
}

fn spec(container: &Value) -> Value {
    let amounts = |asked: &Value| {
        fields([
            ("cpu", asked["cpu"].as_f64().map(|cores| json!(cores.to_string()))),
            (
                "memory",
                asked["memoryInGb"]
                    .as_f64()
                    .or(asked["memoryInGB"].as_f64())
                    .map(|gigabytes| json!(format!("{gigabytes}Gi"))),
            ),
        ])
    };
    let variables = container["environmentVariables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ports = container["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    let resources = &container["resources"];
    // Without a limit of its own a container may use what it asked for.
    let limits = if resources["limits"].is_object() { &resources["limits"] } else { &resources["requests"] };
    fields([
        ("name", container.get("name").cloned()),
        ("image", container.get("image").cloned()),
        ("command", container.get("command").filter(|words| words.is_array()).cloned()),
        ("env", Some(variables.iter().map(|one| json!({"name": one["name"], "value": one["value"]})).collect())),
        ("ports", Some(ports.iter().map(|one| json!({"containerPort": one["port"]})).collect())),
        ("resources", Some(json!({"requests": amounts(&resources["requests"]), "limits": amounts(limits)}))),
    ])
}

fn status(container: &Value) -> Option<Value> {
    let view = container.get("instanceView").filter(|view| view.is_object())?;
    let is_running = view["currentState"]["state"] == json!("Running");
    Some(fields([
        ("name", container.get("name").cloned()),
        ("image", container.get("image").cloned()),
        ("ready", Some(json!(is_running))),
        ("restartCount", view.get("restartCount").filter(|count| count.is_i64()).cloned()),
        ("state", state(&view["currentState"])),
        ("lastState", state(&view["previousState"])),
    ]))
}

fn state(state: &Value) -> Option<Value> {
    let told = |key: &str| state.get(key).filter(|value| !value.is_null()).cloned();
    let detail = state["detailStatus"].as_str().unwrap_or_default();
    let (reason, message) = detail.split_once(": ").unwrap_or((detail, ""));
    let (reason, message) = if reason.contains(' ') { ("", detail) } else { (reason, message) };
    let (reason, message) = (text(Some(reason)), text(Some(message)));
    Some(match state["state"].as_str()? {
        "Running" => json!({"running": fields([("startedAt", told("startTime"))])}),
        "Terminated" => json!({"terminated": fields([
            ("exitCode", told("exitCode")),
            ("reason", reason),
            ("message", message),
            ("startedAt", told("startTime")),
            ("finishedAt", told("finishTime")),
        ])}),
        _ => json!({"waiting": fields([("reason", reason), ("message", message)])}),
    })
}

fn events(events: &Value, group: &str, container: Option<&str>) -> Vec<Found> {
    let events = events.as_array().map(Vec::as_slice).unwrap_or_default();
    let path = container.map(|name| format!("spec.containers{{{name}}}")).unwrap_or_default();
    let event = |event: &Value| {
        let value = json!({
            "metadata": {},
            "involvedObject": {"kind": "Pod", "name": group, "fieldPath": path},
            "type": event["type"], "reason": event["name"], "message": event["message"], "count": event["count"],
            "firstTimestamp": event["firstTimestamp"], "lastTimestamp": event["lastTimestamp"],
        });
        Found { kind: Kind::Event, value }
    };
    events.iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn a_container_group_is_a_pod_with_events() {
        let value = json!({"name": "churn", "provisioningState": "Succeeded", "type": "Microsoft.ContainerInstance/containerGroups",
            "containers": [{"name": "api", "image": "a:1", "resources": {"requests": {"cpu": 1.0, "memoryInGb": 1.5}},
                "instanceView": {"restartCount": 4, "currentState": {"state": "Waiting", "detailStatus": "CrashLoopBackOff: Back-off"},
                    "previousState": {"state": "Terminated", "exitCode": 1, "detailStatus": "Error"},
                    "events": [{"name": "Failed", "type": "Warning", "count": 2, "message": "Failed to pull image"}]}}]});
        let reading = read(&value).unwrap();
        assert_eq!(reading.events(), 1);
        let pod = &reading.objects[0].value;
        assert_eq!(pod["spec"]["containers"][0]["resources"]["limits"]["memory"], "1.5Gi");
        assert_eq!(pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"], "CrashLoopBackOff");
    }
}
