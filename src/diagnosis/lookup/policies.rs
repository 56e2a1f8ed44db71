//! Network policies that drop what a container sends.

use std::sync::Arc;

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::{Found, hosts};
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::Snapshot;
use crate::snapshot::container::Port;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::Labels;
use crate::snapshot::network::{IpBlock, NetworkPolicy, PolicyPeer, PolicyPort, PolicyRule, Service};
use crate::snapshot::pod::Pod;
use crate::snapshot::policy::Namespace;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Selector;

/// The label that Kubernetes puts on every namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// A call that got no answer.
struct Call<'a> {
    snapshot: &'a Snapshot,
    to: Callee<'a>,
    port: Option<i64>,
    protocol: &'static str,
    words: String,
}

/// Who was called.
enum Callee<'a> {
    /// Pods of the same namespace.
    Pods(Vec<&'a Pod>),
    /// Something in another namespace.
    Namespace(String),
    /// Something outside.
    Outside,
}

/// Does no network policy let the call to {host} and {port}, or where {reason} is bound the question for a name, through?
pub fn network_policy_denies(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let pod = scene.pod().filter(|_| scene.container().is_some())?;
    let call = call_of(scene.snapshot, pod, names)?;
    let out = denying(scene.snapshot, pod, "Egress", |rule| passes(&call, &rule.to, &rule.ports, pod));
    let (policy, direction) = out.map(|policy| (policy, "Egress")).or_else(|| into_callee(&call, pod))?;
    let object = Subject::new("NetworkPolicy", &policy.metadata.namespace, &policy.metadata.name);
    let rules = if direction == "Egress" { &policy.spec.egress } else { &policy.spec.ingress };
    let seen = evidence::of_object(object, "spec.policyTypes", &format!("{direction} ({} rules)", rules.len()));
    let names =
        [("policy", policy.metadata.name.to_string()), ("direction", direction.to_owned()), ("peer", call.words)];
    Some(Found::names(names).seen(seen))
}

/// The policy that drops a call on its way into the pods that are called.
fn into_callee<'a>(call: &Call<'a>, caller: &Pod) -> Option<(&'a NetworkPolicy, &'static str)> {
    let Callee::Pods(callees) = &call.to else { return None };
    let callee = callees.first()?;
    let comes_from = |peer: &PolicyPeer| is_peer(call.snapshot, peer, &caller.metadata.namespace, &[caller]);
    let lets_in = |rule: &PolicyRule| {
        (rule.from.is_empty() || rule.from.iter().any(comes_from)) && has_port(&rule.ports, call, callee)
    };
    denying(call.snapshot, callee, "Ingress", lets_in).map(|policy| (policy, "Ingress"))
}

/// The first policy that selects the pod for a direction, where no rule of any such policy lets the call through.
fn denying<'a>(
    snapshot: &'a Snapshot,
    pod: &Pod,
    direction: &str,
    lets_through: impl Fn(&PolicyRule) -> bool,
) -> Option<&'a NetworkPolicy> {
    let rules = |policy: &'a NetworkPolicy| {
        if direction == "Egress" { &policy.spec.egress } else { &policy.spec.ingress }
    };
    let is_for = |policy: &NetworkPolicy| {
        let types = &policy.spec.policy_types;
        types.iter().any(|kind| kind == direction) || types.is_empty() && direction == "Ingress"
    };
    let all = snapshot.of_kind::<NetworkPolicy>(Kind::NetworkPolicy);
    let policies: Vec<&NetworkPolicy> = all
        .filter(|(key, policy)| {
            key.namespace == pod.metadata.namespace && policy.spec.pod_selector.matches(&pod.metadata.labels)
        })
        .map(|(_, policy)| policy)
        .filter(|policy| is_for(policy))
        .collect();
    let denied = !policies.iter().flat_map(|policy| rules(policy)).any(lets_through);
    policies.first().filter(|_| denied).copied()
}

/// What was called, from the names that the log gives.
fn call_of<'a>(snapshot: &'a Snapshot, pod: &'a Pod, names: &Names) -> Option<Call<'a>> {
    if names.contains_key("reason") {
        let (to, words) = (Callee::Namespace("kube-system".to_owned()), "DNS (port 53)".to_owned());
        return Some(Call { snapshot, to, port: Some(53), protocol: "UDP", words });
    }
    let (host, own) = (names.get("host")?, &pod.metadata.namespace);
    let port: Option<i64> = names.get("port").and_then(|port| port.parse().ok());
    let words = port.map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
    let call = |to, port| Some(Call { snapshot, to, port, protocol: "TCP", words });
    match hosts::service_name(host, own) {
        Some((_, namespace)) if namespace != own.as_str() => call(Callee::Namespace(namespace.to_owned()), port),
        Some((name, _)) => {
            let service = snapshot.get::<Service>(Kind::Service, own, &SafeText::new(name))?;
            let pods = relation::pods_of_service(snapshot, service);
            let target = pods.first().and_then(|pod| target_port(service, port?, pod));
            call(Callee::Pods(pods), target.or(port))
        }
        None => call(Callee::Outside, port),
    }
}

/// The port of a pod that a Service hands a port on to.
fn target_port(service: &Service, port: i64, pod: &Pod) -> Option<i64> {
    let target = service.spec.ports.iter().find(|known| known.port == port)?.target_port.as_ref()?;
    pod.spec.containers.iter().find_map(|container| target.number(&container.ports))
}

/// Does a rule for what goes out let the call through?
fn passes(call: &Call<'_>, to: &[PolicyPeer], ports: &[PolicyPort], caller: &Pod) -> bool {
    let own = &caller.metadata.namespace;
    let reaches = |peer: &PolicyPeer| match &call.to {
        Callee::Pods(pods) => is_peer(call.snapshot, peer, own, pods),
        Callee::Namespace(namespace) => is_peer(call.snapshot, peer, &SafeText::new(namespace), &[]),
        Callee::Outside => peer.ip_block.is_some(),
    };
    (to.is_empty() || to.iter().any(reaches)) && has_port(ports, call, caller)
}

/// Does a peer stand for pods of a namespace? Of pods that are not known, any may be meant.
fn is_peer(snapshot: &Snapshot, peer: &PolicyPeer, namespace: &SafeText, pods: &[&Pod]) -> bool {
    if let Some(block) = &peer.ip_block {
        return is_everywhere(block);
    }
    let elsewhere = pods.is_empty();
    let in_namespace = match &peer.namespace_selector {
        Some(selector) => may_be_namespace(snapshot, selector, namespace),
        None => !elsewhere,
    };
    let is_chosen = |selector: &Selector| pods.iter().any(|pod| selector.matches(&pod.metadata.labels));
    in_namespace && peer.pod_selector.as_ref().is_none_or(|selector| elsewhere || is_chosen(selector))
}

fn is_everywhere(block: &IpBlock) -> bool {
    block.cidr == "0.0.0.0/0" && block.except.is_empty()
}

/// Could a namespace be meant? Of one that is not known, only its name is.
fn may_be_namespace(snapshot: &Snapshot, selector: &Selector, name: &SafeText) -> bool {
    if let Some(namespace) = snapshot.get::<Namespace>(Kind::Namespace, &SafeText::default(), name) {
        let mut labels = namespace.metadata.labels.clone();
        Arc::make_mut(&mut labels).insert(SafeText::new(NAMESPACE_NAME), name.clone());
        return selector.matches(&labels);
    }
    let named = Labels::from([(SafeText::new(NAMESPACE_NAME), name.clone())]);
    selector.match_labels.iter().all(|(key, value)| key != NAMESPACE_NAME || value == name)
        && selector.match_expressions.iter().all(|known| known.key != NAMESPACE_NAME || known.holds(&named))
}

/// Is the port of a call among those of a rule? A named port could be any that is not known.
fn has_port(ports: &[PolicyPort], call: &Call<'_>, pod: &Pod) -> bool {
    let Some(wanted) = call.port else { return true };
    let number = |port: &Port| pod.spec.containers.iter().find_map(|container| port.number(&container.ports));
    ports.is_empty()
        || ports.iter().any(|known| {
            let protocol = if known.protocol.is_empty() { "TCP" } else { known.protocol.as_str() };
            let in_range = known.port.as_ref().and_then(number).is_none_or(|first| {
                first == wanted || known.end_port.is_some_and(|last| (first..=last).contains(&wanted))
            });
            protocol == call.protocol && in_range
        })
}
