//! Pods: their template, where they were put, and in which state they are.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::snapshot::container::{Container, ContainerStatus, KeyRef, SecurityContext};
use crate::snapshot::meta::{Condition, Labels, Meta, condition};
use crate::snapshot::node::Taint;
use crate::snapshot::text::SafeText;

/// How the names of the volumes begin that the API server puts into every pod.
pub const TOKEN_VOLUME: &str = "kube-api-access";

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Pod {
    /// Its name and owner.
    pub metadata: Meta,
    /// What was asked for.
    pub spec: Arc<PodSpec>,
    /// What became of it.
    pub status: PodStatus,
}

/// What a pod was asked to be.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// Its containers.
    pub containers: Arc<[Container]>,
    /// Run one after the other before them.
    pub init_containers: Arc<[Container]>,
    /// What they can mount.
    pub volumes: Arc<[Volume]>,
    /// The node it was put on; empty until then.
    pub node_name: SafeText,
    /// Labels that its node must have.
    pub node_selector: Labels,
    /// What its node must or should have.
    pub affinity: Option<Affinity>,
    /// Taints that it may live with.
    pub tolerations: Arc<[Toleration]>,
    /// Whom it acts as.
    pub service_account_name: SafeText,
    /// Secrets for its images.
    pub image_pull_secrets: Vec<KeyRef>,
    /// Its rank when room is short.
    pub priority_class_name: SafeText,
    /// What must be removed before it is scheduled.
    pub scheduling_gates: Vec<KeyRef>,
    /// Seconds between the request to end and the kill; Kubernetes takes 30 where not given.
    pub termination_grace_period_seconds: Option<i64>,
    /// Whom its containers run as.
    pub security_context: SecurityContext,
}

impl PodSpec {
    /// All containers, those of the start first.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(self.containers.iter())
    }

    /// A container by its name.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.all_containers().find(|container| container.name == name)
    }

    /// The claims that its volumes name.
    pub fn claim_names(&self) -> impl Iterator<Item = &SafeText> {
        self.volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref()).map(|claim| &claim.claim_name)
    }
}

/// What a pod's node must have.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// About the labels of nodes.
    pub node_affinity: Option<NodeAffinity>,
    /// About other pods that must not be there.
    pub pod_anti_affinity: Option<PodAntiAffinity>,
}

/// What the labels of a pod's node must be.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinity {
    /// Without which it is not scheduled.
    pub required_during_scheduling_ignored_during_execution: Option<NodeSelector>,
}

/// That pods must not share a node; only whether it is required.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAntiAffinity {
    /// Without which it is not scheduled.
    pub required_during_scheduling_ignored_during_execution: Vec<serde::de::IgnoredAny>,
}

/// Terms of which one must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelector {
    /// The terms.
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// Expressions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorTerm {
    /// The expressions.
    pub match_expressions: Vec<NodeSelectorRequirement>,
}

/// A requirement of a label.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NodeSelectorRequirement {
    /// The label.
    pub key: SafeText,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`.
    pub operator: SafeText,
    /// What it is held against.
    pub values: Vec<SafeText>,
}

impl NodeSelectorRequirement {
    /// Do the labels meet it?
    pub fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let number = |text: Option<&SafeText>| text.and_then(|text| text.parse::<i64>().ok());
        let bound = number(self.values.first());
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" => number(value).zip(bound).is_some_and(|(value, bound)| value > bound),
            "Lt" => number(value).zip(bound).is_some_and(|(value, bound)| value < bound),
            _ => true,
        }
    }
}

/// A taint that a pod may live with.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Toleration {
    /// The key; empty for every key.
    pub key: SafeText,
    /// `Exists`, or `Equal` where not given.
    pub operator: SafeText,
    /// The value.
    pub value: SafeText,
    /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`; empty for every effect.
    pub effect: SafeText,
}

impl Toleration {
    /// May a pod with it live with the taint?
    pub fn covers(&self, taint: &Taint) -> bool {
        let value = self.operator == "Exists" || self.value == taint.value;
        let key = self.key == taint.key || self.key.is_empty() && self.operator == "Exists";
        key && value && (self.effect.is_empty() || self.effect == taint.effect)
    }
}

/// What the containers of a pod can mount.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Its name.
    pub name: SafeText,
    /// A claim.
    pub persistent_volume_claim: Option<ClaimSource>,
    /// A config map.
    pub config_map: Option<KeyRef>,
    /// A secret.
    pub secret: Option<SecretSource>,
    /// A folder that lives as long as the pod.
    pub empty_dir: Option<EmptyDir>,
    /// A folder of the node.
    pub host_path: Option<HostPath>,
    /// A driver, given in the pod itself.
    pub csi: Option<Driver>,
    /// A driver of the old kind, given in the pod itself.
    pub flex_volume: Option<Driver>,
}

/// A claim as a volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSource {
    /// The claim.
    pub claim_name: SafeText,
    /// May it not be written?
    pub read_only: bool,
}

/// A secret as a volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretSource {
    /// The secret.
    pub secret_name: SafeText,
    /// May it be absent?
    pub optional: bool,
}

/// A folder that lives as long as the pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    /// `Memory` for a file system in memory.
    pub medium: SafeText,
    /// How much it may hold.
    pub size_limit: SafeText,
}

/// A folder of the node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HostPath {
    /// The folder.
    pub path: SafeText,
}

/// What mounts a volume.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Driver {
    /// Its name: `blob.csi.azure.com`, `azure/blobfuse`.
    pub driver: SafeText,
    /// What it is told: containers, shares, accounts.
    pub volume_attributes: Labels,
    /// What a driver of the old kind is told.
    pub options: Labels,
    /// The secret it signs in with.
    pub secret_ref: Option<KeyRef>,
    /// The secret that a CSI driver signs in with on the node.
    pub node_stage_secret_ref: Option<KeyRef>,
}

/// What became of a pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: SafeText,
    /// One word where the pod as a whole failed: `Evicted`.
    pub reason: SafeText,
    /// The sentence.
    pub message: SafeText,
    /// Steps on its way.
    pub conditions: Box<[Condition]>,
    /// The states of its containers.
    pub container_statuses: Box<[ContainerStatus]>,
    /// The states of its init containers.
    pub init_container_statuses: Box<[ContainerStatus]>,
    /// Its address.
    #[serde(rename = "podIP")]
    pub pod_ip: SafeText,
    /// When the kubelet took it.
    pub start_time: Option<Timestamp>,
}

impl Pod {
    /// Makes it what it is to be kept as.
    pub fn settle(&mut self) {
        self.name_token_volume();
        self.complete();
        // The kubelet changed it last; what people change are workloads.
        self.metadata.managed_fields = Box::default();
    }

    /// Fills in the containers of which only the state is known, as in a fragment of a status.
    fn complete(&mut self) {
        let unknown = |statuses: &[ContainerStatus], known: &[Container]| -> Vec<Container> {
            let missing = statuses.iter().filter(|status| !known.iter().any(|container| container.name == status.name));
            missing
                .map(|status| Container {
                    name: status.name.clone(),
                    image: status.image.clone(),
                    ..Container::default()
                })
                .collect()
        };
        let inits = unknown(&self.status.init_container_statuses, &self.spec.init_containers);
        let mains = unknown(&self.status.container_statuses, &self.spec.containers);
        if !inits.is_empty() || !mains.is_empty() {
            let spec = Arc::make_mut(&mut self.spec);
            spec.init_containers = spec.init_containers.iter().cloned().chain(inits).collect();
            spec.containers = spec.containers.iter().cloned().chain(mains).collect();
        }
    }

    /// Gives the volume with the token of the service account, which has another name in every pod, the same name in
    /// all, so that replicas are alike.
    fn name_token_volume(&mut self) {
        if !self.spec.volumes.iter().any(|volume| volume.name.starts_with(TOKEN_VOLUME)) {
            return;
        }
        let spec = Arc::make_mut(&mut self.spec);
        let containers = [&mut spec.init_containers, &mut spec.containers].into_iter().flat_map(Arc::make_mut);
        let mounts = containers.flat_map(|container| &mut container.volume_mounts).map(|mount| &mut mount.name);
        let volumes = Arc::make_mut(&mut spec.volumes).iter_mut().map(|volume| &mut volume.name);
        for name in mounts.chain(volumes).filter(|name| name.starts_with(TOKEN_VOLUME)) {
            *name = SafeText::new(TOKEN_VOLUME);
        }
    }

    /// Holds in common with another pod what is the same: replicas differ in little.
    pub fn share(&mut self, other: &Pod) {
        share(&mut self.metadata.labels, &other.metadata.labels);
        share(&mut self.metadata.owner_references, &other.metadata.owner_references);
        let spec = Arc::make_mut(&mut self.spec);
        share(&mut spec.containers, &other.spec.containers);
        share(&mut spec.init_containers, &other.spec.init_containers);
        share(&mut spec.volumes, &other.spec.volumes);
        share(&mut spec.tolerations, &other.spec.tolerations);
        let statuses = self.status.container_statuses.iter_mut().zip(&other.status.container_statuses);
        for (mine, others) in statuses {
            share(&mut mine.image, &others.image);
            share(&mut mine.image_id, &others.image_id);
        }
    }

    /// Is every one of its containers ready?
    pub fn is_ready(&self) -> bool {
        condition(&self.status.conditions, "Ready").is_some_and(Condition::holds)
    }

    /// Has it ended, well or badly?
    pub fn is_finished(&self) -> bool {
        self.status.phase == "Succeeded" || self.status.phase == "Failed"
    }

    /// Was it put on a node?
    pub fn is_scheduled(&self) -> bool {
        !self.spec.node_name.is_empty()
    }

    /// The states of all containers, those of the start first.
    pub fn all_statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        self.status.init_container_statuses.iter().chain(&self.status.container_statuses)
    }

    /// The state of a container.
    pub fn container_status(&self, name: &str) -> Option<&ContainerStatus> {
        self.all_statuses().find(|status| status.name == name)
    }

    /// Restarts of all its containers.
    pub fn restarts(&self) -> i64 {
        self.all_statuses().map(|status| status.restart_count).sum()
    }
}

/// Holds a value in common with its equal.
fn share<T: PartialEq + Clone>(mine: &mut T, other: &T) {
    if mine == other {
        mine.clone_from(other);
    }
}
