//! Diagnoses a snapshot.

use std::collections::BTreeSet;

use crate::diagnosis::assessment::{Assessment, Diagnosis};
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::choose::{self, Case};
use crate::diagnosis::judge;
use crate::diagnosis::keeper::Keeper;
use crate::diagnosis::lookup::services;
use crate::diagnosis::rank::Reached;
use crate::diagnosis::scene::{Part, Scene, Survival};
use crate::diagnosis::touched::Touched;
use crate::diagnosis::{sign, unexplained};
use crate::snapshot::Snapshot;
use crate::snapshot::meta::Meta;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::{need, relation, room};

/// Everything that can be said about a snapshot.
pub fn diagnose(snapshot: &Snapshot, catalogue: &Catalogue) -> Assessment {
    Keeper::default().assess(snapshot, catalogue, &Touched::everything())
}

/// The cases of a scene, and whom they hurt.
pub fn reached(scene: &Scene<'_>, catalogue: &Catalogue) -> Vec<Reached> {
    let cases = causes(scene, catalogue);
    if cases.is_empty() {
        return Vec::new();
    }
    let (workloads, pods) = reach(scene);
    let is_of_former_revision = scene.pod().is_some_and(|pod| relation::is_of_former_revision(scene.snapshot, pod));
    let reached = |case| Reached { case, workloads: workloads.clone(), pods: pods.clone(), is_of_former_revision };
    cases.into_iter().map(reached).collect()
}

/// The causes in a scene. What a program seems to have caught counts only where nothing else explains a failure.
fn causes(scene: &Scene<'_>, catalogue: &Catalogue) -> Vec<Case> {
    let judged = |history| choose::choose(judge::judge(scene, catalogue, history), catalogue);
    let explains = |cases: &[Case]| cases.iter().any(|case| !catalogue.rules[case.cause.rule].file.generic);
    let strict = judged(Survival::Caught);
    let was_caught = scene.utterances.iter().any(|utterance| utterance.survival == Survival::Caught);
    if explains(&strict) || !was_caught {
        return strict;
    }
    let lenient = judged(Survival::Over);
    let fails = !strict.is_empty() || matches!(scene.part, Part::Log);
    if fails && explains(&lenient) { lenient } else { strict }
}

/// Whom a fault of the subject hurts: workloads, and pods that exist.
fn reach(scene: &Scene<'_>) -> (Vec<Subject>, BTreeSet<Subject>) {
    let snapshot = scene.snapshot;
    let of_pods = |pods: Vec<&Pod>| {
        let mut workloads: Vec<Subject> = pods.iter().map(|pod| relation::workload_of(snapshot, pod)).collect();
        workloads.sort();
        workloads.dedup();
        let pods = pods.into_iter().map(|pod| Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name));
        (workloads, pods.collect::<BTreeSet<_>>())
    };
    match scene.part {
        Part::Pod(pod) => of_pods(vec![pod]),
        Part::Container { pod, status, .. } => {
            let alike = status.map(|status| need::replicas_alike(snapshot, pod, status)).unwrap_or_default();
            of_pods(std::iter::once(pod).chain(alike).collect())
        }
        Part::Workload(key, workload) => {
            let (_, pods) = of_pods(unready_pods(snapshot, &workload.metadata));
            (vec![relation::top_of(snapshot, key)], pods)
        }
        Part::Claim(claim) => of_pods(relation::pods_of_claim(snapshot, &claim.metadata)),
        Part::Service(service) => {
            let (mut workloads, pods) = of_pods(relation::pods_of_service(snapshot, service));
            let selected = relation::workloads_of_service(snapshot, service).into_iter().map(|(_, top)| top);
            let new: Vec<Subject> = selected.filter(|top| !workloads.contains(top)).collect();
            workloads.extend(new);
            if workloads.is_empty() {
                let meant = services::intended(snapshot, service, services::SURELY);
                workloads.extend(meant.map(|(workload, _)| workload));
            }
            (workloads, pods)
        }
        Part::Node(node) => of_pods(room::pods_on(snapshot, node).collect()),
        Part::Custom(key, custom) => {
            let mut pods = relation::pods_of_custom(snapshot, key, custom);
            pods.retain(|pod| !pod.is_ready());
            (vec![relation::top_of(snapshot, key)], of_pods(pods).1)
        }
        Part::Ingress(_) | Part::Log => (Vec::new(), BTreeSet::new()),
    }
}

/// The pods below an object that are not up; of a Deployment only those of its newest revision.
fn unready_pods<'a>(snapshot: &'a Snapshot, meta: &Meta) -> Vec<&'a Pod> {
    let newest = relation::replica_sets(snapshot, meta).pop().map(|(key, _)| &key.name);
    let is_new =
        |pod: &Pod| newest.is_none_or(|name| pod.metadata.controller().is_some_and(|owner| owner.name == *name));
    let mut pods = relation::pods_below(snapshot, meta);
    pods.retain(|pod| !pod.is_ready() && is_new(pod));
    pods
}

/// For pasted logs about which nothing was found: the record to look at.
pub fn unexplained_logs(snapshot: &Snapshot, catalogue: &Catalogue, diagnoses: &[Diagnosis]) -> Vec<Diagnosis> {
    let explained = |name: &str| diagnoses.iter().any(|diagnosis| diagnosis.subject.name == *name);
    let pasted = snapshot.logs().filter(|(key, _)| key.pod.is_empty() && !explained(&key.container));
    let found = pasted.filter_map(|(key, log)| {
        let last_well = sign::last_well(log, &sign::signs(log, catalogue));
        unexplained::in_log(key, log, last_well)
    });
    found.collect()
}
