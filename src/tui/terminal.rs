//! The life of the terminal: taken once, and given back as it was after every way out.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossterm::cursor::Hide;
use crossterm::event::EnableBracketedPaste;
use crossterm::execute;
use crossterm::terminal::EnterAlternateScreen;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use tokio::sync::mpsc::UnboundedSender;

/// Everything that may have been switched on, off: mouse, focus, paste, synchronised output; the cursor shown, colours as
/// they were, and the screen as it was before.
const UNDO: &[u8] =
    b"\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?1049l";

/// How a program ends that lost its terminal: as if `SIGHUP` had told it.
pub const GONE: i32 = 128 + SIGHUP;
/// The loop is given so long to end the program, so that no picture is written to a terminal that was given back.
const GRACE: Duration = Duration::from_millis(300);

/// The screen.
pub type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// How the terminal was before it was taken.
#[derive(Clone)]
pub struct Before {
    settings: Arc<Termios>,
}

/// What a signal asks of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Give the terminal back and stop, as Ctrl-Z does.
    Suspend,
    /// The program was continued: the screen may hold anything.
    Continue,
    /// End with this code.
    End(i32),
}

/// Can there be a screen at all? Not without a terminal, and not on one that knows no cursor.
pub fn is_usable() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    io::stdin().is_terminal() && io::stdout().is_terminal() && !dumb
}

/// The next picture is drawn whole, at the size that the terminal has now. `Terminal::clear` asks the terminal where its
/// cursor is, and the answer goes to the reader of keys.
pub fn anew(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(size.into())
}

impl Before {
    /// Takes the terminal; from here on panics and signals give it back too.
    pub fn take(asked: UnboundedSender<Asked>) -> io::Result<(Self, Screen)> {
        let before = Before { settings: Arc::new(tcgetattr(io::stdin())?) };
        let hooked = before.clone();
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            hooked.restore();
            report(panic);
        }));
        before.watch(asked)?;
        let entered = before.enter().and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        let screen = entered.inspect_err(|_| before.restore())?;
        Ok((before, screen))
    }

    /// Takes the terminal again after it was given back. Not through crossterm, which takes settings only once.
    pub fn enter(&self) -> io::Result<()> {
        let mut raw = Termios::clone(&self.settings);
        raw.make_raw();
        // Continued in the background, the program is stopped once more here until it is in front.
        while let Err(error) = tcsetattr(io::stdin(), OptionalActions::Now, &raw) {
            if error != Errno::INTR {
                return Err(error.into());
            }
        }
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
    }

    /// Gives the terminal back: fixed bytes in one write past every buffer and lock, then the settings. May be called
    /// again, and from any thread.
    pub fn restore(&self) {
        // The terminal may be gone: then there is nothing to give back.
        let _written = rustix::io::write(rustix::stdio::stdout(), UNDO);
        let _set = tcsetattr(io::stdin(), OptionalActions::Now, &self.settings);
    }

    /// Gives the terminal back, stops the program as Ctrl-Z does, and takes the terminal again when it goes on.
    pub fn suspend(&self) -> io::Result<()> {
        self.restore();
        // A self-sent SIGTSTP is dropped where no shell watches; SIGSTOP is not.
        signal_hook::low_level::raise(signal_hook::consts::SIGSTOP)?;
        self.enter()
    }

    /// Ends the program on signals, and when the terminal vanishes: through the loop, or past it where it does not answer,
    /// as when the terminal takes nothing any more. A reader of keys may spin for ever then, so that no thread is waited
    /// for.
    fn watch(&self, asked: UnboundedSender<Asked>) -> io::Result<()> {
        let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGTSTP, SIGCONT])?;
        let (before, ask) = (self.clone(), asked.clone());
        thread::spawn(move || {
            for signal in signals.forever() {
                let told = match signal {
                    SIGTSTP => ask.send(Asked::Suspend),
                    SIGCONT => ask.send(Asked::Continue),
                    _ => before.end(&ask, 128 + signal),
                };
                if told.is_err() {
                    return;
                }
            }
        });
        let before = self.clone();
        thread::spawn(move || {
            let stdin = io::stdin();
            let pause = rustix::event::Timespec { tv_sec: 5, tv_nsec: 0 };
            loop {
                let mut watched = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty())];
                let woken = poll(&mut watched, Some(&pause)).unwrap_or(0);
                let gone = watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
                if woken > 0 && gone {
                    before.end(&asked, GONE);
                }
                if woken > 0 {
                    thread::sleep(Duration::from_millis(100));
                }
            }
        });
        Ok(())
    }

    /// Lets the loop end the program, and ends it where that takes too long.
    fn end(&self, asked: &UnboundedSender<Asked>, code: i32) -> ! {
        if asked.send(Asked::End(code)).is_ok() {
            thread::sleep(GRACE);
        }
        self.exit(code)
    }

    /// Gives the terminal back and ends at once, without waiting for anything.
    pub fn exit(&self, code: i32) -> ! {
        self.restore();
        let _flushed = io::stdout().flush();
        signal_hook::low_level::exit(code)
    }
}
