//! Turns what stands for several lines (JSON records, escaped tracebacks, progress bars, HTML) into the lines it stands for.

use std::borrow::Cow;

use crate::snapshot::log::json;
use crate::snapshot::text;

/// The lines that one line of a log stands for.
pub fn expand(line: &str) -> Cow<'_, str> {
    let plain = text::without_colour(line);
    let plain = match plain {
        Cow::Borrowed(text) => last_overwrite(text),
        Cow::Owned(text) => Cow::Owned(last_overwrite(&text).into_owned()),
    };
    match json::lines(&plain).or_else(|| from_escaped(&plain)).or_else(|| from_html(&plain)) {
        Some(lines) => Cow::Owned(lines),
        None => plain,
    }
}

/// A progress bar writes over its own line: the last text that stands is kept, and errors printed on the way.
fn last_overwrite(line: &str) -> Cow<'_, str> {
    let line = line.trim_end_matches('\r');
    if !line.contains('\r') {
        return Cow::Borrowed(line);
    }
    // A script with the line ends of Windows: the interpreter's name ends in one, and the error goes on behind it.
    if line.contains("\r:") || line.contains("\r'") {
        return Cow::Owned(line.replace('\r', "^M"));
    }
    let parts: Vec<&str> = line.split('\r').filter(|part| !part.trim().is_empty()).collect();
    let telling = |part: &&&str| part.contains("rror") || part.contains("Traceback") || part.contains("xception");
    let mut kept: Vec<&str> = parts.iter().rev().skip(1).rev().filter(telling).copied().collect();
    kept.extend(parts.last());
    Cow::Owned(kept.join("\n"))
}

/// A traceback that was quoted as a string: `…\n  File \"/app/main.py\", line 4…`.
fn from_escaped(line: &str) -> Option<String> {
    if !line.contains("\\n") {
        return None;
    }
    // `\n` stands in Windows paths too: only what quotes several lines is unfolded.
    let quotes_lines = line.contains("Traceback (most recent call last)") || line.contains("\\n  File ");
    let is_path = line.contains(":\\");
    if !quotes_lines && (is_path || !line.contains("Error") || line.matches("\\n").count() < 2) {
        return None;
    }
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.peek().copied() } else { None };
        match escaped {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => {}
            Some(quoted @ ('"' | '\'' | '\\')) => plain.push(quoted),
            _ => {
                plain.push(character);
                continue;
            }
        }
        characters.next();
    }
    Some(plain)
}

/// Text copied out of a web page.
fn from_html(line: &str) -> Option<String> {
    const ENTITIES: [(&str, &str); 7] = [
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    const QUOTES: [char; 4] = ['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'];
    let escaped = ENTITIES.iter().any(|(entity, _)| line.contains(entity));
    if !escaped && !line.contains(QUOTES) {
        return None;
    }
    let plain = ENTITIES.iter().fold(line.to_owned(), |text, (entity, character)| text.replace(entity, character));
    Some(plain.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\""))
}
