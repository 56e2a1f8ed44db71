//! Whose log it is that was given beside objects: of the one container that can have written it.

use crate::snapshot::container::{Container, ContainerStatus};
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::snapshot::{LogKey, Snapshot};

/// A container that could have written a log.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    pod: &'a Pod,
    container: &'a Container,
    status: Option<&'a ContainerStatus>,
}

/// The container that a log is of, by the name of its file, or because no other can have written it.
pub fn of_log(snapshot: &Snapshot, file: &str) -> Option<LogKey> {
    let all = candidates(snapshot);
    let named: Vec<Candidate<'_>> = all.iter().copied().filter(|one| is_named(one, file)).collect();
    let ran: Vec<Candidate<'_>> = all.iter().copied().filter(has_run).collect();
    let unwell: Vec<Candidate<'_>> =
        ran.iter().copied().filter(|one| !one.status.is_some_and(|status| status.ready)).collect();
    let mut sets = [named, all, ran, unwell].into_iter();
    let only = sets.find(|set| set.len() == 1)?;
    let Candidate { pod, container, .. } = only[0];
    let (namespace, pod, container) =
        (pod.metadata.namespace.clone(), pod.metadata.name.clone(), container.name.clone());
    Some(LogKey { namespace, pod, container, previous: file.contains("previous") })
}

fn candidates(snapshot: &Snapshot) -> Vec<Candidate<'_>> {
    let pods = snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| pod).filter(|pod| !pod.metadata.name.is_empty());
    pods.flat_map(|pod| {
        pod.spec.all_containers().map(move |container| {
            let status = pod.container_status(&container.name);
            Candidate { pod, container, status }
        })
    })
    .collect()
}

fn is_named(candidate: &Candidate<'_>, file: &str) -> bool {
    let holds = |name: &str| !name.is_empty() && file.contains(name);
    holds(&candidate.container.name) || holds(&candidate.pod.metadata.name)
}

fn has_run(candidate: &Candidate<'_>) -> bool {
    candidate
        .status
        .is_some_and(|status| status.state.running.is_some() || status.last_end().is_some() || status.restart_count > 0)
}
