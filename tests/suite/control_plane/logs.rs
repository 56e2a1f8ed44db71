//! Causes that stand in the log of a container, read through the API server.

use serde_json::{Value, json};

use crate::control_plane::namespace::{play, pod};
use crate::control_plane::node::{self, End};
use crate::control_plane::program::{Report, consequences, quoted};

/// What a server writes whose model file is not there.
pub const TRACEBACK: &str = r#"INFO:     Waiting for application startup.
Traceback (most recent call last):
  File "/usr/local/lib/python3.11/site-packages/starlette/routing.py", line 693, in lifespan
    async with self.lifespan_context(app) as maybe_state:
  File "/app/main.py", line 14, in lifespan
    model = joblib.load("/models/digits.joblib")
  File "/usr/local/lib/python3.11/site-packages/joblib/numpy_pickle.py", line 735, in load
    with open(filename, "rb") as f:
FileNotFoundError: [Errno 2] No such file or directory: '/models/digits.joblib'

ERROR:    Application startup failed. Exiting."#;
/// What it quotes of that.
const DECIDES: &str = "FileNotFoundError: [Errno 2] No such file or directory: '/models/digits.joblib'";
/// How such a server ends.
pub const FAILED: End = End { reason: "Error", code: 3 };

fn expect_model_file_missing(report: &Report) -> &Value {
    let diagnosis = report.only("model-file-missing");
    assert_eq!(diagnosis["subject"]["kind"], "Pod", "{report}");
    assert_eq!(diagnosis["subject"]["container"], "api", "{report}");
    assert_eq!(diagnosis["names"]["path"], "/models/digits.joblib", "{report}");
    assert_eq!(report.json["verdict"], "broken", "{report}");
    let decides = quoted(diagnosis, "log").iter().filter(|text| text.contains(DECIDES)).count();
    assert_eq!(decides, 1, "the same instance, read twice, counts once\n{report}");
    diagnosis
}

#[test]
fn the_log_of_a_crash_loop_names_the_cause() {
    play("crash-loop", async |namespace| {
        namespace.deploy("digits", 1, &pod(&json!({}))).await;
        let pods = namespace.placed_pods(1).await;
        namespace.wrote(&pods[0], TRACEBACK);
        namespace.wrote_before(&pods[0], TRACEBACK);
        namespace.set_status(&pods[0], &node::crash_looping(&pods[0], 4, FAILED)).await;
        let report = namespace.check("admin");
        let diagnosis = expect_model_file_missing(&report);
        assert!(consequences(diagnosis).contains(&"crash-loop"), "{report}");
    });
}

#[test]
fn the_log_of_the_instance_before_names_the_cause() {
    play("previous", async |namespace| {
        namespace.deploy("digits", 1, &pod(&json!({}))).await;
        let pods = namespace.placed_pods(1).await;
        namespace.writes(&pods[0], "INFO:     Waiting for application startup.");
        namespace.wrote_before(&pods[0], TRACEBACK);
        namespace.set_status(&pods[0], &node::restarted(&pods[0], 4, FAILED)).await;
        expect_model_file_missing(&namespace.check("admin"));
    });
}

#[test]
fn a_container_that_runs_out_of_memory_is_named_by_its_status() {
    play("memory-limit", async |namespace| {
        let spec = pod(&json!({"resources": {"limits": {"memory": "128Mi"}}}));
        namespace.deploy("digits", 1, &spec).await;
        let pods = namespace.placed_pods(1).await;
        namespace.wrote(&pods[0], "[2026-01-12 09:14:01 +0000] [1] [INFO] Starting gunicorn 23.0.0");
        let end = End { reason: "OOMKilled", code: 137 };
        namespace.set_status(&pods[0], &node::crash_looping(&pods[0], 4, end)).await;
        let report = namespace.check("admin");
        let diagnosis = report.only("oom-killed");
        assert!(quoted(diagnosis, "field").iter().any(|text| text.contains("OOMKilled")), "{report}");
    });
}

#[test]
fn a_container_that_serves_is_healthy_whatever_its_log_holds() {
    play("healthy", async |namespace| {
        namespace.deploy("digits", 1, &pod(&json!({}))).await;
        let pods = namespace.placed_pods(1).await;
        namespace.writes(
            &pods[0],
            "INFO:     Application startup complete.\nINFO:     Uvicorn running on http://0.0.0.0:8000",
        );
        namespace.set_status(&pods[0], &node::running(&pods[0], true)).await;
        namespace.condition("digits", "NewReplicaSetAvailable").await;
        let report = namespace.check("admin");
        assert_eq!((report.code, report.ids()), (0, vec![]), "{report}");
        assert_eq!(report.json["verdict"], "healthy", "{report}");
    });
}
