//! `unstuck explain`: the diagnosis of whatever was pasted, piped or saved.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::capture;
use crate::cli::Outcome;
use crate::cli::args::ExplainArguments;
use crate::cli::check;
use crate::diagnosis::assessment::{Assessment, Verdict};
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::diagnose::diagnose;
use crate::diagnosis::rule::Severity;
use crate::diagnosis::unexplained;
use crate::intake::bytes::{self, Input};
use crate::intake::found::Reading;
use crate::intake::times::Now;
use crate::intake::{assemble, owner, paste, split, wrapped};
use crate::snapshot::kind::Kind;
use crate::snapshot::log::Log;
use crate::snapshot::log::reader::LogReader;
use crate::snapshot::pod::Pod;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, LogKey, Snapshot, Unreadable};

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;
/// Lines kept at the end, where a server shows that it answers.
const TAIL: usize = 64;

/// Reads the files and prints what they say.
pub fn run(arguments: &ExplainArguments, catalogue: &Catalogue) -> anyhow::Result<Outcome> {
    if let [folder] = arguments.files.as_slice()
        && folder.is_dir()
    {
        return of_folder(folder, arguments, catalogue);
    }
    let mut desk = Desk::new(catalogue, arguments.files.len() > 1);
    for file in &arguments.files {
        desk.take(file)?;
    }
    let assessment = desk.assessment();
    let outcome = check::print(&assessment, arguments.output);
    // What is shown as unexplained was looked at.
    let is_shown = assessment.diagnoses.iter().any(|diagnosis| diagnosis.id == unexplained::ID);
    Ok(if outcome == Outcome::Blind && is_shown { Outcome::Well } else { outcome })
}

/// What an input says that comes without a name, as on standard input.
pub fn of_input<'a>(source: impl Read + 'a, catalogue: &Catalogue) -> anyhow::Result<Assessment> {
    let mut desk = Desk::new(catalogue, false);
    desk.input(SafeText::new("-"), bytes::open(source).context("the input cannot be read")?)?;
    Ok(desk.assessment())
}

/// A folder is read if it is a capture.
fn of_folder(folder: &Path, arguments: &ExplainArguments, catalogue: &Catalogue) -> anyhow::Result<Outcome> {
    let name = folder.display();
    let mut snapshot = capture::open(folder, &catalogue.sieve).with_context(|| {
        format!("{name} is a folder: give the files in it instead, as in `unstuck explain {name}/*`")
    })?;
    snapshot.source.taken_for.push(SafeText::new("a capture"));
    Ok(check::print(&diagnose(&snapshot, catalogue), arguments.output))
}

/// What was read so far of all inputs.
struct Desk<'a> {
    catalogue: &'a Catalogue,
    /// Are there several inputs, so that each is named?
    is_plural: bool,
    readings: Vec<Reading>,
    now: Option<Now>,
    /// Logs by the names of their files, without what was taken for something else.
    logs: Vec<(SafeText, Log)>,
    /// All texts as logs, for what the objects do not explain.
    texts: Vec<(SafeText, Log)>,
    taken_for: Vec<SafeText>,
    unreadable: Vec<Unreadable>,
    /// The texts as they were pasted; none of them where a log was too long for that.
    pasted: Option<Vec<(SafeText, String)>>,
}

impl<'a> Desk<'a> {
    fn new(catalogue: &'a Catalogue, is_plural: bool) -> Self {
        Desk {
            catalogue,
            is_plural,
            readings: Vec::new(),
            now: None,
            logs: Vec::new(),
            texts: Vec::new(),
            taken_for: Vec::new(),
            unreadable: Vec::new(),
            pasted: Some(Vec::new()),
        }
    }

    fn take(&mut self, file: &Path) -> anyhow::Result<()> {
        let name = SafeText::new(&file.to_string_lossy());
        if name == "-" {
            if io::stdin().is_terminal() {
                eprintln!("unstuck: paste a log or what kubectl printed, then press Ctrl-D");
            }
            return self.input(name, bytes::open(io::stdin().lock()).context("cannot read standard input")?);
        }
        if file.is_dir() {
            bail!("{name} is a folder: give the files in it instead, as in `unstuck explain {name}/*`");
        }
        let source = File::open(file).with_context(|| format!("cannot open {name}"))?;
        let input = bytes::open(source).with_context(|| format!("cannot read {name}"))?;
        self.input(name, input)
    }

    fn input(&mut self, name: SafeText, input: Input<'_>) -> anyhow::Result<()> {
        match input {
            Input::Empty => self
                .note(&name, "nothing, it is empty (of a container that writes no log, paste `kubectl describe pod`)"),
            Input::Binary(what) => {
                self.note(&name, &format!("no text: {what}"));
                let why = SafeText::new("unreadable");
                self.unreadable.push(Unreadable { what: name, why, message: SafeText::new(what) });
            }
            Input::Long(source) => {
                let mut reader = self.reader();
                read(source, &mut reader).with_context(|| format!("cannot read {name}"))?;
                let log = reader.into_log();
                self.note(&name, &format!("a log of {} lines", log.lines));
                self.logs.push((name, log));
                self.pasted = None;
            }
            Input::Text(text) => {
                let text = paste::cleaned(&text);
                self.text(name.clone(), &text, &[]);
                self.pasted.iter_mut().for_each(|pasted| pasted.push((name.clone(), text.to_string())));
            }
        }
        Ok(())
    }

    /// Takes a text, of whose lines the numbers are told where they are not those in the text.
    fn text(&mut self, name: SafeText, text: &str, numbers: &[u64]) {
        let parts = split::parts(text);
        self.now = self.now.filter(|now| now.is_known).or(Some(Now::of(text)));
        for reading in &parts.known {
            self.note(&name, &reading.taken_for);
        }
        let said: Vec<&str> = parts.known.iter().map(|reading| reading.log.as_str()).collect();
        let log = self.log(&[parts.log.as_str(), &said.join("\n")].join("\n"), numbers);
        if parts.has_log() {
            self.note(&name, of_log(&parts.log, &log));
        }
        if !parts.known.is_empty() {
            let whole = self.log(text, numbers);
            self.texts.push((name.clone(), whole));
        }
        self.readings.extend(parts.known);
        self.logs.push((name, log));
    }

    fn note(&mut self, name: &SafeText, what: &str) {
        let noted = if self.is_plural { format!("{name}: {what}") } else { what.to_owned() };
        self.taken_for.push(SafeText::new(&noted));
    }

    fn reader(&self) -> LogReader {
        LogReader::new(self.catalogue.sieve.clone(), TAIL)
    }

    fn log(&self, text: &str, numbers: &[u64]) -> Log {
        let mut reader = self.reader();
        reader.push(text.trim_end().as_bytes());
        let mut log = reader.into_log();
        if !numbers.is_empty() {
            let place = |line: u64| usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
            log.renumber(|line| place(line).and_then(|at| numbers.get(at)).copied().unwrap_or(line));
        }
        log
    }

    /// What the texts say as they are; where that explains nothing, what they say without the ends that a terminal put
    /// into their lines.
    fn assessment(mut self) -> Assessment {
        let catalogue = self.catalogue;
        // Rows of tables are as long as their words.
        let is_log = self.readings.is_empty();
        let pasted = self.pasted.take().filter(|_| is_log).unwrap_or_default();
        let is_plural = self.is_plural;
        let first = self.judged();
        if explains(&first, catalogue) {
            return first;
        }
        let second = Desk::joined(catalogue, is_plural, &pasted).map(Desk::judged);
        let says_more = |second: &Assessment| explains(second, catalogue) || is_serious(second) && !is_serious(&first);
        second.filter(says_more).unwrap_or(first)
    }

    /// The desk with the lines joined that a terminal broke, if there can be such.
    fn joined(catalogue: &'a Catalogue, is_plural: bool, pasted: &[(SafeText, String)]) -> Option<Self> {
        let mut desk = Desk::new(catalogue, is_plural);
        let mut is_broken = false;
        for (name, text) in pasted {
            let joined = wrapped::joined(text);
            is_broken |= joined.is_some();
            match joined {
                Some(joined) => desk.text(name.clone(), &joined.text, &joined.numbers),
                None => desk.text(name.clone(), text, &[]),
            }
        }
        is_broken.then_some(desk)
    }

    /// What the objects say; where they explain nothing, what the words say.
    fn judged(self) -> Assessment {
        let could_read = !self.logs.is_empty();
        let snapshot = self.snapshot();
        let by_objects = diagnose(&snapshot, self.catalogue);
        let is_told = explains(&by_objects, self.catalogue) || self.shows_only_events() && is_serious(&by_objects);
        let mut best = if self.texts.is_empty() || is_told || all_well(&snapshot) {
            by_objects
        } else {
            better(by_objects, diagnose(&self.words(), self.catalogue), self.catalogue)
        };
        if !could_read && !self.unreadable.is_empty() {
            best.verdict = Verdict::Unknown;
        }
        if best.diagnoses.is_empty() {
            best.diagnoses = unexplained::in_pods(&snapshot, best.verdict).into();
        }
        best
    }

    /// Are events all that the input holds? Then nothing in its words was left out.
    fn shows_only_events(&self) -> bool {
        self.logs.iter().all(|(_, log)| log.is_empty()) && self.readings.iter().all(Reading::is_of_events)
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.source.taken_for.clone_from(&self.taken_for);
        let changes = assemble::changes(&self.readings);
        let now = self.now.filter(|now| now.is_known && !changes.is_empty());
        snapshot.source.taken_at = now.map(|now| now.at);
        for change in changes {
            snapshot.apply(change);
        }
        for spot in &self.unreadable {
            snapshot.apply(Change::Unreadable(spot.clone()));
        }
        for (name, log) in &self.logs {
            let key = owner::of_log(&snapshot, name).unwrap_or_else(|| LogKey::pasted(name));
            if !log.is_empty() && snapshot.log(&key).is_none() {
                snapshot.apply(Change::Log(key, Arc::new(log.clone())));
            }
        }
        snapshot
    }

    fn words(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.source.taken_for.clone_from(&self.taken_for);
        let taken = self.texts.iter().map(|(name, _)| name);
        let taken: Vec<&SafeText> = taken.collect();
        let rest = self.logs.iter().filter(|(name, _)| !taken.contains(&name));
        for (name, log) in self.texts.iter().chain(rest) {
            snapshot.apply(Change::Log(LogKey::pasted(name), Arc::new(log.clone())));
        }
        snapshot
    }
}

/// Is the first diagnosis a cause, and more than that something fails?
fn explains(assessment: &Assessment, catalogue: &Catalogue) -> bool {
    let first = assessment.diagnoses.first().filter(|first| first.severity < Severity::Info);
    first.and_then(|first| catalogue.rule(&first.id)).is_some_and(|rule| !rule.file.generic)
}

fn is_serious(assessment: &Assessment) -> bool {
    assessment.diagnoses.iter().any(|one| one.severity < Severity::Info)
}

fn better(by_objects: Assessment, by_words: Assessment, catalogue: &Catalogue) -> Assessment {
    let nothing = by_objects.diagnoses.is_empty() && !by_words.diagnoses.is_empty();
    if explains(&by_words, catalogue) || is_serious(&by_words) && !is_serious(&by_objects) || nothing {
        by_words
    } else {
        by_objects
    }
}

/// Do the objects show that all is well? Then words about trouble are history.
fn all_well(snapshot: &Snapshot) -> bool {
    let runs = |pod: &Pod| {
        let mut statuses = pod.all_statuses().peekable();
        statuses.peek().is_some() && statuses.all(|status| status.state.running.is_some() && status.restart_count == 0)
    };
    let mut pods = snapshot.of_kind::<Pod>(Kind::Pod).peekable();
    pods.peek().is_some() && pods.all(|(_, pod)| pod.is_ready() || pod.status.phase == "Succeeded" || runs(pod))
}

/// What a text that was not recognised as anything else is called.
fn of_log(text: &str, log: &Log) -> &'static str {
    /// So many lines tell whether a text is a log.
    const FIRST: usize = 400;
    let is_written = |line: &str| {
        let peeled = crate::snapshot::log::peel::peel(line);
        peeled.stamp.is_some() || peeled.level.is_some() || peeled.writer.is_some()
    };
    let is_log = !log.records.is_empty() || text.lines().take(FIRST).any(is_written);
    if is_log { "a log" } else { "a text that is nothing known, and read as a log" }
}

fn read(mut input: impl Read, reader: &mut LogReader) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk)? {
            0 => return Ok(()),
            length => reader.push(&chunk[..length]),
        }
    }
}
