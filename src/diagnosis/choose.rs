//! Of the rules that hold for one subject, tells the cause from what repeats it, wraps it or follows from it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::judge::{Anchor, Holding};
use crate::diagnosis::rule::Moment;

/// A cause, and what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The cause.
    pub cause: Holding,
    /// What follows from it, for the same subject or another.
    pub consequences: Vec<Holding>,
}

/// The causes among the rules that hold for one subject.
pub fn choose(holdings: Vec<Holding>, catalogue: &Catalogue) -> Vec<Case> {
    let rule = |holding: &Holding| &catalogue.rules[holding.rule];
    let holdings = without_yielding(holdings, catalogue);
    let holdings = one_per_record(&holdings, catalogue);
    let specific = holdings.iter().any(|holding| !rule(holding).file.generic);
    let mut cases: Vec<Case> = Vec::new();
    let mut rest: Vec<Holding> = Vec::new();
    for holding in holdings {
        let caused = specific && rule(&holding).file.generic;
        if caused { rest.push(holding) } else { cases.push(Case { cause: holding, consequences: Vec::new() }) }
    }
    let (cases, followers) = without_consequences(cases, catalogue);
    let mut cases = fullest_of_each(cases);
    cases = one_start(cases);
    cases = one_per_rule(cases, catalogue);
    if let Some(first) = cases.first_mut() {
        first.consequences.extend(followers);
        first.consequences.extend(rest);
        let mut seen = BTreeSet::from([first.cause.rule]);
        first.consequences.retain(|holding| seen.insert(holding.rule));
    }
    cases
}

/// Every rule that follows from `rule`, however far.
pub fn follows(rule: &Rule, catalogue: &Catalogue) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open: Vec<usize> = rule.file.causes.iter().filter_map(|id| catalogue.index(id)).collect();
    while let Some(index) = open.pop() {
        if found.insert(index) {
            open.extend(catalogue.rules[index].file.causes.iter().filter_map(|id| catalogue.index(id)));
        }
    }
    found
}

/// Leaves out what yields to a more exact rule that holds too.
fn without_yielding(mut holdings: Vec<Holding>, catalogue: &Catalogue) -> Vec<Holding> {
    let held: BTreeSet<String> = holdings.iter().map(|holding| catalogue.rules[holding.rule].id.clone()).collect();
    holdings.retain(|holding| !catalogue.rules[holding.rule].file.yields_to.iter().any(|id| held.contains(id)));
    holdings
}

/// One record has one cause: the most exact rule about the exception that decides, and what that rule causes.
fn one_per_record(holdings: &[Holding], catalogue: &Catalogue) -> Vec<Holding> {
    let rule = |holding: &Holding| &catalogue.rules[holding.rule];
    let rank = |holding: &Holding, anchor: &Anchor| {
        (rule(holding).file.generic, anchor.distance, Reverse(anchor.exactness), holding.rule)
    };
    let best_of = |utterance: usize| {
        let anchored = holdings.iter().filter_map(|holding| holding.anchor.as_ref().map(|anchor| (holding, anchor)));
        anchored
            .filter(|(_, anchor)| anchor.utterance == utterance)
            .min_by_key(|(holding, anchor)| rank(holding, anchor))
    };
    let kept = |holding: &Holding| {
        let Some(best) = holding.anchor.and_then(|anchor| best_of(anchor.utterance)).map(|(best, _)| best) else {
            return true;
        };
        holding == best || follows(rule(best), catalogue).contains(&holding.rule) || rule(holding).file.generic
    };
    holdings.iter().filter(|holding| kept(holding)).cloned().collect()
}

/// Takes out what follows from another cause of the same subject.
fn without_consequences(cases: Vec<Case>, catalogue: &Catalogue) -> (Vec<Case>, Vec<Holding>) {
    let caused: BTreeSet<usize> =
        cases.iter().flat_map(|case| follows(&catalogue.rules[case.cause.rule], catalogue)).collect();
    let (followers, causes): (Vec<Case>, Vec<Case>) =
        cases.into_iter().partition(|case| caused.contains(&case.cause.rule));
    (causes, followers.into_iter().map(|case| case.cause).collect())
}

/// Of several records about which the same rule holds, the one that tells most names stands for all.
fn fullest_of_each(cases: Vec<Case>) -> Vec<Case> {
    let mut kept: Vec<Case> = Vec::new();
    for mut case in cases {
        let told = |case: &Case| case.cause.names.len();
        match kept.iter_mut().find(|other| other.cause.rule == case.cause.rule && told(other) != told(&case)) {
            None => kept.push(case),
            Some(other) => {
                let seen =
                    other.cause.anchor.map(|anchor| anchor.seen).max(case.cause.anchor.map(|anchor| anchor.seen));
                if told(&case) > told(other) {
                    std::mem::swap(other, &mut case);
                }
                if let (Some(anchor), Some(seen)) = (&mut other.cause.anchor, seen) {
                    anchor.seen = seen;
                }
            }
        }
    }
    kept
}

/// A container fails to start for one reason: of several, the one that ended it, which is the last.
fn one_start(cases: Vec<Case>) -> Vec<Case> {
    let at_start =
        |case: &Case| case.cause.moment == Moment::Start && case.cause.anchor.is_some_and(|anchor| anchor.line > 0);
    let weight = |case: &Case| case.cause.anchor.map(|anchor| (anchor.is_traceback, anchor.seen, anchor.line));
    let fatal = cases.iter().filter(|case| at_start(case)).max_by_key(|case| weight(case)).cloned();
    let Some(fatal) = fatal else { return cases };
    let (start, mut rest): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(at_start);
    drop(start);
    rest.insert(0, fatal);
    rest
}

/// The same rule for the same subject is one case: the one seen most.
fn one_per_rule(cases: Vec<Case>, catalogue: &Catalogue) -> Vec<Case> {
    let mut kept: Vec<Case> = Vec::new();
    for case in cases {
        let same = |other: &Case| {
            let shared = &catalogue.rules[case.cause.rule].file.shared;
            other.cause.rule == case.cause.rule
                && shared.iter().all(|name| other.cause.names.get(name.as_str()) == case.cause.names.get(name.as_str()))
        };
        if !kept.iter().any(same) {
            kept.push(case);
        }
    }
    kept
}
