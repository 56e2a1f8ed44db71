//! The kinds of objects that are known, and an object of any of them.

use std::sync::Arc;

use serde_json::Value;

use crate::snapshot::config::ConfigMap;
use crate::snapshot::custom::Custom;
use crate::snapshot::event::Event;
use crate::snapshot::meta::Meta;
use crate::snapshot::network::{EndpointSlice, Ingress, NetworkPolicy, Service};
use crate::snapshot::node::Node;
use crate::snapshot::pod::Pod;
use crate::snapshot::policy::{LimitRange, Namespace, ResourceQuota, ServiceAccount};
use crate::snapshot::storage::{Claim, StorageClass, Volume};
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are those of Kubernetes and of the operators")]
pub enum Kind {
    Pod,
    Event,
    PersistentVolumeClaim,
    ConfigMap,
    Service,
    EndpointSlice,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    Node,
    PersistentVolume,
    StorageClass,
    Ingress,
    NetworkPolicy,
    ResourceQuota,
    LimitRange,
    ServiceAccount,
    Namespace,
    InferenceService,
    ServingRuntime,
    ClusterServingRuntime,
    OnlineEndpoint,
    OnlineDeployment,
    SeldonDeployment,
    RayService,
    RayCluster,
    KnativeService,
}

/// Where a kind stands in the API, and how it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// As in `kind:` of a manifest.
    pub name: &'static str,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The version that is read.
    pub version: &'static str,
    /// As in the path of the API and in a Role.
    pub plural: &'static str,
    /// Does it live in a namespace?
    pub namespaced: bool,
}

impl Kind {
    /// All of them, in the order in which they are read.
    pub const ALL: [Kind; 29] = [
        Kind::Pod,
        Kind::Event,
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::PersistentVolumeClaim,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::ConfigMap,
        Kind::StatefulSet,
        Kind::Job,
        Kind::DaemonSet,
        Kind::Node,
        Kind::Ingress,
        Kind::NetworkPolicy,
        Kind::ResourceQuota,
        Kind::LimitRange,
        Kind::ServiceAccount,
        Kind::PersistentVolume,
        Kind::StorageClass,
        Kind::Namespace,
        Kind::InferenceService,
        Kind::ServingRuntime,
        Kind::ClusterServingRuntime,
        Kind::OnlineEndpoint,
        Kind::OnlineDeployment,
        Kind::SeldonDeployment,
        Kind::RayService,
        Kind::RayCluster,
        Kind::KnativeService,
    ];

    /// Where it stands in the API.
    pub fn place(self) -> Place {
        let (name, group, version, plural, namespaced) = match self {
            Kind::Pod => ("Pod", "", "v1", "pods", true),
            Kind::Event => ("Event", "", "v1", "events", true),
            Kind::PersistentVolumeClaim => ("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims", true),
            Kind::ConfigMap => ("ConfigMap", "", "v1", "configmaps", true),
            Kind::Service => ("Service", "", "v1", "services", true),
            Kind::EndpointSlice => ("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", true),
            Kind::Deployment => ("Deployment", "apps", "v1", "deployments", true),
            Kind::ReplicaSet => ("ReplicaSet", "apps", "v1", "replicasets", true),
            Kind::StatefulSet => ("StatefulSet", "apps", "v1", "statefulsets", true),
            Kind::DaemonSet => ("DaemonSet", "apps", "v1", "daemonsets", true),
            Kind::Job => ("Job", "batch", "v1", "jobs", true),
            Kind::Node => ("Node", "", "v1", "nodes", false),
            Kind::PersistentVolume => ("PersistentVolume", "", "v1", "persistentvolumes", false),
            Kind::StorageClass => ("StorageClass", "storage.k8s.io", "v1", "storageclasses", false),
            Kind::Ingress => ("Ingress", "networking.k8s.io", "v1", "ingresses", true),
            Kind::NetworkPolicy => ("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", true),
            Kind::ResourceQuota => ("ResourceQuota", "", "v1", "resourcequotas", true),
            Kind::LimitRange => ("LimitRange", "", "v1", "limitranges", true),
            Kind::ServiceAccount => ("ServiceAccount", "", "v1", "serviceaccounts", true),
            Kind::Namespace => ("Namespace", "", "v1", "namespaces", false),
            Kind::InferenceService => ("InferenceService", "serving.kserve.io", "v1beta1", "inferenceservices", true),
            Kind::ServingRuntime => ("ServingRuntime", "serving.kserve.io", "v1alpha1", "servingruntimes", true),
            Kind::ClusterServingRuntime => {
                ("ClusterServingRuntime", "serving.kserve.io", "v1alpha1", "clusterservingruntimes", false)
            }
            Kind::OnlineEndpoint => ("OnlineEndpoint", "amlarc.azureml.com", "v1alpha1", "onlineendpoints", true),
            Kind::OnlineDeployment => ("OnlineDeployment", "amlarc.azureml.com", "v1alpha1", "onlinedeployments", true),
            Kind::SeldonDeployment => {
                ("SeldonDeployment", "machinelearning.seldon.io", "v1", "seldondeployments", true)
            }
            Kind::RayService => ("RayService", "ray.io", "v1", "rayservices", true),
            Kind::RayCluster => ("RayCluster", "ray.io", "v1", "rayclusters", true),
            Kind::KnativeService => ("Service", "serving.knative.dev", "v1", "services", true),
        };
        Place { name, group, version, plural, namespaced }
    }

    /// As in `kind:` of a manifest.
    pub fn name(self) -> &'static str {
        self.place().name
    }

    /// Is it defined by an operator, so that a cluster may well not have it?
    pub fn is_custom(self) -> bool {
        self >= Kind::InferenceService
    }

    /// Is it something that makes pods?
    pub fn is_workload(self) -> bool {
        matches!(self, Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job)
    }

    /// Is it an object of an operator that makes workloads of it?
    pub fn makes_workloads(self) -> bool {
        matches!(
            self,
            Kind::InferenceService
                | Kind::OnlineDeployment
                | Kind::SeldonDeployment
                | Kind::RayService
                | Kind::KnativeService
        )
    }

    /// The kind of a manifest.
    pub fn of(api_version: &str, kind: &str) -> Option<Kind> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let of_name = || Kind::ALL.into_iter().filter(|known| known.name() == kind);
        let exact = of_name()
            .find(|known| known.place().group == group || known.place().group.is_empty() && group == "events.k8s.io");
        // A cut-down manifest may name no group, or the wrong one.
        exact.or_else(|| of_name().next().filter(|_| group.is_empty()))
    }
}

/// An object of any known kind. Cheap to clone: copies share it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are those of the kinds")]
pub enum Object {
    Pod(Arc<Pod>),
    Event(Arc<Event>),
    Claim(Arc<Claim>),
    ConfigMap(Arc<ConfigMap>),
    Service(Arc<Service>),
    EndpointSlice(Arc<EndpointSlice>),
    Workload(Arc<Workload>),
    Node(Arc<Node>),
    Volume(Arc<Volume>),
    StorageClass(Arc<StorageClass>),
    Ingress(Arc<Ingress>),
    NetworkPolicy(Arc<NetworkPolicy>),
    ResourceQuota(Arc<ResourceQuota>),
    LimitRange(Arc<LimitRange>),
    ServiceAccount(Arc<ServiceAccount>),
    Namespace(Arc<Namespace>),
    Custom(Arc<Custom>),
}

impl Object {
    /// Its metadata.
    pub fn meta(&self) -> &Meta {
        match self {
            Object::Pod(object) => &object.metadata,
            Object::Event(object) => &object.metadata,
            Object::Claim(object) => &object.metadata,
            Object::ConfigMap(object) => &object.metadata,
            Object::Service(object) => &object.metadata,
            Object::EndpointSlice(object) => &object.metadata,
            Object::Workload(object) => &object.metadata,
            Object::Node(object) => &object.metadata,
            Object::Volume(object) => &object.metadata,
            Object::StorageClass(object) => &object.metadata,
            Object::Ingress(object) => &object.metadata,
            Object::NetworkPolicy(object) => &object.metadata,
            Object::ResourceQuota(object) => &object.metadata,
            Object::LimitRange(object) => &object.metadata,
            Object::ServiceAccount(object) => &object.metadata,
            Object::Namespace(object) => &object.metadata,
            Object::Custom(object) => &object.metadata,
        }
    }

    /// Projects an object from its JSON text: fields that nobody reads are passed over.
    pub fn from_json(kind: Kind, json: &str) -> Result<Object, serde_json::Error> {
        let mut object = project(kind, &mut serde_json::Deserializer::from_str(json))?;
        match &mut object {
            Object::Pod(pod) => Arc::make_mut(pod).settle(),
            Object::Workload(set) if kind == Kind::ReplicaSet => Arc::make_mut(set).put_away(json),
            _ => {}
        }
        Ok(object)
    }

    fn from_value(kind: Kind, value: &Value) -> Result<Object, serde_json::Error> {
        Object::from_json(kind, &value.to_string())
    }
}

fn project(
    kind: Kind,
    input: &mut serde_json::Deserializer<serde_json::de::StrRead<'_>>,
) -> Result<Object, serde_json::Error> {
    use serde::Deserialize;
    Ok(match kind {
        Kind::Pod => Object::Pod(Arc::new(Pod::deserialize(input)?)),
        Kind::Event => Object::Event(Arc::new(Event::deserialize(input)?)),
        Kind::PersistentVolumeClaim => Object::Claim(Arc::new(Claim::deserialize(input)?)),
        Kind::ConfigMap => Object::ConfigMap(Arc::new(ConfigMap::deserialize(input)?)),
        Kind::Service => Object::Service(Arc::new(Service::deserialize(input)?)),
        Kind::EndpointSlice => Object::EndpointSlice(Arc::new(EndpointSlice::deserialize(input)?)),
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::Job => {
            Object::Workload(Arc::new(Workload::deserialize(input)?))
        }
        Kind::Node => Object::Node(Arc::new(Node::deserialize(input)?)),
        Kind::PersistentVolume => Object::Volume(Arc::new(Volume::deserialize(input)?)),
        Kind::StorageClass => Object::StorageClass(Arc::new(StorageClass::deserialize(input)?)),
        Kind::Ingress => Object::Ingress(Arc::new(Ingress::deserialize(input)?)),
        Kind::NetworkPolicy => Object::NetworkPolicy(Arc::new(NetworkPolicy::deserialize(input)?)),
        Kind::ResourceQuota => Object::ResourceQuota(Arc::new(ResourceQuota::deserialize(input)?)),
        Kind::LimitRange => Object::LimitRange(Arc::new(LimitRange::deserialize(input)?)),
        Kind::ServiceAccount => Object::ServiceAccount(Arc::new(ServiceAccount::deserialize(input)?)),
        Kind::Namespace => Object::Namespace(Arc::new(Namespace::deserialize(input)?)),
        _ => Object::Custom(Arc::new(Custom { kind: SafeText::new(kind.name()), ..Custom::deserialize(input)? })),
    })
}

/// Projects an object of which some parts are not what they should be: those are left out, and named in the answer.
///
/// A part is tried alone, in an object that holds nothing else, and then piece by piece.
pub fn repaired(kind: Kind, value: &Value) -> (Option<Object>, Vec<String>) {
    if let Ok(object) = Object::from_value(kind, value) {
        return (Some(object), Vec::new());
    }
    let mut dropped = Vec::new();
    let sound = sound_part(kind, value, &mut Vec::new(), &mut dropped);
    let object = sound.and_then(|value| Object::from_value(kind, &value).ok());
    (object, dropped)
}

/// What of a part can be read; `path` leads to it from the top of the object.
fn sound_part(kind: Kind, part: &Value, path: &mut Vec<Step>, dropped: &mut Vec<String>) -> Option<Value> {
    if Object::from_value(kind, &alone(part.clone(), path)).is_ok() {
        return Some(part.clone());
    }
    let mut keep = |step: Step, inner: &Value, path: &mut Vec<Step>| {
        path.push(step);
        let sound = sound_part(kind, inner, path, dropped);
        path.pop();
        sound
    };
    match part {
        Value::Object(fields) if !fields.is_empty() => {
            let sound = fields
                .iter()
                .filter_map(|(key, inner)| Some((key.clone(), keep(Step::Key(key.clone()), inner, path)?)));
            Some(Value::Object(sound.collect()))
        }
        Value::Array(items) if !items.is_empty() => {
            Some(Value::Array(items.iter().filter_map(|inner| keep(Step::Item, inner, path)).collect()))
        }
        _ => {
            let names = path.iter().map(|step| if let Step::Key(key) = step { key.as_str() } else { "[]" });
            dropped.push(names.collect::<Vec<_>>().join("."));
            None
        }
    }
}

/// A step from the top of an object to a part of it.
enum Step {
    Key(String),
    Item,
}

/// An object that holds nothing but the part at the end of the path.
fn alone(part: Value, path: &[Step]) -> Value {
    path.iter().rev().fold(part, |inner, step| match step {
        Step::Key(key) => Value::Object([(key.clone(), inner)].into_iter().collect()),
        Step::Item => Value::Array(vec![inner]),
    })
}
