//! Services and Ingresses that lead nowhere.

use std::sync::Arc;

use strsim::levenshtein;

use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::diagnosis::{deadline, evidence};
use crate::snapshot::container::ContainerStatus;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::{Labels, selects};
use crate::snapshot::network::{IngressService, Service};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, Snapshot};

/// Does the Service select no pod and no template at all, although it was meant for a workload that is there?
pub fn selects_nothing(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let service = selecting(scene)?;
    if !relation::pods_of_service(scene.snapshot, service).is_empty()
        || !relation::workloads_of_service(scene.snapshot, service).is_empty()
        || relation::has_ready_pods(scene.snapshot, service)
    {
        return None;
    }
    let (intended, labels) = intended(scene.snapshot, service, 1)?;
    let names = [
        ("selector", in_words(&service.spec.selector)),
        ("labels", in_words(&matching(&labels, &service.spec.selector))),
        ("intended", intended.name.to_string()),
        ("patch", patch(&service.spec.selector, &labels)),
    ];
    let seen = evidence::of_field(scene, "spec.selector", &in_words(&service.spec.selector));
    let other = evidence::of_object(intended.clone(), "spec.template.metadata.labels", &in_words(&labels));
    Some(Found::names(names).seen(seen).seen(other))
}

/// Does the Service select pods of which none is ready?
pub fn without_ready_pods(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let service = selecting(scene)?;
    let snapshot = scene.snapshot;
    let pods = relation::pods_of_service(snapshot, service);
    let had_its_time = if pods.is_empty() {
        !snapshot.is_unreadable("pods") && is_wanted(snapshot, service)
    } else {
        pods.iter().any(|pod| is_late(snapshot, pod))
    };
    let none_ready = had_its_time && !relation::has_ready_pods(snapshot, service);
    let selector = in_words(&service.spec.selector);
    let seen = || evidence::of_field(scene, "spec.selector", &selector);
    none_ready.then(|| Found::names([("selected", pods.len().to_string())]).seen(seen()))
}

/// Does a workload want pods that the Service would send to?
fn is_wanted(snapshot: &Snapshot, service: &Service) -> bool {
    relation::workloads_of_service(snapshot, service).iter().any(|(key, _)| wants_pods(snapshot, key))
}

/// Has the pod had its time to become ready, or does it fail before?
pub fn is_late(snapshot: &Snapshot, pod: &Pod) -> bool {
    let Subject { kind, name, namespace, .. } = relation::workload_of(snapshot, pod);
    let object = relation::object(snapshot, &kind, &namespace.unwrap_or_default(), &name);
    deadline::is_overdue(snapshot, object, Some(pod)) || pod.all_statuses().any(fails)
}

/// Does a container fail again and again, or cannot be made? One that ended well at last does not.
fn fails(status: &ContainerStatus) -> bool {
    let ended_well = status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
    let waits = status.waiting_reason();
    status.restart_count > 1 && !ended_well || waits.contains("Err") || waits.contains("BackOff")
}

fn wants_pods(snapshot: &Snapshot, key: &Key) -> bool {
    snapshot.by_key::<Workload>(key).is_some_and(|workload| workload.spec.replicas != Some(0))
}

/// Does the Service lead to a workload with no replicas?
pub fn of_scaled_to_zero(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let service = selecting(scene)?;
    let workloads = relation::workloads_of_service(scene.snapshot, service);
    let pods = relation::pods_of_service(scene.snapshot, service);
    let (key, top) = workloads.iter().find(|(key, _)| !wants_pods(scene.snapshot, key)).filter(|_| pods.is_empty())?;
    let scaled = Subject::new(key.kind.name(), &key.namespace, &key.name);
    let names = [("intended", top.name.to_string()), ("target", scaled.for_kubectl().to_string())];
    Some(Found::names(names).seen(evidence::of_object(scaled, "spec.replicas", "0")))
}

/// The Service of the scene, where Kubernetes fills in its endpoints and callers get one address. A headless one only lists
/// the pods that there are.
fn selecting<'a>(scene: &Scene<'a>) -> Option<&'a Service> {
    let Part::Service(service) = scene.part else { return None };
    let is_headless = service.spec.cluster_ip == "None";
    (!service.spec.selector.is_empty() && !is_headless && service.spec.kind != "ExternalName").then_some(service)
}

/// From this likeness on a Service was surely meant for a workload: it has its name, or a label that differs in a letter.
pub const SURELY: usize = 3;

/// The workload that a Service was meant for: of its name, or with labels that differ in one value only.
pub fn intended(snapshot: &Snapshot, service: &Service, least_likeness: usize) -> Option<(Subject, Arc<Labels>)> {
    let kinds = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
    let workloads = kinds.into_iter().flat_map(|kind| snapshot.of_kind::<Workload>(kind));
    let same = workloads.filter(|(key, _)| key.namespace == service.metadata.namespace);
    let likeness = |key: &Key, workload: &Workload| {
        let labels = &workload.spec.template.metadata.labels;
        let shared = service.spec.selector.keys().filter(|name| labels.contains_key(*name)).count();
        let equal = service.spec.selector.iter().filter(|(name, value)| labels.get(*name) == Some(*value)).count();
        let near =
            service.spec.selector.values().any(|value| labels.values().any(|label| levenshtein(value, label) <= 2));
        let named = key.name == service.metadata.name;
        (usize::from(named) * 4 + usize::from(near) * 3 + equal * 2, shared)
    };
    let best = same
        .map(|(key, workload)| (likeness(key, workload), key, workload))
        .max_by_key(|(likeness, key, _)| (*likeness, std::cmp::Reverse((*key).clone())))?;
    let ((score, _), key, workload) = best;
    (score >= least_likeness).then(|| {
        (Subject::new(key.kind.name(), &key.namespace, &key.name), workload.spec.template.metadata.labels.clone())
    })
}

fn matching(labels: &Labels, selector: &Labels) -> Labels {
    let shared: Labels = labels
        .iter()
        .filter(|(name, _)| selector.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if shared.is_empty() { labels.clone() } else { shared }
}

/// The selector that would match, as a patch.
fn patch(selector: &Labels, labels: &Labels) -> String {
    let right = matching(labels, selector);
    let mut pairs: Vec<String> = right.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    pairs.extend(selector.keys().filter(|name| !right.contains_key(*name)).map(|name| format!("\"{name}\":null")));
    format!("{{\"spec\":{{\"selector\":{{{}}}}}}}", pairs.join(","))
}

/// Labels as they are written on a command line.
pub fn in_words(labels: &Labels) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

/// Does a path of the Ingress name a Service or a port that does not exist?
pub fn ingress_leads_nowhere(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Ingress(ingress) = scene.part else { return None };
    let namespace = &ingress.metadata.namespace;
    if scene.snapshot.is_unreadable("services") {
        return None;
    }
    ingress.backends().find_map(|(host, path, backend)| {
        let wanted = &backend.service;
        let service = scene.snapshot.get::<Service>(Kind::Service, namespace, &wanted.name);
        let why = match service {
            _ if wanted.name.is_empty() => return None,
            None => format!("there is no Service {}", wanted.name),
            Some(service) if !has_port(service, wanted) => {
                format!("the Service {} has no port {}", wanted.name, port_in_words(wanted))
            }
            Some(_) => return None,
        };
        let known_services = if service.is_none() { services(scene.snapshot, ingress) } else { String::new() };
        let names = [
            ("backend", wanted.name.to_string()),
            ("port", port_in_words(wanted)),
            ("path", format!("{host}{path}")),
            ("why", why),
            ("known_services", known_services),
            ("known_ports", service.map(ports).unwrap_or_default()),
        ];
        Some(Found::names(names).seen(evidence::of_field(
            scene,
            "spec.rules",
            &format!("{host}{path} → {}:{}", wanted.name, port_in_words(wanted)),
        )))
    })
}

fn has_port(service: &Service, wanted: &IngressService) -> bool {
    let port = &wanted.port;
    service
        .spec
        .ports
        .iter()
        .any(|known| port.number == Some(known.port) || !port.name.is_empty() && known.name == port.name)
}

fn port_in_words(wanted: &IngressService) -> String {
    wanted.port.number.map_or_else(|| wanted.port.name.to_string(), |number| number.to_string())
}

fn ports(service: &Service) -> String {
    service.spec.ports.iter().map(|port| port.port.to_string()).collect::<Vec<_>>().join(", ")
}

fn services(snapshot: &Snapshot, ingress: &crate::snapshot::network::Ingress) -> String {
    let all = snapshot.of_kind::<Service>(Kind::Service).filter(|(key, _)| key.namespace == ingress.metadata.namespace);
    all.map(|(key, _)| key.name.to_string()).collect::<Vec<_>>().join(", ")
}

/// Does nothing lead to the workload, so that its being scaled to 0 hurts nobody? Knative starts its pods on request.
pub fn scaled_to_zero_unused(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Workload(key, workload) = scene.part else { return None };
    let labels = &workload.spec.template.metadata.labels;
    let services = scene.snapshot.of_kind::<Service>(Kind::Service);
    let mut same = services.filter(|(service, _)| service.namespace == key.namespace);
    let on_request = !workload.metadata.label("serving.knative.dev/revision").is_empty();
    let is_used = same.any(|(_, service)| selects(&service.spec.selector, labels));
    (on_request || !is_used).then(|| Found::names([("severity", "info".to_owned())]))
}
