//! What the user `viewer` may read of a control plane, changed while it runs.

use kube::Client;
use serde_json::{Value, json};
use unstuck::snapshot::kind::Kind;

use crate::control_plane::etcd;
use crate::control_plane::plane::Plane;
use crate::control_plane::rest::{self, until};

/// Lets the viewer read everything but these resources, and waits until that holds.
pub async fn allow_all_but(plane: &Plane, forbidden: &[&str]) {
    let group = "rbac.authorization.k8s.io";
    let logs = json!({"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]});
    let list = |kind: Kind| {
        let place = kind.place();
        json!({"apiGroups": [place.group], "resources": [place.plural], "verbs": ["get", "list", "watch"]})
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| !forbidden.contains(&kind.place().plural)).map(list);
    let rules: Vec<Value> = kinds.chain((!forbidden.contains(&"pods/log")).then_some(logs)).collect();
    let metadata = json!({"name": "viewer", "uid": "uid-of-viewer", "creationTimestamp": "2026-01-01T00:00:00Z"});
    let role = json!({
        "apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": metadata, "rules": rules,
    });
    let binding = json!({
        "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "viewer"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "viewer"}],
    });
    let objects = [
        ("/registry/clusterroles/viewer".to_owned(), role),
        ("/registry/clusterrolebindings/viewer".to_owned(), binding),
    ];
    etcd::replace(&plane.etcd, &[], &objects).await;
    let client = plane.client("viewer").await;
    for kind in Kind::ALL {
        let place = kind.place();
        let asked = json!({"group": place.group, "resource": place.plural, "verb": "list"});
        until_allowed(&client, &asked, !forbidden.contains(&place.plural)).await;
    }
    let asked = json!({"resource": "pods", "subresource": "log", "verb": "get"});
    until_allowed(&client, &asked, !forbidden.contains(&"pods/log")).await;
}

/// Waits until the user of a client is allowed something, or no longer.
async fn until_allowed(client: &Client, asked: &Value, allowed: bool) {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {},
        "spec": {"resourceAttributes": asked},
    });
    until(&asked.to_string(), async || {
        let answer = rest::create(client, &review).await;
        (answer["status"]["allowed"] == allowed).then_some(())
    })
    .await;
}
