//! A diagnosis as Markdown, to be pasted into a chat.

use crate::diagnosis::assessment::{Diagnosis, Evidence, From};
use crate::report::{phrases, since};
use crate::snapshot::Source;

/// A diagnosis. Quotations and commands stand in fences that nothing inside can end.
pub fn of_diagnosis(diagnosis: &Diagnosis, source: &Source) -> String {
    let mut text = format!("**{}**\n\n", diagnosis.words.title);
    let place = [&source.context, &source.namespace]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" / ");
    let workload = diagnosis
        .reach
        .workload
        .as_ref()
        .map(|workload| format!("{} {}", workload.kind, workload.name))
        .unwrap_or_default();
    text.push_str(&format!("{workload} {} {place}\n\n", if place.is_empty() { "" } else { "in" }));
    for paragraph in &diagnosis.words.explanation {
        text.push_str(&format!("{paragraph}\n\n"));
    }
    text.push_str("Seen:\n\n");
    for evidence in &diagnosis.evidence {
        text.push_str(&format!("{}\n\n{}\n\n", origin(evidence), fenced(&evidence.text, "")));
    }
    let since = since::lines(diagnosis, source.taken_at);
    if !since.is_empty() {
        text.push_str(&format!("Since:\n\n{}\n\n", fenced(&since.join("\n"), "")));
    }
    for (index, fix) in diagnosis.words.fixes.iter().enumerate() {
        text.push_str(&format!("{}. {}. {}\n\n", index + 1, fix.title, fix.text));
        if let Some(command) = &fix.command {
            text.push_str(&format!("{}\n\n", fenced(command.trim_end(), "sh")));
        }
    }
    if !diagnosis.consequences.is_empty() {
        text.push_str(&format!("Follows from it: {}\n\n", phrases::consequences(diagnosis)));
    }
    text.push_str(&format!("`{}`, unstuck {}\n", diagnosis.id, env!("CARGO_PKG_VERSION")));
    text
}

/// Where evidence comes from, in words.
pub fn origin(evidence: &Evidence) -> String {
    let object = format!("{} {}", evidence.object.kind.to_lowercase(), evidence.object.name);
    let container = evidence.container.as_ref().map(|container| format!(", container {container}")).unwrap_or_default();
    let count = evidence.count.map(|count| format!(", {count} times")).unwrap_or_default();
    match evidence.from {
        From::Log => {
            let line = evidence.line.map(|line| format!(", log line {line}")).unwrap_or_default();
            let object = if evidence.object.kind == "Log" { evidence.object.name.to_string() } else { object };
            format!("{object}{container}{line}{count}")
        }
        From::Event => format!("event about {object}{container}{count}"),
        From::Field => format!("{object}{container}, {}", evidence.field.clone().unwrap_or_default()),
    }
}

fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}
