//! The logs of a workload as the screen shows them: which there are, which lines decide, and what of a traceback folds.

use std::collections::BTreeSet;

use crate::diagnosis::assessment::{Diagnosis, From};
use crate::snapshot::log::Line;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::{LogKey, Snapshot};
use crate::tui::app::App;
use crate::tui::place::Switches;

/// A line of the log page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it was written.
    Line {
        /// Counted from 1 at the start of what was read.
        number: u64,
        /// The line.
        text: String,
        /// Does a diagnosis rest on it?
        is_marked: bool,
    },
    /// Frames of a library that were folded.
    Folded {
        /// How many.
        frames: usize,
        /// Of which library.
        library: String,
        /// Does a diagnosis rest on one of them?
        is_marked: bool,
    },
}

/// The logs of a workload's pods: of containers that are not well first, and those that were read before the others.
pub fn of_workload(snapshot: &Snapshot, workload: &Subject) -> Vec<LogKey> {
    let mut keys = Vec::new();
    for pod in relation::pods_of(snapshot, workload) {
        for status in pod.all_statuses().filter(|status| status.state.running.is_some() || status.last_end().is_some())
        {
            let key = |previous| LogKey::of(&pod.metadata, &status.name, previous);
            let is_well = status.ready || status.last_end().is_some_and(|end| end.exit_code == 0);
            keys.push((is_well, key(false)));
            if status.restart_count > 0 {
                keys.push((is_well, key(true)));
            }
        }
    }
    keys.sort_by_key(|(is_well, key)| (*is_well, snapshot.log(key).is_none()));
    keys.into_iter().map(|(_, key)| key).collect()
}

/// The log that a diagnosis quotes.
pub fn deciding(diagnosis: Option<&Diagnosis>, known: &[LogKey]) -> Option<LogKey> {
    let quoted = diagnosis?.evidence.iter().find(|evidence| evidence.from == From::Log)?;
    let of = |key: &&LogKey| key.pod == quoted.object.name && quoted.container.as_ref() == Some(&key.container);
    known.iter().find(of).cloned()
}

/// The numbers of the lines that the diagnosis quotes from a log.
pub fn marks(app: &App, key: &LogKey) -> BTreeSet<u64> {
    let evidence = app.diagnosis().into_iter().flat_map(|diagnosis| &diagnosis.evidence);
    let own = evidence.filter(|evidence| {
        evidence.from == From::Log
            && evidence.object.name == key.pod
            && evidence.container.as_ref() == Some(&key.container)
    });
    let lines = own.flat_map(|evidence| {
        let first = evidence.line.unwrap_or(0);
        let length = evidence.text.lines().count() as u64;
        first..first + length.max(1)
    });
    lines.collect()
}

/// The row to begin with, so that the line that decides stands in view with what led to it.
pub fn first_mark(app: &App, key: &LogKey) -> usize {
    /// Lines before the deciding one that stay in view.
    const BEFORE: usize = 10;
    let quoted = app.diagnosis().and_then(|diagnosis| diagnosis.evidence.iter().find(|from| from.from == From::Log));
    let deciding = quoted.and_then(|evidence| evidence.line);
    let decides =
        |line: &Shown| matches!(line, Shown::Line { number, is_marked: true, .. } if Some(*number) == deciding);
    let marked =
        |line: &Shown| matches!(line, Shown::Line { is_marked: true, .. } | Shown::Folded { is_marked: true, .. });
    let lines = shown(app, key);
    let at = lines.iter().position(decides).or_else(|| lines.iter().position(marked));
    at.map_or(0, |at| at.saturating_sub(BEFORE))
}

/// The lines of a log as they are shown: filtered, and with the frames of libraries folded.
pub fn shown(app: &App, key: &LogKey) -> Vec<Shown> {
    let Some(log) = app.view.snapshot.log(key) else { return Vec::new() };
    let marks = marks(app, key);
    let filter = app.place.filter.to_lowercase();
    let kept: Vec<&Line> =
        log.tail.iter().filter(|line| filter.is_empty() || line.text.to_lowercase().contains(&filter)).collect();
    let line = |line: &Line| Shown::Line {
        number: line.number,
        text: line.text.to_string(),
        is_marked: marks.contains(&line.number),
    };
    if app.switches.has(Switches::UNFOLDED) || !filter.is_empty() {
        return kept.into_iter().map(line).collect();
    }
    let mut lines = Vec::new();
    let mut at = 0;
    while at < kept.len() {
        let folded = library_frames(&kept[at..]);
        match folded {
            Some((length, frames, library)) if frames > 1 => {
                let is_marked = kept[at..at + length].iter().any(|line| marks.contains(&line.number));
                lines.push(Shown::Folded { frames, library, is_marked });
                at += length;
            }
            _ => {
                lines.push(line(kept[at]));
                at += 1;
            }
        }
    }
    lines
}

/// How many lines from here on are frames of libraries, how many frames those are, and of which library.
fn library_frames(lines: &[&Line]) -> Option<(usize, usize, String)> {
    let mut library = None;
    let (mut length, mut frames) = (0, 0);
    while let Some(line) = lines.get(length) {
        let is_frame = line.text.trim_start().starts_with("File \"");
        if is_frame {
            let Some(name) = library_of(&line.text) else { break };
            library.get_or_insert(name);
            frames += 1;
        } else if frames == 0 || !line.text.starts_with("    ") {
            break;
        }
        length += 1;
    }
    library.map(|library| (length, frames, library))
}

/// The library of a frame: the folder below `site-packages`, or the standard library.
fn library_of(line: &str) -> Option<String> {
    for folder in ["site-packages/", "dist-packages/"] {
        if let Some((_, rest)) = line.split_once(folder) {
            let name = rest.split(['/', '"']).next()?;
            return Some(name.trim_end_matches(".py").to_owned());
        }
    }
    (line.contains("/lib/python") || line.contains("<frozen")).then(|| "the standard library".to_owned())
}
