//! Pods as rows.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::stamp;
use crate::demo::table::{Printer, age, created, items, name, number, text};

/// As the real server prints pods.
pub const PODS: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Ready", false),
        ("Status", false),
        ("Restarts", false),
        ("Age", false),
        ("IP", true),
        ("Node", true),
        ("Nominated Node", true),
        ("Readiness Gates", true),
    ],
    cells: pods,
};

fn pods(pod: &Value, now: Timestamp) -> Vec<Value> {
    let all = items(pod, "/spec/containers").count();
    let ready = items(pod, "/status/containerStatuses").filter(|status| is_ready(status)).count();
    vec![
        name(pod),
        json!(format!("{ready}/{all}")),
        json!(status(pod)),
        json!(restarts(pod, now)),
        created(pod, now),
        json!(text(pod, "/status/podIP", "<none>")),
        json!(text(pod, "/spec/nodeName", "<none>")),
        json!(text(pod, "/status/nominatedNodeName", "<none>")),
        json!("<none>"),
    ]
}

fn is_ready(status: &Value) -> bool {
    status["ready"] == true && status["state"]["running"].is_object()
}

/// One word on the state of a pod: that of the container that holds it up.
fn status(pod: &Value) -> String {
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return "Terminating".to_owned();
    }
    if let Some(init) = of_inits(pod) {
        return init;
    }
    let phase = text(pod, "/status/reason", text(pod, "/status/phase", "Unknown"));
    let states = items(pod, "/status/containerStatuses").filter_map(|status| of_state(&status["state"]));
    let state = states.last().unwrap_or_else(|| phase.to_owned());
    let runs = items(pod, "/status/containerStatuses").any(is_ready);
    if state == "Completed" && runs { "Running".to_owned() } else { state }
}

/// What a container that does not run says; an evicted pod says it itself.
fn of_state(state: &Value) -> Option<String> {
    let waiting = text(state, "/waiting/reason", "");
    if !waiting.is_empty() {
        return Some(waiting.to_owned());
    }
    ended(&state["terminated"])
}

fn ended(terminated: &Value) -> Option<String> {
    terminated.is_object().then(|| {
        let code = || format!("ExitCode:{}", number(terminated, "/exitCode"));
        terminated["reason"].as_str().map_or_else(code, str::to_owned)
    })
}

/// `Init:1/2` or why the first container that is not done holds the pod up; `None` where all are done.
fn of_inits(pod: &Value) -> Option<String> {
    let is_sidecar = |status: &Value| {
        let of_name = items(pod, "/spec/initContainers").find(|container| container["name"] == status["name"]);
        of_name.is_some_and(|container| container["restartPolicy"] == "Always") && status["started"] == true
    };
    let is_done = |status: &Value| status["state"]["terminated"]["exitCode"] == 0 || is_sidecar(status);
    let (index, holds) =
        items(pod, "/status/initContainerStatuses").enumerate().find(|(_, status)| !is_done(status))?;
    let why = of_state(&holds["state"]).filter(|why| why != "PodInitializing");
    let count = || format!("{index}/{}", items(pod, "/spec/initContainers").count());
    Some(format!("Init:{}", why.unwrap_or_else(count)))
}

/// `14 (3m ago)`
fn restarts(pod: &Value, now: Timestamp) -> String {
    let count: u64 = items(pod, "/status/containerStatuses").map(|status| number(status, "/restartCount")).sum();
    let ends = items(pod, "/status/containerStatuses")
        .filter_map(|status| stamp::at(status, "/lastState/terminated/finishedAt"));
    match ends.max().filter(|_| count > 0) {
        Some(last) => format!("{count} ({} ago)", age::since(last, now)),
        None => count.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{restarts, status};
    use jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn a_pod_has_the_status_of_the_container_that_holds_it_up() {
        let init = json!({"spec": {"initContainers": [{"name": "i"}]}, "status": {
            "phase": "Pending",
            "initContainerStatuses": [{"name": "i", "state": {"running": {}}}],
            "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "PodInitializing"}}}]}});
        assert_eq!(status(&init), "Init:0/1");
        let failed = json!({"status": {"initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}});
        assert_eq!(status(&failed), "Init:Error");
        let crash = json!({"status": {"phase": "Running", "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
        assert_eq!(status(&crash), "CrashLoopBackOff");
        assert_eq!(status(&json!({"status": {"phase": "Failed", "reason": "Evicted"}})), "Evicted");
        assert_eq!(status(&json!({"status": {"phase": "Pending"}})), "Pending");
    }

    #[test]
    fn restarts_tell_of_the_last() {
        let pod = json!({"status": {"containerStatuses": [
            {"restartCount": 14, "lastState": {"terminated": {"finishedAt": "1970-01-01T00:00:10Z"}}}]}});
        assert_eq!(restarts(&pod, Timestamp::from_second(130).unwrap()), "14 (2m ago)");
        assert_eq!(restarts(&json!({}), Timestamp::UNIX_EPOCH), "0");
    }
}
