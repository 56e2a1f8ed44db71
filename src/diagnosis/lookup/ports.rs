//! Ports: on which the server says it listens, and which the probes ask.

use std::collections::BTreeSet;

use crate::diagnosis::assessment::Evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, present, sign, stack};
use crate::snapshot::LogKey;
use crate::snapshot::container::{Container, Probe};
use crate::snapshot::event::Event;
use crate::snapshot::network::ServicePort;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;

/// A port on which a server says that it listens; 0 where the line names an address only.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The address.
    pub host: String,
    /// The port.
    pub port: i64,
    /// Where it says so.
    pub seen: Evidence,
}

impl Listening {
    /// Does it listen to its own pod only?
    pub fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "127.0.0.1" | "localhost" | "::1")
    }
}

/// The ports on which a container says that it listens, by the last log that tells.
fn listening(scene: &Scene<'_>, pod: &Pod, container: &Container) -> Vec<Listening> {
    let key = |previous| LogKey::of(&pod.metadata, &container.name, previous);
    for key in [key(false), key(true)] {
        let Some(log) = scene.snapshot.log(&key) else { continue };
        let signs = sign::signs(log, scene.catalogue);
        let ports = signs.iter().filter(|seen| seen.sign == Sign::Listening).filter_map(|seen| {
            let record = &log.records[seen.record];
            let port = seen.names.get("port").and_then(|port| port.parse().ok()).unwrap_or(0);
            let host = seen.names.get("host").map(ToString::to_string).unwrap_or_default();
            let quote = evidence::of_record(&key, record, &record.text, &seen.span).into_iter().next()?;
            Some(Listening { host, port, seen: quote })
        });
        let ports: Vec<Listening> = ports.collect();
        if !ports.is_empty() {
            return ports;
        }
    }
    Vec::new()
}

/// Does another server in the same container stand before the one that writes the log? Then its port says nothing.
/// Azure ML has its server on 31311, before that on 9090, and MLflow on 8000, unless it was told to do without nginx.
pub fn is_behind_proxy(scene: &Scene<'_>, pod: &Pod, ports: &[Listening]) -> bool {
    let stack = stack::of_pod(pod);
    let is_azureml = stack.starts_with("azureml");
    let inner = |wanted: i64| ports.iter().any(|listening| listening.port == wanted);
    let is_off = |container: &Container| {
        container.env_value("DISABLE_NGINX").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    // A proxy is there before the server behind it, and answers for it.
    let without_proxy = || pod.spec.containers.iter().any(is_off) || probes_said(scene, "connection refused");
    inner(31311) || is_azureml && inner(9090) || (is_azureml || stack == "mlflow") && inner(8000) && !without_proxy()
}

/// Does an event that still counts say this of a failed probe?
fn probes_said(scene: &Scene<'_>, words: &str) -> bool {
    let now = scene.snapshot.source.taken_at;
    let counts = |event: &Event| scene.pod().is_some_and(|pod| present::counts(event, pod, now));
    let says = |event: &Event| event.reason == "Unhealthy" && event.message.contains(words);
    scene.events().any(|event| says(event) && counts(event))
}

/// The first port on which the container says that it listens.
pub fn listening_port(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let ports = listening(scene, scene.pod()?, scene.container()?);
    let first = ports.into_iter().find(|listening| listening.port > 0)?;
    Some(Found::names([("listening", first.port.to_string()), ("host", first.host)]).seen(first.seen))
}

/// Does the server listen on 127.0.0.1 only, where neither probes nor Services reach it?
pub fn server_binds_loopback(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    let ports = listening(scene, pod, container);
    if ports.is_empty() {
        return None;
    }
    if !ports.iter().all(Listening::is_loopback) || is_behind_proxy(scene, pod, &ports) {
        return None;
    }
    let first = ports.into_iter().next()?;
    let is_asked = asked_ports(scene, pod, container).contains(&first.port) && !answers_its_probe(scene, first.port);
    let is_meant = is_asked || is_declared(container, first.port) && !others_take_calls(scene, pod, container);
    is_meant.then(|| Found::names([("host", first.host), ("port", first.port.to_string())]).seen(first.seen))
}

/// Does the kubelet, which asks from outside, get an answer from the port?
fn answers_its_probe(scene: &Scene<'_>, port: i64) -> bool {
    let asked = |container: &Container| container.readiness_probe.as_ref()?.port()?.number(&container.ports);
    scene.status().is_some_and(|status| status.ready) && scene.container().and_then(asked) == Some(port)
}

/// Does a container say in its template that it listens on the port?
pub fn is_declared(container: &Container, port: i64) -> bool {
    container.ports.iter().any(|declared| declared.container_port == port)
}

/// Do the calls come to another container of the pod, such as a proxy, which hands them on inside the pod?
fn others_take_calls(scene: &Scene<'_>, pod: &Pod, container: &Container) -> bool {
    let services = relation::services_of_pod(scene.snapshot, pod);
    let sent_to = |other: &Container| {
        let targets = services.iter().flat_map(|service| &service.spec.ports).filter_map(|port| target(port, other));
        targets.into_iter().any(|port| is_declared(other, port))
    };
    let mut others = servers(pod).filter(|other| other.name != container.name);
    others.any(|other| probes(other).next().is_some() || sent_to(other))
}

/// The containers that run side by side: sidecars may be init containers.
pub fn servers(pod: &Pod) -> impl Iterator<Item = &Container> {
    let sidecars = pod.spec.init_containers.iter().filter(|init| init.restart_policy == "Always");
    pod.spec.containers.iter().chain(sidecars)
}

/// The ports that probes and Services ask.
fn asked_ports(scene: &Scene<'_>, pod: &Pod, container: &Container) -> BTreeSet<i64> {
    let probes = probes(container).filter_map(|(_, probe)| probe.port()?.number(&container.ports));
    let services = relation::services_of_pod(scene.snapshot, pod);
    let targets = services.iter().flat_map(|service| &service.spec.ports).filter_map(|port| target(port, container));
    probes.chain(targets).collect()
}

fn probes(container: &Container) -> impl Iterator<Item = (&'static str, &Probe)> {
    let all = [
        ("startup", &container.startup_probe),
        ("readiness", &container.readiness_probe),
        ("liveness", &container.liveness_probe),
    ];
    all.into_iter().filter_map(|(name, probe)| probe.as_ref().map(|probe| (name, probe)))
}

/// The number of the port of a container that a Service sends to.
pub fn target(port: &ServicePort, container: &Container) -> Option<i64> {
    port.target_port.as_ref().map_or(Some(port.port), |target| target.number(&container.ports))
}

/// Does a probe ask a port on which the server does not listen, while it listens on another?
pub fn probe_asks_other_port(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    if scene.status().is_some_and(|status| status.ready) {
        return None;
    }
    let ports = ports_of(scene, pod, container);
    if ports.is_empty() || is_behind_proxy(scene, pod, &ports) {
        return None;
    }
    let open = |port: i64| ports.iter().any(|listening| listening.port == port);
    let wrong: Vec<(&str, i64)> = probes(container)
        .filter_map(|(name, probe)| Some((name, probe.port()?.number(&container.ports)?)))
        .filter(|(name, port)| !open(*port) && !is_answered(scene, name))
        .collect();
    let (_, port) = *wrong.first()?;
    let names: Vec<&str> = wrong.iter().map(|(name, _)| *name).collect();
    let patch = patch(pod, container, &names, &ports.first()?.port.to_string());
    let probe = names.join(" and ");
    let listening = in_words(&ports);
    let first = ports.into_iter().next()?;
    let field = format!("{}Probe", wrong.first()?.0);
    let found = Found::names([
        ("probe", probe),
        ("probe_port", port.to_string()),
        ("listening", listening),
        ("first_listening", first.port.to_string()),
        ("patch", patch),
    ]);
    Some(found.seen(evidence::of_field(scene, &format!("{field}.port"), &port.to_string())).seen(first.seen))
}

/// Does a probe ask a port by a name that no port of the container has? The kubelet looks for it in that container only.
pub fn probe_names_no_port(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    let waits = scene.status().is_some_and(|status| !status.ready && status.state.running.is_some());
    let unknown = |probe: &Probe| {
        let port = probe.port().filter(|port| !port.0.is_empty())?;
        port.number(&container.ports).is_none().then(|| port.0.to_string())
    };
    let wrong: Vec<(&str, String)> =
        probes(container).filter_map(|(name, probe)| Some((name, unknown(probe)?))).collect();
    // One that the kubelet cannot make ends no container.
    let (probe, name) = wrong.iter().find(|(probe, _)| *probe != "liveness").filter(|_| waits)?;
    let heard = ports_of(scene, pod, container);
    let right = right_port(container, &heard).unwrap_or_default();
    let probes: Vec<&str> = wrong.iter().map(|(probe, _)| *probe).collect();
    let patch = if right.is_empty() { String::new() } else { patch(pod, container, &probes, &right) };
    let declared = declared_in_words(container);
    let names = [
        ("probe", probes.join(" and ")),
        ("port_name", name.clone()),
        ("declared", declared.clone()),
        ("right_port", right.trim_matches('"').to_owned()),
        ("patch", patch),
    ];
    let mut found = Found::names(names).seen(evidence::of_field(scene, &format!("{probe}Probe.port"), name));
    let declared = if declared.is_empty() { "none" } else { &declared };
    found.evidence.push(evidence::of_field(scene, "ports", declared));
    found.evidence.extend(heard.into_iter().map(|listening| listening.seen));
    Some(found)
}

/// The port that a probe should ask, as it is written in JSON: the name or number of the one that the server listens on,
/// else of the first of the container.
fn right_port(container: &Container, heard: &[Listening]) -> Option<String> {
    let is_heard = |port: i64| heard.iter().any(|listening| listening.port == port);
    let declared = container.ports.iter().find(|port| is_heard(port.container_port));
    let declared = declared.or(container.ports.first().filter(|_| heard.is_empty()));
    let declared = declared
        .map(|port| if port.name.is_empty() { port.container_port.to_string() } else { format!("\"{}\"", port.name) });
    declared.or(heard.first().map(|listening| listening.port.to_string()))
}

/// `web (8000), 9000`
pub fn declared_in_words(container: &Container) -> String {
    let words = container.ports.iter().map(|port| {
        if port.name.is_empty() {
            port.container_port.to_string()
        } else {
            format!("{} ({})", port.name, port.container_port)
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Does the queue-proxy of Knative, which asks and calls the server inside the pod, use a port on which it does not listen?
pub fn knative_asks_other_port(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    let proxy = pod.spec.containers.iter().find(|other| other.name == "queue-proxy" && other.name != container.name)?;
    let waits = pod.container_status(&proxy.name).is_some_and(|status| !status.ready && status.state.running.is_some());
    let own = container.ports.iter().find(|port| matches!(port.name.as_str(), "user-port" | "http1" | "h2c"));
    let told = proxy.env_value("USER_PORT").and_then(|port| port.parse().ok());
    let asked: i64 = told.or(own.map(|port| port.container_port)).filter(|_| waits && is_the_server(pod, container))?;
    let heard = ports_of(scene, pod, container);
    if heard.is_empty() || heard.iter().any(|listening| listening.port == asked) {
        return None;
    }
    let index = pod.spec.containers.iter().position(|other| other.name == container.name)?;
    let service = if pod.metadata.label("serving.kserve.io/inferenceservice").is_empty() {
        pod.metadata.label("serving.knative.dev/service").to_owned()
    } else {
        String::new()
    };
    let names = [
        ("knative_port", asked.to_string()),
        ("listening", in_words(&heard)),
        ("first_listening", heard.first()?.port.to_string()),
        ("knative_service", service),
        ("index", index.to_string()),
    ];
    let object = Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
    let seen = evidence::of_object(object, "env.USER_PORT", &asked.to_string());
    let seen = Evidence { container: Some(proxy.name.clone()), ..seen };
    let mut found = Found::names(names).seen(seen);
    found.evidence.extend(heard.into_iter().map(|listening| listening.seen));
    Some(found)
}

/// Is it the container that Knative sends requests to: the one with a port, or the only one beside the proxy?
fn is_the_server(pod: &Pod, container: &Container) -> bool {
    let others = pod.spec.containers.iter().filter(|other| other.name != "queue-proxy" && other.name != container.name);
    !container.ports.is_empty() || others.count() == 0
}

/// Does somebody answer where a probe asks, if only with an error? Then the log does not name every port.
fn is_answered(scene: &Scene<'_>, probe: &str) -> bool {
    let is_of_probe = |event: &&Event| event.message.to_lowercase().starts_with(probe);
    let last = scene.events().filter(|event| event.reason == "Unhealthy").filter(is_of_probe).last();
    last.is_some_and(|event| event.message.contains("statuscode"))
}

/// The ports that were heard, with commas.
fn in_words(ports: &[Listening]) -> String {
    ports.iter().map(|listening| listening.port.to_string()).collect::<Vec<_>>().join(", ")
}

/// A JSON patch that lets the probes of a container of the pod template ask the port.
fn patch(pod: &Pod, container: &Container, probes: &[&str], port: &str) -> String {
    let index = pod.spec.containers.iter().position(|other| other.name == container.name);
    let Some(index) = index else { return String::new() };
    let handler = |probe: &Probe| {
        if probe.http_get.is_some() {
            "httpGet"
        } else if probe.tcp_socket.is_some() {
            "tcpSocket"
        } else {
            "grpc"
        }
    };
    let path = |name: &str| {
        let (_, probe) = self::probes(container).find(|(other, _)| *other == name)?;
        Some(format!("/spec/template/spec/containers/{index}/{name}Probe/{}/port", handler(probe)))
    };
    let paths = probes.iter().filter_map(|name| path(name));
    let steps = paths.map(|path| format!("{{\"op\":\"replace\",\"path\":\"{path}\",\"value\":{port}}}"));
    format!("[{}]", steps.collect::<Vec<_>>().join(","))
}

/// The ports that a container names in its log.
pub fn ports_of(scene: &Scene<'_>, pod: &Pod, container: &Container) -> Vec<Listening> {
    let mut ports = listening(scene, pod, container);
    ports.retain(|listening| listening.port > 0);
    ports
}
