//! Reads the bytes of a log as they come: lines exist when their line feed came, and memory stays bounded.

use std::sync::Arc;

use crate::snapshot::log::alarm::STRUCTURE;
use crate::snapshot::log::assemble::Assembler;
use crate::snapshot::log::expand;
use crate::snapshot::log::peel;
use crate::snapshot::log::quoted;
use crate::snapshot::log::record::Record;
use crate::snapshot::log::sieve::Sieve;
use crate::snapshot::log::traceback;
use crate::snapshot::log::{Line, Log};
use crate::snapshot::text::{self, SafeText};

/// A line longer than this is cut, in bytes.
pub const LINE_LIMIT: usize = 64 * 1024;

/// Reads one log.
#[derive(Debug)]
pub struct LogReader {
    sieve: Arc<Sieve>,
    assembler: Assembler,
    log: Log,
    /// The beginning of a line whose end has not come.
    carry: Vec<u8>,
    /// Bytes of that line that were dropped.
    overlong: u64,
    /// How many of the last lines are kept.
    tail: usize,
}

impl LogReader {
    /// A reader that keeps the last `tail` lines.
    pub fn new(sieve: Arc<Sieve>, tail: usize) -> Self {
        let (assembler, log) = (Assembler::default(), Log::default());
        LogReader { sieve, assembler, log, carry: Vec::new(), overlong: 0, tail }
    }

    /// What is known so far, without records that are still being written.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// A copy of what is known so far, records that are still being written included.
    pub fn so_far(&self) -> Log {
        let mut done = Vec::new();
        self.assembler.clone().finish(&mut done);
        let mut log = self.log.clone();
        for record in self.with_candidates(done) {
            log.add(record);
        }
        log
    }

    /// Reads the next bytes, wherever they were cut.
    pub fn push(&mut self, bytes: &[u8]) {
        self.log.bytes += bytes.len() as u64;
        let Some(end) = memchr::memrchr(b'\n', bytes) else { return self.keep(bytes) };
        let mut block = &bytes[..=end];
        if !self.carry.is_empty() || self.overlong > 0 {
            let first = memchr::memchr(b'\n', block).unwrap_or(end);
            self.keep(&block[..first]);
            self.end_line();
            block = &block[first + 1..];
        }
        self.block(block);
        self.keep(&bytes[end + 1..]);
    }

    /// The log ended: its last line counts although no line feed came.
    pub fn finish(&mut self) {
        if !self.carry.is_empty() {
            self.end_line();
        }
        let mut done = Vec::new();
        self.assembler.finish(&mut done);
        self.add(done);
    }

    /// Ends the reading and gives the log.
    pub fn into_log(mut self) -> Log {
        self.finish();
        self.log
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_LIMIT.saturating_sub(self.carry.len()).min(bytes.len());
        self.carry.extend_from_slice(&bytes[..room]);
        self.overlong += (bytes.len() - room) as u64;
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.carry);
        if self.overlong > 0 {
            line.extend_from_slice(format!(" … +{} bytes", self.overlong).as_bytes());
            self.log.skipped += self.overlong;
            self.overlong = 0;
        }
        self.log.lines += 1;
        self.read_line(&line, true);
        self.keep_tail(&line);
        line.clear();
        self.carry = line;
    }

    /// Reads whole lines. What holds no gate is only counted, unless a record is open. The first line is always read,
    /// since a gate may begin with the line feed before it.
    fn block(&mut self, block: &[u8]) {
        if block.is_empty() {
            return;
        }
        let mut at = 0;
        while at < block.len() {
            let gate = if at == 0 { 0 } else { self.sieve.next_gate(block, at).unwrap_or(block.len()) };
            while self.assembler.is_open() && at < gate.min(block.len()) {
                let end = line_end(block, at);
                if end > gate {
                    break;
                }
                self.next_line(&block[at..end], false);
                at = end + 1;
            }
            if at >= block.len() {
                break;
            }
            let start = memchr::memrchr(b'\n', &block[at..gate]).map_or(at, |found| at + found + 1);
            self.pass_over(&block[at..start]);
            if gate >= block.len() {
                break;
            }
            let end = line_end(block, start);
            self.next_line(&block[start..end], true);
            at = end + 1;
        }
        self.keep_tail(block);
    }

    fn next_line(&mut self, line: &[u8], gated: bool) {
        self.log.lines += 1;
        let line = if line.len() > LINE_LIMIT { self.cut(line) } else { line };
        self.read_line(line, gated);
    }

    fn cut<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        self.log.skipped += (line.len() - LINE_LIMIT) as u64;
        &line[..LINE_LIMIT]
    }

    fn pass_over(&mut self, lines: &[u8]) {
        if !lines.is_empty() {
            self.log.lines += memchr::memchr_iter(b'\n', lines).count() as u64;
            let last = memchr::memrchr(b'\n', &lines[..lines.len() - 1]).map_or(0, |found| found + 1);
            self.assembler.pass(&text::lossy(&lines[last..lines.len().min(last + LINE_LIMIT)]));
        }
    }

    fn read_line(&mut self, line: &[u8], gated: bool) {
        let decoded = text::lossy(line);
        let mut done = Vec::new();
        for part in expand::expand(&decoded).split('\n') {
            let starts = gated && self.may_start(part);
            self.assembler.line(self.log.lines, part, starts, &mut done);
        }
        self.add(done);
    }

    fn may_start(&self, line: &str) -> bool {
        STRUCTURE.iter().any(|word| line.contains(word))
            || peel::level(line) == Some(peel::Level::Error)
            || !self.sieve.candidates(&quoted::read(line)).is_empty()
            || traceback::standalone_kind(peel::peel(line).body).is_some()
    }

    fn add(&mut self, done: Vec<Record>) {
        for record in self.with_candidates(done) {
            self.log.add(record);
        }
    }

    fn with_candidates(&self, mut records: Vec<Record>) -> Vec<Record> {
        for record in &mut records {
            record.candidates = if record.context.is_empty() {
                self.sieve.candidates(&record.text)
            } else {
                self.sieve.candidates(&format!("{}\n{}", record.text, record.context))
            };
        }
        records
    }

    /// Keeps the last lines of a block for the screen.
    fn keep_tail(&mut self, block: &[u8]) {
        if self.tail == 0 {
            return;
        }
        let mut number = self.log.lines;
        let mut last: Vec<Line> = Vec::new();
        for line in block.strip_suffix(b"\n").unwrap_or(block).rsplit(|&b| b == b'\n').take(self.tail) {
            let line = peel::without_kubelet_stamp(line);
            let text = SafeText::from_bytes(&line[..line.len().min(LINE_LIMIT)]);
            last.push(Line { number, text });
            number = number.saturating_sub(1);
        }
        self.log.tail.extend(last.into_iter().rev());
        let surplus = self.log.tail.len().saturating_sub(self.tail);
        self.log.tail.drain(..surplus);
    }
}

fn line_end(block: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |found| at + found)
}
