//! Tables of `kubectl get`: pods, what makes them, claims, nodes and Services, by the words of their headers.

use serde_json::{Value, json};

use crate::intake::events;
use crate::intake::found::{Found, Reading, fields, number, text};
use crate::intake::times::{self, Now};
use crate::snapshot::kind::Kind;

/// A header: its column names, and where each begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    kind: Kind,
    columns: Vec<(String, usize)>,
}

impl Header {
    /// Reads a line as a header, if its words are those of a table that is known.
    pub fn of(line: &str) -> Option<Self> {
        let trimmed = line.trim();
        let columns: Vec<(String, usize)> = columns(line);
        let has = |name: &str| columns.iter().any(|(column, _)| column == name);
        if !has("AGE") || trimmed != trimmed.to_uppercase() {
            return None;
        }
        let kind = if has("READY") && has("STATUS") && has("RESTARTS") {
            Kind::Pod
        } else if has("UP-TO-DATE") && has("AVAILABLE") {
            if has("NODE SELECTOR") { Kind::DaemonSet } else { Kind::Deployment }
        } else if has("DESIRED") && has("CURRENT") && has("READY") {
            Kind::ReplicaSet
        } else if has("COMPLETIONS") && has("DURATION") {
            Kind::Job
        } else if has("STATUS") && has("VOLUME") && has("CAPACITY") {
            Kind::PersistentVolumeClaim
        } else if has("STATUS") && has("ROLES") && has("VERSION") {
            Kind::Node
        } else if columns.len() == 3 && has("READY") {
            Kind::StatefulSet
        } else if has("URL") && has("READY") {
            Kind::InferenceService
        } else if has("CLUSTER-IP") && has("PORT(S)") {
            Kind::Service
        } else if columns.len() <= 4 && has("ENDPOINTS") {
            Kind::EndpointSlice
        } else {
            return None;
        };
        Some(Header { kind, columns })
    }

    /// The cells of a row: by their places, and where a paste lost those, in their order.
    fn cells<'a>(&self, row: &'a str) -> Vec<(&str, &'a str)> {
        let at = |index: usize| self.columns.get(index).map_or(usize::MAX, |(_, at)| *at);
        let boundary = |place: usize| place == 0 || row.as_bytes().get(place - 1).is_none_or(|byte| *byte == b' ');
        let fits =
            self.columns.iter().all(|(_, place)| boundary(*place) && row.is_char_boundary((*place).min(row.len())));
        let names = self.columns.iter().map(|(name, _)| name.as_str());
        if fits {
            let cell =
                |index: usize| row.get(at(index).min(row.len())..at(index + 1).min(row.len())).unwrap_or_default();
            let cells: Vec<(&str, &str)> =
                names.clone().enumerate().map(|(index, name)| (name, cell(index).trim())).collect();
            // Two cells in one column: the row was moved by chance to where this shows at no edge.
            if cells.iter().all(|(_, cell)| !cell.contains("  ")) {
                return cells;
            }
        }
        let parts = events::cells(row);
        let words: Vec<&str> = row.split_whitespace().collect();
        let cells = if parts.len() == self.columns.len() { parts } else { words };
        names.zip(cells).collect()
    }
}

/// Column names are separated by two blanks or more, or all of them by one.
fn columns(line: &str) -> Vec<(String, usize)> {
    let is_wide = line.trim().contains("  ");
    let names: Vec<&str> = if is_wide { events::cells(line) } else { line.split_whitespace().collect() };
    let mut at = 0;
    let mut columns = Vec::new();
    for name in names {
        let place = line[at..].find(name).map_or(at, |found| at + found);
        at = place + name.len();
        columns.push((name.to_owned(), place));
    }
    columns
}

/// Reads the rows under a header; how many lines they take.
pub fn read(header: &Header, lines: &[&str], now: Now) -> (usize, Reading) {
    let mut reading = Reading::default();
    let mut taken = 0;
    for line in lines {
        let cells = header.cells(line);
        let value = |name: &str| cells.iter().find(|(column, _)| *column == name).map(|(_, cell)| *cell);
        let Some(object) = row(header.kind, &value, now) else { break };
        if header.kind == Kind::EndpointSlice {
            reading.log.push_str(&endpoints(&value));
        } else {
            reading.objects.push(Found { kind: header.kind, value: object });
        }
        taken += 1;
    }
    let plural = if header.kind == Kind::EndpointSlice { "endpoints" } else { header.kind.place().plural };
    let count = if taken == 1 { "1 row".to_owned() } else { format!("{taken} rows") };
    reading.taken_for = format!("kubectl get {plural}, {count}");
    (taken, reading)
}

/// A row of pods without its header: `churn-7f9  0/1  CrashLoopBackOff  5 (2m ago)  9m`.
pub fn lone_pod(line: &str, now: Now) -> Option<Reading> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ready = words.iter().position(|word| fraction(word).is_some()).filter(|at| (1..=2).contains(at))?;
    let (status, restarts, age) = (words.get(ready + 1)?, words.get(ready + 2)?, words.last()?);
    let is_row = status.starts_with(|c: char| c.is_ascii_uppercase())
        && restarts.parse::<i64>().is_ok()
        && words[ready + 3..].iter().any(|word| times::is_age(word));
    let age = if times::is_age(age) { *age } else { "<unknown>" };
    let namespace = words.first().filter(|_| ready == 2).copied();
    let cell = |name: &str| match name {
        "NAME" => Some(words[ready - 1]),
        "NAMESPACE" => namespace,
        "READY" => Some(words[ready]),
        "STATUS" => Some(*status),
        "RESTARTS" => Some(*restarts),
        "AGE" => Some(age),
        _ => None,
    };
    let value = row(Kind::Pod, &cell, now).filter(|_| is_row && is_name(words[ready - 1]))?;
    let objects = vec![Found { kind: Kind::Pod, value }];
    Some(Reading { taken_for: "kubectl get pods, 1 row".to_owned(), objects, ..Reading::default() })
}

/// A row of nodes or of deployments without its header.
pub fn lone_row(line: &str, now: Now) -> Option<Reading> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_node = |status: &str| matches!(status.split(',').next(), Some("Ready" | "NotReady" | "Unknown"));
    let is_count = |word: &str| word.parse::<u32>().is_ok();
    let header = match words[..] {
        [_, status, _, age, version, ..] if is_node(status) && times::is_age(age) && version.starts_with("v1.") => {
            "NAME STATUS ROLES AGE VERSION"
        }
        [_, ready, updated, available, age]
            if fraction(ready).is_some() && is_count(updated) && is_count(available) && times::is_age(age) =>
        {
            "NAME READY UP-TO-DATE AVAILABLE AGE"
        }
        _ => return None,
    };
    let (taken, reading) = read(&Header::of(header)?, &[&words.join(" ")], now);
    (taken == 1).then_some(reading)
}

/// A row of claims without its header, of one that has no volume: `models  Pending  fast-ssd  12m`.
pub fn lone_claim(line: &str, now: Now) -> Option<Reading> {
    let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "<unset>").collect();
    let at = words.iter().position(|word| matches!(*word, "Pending" | "Lost")).filter(|at| (1..=2).contains(at))?;
    let class = words[at + 1..].split_last().and_then(|(_, before)| before.last());
    let cell = |name: &str| match name {
        "NAME" => Some(words[at - 1]),
        "NAMESPACE" => words.first().filter(|_| at == 2).copied(),
        "STATUS" => Some(words[at]),
        "STORAGECLASS" => class.copied(),
        "AGE" => words.last().filter(|_| words.len() <= at + 3).copied(),
        _ => None,
    };
    let kind = Kind::PersistentVolumeClaim;
    let objects = vec![Found { kind, value: row(kind, &cell, now)? }];
    Some(Reading { taken_for: "kubectl get pvc, 1 row".to_owned(), objects, ..Reading::default() })
}

fn row<'a>(kind: Kind, cell: &dyn Fn(&str) -> Option<&'a str>, now: Now) -> Option<Value> {
    let name = cell("NAME").map(|name| name.rsplit('/').next().unwrap_or(name)).filter(|name| is_name(name))?;
    let age = cell("AGE").and_then(times::age);
    if age.is_none() && cell("AGE").is_none_or(|age| !times::is_age(age)) {
        return None;
    }
    let metadata = fields([
        ("name", Some(json!(name))),
        ("namespace", text(cell("NAMESPACE"))),
        ("creationTimestamp", age.map(|age| json!(now.before(age)))),
    ]);
    let (spec, status) = match kind {
        Kind::Pod => return pod(&metadata, cell),
        Kind::PersistentVolumeClaim => claim(cell),
        Kind::Node => node(cell),
        Kind::Service => service(cell),
        Kind::EndpointSlice => (json!({}), json!({})),
        Kind::InferenceService => (json!({}), json!({"conditions": [{"type": "Ready", "status": cell("READY")}]})),
        _ => workload(kind, cell),
    };
    Some(json!({"metadata": metadata, "spec": spec, "status": status}))
}

/// Is it a name as Kubernetes allows them?
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

fn fraction(cell: &str) -> Option<(i64, i64)> {
    let (part, whole) = cell.split_once('/')?;
    Some((part.parse().ok()?, whole.parse().ok()?))
}

/// The state of a pod in one word, as `kubectl get pods` puts it. Which container it is about is not told.
fn pod<'a>(metadata: &Value, cell: &dyn Fn(&str) -> Option<&'a str>) -> Option<Value> {
    let (ready, all) = fraction(cell("READY")?)?;
    let status = cell("STATUS")?;
    let restarts = cell("RESTARTS").and_then(number).unwrap_or(0);
    // So kubectl prints a pod whose node does not answer.
    let is_lost = status == "Unknown";
    let is_ready = ready == all && all > 0 && !is_lost;
    let (in_init, word) = status.strip_prefix("Init:").map_or((false, status), |word| (true, word));
    let state = state(word);
    let container = fields([
        ("name", Some(json!(""))),
        ("ready", Some(json!(is_ready))),
        ("restartCount", Some(json!(restarts))),
        ("state", state.clone()),
    ]);
    let statuses = if in_init { "initContainerStatuses" } else { "containerStatuses" };
    let condition = json!({"type": "Ready", "status": if is_ready { "True" } else { "False" }});
    let mut told = json!({"phase": phase(word, in_init, restarts), "conditions": [condition]});
    if state.is_some() {
        told[statuses] = json!([container]);
    }
    let is_plain = matches!(word, "Running" | "Pending" | "Succeeded" | "Error" | "NotReady");
    if state.is_none() && !is_plain || fraction(word).is_some() {
        told["reason"] = json!(status);
    }
    if is_lost {
        told["reason"] = json!("NodeLost");
    }
    let node = cell("NODE").filter(|node| *node != "<none>");
    Some(json!({"metadata": metadata, "spec": fields([("nodeName", text(node))]), "status": told}))
}

/// One that was started again is no pod that ended for good.
fn phase(word: &str, in_init: bool, restarts: i64) -> &'static str {
    match word {
        "Completed" | "Succeeded" if !in_init && restarts == 0 => "Succeeded",
        "Evicted" | "Failed" | "UnexpectedAdmissionError" | "NodeAffinity" | "ContainerStatusUnknown" => "Failed",
        "Running" | "NotReady" | "CrashLoopBackOff" | "Error" | "OOMKilled" | "Completed" if !in_init => "Running",
        _ => "Pending",
    }
}

fn state(word: &str) -> Option<Value> {
    let exit_code = word.strip_prefix("ExitCode:").and_then(number);
    Some(match word {
        "Running" => json!({"running": {}}),
        "OOMKilled" => json!({"terminated": {"reason": word, "exitCode": 137}}),
        "Completed" => json!({"terminated": {"reason": word, "exitCode": 0}}),
        _ if exit_code.is_some() => json!({"terminated": {"reason": "Error", "exitCode": exit_code}}),
        // How a container ended is not told by these words alone, so nothing is made up about it.
        "Error" | "ContainerStatusUnknown" | "UnexpectedAdmissionError" => return None,
        // Of the init containers one still runs.
        _ if fraction(word).is_some() => json!({"running": {}}),
        _ if word.ends_with("BackOff")
            || word.contains("Err")
            || word.contains("Container")
            || word == "PodInitializing" =>
        {
            json!({"waiting": {"reason": word}})
        }
        _ => return None,
    })
}

fn claim<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> (Value, Value) {
    let filled = |name: &str| text(cell(name).filter(|cell| !cell.is_empty() && *cell != "<unset>"));
    (
        fields([("storageClassName", filled("STORAGECLASS")), ("volumeName", filled("VOLUME"))]),
        fields([("phase", filled("STATUS"))]),
    )
}

fn node<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> (Value, Value) {
    let status = cell("STATUS").unwrap_or_default();
    let ready = if status.split(',').any(|word| word == "Ready") { "True" } else { "False" };
    let spec = json!({"unschedulable": status.contains("SchedulingDisabled")});
    let info = fields([("kubeletVersion", text(cell("VERSION")))]);
    (spec, json!({"conditions": [{"type": "Ready", "status": ready}], "nodeInfo": info}))
}

/// A Service; its selector where the table is wide. To which ports of pods its own lead is not told.
fn service<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> (Value, Value) {
    let told = |name: &str| text(cell(name).filter(|cell| !cell.is_empty() && *cell != "<none>"));
    let pairs = cell("SELECTOR").into_iter().flat_map(|selector| selector.split(','));
    let selector = pairs.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), json!(value)));
    let selector = selector.collect::<serde_json::Map<_, _>>();
    let spec =
        fields([("type", told("TYPE")), ("clusterIP", text(cell("CLUSTER-IP"))), ("selector", Some(selector.into()))]);
    (spec, json!({}))
}

/// A Service without endpoints, in the words of `kubectl describe`; of one with some there is nothing to say.
fn endpoints<'a>(cell: &dyn Fn(&str) -> Option<&'a str>) -> String {
    let name = cell("NAME").filter(|_| cell("ENDPOINTS") == Some("<none>"));
    name.map(|name| format!("Endpoints:  <none> of {name}\n")).unwrap_or_default()
}

fn workload<'a>(kind: Kind, cell: &dyn Fn(&str) -> Option<&'a str>) -> (Value, Value) {
    let count = |name: &str| cell(name).and_then(|cell| cell.parse::<i64>().ok());
    let ready = cell("READY").and_then(fraction);
    let wanted = ready.map(|(_, all)| all).or(count("DESIRED"));
    let ready = ready.map(|(ready, _)| ready).or(count("READY"));
    let done = cell("COMPLETIONS").and_then(fraction);
    let number = |value: Option<i64>| value.map(Value::from);
    let spec = fields([("replicas", number(wanted).filter(|_| kind != Kind::Job))]);
    let status = fields([
        ("readyReplicas", number(ready)),
        ("replicas", number(count("CURRENT").or(wanted))),
        ("updatedReplicas", number(count("UP-TO-DATE"))),
        ("availableReplicas", number(count("AVAILABLE"))),
        ("desiredNumberScheduled", number(wanted)),
        ("numberReady", number(ready)),
        ("succeeded", number(done.map(|(done, _)| done))),
    ]);
    (spec, status)
}

#[cfg(test)]
mod tests {
    use super::{Header, lone_claim, lone_pod, lone_row, read};
    use crate::intake::times::Now;
    use crate::snapshot::kind::Kind;

    #[test]
    fn a_table_of_pods_holds_their_states() {
        let header = "NAME                     READY   STATUS             RESTARTS      AGE";
        let rows = ["churn-7f9c5d-x2m4q       0/1     CrashLoopBackOff   5 (2m ago)    9m", "", "next"];
        let (taken, reading) = read(&Header::of(header).unwrap(), &rows, Now::of(""));
        assert_eq!(taken, 1);
        let status = &reading.objects[0].value["status"]["containerStatuses"][0];
        assert_eq!(status["state"]["waiting"]["reason"], "CrashLoopBackOff");
        assert_eq!(status["restartCount"], 5);
    }

    #[test]
    fn a_row_alone_is_enough() {
        let reading = lone_pod("ml   churn-0   0/2   Init:0/1   0   9m   10.1.2.3   aks-1", Now::of("")).unwrap();
        assert_eq!(reading.objects[0].value["metadata"]["namespace"], "ml");
        assert!(lone_pod("loaded 3/40 shards 3 9m", Now::of("")).is_none());
    }

    #[test]
    fn a_row_of_a_node_or_a_deployment_is_enough() {
        let reading = lone_row("aks-np-1   NotReady   agent   12d   v1.29.4", Now::of("")).unwrap();
        assert_eq!(reading.objects[0].value["status"]["conditions"][0]["status"], "False");
        let reading = lone_row("score   0/2     2            0           34m", Now::of("")).unwrap();
        assert_eq!(reading.objects[0].kind, Kind::Deployment);
        assert!(lone_row("Epoch 1/2 20 30 4s", Now::of("")).is_none());
    }

    #[test]
    fn a_row_of_a_claim_is_enough() {
        let reading = lone_claim("models-pvc   Pending   fast-ssd   12m", Now::of("")).unwrap();
        assert_eq!(reading.objects[0].value["spec"]["storageClassName"], "fast-ssd");
        assert!(lone_claim("job 7 is Pending since 12m", Now::of("")).is_none());
    }

    #[test]
    fn a_claim_that_waits_has_no_volume() {
        let header = "NAME          STATUS    VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE";
        let rows = ["model-store   Pending                                      azurefile-x    4m"];
        let (_, reading) = read(&Header::of(header).unwrap(), &rows, Now::of(""));
        assert_eq!(reading.objects[0].value["spec"]["storageClassName"], "azurefile-x");
        assert_eq!(reading.objects[0].value["spec"].get("volumeName"), None);
    }
}
