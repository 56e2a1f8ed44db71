//! Events as rows.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::stamp;
use crate::demo::table::{Printer, age, name, text};

/// As the real server prints events.
pub const EVENTS: Printer = Printer {
    columns: &[
        ("Last Seen", false),
        ("Type", false),
        ("Reason", false),
        ("Object", false),
        ("Subobject", true),
        ("Source", true),
        ("Message", false),
        ("First Seen", true),
        ("Count", true),
        ("Name", true),
    ],
    cells: events,
};

/// The newer form prints the same.
pub const NEW_EVENTS: Printer = Printer { columns: EVENTS.columns, cells: new_events };

fn new_events(event: &Value, now: Timestamp) -> Vec<Value> {
    let old = json!({
        "metadata": event["metadata"], "eventTime": event["eventTime"], "series": event["series"],
        "type": event["type"], "reason": event["reason"], "message": event["note"],
        "involvedObject": event["regarding"], "reportingComponent": event["reportingController"],
        "source": event["deprecatedSource"], "firstTimestamp": event["deprecatedFirstTimestamp"],
        "lastTimestamp": event["deprecatedLastTimestamp"], "count": event["deprecatedCount"],
    });
    events(&old, now)
}

fn events(event: &Value, now: Timestamp) -> Vec<Value> {
    let seen = |paths: &[&str]| {
        let stamp = paths.iter().find_map(|path| stamp::at(event, path));
        json!(stamp.map_or_else(|| "<unknown>".to_owned(), |stamp| age::since(stamp, now)))
    };
    let object = format!(
        "{}/{}",
        text(event, "/involvedObject/kind", "").to_lowercase(),
        text(event, "/involvedObject/name", "")
    );
    let source =
        [text(event, "/source/component", text(event, "/reportingComponent", "")), text(event, "/source/host", "")];
    let source: Vec<&str> = source.into_iter().filter(|part| !part.is_empty()).collect();
    let count = event.pointer("/series/count").or_else(|| event.get("count")).filter(|count| count.is_u64());
    vec![
        seen(&["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"]),
        json!(text(event, "/type", "")),
        json!(text(event, "/reason", "")),
        json!(object),
        json!(text(event, "/involvedObject/fieldPath", "")),
        json!(source.join(", ")),
        json!(text(event, "/message", "").trim()),
        seen(&["/firstTimestamp", "/eventTime", "/metadata/creationTimestamp"]),
        count.cloned().unwrap_or(json!(1)),
        name(event),
    ]
}
