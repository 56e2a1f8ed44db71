//! What is known of a container's end where no rule knows the error.

use crate::diagnosis::lookup::{Found, probes};
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::{Origin, Scene};
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, sign, unexplained};
use crate::snapshot::LogKey;
use crate::snapshot::container::{ContainerStatus, Terminated};
use crate::snapshot::log::record::Record;
use crate::snapshot::log::{Line, Log};

/// Restarts from which on an end counts as one of a row.
pub const AGAIN: i64 = 2;

/// The logs of the container: of this instance, then of the one before.
pub fn logs<'a>(scene: &Scene<'a>) -> Vec<(LogKey, &'a Log)> {
    let (Some(pod), Some(container)) = (scene.pod(), scene.container()) else { return Vec::new() };
    let key = |previous| LogKey::of(&pod.metadata, &container.name, previous);
    [key(false), key(true)].into_iter().filter_map(|key| scene.snapshot.log(&key).map(|log| (key, log))).collect()
}

/// The last error in the log that was not survived.
pub fn last_error(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (key, log) = logs(scene).into_iter().find(|(_, log)| log.records.iter().any(Record::is_alarming))?;
    let last_well = sign::last_well(log, &sign::signs(log, scene.catalogue));
    let record = unexplained::suspect(log, last_well)?;
    let span = record.root().map_or(0..1.min(record.text.len()), |raised| raised.span.clone());
    let mut found = Found::names([("last_error", unexplained::headline(record))]);
    found.evidence = evidence::of_record(&key, record, &record.text, &span);
    Some(found)
}

/// The last line of a log in which nothing looks like an error.
pub fn last_words(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (key, log) = logs(scene).into_iter().rev().find(|(_, log)| !log.is_empty())?;
    if log.records.iter().any(Record::is_alarming) {
        return None;
    }
    let line = log.tail.iter().rev().find(|line| !line.text.trim().is_empty())?;
    Some(Found::names([("last_words", line.text.trim().to_owned())]).seen(evidence::of_line(&key, line)))
}

/// Does the container end with exit code 0 again and again, although nobody asked it to?
pub fn ends_well_again_and_again(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, status) = (scene.pod()?, scene.status()?);
    let is_init = pod.status.init_container_statuses.iter().any(|init| init.name == status.name);
    let end = status.last_end()?;
    let is_settled = status.is_settled(scene.snapshot.source.taken_at);
    let again = status.restart_count >= AGAIN || status.waiting_reason() == "CrashLoopBackOff";
    if is_init || end.exit_code != 0 || !again || is_settled || was_ended(scene, end) {
        return None;
    }
    let ran_for =
        end.started_at.zip(end.finished_at).map(|(from, to)| format!("{} s", to.as_second() - from.as_second()));
    Some(Found::names([("ran_for", ran_for.unwrap_or_default()), ("restarts", status.restart_count.to_string())]))
}

/// Does the container end with an error again and again, although it may run just now?
pub fn ends_again(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, status) = (scene.pod()?, scene.status()?);
    let now = scene.snapshot.source.taken_at;
    let is_init = pod.status.init_container_statuses.iter().any(|init| init.name == status.name);
    let end = status.last_end()?;
    let failed = end.exit_code != 0 && end.reason != "OOMKilled" && !was_asked_to_end(scene);
    let is_over = status.is_settled(now) || status.has_outlived(now) || status.ready;
    if is_init || !failed || is_over || status.restart_count < AGAIN {
        return None;
    }
    let restarts = status.restart_count.to_string();
    let seen = evidence::of_field(scene, "terminated.exitCode", &end.exit_code.to_string());
    let counted = evidence::of_field(scene, "restartCount", &restarts);
    Some(Found::names([("restarts", restarts)]).seen(seen).seen(counted))
}

/// Is it an init container that failed?
pub fn init_container_failing(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, status) = (scene.pod()?, scene.status()?);
    let is_init = pod.status.init_container_statuses.iter().any(|init| init.name == status.name);
    // A row of `kubectl get pods` does not say how it ended.
    let failed = status.last_end().map_or(status.waiting_reason() == "CrashLoopBackOff", |end| end.exit_code != 0);
    if !is_init || !failed || status.ready {
        return None;
    }
    let mut found = Found::names([("restarts", status.restart_count.to_string())]);
    let code = status.last_end().map(|end| end.exit_code.to_string());
    found.evidence.extend(code.map(|code| evidence::of_field(scene, "terminated.exitCode", &code)));
    Some(found)
}

/// Did the kubelet end it, as an event, the times of its life or its own last words tell?
fn was_ended(scene: &Scene<'_>, end: &Terminated) -> bool {
    was_asked_to_end(scene)
        || scene.container().is_some_and(|container| probes::may_have_ended(container, end))
        || farewell(scene).is_some()
}

/// The line by which the server that ended last, after it was ready, said that it was asked to end.
pub fn farewell<'a>(scene: &Scene<'a>) -> Option<(LogKey, &'a Line)> {
    let runs = scene.status().is_some_and(|status| status.state.running.is_some());
    // Of a container that waits for its next start, the last log is that of the instance that ended.
    logs(scene).into_iter().filter(|(key, _)| key.previous || !runs).find_map(|(key, log)| {
        let signs = sign::signs(log, scene.catalogue);
        let ready = signs.iter().find(|seen| seen.sign == Sign::Ready)?.line;
        let stopping = signs.iter().find(|seen| seen.sign == Sign::Stopping && seen.line > ready)?.line;
        Some((key, log.tail.iter().find(|line| line.number == stopping)?))
    })
}

/// Did the kubelet end it?
pub fn was_asked_to_end(scene: &Scene<'_>) -> bool {
    scene.events().any(|event| event.reason == "Killing")
        || scene
            .utterances
            .iter()
            .any(|utterance| matches!(utterance.origin, Origin::Event(event) if event.reason == "Killing"))
}

/// What the exit code of the last end says.
pub fn exit_meaning(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let code = scene.status().and_then(ContainerStatus::last_end)?.exit_code;
    let meaning = match code {
        0 => "it ended by itself, without an error",
        1 => "an error that the program did not handle",
        2 => "a wrong argument, or a script that is not there",
        3 => "the server could not start its worker, or the application failed to start",
        4 => "the server could not load the application",
        111 => "the web server inside the Azure ML image ended, whatever the reason",
        126 => "the command is not executable",
        127 => "the command was not found",
        128 => "the container could not be started",
        132 => "the processor does not know an instruction of the program",
        134 => "the program aborted itself",
        135 => "memory could not be addressed, often because /dev/shm is full",
        137 => "it was killed",
        139 => "it crashed in native code",
        143 => "it was asked to end",
        _ => "an error of its own",
    };
    Some(Found::names([("exit_code", code.to_string()), ("exit_meaning", meaning.to_owned())]))
}
