//! The screen: a pure picture of what the user looks at.
//!
//! ```text
//! header     context › namespace                         live · 9 pods   02:41
//! headline   2 of 5 deployments are broken and 1 is starting.
//! workloads    WORKLOAD      READY  STAGE         SINCE   WHY
//! diagnosis  ─ churn-score ──────────────────────────────────────── error ─
//!            title, WHY, SEEN, DO, THEN       (or the page: details, log, events)
//! footer     j move  enter details  l log  …
//! ```

pub mod ascii;
pub mod diagnosis;
pub mod events;
pub mod footer;
pub mod header;
pub mod help;
pub mod log;
pub mod paragraphs;
pub mod workloads;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr;

use crate::tui::app::App;
use crate::tui::draw::paragraphs::Extent;
use crate::tui::keys::Page;
use crate::tui::place::{Drawn, Switches};
use crate::tui::words;

/// The smallest screen that can be drawn.
pub const SMALLEST: (u16, u16) = (40, 10);

/// Draws the screen. Gives what of a text had room.
pub fn draw(app: &App, frame: &mut Frame<'_>) -> Drawn {
    let drawn = pages(app, frame);
    if !app.theme.unicode {
        ascii::reduce(frame.buffer_mut());
    }
    drawn
}

fn pages(app: &App, frame: &mut Frame<'_>) -> Drawn {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let words =
            format!("at least {} x {} are needed; this is {} x {}", SMALLEST.0, SMALLEST.1, area.width, area.height);
        frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), area);
        return Drawn::awaited(1);
    }
    let [top, headline, body, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)])
            .areas(area);
    header::draw(app, frame, top);
    header::draw_headline(app, frame, headline);
    footer::draw(app, frame, bottom);
    let drawn = match app.page {
        Page::Overview => overview(app, frame, body),
        Page::Details => diagnosis::draw(app, frame, body, Extent::Whole),
        Page::Log => log::draw(app, frame, body),
        Page::Events => events::draw(app, frame, body),
    };
    if app.switches.has(Switches::HELP) {
        help::draw(app, frame, area);
    }
    drawn
}

/// The workloads above, the diagnosis of the selected one below.
fn overview(app: &App, frame: &mut Frame<'_>, area: Rect) -> Drawn {
    let rows = u16::try_from(app.rows().len()).unwrap_or(u16::MAX).saturating_add(1);
    let most = (area.height / 2).max(4);
    let [above, below] = Layout::vertical([Constraint::Length(rows.clamp(2, most)), Constraint::Min(1)]).areas(area);
    workloads::draw(app, frame, above);
    diagnosis::draw(app, frame, below, Extent::Start);
    Drawn::of(usize::from(rows), usize::from(above.height.saturating_sub(1)))
}

/// A rule across the page with words in it: `─ churn-score ───────── error · 22m ─`.
pub fn ruled(app: &App, frame: &mut Frame<'_>, area: Rect, left: &str, right: &str) {
    let dash = app.theme.sign("─", "-");
    let left = words::cut(left, usize::from(area.width).saturating_sub(right.width() + 8));
    let used = left.width() + right.width() + 6 + if right.is_empty() { 0 } else { 2 };
    let fill = dash.repeat(usize::from(area.width).saturating_sub(used).max(1));
    let tail = if right.is_empty() { dash.repeat(2) } else { format!(" {right} {dash}") };
    let line = Line::styled(format!("{dash} {left} {fill}{dash}{tail}"), app.theme.dim());
    frame.render_widget(Paragraph::new(line), area);
}
