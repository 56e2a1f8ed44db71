//! Reads rules from YAML and refuses what cannot be used, with file, line, reason and help.

use std::fmt;

use serde_json::Value;

use crate::diagnosis::catalogue::{PatternTable, Rule};
use crate::diagnosis::rule::RuleFile;

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
        const HELP: &str = "the keys of a rule are listed in diagnostics/README.md";
        let value: Value = serde_saphyr::from_str(&self.text).map_err(|error| {
            let line = error.location().map_or(0, |place| place.line());
            self.fault(
                line,
                &error.without_snippet().to_string(),
                "this is no YAML: mind the indentation and quote texts that hold `: ` or begin with `{`",
            )
        })?;
        serde_json::from_str(&value.to_string()).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            let key = reason.split('`').nth(1).unwrap_or_default();
            self.fault(self.line_of(key), reason, HELP)
        })
    }

    /// Reads the file and enters its patterns.
    pub fn compile(&self, table: &mut PatternTable) -> Result<Rule, Fault> {
        let file = self.parse()?;
        Rule::new(self.id.clone(), self.stage.clone(), file, table)
            .and_then(|rule| table.verify(&rule).map(|()| rule))
            .map_err(|reason| {
                let quoted = reason.split('`').nth(1).unwrap_or_default().to_owned();
                self.fault(self.line_of(&quoted), &reason, "diagnostics/README.md shows how a symptom is written")
            })
    }

    /// A fault of this file.
    pub fn fault(&self, line: u64, reason: &str, help: &str) -> Fault {
        Fault { path: self.path.clone(), line, reason: reason.to_owned(), help: help.to_owned() }
    }

    /// The line where a text first stands; 0 where it does not.
    pub fn line_of(&self, text: &str) -> u64 {
        let found = self.text.lines().position(|line| !text.is_empty() && line.contains(text));
        found.map_or(0, |index| index as u64 + 1)
    }
}
