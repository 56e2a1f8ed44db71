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
    let held: Vec<BTreeSet<&str>> = literals.iter().map(|literal| words(literal).collect()).collect();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for word in held.iter().flatten() {
        *open.entry(word).or_default() += 1;
    }
    let mut costs = Costs { lines: ordinary.lines().collect(), known: BTreeMap::new() };
    let mut gates: Vec<&str> = Vec::new();
    let mut is_covered = vec![false; held.len()];
    while let Some(gate) = worthiest(&open, &mut costs) {
        gates.push(gate);
        for (words, covered) in held.iter().zip(&mut is_covered).filter(|(words, _)| words.contains(gate)) {
            if !std::mem::replace(covered, true) {
                for word in words {
                    *open.entry(word).or_default() -= 1;
                }
            }
        }
    }
    gates.into_iter().map(str::to_owned).collect()
}

/// The word that covers most for what it costs. No word costs less than 1, so few need to be weighed.
fn worthiest<'a>(open: &BTreeMap<&'a str, usize>, costs: &mut Costs<'a>) -> Option<&'a str> {
    let mut best = (0.0, None);
    for (word, count) in open {
        let most = *count as f64;
        if most > best.0 && most / costs.of(word) > best.0 {
            best = (most / costs.of(word), Some(*word));
        }
    }
    best.1
}

/// What a word costs as a gate, once it was weighed.
struct Costs<'a> {
    lines: Vec<&'a str>,
    known: BTreeMap<&'a str, f64>,
}

impl<'a> Costs<'a> {
    fn of(&mut self, word: &'a str) -> f64 {
        *self.known.entry(word).or_insert_with(|| {
            let passing = self.lines.iter().filter(|line| line.contains(word)).count();
            1.0 + PASS_COST * passing as f64 / self.lines.len().max(1) as f64
        })
    }
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
