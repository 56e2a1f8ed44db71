//! Draws a screen as a picture: its cells with their colours, in the frame of a terminal.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A cell, the margin around the screen, and the bar with the title.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 12.0;
const BAR: f32 = 30.0;
const GROUND: &str = "#16191f";
const TEXT: &str = "#d7dae0";
const DIM: &str = "#7f8794";
const FONT: &str =
    "ui-monospace,SFMono-Regular,Menlo,Consolas,&quot;DejaVu Sans Mono&quot;,&quot;Liberation Mono&quot;,monospace";

/// How a run of cells looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    text: &'static str,
    ground: &'static str,
    bold: bool,
}

/// The picture.
pub fn picture(buffer: &Buffer, title: &str) -> String {
    let width = f32::from(buffer.area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f32::from(buffer.area.height) * CELL.1 + 2.0 * MARGIN + BAR;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"{FONT}\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <path d=\"M0 8a8 8 0 0 1 8-8h{0:.0}a8 8 0 0 1 8 8v{1:.0}H0z\" fill=\"#262b34\"/>\n\
         <circle cx=\"18\" cy=\"15\" r=\"5\" fill=\"#e06c60\"/><circle cx=\"36\" cy=\"15\" r=\"5\" fill=\"#dfb45f\"/><circle cx=\"54\" cy=\"15\" r=\"5\" fill=\"#79b77c\"/>\n\
         <text x=\"{2:.0}\" y=\"20\" fill=\"{DIM}\" text-anchor=\"middle\">{3}</text>\n",
        width - 16.0,
        BAR - 8.0,
        width / 2.0,
        escaped(title),
    );
    for (row, cells) in buffer.content().chunks(usize::from(buffer.area.width)).enumerate() {
        draw_row(&mut svg, cells, row);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Draws the runs of cells that look alike.
fn draw_row(svg: &mut String, cells: &[Cell], row: usize) {
    let mut column = 0;
    while column < cells.len() {
        let look = look(&cells[column]);
        let (mut text, mut end) = (String::new(), column);
        while end < cells.len() && self::look(&cells[end]) == look {
            text.push_str(cells[end].symbol());
            end += cells[end].symbol().width().max(1);
        }
        draw_run(svg, &text, look, (column, row));
        column = end;
    }
}

fn draw_run(svg: &mut String, text: &str, look: Look, (column, row): (usize, usize)) {
    let x = MARGIN + column as f32 * CELL.0;
    let y = MARGIN + BAR + row as f32 * CELL.1;
    let span = |text: &str| text.width() as f32 * CELL.0;
    if look.ground != GROUND {
        let (width, height, fill) = (span(text), CELL.1, look.ground);
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.0}\" fill=\"{fill}\"/>")
            .expect("memory can be written");
    }
    let words = text.trim_end();
    if words.is_empty() {
        return;
    }
    let blanks = words.len() - words.trim_start().len();
    let (x, words) = (x + blanks as f32 * CELL.0, words.trim_start());
    let (baseline, length, fill) = (y + 13.5, span(words), look.text);
    let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" fill=\"{fill}\"{weight}>{}</text>",
        escaped(words)
    )
    .expect("memory can be written");
}

fn look(cell: &Cell) -> Look {
    let dim = cell.modifier.contains(Modifier::DIM);
    let text = match cell.fg {
        Color::Red => "#f27b70",
        Color::Yellow => "#e3b968",
        Color::Cyan => "#5fc0c8",
        _ if dim => DIM,
        _ => TEXT,
    };
    let bold = cell.modifier.contains(Modifier::BOLD);
    if cell.modifier.contains(Modifier::REVERSED) {
        // All of a selected row has one ground, whatever its cells are.
        return Look { text: GROUND, ground: "#aab2bf", bold };
    }
    Look { text, ground: GROUND, bold }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
