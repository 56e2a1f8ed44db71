//! Rollouts that the controllers give up, and why.

use serde_json::json;

use crate::control_plane::namespace::{deployment, play, pod};
use crate::control_plane::program::{consequences, named, quoted};
use crate::control_plane::rest::until;

#[test]
fn a_quota_refuses_the_pods_of_a_deployment() {
    play("quota", async |namespace| {
        let quota = json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"},
            "spec": {"hard": {"requests.cpu": "1"}},
        });
        namespace.apply(quota).await;
        until("the quota counts", async || {
            let quotas = namespace.list("v1", "ResourceQuota").await;
            quotas[0]["status"]["hard"].is_object().then_some(())
        })
        .await;
        let spec = pod(&json!({"resources": {"requests": {"cpu": "1500m"}}}));
        namespace.deploy("digits", 1, &spec).await;
        namespace.condition("digits", "FailedCreate").await;
        let report = namespace.check("admin");
        let diagnosis = report.only("quota-exceeded");
        assert_eq!(named(&diagnosis["workload"]), "Deployment/digits", "{report}");
        assert_eq!(diagnosis["affected"], 0, "no pod could be made\n{report}");
        assert_eq!(report.json["verdict"], "broken", "{report}");
        let said = diagnosis["evidence"].to_string();
        assert!(said.contains("exceeded quota: small") && said.contains("requests.cpu=1500m"), "{report}");
    });
}

#[test]
fn a_rollout_that_ran_out_of_time_stands_under_its_cause() {
    play("deadline", async |namespace| {
        let mut manifest = deployment("digits", 1, &pod(&json!({"resources": {"requests": {"cpu": "64"}}})));
        manifest["spec"]["progressDeadlineSeconds"] = json!(1);
        namespace.apply(manifest).await;
        namespace.condition("digits", "ProgressDeadlineExceeded").await;
        let report = namespace.check("admin");
        let diagnosis = report.only("insufficient-cpu");
        assert_eq!(consequences(diagnosis), ["rollout-stalled"], "{report}");
    });
}

#[test]
fn an_image_that_is_not_there_is_the_cause_of_a_rollout_that_ran_out_of_time() {
    const NOT_FOUND: &str = "Failed to pull image \"registry.example.net/digits:1.4\": rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example.net/digits:1.4\": failed to resolve reference \"registry.example.net/digits:1.4\": registry.example.net/digits:1.4: not found";
    play("image", async |namespace| {
        let mut manifest = deployment("digits", 1, &pod(&json!({})));
        manifest["spec"]["progressDeadlineSeconds"] = json!(1);
        namespace.apply(manifest).await;
        let pods = namespace.placed_pods(1).await;
        let waits = "Back-off pulling image \"registry.example.net/digits:1.4\"";
        namespace.tell(&pods[0], "Pulling", "Pulling image \"registry.example.net/digits:1.4\"").await;
        namespace.tell(&pods[0], "Failed", NOT_FOUND).await;
        namespace.tell(&pods[0], "Failed", "Error: ErrImagePull").await;
        namespace.tell(&pods[0], "BackOff", waits).await;
        namespace.set_status(&pods[0], &crate::control_plane::node::waiting(&pods[0], "ImagePullBackOff", waits)).await;
        namespace.condition("digits", "ProgressDeadlineExceeded").await;
        let report = namespace.check("admin");
        let diagnosis = report.only("image-not-found");
        assert_eq!(diagnosis["subject"]["container"], "api", "{report}");
        assert_eq!(consequences(diagnosis), ["rollout-stalled"], "{report}");
        assert!(quoted(diagnosis, "event").iter().any(|text| text.contains("not found")), "{report}");
    });
}
