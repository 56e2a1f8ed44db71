//! Splits a text into parts of which it is sure what they are; what is left is a log.

use serde_json::Value;

use crate::intake::describe;
use crate::intake::docker;
use crate::intake::events;
use crate::intake::extent;
use crate::intake::found::{EventRow, Found, Reading};
use crate::intake::listing::{self, Header};
use crate::intake::manifest;
use crate::intake::paste;
use crate::intake::times::Now;

/// A text in its parts.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What is known for what it is.
    pub known: Vec<Reading>,
    /// The rest, with an empty line for each line that was taken out, so that its lines keep their numbers.
    pub log: String,
}

impl Parts {
    /// Is there anything but blanks in the rest?
    pub fn has_log(&self) -> bool {
        !self.log.trim().is_empty()
    }
}

/// A text, its lines, and where each begins.
struct Printed<'a> {
    text: &'a str,
    lines: Vec<&'a str>,
    starts: Vec<usize>,
    now: Now,
}

/// So many lines are looked through in vain for objects before the rest is taken for a log.
const PATIENCE: usize = 100_000;

/// A part and how many lines it takes, or how many lines were looked through in vain.
type Attempt = Result<(usize, Reading), usize>;

/// Splits a text.
pub fn parts(text: &str) -> Parts {
    let mut at = 0;
    let starts = text.split('\n').map(|line| (at, at += line.len() + 1).0).collect();
    let printed = Printed { text, lines: text.split('\n').collect(), starts, now: Now::of(text) };
    let mut parts = Parts::default();
    let (mut at, mut patience) = (0, PATIENCE);
    while at < printed.lines.len() {
        let taken = match printed.reading(at, patience) {
            Ok((taken, reading)) => {
                parts.known.push(reading);
                taken.max(1)
            }
            Err(in_vain) => {
                patience = patience.saturating_sub(in_vain);
                0
            }
        };
        if taken == 0 {
            let line = printed.lines[at];
            parts.log.push_str(if paste::is_separator(line) { "" } else { line });
            parts.log.push('\n');
        }
        parts.log.push_str(&"\n".repeat(taken));
        at += taken.max(1);
    }
    parts
}

impl<'a> Printed<'a> {
    /// What begins at a line.
    fn reading(&self, at: usize, patience: usize) -> Attempt {
        let rest = &self.lines[at..];
        let first = rest.first().filter(|line| !line.trim().is_empty()).ok_or(0_usize)?;
        match first.trim_start().as_bytes().first() {
            Some(b'{' | b'[' | b'"') if patience == 0 => return Err(0),
            Some(b'{' | b'[') => return self.json(at),
            Some(b'"') => return cut_json(rest),
            _ => {}
        }
        let known = self.described(rest).or_else(|| self.events(rest)).or_else(|| self.listed(rest));
        match known.or_else(|| docker::listed(rest)) {
            Some(known) => Ok(known),
            None if patience == 0 => Err(0),
            None => yaml(rest),
        }
    }

    fn described(&self, rest: &[&'a str]) -> Option<(usize, Reading)> {
        let length = extent::described(rest)?;
        Some((length, describe::read(&rest[..length], self.now)?))
    }

    /// Rows of events, under a header or without one.
    fn events(&self, rest: &[&'a str]) -> Option<(usize, Reading)> {
        let headed = is_event_header(rest[0]);
        let body = &rest[usize::from(headed)..];
        let listed: Vec<EventRow> = body.iter().map_while(|line| events::listed_row(line)).collect();
        let (rows, length) = if listed.is_empty() {
            let length = extent::event_rows(body);
            (events::described(&body[..length]), length)
        } else {
            let length = listed.len();
            (listed, length)
        };
        let is_listed = !rows.first()?.object_kind.is_empty();
        let events = if rows.len() == 1 { "1 event".to_owned() } else { format!("{} events", rows.len()) };
        let source = if is_listed { "kubectl get events" } else { "events of kubectl describe" };
        let objects: Vec<Found> = rows.into_iter().map(|row| row.found(self.now)).collect();
        let reading = Reading { taken_for: format!("{source}, {events}"), objects, ..Reading::default() };
        Some((length + usize::from(headed), reading))
    }

    fn listed(&self, rest: &[&'a str]) -> Option<(usize, Reading)> {
        if let Some(header) = Header::of(rest[0]) {
            let (taken, reading) = listing::read(&header, &rest[1..], self.now);
            return (taken > 0).then_some((taken + 1, reading));
        }
        let alone = [listing::lone_pod, listing::lone_claim, listing::lone_row];
        let alone = alone.iter().find_map(|read| read(rest[0], self.now));
        alone.map(|reading| (1, reading))
    }

    /// A value in JSON, wherever it ends.
    fn json(&self, at: usize) -> Attempt {
        let rest = &self.text[self.starts[at]..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(_)) = values.next() else { return cut_json(&self.lines[at..]) };
        let end = values.byte_offset();
        let length = rest[..end].matches('\n').count() + 1;
        manifest::read(&rest[..end]).map(|reading| (length, reading)).ok_or(length)
    }
}

fn is_event_header(line: &str) -> bool {
    let is_listed = line.contains("LAST SEEN") && line.contains("REASON");
    is_listed || events::is_header(line)
}

fn yaml(rest: &[&str]) -> Attempt {
    let length = extent::yaml(rest).ok_or(0_usize)?;
    manifest::read(&rest[..length].join("\n")).map(|reading| (length, reading)).ok_or(length)
}

/// JSON of which only some lines were copied: brackets that were cut off are put back.
fn cut_json(rest: &[&str]) -> Attempt {
    let length = rest.iter().take_while(|line| extent::is_json_line(line)).count();
    let text = extent::balanced(&rest[..length].join("\n"));
    let is_whole = serde_json::from_str::<Value>(&text).is_ok();
    let reading = is_whole.then(|| manifest::read(&text)).flatten();
    reading.map(|reading| (length, reading)).ok_or(length)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn prose_a_description_and_a_log_are_told_apart() {
        let text = "Hi, please help:\n\n```\nName:         churn-0\nNamespace:    ml\nNode:         <none>\nStatus:       Pending\n\
            Containers:\n  server:\n    Image:  a:1\nEvents:\n  Type     Reason            Age  From               Message\n  \
            ----     ------            ---  ----               -------\n  Warning  FailedScheduling  3m   default-scheduler  0/3 nodes\n\
            ```\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyError: 1\n";
        let parts = parts(text);
        assert_eq!(parts.known.len(), 1);
        assert_eq!(parts.known[0].taken_for, "kubectl describe of pod churn-0, 1 event");
        assert_eq!(parts.log.lines().nth(16), text.lines().nth(16));
        assert!(parts.log.trim_end().ends_with("KeyError: 1"));
    }

    #[test]
    fn a_log_stays_a_log() {
        let text = "2023-11-20 10:00:00 INFO start\n{\"level\": \"info\", \"msg\": \"x\"}\nName: churn\nValueError: x\n[1] [2]\n";
        let parts = parts(text);
        assert!(parts.known.is_empty(), "{:?}", parts.known);
        assert_eq!(parts.log.trim_end(), text.trim_end());
    }

    #[test]
    fn a_cut_piece_of_json_is_read() {
        let text = "    \"lastState\": {\n        \"terminated\": {\n            \"exitCode\": 137,\n            \"reason\": \"OOMKilled\"\n";
        assert_eq!(parts(text).known.len(), 1);
    }
}
