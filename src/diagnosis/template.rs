//! Sentences with `{name}` in them, filled in with what a rule has bound.

use std::collections::BTreeMap;

use ecow::EcoString;

use crate::snapshot::text::SafeText;

/// What the names of a diagnosis stand for.
pub type Names = BTreeMap<EcoString, SafeText>;

/// The names that a sentence needs.
pub fn names(sentence: &str) -> impl Iterator<Item = &str> {
    pieces(sentence).filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// The sentence with the names filled in, or nothing where one is not bound.
pub fn render(sentence: &str, names: &Names) -> Option<String> {
    let mut filled = String::new();
    for piece in pieces(sentence) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Name(name) => filled.push_str(names.get(name)?),
        }
    }
    Some(filled)
}

#[derive(Clone, Copy)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The pieces of a sentence. `{{name}}` stands for `{name}`; a brace around anything but a name is only a brace.
fn pieces(sentence: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        let opened = rest.strip_prefix('{');
        let (piece, after) = if let Some((name, after)) = opened.and_then(name_of) {
            (Piece::Name(name), after)
        } else if let Some((braced, after)) = opened.and_then(doubled) {
            (Piece::Text(braced), after)
        } else {
            let first = rest.chars().next()?.len_utf8();
            let end = rest[first..].find('{').map_or(rest.len(), |at| at + first);
            (Piece::Text(&rest[..end]), &rest[end..])
        };
        rest = after;
        Some(piece)
    })
}

/// The name in single braces, where the text after an opening brace is that name in braces and another closing one.
fn doubled(rest: &str) -> Option<(&str, &str)> {
    let (name, after) = rest.strip_prefix('{').and_then(name_of)?;
    let after = after.strip_prefix('}')?;
    Some((&rest[..name.len() + 2], after))
}

/// The name in the brace that was just opened, and what follows it.
fn name_of(rest: &str) -> Option<(&str, &str)> {
    let (name, after) = rest.split_once('}')?;
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain.then_some((name, after))
}
