//! The first two lines: where this is and how fresh it is, and the answer to the question that one comes with.

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::cluster::news::Freshness;
use crate::report::headline;
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::tui::app::{App, Switches};
use crate::tui::words;

/// Draws ` context › namespace      live · 9 pods · events      02:41:07`.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let source = &app.view.assessment.source;
    let namespace = if source.namespace.is_empty() { "all namespaces" } else { source.namespace.as_str() };
    let clock = app.now.strftime("%H:%M:%S").to_string();
    let (fresh, style) = freshness(app, usize::from(area.width) >= 100);
    let room = usize::from(area.width).saturating_sub(fresh.width() + clock.width() + 6);
    let place = format!(" {} {} {namespace}", source.context, app.theme.sign("›", ">"));
    let place = words::shortened(&place, room.max(12));
    let gap = usize::from(area.width).saturating_sub(place.width() + fresh.width() + clock.width() + 4);
    let line = Line::from(vec![
        Span::styled(place, app.theme.strong()),
        Span::raw(" ".repeat(gap)),
        Span::styled(fresh, style),
        Span::raw("   "),
        Span::styled(clock, app.theme.dim()),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

/// How fresh what is seen is: what is lost or refused first.
fn freshness(app: &App, is_wide: bool) -> (String, Style) {
    let view = &app.view;
    if app.switches.has(Switches::HELD) {
        return ("held: P goes on".to_owned(), app.theme.warning());
    }
    if view.signed_out.is_some() {
        return ("the credentials have expired: sign in again, then r".to_owned(), app.theme.bad());
    }
    let stale = view.freshness.iter().filter_map(|(kind, freshness)| match freshness {
        Freshness::Stale(since) => Some((since.elapsed().as_secs(), *kind)),
        _ => None,
    });
    if let Some((seconds, _)) = stale.max() {
        return (
            format!(
                "no connection for {}: this is the last that was seen",
                words::age(i64::try_from(seconds).unwrap_or(0))
            ),
            app.theme.bad(),
        );
    }
    let pods = view.snapshot.of_kind::<Pod>(Kind::Pod).count();
    if let Some(Freshness::CatchingUp(seen)) = view.freshness.get(&Kind::Pod) {
        let seen = if *seen > 0 { format!(": {seen} pods so far") } else { String::new() };
        return (format!("catching up{seen}"), app.theme.accent());
    }
    let refused: Vec<&str> = refused(&view.freshness);
    let lead = if view.freshness.is_empty() { "capture" } else { "live" };
    let mut parts = vec![format!("{lead} · {pods} {}", if pods == 1 { "pod" } else { "pods" })];
    if is_wide && refused.is_empty() && lead == "live" {
        let logs = view.snapshot.logs().count();
        parts.push(format!("events · claims · logs of {logs}"));
    }
    if !refused.is_empty() {
        parts.push(format!(
            "forbidden: {}",
            if is_wide { refused.join(", ") } else { refused.iter().take(2).copied().collect::<Vec<_>>().join(", ") }
        ));
        return (parts.join(" · "), app.theme.warning());
    }
    (parts.join(" · "), app.theme.dim())
}

/// The kinds that may not be read and would tell something about a namespace.
fn refused(freshness: &BTreeMap<Kind, Freshness>) -> Vec<&'static str> {
    let telling = freshness.iter().filter(|(kind, freshness)| {
        **freshness == Freshness::Forbidden && kind.place().namespaced && !kind.is_custom()
    });
    telling.map(|(kind, _)| kind.place().plural).collect()
}

/// Draws the sentence that answers how the namespace is.
pub fn draw_headline(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let words = match &app.message {
        Some((message, _)) => Line::styled(format!(" {message}"), app.theme.accent()),
        None => Line::styled(format!(" {}", headline::sentence(&app.view.assessment)), app.theme.strong()),
    };
    frame.render_widget(Paragraph::new(words), area);
}
