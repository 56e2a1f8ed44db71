//! Quotes what was seen, with where it comes from.

use std::borrow::Cow;
use std::ops::Range;

use crate::diagnosis::assessment::{Evidence, From};
use crate::diagnosis::scene::{Origin, Scene, Utterance};
use crate::snapshot::LogKey;
use crate::snapshot::event::Event;
use crate::snapshot::log::Line;
use crate::snapshot::log::quoted;
use crate::snapshot::log::record::Record;
use crate::snapshot::log::traceback::{Frame, Raised};
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// A quotation is cut after this many characters.
const QUOTE_LENGTH: usize = 600;

/// The words that a pattern matched.
pub fn of_words(scene: &Scene<'_>, utterance: &Utterance<'_>, span: &Range<usize>) -> Vec<Evidence> {
    match utterance.origin {
        Origin::Log { key, record } => of_record(key, record, &utterance.text, span),
        Origin::Event(event) => {
            let about = &event.involved_object;
            vec![of_event(event, Subject::new(&about.kind, &about.namespace, &about.name))]
        }
        Origin::Condition(condition) => {
            vec![of_field(scene, &format!("status.conditions[{}].message", condition.kind), &utterance.text)]
        }
        Origin::Field(path) => vec![of_field(scene, path, &utterance.text)],
    }
}

/// A field of the subject.
pub fn of_field(scene: &Scene<'_>, path: &str, value: &str) -> Evidence {
    let object = Subject { container: None, ..scene.subject.clone() };
    let container = scene.subject.container.clone();
    let text = SafeText::new(&shortened(value));
    Evidence { from: From::Field, object, container, line: None, field: Some(path.to_owned()), count: None, text }
}

/// A field of any object.
pub fn of_object(object: Subject, path: &str, value: &str) -> Evidence {
    let text = SafeText::new(&shortened(value));
    Evidence { from: From::Field, object, container: None, line: None, field: Some(path.to_owned()), count: None, text }
}

/// An event about an object.
pub fn of_event(event: &Event, object: Subject) -> Evidence {
    let count = u64::try_from(event.count()).ok().filter(|count| *count > 1);
    let container = event.container().map(SafeText::new);
    Evidence { from: From::Event, object, container, line: None, field: None, count, text: event.message.clone() }
}

/// A line of a log.
pub fn of_line(key: &LogKey, line: &Line) -> Evidence {
    let (object, container) = owner(key);
    let text = SafeText::new(&shortened(&line.text));
    Evidence { from: From::Log, object, container, line: Some(line.number), field: None, count: None, text }
}

/// A record of a log: the exception with its message or the line, then the last line of the user's own code.
pub fn of_record(key: &LogKey, record: &Record, text: &str, span: &Range<usize>) -> Vec<Evidence> {
    let (object, container) = owner(key);
    let count = (record.place.count > 1).then_some(u64::from(record.place.count));
    let quote = |text: &str, line: u64, count| Evidence {
        from: From::Log,
        object: object.clone(),
        container: container.clone(),
        line: Some(line),
        field: None,
        count,
        text: SafeText::new(&shortened(text)),
    };
    let raised = record.raised.iter().find(|raised| raised.span.contains(&span.start));
    let (start, end) =
        raised.map_or_else(|| lines_of(text, span), |raised| (raised.span.start, raised.span.end.max(span.end)));
    let (quoted, before) = as_written(record, text, start..end.min(text.len()));
    let line = record.place.line + before as u64;
    let mut quotes = vec![quote(&quoted, line.min(record.place.end), count)];
    let own = raised.and_then(Raised::own_frame).or_else(|| record.raised.iter().rev().find_map(Raised::own_frame));
    quotes.extend(own.map(|frame| quote(&in_words(frame), record.place.line, None)));
    quotes
}

/// What a place in the text of a record was written as, and how many of its lines stand before that.
fn as_written<'a>(record: &'a Record, text: &'a str, span: Range<usize>) -> (Cow<'a, str>, usize) {
    if record.written == record.text || span.start >= record.text.len() {
        return (Cow::Borrowed(&text[span.clone()]), text[..span.start].matches('\n').count());
    }
    let first = quoted::line_of(&record.written, span.start);
    let last = quoted::line_of(&record.written, span.end.clamp(span.start, record.text.len()));
    let lines: Vec<&str> = record.written.split('\n').skip(first).take(last + 1 - first).collect();
    (Cow::Owned(lines.join("\n")), first)
}

/// Whose log it is.
fn owner(key: &LogKey) -> (Subject, Option<SafeText>) {
    if key.pod.is_empty() {
        return (Subject::log(&key.container), None);
    }
    (Subject::new("Pod", &key.namespace, &key.pod), Some(key.container.clone()))
}

/// `score.py:9 in init    model = joblib.load("model.pkl")`
pub fn in_words(frame: &Frame) -> String {
    let place = if frame.line > 0 { format!("{}:{}", frame.file, frame.line) } else { frame.file.to_string() };
    let function = if frame.function.is_empty() { String::new() } else { format!(" in {}", frame.function) };
    let code = if frame.code.is_empty() { String::new() } else { format!("    {}", frame.code) };
    format!("{place}{function}{code}")
}

/// The whole lines that a match lies in.
fn lines_of(text: &str, span: &Range<usize>) -> (usize, usize) {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at);
    (start, end)
}

fn shortened(text: &str) -> String {
    let text = text.trim_end();
    match text.char_indices().nth(QUOTE_LENGTH) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}
