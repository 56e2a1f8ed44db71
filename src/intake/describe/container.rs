//! A container of a described pod: what was asked for, and its states.

use serde_json::{Value, json};

use crate::intake::found::{fields, number, text};
use crate::intake::outline::Entry;
use crate::intake::times;

/// What was asked for.
pub fn spec(container: &Entry) -> Value {
    fields([
        ("name", Some(json!(container.key))),
        ("image", text(container.value_of("Image"))),
        ("command", words(container.get("Command"))),
        ("args", words(container.get("Args"))),
        ("ports", Some(ports(container))),
        (
            "resources",
            Some(json!({"limits": amounts(container, "Limits"), "requests": amounts(container, "Requests")})),
        ),
        ("livenessProbe", container.value_of("Liveness").and_then(probe)),
        ("readinessProbe", container.value_of("Readiness").and_then(probe)),
        ("startupProbe", container.value_of("Startup").and_then(probe)),
        ("env", Some(environment(container))),
        ("envFrom", Some(environment_from(container))),
        ("volumeMounts", Some(mounts(container))),
    ])
}

/// In which state it is; none where the kubelet has not said anything yet.
pub fn status(container: &Entry) -> Option<Value> {
    container.get("State").or(container.get("Last State"))?;
    let is_ready = container.value_of("Ready") == Some("True");
    Some(fields([
        ("name", Some(json!(container.key))),
        ("image", text(container.value_of("Image"))),
        ("imageID", text(container.value_of("Image ID"))),
        ("ready", Some(json!(is_ready))),
        ("restartCount", container.value_of("Restart Count").and_then(number).map(Value::from)),
        ("state", container.get("State").map(state)),
        ("lastState", container.get("Last State").map(state)),
    ]))
}

/// `State:  Terminated` and what stands under it.
fn state(entry: &Entry) -> Value {
    let time = |key: &str| entry.value_of(key).and_then(times::date).map(|time| json!(time.to_string()));
    let (reason, message) = (text(entry.value_of("Reason")), text(entry.value_of("Message")));
    match entry.value.as_str() {
        "Running" => json!({"running": fields([("startedAt", time("Started"))])}),
        "Terminated" => json!({"terminated": fields([
            ("reason", reason),
            ("message", message),
            ("exitCode", entry.value_of("Exit Code").and_then(|code| code.parse::<i64>().ok()).map(Value::from)),
            ("signal", entry.value_of("Signal").and_then(number).map(Value::from)),
            ("startedAt", time("Started")),
            ("finishedAt", time("Finished")),
        ])}),
        _ => json!({"waiting": fields([("reason", reason), ("message", message)])}),
    }
}

fn words(entry: Option<&Entry>) -> Option<Value> {
    entry.map(|entry| json!(entry.all_values()))
}

fn amounts(container: &Entry, key: &str) -> Value {
    let entries = container.get(key).map(|entry| entry.children.as_slice()).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.clone(), json!(entry.value))).collect::<serde_json::Map<_, _>>().into()
}

/// `Port:  8501/TCP (rest)`, `Ports:  8500/TCP, 8501/TCP`.
fn ports(container: &Entry) -> Value {
    let written = container.value_of("Ports").or(container.value_of("Port")).unwrap_or_default();
    let port = |part: &str| {
        let (number, rest) = part.trim().split_once('/')?;
        let name = rest.split_once('(').map(|(_, name)| name.trim_end_matches(')'));
        let number: i64 = number.parse().ok()?;
        Some(fields([
            ("containerPort", Some(json!(number))),
            ("protocol", text(rest.split_whitespace().next())),
            ("name", text(name)),
        ]))
    };
    written.split(',').filter_map(port).collect()
}

/// `http-get http://:8080/live delay=5s timeout=1s period=10s #success=1 #failure=3`.
pub fn probe(written: &str) -> Option<Value> {
    let (kind, rest) = written.split_once(' ')?;
    let at = rest.find("delay=").unwrap_or(rest.len());
    let (target, attributes) = (rest[..at].trim(), &rest[at..]);
    let seconds = |names: [&str; 2]| {
        let mut words = attributes.split_whitespace();
        words.find_map(|word| names.iter().find_map(|name| word.strip_prefix(name))).and_then(number).map(Value::from)
    };
    let action = match kind {
        "http-get" => Some(("httpGet", http_get(target))),
        "tcp-socket" => Some(("tcpSocket", json!({"port": target.rsplit(':').next()}))),
        "grpc" => {
            Some(("grpc", json!({"port": target.split_whitespace().next().and_then(|host| host.rsplit(':').next())})))
        }
        "exec" => Some(("exec", json!({"command": target.trim_matches(['[', ']']).split(' ').collect::<Vec<_>>()}))),
        _ => None,
    };
    let mut probe = fields([
        ("initialDelaySeconds", seconds(["delay=", "delay="])),
        ("timeoutSeconds", seconds(["timeout=", "timeout="])),
        ("periodSeconds", seconds(["period=", "period="])),
        ("failureThreshold", seconds(["#failure=", "failureThreshold="])),
    ]);
    if let Some((key, value)) = action {
        probe[key] = value;
    }
    Some(probe)
}

fn http_get(url: &str) -> Value {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = host.rsplit(':').next().unwrap_or_default();
    json!({"scheme": scheme.to_uppercase(), "port": port, "path": path})
}

/// `NAME:  value`, and `NAME:  <set to the key 'k' in secret 's'>  Optional: false`.
fn environment(container: &Entry) -> Value {
    let entries = container.get("Environment").map(|entry| entry.children.as_slice()).unwrap_or_default();
    let variable = |entry: &Entry| match reference(&entry.value) {
        Some((source, reference)) => json!({"name": entry.key, "valueFrom": {source: reference}}),
        None => json!({"name": entry.key, "value": entry.value}),
    };
    entries.iter().map(variable).collect()
}

fn reference(value: &str) -> Option<(&'static str, Value)> {
    let (_, rest) = value.split_once("<set to the key '")?;
    let (key, rest) = rest.split_once('\'')?;
    let source = if rest.contains("secret '") { "secretKeyRef" } else { "configMapKeyRef" };
    let name = rest.split('\'').nth(1)?;
    Some((source, json!({"key": key, "name": name, "optional": value.contains("Optional: true")})))
}

/// `NAME  ConfigMap  Optional: false`.
fn environment_from(container: &Entry) -> Value {
    let lines = container.get("Environment Variables from").map(Entry::lines).unwrap_or_default();
    let source = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, kind) = (words.next()?, words.next()?);
        let key = if kind == "Secret" { "secretRef" } else { "configMapRef" };
        Some(json!({key: {"name": name, "optional": line.contains("Optional: true")}}))
    };
    lines.into_iter().filter_map(source).collect()
}

/// `/models from model-store (ro,path="churn")`.
fn mounts(container: &Entry) -> Value {
    let lines = container.get("Mounts").map(Entry::lines).unwrap_or_default();
    let mount = |line: &str| {
        let (path, rest) = line.split_once(" from ")?;
        let (name, flags) = rest.split_once(" (").unwrap_or((rest, ""));
        let sub_path = flags.split_once("path=\"").and_then(|(_, rest)| rest.split('"').next());
        Some(fields([
            ("mountPath", Some(json!(path))),
            ("name", Some(json!(name.trim()))),
            ("readOnly", Some(json!(flags.starts_with("ro")))),
            ("subPath", text(sub_path)),
        ]))
    };
    lines.into_iter().filter_map(mount).collect()
}

#[cfg(test)]
mod tests {
    use super::probe;

    #[test]
    fn a_probe_is_read_in_the_words_of_every_version() {
        let old = probe("http-get http://:8501/v1/models/churn delay=5s timeout=1s period=10s #success=1 #failure=3");
        let old = old.unwrap();
        assert_eq!((&old["httpGet"]["port"], &old["failureThreshold"]), (&"8501".into(), &3.into()));
        let new =
            probe("tcp-socket :8080 delay=0s timeout=1s period=5s successThreshold=1 failureThreshold=6").unwrap();
        assert_eq!((&new["tcpSocket"]["port"], &new["failureThreshold"]), (&"8080".into(), &6.into()));
        assert_eq!(probe("grpc <pod>:9000  delay=0s").unwrap()["grpc"]["port"], "9000");
    }
}
