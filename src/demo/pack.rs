//! Reads a scenario from its folder into one JSON value: at build time for the archive that the program carries, at run
//! time for a folder that somebody names.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Written by `kubectl apply` and by the server itself: as large as the object, and of no use to a reader.
const BULK: [&str; 1] = ["kubectl.kubernetes.io/last-applied-configuration"];

/// Scenarios together: what several of them hold is stored once.
#[derive(Debug, Default)]
pub struct Packed {
    objects: Vec<Value>,
    texts: Vec<Value>,
    scenarios: Vec<Value>,
}

impl Packed {
    /// Adds a scenario.
    #[allow(dead_code, reason = "only the build packs")]
    pub fn add(&mut self, mut scenario: Value) {
        for object in scenario["objects"].as_array_mut().into_iter().flatten() {
            *object = place(&mut self.objects, object.take());
        }
        for log in scenario["logs"].as_array_mut().into_iter().flatten() {
            log["text"] = place(&mut self.texts, log["text"].take());
        }
        self.scenarios.push(scenario);
    }

    /// The archive.
    #[allow(dead_code, reason = "only the build packs")]
    pub fn into_json(self) -> Value {
        json!({"objects": self.objects, "texts": self.texts, "scenarios": self.scenarios})
    }

    /// The scenarios of an archive, each whole again.
    #[allow(dead_code, reason = "only the program unpacks")]
    pub fn unpack(mut archive: Value) -> Value {
        let mut scenarios = archive["scenarios"].take();
        let stored = |table: &str, index: &Value| {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok())?;
            Some(archive[table][index].clone())
        };
        for scenario in scenarios.as_array_mut().into_iter().flatten() {
            for object in scenario["objects"].as_array_mut().into_iter().flatten() {
                *object = stored("objects", object).unwrap_or_default();
            }
            for log in scenario["logs"].as_array_mut().into_iter().flatten() {
                log["text"] = stored("texts", &log["text"]).unwrap_or_default();
            }
        }
        scenarios
    }
}

/// The place of a value among those that are stored.
fn place(stored: &mut Vec<Value>, value: Value) -> Value {
    let found = stored.iter().position(|other| *other == value);
    json!(found.unwrap_or_else(|| {
        stored.push(value);
        stored.len() - 1
    }))
}

/// Reads `FOLDER/{capture,expected.yaml}`; the error names the file.
pub fn read(folder: &Path) -> Result<Value, String> {
    let capture = folder.join("capture");
    let mut objects = Vec::new();
    for path in files(&capture.join("objects")) {
        for document in documents(&path)? {
            collect(document, "", &mut objects);
        }
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let story = first(&folder.join("expected.yaml"))?["story"].clone();
    let header = first(&capture.join("capture.yaml"))?;
    Ok(
        json!({"name": name, "story": story, "capture": header, "objects": objects, "logs": logs(&capture.join("logs"))?}),
    )
}

/// The entries of a folder, in order; none where there is no such folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

fn documents(path: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_saphyr::from_multiple(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The first document of a file that may be absent.
fn first(path: &Path) -> Result<Value, String> {
    if !path.exists() {
        return Ok(Value::Null);
    }
    Ok(documents(path)?.into_iter().next().unwrap_or_default())
}

/// Adds a document: an object, or a list of them, whose items may leave their kind to the list.
fn collect(document: Value, kind: &str, objects: &mut Vec<Value>) {
    let mut document = document;
    let list_kind = document["kind"].as_str().and_then(|kind| kind.strip_suffix("List")).unwrap_or_default().to_owned();
    if let Some(Value::Array(items)) = document.get_mut("items").map(Value::take) {
        for item in items {
            collect(item, &list_kind, objects);
        }
        return;
    }
    if document.get("kind").is_none() && !kind.is_empty() {
        document["kind"] = json!(kind);
    }
    if !document["metadata"]["name"].is_string() {
        return;
    }
    if document.get("apiVersion").is_none() {
        document["apiVersion"] = json!("v1");
    }
    without_bulk(&mut document["metadata"]);
    objects.push(document);
}

fn without_bulk(metadata: &mut Value) {
    let Some(fields) = metadata.as_object_mut() else { return };
    fields.remove("managedFields");
    if let Some(Value::Object(annotations)) = fields.get_mut("annotations") {
        annotations.retain(|key, _| !BULK.contains(&key.as_str()));
        if annotations.is_empty() {
            fields.remove("annotations");
        }
    }
}

/// `logs/POD/CONTAINER[.previous].log`
fn logs(folder: &Path) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for path in files(folder).iter().flat_map(|pod| files(pod)) {
        let pod = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".log") else { continue };
        let container = name.strip_suffix(".previous");
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        found.push(json!({
            "pod": pod,
            "container": container.unwrap_or(name),
            "previous": container.is_some(),
            "text": String::from_utf8_lossy(&bytes),
        }));
    }
    Ok(found)
}
