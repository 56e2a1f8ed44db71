//! Reads rules from YAML and refuses what cannot be used, with file, line, reason and help.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::diagnosis::rule::RuleFile;
use crate::diagnosis::vocabulary::nearest;
use crate::diagnosis::{inspect, links};

/// A rule file: its text, and where it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path, as it is shown.
    pub path: String,
    /// The folder it is in.
    pub stage: String,
    /// The name of the file.
    pub id: String,
    /// What is in it.
    pub text: String,
}

/// Why a rule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: String,
    /// The line, counted from 1; 0 where the whole file is meant.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.reason)?,
            line => write!(out, "{}:{line}: {}", self.path, self.reason)?,
        }
        if self.help.is_empty() { Ok(()) } else { write!(out, "\n  help: {}", self.help) }
    }
}

impl Fault {
    /// A fault of a rule that the program carries.
    pub fn of_rule(id: &str, reason: String) -> Self {
        Fault { path: id.to_owned(), line: 0, reason, help: String::new() }
    }
}

impl Source {
    /// Reads the file as a rule.
    pub fn parse(&self) -> Result<RuleFile, Fault> {
        let value: Value = serde_saphyr::from_str(&self.text).map_err(|error| self.no_yaml(&error))?;
        if !value.is_object() {
            return Err(self.fault(
                1,
                "a rule is a mapping of keys to values",
                "begin with `title:`, as diagnostics/README.md shows",
            ));
        }
        serde_json::from_value(value).map_err(|error| self.no_rule(&error.to_string()))
    }

    fn no_yaml(&self, error: &serde_saphyr::Error) -> Fault {
        let line = error.location().map_or(0, |place| place.line());
        let reason = error.without_snippet().to_string();
        let help = if reason.contains("duplicate") {
            "a key stands once in a mapping: join the two, or take one away"
        } else {
            "this is no YAML: mind the indentation and quote texts that hold `: ` or begin with `{`"
        };
        self.fault(line, without_place(&reason), help)
    }

    fn no_rule(&self, reason: &str) -> Fault {
        let words: Vec<&str> = reason.split('`').skip(1).step_by(2).collect();
        let (wrong, known) = words.split_first().map_or(("", &[][..]), |(wrong, known)| (*wrong, known));
        let meant = nearest(wrong, known.iter().copied()).map(|name| format!("did you mean `{name}`? "));
        let help = format!("{}the keys of a rule are listed in diagnostics/README.md", meant.unwrap_or_default());
        // The same again, read straight from the YAML: that knows the place, but takes a number for a text.
        let read: Result<RuleFile, _> = serde_saphyr::from_str(&self.text);
        let place = read.err().and_then(|error| error.location()).map(|place| place.line());
        let is_missing = reason.starts_with("missing field");
        let line = if is_missing { 0 } else { place.unwrap_or_else(|| self.line_of(wrong)) };
        self.fault(line, reason, &help)
    }

    /// A fault of this file.
    pub fn fault(&self, line: u64, reason: &str, help: &str) -> Fault {
        Fault { path: self.path.clone(), line, reason: reason.to_owned(), help: help.to_owned() }
    }

    /// The line where a text first stands, as it is or as YAML quotes it; 0 where it does not.
    pub fn line_of(&self, text: &str) -> u64 {
        let first = text.lines().next().unwrap_or_default();
        let in_double = serde_json::Value::from(text).to_string();
        let written = [first.to_owned(), first.replace('\'', "''"), in_double.trim_matches('"').to_owned()];
        written
            .iter()
            .map(|text| self.line_where(|line| !text.is_empty() && line.contains(text)))
            .find(|line| *line > 0)
            .unwrap_or(0)
    }

    /// The line where a key first stands; 0 where it does not.
    pub fn line_of_key(&self, key: &str) -> u64 {
        let is_key = |line: &str| {
            line.trim_start_matches([' ', '-']).strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
        };
        self.line_where(is_key)
    }

    fn line_where(&self, test: impl Fn(&str) -> bool) -> u64 {
        let found = self.text.lines().position(|line| !line.trim_start().starts_with('#') && test(line));
        found.map_or(0, |index| index as u64 + 1)
    }
}

/// A reason without what is only for programmers: line and column, which stand before it, and an option of the parser.
fn without_place(reason: &str) -> &str {
    let at = |place: &str| reason.find(place);
    let end = [at(" at line "), at(" (line "), at(", set DuplicateKeyPolicy")]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(reason.len());
    &reason[..end]
}

/// The rules among somebody's own that can be used beside `carried`, and what is wrong with the others.
pub fn sound(own: Vec<Source>, carried: &[(&str, &RuleFile)]) -> (Vec<(Source, RuleFile)>, Vec<Fault>) {
    let mut faults = Vec::new();
    let ids: BTreeSet<String> =
        carried.iter().map(|(id, _)| (*id).to_owned()).chain(own.iter().map(|source| source.id.clone())).collect();
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let mut read: Vec<(Source, RuleFile)> = Vec::new();
    for source in own {
        match source.parse().map(|file| (inspect::faults(&source, &file), file)) {
            Ok((found, file)) if found.is_empty() => read.push((source, file)),
            Ok((found, _)) => faults.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    let mut rules: links::Rules<'_> = carried.iter().copied().collect();
    rules.extend(read.iter().map(|(source, file)| (source.id.as_str(), file)));
    let wrong: Vec<Vec<Fault>> = read.iter().map(|(source, _)| links::faults(source, &rules, &ids)).collect();
    let judged = read.into_iter().zip(wrong);
    let (sound, refused): (Vec<_>, Vec<_>) = judged.partition(|(_, wrong)| wrong.is_empty());
    faults.extend(refused.into_iter().flat_map(|(_, wrong)| wrong));
    (sound.into_iter().map(|(rule, _)| rule).collect(), faults)
}
