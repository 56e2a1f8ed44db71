//! The fixed text of patterns, and the few short words (gates) of which every pattern contains one.
//!
//! Uses the standard library only, since the build chooses the gates with it.

use std::collections::{BTreeMap, BTreeSet};

/// A piece of a pasted line with `{holes}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands in every match; of `{{` and `}}` the single brace.
    Fixed(&'a str),
    /// What stands between the braces of a hole.
    Hole(&'a str),
    /// A `}` without its `{`.
    Stray,
}

/// The pieces of a pasted line, in their order.
pub fn pieces(line: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (piece, end) = match *rest.as_bytes() {
            [] => return None,
            [b'{', b'{', ..] | [b'}', b'}', ..] => (Piece::Fixed(&rest[..1]), 2),
            [b'{', ..] => {
                let end = rest.find('}').unwrap_or(rest.len());
                (Piece::Hole(&rest[1..end]), rest.len().min(end + 1))
            }
            [b'}', ..] => (Piece::Stray, 1),
            _ => {
                let end = rest.bytes().position(|byte| matches!(byte, b'{' | b'}')).unwrap_or(rest.len());
                (Piece::Fixed(&rest[..end]), end)
            }
        };
        rest = &rest[end..];
        Some(piece)
    })
}

/// The longest text that stands in every match of a pasted line with `{holes}`; runs of blanks as one.
pub fn longest(line: &str) -> String {
    let mut longest = String::new();
    let mut literal = String::with_capacity(line.len());
    for piece in pieces(line).chain([Piece::Hole("")]) {
        match piece {
            Piece::Fixed(text) => push_flat(&mut literal, text),
            Piece::Stray => literal.push('}'),
            Piece::Hole(_) => {
                let end = literal.trim_end().len();
                literal.truncate(end);
                // Of two as long as each other, the later.
                if literal.len() >= longest.len() {
                    std::mem::swap(&mut longest, &mut literal);
                }
                literal.clear();
            }
        }
    }
    longest
}

/// Appends a text with every run of white space as one blank, and none at the beginning.
fn push_flat(flat: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte.is_ascii_whitespace()) {
        flat.push_str(&rest[..at]);
        if !flat.is_empty() && !flat.ends_with(' ') {
            flat.push(' ');
        }
        rest = &rest[at + 1..];
    }
    flat.push_str(rest);
}

/// A search looks at a gate only if its first bytes, this many, could begin one.
const HEAD: usize = 5;
/// More bytes than these say no more.
const GATE_LENGTH: usize = 12;
/// In JSON and HTML these are written in another way.
const ESCAPED: [char; 6] = ['"', '\'', '\\', '<', '>', '&'];

/// How often each four bytes stand in the lines of healthy servers.
type Ordinary<'a> = BTreeMap<&'a [u8], usize>;

/// Chooses a gate for each literal, the same for as many as can be: a part of a word whose first bytes do not stand in
/// `ordinary`, the lines of healthy servers.
pub fn choose_gates(literals: &[String], ordinary: &str) -> Vec<String> {
    let mut counts = Ordinary::new();
    for quad in ordinary.as_bytes().windows(HEAD - 1) {
        *counts.entry(quad).or_default() += 1;
    }
    let held: Vec<BTreeSet<&str>> = literals.iter().map(|literal| possible_gates(literal, &counts)).collect();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for gate in held.iter().flatten() {
        *open.entry(gate).or_default() += 1;
    }
    let mut gates: Vec<&str> = Vec::new();
    let mut is_covered = vec![false; held.len()];
    while let Some(gate) = worthiest(&open) {
        gates.push(gate);
        for (possible, covered) in held.iter().zip(&mut is_covered).filter(|(possible, _)| possible.contains(gate)) {
            if !std::mem::replace(covered, true) {
                for gate in possible {
                    *open.entry(gate).or_default() -= 1;
                }
            }
        }
    }
    gates.into_iter().map(str::to_owned).collect()
}

/// The gate that stands in the most literals, the longest of several.
fn worthiest<'a>(open: &BTreeMap<&'a str, usize>) -> Option<&'a str> {
    let worth = open.iter().filter(|(_, count)| **count > 0);
    worth.max_by_key(|(gate, count)| (**count, gate.len())).map(|(gate, _)| *gate)
}

/// A gate for each literal that holds none of `gates`.
pub fn missing_gates<'a>(literals: impl Iterator<Item = &'a str>, gates: &[String]) -> Vec<String> {
    let is_open = |literal: &&str| !gates.iter().any(|gate| literal.contains(gate.as_str()));
    let open: Vec<String> = literals.filter(is_open).map(str::to_owned).collect();
    choose_gates(&open, "")
}

/// The parts of a literal that could be its gate: without a blank if there are such, since pasted lines are wrapped.
fn possible_gates<'a>(literal: &'a str, ordinary: &Ordinary<'_>) -> BTreeSet<&'a str> {
    let is_rare = |part: &&str| cost(part, ordinary) == 0;
    let words = literal.split(|c: char| c.is_whitespace() || ESCAPED.contains(&c));
    let in_words: BTreeSet<&str> = words.flat_map(parts).filter(is_rare).collect();
    if !in_words.is_empty() {
        return in_words;
    }
    parts(literal).min_by_key(|part| cost(part, ordinary)).into_iter().collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let part = |at| text.get(at..text.len().min(at + GATE_LENGTH));
    (0..text.len()).filter_map(part).filter(|part| part.len() >= HEAD)
}

/// How often a search would look at the place of a part in vain.
fn cost(part: &str, ordinary: &Ordinary<'_>) -> usize {
    part.as_bytes()[..HEAD].windows(HEAD - 1).filter_map(|quad| ordinary.get(quad)).sum()
}
