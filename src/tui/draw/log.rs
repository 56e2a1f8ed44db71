//! The log of a container, with the deciding lines marked and the frames of libraries folded.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::snapshot::LogKey;
use crate::tui::app::App;
use crate::tui::draw;
use crate::tui::logs::{self, Shown};
use crate::tui::words;

/// Draws the log that is open. Gives the height of its text.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) -> usize {
    let [rule, text] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let height = usize::from(text.height);
    let Some(key) = &app.log else { return height };
    draw::ruled(
        app,
        frame,
        rule,
        &format!("{} {} {}", key.pod, app.theme.sign("›", ">"), key.container),
        &state(app, key),
    );
    let lines = logs::shown(app, key);
    if lines.is_empty() {
        frame.render_widget(Paragraph::new(nothing(app, key)), text);
        return height;
    }
    let last = lines.len().saturating_sub(height);
    let first = if app.place.follows_end { last } else { app.place.scroll.min(last) };
    let shown: Vec<Line<'_>> =
        lines.into_iter().skip(first).take(height).map(|line| in_words(app, line, usize::from(text.width))).collect();
    frame.render_widget(Paragraph::new(shown), text);
    height
}

fn state(app: &App, key: &LogKey) -> String {
    let lines = app.view.snapshot.log(key).map_or(0, |log| log.lines);
    let instance = if key.previous { "before the last restart" } else { "this instance" };
    let follows = if app.place.follows_end && !key.previous { " · following" } else { "" };
    format!("{instance} · {lines} lines{follows}")
}

fn nothing(app: &App, key: &LogKey) -> String {
    let refused = app
        .view
        .assessment
        .blind_spots
        .iter()
        .find(|spot| spot.what.contains(key.pod.as_str()) || spot.what == "pods/log");
    match (refused, app.view.snapshot.log(key)) {
        (Some(spot), _) => format!(" The log cannot be read: {}", spot.message.as_ref().unwrap_or(&spot.why)),
        (None, Some(_)) if !app.place.filter.is_empty() => " No line holds the filter.".to_owned(),
        (None, Some(_)) => " The container has written nothing.".to_owned(),
        (None, None) => " The log is being read …".to_owned(),
    }
}

fn in_words<'a>(app: &App, line: Shown, columns: usize) -> Line<'a> {
    let bar = |is_marked: bool| {
        if is_marked { Span::styled(app.theme.sign("▌", ">"), app.theme.bad()) } else { Span::raw(" ") }
    };
    match line {
        Shown::Line { number, text, is_marked } => {
            let style = if is_marked { app.theme.bad() } else { ratatui::style::Style::new() };
            let text = words::cut(&text, columns.saturating_sub(9));
            Line::from(vec![
                bar(is_marked),
                Span::styled(format!("{number:>6}  "), app.theme.dim()),
                Span::styled(text, style),
            ])
        }
        Shown::Folded { frames, library, is_marked } => Line::from(vec![
            bar(is_marked),
            Span::raw(" ".repeat(8)),
            Span::styled(format!("  {} {frames} frames in {library}", app.theme.sign("▸", "+")), app.theme.dim()),
        ]),
    }
}
