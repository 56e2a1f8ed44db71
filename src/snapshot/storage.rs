//! Claims, volumes and storage classes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::snapshot::meta::{Condition, Labels, Meta};
use crate::snapshot::pod::{Driver, NodeSelector};
use crate::snapshot::text::SafeText;

/// A persistent volume claim.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// Its name.
    pub metadata: Meta,
    /// What was asked for.
    pub spec: ClaimSpec,
    /// What became of it.
    pub status: ClaimStatus,
}

/// What a claim asks for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSpec {
    /// The storage class; absent for the default one, empty for none.
    pub storage_class_name: Option<SafeText>,
    /// The volume it is bound to, or asks for.
    pub volume_name: SafeText,
    /// `ReadWriteOnce`, `ReadOnlyMany`, `ReadWriteMany`, `ReadWriteOncePod`.
    pub access_modes: Vec<SafeText>,
    /// How much.
    pub resources: ClaimResources,
}

/// How much a claim asks for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClaimResources {
    /// `storage`, as a quantity.
    pub requests: BTreeMap<SafeText, SafeText>,
}

/// What became of a claim.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClaimStatus {
    /// `Pending`, `Bound`, `Lost`.
    pub phase: SafeText,
    /// About its growth.
    pub conditions: Vec<Condition>,
}

/// A persistent volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Volume {
    /// Its name.
    pub metadata: Meta,
    /// What it is.
    pub spec: VolumeSpec,
    /// Which claim has it.
    pub status: VolumeStatus,
}

/// What a volume is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeSpec {
    /// Its storage class.
    pub storage_class_name: SafeText,
    /// How much it holds.
    pub capacity: BTreeMap<SafeText, SafeText>,
    /// How it may be mounted.
    pub access_modes: Vec<SafeText>,
    /// The claim it is kept for.
    pub claim_ref: Option<ClaimRef>,
    /// The driver.
    pub csi: Option<Driver>,
    /// The driver of the old kind.
    pub flex_volume: Option<Driver>,
    /// Nodes that can reach it.
    pub node_affinity: Option<VolumeNodeAffinity>,
}

impl VolumeSpec {
    /// The driver, of either kind.
    pub fn driver(&self) -> Option<&Driver> {
        self.csi.as_ref().or(self.flex_volume.as_ref())
    }
}

/// The claim a volume is kept for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClaimRef {
    /// Its namespace.
    pub namespace: SafeText,
    /// Its name.
    pub name: SafeText,
}

/// Nodes that can reach a volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct VolumeNodeAffinity {
    /// Terms of which one must hold.
    pub required: Option<NodeSelector>,
}

/// Which claim has a volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct VolumeStatus {
    /// `Available`, `Bound`, `Released`, `Failed`.
    pub phase: SafeText,
    /// The sentence.
    pub message: SafeText,
}

/// A storage class.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClass {
    /// Its name; an annotation marks the default one.
    pub metadata: Meta,
    /// The driver that makes its volumes.
    pub provisioner: SafeText,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub volume_binding_mode: SafeText,
    /// What the driver is told.
    pub parameters: Labels,
}

impl StorageClass {
    /// Is it taken where a claim names none?
    pub fn is_default(&self) -> bool {
        self.metadata.annotation("storageclass.kubernetes.io/is-default-class") == "true"
    }
}
