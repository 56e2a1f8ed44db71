//! Decides at memory speed which lines of a log can matter, and which patterns could match a text.
//!
//! Two steps: *gates*, of which every literal contains one and healthy servers write few, are searched in whole blocks;
//! a line that holds one is searched for the *literals* of the patterns. Only a pattern whose literal was seen is ever
//! compiled and tried. The words are data: this module knows nothing of rules.

use crate::snapshot::log::gate::{Gates, QUAD, Quads};

/// The number of a pattern in the catalogue.
pub type PatternId = u16;

/// The gates and literals of a catalogue.
#[derive(Debug)]
pub struct Sieve {
    gates: Gates,
    /// How the literals begin.
    heads: Quads,
    /// In the order of their heads.
    literals: Vec<Literal>,
}

/// A literal and the pattern it belongs to.
#[derive(Debug)]
struct Literal {
    head: [u8; QUAD],
    text: Box<str>,
    owner: PatternId,
}

impl Sieve {
    /// Prepares the search. A literal of less than four bytes is never found.
    pub fn new<'a>(gates: &[String], literals: impl IntoIterator<Item = (&'a str, PatternId)>) -> Self {
        let literal = |(text, owner): (&str, PatternId)| {
            let head = *text.as_bytes().first_chunk()?;
            Some(Literal { head, text: text.into(), owner })
        };
        let mut literals: Vec<Literal> = literals.into_iter().filter_map(literal).collect();
        literals.sort_unstable_by_key(|literal| literal.head);
        let mut heads = Quads::new();
        for literal in &literals {
            heads.insert(literal.head);
        }
        Sieve { gates: Gates::new(gates), heads, literals }
    }

    /// The place of the first gate in `block` from `from` on.
    pub fn next_gate(&self, block: &[u8], from: usize) -> Option<usize> {
        self.gates.find(block, from)
    }

    /// The patterns of which a literal stands in `text`, in ascending order.
    ///
    /// Line breaks and runs of blanks count as one blank, since pasted text is often wrapped.
    pub fn candidates(&self, text: &str) -> Vec<PatternId> {
        let flat = flattened(text);
        let bytes = flat.as_bytes();
        let mut found: Vec<PatternId> = Vec::new();
        for (at, head) in bytes.windows(QUAD).enumerate() {
            let head = [head[0], head[1], head[2], head[3]];
            if self.heads.may_hold(head) {
                let rest = &bytes[at..];
                let whole = self.with_head(head).filter(|literal| rest.starts_with(literal.text.as_bytes()));
                found.extend(whole.map(|literal| literal.owner));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn with_head(&self, head: [u8; QUAD]) -> impl Iterator<Item = &Literal> {
        let first = self.literals.partition_point(|literal| literal.head < head);
        self.literals[first..].iter().take_while(move |literal| literal.head == head)
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
