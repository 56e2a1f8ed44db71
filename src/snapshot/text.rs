//! Text of the cluster made safe on entry: no byte of it can act on a terminal, and what was replaced stays visible.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use ecow::EcoString;
use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// Code points that one visible character may be made of; what is stacked higher is cut.
const CLUSTER_LIMIT: usize = 8;

/// A string that holds no control character but the line feed.
///
/// Escape sequences, C0 and C1 controls, bidirectional overrides and invisible characters are replaced by a visible
/// mark (`␛[2J`, `<U+202E>`), tabs by four blanks. Cheap to clone: up to 15 bytes lie in place, what is longer is shared.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SafeText(EcoString);

impl SafeText {
    /// Makes any text safe.
    pub fn new(raw: &str) -> Self {
        SafeText(EcoString::from(made_safe(raw).as_ref()))
    }

    /// Makes bytes safe that may not be UTF-8: each bad byte is shown as `\xNN`.
    pub fn from_bytes(raw: &[u8]) -> Self {
        match std::str::from_utf8(raw) {
            Ok(text) => SafeText::new(text),
            Err(_) => SafeText::new(&lossy(raw)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Decodes bytes, writing each that is not UTF-8 as `\xNN`.
pub fn lossy(raw: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(raw) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(raw.len() + 16);
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    Cow::Owned(text)
}

/// Removes the sequences that only colour text (`ESC [ … m`), so that a coloured log reads like a plain one.
pub fn without_colour(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = colour_length(rest);
        if length == 0 {
            plain.push('\u{1b}');
            rest = &rest[1..];
        } else {
            rest = &rest[length..];
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// How many bytes the colour (or erase-line) sequence at the start of `text` has; 0 where there is none.
fn colour_length(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = parameters.find(|c: char| !(c.is_ascii_digit() || matches!(c, ';' | ':')));
    match end.map(|end| (end, parameters.as_bytes()[end])) {
        Some((end, b'm' | b'K')) => 2 + end + 1,
        _ => 0,
    }
}

fn made_safe(raw: &str) -> Cow<'_, str> {
    if raw.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(raw);
    }
    let mut safe = String::with_capacity(raw.len() + 8);
    let mut stacked = 0;
    for character in raw.chars() {
        stacked = if joins_previous(character) { stacked + 1 } else { 0 };
        match character {
            '\n' | ' '..='~' => safe.push(character),
            '\t' => safe.push_str("    "),
            '\u{1b}' => safe.push('␛'),
            '\u{0}'..='\u{1f}' => safe.push(char::from_u32(0x2400 + character as u32).unwrap_or('␀')),
            '\u{7f}' => safe.push('␡'),
            _ if is_invisible(character) => safe.push_str(&format!("<U+{:04X}>", character as u32)),
            _ if stacked >= CLUSTER_LIMIT => {}
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// Controls, direction overrides, zero-width and tag characters, private line ends: whatever a reader would not see.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Combining marks, which a terminal draws over the character before them.
fn joins_previous(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{e31}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

impl Deref for SafeText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for SafeText {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SafeText {
    fn from(raw: &str) -> Self {
        SafeText::new(raw)
    }
}

impl From<String> for SafeText {
    fn from(raw: String) -> Self {
        SafeText::new(&raw)
    }
}

impl PartialEq<str> for SafeText {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for SafeText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, out)
    }
}

impl<'de> Deserialize<'de> for SafeText {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(TextVisitor)
    }
}

/// Reads a string, and takes numbers and booleans for the text that YAML may have turned them from.
struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = SafeText;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<SafeText, E> {
        Ok(SafeText::new(text))
    }

    fn visit_bool<E>(self, value: bool) -> Result<SafeText, E> {
        Ok(SafeText::new(if value { "true" } else { "false" }))
    }

    fn visit_i64<E>(self, value: i64) -> Result<SafeText, E> {
        Ok(SafeText::new(&value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<SafeText, E> {
        Ok(SafeText::new(&value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<SafeText, E> {
        Ok(SafeText::new(&value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<SafeText, E> {
        Ok(SafeText::default())
    }

    fn visit_none<E>(self) -> Result<SafeText, E> {
        Ok(SafeText::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<SafeText, D::Error> {
        SafeText::deserialize(input)
    }
}
