//! Decides at memory speed which lines of a log can matter, and which patterns could match a text.
//!
//! Two steps: *gates*, of which every literal contains one and healthy servers write few, are searched in whole blocks;
//! a line that holds one is searched for the *literals* of the patterns. Only a pattern whose literal was seen is ever
//! compiled and tried. The words are data: this module knows nothing of rules.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::snapshot::log::gate::Gates;

/// The number of a pattern in the catalogue.
pub type PatternId = u16;

/// Bytes of a literal that are searched for; where they stand, the rest is compared. An automaton of whole literals takes
/// several times as long to build.
const BEGINNING: usize = 8;

/// The gates and literals of a catalogue.
#[derive(Debug)]
pub struct Sieve {
    gates: Gates,
    beginnings: Vec<Vec<u8>>,
    /// Of each beginning.
    literals: Vec<Vec<Literal>>,
    automaton: OnceLock<Option<AhoCorasick>>,
}

/// What follows the beginning of a literal, and the pattern it belongs to.
#[derive(Debug)]
struct Literal {
    rest: Vec<u8>,
    owner: PatternId,
}

impl Sieve {
    /// Builds the gates at once; the automaton of the literals only when a line first passes them.
    pub fn new<'a>(gates: &[String], literals: impl IntoIterator<Item = (&'a str, PatternId)>) -> Self {
        let mut by_beginning: BTreeMap<Vec<u8>, Vec<Literal>> = BTreeMap::new();
        for (literal, owner) in literals {
            let (beginning, rest) = literal.as_bytes().split_at(literal.len().min(BEGINNING));
            by_beginning.entry(beginning.to_vec()).or_default().push(Literal { rest: rest.to_vec(), owner });
        }
        let (beginnings, literals) = by_beginning.into_iter().unzip();
        Sieve { gates: Gates::new(gates), beginnings, literals, automaton: OnceLock::new() }
    }

    /// The place of the first gate in `block` from `from` on.
    pub fn next_gate(&self, block: &[u8], from: usize) -> Option<usize> {
        self.gates.find(block, from)
    }

    /// The patterns of which a literal stands in `text`, in ascending order.
    ///
    /// Line breaks and runs of blanks count as one blank, since pasted text is often wrapped.
    pub fn candidates(&self, text: &str) -> Vec<PatternId> {
        let Some(automaton) = self.automaton() else { return Vec::new() };
        let flat = flattened(text);
        let bytes = flat.as_bytes();
        let mut found: Vec<PatternId> = Vec::new();
        for hit in automaton.find_overlapping_iter(bytes) {
            let whole = self.literals[hit.pattern().as_usize()]
                .iter()
                .filter(|literal| bytes[hit.end()..].starts_with(&literal.rest));
            found.extend(whole.map(|literal| literal.owner));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        self.automaton
            .get_or_init(|| {
                AhoCorasick::builder()
                    .match_kind(MatchKind::Standard)
                    .kind(Some(AhoCorasickKind::ContiguousNFA))
                    .build(&self.beginnings)
                    .ok()
            })
            .as_ref()
    }
}

/// `text` with every run of white space as one blank.
pub fn flattened(text: &str) -> std::borrow::Cow<'_, str> {
    let bytes = text.as_bytes();
    let plain = !bytes.iter().any(|b| matches!(b, b'\n' | b'\t' | b'\r')) && !text.contains("  ");
    if plain {
        return std::borrow::Cow::Borrowed(text);
    }
    let mut flat = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !flat.is_empty() || text.starts_with(|c: char| c.is_ascii_whitespace()) {
            flat.push(' ');
        }
        flat.push_str(word);
    }
    std::borrow::Cow::Owned(flat)
}
