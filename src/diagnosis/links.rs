//! The edges between rules, `causes` and `yields_to`: to rules that exist, and never in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::loader::{Fault, Source};
use crate::diagnosis::rule::RuleFile;
use crate::diagnosis::vocabulary::nearest;

/// A kind of edge: its key in the files, and where it leads from a rule.
type Edges = (&'static str, fn(&RuleFile) -> &[String]);

const EDGES: [Edges; 2] = [("causes", |file| &file.causes), ("yields_to", |file| &file.yields_to)];

/// All rules by id, those of the program and somebody's own.
pub type Rules<'a> = BTreeMap<&'a str, &'a RuleFile>;

/// What is wrong with the edges of a rule. `ids` are all that exist, also those that are refused for other reasons.
pub fn faults(source: &Source, rules: &Rules<'_>, ids: &BTreeSet<&str>) -> Vec<Fault> {
    let Some(file) = rules.get(source.id.as_str()) else { return Vec::new() };
    let mut faults = Vec::new();
    for (key, edges) in EDGES {
        let unknown = edges(file).iter().filter(|id| !ids.contains(id.as_str()));
        faults.extend(unknown.map(|id| unknown_id(source, key, id, ids)));
        faults.extend(circle(&source.id, edges, rules).map(|circle| in_a_circle(source, key, &circle)));
    }
    faults
}

fn unknown_id(source: &Source, key: &str, id: &str, ids: &BTreeSet<&str>) -> Fault {
    let meant = nearest(id, ids.iter().copied()).map(|id| format!("did you mean {id}? ")).unwrap_or_default();
    let help = format!("{meant}`unstuck rules list` names them all");
    source.fault(source.line_of(id), &format!("`{id}` in `{key}` is no rule"), &help)
}

fn in_a_circle(source: &Source, key: &str, circle: &[&str]) -> Fault {
    let reason = format!("`{key}` leads back to where it began: {}", circle.join(" → "));
    source.fault(source.line_of_key(key), &reason, "take one of them away: in a circle each would silence the others")
}

/// The shortest way along the edges from a rule back to itself.
fn circle<'a>(id: &'a str, edges: fn(&RuleFile) -> &[String], rules: &Rules<'a>) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![id]];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = rules.get(way.last()?).map(|file| edges(file)).unwrap_or_default();
            for next in last {
                let on = |id| way.iter().copied().chain([id]).collect::<Vec<_>>();
                if next == id {
                    return Some(on(id));
                }
                if seen.insert(next.as_str()) {
                    longer.push(on(next.as_str()));
                }
            }
        }
        ways = longer;
    }
    None
}
