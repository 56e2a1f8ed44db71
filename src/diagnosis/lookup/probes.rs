//! Containers that a probe ended.

use crate::diagnosis::lookup::Found;
use crate::diagnosis::lookup::errors;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::diagnosis::{deadline, evidence, revision, sign, span};
use crate::snapshot::container::{Container, ContainerStatus, Probe, Terminated};
use crate::snapshot::event::Event;
use crate::snapshot::meta::condition;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// Exit codes of a container that was asked to end: it ended well, or by SIGTERM, or by SIGKILL after the grace period.
const ASKED_TO_END: [i64; 3] = [0, 137, 143];

/// Did a liveness or startup probe end the container? An event says so, or the times of its life do.
pub fn killed_by_probe(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (container, status) = (scene.container()?, scene.status()?);
    let end = status.last_end()?;
    let named = [("startup", &container.startup_probe), ("liveness", &container.liveness_probe)];
    let probes: Vec<(&str, &Probe)> =
        named.into_iter().filter_map(|(name, probe)| probe.as_ref().map(|probe| (name, probe))).collect();
    let is_settled = status.is_settled(scene.snapshot.source.taken_at);
    if is_settled || end.reason == "OOMKilled" || !ASKED_TO_END.contains(&end.exit_code) {
        return None;
    }
    let killing =
        scene.events().find(|event| event.reason == "Killing" && event.message.contains("probe, will be restarted"));
    let by_event = killing.and_then(|event| probes.iter().find(|(name, _)| event.message.contains(name)));
    let (name, probe) = by_event.or_else(|| probes.iter().find(|(_, probe)| fits(probe, end) && !was_ready(scene)))?;
    let mut found = Found::names([("probe", (*name).to_owned()), ("budget", format!("{} s", probe.budget_seconds()))]);
    found.evidence.extend(killing.map(|event| quoted(scene, event)));
    found.evidence.push(evidence::of_field(scene, &format!("{name}Probe"), &in_words(probe)));
    Some(found)
}

fn quoted(scene: &Scene<'_>, event: &Event) -> crate::diagnosis::assessment::Evidence {
    evidence::of_event(event, Subject { container: None, ..scene.subject.clone() })
}

/// Did the container end when the probe's patience was over (and, after SIGTERM was ignored, the grace period)?
fn fits(probe: &Probe, end: &Terminated) -> bool {
    /// A kubelet is late by a check or two, and waits for the process to end.
    const SLACK: i64 = 45;
    /// A server that ends well when it is asked to is quick.
    const QUICK: i64 = 15;
    let slack = if end.exit_code == 0 { QUICK } else { SLACK };
    let ran = end.started_at.zip(end.finished_at).map(|(from, to)| to.as_second() - from.as_second());
    let budget = probe.budget_seconds();
    ran.is_some_and(|ran| ran + probe.period_seconds.unwrap_or(10) >= budget && ran <= budget + slack)
}

/// May a probe have ended it, by the times of its life?
pub fn may_have_ended(container: &Container, end: &Terminated) -> bool {
    [&container.startup_probe, &container.liveness_probe].into_iter().flatten().any(|probe| fits(probe, end))
}

/// Did a server that ended well say that it was ready? Then its probe had let it be.
fn was_ready(scene: &Scene<'_>) -> bool {
    let ready = |seen: &sign::Seen<'_>| seen.sign == Sign::Ready;
    let ended_well = scene.status().and_then(ContainerStatus::last_end).is_some_and(|end| end.exit_code == 0);
    ended_well && errors::logs(scene).iter().any(|(_, log)| sign::signs(log, scene.catalogue).iter().any(ready))
}

fn in_words(probe: &Probe) -> String {
    format!(
        "initialDelaySeconds {}, periodSeconds {}, failureThreshold {}: {} s in all",
        probe.initial_delay_seconds,
        probe.period_seconds.unwrap_or(10),
        probe.failure_threshold.unwrap_or(3),
        probe.budget_seconds()
    )
}

/// Did a probe end the container while it still loaded, without an error in its log and before it was ever ready?
pub fn killed_while_loading(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let mut found = killed_by_probe(scene, names)?;
    let end = scene.status()?.last_end()?;
    let logs = errors::logs(scene);
    let (key, log) = logs.iter().rev().find(|(_, log)| !log.is_empty())?;
    let signs = sign::signs(log, scene.catalogue);
    let well =
        sign::last_well(log, &signs) > 0 || signs.iter().any(|seen| matches!(seen.sign, Sign::Ready | Sign::Loaded));
    let failed =
        log.records.iter().any(|record| record.is_alarming() && !record.raised.is_empty() && record.is_traceback);
    if well || failed {
        return None;
    }
    let ran = end.started_at.zip(end.finished_at).map(|(from, to)| format!("{} s", to.as_second() - from.as_second()));
    found.names.extend(Found::names([("ran_for", ran.unwrap_or_default())]).names);
    if let Some(line) = log.tail.iter().rev().find(|line| !line.text.trim().is_empty()) {
        found.names.insert("last_line".into(), line.text.clone());
        found.evidence.push(evidence::of_line(key, line));
    }
    Some(found)
}

/// The path that a probe of the last revision that was ready asked, where the same probe asks another now.
pub fn earlier_probe_path(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    let workload = relation::workload_of(scene.snapshot, pod);
    let (_, before) = revision::broken(scene.snapshot, &scene.subject, &workload)?.before?;
    let earlier = before.container(&container.name)?;
    let probes = [
        ("startup", &container.startup_probe, &earlier.startup_probe),
        ("readiness", &container.readiness_probe, &earlier.readiness_probe),
        ("liveness", &container.liveness_probe, &earlier.liveness_probe),
    ];
    let path = |probe: &Option<Probe>| Some(probe.as_ref()?.http_get.as_ref()?.path.to_string());
    let (probe, earlier) = probes.into_iter().find_map(|(name, now, earlier)| {
        let (now, earlier) = (path(now)?, path(earlier)?);
        (now != earlier).then_some((name, earlier))
    })?;
    let index = pod.spec.containers.iter().position(|other| other.name == container.name)?;
    let index = index.to_string();
    Some(Found::names([("earlier_path", earlier), ("changed_probe", probe.to_owned()), ("container_index", index)]))
}

/// What the readiness probe asks of the container.
pub fn readiness_request(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let container = scene.container()?;
    Some(Found::names([("asked", request(container.readiness_probe.as_ref()?, container))]))
}

/// `GET /health on port 8080`
fn request(probe: &Probe, container: &Container) -> String {
    let port = probe.port().and_then(|port| port.number(&container.ports));
    let port = port.map(|port| format!("port {port}")).unwrap_or_default();
    match (&probe.http_get, &probe.exec, &probe.grpc) {
        (Some(http), ..) if http.path.is_empty() => format!("GET / on {port}"),
        (Some(http), ..) => format!("GET {} on {port}", http.path),
        (_, Some(exec), _) => shlex::try_join(exec.command.iter().map(SafeText::as_str)).unwrap_or_default(),
        (.., Some(_)) => format!("gRPC on {port}"),
        _ => port,
    }
}

/// Does a container run without being ready for longer than its readiness probe and a start need? Then the probe fails,
/// whether or not an event may be read that says so.
pub fn unready_for_long(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container, status) = (scene.pod()?, scene.container()?, scene.status()?);
    let probe = container.readiness_probe.as_ref()?;
    let started = status.state.running.as_ref()?.started_at?;
    let unready = condition(&pod.status.conditions, "Ready").and_then(|ready| ready.last_transition_time);
    let unready_for = scene.snapshot.source.taken_at?.as_second() - unready.unwrap_or(started).max(started).as_second();
    let is_held_back = container.startup_probe.is_some() && status.started != Some(true);
    let is_told = scene.utterances.iter().any(|heard| heard.text.contains("eadiness probe"));
    let leaves = pod.metadata.deletion_timestamp.is_some();
    if status.ready || is_held_back || is_told || leaves || unready_for < patience(scene, container, probe) {
        return None;
    }
    let names = [("unready_for", span::in_words(unready_for)), ("asked", request(probe, container))];
    let state = evidence::of_field(scene, "ready", &format!("false, running since {started}"));
    Some(Found::names(names).seen(state).seen(evidence::of_field(scene, "readinessProbe", &in_words(probe))))
}

/// Does the server of a container that runs still load, by the last that it says of itself, and has its workload the time
/// for that?
pub fn still_loading(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, status) = (scene.pod()?, scene.status()?);
    let logs = errors::logs(scene);
    let (_, log) = logs.iter().find(|(key, _)| !key.previous)?;
    let signs = sign::signs(log, scene.catalogue);
    let last = signs.iter().max_by_key(|seen| seen.line)?.sign;
    let begins = matches!(last, Sign::Started | Sign::Importing | Sign::Loading);
    let fails = log.records.iter().any(|record| record.is_alarming() && !record.raised.is_empty());
    let top = relation::workload_of(scene.snapshot, pod);
    let object = relation::object(scene.snapshot, &top.kind, &pod.metadata.namespace, &top.name);
    let is_overdue = deadline::is_overdue(scene.snapshot, object, Some(pod));
    let is_first = status.restart_count == 0 && status.state.running.is_some() && !status.ready;
    (is_first && begins && !fails && !is_overdue).then(Found::default)
}

/// Seconds that a container may take until its readiness probe succeeds. Whoever lets the liveness probe wait expects
/// the server to need that long.
fn patience(scene: &Scene<'_>, container: &Container, probe: &Probe) -> i64 {
    /// A server that says that it is up is ready soon.
    const UP: i64 = 60;
    /// Before that, its model may still be on the way.
    const LOADING: i64 = 300;
    let is_up = errors::logs(scene).iter().any(|(key, log)| {
        !key.previous && sign::signs(log, scene.catalogue).iter().any(|seen| seen.sign == Sign::Ready)
    });
    let alive = container.liveness_probe.as_ref().map_or(0, |probe| probe.initial_delay_seconds);
    let delay = probe.initial_delay_seconds.max(alive);
    probe.budget_seconds().max(delay + if is_up { UP } else { LOADING })
}

/// Does a server with a liveness probe end again and again after it was ready, because it is asked to? In a pod that
/// stays, only its probe is a reason for that.
pub fn asked_to_end_again_and_again(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (container, status) = (scene.container()?, scene.status()?);
    let (probe, end) = (container.liveness_probe.as_ref()?, status.last_end()?);
    let again = status.restart_count >= errors::AGAIN && !status.is_settled(scene.snapshot.source.taken_at);
    let is_told = scene.utterances.iter().any(|heard| heard.text.contains("iveness probe"));
    let was_asked = end.reason != "OOMKilled" && ASKED_TO_END.contains(&end.exit_code);
    let (key, line) = errors::farewell(scene).filter(|_| again && was_asked && !is_told)?;
    let ran_for = end.started_at.zip(end.finished_at).map(|(from, to)| to.as_second() - from.as_second());
    let ran_for = ran_for.map(span::in_words).unwrap_or_default();
    let found = Found::names([("ran_for", ran_for), ("restarts", status.restart_count.to_string())]);
    Some(found.seen(evidence::of_line(&key, line)).seen(evidence::of_field(scene, "livenessProbe", &in_words(probe))))
}
