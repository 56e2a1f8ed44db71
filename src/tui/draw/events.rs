//! What Kubernetes said about a workload, newest first.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::cluster::news::Freshness;
use crate::snapshot::event::Event;
use crate::snapshot::kind::Kind;
use crate::snapshot::subject::Subject;
use crate::snapshot::{Snapshot, relation};
use crate::tui::app::App;
use crate::tui::draw;
use crate::tui::place::Drawn;
use crate::tui::words;

/// Columns of a reason at most.
const REASON: usize = 18;

/// Draws the events about the selected workload.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) -> Drawn {
    let [rule, text] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let rows = app.rows();
    let subject = rows.get(app.selected_index(&rows)).map(|row| row.subject.clone()).unwrap_or_default();
    let events = about(&app.view.snapshot, &subject, &app.place.filter.to_lowercase());
    draw::ruled(app, frame, rule, &format!("events about {}", subject.name), &counted(events.len()));
    let columns = usize::from(text.width).saturating_sub(2);
    let reason = events.iter().map(|event| event.reason.width()).max().unwrap_or(0).min(REASON);
    let lines: Vec<Line<'_>> = events.iter().flat_map(|event| in_words(app, event, columns, reason)).collect();
    let height = usize::from(text.height);
    if lines.is_empty() {
        frame.render_widget(Paragraph::new(nothing(app)), text);
        return Drawn::of(0, height);
    }
    let drawn = Drawn::of(lines.len(), height);
    let first = app.place.scroll.min(drawn.last);
    frame.render_widget(Paragraph::new(lines.into_iter().skip(first).take(height).collect::<Vec<_>>()), text);
    drawn
}

fn counted(events: usize) -> String {
    if events == 1 { "1 event".to_owned() } else { format!("{events} events") }
}

/// Why there are none: hidden by the filter, forbidden, or forgotten.
fn nothing(app: &App) -> &'static str {
    match app.view.freshness.get(&Kind::Event) {
        _ if !app.place.filter.is_empty() => " No event holds the filter.",
        Some(Freshness::Forbidden) => " Events may not be read: ask for `get, list, watch events`.",
        Some(Freshness::CatchingUp(_)) => " The events are being read …",
        _ => " None are left: Kubernetes forgets events after an hour.",
    }
}

/// The events about a workload, its replica sets and its pods.
fn about<'a>(snapshot: &'a Snapshot, subject: &Subject, filter: &str) -> Vec<&'a Event> {
    let all = snapshot.of_kind::<Event>(Kind::Event).map(|(_, event)| event);
    let belongs = |event: &&Event| {
        let object = &event.involved_object;
        let same = object.kind == subject.kind && object.name == subject.name;
        let below = relation::object(snapshot, &object.kind, &event.metadata.namespace, &object.name);
        same || below.is_some_and(|below| relation::owners(snapshot, below.meta()).contains(subject))
    };
    let mut events: Vec<&Event> = all
        .filter(belongs)
        .filter(|event| event.message.to_lowercase().contains(filter) || event.reason.to_lowercase().contains(filter))
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.last_seen()));
    events
}

fn in_words<'a>(app: &App, event: &Event, columns: usize, reason: usize) -> Vec<Line<'a>> {
    let age = event.last_seen().map(|seen| words::age(app.now.as_second() - seen.as_second())).unwrap_or_default();
    let count = if event.count() > 1 { format!("×{}", event.count()) } else { String::new() };
    let style = if event.kind == "Warning" { app.theme.warning() } else { app.theme.dim() };
    let head = format!("{age:>4} {count:>5}  {:reason$}  ", words::cut(&event.reason, reason));
    let wrapped = words::wrapped(&event.message, columns.saturating_sub(head.chars().count() + 1));
    let lines = wrapped.into_iter().enumerate().map(|(index, line)| {
        let head = if index == 0 { head.clone() } else { " ".repeat(head.chars().count()) };
        Line::from(vec![Span::styled(format!(" {head}"), style), Span::raw(line)])
    });
    lines.collect()
}
