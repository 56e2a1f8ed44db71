//! `unstuck wait` follows what the controllers do.

use std::process::Child;
use std::time::Duration;

use serde_json::{Value, json};

use crate::control_plane::namespace::{Namespace, play, pod};
use crate::control_plane::node;
use crate::control_plane::program;
use crate::control_plane::rest;

impl Namespace {
    fn wait(&self, more: &[&str]) -> Child {
        program::wait(&self.plane.kubeconfig("admin"), &self.name, more)
    }

    fn digits(&self) -> String {
        format!("/apis/apps/v1/namespaces/{}/deployments/digits", self.name)
    }

    /// Waits until a wait has had the time to look at what is there.
    async fn is_looked_at(&self) {
        tokio::time::sleep(Duration::from_secs(15)).await;
    }
}

#[test]
fn a_rollout_is_followed_until_its_pods_are_ready() {
    play("wait-complete", async |namespace| {
        namespace.deploy("digits", 1, &pod(&json!({}))).await;
        let wait = namespace.wait(&[]);
        let pods = namespace.placed_pods(1).await;
        namespace.writes(&pods[0], "ready");
        namespace.is_looked_at().await;
        namespace.set_status(&pods[0], &node::running(&pods[0], true)).await;
        let (said, code) = program::waited(wait);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("deployment/digits is rolled out, 1 of 1 ready"), "{said}");
    });
}

#[test]
fn an_image_that_is_not_there_ends_the_wait() {
    const NOT_FOUND: &str =
        "failed to resolve reference \"registry.example.net/digits:1.4\": registry.example.net/digits:1.4: not found";
    play("wait-broken", async |namespace| {
        namespace.deploy("digits", 1, &pod(&json!({}))).await;
        let pods = namespace.placed_pods(1).await;
        namespace.set_status(&pods[0], &node::waiting(&pods[0], "ErrImagePull", NOT_FOUND)).await;
        let (said, code) = program::waited(namespace.wait(&[]));
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("[image-not-found]"), "{said}");
    });
}

#[test]
fn a_node_that_may_be_added_is_waited_for_until_the_time_is_over() {
    play("wait-late", async |namespace| {
        // each of the two nodes that it may use has room for one
        namespace.deploy("digits", 3, &pod(&json!({"resources": {"requests": {"cpu": "3"}}}))).await;
        namespace.event_of("FailedScheduling").await;
        let (said, code) = program::waited(namespace.wait(&["--timeout", "20s"]));
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("waiting can help") && said.contains("[insufficient-cpu]"), "{said}");
        assert!(said.contains("Kubernetes gives this rollout up in"), "{said}");
    });
}

#[test]
fn a_newer_generation_is_followed_and_a_deletion_ends_the_wait() {
    play("wait-replaced", async |namespace| {
        namespace.deploy("digits", 1, &pod(&json!({}))).await;
        let wait = namespace.wait(&["-o", "json"]);
        namespace.is_looked_at().await;
        let label = json!({"spec": {"template": {"metadata": {"labels": {"revision": "two"}}}}});
        rest::patch(&namespace.client, &namespace.digits(), &label).await;
        namespace.is_looked_at().await;
        rest::delete(&namespace.client, &namespace.digits()).await;
        let (said, code) = program::waited(wait);
        assert_eq!(code, 1, "{said}");
        let events: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let replaced = events.iter().find(|event| event["event"] == "replaced").expect("it is said");
        assert_eq!(replaced["generation"], 2, "{said}");
        assert!(events.iter().any(|event| event["outcome"] == "deleted"), "{said}");
    });
}
