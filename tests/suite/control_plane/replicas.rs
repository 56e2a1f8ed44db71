//! Many pods that fail alike are one diagnosis.

use serde_json::json;

use crate::control_plane::logs::{FAILED, TRACEBACK};
use crate::control_plane::namespace::{play, pod};
use crate::control_plane::node;

#[test]
fn forty_pods_with_one_cause_are_one_diagnosis() {
    play("forty", async |namespace| {
        namespace.deploy("digits", 40, &pod(&json!({}))).await;
        for pod in namespace.placed_pods(40).await {
            namespace.wrote(&pod, TRACEBACK);
            namespace.wrote_before(&pod, TRACEBACK);
            namespace.set_status(&pod, &node::crash_looping(&pod, 4, FAILED)).await;
        }
        let report = namespace.check("admin");
        assert_eq!(report.only("model-file-missing")["affected"], 40, "{report}");
    });
}

#[test]
fn pods_that_wait_for_ever_with_one_cause_are_one_diagnosis_too() {
    play("waiting", async |namespace| {
        namespace.deploy("digits", 6, &pod(&json!({}))).await;
        for pod in namespace.placed_pods(6).await {
            namespace.writes(&pod, TRACEBACK);
            namespace.set_status(&pod, &node::running(&pod, false)).await;
        }
        let report = namespace.check("admin");
        assert_eq!(report.only("model-file-missing")["affected"], 6, "{report}");
    });
}
