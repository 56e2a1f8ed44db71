//! The help: every key with what it does, from the table of keys; what the signs and the short names mean.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::diagnosis::assessment::Verdict;
use crate::diagnosis::rail::Stage;
use crate::tui::app::App;
use crate::tui::draw::workloads::RAIL;
use crate::tui::keys::{BINDINGS, Binding};
use crate::tui::words;

/// Lines of the frame.
const FRAME: u16 = 2;

/// Draws the help over the screen. Where there is no room for every key, those of this page stay.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let room = usize::from(area.height.saturating_sub(FRAME));
    let is_small = BINDINGS.len() > room;
    let shown = BINDINGS.iter().filter(|binding| !is_small || binding.pages.contains(&app.page));
    let mut lines: Vec<Line<'_>> = shown.map(|binding| key(app, binding)).collect();
    let legend = legend(app);
    if lines.len() + legend.len() <= room {
        lines.extend(legend);
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(FRAME).min(area.height);
    let width = area.width.min(76);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" keys: any key closes ")), place);
}

fn key<'a>(app: &App, binding: &Binding) -> Line<'a> {
    let keys = format!(" {:>17}  ", binding.keys.join(" "));
    Line::from(vec![Span::styled(keys, app.theme.accent()), Span::raw(binding.help)])
}

/// What the signs and the short names of the stages mean.
fn legend<'a>(app: &App) -> Vec<Line<'a>> {
    let verdicts =
        [Verdict::Broken, Verdict::Degraded, Verdict::Unknown, Verdict::Progressing, Verdict::Healthy].map(|verdict| {
            let (sign, style) = app.theme.verdict(verdict);
            let word = words::verdict(verdict).trim_start_matches("is ");
            [Span::styled(format!(" {sign} "), style), Span::raw(format!("{word}  "))]
        });
    let mut lines = vec![Line::default(), Line::from(verdicts.concat()), Line::default()];
    let stages: Vec<String> =
        RAIL.split(' ').zip(Stage::ALL).map(|(short, stage)| format!("{short} {:12}", stage.name())).collect();
    lines.extend(stages.chunks(4).map(|row| Line::styled(format!(" {}", row.concat()), app.theme.dim())));
    lines
}
