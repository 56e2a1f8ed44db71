//! The keys that do something on this page, from the table of keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::tui::app::App;
use crate::tui::keys::BINDINGS;

/// Draws the footer: the filter while it is written, else the keys, as many as have room.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    if app.place.is_writing {
        let cursor = app.theme.sign("▏", "_");
        frame.render_widget(
            Paragraph::new(Line::styled(format!(" /{}{cursor}", app.place.filter), app.theme.accent())),
            area,
        );
        return;
    }
    let mut spans = vec![Span::raw(" ")];
    let mut room = usize::from(area.width).saturating_sub(2);
    if !app.place.filter.is_empty() {
        spans.push(Span::styled(format!("only “{}”  ", app.place.filter), app.theme.warning()));
        room = room.saturating_sub(app.place.filter.width() + 9);
    }
    let here = BINDINGS.iter().filter(|binding| binding.pages.contains(&app.page) && !binding.label.is_empty());
    for binding in here {
        let width = binding.keys[0].len() + binding.label.len() + 3;
        if width > room {
            break;
        }
        room -= width;
        spans.push(Span::styled(binding.keys[0], app.theme.accent()));
        spans.push(Span::styled(format!(" {}  ", binding.label), app.theme.dim()));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}
