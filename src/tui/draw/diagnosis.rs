//! The diagnosis of the selected workload below a rule; of a workload that is well, how far it came.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::diagnosis::assessment::Diagnosis;
use crate::diagnosis::rail::{State, Step};
use crate::diagnosis::rule::Severity;
use crate::report::phrases;
use crate::tui::app::{App, Row};
use crate::tui::draw::paragraphs::{self, Extent};
use crate::tui::draw::{self, header};
use crate::tui::place::Drawn;
use crate::tui::words;

/// Draws the diagnosis of the selected workload.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect, extent: Extent) -> Drawn {
    let [rule, text] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let rows = app.rows();
    let row = rows.get(app.selected_index(&rows));
    let diagnosis = app.diagnosis();
    let right = diagnosis.map(|diagnosis| about(app, diagnosis)).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(right.width() + 10);
    draw::ruled(app, frame, rule, &row.map(|row| title(app, row, room)).unwrap_or_default(), &right);
    let (height, columns) = (usize::from(text.height), usize::from(text.width).saturating_sub(2));
    let lines = match diagnosis {
        Some(diagnosis) if extent == Extent::Start => paragraphs::fitting(app, diagnosis, columns, height),
        Some(diagnosis) => paragraphs::whole(app, diagnosis, columns),
        None => without_diagnosis(app, row),
    };
    let drawn = Drawn::of(lines.len(), height);
    let first = if extent == Extent::Whole { app.place.scroll.min(drawn.last) } else { 0 };
    frame.render_widget(Paragraph::new(lines.into_iter().skip(first).take(height).collect::<Vec<_>>()), text);
    drawn
}

/// `✗ churn-score is broken`, with a long name cut in its middle.
fn title(app: &App, row: &Row<'_>, room: usize) -> String {
    let (sign, _) = app.theme.verdict(row.verdict);
    if row.state.is_none() {
        let kind = row.subject.kind.to_lowercase();
        return format!("{sign} {kind} {}", words::shortened(&row.subject.name, room.saturating_sub(kind.len() + 3)));
    }
    let word = words::verdict(row.verdict);
    format!("{sign} {} {word}", words::shortened(&row.subject.name, room.saturating_sub(word.len() + 3)))
}

/// `error · 3 pods · 1 of 2`
fn about(app: &App, diagnosis: &Diagnosis) -> String {
    let severity = match diagnosis.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "for information",
    };
    let mut parts = vec![severity.to_owned()];
    if diagnosis.reach.affected > 0 {
        parts.push(phrases::pods(diagnosis.reach.affected));
    }
    let all = app.diagnoses().len();
    if all > 1 {
        parts.push(format!("{} of {all}, tab for the next", app.place.diagnosis.min(all - 1) + 1));
    }
    parts.join(" · ")
}

/// What is said of a workload that nothing is wrong with.
fn without_diagnosis<'a>(app: &App, row: Option<&Row<'_>>) -> Vec<Line<'a>> {
    let Some(row) = row else { return vec![Line::raw(format!(" {}", without_rows(app)))] };
    let mut lines = vec![Line::raw(" Nothing wrong was found."), Line::default()];
    let stages = row.state.map(|state| state.stages.as_slice()).unwrap_or_default();
    lines.extend(stages.iter().filter(|step| step.state != State::Ahead).map(|step| stage(app, step)));
    let deadlines = row.state.map(|state| state.deadlines.as_slice()).unwrap_or_default();
    lines.extend(deadlines.iter().map(|deadline| Line::raw(format!(" {}", deadline.sentence(app.now)))));
    lines
}

/// Why there is nothing to select.
fn without_rows(app: &App) -> &'static str {
    if app.is_narrowed() {
        "No workload is left: esc takes the filter away, f shows those that are well."
    } else if header::is_reading(app) {
        "What is deployed is being read."
    } else {
        "There is nothing to look at here. -n NAME looks at another namespace, -A at all."
    }
}

/// A stage, how long it took or has taken until now, and what is to be said of it.
fn stage<'a>(app: &App, step: &Step) -> Line<'a> {
    let (sign, style) = app.theme.state(step.state);
    let running = step.started_at.filter(|_| step.state == State::Running);
    let took = step.started_at.zip(step.ended_at).map(|(from, to)| words::age(to.as_second() - from.as_second()));
    let took = took.or_else(|| running.map(|from| words::age(app.now.as_second() - from.as_second())));
    let so_far = if running.is_some() { "so far  " } else { "" };
    let note = step.note.clone().unwrap_or_default();
    Line::from(vec![
        Span::styled(format!(" {sign} "), style),
        Span::raw(format!("{:12}{:>5}  {so_far}{note}", step.name.name(), took.unwrap_or_default())),
    ])
}
