//! Workloads and endpoint slices at a moment of the play: they follow their pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::play::pod::is_ready;
use crate::demo::stamp;

/// Counters of a workload that follow the readiness of its pods.
const READY: [&str; 3] = ["readyReplicas", "availableReplicas", "numberReady"];

/// An object whose conditions come when they changed, and whose counters follow its pods.
pub fn at(object: &Value, pods: &[Value], now: Timestamp) -> Value {
    let mut object = object.clone();
    let selector = object["spec"]["selector"]["matchLabels"].clone();
    if let Some(conditions) = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| {
            ["/lastTransitionTime", "/lastUpdateTime"]
                .iter()
                .all(|path| stamp::at(condition, path).is_none_or(|changed| changed <= now))
        });
    }
    if selector.is_object() && object["status"].is_object() {
        let ready = pods.iter().filter(|pod| is_ready(pod) && is_chosen(pod, &selector)).count() as u64;
        count(&mut object["status"], ready);
    }
    object
}

/// Never more than are ready by now.
fn count(status: &mut Value, ready: u64) {
    for counter in READY {
        if status[counter].as_u64().is_some_and(|recorded| recorded > ready) {
            let unavailable = status["replicas"].as_u64().unwrap_or_default().saturating_sub(ready);
            status[counter] = json!(ready);
            if counter == "availableReplicas" {
                status["unavailableReplicas"] = json!(unavailable);
            }
        }
    }
}

fn is_chosen(pod: &Value, labels: &Value) -> bool {
    let of_pod = &pod["metadata"]["labels"];
    labels.as_object().is_some_and(|labels| labels.iter().all(|(key, value)| of_pod.get(key) == Some(value)))
}

/// An endpoint slice: it names the pods that have an address, and those are ready that are ready.
pub fn slice_at(slice: &Value, pods: &[Value]) -> Value {
    let mut slice = slice.clone();
    let find = |endpoint: &Value| {
        let name = endpoint["targetRef"]["name"].as_str()?;
        Some(pods.iter().find(|pod| pod["metadata"]["name"] == name))
    };
    let Some(endpoints) = slice["endpoints"].as_array_mut() else { return slice };
    endpoints
        .retain(|endpoint| find(endpoint).is_none_or(|pod| pod.is_some_and(|pod| pod["status"]["podIP"].is_string())));
    for endpoint in endpoints {
        if find(endpoint).flatten().is_some_and(|pod| !is_ready(pod)) {
            endpoint["conditions"]["ready"] = json!(false);
            endpoint["conditions"]["serving"] = json!(false);
        }
    }
    slice
}

#[cfg(test)]
mod tests {
    use super::{at, slice_at};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn pod(ready: &str) -> Value {
        json!({
            "metadata": {"name": "p", "labels": {"app": "a"}},
            "status": {"podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": ready}]},
        })
    }

    #[test]
    fn a_deployment_is_ready_when_its_pods_are() {
        let deployment = json!({
            "spec": {"selector": {"matchLabels": {"app": "a"}}},
            "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "conditions": [
                {"type": "Available", "status": "True", "lastTransitionTime": "2026-01-12T09:00:00Z"}]},
        });
        let early = at(&deployment, &[pod("False")], Timestamp::UNIX_EPOCH);
        assert_eq!(early["status"]["readyReplicas"], 0);
        assert_eq!(early["status"]["unavailableReplicas"], 1);
        assert_eq!(early["status"]["conditions"], json!([]));
        let late = "2026-01-12T09:00:00Z".parse().unwrap();
        assert_eq!(at(&deployment, &[pod("True")], late), deployment);
    }

    #[test]
    fn an_endpoint_comes_with_the_address_of_its_pod() {
        let slice = json!({"endpoints": [{"targetRef": {"name": "p"}, "conditions": {"ready": true}}]});
        assert_eq!(slice_at(&slice, &[])["endpoints"], json!([]));
        assert_eq!(slice_at(&slice, &[pod("False")])["endpoints"][0]["conditions"]["ready"], false);
        assert_eq!(slice_at(&slice, &[pod("True")]), slice);
    }
}
