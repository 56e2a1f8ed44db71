//! The captures of `tests/scenarios`, served by a real API server: a look at them says what a look at the files says.
//!
//! No controller runs beside that server, and the objects are put into its store: through the API they would get new uids
//! and become as young as the test, and both are read by rules.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use unstuck::cli::Outcome;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::snapshot::kind::Kind;

use crate::control_plane::plane::{Plane, say, storage};
use crate::control_plane::program;
use crate::control_plane::rest::{self, text, until};
use crate::control_plane::{access, etcd};
use crate::touched::captures;

#[test]
fn a_capture_says_the_same_from_disk_and_through_an_api_server() {
    let captures = captures();
    if captures.is_empty() {
        return;
    }
    let Some(plane) = storage() else { return };
    rest::block_on(async {
        know_custom_kinds(plane).await;
        let catalogue = Catalogue::builtin();
        let (mut different, mut forbidden) = (Vec::new(), Vec::new());
        access::allow_all_but(plane, &[]).await;
        for capture in &captures {
            let saved = on_disk(capture, &catalogue);
            serve(plane, capture).await;
            let hidden = Header::of(capture).forbidden;
            if hidden != forbidden {
                access::allow_all_but(plane, &hidden.iter().map(String::as_str).collect::<Vec<_>>()).await;
                forbidden = hidden;
            }
            let report = program::check(&plane.kubeconfig("viewer"), &Header::of(capture).namespace);
            let served = said(&report.json, report.code);
            if served != saved {
                different.push(format!("{}\n  from disk: {saved}\n  served:    {served}", capture.display()));
            }
        }
        let (all, same) = (captures.len(), captures.len() - different.len());
        say(&format!("control plane: {same} of {all} cases say the same from disk and through an API server"));
        assert!(different.is_empty(), "these differ:\n{}", different.join("\n"));
    });
}

/// What `check --from` says; in this process, because that spares a start for each capture.
fn on_disk(capture: &Path, catalogue: &Catalogue) -> Value {
    let snapshot = unstuck::capture::open(capture, &catalogue.sieve).expect("a capture can be opened");
    let assessment = diagnose(&snapshot, catalogue);
    said(&unstuck::report::json::report(&assessment), Outcome::of(&assessment) as i32)
}

/// What both must say: how the namespace is, and which diagnoses hold for whom.
fn said(report: &Value, code: i32) -> Value {
    let diagnoses = report["diagnoses"].as_array().cloned().unwrap_or_default();
    let told = |diagnosis: &Value| {
        let consequences = program::consequences(diagnosis);
        json!([diagnosis["id"], diagnosis["subject"], diagnosis["workloads"], diagnosis["affected"], consequences])
    };
    json!([code, report["verdict"], diagnoses.iter().map(told).collect::<Vec<_>>()])
}

/// Defines the kinds of the operators: anything may stand in them.
async fn know_custom_kinds(plane: &Plane) {
    let client = plane.client("admin").await;
    for kind in Kind::ALL.into_iter().filter(|kind| is_custom(*kind)) {
        let place = kind.place();
        let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{}.{}", place.plural, place.group)},
            "spec": {
                "group": place.group, "scope": if place.namespaced { "Namespaced" } else { "Cluster" },
                "names": {"kind": place.name, "plural": place.plural, "singular": place.name.to_lowercase()},
                "versions": [{"name": place.version, "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
            },
        });
        rest::create(&client, &definition).await;
        let path = format!("/apis/{}/{}/{}", place.group, place.version, place.plural);
        until(&path, async || rest::get(&client, &path).await.ok()).await;
    }
}

fn is_custom(kind: Kind) -> bool {
    let group = kind.place().group;
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// What stands in `capture.yaml`.
struct Header {
    taken_at: Timestamp,
    namespace: String,
    forbidden: Vec<String>,
}

impl Header {
    fn of(capture: &Path) -> Self {
        let header = fs::read_to_string(capture.join("capture.yaml")).expect("a capture has a header");
        let header: Value = serde_saphyr::from_str(&header).expect("the header is YAML");
        let taken_at = text(&header["taken_at"]).parse().expect("a capture says when it was taken");
        let unreadable = header["unreadable"].as_array().into_iter().flatten();
        let forbidden = unreadable.map(|entry| text(&entry["what"]).to_owned()).collect();
        Header { taken_at, namespace: text(&header["namespace"]).to_owned(), forbidden }
    }
}

/// Puts a capture in the place of the one before, as if it were taken now.
async fn serve(plane: &Plane, capture: &Path) {
    let Header { taken_at, namespace, forbidden } = Header::of(capture);
    let later = SignedDuration::from_secs(Timestamp::now().as_second() - taken_at.as_second());
    let mut objects = Vec::new();
    for file in files_below(&capture.join("objects")) {
        let manifest = fs::read_to_string(&file).expect("a file of the capture");
        let documents: Vec<Value> = serde_saphyr::from_multiple(&manifest).expect("manifests are YAML");
        for mut object in documents.into_iter().flat_map(unpacked) {
            let Some(kind) = Kind::of(text(&object["apiVersion"]), text(&object["kind"])) else { continue };
            shift(&mut object, later);
            plane.answer_for(&mut object);
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("resourceVersion");
            }
            objects.push((key(kind, &object), object));
        }
    }
    if !objects.iter().any(|(_, object)| object["kind"] == "Namespace" && object["metadata"]["name"] == *namespace) {
        objects.push(bare_namespace(&namespace));
    }
    if forbidden.iter().any(|plural| plural == "nodes") {
        objects.extend(bare_nodes(plane, &objects));
    }
    let folders: Vec<String> = Kind::ALL.into_iter().map(etcd::folder).collect();
    write_logs(plane, capture, later, &objects);
    etcd::replace(&plane.etcd, &folders, &objects).await;
    let client = plane.client("admin").await;
    let path = format!("/api/v1/namespaces/{namespace}");
    until("the namespace is served", async || rest::get(&client, &path).await.ok()).await;
}

/// The namespace of a capture that was taken by a user who may not read it.
fn bare_namespace(name: &str) -> (String, Value) {
    let metadata = json!({"name": name, "uid": format!("uid-of-{name}"), "creationTimestamp": "2026-01-01T00:00:00Z"});
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "status": {"phase": "Active"}});
    (key(Kind::Namespace, &namespace), namespace)
}

/// The nodes of a capture that was taken by a user who may not read them: through them the server reads the logs.
fn bare_nodes(plane: &Plane, objects: &[(String, Value)]) -> Vec<(String, Value)> {
    let names: BTreeSet<&str> = objects.iter().filter_map(|(_, object)| object["spec"]["nodeName"].as_str()).collect();
    let node = |name| {
        let metadata =
            json!({"name": name, "uid": format!("uid-of-{name}"), "creationTimestamp": "2026-01-01T00:00:00Z"});
        let mut node = json!({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": {}});
        plane.answer_for(&mut node);
        (key(Kind::Node, &node), node)
    };
    names.into_iter().map(node).collect()
}

/// The objects of a list, or the object itself.
fn unpacked(document: Value) -> Vec<Value> {
    match document.get("items").and_then(Value::as_array) {
        Some(items) => items.clone(),
        None => vec![document],
    }
}

fn key(kind: Kind, object: &Value) -> String {
    let (metadata, folder) = (&object["metadata"], etcd::folder(kind));
    match metadata["namespace"].as_str() {
        Some(namespace) => format!("{folder}{namespace}/{}", text(&metadata["name"])),
        None => format!("{folder}{}", text(&metadata["name"])),
    }
}

/// Moves every time in an object.
fn shift(value: &mut Value, later: SignedDuration) {
    match value {
        Value::String(text) => {
            if let Some(moved) = moved(text, later) {
                *text = moved;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, later)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shift(field, later)),
        _ => {}
    }
}

/// A time, moved, and written as precisely as it was; nothing where the text is no time.
fn moved(text: &str, later: SignedDuration) -> Option<String> {
    let time: Timestamp = text.parse().ok()?;
    let time = time.checked_add(later).ok()?;
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('Z').len());
    Some(format!("{time:.digits$}"))
}

/// Gives the played kubelet the logs of a capture.
fn write_logs(plane: &Plane, capture: &Path, later: SignedDuration, objects: &[(String, Value)]) {
    let logs = plane.folder.join("logs");
    if logs.exists() {
        fs::remove_dir_all(&logs).expect("the folder of the control plane can be written");
    }
    for (_, pod) in objects.iter().filter(|(_, object)| object["kind"] == "Pod") {
        let (metadata, status) = (&pod["metadata"], &pod["status"]);
        let folder = logs.join(text(&metadata["namespace"])).join(text(&metadata["name"]));
        fs::create_dir_all(&folder).expect("the folder of the control plane can be written");
        for log in files_below(&capture.join("logs").join(text(&metadata["name"]))) {
            let written = fs::read(&log).expect("a file of the capture");
            let moved: Vec<u8> =
                written.split_inclusive(|byte| *byte == b'\n').flat_map(|line| late(line, later)).collect();
            let name = log.file_name().expect("a file has a name");
            fs::write(folder.join(name), moved).expect("the folder of the control plane can be written");
        }
        for container in status["containerStatuses"].as_array().into_iter().flatten() {
            if container["state"]["running"].is_object() {
                let open = folder.join(format!("{}.open", text(&container["name"])));
                fs::write(open, "").expect("the folder of the control plane can be written");
            }
        }
    }
}

/// A line of a log with its stamp moved.
fn late(line: &[u8], later: SignedDuration) -> Vec<u8> {
    let end = memchr::memchr(b' ', line).unwrap_or_default();
    let stamp = std::str::from_utf8(&line[..end]).ok().and_then(|stamp| moved(stamp, later));
    match stamp {
        Some(stamp) => [stamp.as_bytes(), &line[end..]].concat(),
        None => [format!("{:.9} ", Timestamp::now()).as_bytes(), line].concat(),
    }
}

/// All files below a folder, in order; none where there is no such folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
