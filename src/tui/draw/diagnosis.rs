//! A diagnosis: what it says, what was seen, what to do, and what follows from it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::diagnosis::assessment::{Diagnosis, Evidence, From};
use crate::diagnosis::rail::State;
use crate::diagnosis::rule::Severity;
use crate::report::phrases;
use crate::tui::app::App;
use crate::tui::draw;
use crate::tui::words;

/// How much of a diagnosis is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Title, the first evidence and the first fix, as far as there is room.
    Start,
    /// All of it.
    Whole,
}

/// Columns before the text: `SEEN  `, `DO  1 `.
const MARGIN: usize = 7;

/// Draws the diagnosis of the selected workload. Gives the height of its text.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect, extent: Extent) -> usize {
    let [rule, text] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let rows = app.rows();
    let name = rows.get(app.selected_index(&rows)).map(|row| row.subject.name.to_string()).unwrap_or_default();
    let diagnoses = app.diagnoses();
    let Some(diagnosis) = app.diagnosis() else {
        draw::ruled(app, frame, rule, &name, "");
        frame.render_widget(Paragraph::new(without_diagnosis(app)), text);
        return usize::from(text.height);
    };
    let several = if diagnoses.len() > 1 {
        format!(" · {} of {}", app.place.diagnosis.min(diagnoses.len() - 1) + 1, diagnoses.len())
    } else {
        String::new()
    };
    let pods = if diagnosis.reach.affected > 0 {
        format!(" · {}", phrases::pods(diagnosis.reach.affected))
    } else {
        String::new()
    };
    draw::ruled(app, frame, rule, &name, &format!("{}{pods}{several}", severity(diagnosis.severity)));
    let lines = lines(app, diagnosis, usize::from(text.width).saturating_sub(2), extent);
    let height = usize::from(text.height);
    let first = if extent == Extent::Whole { app.place.scroll.min(lines.len().saturating_sub(height)) } else { 0 };
    let shown: Vec<Line<'_>> = lines.into_iter().skip(first).take(height).collect();
    frame.render_widget(Paragraph::new(shown), text);
    height
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "for information",
    }
}

/// What is said of a workload that nothing is wrong with.
fn without_diagnosis<'a>(app: &App) -> Vec<Line<'a>> {
    let rows = app.rows();
    let Some(row) = rows.get(app.selected_index(&rows)) else {
        return vec![Line::raw(" Nothing is deployed here.")];
    };
    let mut lines = vec![Line::raw(" Nothing wrong was found.")];
    for step in row
        .state
        .map(|state| state.stages.as_slice())
        .unwrap_or_default()
        .iter()
        .filter(|step| step.state != State::Ahead)
    {
        let (sign, style) = app.theme.state(step.state);
        let took = step.started_at.zip(step.ended_at).map(|(from, to)| words::age(to.as_second() - from.as_second()));
        let took = took.or_else(|| {
            step.started_at
                .filter(|_| step.state == State::Running)
                .map(|from| format!("for {}", words::age(app.now.as_second() - from.as_second())))
        });
        let note = step.note.clone().unwrap_or_default();
        lines.push(Line::from(vec![
            Span::styled(format!(" {sign} "), style),
            Span::raw(format!("{:12}{:>8}  {note}", step.name.name(), took.unwrap_or_default())),
        ]));
    }
    lines
}

/// A diagnosis as lines of at most `columns`.
pub fn lines<'a>(app: &App, diagnosis: &Diagnosis, columns: usize, extent: Extent) -> Vec<Line<'a>> {
    let whole = extent == Extent::Whole;
    let mut lines = block(&diagnosis.words.title, columns, app.theme.strong());
    lines.push(Line::default());
    if whole || columns >= 98 {
        lines.extend(headed(app, "WHY", &diagnosis.words.explanation.join(" "), columns));
        lines.push(Line::default());
    }
    let quotes = if whole { diagnosis.evidence.len() } else { 2 };
    for (index, evidence) in diagnosis.evidence.iter().take(quotes).enumerate() {
        lines.extend(seen(app, evidence, columns, index == 0));
    }
    lines.push(Line::default());
    let fixes = if whole { diagnosis.words.fixes.len() } else { 2 };
    for (index, fix) in diagnosis.words.fixes.iter().take(fixes).enumerate() {
        let head = if index == 0 { format!("DO   {} ", index + 1) } else { format!("     {} ", index + 1) };
        let text =
            if fix.text.is_empty() || !whole { fix.title.clone() } else { format!("{}. {}", fix.title, fix.text) };
        lines.extend(with_head(&head, &text, columns, app.theme.accent()));
        if let Some(command) = &fix.command {
            let code = words::wrapped(command.trim_end(), columns.saturating_sub(MARGIN + 4));
            lines.extend(code.into_iter().map(|line| Line::raw(format!(" {}{line}", " ".repeat(MARGIN + 3)))));
        }
    }
    if !diagnosis.consequences.is_empty() {
        lines.push(Line::default());
        lines.extend(headed(app, "THEN", &phrases::consequences(diagnosis), columns));
    }
    if whole {
        lines.extend(
            diagnosis
                .words
                .references
                .iter()
                .map(|page| Line::styled(format!(" {}{page}", " ".repeat(MARGIN)), app.theme.dim())),
        );
        lines.push(Line::styled(format!(" {}{}", " ".repeat(MARGIN), diagnosis.id), app.theme.dim()));
    }
    lines
}

fn seen<'a>(app: &App, evidence: &Evidence, columns: usize, is_first: bool) -> Vec<Line<'a>> {
    let place = match evidence.from {
        From::Log => evidence.line.map_or("log".to_owned(), |line| format!("log {line}")),
        From::Event => "event".to_owned(),
        From::Field => evidence.object.kind.to_lowercase(),
    };
    let place = words::cut(&place, 10);
    let head = format!("{:5}{place:11}", if is_first { "SEEN" } else { "" });
    let count = evidence.count.map(|count| format!("  (×{count})")).unwrap_or_default();
    let field = evidence
        .field
        .as_ref()
        .filter(|_| evidence.from == From::Field)
        .map(|field| format!("{field}: "))
        .unwrap_or_default();
    let text = format!("{field}{}{count}", evidence.text);
    let style = if evidence.from == From::Log && is_first { app.theme.bad() } else { Style::new() };
    with_head(&head, &text, columns, app.theme.accent()).into_iter().map(|line| restyled(line, style)).collect()
}

/// Gives the text of a line, which stands behind its head, a style.
fn restyled(mut line: Line<'_>, style: Style) -> Line<'_> {
    if let Some(text) = line.spans.last_mut() {
        text.style = style;
    }
    line
}

fn headed<'a>(app: &App, head: &str, text: &str, columns: usize) -> Vec<Line<'a>> {
    with_head(&format!("{head:MARGIN$}"), text, columns, app.theme.accent())
}

/// A text behind a head; the lines after the first stand under the text.
fn with_head<'a>(head: &str, text: &str, columns: usize, style: Style) -> Vec<Line<'a>> {
    let width = head.chars().count();
    let wrapped = words::wrapped(text, columns.saturating_sub(width + 1));
    let lines = wrapped.into_iter().enumerate().map(|(index, line)| {
        let head = if index == 0 { head.to_owned() } else { " ".repeat(width) };
        Line::from(vec![Span::raw(" "), Span::styled(head, style), Span::raw(line)])
    });
    lines.collect()
}

fn block<'a>(text: &str, columns: usize, style: Style) -> Vec<Line<'a>> {
    words::wrapped(text, columns).into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect()
}
