//! Ports: on which the server says it listens, which the probes ask, and to which the Services send.

use std::collections::BTreeSet;

use crate::diagnosis::assessment::Evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, present, sign, stack};
use crate::snapshot::LogKey;
use crate::snapshot::container::{Container, Probe};
use crate::snapshot::event::Event;
use crate::snapshot::network::{Service, ServicePort};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;

/// A port on which a server says that it listens; 0 where the line names an address only.
struct Listening {
    host: String,
    port: i64,
    seen: Evidence,
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
fn is_behind_proxy(scene: &Scene<'_>, pod: &Pod, ports: &[Listening]) -> bool {
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
    let loopback = |listening: &Listening| matches!(listening.host.as_str(), "127.0.0.1" | "localhost" | "::1");
    // TensorFlow Serving and BentoML write localhost and listen on every address.
    let honest =
        !matches!(stack::of_pod(pod), "tf-serving" | "bentoml") && !ports.iter().any(|listening| !loopback(listening));
    if !honest || is_behind_proxy(scene, pod, &ports) {
        return None;
    }
    let first = ports.into_iter().next()?;
    let asked = asked_ports(scene, pod, container).contains(&first.port)
        || container.ports.iter().any(|port| port.container_port == first.port);
    asked.then(|| Found::names([("host", first.host), ("port", first.port.to_string())]).seen(first.seen))
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

fn target(port: &ServicePort, container: &Container) -> Option<i64> {
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
    let patch = patch(pod, container, &wrong, ports.first()?.port);
    let probe = wrong.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and ");
    let listening = ports.iter().map(|listening| listening.port.to_string()).collect::<Vec<_>>().join(", ");
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

/// Does somebody answer where a probe asks, if only with an error? Then the log does not name every port.
fn is_answered(scene: &Scene<'_>, probe: &str) -> bool {
    let is_of_probe = |event: &&Event| event.message.to_lowercase().starts_with(probe);
    let last = scene.events().filter(|event| event.reason == "Unhealthy").filter(is_of_probe).last();
    last.is_some_and(|event| event.message.contains("statuscode"))
}

/// A JSON patch that lets the probes of a container of the pod template ask the port.
fn patch(pod: &Pod, container: &Container, probes: &[(&str, i64)], port: i64) -> String {
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
    let paths = probes.iter().filter_map(|(name, _)| path(name));
    let steps = paths.map(|path| format!("{{\"op\":\"replace\",\"path\":\"{path}\",\"value\":{port}}}"));
    format!("[{}]", steps.collect::<Vec<_>>().join(","))
}

/// Does the Service send to a port on which no container of its pods listens?
pub fn service_sends_to_other_port(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Service(service) = scene.part else { return None };
    let pods = relation::pods_of_service(scene.snapshot, service);
    let pod = pods.iter().find(|pod| pod.is_ready())?;
    service.spec.ports.iter().enumerate().find_map(|(index, port)| wrong_target(scene, service, pod, (index, port)))
}

fn wrong_target(
    scene: &Scene<'_>,
    service: &Service,
    pod: &Pod,
    (index, port): (usize, &ServicePort),
) -> Option<Found> {
    let written = port.target_port.as_ref().map_or_else(|| port.port.to_string(), |target| target.0.to_string());
    let number = pod.spec.containers.iter().find_map(|container| target(port, container));
    let by_container: Vec<(&Container, Vec<Listening>)> =
        pod.spec.containers.iter().map(|container| (container, ports_of(scene, pod, container))).collect();
    let declared: BTreeSet<i64> =
        pod.spec.containers.iter().flat_map(|container| &container.ports).map(|port| port.container_port).collect();
    let is_open = |number: i64| by_container.iter().any(|(container, heard)| is_open(container, heard, number));
    let open_to_all = number.is_some_and(is_open);
    let heard: Vec<Listening> = by_container.into_iter().flat_map(|(_, heard)| heard).collect();
    if is_behind_proxy(scene, pod, &heard)
        && number.is_some_and(|number| declared.is_empty() || declared.contains(&number))
    {
        return None;
    }
    let speaks = |number: i64| heard.iter().find(|listening| listening.port == number).is_some_and(speaks_grpc);
    let misheard = number.is_some_and(&speaks) && wants_http(port) && heard.iter().any(|other| !speaks_grpc(other));
    let believed = !heard.is_empty() || service.spec.ports.len() == 1 && pod.spec.containers.len() == 1;
    if open_to_all && !misheard || declared.is_empty() && heard.is_empty() || number.is_some() && !believed {
        return None;
    }
    let open: BTreeSet<i64> =
        if heard.is_empty() { declared } else { heard.iter().map(|listening| listening.port).collect() };
    let listening = open.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let best = best_port(&open).map(|port| port.to_string()).unwrap_or_default();
    let names = [
        ("port", port.port.to_string()),
        ("target_port", written.clone()),
        ("listening", listening),
        ("index", index.to_string()),
        ("right_port", best),
        ("grpc_port", if misheard { written.clone() } else { String::new() }),
        ("node_port", port.node_port.map(|port| port.to_string()).unwrap_or_default()),
    ];
    let field = |name: &str| format!("spec.ports[{index}].{name}");
    let mut found = Found::names(names).seen(evidence::of_field(scene, &field("targetPort"), &written));
    let outside = port.node_port.map(|port| evidence::of_field(scene, &field("nodePort"), &port.to_string()));
    found.evidence.extend(outside);
    found.evidence.extend(heard.into_iter().map(|listening| listening.seen));
    let own = service.metadata.name.clone();
    found.names.insert("service".into(), own);
    Some(found)
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

/// The ports that a container names in its log.
fn ports_of(scene: &Scene<'_>, pod: &Pod, container: &Container) -> Vec<Listening> {
    let mut ports = listening(scene, pod, container);
    ports.retain(|listening| listening.port > 0);
    ports
}

/// Does a container that is ready listen on the port? It does where its readiness probe asks it, where its log says so,
/// and where it declares the port and its log names none.
fn is_open(container: &Container, heard: &[Listening], number: i64) -> bool {
    let asked = container.readiness_probe.as_ref().and_then(|probe| probe.port()?.number(&container.ports));
    let is_declared = container.ports.iter().any(|port| port.container_port == number);
    asked == Some(number) || heard.iter().any(|listening| listening.port == number) || heard.is_empty() && is_declared
}

/// Of several open ports the one for HTTP: TensorFlow Serving opens 8500 for gRPC and 8501 for REST.
fn best_port(open: &BTreeSet<i64>) -> Option<i64> {
    open.get(&8501).or_else(|| open.iter().next()).copied()
}
