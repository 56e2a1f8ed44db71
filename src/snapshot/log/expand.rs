//! Turns what stands for several lines (JSON records, escaped tracebacks, progress bars, HTML) into the lines it stands for.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::snapshot::text;

/// The text keys of structured logs, in the order in which they are read.
const MESSAGE_KEYS: [&str; 8] = ["message", "msg", "event", "log", "textPayload", "MESSAGE", "error", "err"];
const ERROR_KEYS: [&str; 4] = ["error", "err", "error_message", "reason"];
const TRACE_KEYS: [&str; 8] =
    ["exc_info", "exception", "stack_trace", "stacktrace", "traceback", "exc_text", "stack", "error_stack"];
const LEVEL_KEYS: [&str; 6] = ["level", "levelname", "severity", "lvl", "log_level", "loglevel"];

/// The lines that one line of a log stands for.
pub fn expand(line: &str) -> Cow<'_, str> {
    let plain = text::without_colour(line);
    let plain = match plain {
        Cow::Borrowed(text) => last_overwrite(text),
        Cow::Owned(text) => Cow::Owned(last_overwrite(&text).into_owned()),
    };
    match from_json(&plain).or_else(|| from_escaped(&plain)).or_else(|| from_html(&plain)) {
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

fn from_json(line: &str) -> Option<String> {
    let start = line.find('{')?;
    if !line.trim_end().ends_with('}') || !is_prefix(&line[..start]) {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(line[start..].trim_end()).ok()?;
    let message = first_text(&object, &MESSAGE_KEYS);
    let trace = first_text(&object, &TRACE_KEYS);
    if message.is_none() && trace.is_none() {
        return None;
    }
    let level = first_text(&object, &LEVEL_KEYS).map(|level| format!("{} ", level.to_uppercase()));
    let mut text = level.unwrap_or_default();
    text.push_str(&message.unwrap_or_default());
    let error = first_text(&object, &ERROR_KEYS);
    for more in [error, trace].into_iter().flatten() {
        if !text.contains(more.as_str()) {
            text.push('\n');
            text.push_str(&more);
        }
    }
    Some(text)
}

/// What may stand before the object of a JSON line: stamps and names, not a sentence that quotes one.
fn is_prefix(head: &str) -> bool {
    head.len() < 120 && !head.contains(": ") && !head.contains("Error") && head.split_whitespace().count() <= 4
}

fn first_text(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match object.get(*key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim_end().to_owned()),
        Value::Array(lines) if lines.iter().all(Value::is_string) && !lines.is_empty() => {
            Some(lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"))
        }
        Value::Object(inner) => first_text(inner, &MESSAGE_KEYS),
        _ => None,
    })
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
