//! Reads objects from YAML or JSON as kubectl prints them: lists, several documents, cut-down objects.

use serde_json::Value;

use crate::snapshot::kind::{Kind, Object, repaired};

/// What a manifest holds.
#[derive(Debug, Default)]
pub struct Manifest {
    /// The objects of known kinds.
    pub objects: Vec<(Kind, Object)>,
    /// Parts that could not be read, by object and path.
    pub dropped: Vec<String>,
}

/// Reads a manifest; the error says where the YAML is broken.
pub fn read(text: &str) -> Result<Manifest, String> {
    let documents: Vec<Value> = match serde_json::from_str::<Value>(text) {
        Ok(document) => vec![document],
        Err(_) => serde_saphyr::from_multiple(text).map_err(|error| error.without_snippet().to_string())?,
    };
    let mut manifest = Manifest::default();
    for document in documents {
        add(document, &mut manifest);
    }
    Ok(manifest)
}

/// Adds a document: an object, or a list of them.
pub fn add(document: Value, manifest: &mut Manifest) {
    let Value::Object(mut fields) = document else { return };
    if let Some(Value::Array(items)) = fields.get_mut("items").map(Value::take) {
        let kind = text(&fields, "kind");
        let (version, item_kind) =
            (text(&fields, "apiVersion"), kind.strip_suffix("List").unwrap_or_default().to_owned());
        for mut item in items {
            if let Value::Object(item) = &mut item
                && !item_kind.is_empty()
                && !item.contains_key("kind")
            {
                item.insert("kind".to_owned(), Value::String(item_kind.clone()));
                item.insert("apiVersion".to_owned(), Value::String(version.clone()));
            }
            add(item, manifest);
        }
        return;
    }
    let (version, kind) = (text(&fields, "apiVersion"), text(&fields, "kind"));
    let Some(kind) = Kind::of(&version, &kind) else { return };
    let name =
        fields.get("metadata").and_then(|meta| meta.get("name")).and_then(Value::as_str).unwrap_or("?").to_owned();
    let (object, dropped) = repaired(kind, &Value::Object(fields));
    manifest
        .dropped
        .extend(dropped.iter().map(|path| format!("{} {name}: {path} is not what it should be", kind.name())));
    match object {
        Some(object) => manifest.objects.push((kind, object)),
        None => manifest.dropped.push(format!("{} {name} cannot be read", kind.name())),
    }
}

fn text(fields: &serde_json::Map<String, Value>, key: &str) -> String {
    fields.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
