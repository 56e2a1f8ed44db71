//! Journeys through the dashboard in a real terminal: what a user does, what stands on the screen, and that the terminal
//! is afterwards as it was, whichever way out was taken.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use vt100::{MouseProtocolMode, Parser, Screen};

/// What takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(60);
/// The size at the start.
const SIZE: (u16, u16) = (120, 36);

/// A terminal with the program in it.
struct Terminal {
    pty: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    reader: JoinHandle<()>,
    child: Box<dyn Child + Send + Sync>,
    /// All bytes that the program wrote.
    written: Vec<u8>,
    parser: Parser,
}

impl Terminal {
    /// A terminal in which the demo stands at its end; also how its settings were before.
    fn open(environment: &[(&str, &str)]) -> (Terminal, String) {
        let pair = native_pty_system().openpty(pty_size(SIZE)).expect("a terminal can be opened");
        let before = settings(pair.master.as_ref());
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_unstuck"));
        command.args(["demo", "--settled"]);
        for name in ["LC_ALL", "LC_CTYPE", "NO_COLOR", "TMUX", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("SSH_TTY", "/dev/pts/0");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program was built");
        let (output, reader) = read(pair.master.try_clone_reader().expect("a terminal can be read"));
        let keyboard = pair.master.take_writer().expect("a terminal has a keyboard");
        let parser = Parser::new(cells(SIZE.1), cells(SIZE.0), 0);
        (Terminal { pty: pair.master, keyboard, output, reader, child, written: Vec::new(), parser }, before)
    }

    fn settings(&self) -> String {
        settings(self.pty.as_ref())
    }

    fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Waits until the screen is as it should be.
    fn until(&mut self, what: &str, is_so: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(self.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else {
                panic!("never seen: {what}\n{}", self.screen().contents());
            };
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
    }

    /// Waits until everything was read: before, the answer begins with `So far`.
    fn until_read(&mut self) {
        let is_read = |screen: &Screen| line(screen, HEADLINE).trim_start().starts_with(HEADLINE);
        self.until("everything was read", |screen| is_read(screen) && !line(screen, " live ").is_empty());
    }

    fn until_shown(&mut self, words: &str) {
        self.until(words, |screen| screen.contents().contains(words));
    }

    /// Presses keys, and waits for what they bring.
    fn press(&mut self, keys: &str, words: &str) {
        self.send(keys);
        self.until_shown(words);
    }

    fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the program reads its keyboard");
        self.keyboard.flush().expect("the program reads its keyboard");
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.parser.screen_mut().set_size(cells(size.1), cells(size.0));
        self.pty.resize(pty_size(size)).expect("a terminal can be resized");
    }

    fn pid(&self) -> Pid {
        let id = self.child.process_id().and_then(|id| i32::try_from(id).ok());
        id.and_then(Pid::from_raw).expect("the program runs")
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the program runs");
    }

    /// Waits for the end of the program, and reads its last words.
    fn end(&mut self) -> ExitStatus {
        while let Ok(bytes) = self.output.recv_timeout(DEADLINE) {
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
        self.child.wait().expect("the program can be waited for")
    }

    /// The screen was left, the cursor is shown, and nothing is switched on.
    fn assert_given_back(&self) {
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "the screen was not left");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pasting is bracketed");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
    }
}

/// All settings of a terminal: echo, lines, signals, special characters.
fn settings(pty: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", pty.get_termios().expect("a terminal has settings"))
}

/// Reads on a thread of its own, until the program has ended or nobody listens.
fn read(mut from: Box<dyn Read + Send>) -> (Receiver<Vec<u8>>, JoinHandle<()>) {
    let (sender, output) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    (output, reader)
}

/// Does something that may take for ever, within the deadline.
fn in_time<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || sender.send(task()));
    done.recv_timeout(DEADLINE).expect("it does not hang")
}

fn pty_size((columns, lines): (u16, u16)) -> PtySize {
    PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a screen has cells")
}

/// The line of the screen that holds some words.
fn line(screen: &Screen, words: &str) -> String {
    screen.contents().lines().find(|line| line.contains(words)).unwrap_or_default().to_owned()
}

/// What was copied through the terminal.
fn copied(written: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(written);
    let (_, rest) = text.split_once("\x1b]52;c;")?;
    let bytes = STANDARD.decode(rest.split('\x07').next()?).ok()?;
    String::from_utf8(bytes).ok()
}

/// What stands on the screen once everything was read.
const HEADLINE: &str = "7 of 8 workloads are broken";

#[test]
fn a_user_finds_the_cause_reads_the_log_copies_and_quits() {
    let (mut terminal, before) = Terminal::open(&[]);
    terminal.until_read();
    assert_ne!(terminal.settings(), before, "keys come one by one");
    terminal.press("j", "churn-score is broken");
    terminal.until_shown("The code opens outputs/model.pkl");
    terminal.press("\r", "Model.deploy(ws");
    terminal.press("\x1b", "WORKLOAD");
    terminal.press("l", "this instance");
    terminal.until("the deciding line, marked", |screen| line(screen, "FileNotFoundError: [Errno 2]").starts_with('▌'));
    terminal.press("\x1b", "WORKLOAD");
    terminal.press("e", "events about churn-score");
    terminal.press("\x1b", "WORKLOAD");
    terminal.press("?", "any key closes");
    terminal.send("x");
    terminal.until("the page again", |screen| !screen.contents().contains("any key closes"));
    terminal.press("/", "/▏");
    terminal.press("vision\r", "only “vision”");
    terminal.until("only what holds the filter", |screen| line(screen, "churn-score").is_empty());
    terminal.press("\x1b", "churn-score is broken");
    terminal.press("y", "copied");
    assert!(copied(&terminal.written).is_some_and(|text| text.contains("outputs/model.pkl")));
    for (size, words) in [((80, 24), "churn-score is broken"), ((30, 8), "40 x 10"), (SIZE, "churn-score is broken")] {
        terminal.resize(size);
        terminal.until_shown(words);
    }
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
    assert_eq!(terminal.settings(), before, "the settings are as they were");
}

#[test]
fn a_terminal_is_given_back_at_signals() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let (mut terminal, before) = Terminal::open(&[]);
        terminal.until_read();
        terminal.signal(signal);
        assert_eq!(terminal.end().exit_code(), code);
        terminal.assert_given_back();
        assert_eq!(terminal.settings(), before, "the settings are as they were");
    }
}

#[test]
fn the_program_ends_with_its_terminal() {
    let (mut terminal, _) = Terminal::open(&[]);
    terminal.until_read();
    let Terminal { pty, keyboard, output, reader, mut child, .. } = terminal;
    drop((pty, keyboard, output));
    in_time(move || reader.join()).expect("the clock goes on, so that something is read");
    let status = in_time(move || child.wait()).expect("the program can be waited for");
    assert_eq!(status.exit_code(), 129);
}

#[test]
fn a_suspended_dashboard_gives_the_terminal_back_and_returns() {
    let (mut terminal, before) = Terminal::open(&[]);
    terminal.until_read();
    let during = terminal.settings();
    terminal.send("\x1a");
    terminal.until("the screen is left", |screen| !screen.alternate_screen());
    let pid = terminal.pid();
    let stopped = in_time(move || waitpid(Some(pid), WaitOptions::UNTRACED)).expect("a child can be waited for");
    assert!(stopped.is_some_and(|(_, status)| status.stopped()));
    terminal.assert_given_back();
    assert_eq!(terminal.settings(), before, "the shell finds its settings");
    terminal.signal(Signal::CONT);
    terminal.until("the screen is back", |screen| screen.alternate_screen() && screen.contents().contains(HEADLINE));
    terminal.press("?", "any key closes");
    assert_eq!(terminal.settings(), during, "keys come one by one again");
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
    assert_eq!(terminal.settings(), before, "the settings are as they were");
}

#[test]
fn without_colours_none_are_written() {
    let (mut terminal, _) = Terminal::open(&[("NO_COLOR", "1")]);
    terminal.until_read();
    terminal.press("l", "this instance");
    terminal.send("q");
    terminal.end();
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    let codes = written.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let is_colour = |code: &u32| matches!(code, 30..=38 | 40..=48 | 90..=107);
    let colours: Vec<u32> =
        codes.flat_map(|codes| codes.split(';').filter_map(|c| c.parse().ok()).collect::<Vec<_>>()).collect();
    assert!(!colours.iter().any(is_colour), "{colours:?}");
}

#[test]
fn a_terminal_of_ascii_gets_only_ascii() {
    let (mut terminal, _) = Terminal::open(&[("LC_ALL", "C")]);
    terminal.until_read();
    terminal.press("\r", "THEN");
    terminal.press("l", "this instance");
    terminal.send("q");
    terminal.end();
    assert!(terminal.written.is_ascii());
}
