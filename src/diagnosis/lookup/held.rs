//! Where the newest pod of a workload is held up.

use jiff::Timestamp;

use crate::diagnosis::assessment::Evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, span};
use crate::snapshot::LogKey;
use crate::snapshot::container::{Container, ContainerStatus};
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;

/// The init container that the newest pod of the workload is at, or since when its containers are being made.
pub fn at(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Workload(key, _) = scene.part else { return None };
    let top = relation::top_of(scene.snapshot, key);
    let pods = relation::pods_of(scene.snapshot, &top);
    let pod = pods.into_iter().max_by_key(|pod| pod.metadata.creation_timestamp)?;
    if pod.is_ready() || pod.is_finished() || !pod.is_scheduled() {
        return None;
    }
    in_init(scene, pod).or_else(|| in_the_making(scene, pod))
}

/// The init container that runs, behind which the others wait.
fn in_init(scene: &Scene<'_>, pod: &Pod) -> Option<Found> {
    let is_sidecar = |name: &str| pod.spec.container(name).is_some_and(|init| init.restart_policy == "Always");
    let mut inits = pod.status.init_container_statuses.iter().filter(|status| !is_sidecar(&status.name));
    let status = inits.find(|status| status.state.running.is_some())?;
    let since = status.state.running.as_ref()?.started_at;
    let name = &status.name;
    let names = [("held_init", name.to_string()), ("held_for", since_in_words(scene, since)?)];
    let quote = |path: &str, text: &str| Evidence {
        container: Some(name.clone()),
        ..evidence::of_object(object(pod), path, text)
    };
    let mut found = Found::names(names).seen(quote("state.running.startedAt", &since?.to_string()));
    let command = pod.spec.container(name).map(Container::command_line).unwrap_or_default();
    if !command.is_empty() {
        found.evidence.push(quote("command", &command));
    }
    let key = LogKey::of(&pod.metadata, name, false);
    let last = scene.snapshot.log(&key).and_then(|log| log.tail.iter().rfind(|line| !line.text.trim().is_empty()));
    found.evidence.extend(last.map(|line| evidence::of_line(&key, line)));
    Some(found)
}

/// Since when the node makes the containers, none of which has been started.
fn in_the_making(scene: &Scene<'_>, pod: &Pod) -> Option<Found> {
    let is_made =
        |status: &ContainerStatus| status.waiting_reason() != "ContainerCreating" || status.last_end().is_some();
    if pod.status.container_statuses.is_empty() || pod.all_statuses().any(is_made) {
        return None;
    }
    let names = [
        ("held_pod", pod.metadata.name.to_string()),
        ("held_for", since_in_words(scene, pod.status.start_time)?),
        ("held_node", pod.spec.node_name.to_string()),
    ];
    Some(Found::names(names).seen(evidence::of_object(object(pod), "state.waiting.reason", "ContainerCreating")))
}

fn since_in_words(scene: &Scene<'_>, since: Option<Timestamp>) -> Option<String> {
    Some(span::in_words(scene.snapshot.source.taken_at?.as_second() - since?.as_second()))
}

fn object(pod: &Pod) -> Subject {
    Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name)
}
