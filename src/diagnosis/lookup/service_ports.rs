//! The ports to which Services send, and whether a server listens there.

use std::collections::BTreeSet;

use crate::diagnosis::lookup::Found;
use crate::diagnosis::lookup::ports::{
    Listening, declared_in_words, is_behind_proxy, is_declared, ports_of, servers, target,
};
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, sign, stack};
use crate::snapshot::LogKey;
use crate::snapshot::container::Container;
use crate::snapshot::network::{Service, ServicePort};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// Does the Service send to a port on which no container of its pods listens?
pub fn service_sends_to_other_port(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Service(service) = scene.part else { return None };
    let pods = relation::pods_of_service(scene.snapshot, service);
    let pod = pods.iter().find(|pod| pod.is_ready())?;
    service.spec.ports.iter().enumerate().find_map(|(index, port)| wrong_target(scene, service, pod, (index, port)))
}

/// What is known of the ports of a pod.
struct Ports<'a> {
    by_container: Vec<(&'a Container, Vec<Listening>)>,
    declared: BTreeSet<i64>,
    heard: Vec<Listening>,
}

impl<'a> Ports<'a> {
    fn of(scene: &Scene<'_>, pod: &'a Pod) -> Self {
        let by_container: Vec<(&Container, Vec<Listening>)> =
            servers(pod).map(|container| (container, ports_of(scene, pod, container))).collect();
        let declared = servers(pod).flat_map(|container| &container.ports).map(|port| port.container_port).collect();
        let heard = by_container.iter().flat_map(|(_, heard)| heard.clone()).collect();
        Ports { by_container, declared, heard }
    }

    fn is_open(&self, number: i64) -> bool {
        self.by_container.iter().any(|(container, heard)| is_open(container, heard, number))
    }

    /// Does the server speak gRPC there, and HTTP elsewhere?
    fn is_grpc_beside_http(&self, number: i64) -> bool {
        self.heard.iter().any(|listening| listening.port == number && speaks_grpc(listening))
            && self.heard.iter().any(|other| !speaks_grpc(other))
    }

    /// Is it one of several ports of a server that names only the others in its log? Then all that it names have their
    /// place in the template or in the Service.
    fn is_one_of_several(&self, service: &Service, port: &ServicePort, number: i64) -> bool {
        /// What the ports are called that a server has beside that for requests.
        const BESIDE: [&str; 5] = ["metric", "prom", "grpc", "admin", "management"];
        let others = service.spec.ports.iter().filter(|other| other.port != port.port);
        let sent_to = others.filter_map(|other| {
            let mut numbers = self.by_container.iter().filter_map(|(container, _)| target(other, container));
            numbers.next()
        });
        let sent_to: BTreeSet<i64> = sent_to.filter(|other| *other != number && self.is_open(*other)).collect();
        let has_place = |heard: &Listening| {
            self.declared.contains(&heard.port) || sent_to.contains(&heard.port) || heard.is_loopback()
        };
        let is_beside = BESIDE.iter().any(|name| port.name.contains(name));
        let other_is_open = self.declared.iter().any(|other| *other != number && self.is_open(*other));
        self.heard.iter().all(has_place)
            && (self.declared.contains(&number) && (other_is_open || !sent_to.is_empty())
                || is_beside && !sent_to.is_empty())
    }
}

fn wrong_target(
    scene: &Scene<'_>,
    service: &Service,
    pod: &Pod,
    (index, port): (usize, &ServicePort),
) -> Option<Found> {
    let number = servers(pod).find_map(|container| target(port, container));
    let ports = Ports::of(scene, pod);
    let (declared, heard) = (&ports.declared, &ports.heard);
    if let Some(number) = number {
        let is_behind = is_behind_proxy(scene, pod, heard) && (declared.is_empty() || declared.contains(&number));
        let misheard = ports.is_grpc_beside_http(number) && wants_http(port);
        let is_in_front = declared.contains(&number) && heard.iter().all(Listening::is_loopback) && answers(scene, pod);
        let is_open = ports.is_open(number) || is_in_front || ports.is_one_of_several(service, port, number);
        let is_well = is_open && !misheard;
        let believed = !heard.is_empty() || service.spec.ports.len() == 1 && pod.spec.containers.len() == 1;
        if is_behind || is_well || !believed {
            return None;
        }
    }
    let is_known = !declared.is_empty() || !heard.is_empty();
    is_known.then(|| told(scene, pod, &ports, (index, port), number))
}

/// The names and quotations of a port of a Service that leads nowhere.
fn told(
    scene: &Scene<'_>,
    pod: &Pod,
    ports: &Ports<'_>,
    (index, port): (usize, &ServicePort),
    number: Option<i64>,
) -> Found {
    let written = port.target_port.as_ref().map_or_else(|| port.port.to_string(), |target| target.0.to_string());
    let heard: BTreeSet<i64> = ports.heard.iter().map(|listening| listening.port).collect();
    let open = if heard.is_empty() { &ports.declared } else { &heard };
    let listening = open.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let misheard = number.is_some_and(|number| ports.is_grpc_beside_http(number)) && wants_http(port);
    let only = |text: &str, holds: bool| if holds { text.to_owned() } else { String::new() };
    let names = [
        ("port", port.port.to_string()),
        ("target_port", written.clone()),
        ("listening", only(&listening, number.is_some())),
        ("index", index.to_string()),
        ("right_port", best_port(open).map(|port| port.to_string()).unwrap_or_default()),
        ("grpc_port", only(&written, misheard)),
        ("rest_port", only("8501", stack::of_pod(pod) == "tf-serving")),
        ("node_port", port.node_port.map(|port| port.to_string()).unwrap_or_default()),
    ];
    let field = |name: &str| format!("spec.ports[{index}].{name}");
    let mut found = Found::names(names).seen(evidence::of_field(scene, &field("targetPort"), &written));
    let outside = port.node_port.map(|port| evidence::of_field(scene, &field("nodePort"), &port.to_string()));
    found.evidence.extend(outside);
    if number.is_none() {
        let unknown = unknown_name(pod, &written, open);
        found.names.extend(unknown.names);
        found.evidence.extend(unknown.evidence);
    }
    found.evidence.extend(ports.heard.iter().map(|listening| listening.seen.clone()));
    let Part::Service(service) = scene.part else { return found };
    found.names.insert("service".into(), service.metadata.name.clone());
    found
}

/// Does the pod answer callers? Then who listens to the pod alone is asked by another server in it.
fn answers(scene: &Scene<'_>, pod: &Pod) -> bool {
    let keys = pod.spec.containers.iter().map(|container| LogKey::of(&pod.metadata, &container.name, false));
    keys.into_iter().any(|key| scene.snapshot.log(&key).is_some_and(sign::answers))
}

/// What the pod calls its ports, where a Service sends to one by a name that it does not have.
fn unknown_name(pod: &Pod, name: &str, open: &BTreeSet<i64>) -> Found {
    let declared = servers(pod).map(declared_in_words).filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
    let mut named = servers(pod).flat_map(|container| &container.ports).filter(|port| !port.name.is_empty());
    let right = named.find(|port| open.contains(&port.container_port)).map(|port| format!("\"{}\"", port.name));
    let mut names = vec![("port_name", name.to_owned()), ("declared", declared.clone())];
    names.extend(right.map(|right| ("right_port", right)));
    let mut found = Found::default();
    let bound = names.into_iter().filter(|(_, value)| !value.is_empty());
    found.names = bound.map(|(name, value)| (name.into(), SafeText::new(&value))).collect();
    let object = Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
    let declared = if declared.is_empty() { "none" } else { &declared };
    found.seen(evidence::of_object(object, "spec.containers[*].ports", declared))
}

/// Does the line that names a port say that gRPC is spoken there?
fn speaks_grpc(listening: &Listening) -> bool {
    listening.seen.text.to_lowercase().contains("grpc")
}

/// Do callers of a Service's port expect HTTP? TensorFlow Serving has 8500 for gRPC.
fn wants_http(port: &ServicePort) -> bool {
    let is_named = port.name.contains("grpc") || matches!(port.app_protocol.as_str(), "grpc" | "kubernetes.io/h2c");
    port.port != 8500 && !is_named
}

/// Does a container that is ready listen on the port? It does where its readiness probe asks it, where its log says so,
/// and where it declares the port and its log names none.
fn is_open(container: &Container, heard: &[Listening], number: i64) -> bool {
    let asked = container.readiness_probe.as_ref().and_then(|probe| probe.port()?.number(&container.ports));
    asked == Some(number)
        || heard.iter().any(|listening| listening.port == number)
        || heard.is_empty() && is_declared(container, number)
}

/// Of several open ports the one for HTTP: TensorFlow Serving opens 8500 for gRPC and 8501 for REST.
fn best_port(open: &BTreeSet<i64>) -> Option<i64> {
    open.get(&8501).or_else(|| open.iter().next()).copied()
}
