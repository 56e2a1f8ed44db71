//! Containers that a probe ended.

use crate::diagnosis::lookup::Found;
use crate::diagnosis::lookup::errors;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, revision, sign};
use crate::snapshot::container::{Container, ContainerStatus, Probe, Terminated};
use crate::snapshot::event::Event;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;

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
        found.names.insert("last_line".to_owned(), line.text.clone());
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
