//! Events at a moment of the play, and what they tell of the lives of containers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::demo::stamp;

/// While a container stays down, the kubelet counts its back-off so often.
const COUNT: Duration = Duration::from_secs(12);
/// Reasons that do not say why a container waits.
const ELSEWHERE: [&str; 3] = ["Unhealthy", "FailedScheduling", "NotTriggerScaleUp"];

/// The events of a pod.
#[derive(Debug, Default)]
pub struct Hints<'a> {
    /// The events.
    pub events: Vec<&'a Value>,
}

impl Hints<'_> {
    /// When a container was started first.
    pub fn started(&self, container: &str) -> Option<Timestamp> {
        let of_container = |event: &&&Value| event["reason"] == "Started" && is_about(event, container);
        self.events.iter().filter(of_container).filter_map(|event| first(event)).min()
    }

    /// When it was first said that a container cannot be made.
    pub fn trouble(&self, container: &str) -> Option<Timestamp> {
        let tells = |event: &&&Value| {
            let reason = event["reason"].as_str().unwrap_or_default();
            event["type"] == "Warning" && !ELSEWHERE.contains(&reason) && is_about(event, container)
        };
        self.events.iter().filter(tells).filter_map(|event| first(event)).min()
    }
}

/// Is an event about a container, or about its whole pod?
fn is_about(event: &Value, container: &str) -> bool {
    event.pointer("/involvedObject/fieldPath").and_then(Value::as_str).is_none_or(|path| {
        path.strip_suffix('}').and_then(|path| path.rsplit_once('{')).is_none_or(|(_, name)| name == container)
    })
}

/// When it was seen first.
fn first(event: &Value) -> Option<Timestamp> {
    ["/firstTimestamp", "/eventTime", "/metadata/creationTimestamp"].iter().find_map(|path| stamp::at(event, path))
}

/// When it was seen last.
fn last(event: &Value) -> Option<Timestamp> {
    ["/series/lastObservedTime", "/lastTimestamp"]
        .iter()
        .find_map(|path| stamp::at(event, path))
        .or_else(|| first(event))
}

/// An event as far as it was counted by a moment.
pub fn at(event: &Value, now: Timestamp) -> Option<Value> {
    if first(event).is_some_and(|first| first > now) {
        return None;
    }
    let mut seen = event.clone();
    if last(event).is_some_and(|last| last > now) {
        let fields = seen.as_object_mut()?;
        fields.remove("series");
        if fields.get("lastTimestamp").is_some_and(Value::is_string) {
            fields.insert("count".to_owned(), json!(1));
            fields.insert("lastTimestamp".to_owned(), event["firstTimestamp"].clone());
        }
    }
    Some(seen)
}

/// The same event as its newer API shows it: k9s reads no other.
pub fn in_new_form(event: &Value) -> Option<Value> {
    (event["kind"] == "Event" && event["apiVersion"] == "v1").then(|| {
        json!({
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": event["metadata"],
            "eventTime": event["eventTime"], "series": event["series"], "type": event["type"],
            "reason": event["reason"], "action": event["action"], "note": event["message"],
            "regarding": event["involvedObject"], "reportingController": event["reportingComponent"],
            "reportingInstance": event["reportingInstance"], "deprecatedSource": event["source"],
            "deprecatedFirstTimestamp": event["firstTimestamp"],
            "deprecatedLastTimestamp": event["lastTimestamp"], "deprecatedCount": event["count"],
        })
    })
}

/// The next time after the end at which back-offs are counted.
pub fn next_count(played: Duration, end: Duration) -> Duration {
    let counted = counts(played, end);
    end + COUNT * (counted + 1)
}

/// A back-off goes on being counted after the end of the play.
pub fn count_on(event: &mut Value, played: Duration, end: Duration) {
    let more = counts(played, end);
    if event["kind"] != "Event" || event["reason"] != "BackOff" || more == 0 {
        return;
    }
    let (Some(count), Some(last)) = (event["count"].as_u64(), stamp::at(event, "/lastTimestamp")) else { return };
    let later = last.checked_add(SignedDuration::try_from(COUNT * more).unwrap_or_default()).unwrap_or(last);
    event["count"] = json!(count + u64::from(more));
    event["lastTimestamp"] = json!(stamp::written(later));
}

fn counts(played: Duration, end: Duration) -> u32 {
    u32::try_from(played.saturating_sub(end).as_secs() / COUNT.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{at, count_on, next_count};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn event() -> Value {
        json!({
            "kind": "Event", "reason": "BackOff", "count": 9,
            "firstTimestamp": "2026-01-12T09:00:40Z", "lastTimestamp": "2026-01-12T09:05:00Z",
        })
    }

    #[test]
    fn an_event_is_counted_when_it_was_seen_last() {
        let seen = |time: &str| at(&event(), time.parse().unwrap());
        assert_eq!(seen("2026-01-12T09:00:39Z"), None);
        let once = seen("2026-01-12T09:00:40Z").unwrap();
        assert_eq!((&once["count"], &once["lastTimestamp"]), (&json!(1), &json!("2026-01-12T09:00:40Z")));
        assert_eq!(seen("2026-01-12T09:05:00Z"), Some(event()));
    }

    #[test]
    fn back_offs_are_counted_after_the_end() {
        let end = Duration::from_secs(10);
        let mut event = event();
        count_on(&mut event, Duration::from_secs(35), end);
        assert_eq!((&event["count"], &event["lastTimestamp"]), (&json!(11), &json!("2026-01-12T09:05:24Z")));
        assert_eq!(next_count(Duration::from_secs(35), end), Duration::from_secs(46));
    }
}
