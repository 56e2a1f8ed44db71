//! Pods that the scheduler places nowhere, in the scheduler's own words.

use serde_json::{Value, json};

use crate::control_plane::namespace::{Namespace, play, pod};
use crate::control_plane::program::{named, quoted};

async fn expect(namespace: &Namespace, spec: Value, id: &str, words: &str) {
    namespace.deploy("digits", 1, &spec).await;
    let message = namespace.event_of("FailedScheduling").await;
    assert!(message.contains(words), "the scheduler says something else: {message}");
    let report = namespace.check("admin");
    let diagnosis = report.only(id);
    assert_eq!(diagnosis["subject"]["kind"], "Pod", "{report}");
    assert_eq!(named(&diagnosis["workload"]), "Deployment/digits", "{report}");
    assert_eq!(diagnosis["affected"], 1, "{report}");
    assert!(
        quoted(diagnosis, "event").iter().chain(&quoted(diagnosis, "field")).any(|text| text.contains(words)),
        "{report}"
    );
    assert_eq!(report.json["verdict"], "broken", "{report}");
}

fn requests(requests: &Value) -> Value {
    pod(&json!({"resources": {"requests": requests, "limits": requests}}))
}

#[test]
fn no_node_has_the_cpu_that_a_pod_asks_for() {
    play("cpu", async |namespace| {
        expect(&namespace, requests(&json!({"cpu": "64"})), "insufficient-cpu", "Insufficient cpu").await;
    });
}

#[test]
fn no_node_has_the_memory_that_a_pod_asks_for() {
    play("memory", async |namespace| {
        expect(&namespace, requests(&json!({"memory": "4Ti"})), "insufficient-memory", "Insufficient memory").await;
    });
}

#[test]
fn the_only_node_that_a_pod_wants_has_a_taint() {
    play("taint", async |namespace| {
        let mut spec = pod(&json!({}));
        spec["nodeSelector"] = json!({"agentpool": "gpu"});
        expect(&namespace, spec, "untolerated-taint", "untolerated taint").await;
    });
}

#[test]
fn no_node_has_the_gpus_that_a_pod_asks_for() {
    play("gpu", async |namespace| {
        let mut spec = requests(&json!({"nvidia.com/gpu": "4"}));
        spec["tolerations"] = json!([{"key": "sku", "operator": "Exists"}]);
        expect(&namespace, spec, "insufficient-gpu", "Insufficient nvidia.com/gpu").await;
    });
}
