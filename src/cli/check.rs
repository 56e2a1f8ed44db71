//! `unstuck check`: one look, a report, and the verdict in the exit code.

use std::sync::Arc;

use crate::capture;
use crate::cli::args::{CheckArguments, ClusterArguments, Output};
use crate::cli::{Outcome, live, say};
use crate::diagnosis::assessment::Assessment;
use crate::diagnosis::catalogue::Catalogue;
use crate::redact;
use crate::report::{json, text};

/// Looks once and reports.
pub fn run(
    arguments: &CheckArguments,
    cluster: &ClusterArguments,
    catalogue: Arc<Catalogue>,
) -> anyhow::Result<Outcome> {
    if let Some(folder) = &arguments.from {
        let snapshot = capture::open(folder, &catalogue.sieve)?;
        return Ok(print(&cluster.lens(catalogue)?.assess(&snapshot), arguments.output));
    }
    let runtime = live::runtime()?;
    let assessment = runtime.block_on(live::look_once(cluster, cluster.lens(catalogue)?))?;
    let outcome = print(&assessment, arguments.output);
    runtime.shutdown_background();
    Ok(outcome)
}

/// Prints a report in the form that was asked for.
pub fn print(assessment: &Assessment, output: Output) -> Outcome {
    let report = match output {
        Output::Json => format!("{:#}\n", json::report(assessment)),
        Output::Text => text::report(assessment),
    };
    say(&redact::redact(&report));
    Outcome::of(assessment)
}
