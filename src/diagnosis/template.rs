//! Sentences with `{name}` in them, filled in with what a rule has bound.

use std::collections::BTreeMap;

use crate::snapshot::text::SafeText;

/// What the names of a diagnosis stand for.
pub type Names = BTreeMap<String, SafeText>;

/// A sentence with names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(String),
}

impl Template {
    /// Reads a sentence. `{{name}}` stands for `{name}`; a brace around anything but a name is only a brace.
    pub fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some((name, after)) =
                rest.strip_prefix('{').and_then(name_of).filter(|(_, after)| after.starts_with('}'))
            {
                plain.push_str(&format!("{{{name}}}"));
                rest = &after[1..];
            } else if let Some((name, after)) = name_of(rest) {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(Piece::Name(name.to_owned()));
                rest = after;
            } else {
                plain.push('{');
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        Template { pieces }
    }

    /// The names that it needs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The sentence, or nothing where a name is not bound.
    pub fn render(&self, names: &Names) -> Option<String> {
        let mut sentence = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => sentence.push_str(text),
                Piece::Name(name) => sentence.push_str(names.get(name)?),
            }
        }
        Some(sentence)
    }
}

/// The name in the brace that was just opened, and what follows it.
fn name_of(rest: &str) -> Option<(&str, &str)> {
    let (name, after) = rest.split_once('}')?;
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain.then_some((name, after))
}
