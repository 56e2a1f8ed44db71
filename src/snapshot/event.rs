//! Events: what a part of Kubernetes said about an object, and when.

use jiff::Timestamp;
use serde::Deserialize;

use crate::snapshot::meta::Meta;
use crate::snapshot::network::ObjectRef;
use crate::snapshot::text::SafeText;

/// An Event, of `v1` or `events.k8s.io/v1`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// Its name.
    pub metadata: Meta,
    /// What it is about.
    #[serde(alias = "regarding")]
    pub involved_object: ObjectRef,
    /// One word: `FailedScheduling`, `BackOff`.
    pub reason: SafeText,
    /// The sentence.
    #[serde(alias = "note")]
    pub message: SafeText,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub kind: SafeText,
    /// The times and counts, of which each writer fills others.
    #[serde(flatten)]
    pub times: EventTimes,
}

/// When and how often an event was; each writer fills other fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventTimes {
    /// How often; null or 0 where `series` counts.
    #[serde(alias = "deprecatedCount")]
    pub count: Option<i64>,
    /// The first time.
    #[serde(alias = "deprecatedFirstTimestamp")]
    pub first_timestamp: Option<Timestamp>,
    /// The last time.
    #[serde(alias = "deprecatedLastTimestamp")]
    pub last_timestamp: Option<Timestamp>,
    /// The time of a single one.
    pub event_time: Option<Timestamp>,
    /// The count of the newer writers.
    pub series: Option<Series>,
}

/// The count of the newer writers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Series {
    /// How often.
    pub count: i64,
    /// The last time.
    pub last_observed_time: Option<Timestamp>,
}

impl Event {
    /// When it was last seen.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let series = self.times.series.as_ref().and_then(|series| series.last_observed_time);
        series
            .or(self.times.last_timestamp)
            .or(self.times.event_time)
            .or(self.times.first_timestamp)
            .or(self.metadata.creation_timestamp)
    }

    /// When it was first seen.
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.times.first_timestamp.or(self.times.event_time).or(self.metadata.creation_timestamp)
    }

    /// The namespace of the object that it is about: its own, where that is not said and the object lives in one.
    pub fn object_namespace(&self) -> &SafeText {
        let object = &self.involved_object;
        let is_own = object.namespace.is_empty() && object.kind != "Node";
        if is_own { &self.metadata.namespace } else { &object.namespace }
    }

    /// How often it was seen.
    pub fn count(&self) -> i64 {
        let series = self.times.series.as_ref().map(|series| series.count);
        series.or(self.times.count).unwrap_or(1).max(1)
    }

    /// The container it is about, from `spec.containers{NAME}`.
    pub fn container(&self) -> Option<&str> {
        let path = self.involved_object.field_path.as_str();
        let (_, rest) = path.split_once('{')?;
        rest.strip_suffix('}')
    }

    /// The message without what is put before a group of similar events.
    pub fn own_message(&self) -> &str {
        self.message.strip_prefix("(combined from similar events): ").unwrap_or(&self.message)
    }
}
