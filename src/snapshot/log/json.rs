//! A line of a structured log in the lines that it stands for: its message, then every error and every stack in it.

use serde_json::{Map, Value};

use crate::snapshot::log::peel;

/// The fields that hold the words of a record, in the order in which they are read: without dots, strokes and capitals.
const MESSAGES: [&str; 9] =
    ["message", "msg", "event", "log", "textpayload", "logmessage", "logentry", "shortmessage", "@m"];
const ERRORS: [&str; 7] = ["error", "err", "exception", "errormessage", "exceptionmessage", "errormsg", "reason"];
const TRACES: [&str; 12] = [
    "excinfo",
    "stacktrace",
    "traceback",
    "exctext",
    "stack",
    "errorstack",
    "errorstacktrace",
    "exceptionstacktrace",
    "errorverbose",
    "fullmessage",
    "trace",
    "@x",
];
const LEVELS: [&str; 5] = ["level", "levelname", "severity", "lvl", "loglevel"];
/// Of an error that is an object: what it is, and what it says.
const KINDS: [&str; 5] = ["type", "exctype", "class", "kind", "name"];
const WORDS: [&str; 4] = ["message", "msg", "excvalue", "value"];

/// Objects in objects are read at most this deep.
const DEPTH: usize = 4;

/// The lines that a line of JSON stands for; none where it is no record of a log.
pub fn lines(line: &str) -> Option<String> {
    if !line.trim_end().ends_with('}') || !line.contains('{') {
        return None;
    }
    let body = peel::peel(line).body;
    let start = body.find('{')?;
    if !is_prefix(&body[..start]) {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_str(body[start..].trim_end()).ok()?;
    Fields::of(&object).record(DEPTH)
}

/// What may stand before the object of a JSON line: stamps and names, not a sentence that quotes one.
fn is_prefix(head: &str) -> bool {
    head.len() < 120 && !head.contains(": ") && !head.contains("Error") && head.split_whitespace().count() <= 4
}

/// The fields of an object, by their names as they are compared.
struct Fields<'a>(Vec<(String, &'a Value)>);

impl<'a> Fields<'a> {
    fn of(object: &'a Map<String, Value>) -> Self {
        let compared = |name: &str| name.replace(['.', '_', '-'], "").to_ascii_lowercase();
        Fields(object.iter().map(|(name, value)| (compared(name), value)).collect())
    }

    /// The values of these fields, in the order of `names`.
    fn all(&self, names: &'a [&str]) -> impl Iterator<Item = &'a Value> {
        names.iter().flat_map(|name| self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| *value))
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        self.all(names).find_map(|value| value.as_str()).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    fn record(&self, depth: usize) -> Option<String> {
        let message = self.all(&MESSAGES).find_map(|value| said(value, depth));
        let errors = self.all(&ERRORS).filter_map(|value| said(value, depth));
        let traces = self.all(&TRACES).filter_map(|value| said(value, depth));
        let mut parts = message.into_iter().chain(errors).chain(traces);
        let mut text = self.level().map(|level| format!("{level} ")).unwrap_or_default();
        text.push_str(&parts.next()?);
        for part in parts {
            if !text.contains(part.as_str()) {
                text.push('\n');
                text.push_str(&part);
            }
        }
        Some(text)
    }

    /// The level as a word; programs of JavaScript write it as a number.
    fn level(&self) -> Option<String> {
        self.all(&LEVELS).find_map(|value| match value {
            Value::String(level) if !level.trim().is_empty() => Some(level.to_uppercase()),
            Value::Number(level) => match level.as_u64()? {
                40 => Some("WARNING".to_owned()),
                50 | 60 => Some("ERROR".to_owned()),
                _ => None,
            },
            _ => None,
        })
    }

    /// `KeyError: 'a'`, where a field says what was raised and another its words.
    fn error(&self) -> Option<String> {
        let words = self.text(&WORDS)?;
        let kind = self.text(&KINDS).filter(|kind| !words.starts_with(kind.as_str()));
        Some(kind.map_or_else(|| words.clone(), |kind| format!("{kind}: {words}")))
    }
}

/// What a field says: a text, its lines in a list, or the words of an error.
fn said(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => {
            let inner = if text.starts_with('{') { lines(text) } else { None };
            Some(inner.unwrap_or_else(|| text.trim_end().to_owned()))
        }
        Value::Array(parts) => {
            let parts: Vec<String> = parts.iter().filter_map(|part| said(part, depth.checked_sub(1)?)).collect();
            Some(parts.join("\n")).filter(|text| !text.is_empty())
        }
        Value::Object(object) => {
            let (fields, depth) = (Fields::of(object), depth.checked_sub(1)?);
            let Some(error) = fields.error() else { return fields.record(depth) };
            let traces = fields.all(&TRACES).filter_map(|value| said(value, depth));
            Some(std::iter::once(error).chain(traces).collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn message_error_and_stack_are_all_read() {
        let zap = r#"{"level":"error","ts":1.5,"msg":"Reconciler error","error":"secrets \"a\" not found","stacktrace":"main.main\n\tmain.go:1"}"#;
        assert_eq!(lines(zap).unwrap(), "ERROR Reconciler error\nsecrets \"a\" not found\nmain.main\n\tmain.go:1");
        let python = r#"{"levelname":"ERROR","message":"no start","exc_info":["Traceback (most recent call last):\n","KeyError: 1\n"]}"#;
        assert_eq!(lines(python).unwrap(), "ERROR no start\nTraceback (most recent call last):\nKeyError: 1");
    }

    #[test]
    fn fields_are_known_however_they_are_written() {
        let said = "ERROR failed\nno such file\nat x";
        for line in [
            r#"{"log.level":"error","message":"failed","error.message":"no such file","error.stack_trace":"at x"}"#,
            r#"{"LogLevel":"Error","Message":"failed","Exception":"no such file","StackTrace":"at x"}"#,
            r#"{"level":50,"msg":"failed","err":{"message":"no such file","stack":"at x"}}"#,
            r#"2024-05-12T10:00:00Z app[web.1]: {"severity":"error","message":"failed","error":"no such file","stack":"at x"}"#,
        ] {
            assert_eq!(lines(line).as_deref(), Some(said), "{line}");
        }
    }

    #[test]
    fn errors_that_are_objects_are_read() {
        let line = r#"{"event":"failed","exception":[{"exc_type":"KeyError","exc_value":"'a'","frames":[]}]}"#;
        assert_eq!(lines(line).unwrap(), "failed\nKeyError: 'a'");
    }

    #[test]
    fn other_objects_are_no_records() {
        assert_eq!(lines(r#"{"name":"churn","replicas":2}"#), None);
        assert_eq!(lines(r#"it said: {"message":"x"}"#), None);
        assert_eq!(lines("{0: 1}"), None);
    }
}
