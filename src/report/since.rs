//! What changed since a workload last was well, in words.
//!
//! ```text
//! revision 6, which has been ready for 9 days:
//! image 1.3 → 1.4
//! env MODEL_PATH added: /models/churn
//! changed by kubectl-edit 12 minutes ago
//! ```

use jiff::Timestamp;

use crate::diagnosis::assessment::Diagnosis;
use crate::diagnosis::changed::{Author, Changed};
use crate::diagnosis::difference::Difference;
use crate::diagnosis::revision::Revision;
use crate::redact::redact;
use crate::report::phrases;

/// Differences that are told; the rest is a number.
const TOLD: usize = 6;
/// Longest value that is told in full.
const LONGEST: usize = 120;

/// What stands behind "since", a line each: the revision first. Nothing where nothing is known to have changed.
pub fn lines(diagnosis: &Diagnosis, now: Option<Timestamp>) -> Vec<String> {
    let Some(changed) = &diagnosis.changes else { return Vec::new() };
    let mut lines = vec![head(changed, now)];
    let own = diagnosis.subject.container.as_deref();
    lines.extend(changed.differences.iter().take(TOLD).map(|difference| in_words(difference, own)));
    if changed.differences.len() > TOLD {
        lines.push(format!("and {} more", changed.differences.len() - TOLD));
    }
    lines.extend(changed.by.as_ref().map(|by| made_by(by, now)));
    let maps = changed.config_maps.iter();
    lines.extend(maps.map(|map| format!("config map {} {}", map.name, made_by(&map.by, now))));
    lines
}

fn head(changed: &Changed, now: Option<Timestamp>) -> String {
    let Some(Revision { name, number, is_ready, ready_since }) = &changed.since else {
        return "its oldest pod was started:".to_owned();
    };
    let revision = number.map_or_else(|| name.to_string(), |number| number.to_string());
    let ready_for = ready_since.zip(now).map(|(since, now)| now.as_second() - since.as_second());
    match ready_for {
        Some(seconds) => format!("revision {revision}, which has been ready for {}:", phrases::duration(seconds)),
        None if *is_ready => format!("revision {revision}, which is ready:"),
        None => format!("revision {revision}, the one before:"),
    }
}

fn made_by(by: &Author, now: Option<Timestamp>) -> String {
    let manager = if by.manager.is_empty() { String::new() } else { format!(" by {}", by.manager) };
    let ago = now.map(|now| format!(" {} ago", phrases::duration(now.as_second() - by.at.as_second())));
    format!("changed{manager}{}", ago.unwrap_or_default())
}

/// `image 1.3 → 1.4`, with the container where it is not the one that the diagnosis is about.
fn in_words(difference: &Difference, own: Option<&str>) -> String {
    let field = &difference.field;
    let container = difference.container.as_deref().filter(|container| own != Some(*container));
    let container = container.map(|container| format!(" (container {container})")).unwrap_or_default();
    let value = |value: &Option<_>| value.as_deref().map(|value: &str| redact(value).into_owned());
    let values = match (value(&difference.before), value(&difference.after)) {
        (Some(before), Some(after)) => {
            let (before, after) = short(field, &before, &after);
            if before == after { " changed".to_owned() } else { format!(" {before} → {after}") }
        }
        (None, Some(after)) => format!(" added: {}", cut(&after)),
        (Some(before), None) => format!(" removed: {}", cut(&before)),
        (None, None) => String::new(),
    };
    format!("{field}{values}{container}")
}

/// Two values without what they share: of an image the repository, of a command line the words at both ends.
fn short(field: &str, before: &str, after: &str) -> (String, String) {
    let (before, after) = match field {
        "image" => tags(before, after),
        "command" | "args" => without_common_words(before, after),
        _ => (before.to_owned(), after.to_owned()),
    };
    (cut(&before), cut(&after))
}

fn tags(before: &str, after: &str) -> (String, String) {
    let shared = before.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
    let start = before.as_bytes()[..shared].iter().rposition(|byte| matches!(byte, b':' | b'@' | b'/'));
    let is_tag = start.is_some_and(|at| {
        before.as_bytes()[at] != b'/' && !after[at + 1..].contains('/') && !before[at + 1..].contains('/')
    });
    match start.filter(|_| is_tag) {
        Some(at) => (before[at + 1..].to_owned(), after[at + 1..].to_owned()),
        None => (before.to_owned(), after.to_owned()),
    }
}

/// The words that differ, with the flag that they belong to.
fn without_common_words(before: &str, after: &str) -> (String, String) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split(' ').collect(), after.split(' ').collect());
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(one, other)| one == other).count();
    let is_value = head > 0 && old[head - 1].starts_with('-');
    let first = if is_value { head - 1 } else { head };
    let part = |words: &[&str]| words[first..words.len() - tail].join(" ");
    let (old, new) = (part(&old), part(&new));
    if old.is_empty() || new.is_empty() { (before.to_owned(), after.to_owned()) } else { (old, new) }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use crate::diagnosis::difference::Difference;

    fn said(field: &str, before: Option<&str>, after: Option<&str>) -> String {
        let (before, after) = (before.map(Into::into), after.map(Into::into));
        let difference = Difference { container: None, field: field.to_owned(), before, after, is_suspect: false };
        in_words(&difference, None)
    }

    #[test]
    fn of_an_image_only_what_differs_is_said() {
        let cases = [
            ("registry.example.net:5000/churn:1.3", "registry.example.net:5000/churn:1.4", "image 1.3 → 1.4"),
            ("churn@sha256:0a1b", "churn@sha256:0c2d", "image 0a1b → 0c2d"),
            ("churn:1.3", "fraud:1.3", "image churn:1.3 → fraud:1.3"),
            ("churn", "churn:1.4", "image churn → churn:1.4"),
            ("registry:5000/churn:1", "registry:5001/churn:1", "image registry:5000/churn:1 → registry:5001/churn:1"),
        ];
        for (before, after, words) in cases {
            assert_eq!(said("image", Some(before), Some(after)), words);
        }
    }

    #[test]
    fn of_a_command_line_only_the_words_that_differ_are_said() {
        let cases = [
            ("serve --workers 2 --port 80", "serve --workers 4 --port 80", "args --workers 2 → --workers 4"),
            ("serve a.py", "serve b.py", "args a.py → b.py"),
            ("serve", "serve --debug", "args serve → serve --debug"),
        ];
        for (before, after, words) in cases {
            assert_eq!(said("args", Some(before), Some(after)), words);
        }
    }

    #[test]
    fn what_came_and_what_went_is_said_with_its_value() {
        assert_eq!(said("env A", None, Some("1")), "env A added: 1");
        assert_eq!(said("env A", Some("1"), None), "env A removed: 1");
    }

    #[test]
    fn secrets_are_not_said() {
        let address = |password: &str| format!("postgres://ml:{password}@db:5432/x");
        assert_eq!(said("env DB", Some(&address("hunter2")), Some(&address("hunter3"))), "env DB changed");
        assert_eq!(said("env DB_KEY", Some("[redacted]"), Some("[redacted]")), "env DB_KEY changed");
    }
}
