//! Puts lines together to records: a traceback is one record, whatever stands between its lines.

use std::borrow::Cow;

use crate::snapshot::log::access::{self, Access};
use crate::snapshot::log::peel::{self, Level, Peeled};
use crate::snapshot::log::prefix::Prefix;
use crate::snapshot::log::quoted;
use crate::snapshot::log::record::{Place, Record};
use crate::snapshot::log::traceback;
use crate::snapshot::text::SafeText;

/// Lines that a single-line record takes with it as context.
const CONTEXT_LINES: usize = 6;
/// Lines of a message after which an exception ends.
const MESSAGE_LINES: usize = 60;
/// Lines of others that may stand between two lines of one traceback.
const FOREIGN_LINES: u32 = 80;
/// Lines kept of one record; of a longer stack the middle is dropped.
const RECORD_LINES: usize = 240;
/// Writers whose tracebacks can be open at the same time.
const OPEN_RECORDS: usize = 8;

/// The records that are being written.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    open: Vec<Open>,
    /// The level of the last line, which a traceback that follows at once belongs to.
    last_level: Option<Level>,
    /// Did the last line say that a request raised what follows?
    wraps_request: bool,
}

#[derive(Clone, Debug)]
struct Open {
    writer: Option<String>,
    prefix: Prefix,
    stamp: Option<SafeText>,
    is_stamped_twice: bool,
    level: Option<Level>,
    first: u64,
    last: u64,
    lines: Vec<String>,
    /// Of a single line the lines that follow; of an exception those behind a blank line, until a chain claims them.
    context: Vec<String>,
    state: State,
    /// Is it about a request that failed?
    is_of_request: bool,
}

/// What a record waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The frames of a traceback; so many others began among them, and so many foreign lines came.
    Frames { others: u32, foreign: u32 },
    /// The header of the exception that a sentence has chained to the one before.
    Header,
    /// The rest of an exception's message.
    Message { lines: usize },
    /// The sentence that chains an exception to the next, after a blank line.
    Chain,
    /// Indented lines that belong to a single-line record, then its context.
    Plain,
}

/// What an open record says to a line.
enum Answer {
    Taken,
    /// Not its line, but it goes on.
    Foreign,
    /// Not its line, and it is complete.
    Closed,
}

impl Assembler {
    /// Must the next lines be shown to it, whether or not they hold a gate?
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Takes a line that may begin or continue a record; `starts` says whether it may begin one.
    pub fn line(&mut self, number: u64, raw: &str, starts: bool, done: &mut Vec<Record>) {
        let peeled = peel::peel(raw);
        let taken = self.offer(number, raw, &peeled, done);
        if !taken && starts {
            self.begin(number, raw, &peeled, done);
        }
        self.keep_level(&peeled);
    }

    /// A line that cannot matter itself passed by.
    pub fn pass(&mut self, raw: &str) {
        self.keep_level(&peel::peel(raw.trim_end()));
    }

    /// Only Python's logging prints a traceback behind its line: C++ libraries and access logs in the same process do not.
    fn keep_level(&mut self, peeled: &Peeled<'_>) {
        if !peeled.body.is_empty() {
            let is_foreign = peeled.body.contains(".cc:") || peeled.body.contains(" HTTP/1.");
            self.last_level = peeled.level.filter(|_| !is_foreign);
            self.wraps_request = access::wraps_request(peeled.body);
        }
    }

    /// The log ends here.
    pub fn finish(&mut self, done: &mut Vec<Record>) {
        done.extend(self.open.drain(..).map(Open::close));
    }

    /// Shows the line to the records that are open; true where one took it.
    fn offer(&mut self, number: u64, raw: &str, peeled: &Peeled<'_>, done: &mut Vec<Record>) -> bool {
        let mut index = 0;
        while index < self.open.len() {
            let open = &mut self.open[index];
            if open.writer.as_deref() != peeled.writer {
                index += 1;
                continue;
            }
            match open.answer(number, raw, peeled) {
                Answer::Taken => return true,
                Answer::Foreign => index += 1,
                Answer::Closed => done.push(self.open.remove(index).close()),
            }
        }
        false
    }

    fn begin(&mut self, number: u64, raw: &str, peeled: &Peeled<'_>, done: &mut Vec<Record>) {
        if self.open.len() == OPEN_RECORDS {
            done.push(self.open.remove(0).close());
        }
        let mut open = Open::new(number, peeled);
        if let Some(at) = header(raw) {
            open.state = State::Frames { others: 0, foreign: 0 };
            open.prefix = Prefix::of(raw, at);
            open.level = peeled.level.or(self.last_level);
            open.is_of_request = self.wraps_request;
            open.lines = vec![raw[at..].to_owned()];
        } else if peeled.body.trim_start().starts_with("File \"") {
            open.state = State::Frames { others: 0, foreign: 0 };
        } else if traceback::standalone_kind(peeled.body).is_some() {
            open.state = State::Message { lines: 0 };
        }
        self.open.push(open);
    }
}

/// Where the header of a traceback stands in a line, if it does.
fn header(line: &str) -> Option<usize> {
    let at = line.find("Traceback (most recent call last)").or_else(|| line.find("─ Traceback "))?;
    let group = line[..at].rfind("+ Exception Group ");
    Some(group.unwrap_or(at))
}

impl Open {
    fn new(number: u64, peeled: &Peeled<'_>) -> Self {
        Open {
            writer: peeled.writer.map(str::to_owned),
            prefix: Prefix::default(),
            stamp: peeled.stamp.map(SafeText::new),
            is_stamped_twice: peeled.is_stamped_twice,
            level: peeled.level,
            first: number,
            last: number,
            lines: vec![peeled.body.to_owned()],
            context: Vec::new(),
            state: State::Plain,
            is_of_request: false,
        }
    }

    fn answer(&mut self, number: u64, raw: &str, peeled: &Peeled<'_>) -> Answer {
        let body = self.prefix.strip(raw).unwrap_or(peeled.body);
        let in_frames = matches!(self.state, State::Frames { .. } | State::Header);
        if let Some(access) = Access::of(body).filter(|_| !in_frames) {
            self.is_of_request |= access.failed() && self.context.is_empty();
            if matches!(self.state, State::Message { .. }) {
                return Answer::Closed;
            }
        }
        if peeled.is_stamped_twice && !self.is_stamped_twice && !in_frames {
            return Answer::Closed;
        }
        let answer = match self.state {
            State::Plain => return self.answer_plain(number, body),
            State::Frames { others, foreign } => self.answer_frames(body, others, foreign),
            State::Header => self.answer_header(body),
            State::Message { lines } => self.answer_message(body, lines),
            State::Chain => self.answer_chain(body),
        };
        if matches!(answer, Answer::Taken) {
            self.last = number;
            self.lines.push(body.to_owned());
            self.drop_middle();
        }
        answer
    }

    fn answer_frames(&mut self, body: &str, others: u32, foreign: u32) -> Answer {
        if header(body).is_some() {
            self.state = State::Frames { others: others + 1, foreign };
            return Answer::Taken;
        }
        let inside = body.trim().is_empty() || body.starts_with([' ', '\t', '│', '╭', '╰', '❱']);
        if traceback::chain_link(body).is_some() {
            self.state = State::Header;
            return Answer::Taken;
        }
        if inside || body.starts_with("[Previous line") {
            return Answer::Taken;
        }
        if traceback::raised_kind(body).is_some() {
            self.state =
                if others > 0 { State::Frames { others: others - 1, foreign } } else { State::Message { lines: 0 } };
            return Answer::Taken;
        }
        if self.is_notebook() && !peel::begins_record(body) {
            return Answer::Taken;
        }
        self.state = State::Frames { others, foreign: foreign + 1 };
        if foreign < FOREIGN_LINES { Answer::Foreign } else { Answer::Closed }
    }

    fn answer_header(&mut self, body: &str) -> Answer {
        if header(body).is_some() || body.trim_start().starts_with("File \"") {
            self.state = State::Frames { others: 0, foreign: 0 };
            return Answer::Taken;
        }
        if body.trim().is_empty() { Answer::Taken } else { self.answer_frames(body, 0, 0) }
    }

    /// `ValueError      Traceback (most recent call last)` of a notebook, whose frames stand at the margin.
    fn is_notebook(&self) -> bool {
        self.prefix.ends_in_blanks()
    }

    fn answer_message(&mut self, body: &str, lines: usize) -> Answer {
        if body.trim().is_empty() {
            self.state = State::Chain;
            return Answer::Taken;
        }
        let another = !self.has_frames() && traceback::standalone_kind(body).is_some();
        if peel::begins_record(body) || header(body).is_some() || another || lines >= MESSAGE_LINES {
            return Answer::Closed;
        }
        self.state = State::Message { lines: lines + 1 };
        Answer::Taken
    }

    fn answer_chain(&mut self, body: &str) -> Answer {
        if traceback::chain_link(body).is_some() {
            self.lines.append(&mut self.context);
            self.state = State::Header;
            return Answer::Taken;
        }
        // An exception group goes on in the margin it drew, and the message of Keras behind a blank line.
        let group = body.trim_start().starts_with(['|', '+']);
        let ends = peel::begins_record(body) || header(body).is_some() || traceback::standalone_kind(body).is_some();
        if body.trim().is_empty() || group {
            return Answer::Taken;
        }
        if goes_on(body) && !ends && self.context.is_empty() {
            self.state = State::Message { lines: MESSAGE_LINES / 2 };
            return Answer::Taken;
        }
        if ends || self.context.len() >= 2 * CONTEXT_LINES {
            return Answer::Closed;
        }
        self.context.push(body.to_owned());
        Answer::Foreign
    }

    fn answer_plain(&mut self, number: u64, body: &str) -> Answer {
        let indented = body.starts_with([' ', '\t']) && !body.trim().is_empty();
        let stack = body.starts_with("Caused by: ") || is_native_stack(body) && self.is_native_crash();
        if (indented || stack)
            && !peel::is_event_row(body)
            && self.context.is_empty()
            && self.lines.len() < MESSAGE_LINES
        {
            self.last = number;
            self.lines.push(body.to_owned());
            return if traceback::standalone_kind(body).is_some() { Answer::Foreign } else { Answer::Taken };
        }
        if self.is_native_crash() && body.trim().is_empty() && self.lines.len() < MESSAGE_LINES {
            return Answer::Taken;
        }
        if body.trim().is_empty() || peel::begins_record(body) || self.context.len() >= CONTEXT_LINES {
            return Answer::Closed;
        }
        self.context.push(body.to_owned());
        Answer::Foreign
    }

    fn is_native_crash(&self) -> bool {
        self.lines[0].contains("Fatal Python error") || self.lines[0].starts_with("panic: ")
    }

    fn has_frames(&self) -> bool {
        self.lines.iter().any(|line| line.trim_start().starts_with("File \"") || header(line).is_some())
    }

    /// Of a stack of many hundred frames the two ends tell enough.
    fn drop_middle(&mut self) {
        if self.lines.len() > RECORD_LINES {
            self.lines.drain(RECORD_LINES / 3..2 * RECORD_LINES / 3);
        }
    }

    fn close(self) -> Record {
        let written = SafeText::new(self.lines.join("\n").trim_end());
        let text = read(&written);
        let is_traceback = !matches!(self.state, State::Plain) && self.has_frames();
        let context = if matches!(self.state, State::Plain) { self.context } else { Vec::new() };
        let raised = traceback::exceptions(&text);
        let place = Place { line: self.first, end: self.last, seen: self.last, count: 1 };
        let is_of_request = self.is_of_request || is_traceback && access::is_under_request(&text);
        Record {
            place,
            stamp: self.stamp,
            writer: self.writer.map(SafeText::from),
            level: self.level,
            text,
            written,
            context: SafeText::new(&context.join("\n")),
            raised,
            is_traceback,
            failed_requests: u32::from(is_of_request),
            candidates: Vec::new(),
        }
    }
}

/// The lines as rules read them.
fn read(written: &SafeText) -> SafeText {
    if !quoted::may_quote(written) {
        return written.clone();
    }
    let lines: Vec<Cow<'_, str>> = quoted::read_all(written).collect();
    SafeText::new(&lines.join("\n"))
}

/// Does a line behind a blank one go on with the message of an exception? Keras, huggingface_hub and transformers write
/// several paragraphs.
fn goes_on(body: &str) -> bool {
    const STARTS: [&str; 16] = [
        "Exception encountered",
        "Call arguments received",
        "Arguments received",
        "name '",
        "Cannot access",
        "Access to model",
        "Make sure",
        "Full object config",
        "config={",
        "In case",
        "If you",
        "Please ",
        "Original error",
        "Layer ",
        "Received",
        "  ",
    ];
    STARTS.iter().any(|start| body.starts_with(start))
}

/// Lines that go on with the stack that a native crash prints.
fn is_native_stack(body: &str) -> bool {
    const STARTS: [&str; 6] =
        ["Current thread 0x", "Thread 0x", "Extension modules:", "goroutine ", "[signal ", "<no Python frame>"];
    STARTS.iter().any(|start| body.starts_with(start))
}
