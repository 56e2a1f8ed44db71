//! Host names that a container calls: the Services that they stand for.

use std::collections::BTreeSet;

use strsim::levenshtein;

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::{Found, services};
use crate::diagnosis::scene::{Origin, Scene, Utterance};
use crate::diagnosis::template::Names;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::condition;
use crate::snapshot::network::Service;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Snapshot, relation};

/// The name and namespace of the Service that a host name stands for, called from a namespace. `a.b` is one of that
/// namespace or a name of the internet; `a.b.c.svc` is a pod of a headless Service.
pub fn service_name<'a>(host: &'a str, own: &'a str) -> Option<(&'a str, &'a str)> {
    let host = host.trim_end_matches('.');
    let inner = host.strip_suffix(".cluster.local").unwrap_or(host);
    match inner.split('.').collect::<Vec<_>>()[..] {
        [name] if !matches!(name, "localhost" | "kubernetes" | "") => Some((name, own)),
        [name, namespace] if namespace == own => Some((name, namespace)),
        [name, namespace, "svc"] | [_, name, namespace, "svc"] => Some((name, namespace)),
        _ => None,
    }
}

/// Does {host} stand for a Service of this namespace that does not exist?
pub fn no_service_of_host(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let (snapshot, own) = (scene.snapshot, &scene.pod()?.metadata.namespace);
    let (name, namespace) = service_name(names.get("host")?, own)?;
    let wanted = SafeText::new(name);
    let is_pod = snapshot.get::<Pod>(Kind::Pod, own, &wanted).is_some();
    let exists = snapshot.get::<Service>(Kind::Service, own, &wanted).is_some();
    if namespace != own.as_str() || snapshot.is_unreadable("services") || exists || is_pod {
        return None;
    }
    let known = services_of(snapshot, own);
    let similar = known.iter().find(|known| is_similar(known, name)).map(ToString::to_string).unwrap_or_default();
    let known = known.iter().map(SafeText::as_str).collect::<Vec<_>>().join(", ");
    let listed = if known.is_empty() { "none" } else { &known };
    let seen = evidence::of_object(Subject::new("Namespace", &SafeText::default(), own), "Services", listed);
    let names = [("service", name.to_owned()), ("known_services", known), ("similar_service", similar)];
    Some(Found::names(names).seen(seen))
}

/// The Service of this namespace that {host} stands for, and the name that it is an alias of.
pub fn service_of_host(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let service = service_called(scene, names.get("host")?)?;
    let alias = &service.spec.external_name;
    let found =
        Found::names([("known_service", service.metadata.name.to_string()), ("external_name", alias.to_string())]);
    if alias.is_empty() {
        return Some(found);
    }
    let object = Subject::new("Service", &service.metadata.namespace, &service.metadata.name);
    Some(found.seen(evidence::of_object(object, "spec.externalName", alias)))
}

/// The Services of a namespace, by name.
pub fn services_of(snapshot: &Snapshot, namespace: &SafeText) -> Vec<SafeText> {
    let all = snapshot.of_kind::<Service>(Kind::Service).filter(|(key, _)| key.namespace == *namespace);
    all.map(|(key, _)| key.name.clone()).collect()
}

/// Is a name so near to a known one that it may be meant?
pub fn is_similar(known: &str, name: &str) -> bool {
    levenshtein(known, name) <= 2 || known.contains(name) || name.contains(known)
}

/// The Service without a ready pod that an init container names in its command, where it has run for a while.
pub fn init_waits_for_service(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    /// Seconds after which an init container counts as one that waits.
    const WAITS: i64 = 60;
    let (pod, container, status) = (scene.pod()?, scene.container()?, scene.status()?);
    let is_init = pod.spec.init_containers.iter().any(|init| init.name == container.name);
    let waits = !status.ready && status.state.running.is_some();
    let ran = status.runs_for(scene.snapshot.source.taken_at);
    if !is_init || !waits || ran.is_some_and(|ran| ran < WAITS) {
        return None;
    }
    let command = container.command_line();
    let own = relation::services_of_pod(scene.snapshot, pod);
    let is_own = |host: &str| {
        let named = service_name(host, &pod.metadata.namespace);
        named.is_some_and(|(name, _)| own.iter().any(|service| service.metadata.name == name))
    };
    hosts_in(&command).into_iter().filter(|host| !is_own(host)).find_map(|word| {
        let host = Names::from([("host".into(), SafeText::new(word))]);
        upstream_of_host(scene, &host)?;
        Some(Found { names: host, evidence: vec![evidence::of_field(scene, "command", &command)] })
    })
}

/// The words of a command that are hosts: in addresses and before ports, and alone where the command waits for somebody.
fn hosts_in(command: &str) -> Vec<&str> {
    /// Programs and words of those who wait for a server or look whether it is there.
    const WAITS: [&str; 14] = [
        "nc",
        "ncat",
        "netcat",
        "telnet",
        "curl",
        "wget",
        "until",
        "while",
        "nslookup",
        "dig",
        "getent",
        "pg_isready",
        "ping",
        "redis-cli",
    ];
    let is_between = |c: char| c.is_whitespace() || "\"'`;|&()<>,={}[]".contains(c);
    let words = || command.split(is_between).filter(|word| !word.is_empty());
    let is_waiting = |word: &str| {
        let program = word.rsplit('/').next().unwrap_or(word);
        WAITS.contains(&program) || ["wait", "connect", "isready"].iter().any(|part| program.contains(part))
    };
    let waits = words().any(is_waiting);
    words().filter_map(|word| host_of_word(word, waits)).collect()
}

/// The host in a word of a command; one that stands alone is taken for a host only where `alone` says so.
fn host_of_word(word: &str, alone: bool) -> Option<&str> {
    let is_address = |scheme: &str| {
        matches!(scheme, "http" | "https" | "grpc" | "grpcs" | "tcp" | "ws" | "wss" | "amqp" | "nats")
            || ["redis", "postgres", "mysql", "mongodb", "kafka", "jdbc"].iter().any(|known| scheme.starts_with(known))
    };
    let (place, is_named) = match word.split_once("://") {
        Some((scheme, rest)) if is_address(scheme) => (rest.split(['/', '?']).next()?, true),
        Some(_) => return None,
        None => match word.strip_prefix("/dev/tcp/") {
            Some(rest) => (rest.split('/').next()?, true),
            None => (word, false),
        },
    };
    let place = place.rsplit('@').next()?;
    let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    let has_port = port.is_some_and(|port| port.split('/').next().is_some_and(|port| port.parse::<u16>().is_ok()));
    let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    (is_host && !host.is_empty() && (is_named || has_port || alone && port.is_none())).then_some(host)
}

/// Is what was said of {host} over, since its Service came up by now, or are both still on their way? What this instance
/// says to its last line counts.
pub fn upstream_came_up(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let (pod, status, snapshot) = (scene.pod()?, scene.status()?, scene.snapshot);
    let began = status.state.running.as_ref()?.started_at?;
    let behind = relation::pods_of_service(snapshot, service_called(scene, names.get("host")?)?);
    let turned = |pod: &&Pod| condition(&pod.status.conditions, "Ready")?.last_transition_time;
    let Some(ready) = behind.iter().copied().filter(|pod| pod.is_ready()).filter_map(|pod| turned(&pod)).min() else {
        let is_first = status.restart_count == 0 && !services::is_late(snapshot, pod);
        let on_its_way = |pod: &&Pod| pod.is_scheduled() && !services::is_late(snapshot, pod);
        return (is_first && !behind.is_empty() && behind.iter().all(on_its_way)).then(Found::default);
    };
    let host = names.get("host")?;
    let more = scene.utterances.iter().filter_map(|said| lines_after(snapshot, said, host)).min();
    let is_over = if let Some(more) = more {
        // Since then it has gone on.
        ready > began && more > 1 && status.runs_for(snapshot.source.taken_at) > Some(GOES_ON)
    } else {
        let ended = status.last_state.terminated.as_ref()?.finished_at?;
        status.ready || ready > ended
    };
    is_over.then(Found::default)
}

/// Seconds for which a server must have run to be believed that it goes on.
const GOES_ON: i64 = 60;

/// How many lines the present instance wrote after it spoke of a host.
fn lines_after(snapshot: &Snapshot, said: &Utterance<'_>, host: &str) -> Option<u64> {
    let Origin::Log { key, record } = said.origin else { return None };
    let log = snapshot.log(key).filter(|_| !key.previous && said.text.contains(host))?;
    Some(log.lines.saturating_sub(record.place.seen))
}

/// The Service that a host name stands for, as the container calls it.
fn service_called<'a>(scene: &Scene<'a>, host: &str) -> Option<&'a Service> {
    let (name, namespace) = service_name(host, &scene.pod()?.metadata.namespace)?;
    scene.snapshot.get::<Service>(Kind::Service, &SafeText::new(namespace), &SafeText::new(name))
}

/// The Service of this namespace that {host} stands for, where none of its pods is ready.
pub fn upstream_of_host(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let snapshot = scene.snapshot;
    let host = names.get("host").map(SafeText::as_str).or_else(|| only_dead_host(scene))?;
    let service = service_called(scene, host)?;
    let pods = relation::pods_of_service(snapshot, service);
    if service.spec.selector.is_empty() || relation::has_ready_pods(snapshot, service) {
        return None;
    }
    let own = Subject::new("Service", &service.metadata.namespace, &service.metadata.name);
    let behind = relation::workloads_of_service(snapshot, service).into_iter().next();
    let wanted = behind.as_ref().and_then(|(key, _)| snapshot.by_key::<Workload>(key)?.spec.replicas);
    let pods = wanted.unwrap_or(0).max(i64::try_from(pods.len()).unwrap_or(0));
    let upstream = behind.map_or_else(|| own.clone(), |(_, top)| top);
    let (upstream, ready) = (upstream.for_kubectl().to_string(), format!("0 of {pods}"));
    let seen = evidence::of_object(own, "ready pods", &ready);
    let host = if names.contains_key("host") { String::new() } else { host.to_owned() };
    Some(Found::names([("upstream", upstream), ("upstream_ready", ready), ("host", host)]).seen(seen))
}

/// Of the hosts in the settings of a container the one whose Service has no ready pod; nothing where several have none.
fn only_dead_host<'a>(scene: &Scene<'a>) -> Option<&'a str> {
    let values = scene.container()?.env.iter().filter_map(|variable| variable.value.as_ref());
    let hosts = values.filter_map(|value| host_of_word(value, false));
    let is_dead = |host: &&str| {
        let called = service_called(scene, host);
        called.is_some_and(|service| {
            !service.spec.selector.is_empty() && !relation::has_ready_pods(scene.snapshot, service)
        })
    };
    let dead: BTreeSet<&str> = hosts.filter(is_dead).collect();
    if dead.len() == 1 { dead.into_iter().next() } else { None }
}
