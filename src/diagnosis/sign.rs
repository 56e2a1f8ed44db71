//! Finds in a log what its server said about itself, and tells by it which records were survived.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::Survival;
use crate::diagnosis::template::Names;
use crate::snapshot::log::Log;
use crate::snapshot::log::access::Access;
use crate::snapshot::log::peel::Level;
use crate::snapshot::log::record::Record;
use crate::snapshot::text::SafeText;

/// A sign in a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<'a> {
    /// What it says.
    pub sign: Sign,
    /// The serving stack that writes it, where only one does.
    pub stack: Option<&'a str>,
    /// Its record.
    pub record: usize,
    /// Where it stands in the record.
    pub span: Range<usize>,
    /// The last line in which it was written.
    pub line: u64,
    /// What its names stand for: `port`, `host`, `version`.
    pub names: Names,
}

/// The signs in a log, in the order of its records.
pub fn signs<'a>(log: &Log, catalogue: &'a Catalogue) -> Vec<Seen<'a>> {
    let mut seen = Vec::new();
    for (index, record) in log.records.iter().enumerate() {
        for (mark, pattern) in record.candidates.iter().filter_map(|id| catalogue.mark_of(*id).map(|mark| (mark, *id)))
        {
            if let Some(found) = catalogue.pattern(pattern).find(&record.text, record.text.len()) {
                let names = found.names.into_iter().map(|(name, held)| (name.into(), SafeText::new(&held))).collect();
                let line = record.place.seen;
                let (stack, span) = (mark.stack.as_deref(), found.span);
                seen.push(Seen { sign: mark.sign, stack, record: index, span, line, names });
            }
        }
    }
    seen
}

/// The last line that shows the server answering: a sign that it is ready, or a request it answered well. Where it stays
/// up without its model, it is well when it answers more than those who look whether it lives.
pub fn last_well(log: &Log, signs: &[Seen<'_>]) -> u64 {
    let last = |sign| signs.iter().filter(|seen| seen.sign == sign).map(|seen| seen.line).max();
    if last(Sign::LoadFailed) > last(Sign::Loaded) {
        let answers = accesses(log).filter(|(_, access)| access.succeeded() && !access.is_look());
        return answers.map(|(number, _)| number).max().unwrap_or(0);
    }
    let ready = signs.iter().filter(|seen| seen.sign == Sign::Ready).map(|seen| seen.line).max();
    ready.max(last_answer(log)).unwrap_or(0)
}

/// Tells of each record of a log how it was survived; `broke` where its program is known to have ended in an error.
pub fn survivals<'a>(log: &'a Log, catalogue: &Catalogue, broke: bool) -> impl Fn(&Record) -> Survival + 'a {
    let signs = signs(log, catalogue);
    let last_well = last_well(log, &signs);
    let broke_down = last_answer(log).is_none() && (broke || breaks_down(log, &signs, last_well));
    let stopping = signs.iter().filter(|seen| seen.sign == Sign::Stopping && seen.line > last_well && last_well > 0);
    let asked_to_end = stopping.map(|seen| seen.line).next().unwrap_or(u64::MAX);
    move |record| {
        // What a server that was well says while it ends is no reason for its end, unless it is an error.
        let is_farewell = record.place.line > asked_to_end && !record.is_alarming();
        match survival(log, record, last_well) {
            _ if is_farewell => Survival::Over,
            // It said that it was ready, and answered nobody before it ended.
            Survival::Over if broke_down && record.is_alarming() => Survival::Caught,
            survival => survival,
        }
    }
}

/// Did a server that had said it was ready run into an error and end then?
fn breaks_down(log: &Log, signs: &[Seen<'_>], ready: u64) -> bool {
    let stopping = signs.iter().filter(|seen| seen.sign == Sign::Stopping && seen.line > ready).map(|seen| seen.line);
    let Some(end) = stopping.min() else { return false };
    log.records.iter().any(|record| record.is_alarming() && (ready..end).contains(&record.place.seen))
}

/// Tells of each record of a log whether requests of clients fail over it to this day: none was answered well behind
/// it, and the last of them failed. Whether the server is asked in between if it is well does not matter.
/// What it gave up to load is missing too, until something is loaded.
pub fn failing<'a>(log: &'a Log, catalogue: &Catalogue) -> impl Fn(&Record) -> bool + 'a {
    /// As many requests in a row are more than the fault of a single one.
    const IN_A_ROW: usize = 3;
    let failed: BTreeSet<&str> =
        accesses(log).filter(|(_, access)| access.failed()).map(|(_, access)| access.page()).collect();
    // Who only looks whether the server is well, or at another page, learns nothing of the requests that fail.
    let tells = |access: &Access<'_>| access.failed() || !access.is_look() || failed.contains(access.page());
    let told: Vec<_> =
        accesses(log).filter(|(_, access)| (access.failed() || access.succeeded()) && tells(access)).collect();
    let answered = told.iter().rev().find(|(_, access)| access.succeeded()).map_or(0, |(number, _)| *number);
    let fails = told.iter().rev().take(IN_A_ROW).all(|(_, access)| access.failed());
    let first = log.tail.front().map_or(u64::MAX, |line| line.number);
    let loaded = signs(log, catalogue).iter().filter(|seen| seen.sign == Sign::Loaded).map(|seen| seen.line).max();
    move |record| {
        let (seen, is_of_request) = (record.place.seen, record.failed_requests > 0);
        is_of_request && fails && seen >= first && seen > answered || record.gives_up() && Some(seen) > loaded
    }
}

/// Were requests of clients answered well, as far as its last lines tell?
pub fn answers(log: &Log) -> bool {
    accesses(log).any(|(_, access)| access.method == "POST" && access.succeeded())
}

/// The last line in which the server answered well. As long as it fails at a page by which others look whether it is well,
/// that it answers at another of them says only that it lives.
fn last_answer(log: &Log) -> Option<u64> {
    let looks = accesses(log).filter(|(_, access)| access.is_look());
    let newest: BTreeMap<&str, bool> = looks.map(|(_, access)| (access.page(), access.failed())).collect();
    let is_unwell = newest.into_values().any(|failed| failed);
    let well = accesses(log).filter(|(_, access)| access.succeeded() && !(is_unwell && access.is_look()));
    well.map(|(number, _)| number).max()
}

/// The lines of requests that were answered, the oldest first.
fn accesses(log: &Log) -> impl DoubleEndedIterator<Item = (u64, Access<'_>)> {
    log.tail.iter().filter_map(|line| Some((line.number, Access::of(&line.text)?)))
}

/// Was the record survived? It was if the server answered afterwards. A traceback that directly follows a line that
/// Python's logging wrote as a mere warning, or less, was caught.
fn survival(log: &Log, record: &Record, last_well: u64) -> Survival {
    if record.place.seen < last_well {
        return Survival::Over;
    }
    let went_on = log.lines > record.place.seen + 1;
    let caught = record.is_traceback && went_on && record.level.is_some_and(|level| level < Level::Error);
    if caught { Survival::Caught } else { Survival::None }
}
