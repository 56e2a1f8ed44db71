//! Room on nodes: what a pod asks for, what a node has left, and whether the one may be put on the other.

use std::collections::BTreeMap;

use crate::snapshot::Snapshot;
use crate::snapshot::container::Container;
use crate::snapshot::index::node_key;
use crate::snapshot::kind::Kind;
use crate::snapshot::node::{Node, Taint};
use crate::snapshot::pod::Pod;
use crate::snapshot::quantity;
use crate::snapshot::text::SafeText;

/// The nodes of which is known what they offer.
pub fn nodes(snapshot: &Snapshot) -> Vec<&Node> {
    let all = snapshot.of_kind::<Node>(Kind::Node).map(|(_, node)| node);
    all.filter(|node| !node.status.allocatable.is_empty()).collect()
}

/// What a pod asks a node for, by resource. Its init containers run one after the other.
pub fn requests(pod: &Pod) -> BTreeMap<SafeText, f64> {
    let mut sum = BTreeMap::from([(SafeText::new("pods"), 1.0)]);
    for (resource, amount) in pod.spec.containers.iter().flat_map(requests_of) {
        *sum.entry(resource).or_default() += amount;
    }
    for (resource, amount) in pod.spec.init_containers.iter().flat_map(requests_of) {
        let most: &mut f64 = sum.entry(resource).or_default();
        *most = most.max(amount);
    }
    sum
}

/// What a container asks for; where only a limit is given, Kubernetes takes that.
fn requests_of(container: &Container) -> impl Iterator<Item = (SafeText, f64)> {
    let requests = &container.resources.requests;
    let limits = container.resources.limits.iter().filter(|(resource, _)| !requests.contains_key(*resource));
    requests.iter().chain(limits).filter_map(|(resource, text)| Some((resource.clone(), quantity::value(text)?)))
}

/// How much of a resource a node has for pods. Of devices it has none where it names none; the rest is not known then.
pub fn offered(node: &Node, resource: &str) -> f64 {
    let named = node.status.allocatable.get(resource).and_then(|text| quantity::value(text));
    named.unwrap_or(if resource.contains('/') { 0.0 } else { f64::INFINITY })
}

/// How much of a resource a node has left beside the pods that are known: at most this much.
pub fn left(snapshot: &Snapshot, node: &Node, resource: &str) -> f64 {
    let used: f64 = pods_on(snapshot, node).filter_map(|pod| requests(pod).get(resource).copied()).sum();
    offered(node, resource) - used
}

/// The pods on a node that have not ended.
pub fn pods_on<'a>(snapshot: &'a Snapshot, node: &'a Node) -> impl Iterator<Item = &'a Pod> {
    snapshot.pods_using(node_key(&node.metadata.name)).filter(|pod| !pod.is_finished())
}

/// Has a node room for all that a pod asks for?
pub fn has_room(snapshot: &Snapshot, pod: &Pod, node: &Node) -> bool {
    requests(pod).iter().all(|(resource, amount)| *amount <= left(snapshot, node, resource))
}

/// Does a node have the labels that a pod wants?
pub fn is_wanted(pod: &Pod, node: &Node) -> bool {
    let labels = &node.metadata.labels;
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    pod.spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        && required.is_none_or(|required| {
            let mut terms = required.node_selector_terms.iter();
            terms.any(|term| term.match_expressions.iter().all(|requirement| requirement.holds(labels)))
        })
}

/// The taint of a node that keeps a pod away.
pub fn untolerated<'a>(pod: &Pod, node: &'a Node) -> Option<&'a Taint> {
    let keeps_away = |taint: &&Taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute";
    let tolerates = |taint: &Taint| pod.spec.tolerations.iter().any(|toleration| toleration.covers(taint));
    node.spec.taints.iter().filter(keeps_away).find(|taint| !tolerates(taint))
}
