//! A program in a terminal of its own: what stands on its screen, when, and what it costs.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use crate::kernel;

/// Columns and lines.
const SIZE: (u16, u16) = (120, 40);

/// A terminal with a program in it.
pub struct Terminal {
    /// When the program was started.
    pub started: Instant,
    /// Bytes that it wrote.
    pub written: u64,
    parser: Parser,
    output: Receiver<(Instant, Vec<u8>)>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _pty: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program in a new terminal.
    pub fn open(program: &OsStr, arguments: &[&str]) -> Self {
        let size = PtySize { rows: SIZE.1, cols: SIZE.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal can be opened");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.cwd(std::env::current_dir().expect("a folder to work in"));
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let output = read(pair.master.try_clone_reader().expect("a terminal can be read"));
        let keyboard = pair.master.take_writer().expect("a terminal has a keyboard");
        let cells = |count| NonZeroU16::new(count).expect("a screen has cells");
        let parser = Parser::new(cells(SIZE.1), cells(SIZE.0), 0);
        Terminal { started, written: 0, parser, output, keyboard, child, _pty: pair.master }
    }

    /// Seconds from the start until the screen holds some words; nothing where they do not come within the limit.
    pub fn shows(&mut self, words: &str, limit: Duration) -> Option<f64> {
        let mut at = Instant::now();
        while !self.screen().contains(words) {
            at = self.take(limit.checked_sub(self.started.elapsed())?)?;
        }
        Some((at - self.started).as_secs_f64())
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Presses a key; seconds until the program writes.
    pub fn key(&mut self, key: &str, limit: Duration) -> Option<f64> {
        while self.output.try_recv().is_ok() {}
        let pressed = Instant::now();
        self.keyboard.write_all(key.as_bytes()).and_then(|()| self.keyboard.flush()).ok()?;
        let at = self.take(limit)?;
        Some((at - pressed).as_secs_f64())
    }

    /// Takes in what the program writes for a while.
    pub fn wait(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.take(left);
        }
    }

    fn take(&mut self, limit: Duration) -> Option<Instant> {
        match self.output.recv_timeout(limit) {
            Ok((at, bytes)) => {
                self.parser.process(&bytes);
                self.written += bytes.len() as u64;
                Some(at)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(limit);
                None
            }
        }
    }

    /// Processor time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        kernel::processor(self.process())
    }

    /// Memory in MiB: now and at its peak.
    pub fn memory(&self) -> (f64, f64) {
        let amount = |name| kernel::memory(self.process(), name).unwrap_or_default();
        (amount("VmRSS"), amount("VmHWM"))
    }

    fn process(&self) -> u32 {
        self.child.process_id().unwrap_or_default()
    }

    /// Presses a key that ends the program; seconds until it has ended.
    pub fn quit(&mut self, key: &str) -> f64 {
        let pressed = Instant::now();
        // A program that has ended already takes no key.
        let _ended = self.keyboard.write_all(key.as_bytes()).and_then(|()| self.keyboard.flush());
        while matches!(self.child.try_wait(), Ok(None)) && pressed.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(1));
        }
        let took = pressed.elapsed().as_secs_f64();
        // Where the key did not end it.
        let _ended = self.child.kill();
        took
    }
}

/// Reads on a thread of its own, with the instant of each piece.
fn read(mut from: Box<dyn Read + Send>) -> Receiver<(Instant, Vec<u8>)> {
    let (sender, output) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if sender.send((Instant::now(), buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    });
    output
}
