//! Requests of the tests to an API server: objects as they are in JSON, and waiting for what must come.

use std::time::Duration;

use http::{Method, Request};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Error};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// What should come comes within this time, on a machine that is busy too.
const DEADLINE: Duration = Duration::from_secs(120);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until a look sees something, which must come.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(DEADLINE, look).await.unwrap_or_else(|| panic!("it did not come: {what}"))
}

/// Waits until a look sees something, or the time is over.
pub async fn within<T>(limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(seen) = look().await {
            return Some(seen);
        }
        sleep(PAUSE).await;
    }
    None
}

/// Runs what a test does.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(future)
}

/// Reads an object or a list.
pub async fn get(client: &Client, path: &str) -> Result<Value, Error> {
    client.request(Request::get(path).body(Vec::new()).expect("a path makes a request")).await
}

/// Changes parts of an object.
pub async fn patch(client: &Client, path: &str, changes: &Value) -> Value {
    send(client, Method::PATCH, path, changes).await
}

/// Deletes an object, and what it owns in the background.
pub async fn delete(client: &Client, path: &str) {
    send(client, Method::DELETE, path, &serde_json::json!({})).await;
}

/// Makes an object.
pub async fn create(client: &Client, manifest: &Value) -> Value {
    send(client, Method::POST, &collection(manifest), manifest).await
}

/// Changes the status of an object, as a kubelet or an operator does; lists with a key are merged.
pub async fn set_status(client: &Client, object: &Value, status: &Value) -> Value {
    let path = format!("{}/{}/status", collection(object), text(&object["metadata"]["name"]));
    send(client, Method::PATCH, &path, &serde_json::json!({"status": status})).await
}

async fn send(client: &Client, method: Method, path: &str, body: &Value) -> Value {
    let content = if method == Method::PATCH { "application/strategic-merge-patch+json" } else { "application/json" };
    let request = Request::builder().method(method).uri(path).header(http::header::CONTENT_TYPE, content);
    let request = request.body(body.to_string().into_bytes()).expect("a path and a body make a request");
    client.request(request).await.unwrap_or_else(|error| panic!("{path}: {error:?}\n{body:#}"))
}

/// Where objects of a kind stand.
pub fn collection(manifest: &Value) -> String {
    let version = text(&manifest["apiVersion"]);
    let (group, number) = version.split_once('/').unwrap_or(("", version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, number, text(&manifest["kind"])));
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{version}") };
    match manifest["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{}", resource.plural),
        None => format!("{root}/{}", resource.plural),
    }
}

/// A text; empty where there is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
