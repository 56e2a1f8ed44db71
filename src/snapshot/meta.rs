//! What every object of Kubernetes carries: its name, its owner, its age and its conditions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::snapshot::text::SafeText;

/// Labels, selectors and the like.
pub type Labels = BTreeMap<SafeText, SafeText>;

/// `metadata` of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Unique among the objects of its kind and namespace.
    pub name: SafeText,
    /// Empty for objects of the cluster.
    pub namespace: SafeText,
    /// Unique over time: a name can be used again, a uid cannot.
    pub uid: SafeText,
    /// When it was made.
    pub creation_timestamp: Option<Timestamp>,
    /// When its deletion was asked for.
    pub deletion_timestamp: Option<Timestamp>,
    /// Counts the changes of its `spec`.
    pub generation: i64,
    /// Its labels.
    pub labels: Arc<Labels>,
    /// Those of its annotations that say something about a rollout or an identity.
    #[serde(deserialize_with = "telling_annotations")]
    pub annotations: Labels,
    /// What made it.
    pub owner_references: Arc<[OwnerReference]>,
    /// Who changed it last, newest last.
    pub managed_fields: Box<[ManagedField]>,
}

/// What made an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// Its kind.
    pub kind: SafeText,
    /// Its name.
    pub name: SafeText,
    /// Its uid.
    pub uid: SafeText,
    /// Is it the one that manages the object?
    pub controller: bool,
}

/// Who changed an object, and when.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedField {
    /// The program, as it names itself: `kubectl-client-side-apply`, `helm`.
    pub manager: SafeText,
    /// When.
    pub time: Option<Timestamp>,
    /// `status` where only that was changed.
    pub subresource: SafeText,
    /// Which fields; absent in objects that were cut down.
    #[serde(rename = "fieldsV1")]
    pub fields: Option<ManagedParts>,
}

impl ManagedField {
    /// Was the template of the pods among it, as far as it says?
    pub fn is_of_template(&self) -> bool {
        let has_template = |parts: &ManagedParts| parts.spec.as_ref().is_some_and(|spec| spec.template.is_some());
        self.subresource.is_empty() && self.fields.as_ref().is_none_or(has_template)
    }

    /// Were the keys of a config map among it, as far as it says?
    pub fn is_of_data(&self) -> bool {
        self.fields.as_ref().is_none_or(|parts| parts.data.is_some() || parts.binary_data.is_some())
    }
}

/// Which of the fields that somebody asks for a manager has set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ManagedParts {
    /// What was asked for.
    #[serde(rename = "f:spec")]
    pub spec: Option<ManagedSpec>,
    /// The keys of a config map.
    #[serde(rename = "f:data")]
    pub data: Option<IgnoredAny>,
    /// The keys of a config map that are no text.
    #[serde(rename = "f:binaryData")]
    pub binary_data: Option<IgnoredAny>,
}

/// Which parts of `spec` a manager has set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ManagedSpec {
    /// The template of the pods.
    #[serde(rename = "f:template")]
    pub template: Option<IgnoredAny>,
}

/// A condition in the status of an object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// What it is about: `Ready`, `PodScheduled`, `Progressing`.
    #[serde(rename = "type")]
    pub kind: SafeText,
    /// `True`, `False` or `Unknown`.
    pub status: SafeText,
    /// One word for why.
    pub reason: SafeText,
    /// The sentence.
    pub message: SafeText,
    /// Since when.
    pub last_transition_time: Option<Timestamp>,
    /// When it was last confirmed; of a Deployment's `Progressing` the last progress.
    pub last_update_time: Option<Timestamp>,
}

impl Condition {
    /// Is it `True`?
    pub fn holds(&self) -> bool {
        self.status == "True"
    }
}

/// The condition of a kind, if the object has it.
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.kind == kind)
}

impl Meta {
    /// The owner that manages the object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller).or(self.owner_references.first())
    }

    /// A label, or the empty text.
    pub fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", SafeText::as_str)
    }

    /// An annotation, or the empty text.
    pub fn annotation(&self, key: &str) -> &str {
        self.annotations.get(key).map_or("", SafeText::as_str)
    }
}

/// Does every label of the selector stand on the object? An empty selector matches nothing here.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Beginnings of the annotations that are kept. The rest can be large, or repeat the whole object with its secrets.
const TELLING: [&str; 9] = [
    "deployment.kubernetes.io/revision",
    "kubernetes.io/change-cause",
    "storageclass.kubernetes.io/is-default-class",
    "volume.kubernetes.io/",
    "serving.kserve.io/",
    "internal.serving.kserve.io/",
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/",
];

fn telling_annotations<'de, D: Deserializer<'de>>(input: D) -> Result<Labels, D::Error> {
    input.deserialize_any(Annotations)
}

struct Annotations;

impl<'de> Visitor<'de> for Annotations {
    type Value = Labels;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("annotations")
    }

    fn visit_unit<E>(self) -> Result<Labels, E> {
        Ok(Labels::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
        let mut kept = Labels::new();
        while let Some(key) = map.next_key::<SafeText>()? {
            if TELLING.iter().any(|beginning| key.starts_with(beginning)) {
                kept.insert(key, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept)
    }
}
