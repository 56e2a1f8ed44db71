//! How far a part of a text goes: the lines of a description, of events, of YAML.

use crate::intake::describe::pod;
use crate::intake::events;
use crate::intake::outline;
use crate::intake::paste;

/// How many lines belong to the description that begins with the first; none where none does.
pub fn described(lines: &[&str]) -> Option<usize> {
    if is_start(lines) {
        return Some(description(lines));
    }
    is_fragment_start(lines).then(|| description(lines))
}

/// `Name:` at the left, and soon a key that only descriptions have.
fn is_start(lines: &[&str]) -> bool {
    const SECOND: [&str; 7] =
        ["Namespace:", "Priority:", "Labels:", "Roles:", "IsDefaultClass:", "Selector:", "Annotations:"];
    let begins = |line: &str| line.trim_start().strip_prefix("Name:").is_some_and(|name| name.starts_with([' ', '\t']));
    begins(lines[0])
        && lines.iter().skip(1).take(3).any(|line| SECOND.iter().any(|key| line.trim_start().starts_with(key)))
}

/// A container, a state or the events, cut out of a description.
fn is_fragment_start(lines: &[&str]) -> bool {
    let line = lines[0].trim();
    let state = ["State:", "Last State:"].iter().find_map(|key| line.strip_prefix(key));
    if let Some(value) = state {
        return matches!(value.trim(), "Waiting" | "Running" | "Terminated");
    }
    if line.starts_with("Events:") {
        return lines.get(1).is_some_and(|next| events::is_header(next) || events::described_row(next).is_some());
    }
    if line == "Conditions:" {
        return pod::are_conditions(&lines.iter().take(CONDITIONS).map(|line| line.trim_start()).collect::<Vec<_>>());
    }
    let next = |count: usize| lines.iter().skip(1).take(count).map(|line| line.trim_start());
    if matches!(line, "Init Containers:" | "Containers:") {
        const TOLD: [&str; 4] = ["Container ID:", "Image:", "State:", "Last State:"];
        return next(4).any(|line| TOLD.iter().any(|key| line.starts_with(key)));
    }
    let is_named = line.ends_with(':') && !line.contains(' ');
    is_named && next(2).any(|line| line.starts_with("Container ID:") || line.starts_with("Image:  "))
}

/// A table of the conditions of a pod, with its header, has so many lines at most.
const CONDITIONS: usize = 10;

/// The lines from a start to the end of its events, to the next object, or to what is no description.
fn description(lines: &[&str]) -> usize {
    let margin = indent(lines[0]);
    let mut at = 1;
    while at < lines.len() {
        let line = lines[at];
        if line.trim_start().starts_with("Message:") {
            at += outline::words_after(&lines[at + 1..]);
        }
        let is_top = !line.trim().is_empty() && indent(line) <= margin;
        if paste::is_separator(line) || is_top && (is_start(&lines[at..]) || !is_key(line)) {
            break;
        }
        at += 1;
        if line.trim_start().starts_with("Events:") {
            at += event_rows(&lines[at..]);
            break;
        }
    }
    at
}

/// How many of the first lines are events, with their header and wrapped messages.
pub fn event_rows(lines: &[&str]) -> usize {
    let is_row = |line: &str| events::is_header(line) || events::described_row(line).is_some();
    let mut length = 0;
    let mut column = 0;
    for line in lines {
        // A wrapped message goes on far to the right of where rows begin.
        let is_continued = length > 0 && !line.trim().is_empty() && indent(line) > column + 8;
        if !is_row(line) && !is_continued {
            break;
        }
        if is_row(line) {
            column = indent(line);
        }
        length += 1;
    }
    length
}

/// `Key:` as descriptions write it: words that begin with a capital, and no word of a log.
fn is_key(line: &str) -> bool {
    let Some((key, rest)) = line.trim_start().split_once(':') else { return false };
    let lower = key.bytes().any(|byte| byte.is_ascii_lowercase()) || matches!(key, "IP" | "IPs");
    let words = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'/' | b'.'));
    let is_error = ["Error", "Exception", "Traceback", "Warning"].iter().any(|word| key.contains(word));
    lower && words && !is_error && key.len() < 48 && (rest.is_empty() || rest.starts_with([' ', '\t']))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Keys with which a manifest, or a part of one that tells something, begins.
const YAML_STARTS: [&str; 26] = [
    "apiVersion:",
    "kind:",
    "items:",
    "metadata:",
    "spec:",
    "status:",
    "conditions:",
    "containerStatuses:",
    "initContainerStatuses:",
    "state:",
    "lastState:",
    "waiting:",
    "terminated:",
    "running:",
    "containerID:",
    "modelStatus:",
    "lastProbeTime:",
    "lastTransitionTime:",
    "exitCode:",
    "phase:",
    "type:",
    "image:",
    "involvedObject:",
    "reason:",
    "message:",
    "note:",
];

/// How many lines belong to the YAML that begins with the first; none where none does. One line alone says too little,
/// unless it is a message in quotes.
pub fn yaml(lines: &[&str]) -> Option<usize> {
    let first = lines[0].trim_start().trim_start_matches("- ");
    if first != "---" && !YAML_STARTS.iter().any(|key| first.starts_with(key)) {
        return None;
    }
    let margin = lines.iter().take(2).map(|line| indent(line)).min().unwrap_or(0);
    let belongs = |line: &&&str| {
        let text = line.trim_start();
        !paste::is_separator(line) && (text.is_empty() || indent(line) > margin || is_yaml_key(text))
    };
    let length = lines.iter().take_while(belongs).count();
    let is_quoted = ["message: '", "message: \""].iter().any(|key| first.starts_with(key));
    (length > 1 || is_quoted).then_some(length)
}

fn is_yaml_key(text: &str) -> bool {
    let text = text.trim_start_matches("- ");
    let Some((key, rest)) = text.split_once(':') else {
        return matches!(text, "---" | "..." | "-") || text.starts_with("# ");
    };
    let plain = key.trim_matches(['"', '\'']);
    let word = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'));
    word && plain.starts_with(|c: char| c.is_ascii_lowercase()) && (rest.is_empty() || rest.starts_with(' '))
}

/// Can the line stand in JSON that is printed with one value on a line?
pub fn is_json_line(line: &str) -> bool {
    let text = line.trim();
    text.starts_with(['{', '}', '[', ']', '"']) || text.ends_with(',') && text.len() < 40
}

/// JSON with the brackets that a cut left out, and without those that it left over.
pub fn balanced(text: &str) -> String {
    let mut open: Vec<char> = Vec::new();
    let mut kept = String::with_capacity(text.len() + 8);
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => open.push('}'),
            '[' if !quoted => open.push(']'),
            '}' | ']' if !quoted && open.pop() != Some(character) => break,
            _ => {}
        }
        kept.push(character);
    }
    let body = kept.trim().trim_end_matches(',');
    let closed: String = open.iter().rev().collect();
    if body.starts_with(['{', '[']) { format!("{body}{closed}") } else { format!("{{{body}{closed}}}") }
}

#[cfg(test)]
mod tests {
    use super::{balanced, described, yaml};

    #[test]
    fn brackets_are_put_back() {
        assert_eq!(balanced("\"a\": {\n\"b\": 1,"), "{\"a\": {\n\"b\": 1}}");
        assert_eq!(balanced("\"a\": 1\n},\n\"b\": 2"), "{\"a\": 1}");
    }

    #[test]
    fn a_description_ends_where_the_log_begins() {
        let lines = ["Name:  a", "Namespace:  b", "Status:  Running", "2023-11-20 10:00:00 INFO x", "Key: y"];
        assert_eq!(described(&lines), Some(3));
        assert_eq!(described(&["Name: x", "Traceback (most recent call last):"]), None);
    }

    #[test]
    fn yaml_ends_where_another_text_begins() {
        assert_eq!(yaml(&["state:", "  waiting:", "    reason: X", "Some words", "a: b"]), Some(3));
        assert_eq!(yaml(&["status: 500"]), None);
    }
}
