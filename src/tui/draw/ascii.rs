//! The screen for a terminal that knows nothing but ASCII: every other character is replaced by the nearest.

use ratatui::buffer::Buffer;

/// Replaces what such a terminal cannot show.
pub fn reduce(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let nearest = nearest(cell.symbol());
            cell.set_char(nearest);
        }
    }
}

fn nearest(symbol: &str) -> char {
    match symbol.chars().next() {
        Some('…') => '~',
        Some('·' | '–' | '—' | '─' | '•') => '-',
        Some('“' | '”') => '"',
        Some('‘' | '’') => '\'',
        Some('×') => 'x',
        Some('→' | '›' | '▸') => '>',
        Some('│') => '|',
        Some('┌' | '┐' | '└' | '┘') => '+',
        _ => '?',
    }
}
