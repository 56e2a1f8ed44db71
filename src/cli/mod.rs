//! One file per command.

pub mod args;
pub mod check;
pub mod dashboard;
pub mod demo;
pub mod explain;
pub mod live;
pub mod rules;
pub mod rules_test;
pub mod wait;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::args::Command;
use crate::diagnosis::assessment::{Assessment, Verdict};
use crate::diagnosis::rule::Severity;

/// How a command ended, as linters say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing wrong was found.
    Well = 0,
    /// A diagnosis of severity error or warning was found.
    Found = 1,
    /// It could not look: usage, connection, permission.
    Blind = 2,
    /// `wait` ran out of time.
    TimedOut = 3,
}

impl Outcome {
    /// The outcome that an assessment stands for.
    pub fn of(assessment: &Assessment) -> Self {
        if assessment.diagnoses.iter().any(|diagnosis| diagnosis.severity < Severity::Info) {
            Outcome::Found
        } else if assessment.verdict == Verdict::Unknown {
            Outcome::Blind
        } else {
            Outcome::Well
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(outcome as u8)
    }
}

/// Prints on standard output. A reader that has seen enough, as `head` does, closes the pipe: what the command found
/// stays in its exit code.
fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Runs the program.
pub fn run() -> ExitCode {
    let arguments = <args::Arguments as clap::Parser>::parse();
    match command(&arguments) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("unstuck: {error:#}");
            Outcome::Blind.into()
        }
    }
}

fn command(arguments: &args::Arguments) -> anyhow::Result<Outcome> {
    let catalogue = || {
        let catalogue = rules::catalogue(arguments.rules.as_deref()).map(Arc::new)?;
        // Kept to the end: the system takes the memory back at once, and we would piece by piece.
        std::mem::forget(catalogue.clone());
        anyhow::Ok(catalogue)
    };
    match &arguments.command {
        Some(Command::Check(check)) => check::run(check, &arguments.cluster, catalogue()?),
        Some(Command::Demo(demo)) => demo::run(demo, &arguments.cluster, catalogue()?),
        Some(Command::Explain(explain)) => explain::run(explain, &*catalogue()?),
        Some(Command::Rules(rules)) => rules::run(rules, arguments.rules.as_deref()),
        Some(Command::Wait(wait)) => wait::run(wait, &arguments.cluster, catalogue()?),
        None => dashboard::run(&arguments.cluster, catalogue()?),
    }
}
