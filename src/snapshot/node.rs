//! Nodes: what they offer, what they refuse, and whether they answer.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::snapshot::meta::{Condition, Meta, condition};
use crate::snapshot::text::SafeText;

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Its name and labels.
    pub metadata: Meta,
    /// What it refuses.
    pub spec: NodeSpec,
    /// What it offers.
    pub status: NodeStatus,
}

/// What a node refuses.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NodeSpec {
    /// Is it closed for new pods?
    pub unschedulable: bool,
    /// What pods must tolerate.
    pub taints: Vec<Taint>,
}

/// What pods must tolerate.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Taint {
    /// The key.
    pub key: SafeText,
    /// The value.
    pub value: SafeText,
    /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`.
    pub effect: SafeText,
}

/// What a node offers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// What pods can have, as quantities.
    pub allocatable: BTreeMap<SafeText, SafeText>,
    /// How it is.
    pub conditions: Vec<Condition>,
    /// What it is.
    pub node_info: NodeInfo,
}

/// What a node is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeInfo {
    /// `amd64`, `arm64`.
    pub architecture: SafeText,
    /// The version of its kubelet.
    pub kubelet_version: SafeText,
}

impl Node {
    /// Does it answer?
    pub fn is_ready(&self) -> bool {
        condition(&self.status.conditions, "Ready").is_none_or(Condition::holds)
    }
}
