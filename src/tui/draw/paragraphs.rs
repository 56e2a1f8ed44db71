//! What a diagnosis says, as lines: title, WHY, SEEN, SINCE, DO, THEN; where there is little room, what helps most.
//!
//! ```text
//!  score.py opens outputs/model.pkl, but this service puts the model somewhere else
//!
//!  WHY    The path exists only where the model was trained.
//!
//!  SEEN log 41     FileNotFoundError: [Errno 2] No such file or directory: 'outputs/model.pkl'
//!
//!  SINCE  revision 6, which has been ready for 9 days:
//!         image 1.3 → 1.4
//!
//!  DO   1 In score.py, inside init()
//!            model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.pkl"))
//!
//!  AHEAD  churn-score is started again in 40 s; waiting does not help
//!
//!  THEN   crash loop, readiness probe failing
//! ```

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::diagnosis::assessment::{Consequence, Diagnosis, Evidence, Fix, From};

use crate::report::{phrases, since};
use crate::tui::app::App;
use crate::tui::words;

/// How much of a diagnosis is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What helps most, as far as there is room.
    Start,
    /// All of it.
    Whole,
}

/// Columns before the text: `WHY    `, `DO   1 `.
const MARGIN: usize = 7;

/// What is shown of each part.
#[derive(Clone, Copy)]
struct Cut {
    why: bool,
    quotes: usize,
    quote_lines: usize,
    fixes: usize,
    then: bool,
}

/// From the most to the least: what was seen must never push what to do off the screen.
const CUTS: [Cut; 6] = [
    Cut { why: true, quotes: 4, quote_lines: 8, fixes: 4, then: true },
    Cut { why: true, quotes: 2, quote_lines: 4, fixes: 2, then: true },
    Cut { why: true, quotes: 1, quote_lines: 3, fixes: 1, then: true },
    Cut { why: false, quotes: 2, quote_lines: 3, fixes: 1, then: true },
    Cut { why: false, quotes: 2, quote_lines: 2, fixes: 1, then: false },
    Cut { why: false, quotes: 1, quote_lines: 2, fixes: 1, then: false },
];

/// As much of a diagnosis as has room in so many columns and lines.
pub fn fitting<'a>(app: &App, diagnosis: &Diagnosis, columns: usize, height: usize) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for cut in CUTS {
        lines = parts(app, diagnosis, columns, cut);
        if lines.len() <= height {
            return lines;
        }
    }
    lines.truncate(height.saturating_sub(1));
    lines.push(Line::styled(format!(" {}… enter shows all of it", " ".repeat(MARGIN)), app.theme.dim()));
    lines
}

/// All of a diagnosis.
pub fn whole<'a>(app: &App, diagnosis: &Diagnosis, columns: usize) -> Vec<Line<'a>> {
    let mut lines = title(app, diagnosis, columns);
    lines.extend(why(app, diagnosis, columns));
    lines.push(Line::default());
    lines.extend(seen(app, &diagnosis.evidence, columns, usize::MAX));
    lines.extend(since(app, diagnosis, columns));
    for (index, fix) in diagnosis.words.fixes.iter().enumerate() {
        let text = if fix.text.is_empty() { fix.title.clone() } else { format!("{}. {}", fix.title, fix.text) };
        lines.extend(to_do(app, index, (fix, &text), columns));
    }
    lines.extend(ahead(app, diagnosis, columns));
    lines.extend(what_follows(app, &diagnosis.consequences, columns));
    lines.push(Line::default());
    let pages = diagnosis.words.references.iter().chain(std::iter::once(&diagnosis.id));
    lines.extend(pages.map(|page| Line::styled(format!(" {}{page}", " ".repeat(MARGIN)), app.theme.dim())));
    lines
}

fn parts<'a>(app: &App, diagnosis: &Diagnosis, columns: usize, cut: Cut) -> Vec<Line<'a>> {
    let mut lines = title(app, diagnosis, columns);
    if cut.why {
        lines.extend(why(app, diagnosis, columns));
    }
    lines.push(Line::default());
    let quotes = &diagnosis.evidence[..diagnosis.evidence.len().min(cut.quotes)];
    lines.extend(seen(app, quotes, columns, cut.quote_lines));
    for (index, fix) in diagnosis.words.fixes.iter().take(cut.fixes).enumerate() {
        lines.extend(to_do(app, index, (fix, &fix.title), columns));
    }
    if cut.then && !diagnosis.consequences.is_empty() {
        let mut ids: Vec<String> =
            diagnosis.consequences.iter().map(|consequence| words::spoken(&consequence.id)).collect();
        ids.dedup();
        lines.push(Line::default());
        lines.extend(headed(app, "THEN", &ids.join(", "), columns));
    }
    lines
}

fn title<'a>(app: &App, diagnosis: &Diagnosis, columns: usize) -> Vec<Line<'a>> {
    let lines = words::wrapped(&diagnosis.words.title, columns).into_iter();
    lines.map(|line| Line::styled(format!(" {line}"), app.theme.strong())).collect()
}

fn why<'a>(app: &App, diagnosis: &Diagnosis, columns: usize) -> Vec<Line<'a>> {
    if diagnosis.words.explanation.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::default()];
    lines.extend(headed(app, "WHY", &diagnosis.words.explanation.join(" "), columns));
    lines
}

/// What was seen, each in at most so many lines.
fn seen<'a>(app: &App, evidence: &[Evidence], columns: usize, most: usize) -> Vec<Line<'a>> {
    let is_new = |(index, one): &(usize, &Evidence)| {
        let says = |other: &Evidence| (other.from, other.line, other.field.clone(), other.text.clone());
        !evidence[..*index].iter().any(|other| says(other) == says(one))
    };
    let quoted = evidence.iter().enumerate().filter(is_new).flat_map(|(index, evidence)| {
        let mut lines = quote(app, evidence, columns, index == 0);
        if lines.len() > most {
            lines.truncate(most);
            let cut = |span: &mut Span<'a>| span.content = format!("{} …", span.content).into();
            lines.last_mut().and_then(|line| line.spans.last_mut()).into_iter().for_each(cut);
        }
        lines
    });
    quoted.collect()
}

fn quote<'a>(app: &App, evidence: &Evidence, columns: usize, is_first: bool) -> Vec<Line<'a>> {
    let place = match evidence.from {
        From::Log => evidence.line.map_or("log".to_owned(), |line| format!("log {line}")),
        From::Event => "event".to_owned(),
        From::Field => evidence.object.kind.to_lowercase(),
    };
    let head = format!("{:5}{:11}", if is_first { "SEEN" } else { "" }, words::cut(&place, 10));
    let count = evidence.count.map(|count| format!("  (×{count})")).unwrap_or_default();
    let field = evidence.field.as_ref().filter(|_| evidence.from == From::Field);
    let field = field.map(|field| format!("{field}: ")).unwrap_or_default();
    let style = if evidence.from == From::Log && is_first { app.theme.bad() } else { Style::new() };
    // Two columns are kept for the sign that says that a quote was cut.
    let lines = with_head(app, &head, &format!("{field}{}{count}", evidence.text), columns.saturating_sub(2));
    lines.into_iter().map(|line| restyled(line, style)).collect()
}

/// Gives the text of a line, which stands behind its head, a style.
fn restyled(mut line: Line<'_>, style: Style) -> Line<'_> {
    if let Some(text) = line.spans.last_mut() {
        text.style = style;
    }
    line
}

/// What changed since it was well.
fn since<'a>(app: &App, diagnosis: &Diagnosis, columns: usize) -> Vec<Line<'a>> {
    let changes = since::lines(diagnosis, app.view.assessment.source.taken_at);
    let mut lines = if changes.is_empty() { Vec::new() } else { vec![Line::default()] };
    for (index, change) in changes.iter().enumerate() {
        lines.extend(headed(app, if index == 0 { "SINCE" } else { "" }, change, columns));
    }
    lines
}

/// A fix: its number, its words, and below them what can be pasted.
fn to_do<'a>(app: &App, index: usize, (fix, text): (&Fix, &str), columns: usize) -> Vec<Line<'a>> {
    let mut lines = if index == 0 { vec![Line::default()] } else { Vec::new() };
    let head = if index == 0 { "DO" } else { "" };
    lines.extend(with_head(app, &format!("{head:5}{} ", index + 1), text, columns));
    let margin = " ".repeat(MARGIN + 4);
    let code =
        fix.command.iter().flat_map(|command| words::wrapped_command(command, columns.saturating_sub(MARGIN + 4)));
    lines.extend(code.map(|line| Line::raw(format!("{margin}{line}"))));
    lines
}

/// What Kubernetes does next, and whether it helps to wait.
fn ahead<'a>(app: &App, diagnosis: &Diagnosis, columns: usize) -> Vec<Line<'a>> {
    let text = phrases::ahead(diagnosis, &app.view.assessment, app.now);
    let mut lines = if text.is_empty() { Vec::new() } else { vec![Line::default()] };
    lines.extend(headed(app, "AHEAD", &text, columns));
    lines
}

/// What follows, each in one sentence.
fn what_follows<'a>(app: &App, consequences: &[Consequence], columns: usize) -> Vec<Line<'a>> {
    let mut sentences: Vec<&str> = consequences.iter().map(|consequence| consequence.title.as_str()).collect();
    sentences.dedup();
    let mut lines = if sentences.is_empty() { Vec::new() } else { vec![Line::default()] };
    for (index, sentence) in sentences.into_iter().enumerate() {
        lines.extend(headed(app, if index == 0 { "THEN" } else { "" }, sentence, columns));
    }
    lines
}

fn headed<'a>(app: &App, head: &str, text: &str, columns: usize) -> Vec<Line<'a>> {
    with_head(app, &format!("{head:MARGIN$}"), text, columns)
}

/// A text behind a head; the lines after the first stand under the text.
fn with_head<'a>(app: &App, head: &str, text: &str, columns: usize) -> Vec<Line<'a>> {
    let width = head.chars().count();
    let wrapped = words::wrapped(text, columns.saturating_sub(width + 1));
    let lines = wrapped.into_iter().enumerate().map(|(index, line)| {
        let head = if index == 0 { head.to_owned() } else { " ".repeat(width) };
        Line::from(vec![Span::raw(" "), Span::styled(head, app.theme.accent()), Span::raw(line)])
    });
    lines.collect()
}
