//! The log of a container, with the deciding lines marked and the frames of libraries folded.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::snapshot::LogKey;
use crate::tui::app::App;
use crate::tui::draw;
use crate::tui::logs::{self, Shown};
use crate::tui::place::{Drawn, Switches};
use crate::tui::words;

/// Columns before the text: the mark, and the number of the line.
const MARGIN: usize = 9;

/// Draws the log that is open.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) -> Drawn {
    let [rule, text] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let height = usize::from(text.height);
    let Some(key) = &app.log else { return Drawn::awaited(height) };
    let state = state(app, key);
    let room = usize::from(area.width).saturating_sub(state.width() + 10);
    draw::ruled(app, frame, rule, &title(app, key, room), &state);
    let lines = logs::shown(app, key);
    if lines.is_empty() {
        frame.render_widget(Paragraph::new(nothing(app, key)), text);
        return Drawn::awaited(height);
    }
    let rows: Vec<Vec<Line<'_>>> = lines.into_iter().map(|line| in_words(app, line, usize::from(text.width))).collect();
    let last = last(&rows, height);
    let first = if app.place.follows_end { last } else { app.place.scroll.min(last) };
    let shown: Vec<Line<'_>> = rows.into_iter().skip(first).flatten().take(height).collect();
    frame.render_widget(Paragraph::new(shown), text);
    Drawn { height, last }
}

/// `pod › container`, of which the pod's name is cut in its middle.
fn title(app: &App, key: &LogKey, room: usize) -> String {
    let rest = format!(" {} {}", app.theme.sign("›", ">"), key.container);
    format!("{}{rest}", words::shortened(&key.pod, room.saturating_sub(rest.width()).max(12)))
}

/// The line from which on all the rest has room.
fn last(rows: &[Vec<Line<'_>>], height: usize) -> usize {
    let mut used = 0;
    let fitting = rows.iter().rev().take_while(|row| {
        used += row.len();
        used <= height
    });
    rows.len() - fitting.count().max(1)
}

fn state(app: &App, key: &LogKey) -> String {
    let lines = app.view.snapshot.log(key).map_or(0, |log| log.lines);
    let instance = if key.previous { "before the last restart" } else { "this instance" };
    let follows = if app.place.follows_end && !key.previous { " · following" } else { "" };
    let several = if lines == 1 { "line" } else { "lines" };
    format!("{instance} · {lines} {several}{follows}")
}

fn nothing(app: &App, key: &LogKey) -> String {
    let spots = &app.view.assessment.blind_spots;
    let refused = spots.iter().find(|spot| spot.what.contains(key.pod.as_str()) || spot.what == "pods/log");
    match (refused, app.view.snapshot.log(key)) {
        (Some(spot), _) => format!(" The log cannot be read: {}", spot.message.as_ref().unwrap_or(&spot.why)),
        (None, Some(_)) if !app.place.filter.is_empty() => " No line holds the filter.".to_owned(),
        (None, Some(_)) => " The container has written nothing.".to_owned(),
        (None, None) => " The log is being read …".to_owned(),
    }
}

/// A line; one that decides is shown whole, others are cut unless they are asked for.
fn in_words<'a>(app: &App, line: Shown, columns: usize) -> Vec<Line<'a>> {
    match line {
        Shown::Line { number, text, is_marked } => {
            let style = if is_marked { app.theme.bad() } else { Style::new() };
            let room = columns.saturating_sub(MARGIN);
            let is_whole = is_marked || app.switches.has(Switches::WRAPPED);
            let parts = if is_whole && text.width() > room {
                words::wrapped(&text, room)
            } else {
                vec![words::cut(&text, room)]
            };
            let numbers = std::iter::once(format!("{number:>6}  ")).chain(std::iter::repeat(" ".repeat(MARGIN - 1)));
            let rows = parts.into_iter().zip(numbers).map(|(part, number)| {
                let number = Span::styled(number, app.theme.dim());
                Line::from(vec![mark(app, is_marked), number, Span::styled(part, style)])
            });
            rows.collect()
        }
        Shown::Folded { frames, library, is_marked } => {
            let sign = app.theme.sign("▸", "+");
            let words = format!("{}  {sign} {frames} frames in {library}", " ".repeat(MARGIN - 1));
            vec![Line::from(vec![mark(app, is_marked), Span::styled(words, app.theme.dim())])]
        }
    }
}

fn mark<'a>(app: &App, is_marked: bool) -> Span<'a> {
    if is_marked { Span::styled(app.theme.sign("▌", ">"), app.theme.bad()) } else { Span::raw(" ") }
}
