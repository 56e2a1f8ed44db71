//! What a namespace allows: quotas, limit ranges, service accounts, and its own labels.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::snapshot::container::KeyRef;
use crate::snapshot::meta::Meta;
use crate::snapshot::text::SafeText;

/// A resource quota.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ResourceQuota {
    /// Its name.
    pub metadata: Meta,
    /// How much of it is used.
    pub status: QuotaStatus,
}

/// How much of a quota is used.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct QuotaStatus {
    /// What there is.
    pub hard: BTreeMap<SafeText, SafeText>,
    /// What is used.
    pub used: BTreeMap<SafeText, SafeText>,
}

/// A limit range.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LimitRange {
    /// Its name.
    pub metadata: Meta,
    /// What it allows.
    pub spec: LimitRangeSpec,
}

/// What a limit range allows.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LimitRangeSpec {
    /// One by one.
    pub limits: Vec<LimitRangeItem>,
}

/// Bounds for a kind of object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeItem {
    /// `Container`, `Pod`, `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub kind: SafeText,
    /// At most.
    pub max: BTreeMap<SafeText, SafeText>,
    /// At least.
    pub min: BTreeMap<SafeText, SafeText>,
    /// Limits for containers that give none.
    pub default: BTreeMap<SafeText, SafeText>,
}

/// A service account.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceAccount {
    /// Its name; annotations tie it to an identity of the cloud.
    pub metadata: Meta,
    /// Secrets for images of pods that act as it.
    pub image_pull_secrets: Vec<KeyRef>,
    /// Secrets it may use.
    pub secrets: Vec<KeyRef>,
}

/// A namespace: only its labels matter.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Its name and labels.
    pub metadata: Meta,
}
