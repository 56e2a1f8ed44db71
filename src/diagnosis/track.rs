//! Reads from objects, events and the log of a pod which stages it has behind it.

use crate::diagnosis::assessment::Diagnosis;
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::rail::{Stage, State, Step};
use crate::diagnosis::sign;
use crate::snapshot::container::{ContainerStatus, Terminated};
use crate::snapshot::event::Event;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::{Condition, condition, selects};
use crate::snapshot::network::{EndpointSlice, Service};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::{LogKey, Snapshot};

/// What a rail is read from.
pub struct Track<'a> {
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// The rules, for the signs in logs.
    pub catalogue: &'a Catalogue,
    /// The pod that stands for its workload.
    pub pod: Option<&'a Pod>,
    /// The diagnoses of the workload.
    pub diagnoses: Vec<&'a Diagnosis>,
}

/// What objects, events and the log of a pod show.
pub fn seen(track: &Track<'_>, pod: &Pod) -> Vec<Step> {
    let mut steps = vec![Step::new(Stage::Admitted, State::Done).at(pod.metadata.creation_timestamp)];
    steps.push(scheduled(pod));
    steps.push(volumes(track, pod));
    steps.push(image(track, pod));
    steps.push(init(pod));
    steps.push(started(pod));
    steps.extend(loading(track, pod));
    steps.push(ready(pod));
    steps.push(routed(track, pod));
    let mut behind = true;
    for step in &mut steps {
        if !behind && matches!(step.state, State::Running | State::Done) {
            step.state = State::Ahead;
        }
        behind &= matches!(step.state, State::Done | State::Skipped | State::Unknown);
    }
    steps
}

fn scheduled(pod: &Pod) -> Step {
    let scheduled = condition(&pod.status.conditions, "PodScheduled");
    if pod.is_scheduled() {
        let at = scheduled.filter(|condition| condition.holds()).and_then(|condition| condition.last_transition_time);
        return Step::new(Stage::Scheduled, State::Done).at(at.or(pod.status.start_time)).noted(&pod.spec.node_name);
    }
    Step::new(Stage::Scheduled, State::Running).since(pod.metadata.creation_timestamp)
}

/// Seconds in which volumes are mounted.
const MOUNTING: i64 = 300;

fn volumes(track: &Track<'_>, pod: &Pod) -> Step {
    let sandbox = condition(&pod.status.conditions, "PodReadyToStartContainers");
    let pulling = events(track, pod).into_iter().find(|event| matches!(event.reason.as_str(), "Pulling" | "Pulled"));
    let past = pod
        .all_statuses()
        .any(|status| !status.image_id.is_empty() || status.state.running.is_some() || status.last_end().is_some());
    if sandbox.is_some_and(Condition::holds) || past || pulling.is_some() || !pod.status.pod_ip.is_empty() {
        let by_condition =
            sandbox.filter(|condition| condition.holds()).and_then(|condition| condition.last_transition_time);
        return Step::new(Stage::Volumes, State::Done).at(by_condition.or(pulling.and_then(Event::first_seen)));
    }
    let waited = pod.status.start_time.zip(track.snapshot.source.taken_at);
    let stuck = waited.is_some_and(|(from, now)| now.as_second() - from.as_second() > MOUNTING);
    let state = if stuck && sandbox.is_some() { State::Stuck } else { State::Running };
    Step::new(Stage::Volumes, state).since(pod.status.start_time)
}

fn image(track: &Track<'_>, pod: &Pod) -> Step {
    let statuses = &pod.status.container_statuses;
    let waits = statuses
        .iter()
        .map(ContainerStatus::waiting_reason)
        .find(|reason| reason.contains("Image") || reason.starts_with("Err"));
    if waits.is_some() {
        return Step::new(Stage::Image, State::Stuck).noted(waits.unwrap_or_default());
    }
    let pulled = events(track, pod).into_iter().rev().find(|event| event.reason == "Pulled");
    let has_image = |status: &ContainerStatus| {
        !status.image_id.is_empty() || status.state.running.is_some() || status.last_end().is_some()
    };
    if !statuses.is_empty() && statuses.iter().all(has_image) {
        return Step::new(Stage::Image, State::Done).at(pulled.and_then(Event::first_seen));
    }
    let pulling = events(track, pod).into_iter().find(|event| event.reason == "Pulling");
    let initializing = statuses.iter().any(|status| status.waiting_reason() == "PodInitializing");
    let state = if initializing && pulling.is_none() { State::Done } else { State::Running };
    Step::new(Stage::Image, state).since(pulling.and_then(Event::first_seen))
}

fn init(pod: &Pod) -> Step {
    let sidecar =
        |name: &str| pod.spec.init_containers.iter().any(|init| init.name == name && init.restart_policy == "Always");
    let inits: Vec<&ContainerStatus> =
        pod.status.init_container_statuses.iter().filter(|status| !sidecar(&status.name)).collect();
    if pod.spec.init_containers.iter().all(|init| init.restart_policy == "Always") {
        return Step::new(Stage::Init, State::Skipped);
    }
    let end = |status: &&ContainerStatus| {
        status.state.terminated.as_ref().filter(|end| end.exit_code == 0).and_then(|end| end.finished_at)
    };
    let done = |status: &&ContainerStatus| status.state.terminated.as_ref().is_some_and(|end| end.exit_code == 0);
    let main_ran = pod
        .status
        .container_statuses
        .iter()
        .any(|status| status.state.running.is_some() || status.last_end().is_some());
    if main_ran || !inits.is_empty() && inits.iter().all(done) {
        return Step::new(Stage::Init, State::Done).at(inits.iter().filter_map(end).max());
    }
    let failing = inits.iter().any(|status| status.last_end().is_some_and(|end| end.exit_code != 0));
    let running = inits.iter().find_map(|status| status.state.running.as_ref());
    Step::new(Stage::Init, if failing { State::Failed } else { State::Running })
        .since(running.and_then(|running| running.started_at))
}

/// The container that serves: of several the first that is no sidecar, which is the first that a readiness probe watches.
fn server(pod: &Pod) -> Option<&ContainerStatus> {
    let probed = pod
        .spec
        .containers
        .iter()
        .find(|container| container.readiness_probe.is_some() || container.liveness_probe.is_some());
    let name = probed.or(pod.spec.containers.first()).map(|container| &container.name)?;
    pod.container_status(name).or(pod.status.container_statuses.first())
}

fn started(pod: &Pod) -> Step {
    let Some(status) = server(pod) else { return Step::new(Stage::Started, State::Running) };
    let running = status.state.running.as_ref().and_then(|running| running.started_at);
    let before = status.last_end().and_then(|end: &Terminated| end.started_at);
    if status.state.running.is_some() || status.last_end().is_some() {
        return Step::new(Stage::Started, State::Done).at(running.or(before));
    }
    let cannot =
        matches!(status.waiting_reason(), "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError");
    Step::new(Stage::Started, if cannot { State::Stuck } else { State::Running })
}

/// Imports and the load of the model: only the log shows them, unless the pod is ready.
fn loading(track: &Track<'_>, pod: &Pod) -> [Step; 2] {
    let both = |state: State| [Step::new(Stage::Imports, state), Step::new(Stage::ModelLoad, state)];
    if pod.is_ready() {
        return both(State::Done);
    }
    let Some(status) = server(pod).filter(|status| status.state.running.is_some() || status.last_end().is_some())
    else {
        return both(State::Ahead);
    };
    let key = |previous| LogKey::of(&pod.metadata, &status.name, previous);
    let Some(log) = track.snapshot.log(&key(false)).or_else(|| track.snapshot.log(&key(true))) else {
        return both(State::Unknown).map(|step| step.noted("only the log would tell, and it was not read"));
    };
    let signs = sign::signs(log, track.catalogue);
    let has = |wanted: &[Sign]| signs.iter().any(|seen| wanted.contains(&seen.sign));
    let since = status.state.running.as_ref().and_then(|running| running.started_at);
    if has(&[Sign::Loaded, Sign::Ready]) {
        both(State::Done)
    } else if has(&[Sign::Loading]) {
        [Step::new(Stage::Imports, State::Done), Step::new(Stage::ModelLoad, State::Running).since(since)]
    } else {
        [Step::new(Stage::Imports, State::Running).since(since), Step::new(Stage::ModelLoad, State::Ahead)]
    }
}

fn ready(pod: &Pod) -> Step {
    let condition = condition(&pod.status.conditions, "Ready").filter(|condition| condition.holds());
    match condition {
        Some(ready) => Step::new(Stage::Ready, State::Done).at(ready.last_transition_time),
        None => Step::new(Stage::Ready, State::Running),
    }
}

/// Does a Service hand calls on to the pod? A workload that no Service selects is called in another way, or by nobody.
fn routed(track: &Track<'_>, pod: &Pod) -> Step {
    let services: Vec<&Service> = relation::services_of_pod(track.snapshot, pod);
    if services.is_empty() {
        return Step::new(Stage::Routed, State::Skipped).noted("no Service selects it");
    }
    if track.snapshot.is_unreadable("endpointslices") {
        return Step::new(Stage::Routed, State::Unknown).noted("endpointslices cannot be read");
    }
    let routed = services.iter().any(|service| is_behind(track.snapshot, service, pod));
    Step::new(Stage::Routed, if routed { State::Done } else { State::Running })
}

fn is_behind(snapshot: &Snapshot, service: &Service, pod: &Pod) -> bool {
    let slices = snapshot.of_kind::<EndpointSlice>(Kind::EndpointSlice).map(|(_, slice)| slice);
    let own = slices.filter(|slice| {
        slice.metadata.namespace == service.metadata.namespace
            && slice.metadata.label("kubernetes.io/service-name") == service.metadata.name.as_str()
    });
    let mut endpoints = own.flat_map(|slice| slice.endpoints.iter().flatten()).peekable();
    if endpoints.peek().is_none() {
        return pod.is_ready()
            && selects(&service.spec.selector, &pod.metadata.labels)
            && snapshot.of_kind::<EndpointSlice>(Kind::EndpointSlice).next().is_none();
    }
    endpoints.any(|endpoint| {
        endpoint.conditions.ready.unwrap_or(true)
            && endpoint.target_ref.as_ref().is_none_or(|target| target.name == pod.metadata.name)
    })
}

fn events<'a>(track: &Track<'a>, pod: &Pod) -> Vec<&'a Event> {
    relation::events_of(track.snapshot, "Pod", &pod.metadata)
}
