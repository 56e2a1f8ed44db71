//! The fixed text of patterns, and the few short words (gates) of which every pattern contains one.
//!
//! Uses the standard library only, since the build chooses the gates with it.

use std::collections::{BTreeMap, BTreeSet};

/// The longest text that stands in every match of a pasted line with `{holes}`; runs of blanks as one.
pub fn longest(line: &str) -> String {
    let mut literals = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let doubled = matches!(character, '{' | '}') && characters.next_if_eq(&character).is_some();
        if character == '{' && !doubled {
            characters.by_ref().take_while(|&c| c != '}').for_each(drop);
            literals.push(String::new());
        } else if let Some(literal) = literals.last_mut() {
            literal.push(character);
        }
    }
    let flat = literals.iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    flat.max_by_key(String::len).unwrap_or_default()
}

/// Lengths of gates, in bytes. Shorter ones let too much pass, longer ones cover too little.
const GATE_LENGTHS: std::ops::RangeInclusive<usize> = 4..=6;
/// What a pass of a line costs, against what one gate more costs.
const PASS_COST: f64 = 400.0;

/// Chooses gates greedily: again and again the word that stands in the most literals not yet covered, weighed by how
/// often it stands in `ordinary`, the lines of healthy servers.
pub fn choose_gates(literals: &[String], ordinary: &str) -> Vec<String> {
    let lines: Vec<&str> = ordinary.lines().collect();
    let mut holders: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (index, literal) in literals.iter().enumerate() {
        for word in words(literal) {
            holders.entry(word).or_default().insert(index);
        }
    }
    let cost: BTreeMap<&str, f64> = holders.keys().map(|word| (*word, cost(word, &lines))).collect();
    let mut gates = Vec::new();
    let mut open: BTreeSet<usize> = (0..literals.len()).collect();
    while !open.is_empty() {
        let worth = |word: &str| holders[word].intersection(&open).count() as f64 / cost[word];
        let best = holders.keys().map(|word| (worth(word), *word)).max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((worth, word)) = best.filter(|(worth, _)| *worth > 0.0) else { break };
        debug_assert!(worth > 0.0);
        open.retain(|index| !holders[word].contains(index));
        gates.push(word.to_owned());
    }
    gates
}

/// A gate for each literal that holds none of `gates`.
pub fn missing_gates(literals: &[String], gates: &[String]) -> Vec<String> {
    let open = literals.iter().filter(|literal| !gates.iter().any(|gate| literal.contains(gate.as_str())));
    open.filter_map(|literal| words(literal).last().map(str::to_owned)).collect()
}

/// The parts of a literal that could be a gate: no blank in them, since pasted lines are wrapped at blanks.
fn words(literal: &str) -> impl Iterator<Item = &str> {
    GATE_LENGTHS.flat_map(move |length| {
        (0..literal.len().saturating_sub(length - 1)).filter_map(move |at| {
            literal.get(at..at + length).filter(|word| word.is_ascii() && !word.contains(char::is_whitespace))
        })
    })
}

fn cost(word: &str, lines: &[&str]) -> f64 {
    let passing = lines.iter().filter(|line| line.contains(word)).count();
    1.0 + PASS_COST * passing as f64 / lines.len().max(1) as f64
}
