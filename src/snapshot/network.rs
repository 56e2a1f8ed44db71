//! The way in: Services, their endpoints, ingresses and network policies.

use serde::Deserialize;

use crate::snapshot::container::Port;
use crate::snapshot::meta::{Labels, Meta};
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Selector;

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Its name.
    pub metadata: Meta,
    /// What was asked for.
    pub spec: ServiceSpec,
}

/// What a Service is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    #[serde(rename = "type")]
    pub kind: SafeText,
    /// Labels of the pods it sends to; empty where somebody else writes its endpoints.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// `None` for a headless one.
    #[serde(rename = "clusterIP")]
    pub cluster_ip: SafeText,
    /// The name it stands for.
    pub external_name: SafeText,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Its name, where it has one.
    pub name: SafeText,
    /// What callers use.
    pub port: i64,
    /// What it sends to: a number, or the name of a container port. The same as `port` where not given.
    pub target_port: Option<Port>,
    /// The port on every node.
    pub node_port: Option<i64>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: SafeText,
    /// What is spoken: `http`, `kubernetes.io/h2c`.
    pub app_protocol: SafeText,
}

/// A part of a Service's endpoints.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EndpointSlice {
    /// The label `kubernetes.io/service-name` says whose.
    pub metadata: Meta,
    /// The addresses; absent where there is none.
    pub endpoints: Option<Vec<Endpoint>>,
    /// The ports; absent where none could be resolved.
    pub ports: Option<Vec<EndpointPort>>,
}

/// An address behind a Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// IP addresses.
    pub addresses: Vec<SafeText>,
    /// Whether it takes requests.
    pub conditions: EndpointConditions,
    /// The pod.
    pub target_ref: Option<ObjectRef>,
}

impl Endpoint {
    /// Does it take requests?
    pub fn is_ready(&self) -> bool {
        self.conditions.ready.unwrap_or(true)
    }
}

/// Whether an address takes requests.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    /// Absent means yes.
    pub ready: Option<bool>,
}

/// A port behind a Service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EndpointPort {
    /// The name of the Service's port.
    pub name: SafeText,
    /// The number.
    pub port: Option<i64>,
}

/// An object that another speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: SafeText,
    /// Its namespace.
    pub namespace: SafeText,
    /// Its name.
    pub name: SafeText,
    /// Its uid.
    pub uid: SafeText,
    /// The part that is meant: `spec.containers{server}`.
    pub field_path: SafeText,
}

/// An Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// Its name.
    pub metadata: Meta,
    /// What was asked for.
    pub spec: IngressSpec,
}

/// What an Ingress does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    /// Its class.
    pub ingress_class_name: SafeText,
    /// Where what no rule takes goes.
    pub default_backend: Option<IngressBackend>,
    /// Its rules.
    pub rules: Vec<IngressRule>,
}

/// A rule of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// The host it takes.
    pub host: SafeText,
    /// Its paths.
    pub http: IngressPaths,
}

/// The paths of a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IngressPaths {
    /// One by one.
    pub paths: Vec<IngressPath>,
}

/// A path of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IngressPath {
    /// The path.
    pub path: SafeText,
    /// Where it goes.
    pub backend: IngressBackend,
}

/// Where an Ingress sends.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IngressBackend {
    /// A Service.
    pub service: IngressService,
}

/// A Service behind an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IngressService {
    /// Its name.
    pub name: SafeText,
    /// Its port.
    pub port: IngressPort,
}

/// A Service's port, by name or number.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IngressPort {
    /// Its name.
    pub name: SafeText,
    /// Its number.
    pub number: Option<i64>,
}

impl Ingress {
    /// Every host, path and backend.
    pub fn backends(&self) -> impl Iterator<Item = (&str, &str, &IngressBackend)> {
        let default = self.spec.default_backend.iter().map(|backend| ("", "", backend));
        let paths = self.spec.rules.iter().flat_map(|rule| {
            rule.http.paths.iter().map(|path| (rule.host.as_str(), path.path.as_str(), &path.backend))
        });
        default.chain(paths)
    }
}

/// A network policy.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct NetworkPolicy {
    /// Its name.
    pub metadata: Meta,
    /// What it allows.
    pub spec: NetworkPolicySpec,
}

/// What a network policy allows: what no rule lists is refused.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicySpec {
    /// The pods it holds for; empty for all of the namespace.
    pub pod_selector: Selector,
    /// `Ingress`, `Egress`.
    pub policy_types: Vec<SafeText>,
    /// What may come in.
    pub ingress: Vec<PolicyRule>,
    /// What may go out.
    pub egress: Vec<PolicyRule>,
}

/// What a network policy lets through; an empty list of peers or ports stands for all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PolicyRule {
    /// Where from.
    pub from: Vec<PolicyPeer>,
    /// Where to.
    pub to: Vec<PolicyPeer>,
    /// Through which ports.
    pub ports: Vec<PolicyPort>,
}

/// A partner that a network policy names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyPeer {
    /// Pods.
    pub pod_selector: Option<Selector>,
    /// Namespaces.
    pub namespace_selector: Option<Selector>,
    /// Addresses.
    pub ip_block: Option<IpBlock>,
}

/// Addresses.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct IpBlock {
    /// The range.
    pub cidr: SafeText,
    /// Parts of it that are left out.
    pub except: Vec<SafeText>,
}

/// A port that a network policy names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyPort {
    /// The port, by number or name; all where absent.
    pub port: Option<Port>,
    /// The last port of a range that begins with `port`.
    pub end_port: Option<i64>,
    /// `TCP` or `UDP`.
    pub protocol: SafeText,
}
