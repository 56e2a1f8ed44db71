//! A pattern: a line as it was pasted, with `{name}` where it varies and `{}` where it does not matter.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use regex::bytes::{Captures, Regex, RegexBuilder};
use serde::{Deserialize, Deserializer};

use crate::diagnosis::literal::{self, Piece};
use crate::diagnosis::plural::PatternVisitor;
use crate::diagnosis::rule::OneOrMany;

/// A pattern as it is written in a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternText {
    /// A pasted line with holes.
    Line(Arc<str>),
    /// A regular expression, for the rare rest.
    Regex(RegexText),
}

impl PatternText {
    /// As it is written in the rule.
    pub fn shown(&self) -> &str {
        match self {
            PatternText::Line(line) => line,
            PatternText::Regex(regex) => &regex.regex,
        }
    }
}

impl<'de> Deserialize<'de> for PatternText {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(PatternVisitor)
    }
}

/// A regular expression and a word that every text it matches contains.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RegexText {
    /// In the syntax of the `regex` crate, of bytes; named groups bind names.
    pub regex: String,
    /// A text with a word of at least four characters that stands in every match, or several of which one does.
    pub literal: OneOrMany<String>,
}

/// A pattern that is compiled when its literal is first seen.
#[derive(Debug)]
pub struct Pattern {
    /// As it is written in the rule.
    pub text: PatternText,
    /// The longest text that every match contains, or several of which every match contains one.
    pub literals: Vec<String>,
    compiled: OnceLock<Option<Regex>>,
}

/// A match of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The bytes of the text.
    pub span: std::ops::Range<usize>,
    /// What the holes hold.
    pub names: BTreeMap<String, String>,
}

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Literal(&'a str),
    Hole { name: &'a str, shape: &'a str },
}

/// A literal without a word as long as this would be found everywhere.
const WORD_LENGTH: usize = 4;
/// A literal shorter than this cannot be searched for.
const SEARCHED_LENGTH: usize = 5;
/// A hole that holds more than this many bytes matched by accident.
const HOLE_LENGTH: usize = 2000;

/// What a hole may hold, by the word after its colon: as an expression, and in words.
pub const SHAPES: [(&str, &str, &str); 9] = [
    ("int", "[0-9]+", "digits"),
    ("number", "[0-9][0-9.,]*", "digits with points and commas"),
    ("word", r#"[^\s'"`,;()<>\[\]{}]+"#, "no blank, quote, comma or bracket"),
    ("path", r#"[^\s'"`,;()<>\[\]{}]+"#, "the same as `word`"),
    ("host", "[A-Za-z0-9_.-]+", "letters, digits, `.`, `-` and `_`"),
    ("name", "[A-Za-z_][A-Za-z0-9_.]*", "a dotted Python name"),
    ("line", r"[^\n]+", "the rest of the line"),
    ("lines", r"[\s\S]+?", "as little as possible, also over line ends"),
    ("text", r"[^\n]+?", "as little as possible of one line; what a hole without a shape holds"),
];

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn new(text: &PatternText) -> Result<Self, String> {
        let literals = match text {
            PatternText::Line(line) => {
                parts(line).try_for_each(|part| part.map(drop))?;
                vec![literal::longest(line)]
            }
            PatternText::Regex(regex) => regex.literal.as_slice().to_vec(),
        };
        Ok(Pattern { text: text.clone(), literals, compiled: OnceLock::new() })
    }

    /// So many bytes at least are fixed in every match.
    pub fn literal_length(&self) -> usize {
        self.literals.iter().map(String::len).min().unwrap_or_default()
    }

    /// The names that a match binds.
    pub fn names(&self) -> Vec<String> {
        match &self.text {
            PatternText::Line(line) => {
                let named = parts(line).filter_map(|part| match part {
                    Ok(Part::Hole { name, .. }) if !name.is_empty() => Some(name.to_owned()),
                    _ => None,
                });
                named.collect()
            }
            PatternText::Regex(regex) => groups(&regex.regex),
        }
    }

    /// Is it written so that it can be compiled? Only reads it: to compile all of them would take half a second.
    pub fn verify(&self) -> Result<(), String> {
        match &self.text {
            // What is fixed in a line is escaped, and the shapes of its holes are ours: it always compiles.
            PatternText::Line(_) => Ok(()),
            PatternText::Regex(text) => {
                let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
                parser.parse(&text.regex).map(drop).map_err(|error| error.to_string())
            }
        }
    }

    /// Can it be found in a log? That is searched by a word of each pattern.
    pub fn verify_literal(&self) -> Result<(), String> {
        let is_short = |literal: &&String| {
            literal.len() < SEARCHED_LENGTH || !literal.split_whitespace().any(|word| word.len() >= WORD_LENGTH)
        };
        let reason = |literal| {
            format!(
                "logs are searched by its fixed text, and `{literal}` is too short for that: it needs {SEARCHED_LENGTH} \
                 characters, and {WORD_LENGTH} without a blank"
            )
        };
        self.literals.iter().find(is_short).map_or(Ok(()), |literal| Err(reason(literal)))
    }

    /// The first match in `text` that begins before byte `own`. The code that raises, as a traceback quotes it, holds the
    /// words of the message without its values: it counts only where nothing else matches.
    pub fn find(&self, text: &str, own: usize) -> Option<Match> {
        let regex = self.compiled.get_or_init(|| self.build().ok()).as_ref()?;
        let found = regex.captures_iter(text.as_bytes()).take_while(|found| found.get_match().start() < own);
        let mut found = found
            .map(|found| matched(regex, &found, text))
            .filter(|found| found.names.values().all(|held| held.len() <= HOLE_LENGTH));
        let first = found.next()?;
        if !is_quoted_code(text, first.span.start) {
            return Some(first);
        }
        found.find(|other| !is_quoted_code(text, other.span.start)).or(Some(first))
    }

    /// As a regular expression.
    pub fn expression(&self) -> Result<String, String> {
        match &self.text {
            PatternText::Line(line) => parts(line).collect::<Result<Vec<_>, _>>().map(|parts| as_regex(&parts)),
            PatternText::Regex(regex) => Ok(regex.regex.clone()),
        }
    }

    /// Why it never matches, where it is sound but too large to be compiled.
    pub fn fault(&self) -> Option<String> {
        self.build().err()
    }

    fn build(&self) -> Result<Regex, String> {
        // Of bytes: the classes of Unicode take several times as long to compile, and the words of logs are plain.
        let mut builder = RegexBuilder::new(&self.expression()?);
        builder.unicode(false).multi_line(true).size_limit(1 << 20).build().map_err(|error| error.to_string())
    }
}

/// Does the line at a byte quote the code of a frame? Then the line before it names the file.
fn is_quoted_code(text: &str, at: usize) -> bool {
    let before = text[..at].rfind('\n').map_or("", |end| &text[..end]);
    before.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("File \""))
}

/// The names of the groups of a regular expression, without compiling it.
fn groups(regex: &str) -> Vec<String> {
    let opened = regex.split("(?").skip(1).filter_map(|rest| rest.trim_start_matches('P').strip_prefix('<'));
    let names = opened.filter_map(|rest| rest.split_once('>')).map(|(name, _)| name);
    names.filter(|name| !name.starts_with(['=', '!'])).map(str::to_owned).collect()
}

fn matched(regex: &Regex, found: &Captures<'_>, text: &str) -> Match {
    let held = |name: &str| {
        let held = found.name(name)?;
        Some((name.to_owned(), String::from_utf8_lossy(held.as_bytes()).trim().to_owned()))
    };
    let names = regex.capture_names().flatten().filter_map(held).filter(|(_, held)| !held.is_empty()).collect();
    let span = found.get_match().range();
    let boundary = |from: usize| (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    Match { span: boundary(span.start)..boundary(span.end), names }
}

fn parts(line: &str) -> impl Iterator<Item = Result<Part<'_>, String>> {
    literal::pieces(line).map(|piece| match piece {
        Piece::Fixed(text) => Ok(Part::Literal(text)),
        Piece::Hole(hole) => hole_of(hole),
        Piece::Stray => Err("a `}` without its `{`; write `}}` for the character itself".to_owned()),
    })
}

fn hole_of(hole: &str) -> Result<Part<'_>, String> {
    let (name, shape) = hole.split_once(':').unwrap_or((hole, if hole.is_empty() { "" } else { "text" }));
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !plain {
        return Err(format!(
            "`{{{hole}}}` is no name: use lower-case letters and _, and `{{{{` for the character itself"
        ));
    }
    if !shape.is_empty() && !SHAPES.iter().any(|(known, ..)| *known == shape) {
        let known: Vec<&str> = SHAPES.iter().map(|(known, ..)| *known).collect();
        return Err(format!("`{shape}` is no shape of a hole; known are {}", known.join(", ")));
    }
    Ok(Part::Hole { name, shape })
}

fn as_regex(parts: &[Part<'_>]) -> String {
    let mut source = String::new();
    let mut seen: Vec<&str> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(text) => push_literal(&mut source, text),
            Part::Hole { name, shape } => {
                let last = index + 1 == parts.len();
                let inner = match *shape {
                    "" => r"[^\n]*?",
                    "text" if last => r"[^\n]+",
                    shape => {
                        SHAPES.iter().find(|(known, ..)| *known == shape).map_or(r"[^\n]+?", |(_, inner, _)| inner)
                    }
                };
                if name.is_empty() || seen.contains(name) {
                    source.push_str(&format!("(?:{inner})"));
                } else {
                    seen.push(name);
                    source.push_str(&format!("(?P<{name}>{inner})"));
                }
            }
        }
    }
    source
}

/// Blanks match any white space, since a pasted line may be wrapped.
fn push_literal(source: &mut String, text: &str) {
    let mut blank = false;
    for character in text.chars() {
        if character.is_whitespace() {
            blank = true;
            continue;
        }
        if std::mem::take(&mut blank) {
            source.push_str(r"\s+");
        }
        source.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
    }
    if blank {
        source.push_str(r"\s+");
    }
}
