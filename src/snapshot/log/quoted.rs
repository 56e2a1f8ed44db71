//! Reads what a logger wrote in quotes: `err="failed to \"StartContainer\" …"`, `{"message":"pods \"x\" …"}`.

use std::borrow::Cow;

use crate::snapshot::text::SafeText;

/// Quotes are undone in quotes at most this deep: the message of a registry, in that of a runtime, in that of a kubelet.
const DEPTH: usize = 5;

/// Fields that hold words, and how one opens.
const WORDED: [&str; 8] = ["err", "error", "msg", "message", "reason", "cause", "exception", "body"];
/// What a probe printed means something else without the line that says so.
const PRINTED: &str = "output=";
const OPENINGS: [&str; 3] = ["=\"", "\":\"", "\": \""];

/// A line as rules read it: the texts in it that were quoted come first, the innermost before all others and each on lines
/// of its own; then the line, its quotes plain.
pub fn read(line: &str) -> Cow<'_, str> {
    if !may_quote(line) {
        return Cow::Borrowed(line);
    }
    let mut texts = texts(line);
    let plain = plain_quotes(line);
    if texts.is_empty() {
        return plain;
    }
    texts.push(plain.into_owned());
    Cow::Owned(texts.join("\n"))
}

/// The lines of a record as rules read them. Of a stack the code stays as it is, and what the message of an exception
/// quotes follows it.
pub fn read_all(written: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let is_frame = |line: &str| line.trim_start().starts_with("File \"");
    let is_stack = written.split('\n').any(is_frame);
    written.split('\n').map(move |line| if is_stack { read_in_stack(line) } else { read(line) })
}

fn read_in_stack(line: &str) -> Cow<'_, str> {
    if line.starts_with([' ', '\t']) || !may_quote(line) {
        return Cow::Borrowed(line);
    }
    let plain = plain_quotes(line).into_owned();
    Cow::Owned(std::iter::once(plain).chain(texts(line)).collect::<Vec<_>>().join("\n"))
}

/// Can the line be read otherwise than it is written?
pub fn may_quote(line: &str) -> bool {
    line.contains('\\') || OPENINGS.iter().any(|opening| line.contains(opening))
}

/// How many lines of `written` stand before the line of which byte `at` of what was read of it was made.
pub fn line_of(written: &str, at: usize) -> usize {
    let ends = read_all(written).scan(0, |end, line| {
        *end += SafeText::new(&line).len() + 1;
        Some(*end)
    });
    ends.take_while(|end| *end <= at).count()
}

fn texts(line: &str) -> Vec<String> {
    let mut texts = Vec::new();
    collect(line, DEPTH, &mut texts);
    texts
}

/// The texts in quotes that are words or in which something is escaped, and those in them.
fn collect(line: &str, depth: usize, texts: &mut Vec<String>) {
    let mut rest = line;
    while let Some(at) = opening(rest) {
        let quote = rest.as_bytes()[at];
        let inside = &rest[at + 1..];
        let Some(end) = closing(inside, quote) else { return };
        let text = &inside[..end];
        let before = &rest[..at];
        if (text.contains('\\') || text.contains(' ') && is_worded(before)) && !before.ends_with(PRINTED) {
            let undone = unescaped(text);
            if depth > 0 {
                collect(&undone, depth - 1, texts);
            }
            texts.push(plain_quotes(&undone).into_owned());
        }
        rest = &inside[end + 1..];
    }
}

/// Does a field of words begin behind `before`?
fn is_worded(before: &str) -> bool {
    let named = before.strip_suffix('=').or_else(|| before.trim_end().strip_suffix("\":"));
    let name = named.and_then(|named| named.rsplit(|c: char| !c.is_ascii_alphanumeric()).next());
    name.is_some_and(|name| WORDED.contains(&name.to_ascii_lowercase().as_str()))
}

/// Where a text in quotes begins: behind the name of a field or at the head of a message. The apostrophes of a sentence
/// are no quotes, those of `b'…'` in Python are.
fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_behind = |at: usize, before: &[u8]| at.checked_sub(1).is_none_or(|last| before.contains(&bytes[last]));
    memchr::memchr2_iter(b'"', b'\'', bytes).find(|&at| match bytes[at] {
        b'"' => is_behind(at, b"=: \t{[(,"),
        _ => at > 0 && bytes[at - 1] == b'b' && is_behind(at - 1, b" (:="),
    })
}

/// Where the quote ends that was opened before `text`.
fn closing(text: &str, quote: u8) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = memchr::memchr2(quote, b'\\', &text.as_bytes()[from..]) {
        if text.as_bytes()[from + found] == quote {
            return Some(from + found);
        }
        from += found + 2;
        if from > text.len() {
            return None;
        }
    }
    None
}

/// The text that was written with escapes, as Go, JSON and Python write them.
pub fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let taken = match rest.as_bytes().first() {
            Some(b'n') => push(&mut plain, '\n'),
            Some(b't') => push(&mut plain, '\t'),
            Some(b'r') => 1,
            Some(quoted @ (b'"' | b'\'' | b'\\' | b'/')) => push(&mut plain, char::from(*quoted)),
            Some(b'u') => push_point(&mut plain, rest),
            _ => 0,
        };
        if taken == 0 {
            plain.push('\\');
        }
        rest = &rest[taken..];
    }
    plain.push_str(rest);
    plain
}

fn push(plain: &mut String, character: char) -> usize {
    plain.push(character);
    1
}

/// `\u003c`, as JSON of Go writes what HTML reserves; how many bytes it took.
fn push_point(plain: &mut String, rest: &str) -> usize {
    const LENGTH: usize = "u003c".len();
    let point = rest.get(1..LENGTH).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
    point.map_or(0, |point| {
        plain.push(point);
        LENGTH
    })
}

/// The line without the strokes before its quotes, however many stand there; no other is taken away, since they stand in
/// paths of Windows too.
fn plain_quotes(line: &str) -> Cow<'_, str> {
    if !line.contains("\\\"") && !line.contains("\\'") && !line.contains("\\u00") {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let behind = rest[at..].trim_start_matches('\\');
        let strokes = rest.len() - at - behind.len();
        let point = if behind.starts_with("u00") { push_point(&mut plain, behind) } else { 0 };
        if point == 0 && !behind.starts_with(['"', '\'']) {
            plain.push_str(&rest[at..at + strokes]);
        }
        rest = &behind[point..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::{line_of, read, read_all};

    #[test]
    fn quotes_in_quotes_are_undone() {
        let line = r#"E0512 log.go:32] err="failed to \"Start\" with Err: \"rpc: \\\"a:1\\\": not found\"" pod="p""#;
        let read = read(line);
        let lines: Vec<&str> = read.lines().collect();
        assert_eq!(lines[0], r#"rpc: "a:1": not found"#);
        assert_eq!(lines[1], r#"failed to "Start" with Err: "rpc: "a:1": not found""#);
        assert_eq!(lines[2], r#"E0512 log.go:32] err="failed to "Start" with Err: "rpc: "a:1": not found"" pod="p""#);
    }

    #[test]
    fn json_in_a_sentence_is_read() {
        let line = r#"HTTP response body: {"kind":"Status","message":"secrets \"a\" is \u003cnil\u003e","code":403}"#;
        assert_eq!(read(line).lines().next(), Some(r#"secrets "a" is <nil>"#));
        let bytes = r#"HTTP response body: b'{"message":"secrets \\"a\\" not found"}\n'"#;
        assert_eq!(read(bytes).lines().next(), Some(r#"secrets "a" not found"#));
    }

    #[test]
    fn what_is_not_in_quotes_stays() {
        for line in [r"OSError: C:\new\table is not there, it's said", "plain", r#"a "b" c"#, r"can't \d+ don't"] {
            assert_eq!(read(line), line);
        }
    }

    #[test]
    fn the_code_of_a_stack_stays() {
        let written = "Traceback:\n  File \"a.py\", line 1\n    raise ValueError(msg=\"Error: a b\")\nApiError: {\"message\": \"no \\\"a\\\"\"}";
        let read: Vec<_> = read_all(written).collect();
        assert_eq!(read[2], "    raise ValueError(msg=\"Error: a b\")");
        assert_eq!(read[3], "ApiError: {\"message\": \"no \"a\"\"}\nno \"a\"");
    }

    #[test]
    fn what_was_read_is_found_where_it_was_written() {
        let written = "first\nerr=\"secrets \\\"a\\\" not found\"\nlast";
        let whole: Vec<_> = written.lines().map(read).collect();
        let whole = whole.join("\n");
        assert_eq!(line_of(written, whole.find("secrets").unwrap()), 1);
        assert_eq!(line_of(written, whole.find("last").unwrap()), 2);
        assert_eq!(line_of(written, 0), 0);
    }
}
