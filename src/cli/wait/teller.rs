//! Writes what happens while rollouts are waited for: a line for each change, on a terminal one more that stays in place.
//!
//! ```text
//!    0:00  deployment/churn-score waits for a node, 0 of 2 ready
//!    0:41  deployment/churn-score pulls its image, 0 of 2 ready
//!    1:03  [###>......] deployment/churn-score pulls its image, 0 of 2 ready
//! ```

use std::io::{self, Write};
use std::time::Instant;

use jiff::Timestamp;

use crate::cli::args::Output;
use crate::cli::wait::event::{self, Event};
use crate::cli::wait::look::{self, Look, Rollout};
use crate::diagnosis::assessment::Assessment;
use crate::diagnosis::rail::Stage;
use crate::redact;
use crate::report::{json, text};
use crate::tui::terminal;
use crate::tui::words;

/// Takes back the line that stays in place.
const CLEAR: &str = "\r\x1b[K";

/// Where what happens is written.
pub struct Teller {
    output: Output,
    begun: Instant,
    is_live: bool,
}

impl Teller {
    /// Begins to count the time.
    pub fn new(output: Output, begun: Instant) -> Self {
        Teller { output, begun, is_live: output == Output::Text && terminal::is_usable() }
    }

    /// Tells of a change.
    pub fn tell(&self, event: &Event) {
        let line = match self.output {
            Output::Json => serde_json::to_string(event).unwrap_or_default(),
            Output::Text => format!("{}  {}", self.elapsed(), event.text),
        };
        self.write(&format!("{line}\n"));
    }

    /// Tells all that is known at the end.
    pub fn report(&self, assessment: &Assessment) {
        self.write(&match self.output {
            Output::Json => format!("{}\n", json::report(assessment)),
            Output::Text => format!("\n{}", text::report(assessment)),
        });
    }

    /// Shows on a terminal where it stands right now.
    pub fn show(&self, look: &Look, now: Timestamp) {
        let open: Vec<_> = look.rollouts.iter().filter(|(_, rollout)| !rollout.is_over()).collect();
        let Some((key, rollout)) = open.first().filter(|_| self.is_live) else { return };
        let all = look.rollouts.len();
        let others = if all > 1 { format!("{} of {all} are rolled out; ", all - open.len()) } else { String::new() };
        let name = event::named(key, &look.assessment.source.namespace);
        let next =
            rollout.deadlines.first().map(|deadline| format!("; {}", deadline.sentence(now))).unwrap_or_default();
        let line = format!("{}  {} {others}{name} {}{next}", self.elapsed(), bar(rollout), look::words(rollout));
        let columns = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        self.write(&words::cut(&line, columns.saturating_sub(1)));
    }

    /// Whoever reads may have closed the pipe: the outcome stays in the exit code.
    fn write(&self, text: &str) {
        let clear = if self.is_live { CLEAR } else { "" };
        let mut out = io::stdout().lock();
        let _closed = out.write_all(format!("{clear}{}", redact::redact(text)).as_bytes()).and_then(|()| out.flush());
    }

    /// Minutes and seconds since the wait began, hours where there are any.
    fn elapsed(&self) -> String {
        let seconds = self.begun.elapsed().as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let text =
            if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") };
        format!("{text:>7}")
    }
}

/// The stages behind it, the one it is at, and those ahead.
fn bar(rollout: &Rollout) -> String {
    let all = Stage::ALL.len();
    let behind = rollout.at.as_ref().map_or(all - 1, |step| step.name as usize);
    format!("[{}>{}]", "#".repeat(behind), ".".repeat(all - 1 - behind))
}
