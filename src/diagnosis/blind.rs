//! What could not be seen, and which diagnoses that hides.

use std::sync::Arc;

use crate::diagnosis::assessment::{BlindSpot, Diagnosis, Verdict, WorkloadState};
use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::crew::Crews;
use crate::diagnosis::rule::About;
use crate::diagnosis::symptom::Symptom;
use crate::diagnosis::{present, unseen};
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Snapshot, Unreadable};

/// What was found.
pub struct Found<'a> {
    /// The workloads with their verdicts.
    pub workloads: &'a [Arc<WorkloadState>],
    /// The diagnoses.
    pub diagnoses: &'a [Diagnosis],
    /// The pods of the workloads.
    pub crews: &'a Crews,
}

/// The blind spots of a snapshot.
pub fn spots(snapshot: &Snapshot, catalogue: &Catalogue, found: &Found<'_>) -> Vec<BlindSpot> {
    let spot = |unreadable: &Unreadable| BlindSpot {
        what: unreadable.what.clone(),
        why: unreadable.why.clone(),
        message: (!unreadable.message.is_empty()).then(|| unreadable.message.clone()),
        hides: hidden(&unreadable.what, catalogue),
    };
    let seen = snapshot.unreadable.iter().filter(|unreadable| !is_unwritten_log(snapshot, unreadable));
    seen.map(spot).chain(expired_events(snapshot, catalogue, found).as_ref().map(spot)).collect()
}

/// Is it the log of a container that has not been started yet? Then there is nothing to read.
fn is_unwritten_log(snapshot: &Snapshot, unreadable: &Unreadable) -> bool {
    let Some((pod, container)) = unreadable.what.strip_prefix("logs of ").and_then(|what| what.split_once('/')) else {
        return false;
    };
    let pods = snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| pod);
    let status = pods.filter(|known| known.metadata.name == *pod).find_map(|pod| pod.container_status(container));
    status.is_some_and(|status| !present::has_run(status))
}

/// Kubernetes keeps events for an hour: nothing tells of an older fault that the objects do not show.
fn expired_events(snapshot: &Snapshot, catalogue: &Catalogue, found: &Found<'_>) -> Option<Unreadable> {
    let mut unexplained = found.workloads.iter().filter(|state| !is_explained(state, catalogue, found.diagnoses));
    let silent = unexplained.any(|state| {
        let pods = found.crews.pods(snapshot, &state.subject);
        is_short(state, &pods) && !has_events(snapshot, &pods) && !unseen::speaks_of(snapshot, &state.subject)
    });
    let message = SafeText::new("events are kept for an hour, and none is left about a workload that is not up");
    (silent && !snapshot.is_unreadable("events")).then(|| Unreadable {
        what: SafeText::new("events"),
        why: SafeText::new("expired"),
        message,
    })
}

/// Is a workload well, on its way, or was a cause found?
fn is_explained(state: &WorkloadState, catalogue: &Catalogue, diagnoses: &[Diagnosis]) -> bool {
    let mut own = diagnoses.iter().filter(|diagnosis| diagnosis.reach.workloads.contains(&state.subject));
    let is_cause = |id: &str| catalogue.rule(id).is_some_and(|rule| !rule.file.generic);
    state.verdict < Verdict::Unknown || own.any(|diagnosis| is_cause(&diagnosis.id))
}

/// Has it a pod that is not up, or none where some are wanted?
fn is_short(state: &WorkloadState, pods: &[&Pod]) -> bool {
    let is_down = |pod: &&Pod| !pod.is_ready() && pod.status.phase != "Succeeded";
    pods.iter().any(is_down) || pods.is_empty() && state.ready < state.wanted
}

fn has_events(snapshot: &Snapshot, pods: &[&Pod]) -> bool {
    pods.iter().any(|pod| !relation::events_of(snapshot, "Pod", &pod.metadata).is_empty())
}

/// The rules that may hold unseen, those about containers first.
fn hidden(what: &str, catalogue: &Catalogue) -> Vec<String> {
    let mut hidden: Vec<&Rule> = catalogue.rules.iter().filter(|rule| hides(what, rule)).collect();
    let is_only = |rule: &Rule| rule.file.about.as_slice() == [About::Container];
    hidden.sort_by_key(|rule| (!is_only(rule), !is_about(rule, &[About::Container]), rule.file.generic));
    hidden.into_iter().map(|rule| rule.id.clone()).collect()
}

/// Does a rule look at subjects of these kinds?
fn is_about(rule: &Rule, wanted: &[About]) -> bool {
    rule.file.about.as_slice().iter().any(|about| wanted.contains(about))
}

/// Does a rule ask for what cannot be read? What only people see who deploy from their own machine, no object shows.
fn hides(what: &str, rule: &Rule) -> bool {
    let about = |wanted: &[About]| is_about(rule, wanted);
    let asks = |test: fn(&Symptom) -> bool| rule.symptoms.iter().any(|symptom| symptom.holds_a(test));
    match what {
        _ if rule.stage == "client" => false,
        "events" => asks(|symptom| matches!(symptom, Symptom::Message { .. })),
        "pods" => about(&[About::Pod, About::Container]),
        "persistentvolumeclaims" => about(&[About::Claim]),
        "services" | "endpointslices" => about(&[About::Service]),
        "ingresses" => about(&[About::Ingress]),
        "nodes" => about(&[About::Node]),
        "deployments" | "replicasets" | "statefulsets" | "daemonsets" | "jobs" => about(&[About::Workload]),
        // The other rules that know lines of a log look for them in what people paste.
        _ if what == "pods/log" || what.starts_with("logs of ") => {
            about(&[About::Container]) && asks(|symptom| matches!(symptom, Symptom::Log(_)))
        }
        _ => Kind::ALL.iter().any(|kind| kind.is_custom() && kind.place().plural == what) && about(&[About::Custom]),
    }
}
