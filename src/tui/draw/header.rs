//! The first two lines: where this is and how fresh it is, and the answer to the question that one comes with.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::cluster::news::Freshness;
use crate::report::headline;
use crate::session::View;
use crate::snapshot::kind::Kind;
use crate::tui::app::App;
use crate::tui::place::Switches;
use crate::tui::words;

/// Kinds that are named one by one in the header; the rest is a number.
const NAMED: usize = 2;

/// Draws ` context › namespace      live · 9 pods · events      02:41:07`.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width);
    let clock = app.now.strftime("%H:%M:%S").to_string();
    let (fresh, style) = freshness(app, columns >= 100);
    let place = format!(" {}", place(app));
    let place = words::shortened(&place, columns.saturating_sub(fresh.width() + clock.width() + 5).max(12));
    let fresh = words::cut(&fresh, columns.saturating_sub(place.width() + clock.width() + 5));
    let gap = columns.saturating_sub(place.width() + fresh.width() + clock.width() + 4);
    let line = Line::from(vec![
        Span::styled(place, app.theme.strong()),
        Span::raw(" ".repeat(gap)),
        Span::styled(fresh, style),
        Span::raw("   "),
        Span::styled(clock, app.theme.dim()),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

fn place(app: &App) -> String {
    let source = &app.view.assessment.source;
    if is_unread(&app.view) {
        return "unstuck".to_owned();
    }
    let namespace = if source.namespace.is_empty() { "all namespaces" } else { source.namespace.as_str() };
    format!("{} {} {namespace}", source.context, app.theme.sign("›", ">"))
}

/// Is there nothing at all yet?
fn is_unread(view: &View) -> bool {
    let source = &view.assessment.source;
    view.freshness.is_empty() && source.taken_at.is_none() && source.context.is_empty()
}

/// How fresh what is seen is: what needs somebody comes first.
fn freshness(app: &App, is_wide: bool) -> (String, Style) {
    let named = if is_wide { usize::MAX } else { NAMED };
    held(app)
        .or_else(|| signed_out(app))
        .or_else(|| stale(app))
        .or_else(|| catching_up(app, named))
        .or_else(|| forbidden(app, named))
        .unwrap_or_else(|| (live(app, is_wide), app.theme.dim()))
}

fn held(app: &App) -> Option<(String, Style)> {
    app.switches.has(Switches::HELD).then(|| ("held: P goes on".to_owned(), app.theme.warning()))
}

fn signed_out(app: &App) -> Option<(String, Style)> {
    let words = "signed out: this is from before";
    app.view.signed_out.as_ref().map(|_| (words.to_owned(), app.theme.bad()))
}

fn stale(app: &App) -> Option<(String, Style)> {
    let since = app.view.freshness.values().filter_map(|freshness| match freshness {
        Freshness::Stale(since) => Some(since.elapsed().as_secs()),
        _ => None,
    });
    let age = words::age(i64::try_from(since.max()?).unwrap_or(0));
    Some((format!("no connection for {age}: this is from before"), app.theme.bad()))
}

fn catching_up(app: &App, named: usize) -> Option<(String, Style)> {
    if is_unread(&app.view) {
        return Some(("reading …".to_owned(), app.theme.accent()));
    }
    let words = match app.view.freshness.get(&Kind::Pod) {
        Some(Freshness::CatchingUp(0)) => "reading pods …".to_owned(),
        Some(Freshness::CatchingUp(seen)) => format!("reading: {seen} pods so far"),
        _ => {
            let awaited = telling(&app.view, |freshness| matches!(freshness, Freshness::CatchingUp(_)));
            format!("{} · reading {} …", pods(app), list(&awaited, named)?)
        }
    };
    Some((words, app.theme.accent()))
}

fn forbidden(app: &App, named: usize) -> Option<(String, Style)> {
    let refused = telling(&app.view, |freshness| *freshness == Freshness::Forbidden);
    let words = format!("live · {} · forbidden: {}", pods(app), list(&refused, named)?);
    Some((words, app.theme.warning()))
}

fn live(app: &App, is_wide: bool) -> String {
    let lead = if app.view.freshness.is_empty() { "capture" } else { "live" };
    let rest = if is_wide && lead == "live" {
        format!(" · events · claims · logs of {}", app.view.snapshot.logs().count())
    } else {
        String::new()
    };
    format!("{lead} · {}{rest}", pods(app))
}

fn pods(app: &App) -> String {
    let pods = app.view.snapshot.count(Kind::Pod);
    format!("{pods} {}", if pods == 1 { "pod" } else { "pods" })
}

/// The kinds that tell something about a namespace and are in such a state.
fn telling(view: &View, is_so: impl Fn(&Freshness) -> bool) -> Vec<&'static str> {
    let kinds = view.freshness.iter().filter(|(kind, freshness)| {
        let place = kind.place();
        place.namespaced && !kind.is_custom() && is_so(freshness)
    });
    kinds.map(|(kind, _)| kind.place().plural).collect()
}

/// `events, pods and 3 more`; nothing where there are none.
fn list(names: &[&str], named: usize) -> Option<String> {
    let shown = names.iter().take(named).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(named) {
        _ if names.is_empty() => None,
        0 => Some(shown),
        more => Some(format!("{shown} and {more} more")),
    }
}

/// Is what is deployed still being listed?
pub fn is_reading(app: &App) -> bool {
    is_unread(&app.view) || !telling(&app.view, |freshness| matches!(freshness, Freshness::CatchingUp(_))).is_empty()
}

/// Draws the sentence that answers how the namespace is.
pub fn draw_headline(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let (words, style) = answer(app);
    let words = words::cut(&words, usize::from(area.width).saturating_sub(2));
    frame.render_widget(Paragraph::new(Line::styled(format!(" {words}"), style)), area);
}

fn answer(app: &App) -> (String, Style) {
    if let Some((message, _)) = &app.message {
        return (message.clone(), app.theme.accent());
    }
    if let Some(fault) = &app.view.signed_out {
        return (format!("Signed out: {}; then press r", fault.help), app.theme.bad());
    }
    let sentence = headline::sentence(&app.view.assessment);
    match (is_reading(app), app.view.assessment.workloads.is_empty()) {
        (true, true) => ("Reading what is deployed …".to_owned(), app.theme.strong()),
        (true, false) => (format!("So far: {sentence}"), app.theme.strong()),
        (false, _) => (sentence, app.theme.strong()),
    }
}
