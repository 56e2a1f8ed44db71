//! The store of a control plane, written past its API server: objects with the uids, ages and statuses that they had.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use unstuck::snapshot::kind::Kind;

/// Changes of one transaction; etcd takes 128.
const AT_ONCE: usize = 100;

/// Where objects of a kind stand in the store: some names are older than the API.
pub fn folder(kind: Kind) -> String {
    let place = kind.place();
    match kind {
        Kind::Node => "/registry/minions/".to_owned(),
        Kind::Service => "/registry/services/specs/".to_owned(),
        Kind::Ingress => "/registry/ingress/".to_owned(),
        _ if place.group.contains('.') && !place.group.ends_with(".k8s.io") => {
            format!("/registry/{}/{}/", place.group, place.plural)
        }
        _ => format!("/registry/{}/", place.plural),
    }
}

/// Takes everything below some folders out of the store and puts objects in, each by its key.
pub async fn replace(etcd: &str, folders: &[String], objects: &[(String, Value)]) {
    let gone = folders
        .iter()
        .map(|folder| json!({"requestDeleteRange": {"key": encoded(folder), "rangeEnd": encoded(&after(folder))}}));
    let put = objects
        .iter()
        .map(|(key, object)| json!({"requestPut": {"key": encoded(key), "value": encoded(&object.to_string())}}));
    let gone: Vec<Value> = gone.collect();
    let put: Vec<Value> = put.collect();
    for changes in gone.chunks(AT_ONCE).chain(put.chunks(AT_ONCE)) {
        commit(etcd, &json!({"success": changes})).await;
    }
}

async fn commit(etcd: &str, transaction: &Value) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = Request::post(format!("{etcd}/v3/kv/txn")).body(Full::from(transaction.to_string()));
    let answer = client.request(request.expect("an address and a body make a request")).await;
    let answer = answer.expect("etcd listens");
    let (status, body) = (answer.status(), answer.into_body().collect().await.expect("etcd answers").to_bytes());
    assert!(status.is_success(), "etcd refuses: {}", String::from_utf8_lossy(&body));
}

/// The first key that does not begin with this one.
fn after(folder: &str) -> String {
    format!("{}0", folder.strip_suffix('/').expect("a folder ends with a slash, after which comes 0"))
}

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}
