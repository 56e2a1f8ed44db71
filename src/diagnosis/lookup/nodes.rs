//! Nodes that could take a pod, and why they do not.

use std::collections::BTreeSet;

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::snapshot::meta::condition;
use crate::snapshot::node::{Node, Taint};
use crate::snapshot::pod::{NodeSelectorRequirement, Pod};
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::{relation, room};

/// Beginnings of the resources that are GPUs or the like.
const DEVICES: [&str; 8] = [
    "nvidia.com/",
    "amd.com/",
    "gpu.intel.com/",
    "habana.ai/",
    "aws.amazon.com/",
    "google.com/",
    "aliyun.com/",
    "huawei.com/",
];

/// The memory that the pod requests, and the node with most of it.
pub fn memory_room(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    room_of(scene, "memory")
}

/// The CPU that the pod requests, and the node with most of it.
pub fn cpu_room(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    room_of(scene, "cpu")
}

/// The GPUs that the pod requests, and the node with most of them.
pub fn gpu_room(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let resource = device_of(refused(scene)?)?;
    let mut found = room_of(scene, &resource)?;
    found.names.insert("resource".into(), resource);
    Some(found)
}

/// The pod of the scene, where the scheduler found no node for it.
fn refused<'a>(scene: &Scene<'a>) -> Option<&'a Pod> {
    let Part::Pod(pod) = scene.part else { return None };
    let scheduled = condition(&pod.status.conditions, "PodScheduled");
    let in_status = scheduled.is_some_and(|scheduled| !scheduled.holds() && scheduled.reason != "SchedulingGated");
    let said = || scene.events().any(|event| event.reason == "FailedScheduling");
    (!pod.is_scheduled() && (in_status || said())).then_some(pod)
}

/// The resource of a pod that is a GPU.
fn device_of(pod: &Pod) -> Option<SafeText> {
    let is_device = |resource: &SafeText| DEVICES.iter().any(|vendor| resource.starts_with(vendor));
    room::requests(pod)
        .into_iter()
        .find(|(resource, amount)| is_device(resource) && *amount > 0.0)
        .map(|(name, _)| name)
}

fn room_of(scene: &Scene<'_>, resource: &str) -> Option<Found> {
    let (pod, snapshot) = (refused(scene)?, scene.snapshot);
    let wants = *room::requests(pod).get(resource)?;
    let with_gpu = with_free_gpu(scene, pod);
    let (usable, which) =
        if with_gpu.is_empty() { (usable_by(scene, pod), "with most room") } else { (with_gpu, "with a free GPU") };
    let usable: Vec<(&Node, f64, f64)> = usable
        .into_iter()
        .map(|node| (node, room::offered(node, resource), room::left(snapshot, node, resource)))
        .filter(|(_, offered, _)| offered.is_finite() && *offered > 0.0)
        .collect();
    let (largest, offered, _) = usable.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (roomiest, _, left) = usable.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
    let amount = |amount: f64| in_words(resource, amount);
    let most = if *offered < wants {
        format!("the largest node that it may use, {}, has {} in all", largest.metadata.name, amount(*offered))
    } else if *left < wants {
        format!("the node {which}, {}, has at most {} left", roomiest.metadata.name, amount(left.max(0.0)))
    } else {
        String::new()
    };
    let scales_up = scene.events().any(|event| event.reason == "TriggeredScaleUp");
    let too_large = if *offered < wants && !scales_up { amount(wants) } else { String::new() };
    let largest_node = largest.metadata.name.to_string();
    let names = [("wants", amount(wants)), ("largest_node", largest_node), ("most", most), ("too_large", too_large)];
    let asked = evidence::of_field(scene, &format!("spec.containers[*].resources.requests.{resource}"), &amount(wants));
    let has = evidence::of_object(subject(largest), &format!("status.allocatable.{resource}"), &amount(*offered));
    Some(Found::names(names).seen(asked).seen(has))
}

/// The nodes on which a pod may be put, if they have room.
fn usable_by<'a>(scene: &Scene<'a>, pod: &Pod) -> Vec<&'a Node> {
    let mut nodes = room::nodes(scene.snapshot);
    nodes.retain(|node| room::is_wanted(pod, node) && room::untolerated(pod, node).is_none());
    nodes
}

/// Those of them that have the GPUs left that the pod asks for; none where it asks for none.
fn with_free_gpu<'a>(scene: &Scene<'a>, pod: &Pod) -> Vec<&'a Node> {
    let Some(resource) = device_of(pod) else { return Vec::new() };
    let wants = room::requests(pod).get(&resource).copied().unwrap_or(0.0);
    let mut nodes = usable_by(scene, pod);
    nodes.retain(|node| room::left(scene.snapshot, node, &resource) >= wants);
    nodes
}

/// Has a node on which the pod may be put the GPUs left that it asks for? Then it lacks something else there.
pub fn gpu_is_free(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let nodes = with_free_gpu(scene, refused(scene)?);
    (!nodes.is_empty()).then(Found::default)
}

/// Did the scheduler find too few GPUs? Where one is free, the nodes that lack it do not matter.
pub fn gpu_is_short(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let is_device = |words: &str| DEVICES.iter().any(|vendor| words.trim_start().starts_with(vendor));
    let speaks_of_one = |text: &str| text.split("nsufficient").skip(1).any(is_device);
    let is_short = scene.utterances.iter().any(|heard| speaks_of_one(&heard.text));
    (is_short && gpu_is_free(scene, names).is_none()).then(Found::default)
}

/// An amount as it is written in a manifest.
fn in_words(resource: &str, amount: f64) -> String {
    const MEBI: f64 = 1024.0 * 1024.0;
    let number = |amount: f64| format!("{amount:.1}").trim_end_matches(".0").to_owned();
    match resource {
        "cpu" if amount.fract() > 0.0 => format!("{:.0}m", amount * 1000.0),
        "memory" if amount >= 1024.0 * MEBI => format!("{}Gi", number(amount / MEBI / 1024.0)),
        "memory" => format!("{:.0}Mi", amount / MEBI),
        _ => number(amount),
    }
}

fn subject(node: &Node) -> Subject {
    Subject::new("Node", &SafeText::default(), &node.metadata.name)
}

/// Who holds the GPUs that the pod asks for.
pub fn gpu_holder(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, snapshot) = (refused(scene)?, scene.snapshot);
    let resource = device_of(pod)?;
    let wants = *room::requests(pod).get(&resource)?;
    let nodes = room::nodes(snapshot).into_iter().filter(|node| room::offered(node, &resource) >= wants);
    let (node, holders) = nodes
        .map(|node| (node, room::pods_on(snapshot, node).filter(|pod| room::requests(pod).contains_key(&resource))))
        .map(|(node, pods)| (node, pods.map(|pod| relation::workload_of(snapshot, pod).name).collect::<BTreeSet<_>>()))
        .find(|(_, holders)| !holders.is_empty())?;
    let holder = holders.iter().map(SafeText::as_str).collect::<Vec<_>>().join(" and ");
    let seen = evidence::of_object(subject(node), &format!("pods that request {resource}"), &holder);
    Some(Found::names([("holder", holder), ("gpu_node", node.metadata.name.to_string())]).seen(seen))
}

/// A node that is one with GPUs by its labels and offers none, where no other node offers what the pod asks for.
pub fn gpu_node_without_gpu(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let resource = device_of(refused(scene)?)?;
    let vendor = resource.split_once('/').map_or("", |(vendor, _)| vendor);
    let nodes = room::nodes(scene.snapshot);
    let offers = |node: &Node| {
        let mut named = node.status.allocatable.keys();
        named.any(|name| name.starts_with(vendor) && room::offered(node, name) > 0.0)
    };
    if nodes.iter().any(|node| offers(node)) {
        return None;
    }
    let (node, label) = nodes.iter().find_map(|node| Some((node, gpu_label(node)?)))?;
    let names = [("resource", resource.to_string()), ("gpu_node", node.metadata.name.to_string())];
    let labels = evidence::of_object(subject(node), "metadata.labels", &label);
    let offered = node.status.allocatable.get(&resource).map_or("none", SafeText::as_str);
    let offered = evidence::of_object(subject(node), &format!("status.allocatable.{resource}"), offered);
    Some(Found::names(names).seen(labels).seen(offered))
}

/// The label that tells a node with GPUs.
fn gpu_label(node: &Node) -> Option<String> {
    /// Labels that only such nodes have.
    const TELLING: [&str; 6] = [
        "accelerator",
        "nvidia.com/gpu.present",
        "kubernetes.azure.com/accelerator",
        "cloud.google.com/gke-accelerator",
        "cloud.google.com/gke-gpu",
        "k8s.amazonaws.com/accelerator",
    ];
    /// Machine types of Azure, AWS and Google that have GPUs.
    const MACHINES: [&str; 13] =
        ["Standard_N", "p2.", "p3.", "p3dn.", "p4d.", "p4de.", "p5.", "g4dn.", "g5.", "g6.", "a2-", "a3-", "g2-"];
    let tells = |name: &str, value: &str| {
        let pool = name.ends_with("agentpool") || name.ends_with("nodepool") || name.ends_with("nodegroup");
        TELLING.contains(&name) && value != "false"
            || pool && value.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.contains("gpu"))
            || name.ends_with("instance-type") && MACHINES.iter().any(|machine| value.starts_with(machine))
    };
    let label = node.metadata.labels.iter().find(|(name, value)| tells(name, value));
    label.map(|(name, value)| format!("{name}={value}"))
}

/// The node that could take the pod but for a taint.
pub fn tainted_node_that_fits(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, snapshot) = (refused(scene)?, scene.snapshot);
    let nodes = room::nodes(snapshot).into_iter();
    let (node, taint) = nodes
        .filter(|node| room::is_wanted(pod, node) && room::has_room(snapshot, pod, node))
        .filter_map(|node| Some((node, room::untolerated(pod, node)?)))
        .min_by_key(|(_, taint)| taint.key.starts_with("node"))?;
    let names = [
        ("key", taint.key.to_string()),
        ("value", taint.value.to_string()),
        ("effect", taint.effect.to_string()),
        ("tainted_node", node.metadata.name.to_string()),
    ];
    Some(Found::names(names).seen(evidence::of_object(subject(node), "spec.taints", &taint_in_words(taint))))
}

/// The nodes that could take the pod, were they not closed to new pods.
pub fn cordoned_nodes(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    /// The taint that Kubernetes puts on a cordoned node.
    const CORDONED: &str = "node.kubernetes.io/unschedulable";
    /// Nodes of which the title still speaks by name.
    const FEW: usize = 4;
    let (pod, snapshot) = (refused(scene)?, scene.snapshot);
    let is_cordoned =
        |node: &Node| node.spec.unschedulable || node.spec.taints.iter().any(|taint| taint.key == CORDONED);
    let open = |node: &Node| {
        let mut open = node.clone();
        open.spec.taints.retain(|taint| taint.key != CORDONED);
        room::is_wanted(pod, node) && room::has_room(snapshot, pod, node) && room::untolerated(pod, &open).is_none()
    };
    let nodes: Vec<&Node> = room::nodes(snapshot).into_iter().filter(|node| is_cordoned(node) && open(node)).collect();
    let all: Vec<&str> = nodes.iter().map(|node| node.metadata.name.as_str()).collect();
    let (one, several) = match all.as_slice() {
        [] => return None,
        [one] => ((*one).to_owned(), String::new()),
        [before @ .., last] if all.len() <= FEW => (String::new(), format!("{} and {last}", before.join(", "))),
        _ => (String::new(), String::new()),
    };
    let names = [("cordoned", one), ("cordoned_nodes", several), ("to_uncordon", all.join(" "))];
    let mut found = Found::names(names);
    found.evidence =
        nodes.iter().map(|node| evidence::of_object(subject(node), "spec.unschedulable", "true")).collect();
    Some(found)
}

/// As kubectl writes it.
fn taint_in_words(taint: &Taint) -> String {
    let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
    format!("{}{value}:{}", taint.key, taint.effect)
}

/// Does only a taint keep the pod from a node? Where the nodes are not known, the scheduler's word is taken for it.
pub fn behind_a_taint(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    if room::nodes(scene.snapshot).is_empty() {
        return scene.utterances.iter().any(|heard| speaks_of_taint(&heard.text)).then(Found::default);
    }
    tainted_node_that_fits(scene, names)
}

/// Did the scheduler leave out nodes for a taint that is not one of Kubernetes itself?
fn speaks_of_taint(text: &str) -> bool {
    let own = |taint: &str| taint.starts_with("node.kubernetes.io/") || taint.starts_with("node-role.");
    let named = text.split("taint {").skip(1).any(|taint| !own(taint));
    !text.contains("trigger scale-up") && (named || text.contains("untolerated taint(s)"))
}

/// The labels that the pod wants and no node has, each by itself, and what the nodes have under the same keys.
pub fn labels_of_no_node(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let pod = refused(scene)?;
    let nodes = room::nodes(scene.snapshot);
    let counted = names.get("nodes").and_then(|nodes| nodes.parse::<usize>().ok());
    if nodes.is_empty() || counted.is_some_and(|counted| counted > nodes.len()) {
        return None;
    }
    let mut missing = wanted_labels(pod);
    missing.retain(|(_, wanted)| !nodes.iter().any(|node| wanted.holds(&node.metadata.labels)));
    let wanted = missing.iter().map(|(_, wanted)| requirement_in_words(wanted)).collect::<Vec<_>>().join(" and ");
    let known = missing.iter().filter_map(|(_, wanted)| values_in_words(&nodes, &wanted.key)).collect::<Vec<_>>();
    let (field, _) = missing.first()?;
    let found = Found::names([("wanted_labels", wanted.clone()), ("known_values", known.join("; "))]);
    Some(found.seen(evidence::of_field(scene, field, &wanted)))
}

/// The labels that a node of the pod must have, by the field that says so. Of alternatives none is a must.
fn wanted_labels(pod: &Pod) -> Vec<(&'static str, NodeSelectorRequirement)> {
    let exact = |(key, value): (&SafeText, &SafeText)| NodeSelectorRequirement {
        key: key.clone(),
        operator: SafeText::new("In"),
        values: vec![value.clone()],
    };
    let affinity = pod.spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    let terms = required.map(|required| required.node_selector_terms.as_slice()).unwrap_or_default();
    let expressions = if let [only] = terms { only.match_expressions.as_slice() } else { &[] };
    let selected = pod.spec.node_selector.iter().map(|label| ("spec.nodeSelector", exact(label)));
    let required = expressions.iter().map(|wanted| ("spec.affinity.nodeAffinity", wanted.clone()));
    selected.chain(required).collect()
}

/// `agentpool=gpu`, `sku in (a, b)`, `sku` where it only must exist.
fn requirement_in_words(wanted: &NodeSelectorRequirement) -> String {
    let values = wanted.values.iter().map(SafeText::as_str).collect::<Vec<_>>().join(", ");
    match (wanted.operator.as_str(), wanted.values.len()) {
        ("In", 1) => format!("{}={values}", wanted.key),
        ("Exists", _) => wanted.key.to_string(),
        (operator, _) => format!("{} {operator} ({values})", wanted.key),
    }
}

/// `agentpool is cpu or gpu`
fn values_in_words(nodes: &[&Node], key: &SafeText) -> Option<String> {
    let values: BTreeSet<&SafeText> = nodes.iter().filter_map(|node| node.metadata.labels.get(key)).collect();
    let values = values.into_iter().map(SafeText::as_str).collect::<Vec<_>>().join(" or ");
    (!values.is_empty()).then(|| format!("{key} is {values}"))
}
