//! The JSON Schema of rule files, for editors.

use serde_json::{Map, Value, json};

use crate::diagnosis::field::FIELDS;
use crate::diagnosis::lookup::questions;
use crate::diagnosis::vocabulary::{
    COUNTEREXAMPLE_KEYS, EXAMPLE_KEYS, FIX_KEYS, GIVEN_KEYS, RULE_KEYS, STACKS, SYMPTOM_KEYS, Word,
};

const REQUIRED: [&str; 7] = ["title", "about", "symptoms", "explanation", "fixes", "examples", "counterexamples"];

/// The schema, as it is written to `diagnostics/schema.json`.
pub fn schema() -> String {
    let mut rule = object(RULE_KEYS, rule_key, &REQUIRED);
    rule["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    rule["title"] = json!("A rule of unstuck");
    rule["$defs"] = json!({
        "symptom": symptom(),
        "pattern": pattern(),
        "fix": object(FIX_KEYS, fix_key, &["title"]),
        "example": object(EXAMPLE_KEYS, example_key, &["given"]),
        "counterexample": object(COUNTEREXAMPLE_KEYS, example_key, &["why", "given"]),
        "given": object(GIVEN_KEYS, given_key, &[]),
    });
    let mut text = serde_json::to_string_pretty(&rule).unwrap_or_default();
    text.push('\n');
    text
}

/// An object of these keys and no others.
fn object(keys: &[Word], form: fn(&str) -> Value, required: &[&str]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut property = form(key.name);
        property["description"] = json!(key.means);
        properties.insert(key.name.to_owned(), property);
    }
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn rule_key(key: &str) -> Value {
    match key {
        "title" => one_or_many(&json!({"type": "string", "minLength": 1})),
        "about" => one_or_many(
            &json!({"enum": ["container", "pod", "workload", "claim", "service", "ingress", "node", "custom"]}),
        ),
        "severity" => json!({"enum": ["error", "warning", "info"]}),
        "moment" => json!({"enum": ["start", "request"]}),
        "waiting" => json!({"enum": ["helps", "useless"]}),
        "generic" => json!({"type": "boolean"}),
        "symptoms" | "unless" => list("symptom"),
        "fixes" => list("fix"),
        "examples" => list("example"),
        "counterexamples" => list("counterexample"),
        "look_up" => json!({"type": "array", "items": look_up()}),
        _ => texts(),
    }
}

fn symptom() -> Value {
    let mut symptom = object(SYMPTOM_KEYS, symptom_key, &[]);
    let one = |key: &&str| json!({"required": [key]});
    symptom["oneOf"] = ["log", "message", "field", "bound", "look_up", "any"].iter().map(one).collect();
    symptom
}

fn symptom_key(key: &str) -> Value {
    match key {
        "log" | "message" => one_or_many(&json!({"$ref": "#/$defs/pattern"})),
        "reason" => one_or_many(&json!({"type": "string"})),
        "field" => json!({"enum": FIELDS.iter().map(|field| field.path).collect::<Vec<_>>()}),
        "look_up" => look_up(),
        "any" => list("symptom"),
        "matches" => json!({"$ref": "#/$defs/pattern"}),
        "in" => json!({"type": "array"}),
        "missing" => json!({"type": "boolean"}),
        "bound" | "bind" => json!({"type": "string"}),
        _ => json!({"type": ["string", "number", "boolean"]}),
    }
}

fn fix_key(key: &str) -> Value {
    match key {
        "for" => json!({"type": "array", "items": {"enum": STACKS}}),
        _ => json!({"type": "string"}),
    }
}

fn example_key(key: &str) -> Value {
    match key {
        "given" => json!({"$ref": "#/$defs/given"}),
        "expect" => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        _ => json!({"type": "string"}),
    }
}

fn given_key(key: &str) -> Value {
    match key {
        "objects" => json!({"type": "array", "items": {"type": "object"}}),
        "logs" => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        _ => json!({"type": "string"}),
    }
}

fn pattern() -> Value {
    let regex = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["regex", "literal"],
        "properties": {
            "regex": {"type": "string", "description": "a regular expression of bytes; named groups bind names; a class with other letters than those of ASCII stands in (?u:…)"},
            "literal": one_or_many(&json!({"type": "string", "description": "a text of at least five characters that stands in every match (of several one does); may be empty under `matches`"})),
        },
    });
    json!({"oneOf": [{"type": "string"}, regex]})
}

fn look_up() -> Value {
    json!({"enum": questions().map(|question| question.name).collect::<Vec<_>>()})
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn list(what: &str) -> Value {
    json!({"type": "array", "items": {"$ref": format!("#/$defs/{what}")}})
}

fn one_or_many(one: &Value) -> Value {
    json!({"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]})
}
