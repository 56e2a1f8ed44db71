//! `docker inspect` and `docker ps`: a container of Docker as a pod of one container.

use serde_json::{Value, json};

use crate::intake::events;
use crate::intake::found::{Found, Reading, fields, number, text};
use crate::snapshot::kind::Kind;

/// Reads what `docker inspect` printed.
pub fn inspected(value: &Value) -> Option<Reading> {
    let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let is_container =
        |container: &Value| container.get("State").is_some_and(Value::is_object) && container.get("Id").is_some();
    if all.is_empty() || !all.iter().all(is_container) {
        return None;
    }
    let objects: Vec<Found> = all.iter().map(|container| Found { kind: Kind::Pod, value: pod(container) }).collect();
    let names: Vec<&str> = all.iter().map(name).collect();
    let words: Vec<&str> = all.iter().filter_map(|container| container["State"]["Error"].as_str()).collect();
    let taken_for = format!("docker inspect of container {}", names.join(", "));
    Some(Reading { taken_for, objects, is_fragment: false, log: words.join("\n") })
}

fn name(container: &Value) -> &str {
    container["Name"].as_str().unwrap_or_default().trim_start_matches('/')
}

fn pod(container: &Value) -> Value {
    let (config, host) = (&container["Config"], &container["HostConfig"]);
    let env = config["Env"].as_array().map(Vec::as_slice).unwrap_or_default();
    let variable = |pair: &Value| {
        let (name, value) = pair.as_str()?.split_once('=')?;
        Some(json!({"name": name, "value": value}))
    };
    let memory = host["Memory"].as_i64().filter(|bytes| *bytes > 0).map(|bytes| json!({"memory": quantity(bytes)}));
    let spec = fields([
        ("name", Some(json!(name(container)))),
        ("image", config.get("Image").cloned()),
        ("command", config.get("Entrypoint").filter(|words| words.is_array()).cloned()),
        ("args", config.get("Cmd").filter(|words| words.is_array()).cloned()),
        ("env", Some(env.iter().filter_map(variable).collect())),
        ("resources", memory.map(|limits| json!({"limits": limits}))),
    ]);
    let status = fields([
        ("name", Some(json!(name(container)))),
        ("image", config.get("Image").cloned()),
        ("imageID", container.get("Image").cloned()),
        ("restartCount", container.get("RestartCount").cloned()),
        ("ready", Some(json!(is_ready(&container["State"])))),
        ("state", Some(state(&container["State"]))),
    ]);
    json!({"metadata": {"name": name(container)}, "spec": {"containers": [spec]},
        "status": {"phase": "Running", "containerStatuses": [status]}})
}

/// Bytes as Kubernetes writes them, where that is a round number.
fn quantity(bytes: i64) -> String {
    const MEBIBYTE: i64 = 1024 * 1024;
    if bytes % MEBIBYTE == 0 { format!("{}Mi", bytes / MEBIBYTE) } else { bytes.to_string() }
}

fn is_ready(state: &Value) -> bool {
    let health = state["Health"]["Status"].as_str().unwrap_or("none");
    state["Running"] == json!(true) && matches!(health, "none" | "healthy")
}

fn state(state: &Value) -> Value {
    let time = |key: &str| state[key].as_str().filter(|time| !time.starts_with("0001")).map(|time| json!(time));
    match state["Status"].as_str().unwrap_or_default() {
        "running" | "paused" => json!({"running": fields([("startedAt", time("StartedAt"))])}),
        "created" => json!({"waiting": {"reason": "ContainerCreating", "message": state["Error"]}}),
        _ => json!({"terminated": fields([
            ("exitCode", state.get("ExitCode").cloned()),
            ("reason", Some(json!(reason(state)))),
            ("message", state.get("Error").cloned()),
            ("startedAt", time("StartedAt")),
            ("finishedAt", time("FinishedAt")),
        ])}),
    }
}

/// The word that Kubernetes has for it.
fn reason(state: &Value) -> &'static str {
    let could_not_start = state["Error"].as_str().is_some_and(|error| !error.is_empty());
    match state["ExitCode"].as_i64() {
        _ if state["OOMKilled"] == json!(true) => "OOMKilled",
        _ if could_not_start => "ContainerCannotRun",
        Some(0) => "Completed",
        _ => "Error",
    }
}

/// Reads `docker ps -a`: how many lines it takes.
pub fn listed(lines: &[&str]) -> Option<(usize, Reading)> {
    let header = lines.first()?;
    if !header.starts_with("CONTAINER ID") || !header.contains("STATUS") {
        return None;
    }
    let rows: Vec<Value> = lines[1..].iter().map_while(|line| listed_pod(header, line)).collect();
    let count = if rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", rows.len()) };
    let taken_for = format!("docker ps, {count}");
    let taken = rows.len() + 1;
    let objects = rows.into_iter().map(|value| Found { kind: Kind::Pod, value }).collect();
    Some((taken, Reading { taken_for, objects, ..Reading::default() }))
}

fn listed_pod(header: &str, line: &str) -> Option<Value> {
    let cells = events::cells(line);
    let (image, container) = (cells.get(1)?, cells.last()?);
    let place = header.find("STATUS")?;
    let status = line.get(place..).map(str::trim_start).filter(|_| line.as_bytes().get(place - 1) == Some(&b' '));
    let status =
        status.or_else(|| cells.iter().find(|cell| is_status(cell)).copied()).filter(|status| is_status(status))?;
    let code = status.split_once('(').and_then(|(_, rest)| number(rest));
    let is_up = status.starts_with("Up") && !status.contains("unhealthy");
    let end = || {
        let reason = if code == Some(0) { "Completed" } else { "Error" };
        json!({"terminated": {"exitCode": code, "reason": reason}})
    };
    let state = match status.split(' ').next() {
        Some("Up") => json!({"running": {}}),
        Some("Created") => json!({"waiting": {"reason": "ContainerCreating"}}),
        _ => end(),
    };
    let restarts = i64::from(status.starts_with("Restarting")) * 2;
    let status = fields([
        ("name", Some(json!(container))),
        ("image", text(Some(image))),
        ("ready", Some(json!(is_up))),
        ("restartCount", Some(json!(restarts))),
        ("state", Some(state)),
    ]);
    Some(json!({"metadata": {"name": container}, "status": {"phase": "Running", "containerStatuses": [status]}}))
}

fn is_status(cell: &str) -> bool {
    ["Up ", "Exited (", "Created", "Restarting (", "Dead"].iter().any(|beginning| cell.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{inspected, listed};

    #[test]
    fn an_inspected_container_that_ran_out_of_memory_says_so() {
        let value = json!([{"Id": "1", "Name": "/api", "State": {"Status": "exited", "OOMKilled": true, "ExitCode": 137},
            "Config": {"Image": "a:1", "Env": ["A=b"]}, "HostConfig": {"Memory": 536_870_912}}]);
        let reading = inspected(&value).unwrap();
        let status = &reading.objects[0].value["status"]["containerStatuses"][0];
        assert_eq!(status["state"]["terminated"]["reason"], "OOMKilled");
    }

    #[test]
    fn a_listed_container_tells_its_exit_code() {
        let lines = [
            "CONTAINER ID   IMAGE   COMMAND       CREATED         STATUS                       PORTS   NAMES",
            "0a1b2c3d4e5f   api:1   \"serve\"   3 minutes ago   Exited (137) 2 minutes ago           api",
        ];
        let (taken, reading) = listed(&lines).unwrap();
        assert_eq!(taken, 2);
        assert_eq!(reading.objects[0].value["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 137);
    }
}
