//! What was found in a text: objects as Kubernetes writes them, events about objects, and the text that is a log.

use serde_json::{Map, Value, json};

use crate::intake::times::{Interval, Now};
use crate::snapshot::kind::Kind;

/// An object, still as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its kind.
    pub kind: Kind,
    /// Its manifest.
    pub value: Value,
}

/// What a part of a text turned out to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// In words: `kubectl describe of pod churn`.
    pub taken_for: String,
    /// The objects in it, its Events among them.
    pub objects: Vec<Found>,
    /// Is it a part of an object only, whose name is not known?
    pub is_fragment: bool,
    /// A log or messages inside it.
    pub log: String,
}

impl Reading {
    /// Does it hold Events, and beside them at most the pod that they are about, of which nothing else is told?
    pub fn is_of_events(&self) -> bool {
        let others = self.objects.len() - self.events();
        self.events() > 0 && (others == 0 || others == 1 && self.is_fragment)
    }

    /// How many Events are in it.
    pub fn events(&self) -> usize {
        self.objects.iter().filter(|found| found.kind == Kind::Event).count()
    }
}

/// An event before it is an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventRow {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// One word.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// When and how often.
    pub seen: Interval,
    /// The kind of the object that it is about.
    pub object_kind: String,
    /// The name of that object.
    pub object_name: String,
    /// The namespace, where the row tells.
    pub namespace: String,
    /// The part of the object: `spec.containers{server}`.
    pub field_path: String,
    /// Who wrote it, where the row tells: `kubelet`, `replicaset-controller`.
    pub source: String,
}

impl EventRow {
    /// The kind of its object: as it tells, or as it must be.
    fn subject_kind(&self) -> &str {
        if self.object_kind.is_empty() { subject_kind(&self.source, &self.reason) } else { &self.object_kind }
    }

    /// The event as an object.
    pub fn found(&self, now: Now) -> Found {
        let seen = |age: Option<i64>| age.map(|age| now.before(age));
        let value = json!({
            "metadata": {"namespace": self.namespace},
            "involvedObject": {"kind": self.subject_kind(), "namespace": self.namespace, "name": self.object_name,
                "fieldPath": self.field_path},
            "type": self.kind, "reason": self.reason, "message": self.message, "count": self.seen.count.max(1),
            "firstTimestamp": seen(self.seen.first.or(self.seen.last)), "lastTimestamp": seen(self.seen.last),
        });
        Found { kind: Kind::Event, value }
    }
}

/// The kind of the object that an event without it is about: as who wrote it and its reason tell, else a pod.
pub fn subject_kind(source: &str, reason: &str) -> &'static str {
    match (source, reason) {
        ("replicaset-controller", _) => "ReplicaSet",
        ("statefulset-controller", _) => "StatefulSet",
        ("daemonset-controller", _) => "DaemonSet",
        ("job-controller", _) => "Job",
        ("deployment-controller", _) => "Deployment",
        ("persistentvolume-controller", _)
        | (_, "ProvisioningFailed" | "ExternalProvisioning" | "WaitForFirstConsumer" | "FailedBinding") => {
            "PersistentVolumeClaim"
        }
        _ => "Pod",
    }
}

/// An object of named fields, without those that nothing is known of.
pub fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let known = fields.into_iter().filter_map(|(key, value)| value.map(|value| (key.to_owned(), value)));
    Value::Object(known.collect::<Map<String, Value>>())
}

/// A text as JSON.
pub fn text(value: Option<&str>) -> Option<Value> {
    value.map(|value| Value::String(value.to_owned()))
}

/// The first number in a text.
pub fn number(text: &str) -> Option<i64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
    text[start..start + digits].parse().ok()
}

/// The kind of a name as kubectl takes it: `pod`, `Deployment`, `pvc`, `deployments`.
pub fn kind_named(name: &str) -> Option<Kind> {
    let name = name.split('.').next()?.to_ascii_lowercase();
    let short = match name.as_str() {
        "po" => Some(Kind::Pod),
        "pvc" => Some(Kind::PersistentVolumeClaim),
        "pv" => Some(Kind::PersistentVolume),
        "svc" => Some(Kind::Service),
        "deploy" => Some(Kind::Deployment),
        "rs" => Some(Kind::ReplicaSet),
        "sts" => Some(Kind::StatefulSet),
        "ds" => Some(Kind::DaemonSet),
        "no" => Some(Kind::Node),
        "ing" => Some(Kind::Ingress),
        "isvc" => Some(Kind::InferenceService),
        _ => None,
    };
    let is_named = |kind: &Kind| kind.name().to_ascii_lowercase() == name || kind.place().plural == name;
    short.or_else(|| Kind::ALL.into_iter().find(is_named))
}
