//! Brings the cases of all subjects together: one cause is one diagnosis, what follows from it stands under it, and the
//! worst comes first.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::assessment::{Consequence, Diagnosis, Evidence, Reach};
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::choose::{self, Case};
use crate::diagnosis::judge::Holding;
use crate::diagnosis::lookup::hosts;
use crate::diagnosis::rule::{Moment, Severity, Waiting};
use crate::diagnosis::wording;
use crate::snapshot::kind::Kind;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// A case, and whom it hurts.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// The cause and what was found to follow from it.
    pub case: Case,
    /// Workloads it hurts, the one it hurts first first.
    pub workloads: Vec<Subject>,
    /// Pods that have it.
    pub pods: BTreeSet<Subject>,
    /// Is it about a pod of a revision that another one takes the place of?
    pub is_of_former_revision: bool,
}

/// The diagnoses, in order.
pub fn rank(cases: Vec<Reached>, catalogue: &Catalogue, stack_of: &dyn Fn(&Subject) -> String) -> Vec<Diagnosis> {
    let merged = merge(without_echoes(cases), catalogue);
    let causes = put_consequences_under(merged, catalogue);
    let mut diagnoses: Vec<Diagnosis> =
        causes.into_iter().map(|reached| in_words(reached, catalogue, stack_of)).collect();
    sort(&mut diagnoses, catalogue);
    diagnoses
}

/// The worse first, and what is called in vain is as bad as that; then what is the fault of no other workload; then what
/// tells a cause, and not only that there is one; then what keeps the newest revision away; then what hurts more; then what speaks of something that changed; then by
/// name, so that the order never changes by chance.
pub fn sort(diagnoses: &mut [Diagnosis], catalogue: &Catalogue) {
    let failing = diagnoses.iter().filter(|diagnosis| diagnosis.severity == Severity::Error);
    let called: BTreeSet<SafeText> = failing.filter_map(|diagnosis| diagnosis.names.get("upstream").cloned()).collect();
    let is_dead = |one: &&Diagnosis| one.severity == Severity::Error && one.subject.kind == "Service";
    let dead: BTreeSet<Subject> = diagnoses.iter().filter(is_dead).map(|one| one.subject.clone()).collect();
    diagnoses.sort_by_cached_key(|diagnosis| {
        let reach = &diagnosis.reach;
        let lone = reach.workload.is_none();
        let hurt = Reverse((reach.workloads.len(), reach.affected));
        let mut changes = diagnosis.changes.iter().flat_map(|changed| &changed.differences);
        let is_suspect = Reverse(changes.any(|difference| difference.is_suspect));
        let calls_one_that_is_down = diagnosis.names.contains_key("upstream") || calls_one_of(&dead, diagnosis);
        let mut about = diagnosis.reach.workloads.iter().chain([&diagnosis.subject]);
        let is_called = about.any(|subject| called.contains(&subject.for_kubectl()));
        (
            if is_called { Severity::Error } else { diagnosis.severity },
            lone,
            calls_one_that_is_down,
            catalogue.rule(&diagnosis.id).is_some_and(|rule| rule.file.generic),
            reach.is_of_former_revision,
            hurt,
            is_suspect,
            diagnosis.subject.clone(),
            diagnosis.id.clone(),
        )
    });
}

/// Is one of these Services called?
fn calls_one_of(services: &BTreeSet<Subject>, diagnosis: &Diagnosis) -> bool {
    let namespace = diagnosis.names.get("namespace").cloned().unwrap_or_default();
    let host = diagnosis.names.get("host").and_then(|host| hosts::service_name(host, &namespace));
    host.is_some_and(|(name, of)| {
        services.iter().any(|own| own.name == *name && own.namespace.as_ref().is_none_or(|own| *own == *of))
    })
}

/// What makes two cases one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    /// The same rule for the same part of one workload.
    Workload { rule: usize, workload: Option<Subject>, container: Option<String>, names: Vec<Option<String>> },
    /// The same rule about the same thing, whichever workload it hurts.
    Shared { rule: usize, names: Vec<Option<String>> },
}

fn identity(reached: &Reached, catalogue: &Catalogue) -> Identity {
    let holding = &reached.case.cause;
    let shared = &catalogue.rules[holding.rule].file.shared;
    let value = |name: &str| holding.names.get(name).map(ToString::to_string);
    // One Service has several host names.
    let is_host = |name: &String| name == "host" || name == "port";
    let names: Vec<Option<String>> = match value("upstream") {
        Some(upstream) if shared.iter().any(is_host) => vec![Some(upstream)],
        _ => shared.iter().map(|name| value(name)).collect(),
    };
    if !shared.is_empty() && holding.subject.kind != "Log" && names.iter().any(Option::is_some) {
        return Identity::Shared { rule: holding.rule, names };
    }
    let container = holding.subject.container.as_ref().map(ToString::to_string);
    let workload = reached.workloads.first().cloned().or_else(|| Some(holding.subject.clone()));
    Identity::Workload { rule: holding.rule, workload, container, names }
}

/// What a workload or an operator repeats of its own container is no second case.
fn without_echoes(mut cases: Vec<Reached>) -> Vec<Reached> {
    let said = |reached: &Reached| (reached.case.cause.rule, reached.workloads.first().cloned());
    let of_container = |reached: &&Reached| reached.case.cause.subject.container.is_some();
    let told: BTreeSet<_> = cases.iter().filter(of_container).map(said).collect();
    let is_own = |reached: &Reached| {
        let subject = &reached.case.cause.subject;
        reached.workloads.first() == Some(subject) || is_of_operator(subject)
    };
    cases.retain(|reached| !is_own(reached) || !told.contains(&said(reached)));
    without_echoes_of_pods(cases)
}

/// What is said of a pod and names no container is heard of its first container too.
fn without_echoes_of_pods(mut cases: Vec<Reached>) -> Vec<Reached> {
    let of_pod = |reached: &&Reached| {
        let subject = &reached.case.cause.subject;
        subject.kind == "Pod" && subject.container.is_none()
    };
    let evidence = |reached: &Reached| {
        let cause = &reached.case.cause;
        ((cause.rule, cause.subject.clone()), cause.evidence.clone())
    };
    let told: BTreeMap<(usize, Subject), Vec<Evidence>> = cases.iter().filter(of_pod).map(evidence).collect();
    cases.retain(|reached| {
        let cause = &reached.case.cause;
        let of_pod = told.get(&(cause.rule, Subject { container: None, ..cause.subject.clone() }));
        let is_same = || of_pod.is_some_and(|told| cause.evidence.iter().any(|seen| told.contains(seen)));
        cause.subject.container.is_none() || !is_same()
    });
    cases
}

/// Is it an object of an operator that makes workloads of it?
fn is_of_operator(subject: &Subject) -> bool {
    Kind::ALL.into_iter().any(|kind| kind.makes_workloads() && subject.kind == kind.name())
}

fn merge(cases: Vec<Reached>, catalogue: &Catalogue) -> Vec<Reached> {
    /// What a second kind of object adds to the evidence.
    const MORE_EVIDENCE: usize = 2;
    let mut merged: BTreeMap<Identity, Reached> = BTreeMap::new();
    for reached in cases {
        match merged.entry(identity(&reached, catalogue)) {
            Entry::Vacant(place) => {
                place.insert(reached);
            }
            Entry::Occupied(mut place) => {
                let first = place.get_mut();
                if first.case.cause.subject.kind != reached.case.cause.subject.kind
                    && first.case.cause.evidence.len() < 4 * MORE_EVIDENCE
                {
                    let more = reached.case.cause.evidence.iter().take(MORE_EVIDENCE);
                    let new = more.filter(|seen| !first.case.cause.evidence.contains(seen)).cloned();
                    let new: Vec<Evidence> = new.collect();
                    first.case.cause.evidence.extend(new);
                    let known = first.case.cause.names.clone();
                    first.case.cause.names.extend(reached.case.cause.names.clone());
                    first.case.cause.names.extend(known);
                }
                first.pods.extend(reached.pods);
                first.is_of_former_revision &= reached.is_of_former_revision;
                first.case.consequences.extend(reached.case.consequences);
                let new = reached.workloads.into_iter().filter(|workload| !first.workloads.contains(workload));
                let new: Vec<Subject> = new.collect();
                first.workloads.extend(new);
            }
        }
    }
    merged.into_values().collect()
}

/// A case stands under another of the same workload that causes it, or that is more specific.
fn put_consequences_under(cases: Vec<Reached>, catalogue: &Catalogue) -> Vec<Reached> {
    let parent: Vec<Option<usize>> = (0..cases.len()).map(|index| parent_of(index, &cases, catalogue)).collect();
    let root = |mut index: usize| {
        let mut steps = 0;
        while let Some(above) = parent[index].filter(|_| steps < cases.len()) {
            index = above;
            steps += 1;
        }
        index
    };
    let roots: Vec<usize> = (0..cases.len()).map(root).collect();
    let mut causes: BTreeMap<usize, Reached> = BTreeMap::new();
    for (index, reached) in cases.iter().enumerate().filter(|(index, _)| roots[*index] == *index) {
        causes.insert(index, reached.clone());
    }
    for (index, reached) in cases.into_iter().enumerate().filter(|(index, _)| roots[*index] != *index) {
        if let Some(cause) = causes.get_mut(&roots[index]) {
            // Of replicas that fail alike only one log is read: the others show the consequence alone.
            if reached.case.cause.subject.kind == "Pod" {
                cause.pods.extend(reached.pods);
            }
            cause.case.consequences.push(reached.case.cause);
            cause.case.consequences.extend(reached.case.consequences);
        }
    }
    causes.into_values().collect()
}

fn parent_of(index: usize, cases: &[Reached], catalogue: &Catalogue) -> Option<usize> {
    let rule = |reached: &Reached| &catalogue.rules[reached.case.cause.rule];
    let one = &cases[index];
    let related = |other: &Reached| {
        other.case.cause.subject == one.case.cause.subject
            // What a node says of itself, where nobody runs on it, follows from what keeps everybody away.
            || one.case.cause.subject.kind == "Node" && one.workloads.is_empty()
            || other.workloads.iter().any(|workload| one.workloads.contains(workload))
    };
    let others = || cases.iter().enumerate().filter(|(at, other)| *at != index && related(other));
    let causing = |other: &Reached| choose::follows(rule(other), catalogue).contains(&one.case.cause.rule);
    let loops = |other: &Reached| choose::follows(rule(one), catalogue).contains(&other.case.cause.rule);
    let cause = others().find(|(_, other)| causing(other) && !loops(other));
    let specific = |other: &Reached| {
        let file = &rule(other).file;
        let at_start = other.case.cause.moment == Moment::Start;
        rule(one).file.generic && !file.generic && at_start && file.severity < Severity::Info
    };
    let specific = |other: &Reached| specific(other) && !loops(other);
    let yields = |other: &Reached| rule(one).file.yields_to.contains(&rule(other).id);
    cause
        .or_else(|| others().find(|(_, other)| yields(other)))
        .or_else(|| others().find(|(_, other)| specific(other)))
        .map(|(at, _)| at)
}

fn in_words(reached: Reached, catalogue: &Catalogue, stack_of: &dyn Fn(&Subject) -> String) -> Diagnosis {
    let Reached { case: Case { cause, consequences }, workloads, pods, is_of_former_revision } = reached;
    let rule = &catalogue.rules[cause.rule];
    let of_log = || cause.names.get("stack").map(ToString::to_string).unwrap_or_default();
    let stack = workloads.first().map_or_else(of_log, stack_of);
    let words = wording::words(rule, &cause.names, &stack);
    let consequences = told_once(consequences, cause.rule, catalogue);
    let reach = Reach { workload: workloads.first().cloned(), workloads, affected: pods.len(), is_of_former_revision };
    let Holding { subject, names, evidence, moment, .. } = cause;
    let is_doubted = names.get("severity").is_some_and(|doubt| *doubt == "info");
    let severity = match rule.file.severity {
        // A look-up that only suspects says so.
        _ if is_doubted => Severity::Info,
        // What keeps a server from its start, and strikes at requests, leaves it up.
        Severity::Error if moment != rule.file.moment => Severity::Warning,
        severity => severity,
    };
    let is_hopeless = rule.file.hopeless_with.iter().any(|name| names.contains_key(name.as_str()));
    let waiting = if is_hopeless { Waiting::Useless } else { rule.file.waiting };
    Diagnosis {
        id: rule.id.clone(),
        severity,
        waiting,
        subject,
        reach,
        words,
        names,
        evidence,
        consequences,
        changes: None,
    }
}

/// Each consequence once, although several pods have it.
fn told_once(holdings: Vec<Holding>, cause: usize, catalogue: &Catalogue) -> Vec<Consequence> {
    let mut seen = BTreeSet::from([cause]);
    let new = holdings.into_iter().filter(|holding| seen.insert(holding.rule));
    let told = new.map(|holding| {
        let rule = &catalogue.rules[holding.rule];
        let title = wording::words(rule, &holding.names, "").title;
        Consequence { id: rule.id.clone(), subject: holding.subject, title }
    });
    told.collect()
}
