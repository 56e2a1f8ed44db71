//! The log of a container: its records, its last lines, and how much of it was seen.

pub mod access;
pub mod alarm;
pub mod assemble;
pub mod expand;
pub mod gate;
pub mod json;
pub mod peel;
pub mod prefix;
pub mod quoted;
pub mod reader;
pub mod record;
pub mod sieve;
pub mod traceback;

use std::collections::{BTreeMap, VecDeque};

use crate::snapshot::log::record::Record;
use crate::snapshot::text::SafeText;

/// Records with a candidate pattern that a log keeps at most.
const MATCHED_RECORDS: usize = 400;
/// Alarming records without a candidate that it keeps at most.
const UNMATCHED_RECORDS: usize = 24;

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// The line, made safe, without the stamp that Kubernetes put before it.
    pub text: SafeText,
}

/// What is known of one log.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The records that could matter, in the order of the log.
    pub records: Vec<Record>,
    /// The last lines.
    pub tail: VecDeque<Line>,
    /// Lines seen.
    pub lines: u64,
    /// Bytes seen.
    pub bytes: u64,
    /// Bytes of overlong lines that were not read.
    pub skipped: u64,
    signatures: BTreeMap<u64, usize>,
}

impl Log {
    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Takes a record in; one that was written before only counts again.
    pub fn add(&mut self, record: Record) {
        let signature = record.signature();
        if let Some(&index) = self.signatures.get(&signature) {
            self.records[index].failed_requests += record.failed_requests;
            let place = &mut self.records[index].place;
            place.count += 1;
            place.seen = record.place.end;
            return;
        }
        let matched = !record.candidates.is_empty();
        if !matched && !record.is_alarming() {
            return;
        }
        let limit = if matched { MATCHED_RECORDS } else { UNMATCHED_RECORDS };
        if self.records.iter().filter(|kept| kept.candidates.is_empty() != matched).count() >= limit {
            self.drop_one(matched);
        }
        self.signatures.insert(signature, self.records.len());
        self.records.push(record);
    }

    /// Gives its lines other numbers, where they were read from a text that has others.
    pub fn renumber(&mut self, number: impl Fn(u64) -> u64) {
        for place in self.records.iter_mut().map(|record| &mut record.place) {
            (place.line, place.end, place.seen) = (number(place.line), number(place.end), number(place.seen));
        }
        for line in &mut self.tail {
            line.number = number(line.number);
        }
    }

    /// Makes room: the oldest single line goes first, then the oldest but for the first few.
    fn drop_one(&mut self, matched: bool) {
        const FIRST_KEPT: usize = 4;
        let of_kind = |record: &&Record| record.candidates.is_empty() != matched;
        let plain = self.records.iter().filter(of_kind).skip(FIRST_KEPT).find(|record| !record.is_traceback);
        let oldest = || self.records.iter().filter(of_kind).nth(FIRST_KEPT);
        let Some(line) = plain.or_else(oldest).map(|record| record.place.line) else { return };
        self.records.retain(|record| record.place.line != line || record.candidates.is_empty() == matched);
        self.signatures = self.records.iter().enumerate().map(|(index, record)| (record.signature(), index)).collect();
    }
}
