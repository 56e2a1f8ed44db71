//! Rows of events: under `Events:` of a described object, from `kubectl get events` and from `kubectl events`.

use crate::intake::found::{EventRow, kind_named};
use crate::intake::times::{self, Interval};

/// The events under `Events:` of a described object, or in a fragment of them.
pub fn described(lines: &[&str]) -> Vec<EventRow> {
    let mut rows: Vec<EventRow> = Vec::new();
    for line in lines {
        match described_row(line) {
            Some(row) => rows.push(row),
            // A message that was wrapped goes on in the next line.
            None if !is_header(line) => {
                if let Some(last) = rows.last_mut() {
                    last.message.push(' ');
                    last.message.push_str(line.trim());
                }
            }
            None => {}
        }
    }
    rows
}

/// The header of events, or the rule under it.
pub fn is_header(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    match first {
        "Type" => words.next() == Some("Reason") && words.next() == Some("Age"),
        "FirstSeen" => words.next() == Some("LastSeen"),
        _ => first.starts_with("--") && line.trim().bytes().all(|byte| matches!(byte, b'-' | b' ' | b'\t')),
    }
}

/// `Warning  BackOff  3m (x4 over 5m)  kubelet  Back-off restarting failed container`, or the layout of kubectl 1.6.
pub fn described_row(line: &str) -> Option<EventRow> {
    let text = line.trim_start();
    if let Some(row) = old_row(text) {
        return Some(row);
    }
    let (kind, rest) = word(text);
    let (reason, rest) = word(rest);
    if !is_type(kind) || !is_reason(reason) {
        return None;
    }
    let (seen, rest) = times::interval(rest)?;
    let (source, message) = source(rest);
    let (field_path, message) = of_part(message);
    Some(EventRow {
        kind: kind.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        seen,
        field_path: field_path.to_owned(),
        source: source.to_owned(),
        ..EventRow::default()
    })
}

/// `5m  1m  4  kubelet, node  spec.containers{server}  Warning  BackOff  Back-off …` of old versions.
fn old_row(text: &str) -> Option<EventRow> {
    let (first, rest) = word(text);
    let (last, rest) = word(rest);
    let (count, rest) = word(rest);
    let (first, last, count) = (times::age(first)?, times::age(last)?, count.parse().ok()?);
    let cells: Vec<&str> = cells(rest);
    let kind = cells.iter().position(|cell| is_type(cell))?;
    let field_path = cells[..kind].iter().find(|cell| cell.starts_with("spec.")).copied().unwrap_or_default();
    Some(EventRow {
        kind: cells[kind].to_owned(),
        reason: (*cells.get(kind + 1)?).to_owned(),
        message: cells.get(kind + 2..)?.join("  "),
        seen: Interval { last: Some(last), first: Some(first), count },
        field_path: field_path.to_owned(),
        ..EventRow::default()
    })
}

/// Who wrote the event, and the message. The writer may be empty, and of old versions it has two words.
fn source(rest: &str) -> (&str, &str) {
    let text = rest.trim_start_matches(' ');
    if let Some((from, message)) = text.split_once("  ") {
        let is_writer = from.split_whitespace().count() <= 2 && !from.ends_with(':');
        return if is_writer { (from, message.trim()) } else { ("", text.trim()) };
    }
    let (from, message) = word(text);
    let is_writer = from.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.' | b'/'));
    if is_writer && !from.is_empty() { (from, message.trim()) } else { ("", text.trim()) }
}

/// `spec.containers{server}: message` of the newest versions.
fn of_part(message: &str) -> (&str, &str) {
    let split = message.split_once("}: ").filter(|(path, _)| path.starts_with("spec.") && path.contains('{'));
    split.map_or(("", message), |(path, rest)| (&message[..=path.len()], rest))
}

/// A row of `kubectl get events` or `kubectl events`, whatever its columns.
pub fn listed_row(line: &str) -> Option<EventRow> {
    let text = line.trim();
    if let Some((seen, rest)) = times::interval(text) {
        return of_newer(seen, rest, "").or_else(|| of_older(text));
    }
    let (namespace, rest) = word(text);
    let (seen, rest) = times::interval(rest)?;
    of_newer(seen, rest, namespace)
}

/// `3m  Warning  BackOff  pod/churn-7f9  Back-off …`.
fn of_newer(seen: Interval, rest: &str, namespace: &str) -> Option<EventRow> {
    let (kind, rest) = word(rest);
    let (reason, rest) = word(rest);
    let (object, rest) = word(rest);
    let (object_kind, object_name) = object.split_once('/')?;
    if !is_type(kind) || !is_reason(reason) {
        return None;
    }
    let (field_path, message, count) = of_wide(rest.trim());
    let object_kind = kind_named(object_kind).map_or_else(|| object_kind.to_owned(), |kind| kind.name().to_owned());
    Some(EventRow {
        kind: kind.to_owned(),
        reason: reason.to_owned(),
        message,
        seen: Interval { count: count.unwrap_or(seen.count), ..seen },
        object_kind,
        object_name: object_name.to_owned(),
        namespace: namespace.to_owned(),
        field_path,
        ..EventRow::default()
    })
}

/// What `-o wide` puts around the message: `SUBOBJECT  SOURCE  MESSAGE  FIRST SEEN  COUNT  NAME`.
fn of_wide(rest: &str) -> (String, String, Option<i64>) {
    let cells = cells(rest);
    let is_wide = cells.len() >= 4
        && times::is_age(cells[cells.len() - 3])
        && cells[cells.len() - 2].bytes().all(|byte| byte.is_ascii_digit());
    if !is_wide {
        return (String::new(), rest.to_owned(), None);
    }
    let count = cells[cells.len() - 2].parse().ok();
    let own = &cells[..cells.len() - 3];
    let path = own.first().filter(|cell| cell.starts_with("spec.")).copied().unwrap_or_default();
    let skipped = usize::from(!path.is_empty()) + 1;
    (path.to_owned(), own.get(skipped.min(own.len() - 1)..).unwrap_or_default().join("  "), count)
}

/// `LAST SEEN  FIRST SEEN  COUNT  NAME  KIND  SUBOBJECT  TYPE  REASON  SOURCE  MESSAGE` of kubectl before 1.14.
fn of_older(text: &str) -> Option<EventRow> {
    let (last, rest) = word(text);
    let (first, rest) = word(rest);
    let (count, rest) = word(rest);
    let (name, rest) = word(rest);
    let (object_kind, rest) = word(rest);
    let (first, last, count) = (times::age(first)?, times::age(last)?, count.parse().ok()?);
    let cells = cells(rest);
    let kind = cells.iter().position(|cell| is_type(cell))?;
    Some(EventRow {
        kind: cells[kind].to_owned(),
        reason: (*cells.get(kind + 1)?).to_owned(),
        message: cells.get(kind + 3..)?.join("  "),
        seen: Interval { last: Some(last), first: Some(first), count },
        object_kind: object_kind.to_owned(),
        // The name of an event is the name of its object and a number.
        object_name: name.rsplit_once('.').map_or(name, |(object, _)| object).to_owned(),
        field_path: cells[..kind].first().copied().unwrap_or_default().to_owned(),
        ..EventRow::default()
    })
}

/// The first word, and the rest.
pub fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// The cells of a row: two blanks or a tab stand between them.
pub fn cells(row: &str) -> Vec<&str> {
    row.split("  ").flat_map(|cell| cell.split('\t')).map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

fn is_type(word: &str) -> bool {
    matches!(word, "Normal" | "Warning")
}

fn is_reason(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{described, described_row, listed_row};

    #[test]
    fn a_described_event_has_count_and_message() {
        let row =
            described_row("  Warning  BackOff  3m (x4 over 5m)  kubelet  Back-off restarting failed container server");
        let row = row.unwrap();
        assert_eq!((row.reason.as_str(), row.seen.count), ("BackOff", 4));
        assert_eq!(row.message, "Back-off restarting failed container server");
    }

    #[test]
    fn the_part_of_the_object_is_told_in_every_layout() {
        let new = described_row("Warning  BackOff  3m  kubelet  spec.containers{server}: Back-off").unwrap();
        assert_eq!((new.field_path.as_str(), new.message.as_str()), ("spec.containers{server}", "Back-off"));
        let old = "5m  1m  4  kubelet, aks-1  spec.containers{server}  Warning  BackOff  Back-off";
        let old = described_row(old).unwrap();
        assert_eq!((old.field_path.as_str(), old.seen.count), ("spec.containers{server}", 4));
    }

    #[test]
    fn blanks_that_a_paste_lost_do_not_matter() {
        let row = described_row("Warning FailedScheduling 3m default-scheduler 0/3 nodes are available").unwrap();
        assert_eq!(row.message, "0/3 nodes are available");
        let row = described_row("  Warning  FailedMount  2m  kubelet, aks-1  MountVolume failed").unwrap();
        assert_eq!(row.message, "MountVolume failed");
    }

    #[test]
    fn a_wrapped_message_is_one() {
        let rows = described(&["Type  Reason  Age  From  Message", "----  --", "Warning  X  1m  kubelet  a", "b"]);
        assert_eq!(rows[0].message, "a b");
    }

    #[test]
    fn a_listed_event_names_its_object() {
        let row = listed_row("ml  3m (x2 over 9m)  Warning  FailedMount  Pod/churn-0  MountVolume failed").unwrap();
        assert_eq!((row.namespace.as_str(), row.object_name.as_str(), row.seen.count), ("ml", "churn-0", 2));
        let row = listed_row("3m  Warning  FailedCreate  replicaset/churn-7f9  Error creating: pods is forbidden");
        assert_eq!(row.unwrap().object_kind, "ReplicaSet");
    }

    #[test]
    fn wide_and_old_layouts_are_told_apart() {
        let wide = "2m  Warning  BackOff  pod/a  spec.containers{s}  kubelet, n1  Back-off  5m  7  a.17a";
        let wide = listed_row(wide).unwrap();
        assert_eq!((wide.message.as_str(), wide.seen.count), ("Back-off", 7));
        let old = "2m  5m  7  a-0.17a  Pod  spec.containers{s}  Warning  BackOff  kubelet, n1  Back-off";
        let old = listed_row(old).unwrap();
        assert_eq!((old.object_name.as_str(), old.message.as_str()), ("a-0", "Back-off"));
    }
}
