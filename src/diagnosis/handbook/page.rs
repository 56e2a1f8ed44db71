//! The page of a rule, as `rustc --explain` prints one: what it says, how it is seen, what it is not, what helps.

use serde_json::Value;

use crate::diagnosis::catalogue::Rule;
use crate::diagnosis::field::FIELDS;
use crate::diagnosis::lookup::questions;
use crate::diagnosis::pattern::PatternText;
use crate::diagnosis::proof::Proof;
use crate::diagnosis::rule::{Example, FixFile, Given, Moment, OneOrMany, RuleFile, Severity, SymptomFile, Waiting};
use crate::snapshot::text::SafeText;

/// A heading, and the lines below it.
type Section = (&'static str, Vec<String>);

/// The page of a rule, with its examples. `{name}` stands for what varies.
pub fn page(rule: &Rule, proof: &Proof) -> SafeText {
    let file = &rule.file;
    let mut text = format!("{}  ({}, {}{})\n", rule.id, rule.stage, severity(file.severity), qualities(file));
    for title in file.title.as_slice() {
        text.push_str(&format!("{title}\n"));
    }
    let sections = [
        ("What happened", file.explanation.clone()),
        ("How it is seen", symptoms(&file.symptoms, 0)),
        ("What it is not", what_it_is_not(file, proof)),
        ("What to do", file.fixes.iter().flat_map(fix).collect()),
        ("What follows from it", joined(&file.causes)),
        ("Gives way to", joined(&file.yields_to)),
        ("Examples", proof.examples.iter().flat_map(example).collect()),
        ("Read more", file.references.clone()),
    ];
    for (heading, lines) in sections.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        text.push_str(&section(&(heading, lines)));
    }
    SafeText::new(&text)
}

fn section((heading, lines): &Section) -> String {
    let lines: Vec<String> = lines.iter().flat_map(|line| line.lines()).map(|line| format!("  {line}")).collect();
    format!("\n{heading}\n{}\n", lines.join("\n"))
}

/// A severity in a word.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn qualities(file: &RuleFile) -> String {
    let general = if file.generic { ", only where nothing more exact is known" } else { "" };
    let moment = if file.moment == Moment::Request { ", at requests" } else { "" };
    let waiting = if file.waiting == Waiting::Helps { ", waiting can help" } else { "" };
    format!("{general}{moment}{waiting}")
}

fn joined(ids: &[String]) -> Vec<String> {
    if ids.is_empty() { Vec::new() } else { vec![ids.join(", ")] }
}

/// Symptoms in plain words, one below the other.
fn symptoms(files: &[SymptomFile], depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let and = if index > 0 && depth == 0 { "and " } else { "" };
        lines.push(format!("{}{and}{}", "  ".repeat(depth), headline(file)));
        let texts = file.log.iter().chain(&file.message).flat_map(OneOrMany::as_slice);
        lines.extend(texts.map(|text| format!("{}  {}", "  ".repeat(depth), shown(text))));
        lines.extend(symptoms(file.any.as_deref().unwrap_or_default(), depth + 1));
    }
    lines
}

fn headline(file: &SymptomFile) -> String {
    let several = |texts: &OneOrMany<PatternText>| if texts.as_slice().len() > 1 { " one of" } else { "" };
    if let Some(texts) = &file.log {
        return format!("the log says{}:", several(texts));
    }
    if let Some(texts) = &file.message {
        let reasons =
            file.reason.as_ref().map(|reasons| format!(" with the reason {}", reasons.as_slice().join(" or ")));
        return format!("Kubernetes says{}{}:", reasons.unwrap_or_default(), several(texts));
    }
    if let Some(path) = &file.field {
        let says = FIELDS.iter().find(|field| field.path == path).map_or("", |field| field.says);
        return format!("the field {path} {} ({says})", test(file));
    }
    if let Some(name) = &file.bound {
        return format!("{{{name}}} {}", test(file));
    }
    if let Some(name) = &file.look_up {
        let asks = questions().find(|question| question.name == name).map_or("", |question| question.asks);
        return format!("there is an answer to: {asks}");
    }
    "one of these holds:".to_owned()
}

fn shown(text: &PatternText) -> String {
    match text {
        PatternText::Line(line) => line.trim().to_owned(),
        PatternText::Regex(regex) => format!("/{}/", regex.regex),
    }
}

/// What a value is held against, as a verb.
fn test(file: &SymptomFile) -> String {
    let tests = [
        file.is.as_ref().map(|value| format!("is {}", plain(value))),
        file.is_not.as_ref().map(|value| format!("is not {}", plain(value))),
        file.one_of
            .as_ref()
            .map(|values| format!("is one of {}", values.iter().map(plain).collect::<Vec<_>>().join(", "))),
        file.matches.as_ref().map(|text| format!("holds {}", shown(text))),
        file.at_least.as_ref().map(|value| format!("is at least {}", plain(value))),
        file.at_most.as_ref().map(|value| format!("is at most {}", plain(value))),
        file.missing.map(|missing| if missing { "is missing" } else { "is there" }.to_owned()),
    ];
    tests.into_iter().flatten().next().unwrap_or_else(|| "is there".to_owned())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn what_it_is_not(file: &RuleFile, proof: &Proof) -> Vec<String> {
    let mut lines: Vec<String> = proof.counterexamples.iter().map(|one| format!("- {}", one.why)).collect();
    if !file.unless.is_empty() {
        lines.push("It does not hold where one of these holds:".to_owned());
        lines.extend(symptoms(&file.unless, 1));
    }
    lines
}

fn fix(fix: &FixFile) -> Vec<String> {
    let stacks = if fix.stacks.is_empty() { String::new() } else { format!("  ({})", fix.stacks.join(", ")) };
    let mut lines = vec![format!("- {}{stacks}", fix.title)];
    let below = |text: &String| text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>();
    lines.extend(fix.text.iter().flat_map(below));
    let command = fix.command.iter().flat_map(below);
    lines.extend(command.map(|line| format!("  {line}")));
    lines
}

fn example(example: &Example) -> Vec<String> {
    let bound: Vec<String> = example.expect.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let mut lines = seen(&example.given);
    if !bound.is_empty() {
        lines.push(format!("    {}", bound.join(" · ")));
    }
    lines
}

fn seen(given: &Given) -> Vec<String> {
    let words = given.log.iter().chain(&given.message).chain(given.logs.values());
    let mut lines: Vec<String> =
        words.flat_map(|text| text.trim_end().lines()).map(|line| format!("  {line}")).collect();
    if !given.objects.is_empty() {
        let named = |object: &Value| format!("{} {}", plain(&object["kind"]), plain(&object["metadata"]["name"]));
        lines.push(format!("  with {}", given.objects.iter().map(named).collect::<Vec<_>>().join(", ")));
    }
    if let Some(first) = lines.first_mut() {
        first.replace_range(..2, "- ");
    }
    lines
}
