//! The dashboard: one loop that waits for keys, news, the clock and signals, changes what is looked at, and draws it.

pub mod app;
pub mod copy;
pub mod draw;
pub mod keys;
pub mod logs;
pub mod place;
pub mod terminal;
pub mod theme;
pub mod words;

use std::io;
use std::thread;
use std::time::Duration;

use arboard::Clipboard;
use crossterm::event::Event;
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::MissedTickBehavior;

use crate::session::Ends;
use crate::tui::app::{App, Effect};
use crate::tui::terminal::{Asked, Before, Screen};
use crate::tui::theme::Theme;

/// The clock shows seconds.
const TICK: Duration = Duration::from_secs(1);

/// Everything that makes the loop go round.
enum Trigger {
    Terminal(Event),
    News,
    Tick,
    Asked(Asked),
    /// Nobody publishes views any more.
    End,
}

/// Runs the dashboard until the user quits. The terminal is as it was afterwards.
pub async fn run(ends: Ends) -> anyhow::Result<()> {
    let (asked, signals) = mpsc::unbounded_channel();
    let (before, mut screen) = Before::take(asked)?;
    // Nothing fails in the loop but the terminal: it is gone, and nobody can be told.
    if show(ends, &before, &mut screen, signals).await.is_err() {
        before.exit(terminal::GONE);
    }
    before.restore();
    Ok(())
}

/// The loop.
async fn show(
    mut ends: Ends,
    before: &Before,
    screen: &mut Screen,
    mut signals: UnboundedReceiver<Asked>,
) -> io::Result<()> {
    let mut keys = read_keys();
    let first = ends.views.borrow_and_update().clone();
    let mut app = App::new(first, Theme::of_environment(), Timestamp::now());
    let mut clipboard = None;
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        screen.draw(|frame| app.place.drawn = draw::draw(&app, frame))?;
        let trigger = tokio::select! {
            Some(event) = keys.recv() => Trigger::Terminal(event),
            Some(asked) = signals.recv() => Trigger::Asked(asked),
            news = ends.views.changed() => if news.is_ok() { Trigger::News } else { Trigger::End },
            _ = tick.tick() => Trigger::Tick,
        };
        let effect = match trigger {
            Trigger::Terminal(Event::Key(key)) if key.is_press() => app.key(&key),
            Trigger::Terminal(Event::Paste(text)) => {
                app.paste(&text);
                Effect::Draw
            }
            Trigger::Terminal(_) => Effect::Draw,
            Trigger::News => {
                app.show(ends.views.borrow_and_update().clone());
                Effect::Draw
            }
            Trigger::Tick => {
                app.tick(ends.views.borrow().server_time());
                Effect::Draw
            }
            Trigger::Asked(Asked::Suspend) => Effect::Suspend,
            Trigger::Asked(Asked::Continue) => {
                before.enter()?;
                terminal::anew(screen)?;
                Effect::Draw
            }
            Trigger::Asked(Asked::End(code)) => before.exit(code),
            Trigger::End => Effect::Quit,
        };
        let mut reach = Reach { before, screen, ends: &ends, clipboard: &mut clipboard };
        if perform(effect, &mut app, &mut reach)? {
            return Ok(());
        }
    }
}

/// What effects reach.
struct Reach<'a> {
    before: &'a Before,
    screen: &'a mut Screen,
    ends: &'a Ends,
    clipboard: &'a mut Option<Clipboard>,
}

/// Does what a key asked for; true where that is to quit.
fn perform(effect: Effect, app: &mut App, reach: &mut Reach<'_>) -> io::Result<bool> {
    match effect {
        Effect::Draw => {}
        Effect::Copy(text) => app.say(copy::copy(reach.clipboard, &text)),
        Effect::Ask(request) => {
            // A session that is busy with older requests is asked again by the next key.
            let _busy = reach.ends.requests.try_send(request);
        }
        Effect::Suspend => {
            reach.before.suspend()?;
            terminal::anew(reach.screen)?;
        }
        Effect::Quit => return Ok(true),
    }
    Ok(false)
}

/// Reads keys on a thread of its own: reading blocks, and may spin when the terminal is gone.
fn read_keys() -> UnboundedReceiver<Event> {
    let (sender, keys) = mpsc::unbounded_channel();
    thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if sender.send(event).is_err() {
                return;
            }
        }
    });
    keys
}
