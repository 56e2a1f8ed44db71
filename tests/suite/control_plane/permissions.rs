//! Users who may not read everything: what they may see still names the cause, and the rest is a blind spot.

use serde_json::json;

use crate::control_plane::logs::{FAILED, TRACEBACK};
use crate::control_plane::namespace::{Namespace, play, pod};
use crate::control_plane::node::{self, End};

/// A Deployment whose only pod ends again and again.
async fn crash_loop(namespace: &Namespace, end: End, log: &str) {
    namespace.deploy("digits", 1, &pod(&json!({"resources": {"limits": {"memory": "128Mi"}}}))).await;
    let pods = namespace.placed_pods(1).await;
    namespace.wrote(&pods[0], log);
    namespace.wrote_before(&pods[0], log);
    namespace.set_status(&pods[0], &node::crash_looping(&pods[0], 4, end)).await;
}

#[test]
fn without_events_the_log_names_the_cause() {
    play("no-events-log", async |namespace| {
        crash_loop(&namespace, FAILED, TRACEBACK).await;
        let report = namespace.check("noevents");
        report.only("model-file-missing");
        assert_eq!(report.blind("events"), Some("forbidden"), "{report}");
        assert_eq!(report.blind("pods"), None, "{report}");
    });
}

#[test]
fn without_events_the_status_names_the_cause() {
    play("no-events-status", async |namespace| {
        let spec = pod(&json!({"resources": {"requests": {"cpu": "64"}}}));
        namespace.deploy("digits", 1, &spec).await;
        namespace.event_of("FailedScheduling").await;
        let report = namespace.check("noevents");
        report.only("insufficient-cpu");
        assert_eq!(report.blind("events"), Some("forbidden"), "{report}");
    });
}

#[test]
fn without_logs_the_status_names_the_cause() {
    play("no-logs-status", async |namespace| {
        crash_loop(&namespace, End { reason: "OOMKilled", code: 137 }, "Starting").await;
        let report = namespace.check("nologs");
        report.only("oom-killed");
        assert_eq!(report.blind("log"), Some("forbidden"), "{report}");
        assert_eq!(report.blind("events"), None, "{report}");
    });
}

#[test]
fn without_logs_a_crash_is_seen_and_its_cause_is_not() {
    play("no-logs", async |namespace| {
        crash_loop(&namespace, FAILED, TRACEBACK).await;
        let report = namespace.check("nologs");
        report.only("crash-loop");
        assert_eq!(report.blind("log"), Some("forbidden"), "{report}");
    });
}

#[test]
fn a_viewer_of_one_namespace_learns_the_cause_there() {
    play("viewed", async |namespace| {
        namespace
            .apply(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "viewer"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
            }))
            .await;
        crash_loop(&namespace, FAILED, TRACEBACK).await;
        let report = namespace.check("viewer");
        report.only("model-file-missing");
        assert_eq!(report.blind("nodes"), Some("forbidden"), "{report}");
        assert_eq!(report.blind("pods"), None, "{report}");
        assert_eq!(report.blind("inferenceservices"), None, "the server does not have that kind\n{report}");
    });
}

#[test]
fn who_may_read_nothing_is_told_so() {
    play("nothing", async |namespace| {
        crash_loop(&namespace, FAILED, TRACEBACK).await;
        let report = namespace.check("nobody");
        assert_eq!((report.code, report.ids()), (2, vec![]), "{report}");
        assert_eq!(report.json["verdict"], "unknown", "JSON is printed in all cases\n{report}");
        for kind in ["pods", "events", "deployments"] {
            assert_eq!(report.blind(kind), Some("forbidden"), "{report}");
        }
    });
}
