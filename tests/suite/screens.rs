//! Screens of the dashboard as text, at 80x24 and 120x40, drawn from captures without a terminal.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use unstuck::capture;
use unstuck::cluster::news::Freshness;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::session::View;
use unstuck::snapshot::kind::Kind;
use unstuck::tui::app::App;
use unstuck::tui::draw;
use unstuck::tui::theme::Theme;

use crate::golden;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// The dashboard on a capture, at the instant it was taken.
pub fn app(capture: &str, theme: Theme) -> App {
    let catalogue = Catalogue::builtin();
    let path = golden::root().join(capture).join("capture");
    let snapshot = capture::open(&path, &catalogue.sieve).unwrap_or_else(|error| panic!("{error}"));
    let assessment = Arc::new(diagnose(&snapshot, &catalogue));
    let now = snapshot.source.taken_at.expect("a capture says when it was taken");
    let freshness: BTreeMap<Kind, Freshness> = Kind::ALL.into_iter().map(|kind| (kind, Freshness::Live)).collect();
    let view = View { assessment, snapshot, freshness, is_settled: true, ..View::default() };
    App::new(Arc::new(view), theme, now)
}

/// Presses keys: characters, or `<enter>`, `<tab>`, `<esc>`.
pub fn press(app: &mut App, keys: &str) {
    let named = [("<enter>", KeyCode::Enter), ("<tab>", KeyCode::Tab), ("<esc>", KeyCode::Esc)];
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (code, length) = named
            .iter()
            .find(|(name, _)| rest.starts_with(name))
            .map_or((KeyCode::Char(first), first.len_utf8()), |(name, code)| (*code, name.len()));
        app.key(&KeyEvent::new(code, KeyModifiers::NONE));
        rest = &rest[length..];
    }
}

/// What stands on the screen.
pub fn buffer(app: &mut App, (columns, lines): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).expect("a screen in memory");
    terminal.draw(|frame| app.place.height = draw::draw(app, frame)).expect("a screen in memory");
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let lines = buffer.content().chunks(width).map(|line| {
        let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

fn assert_screens(name: &str, capture: &str, keys: &str) {
    for size in SIZES {
        let mut app = app(capture, Theme { colour: true, unicode: true });
        buffer(&mut app, size);
        press(&mut app, keys);
        let screen = text(&buffer(&mut app, size));
        golden::assert_kept(&format!("tests/goldens/{name}-{}x{}.txt", size.0, size.1), &screen);
    }
}

#[test]
fn the_overview_answers_without_a_key() {
    assert_screens("overview", "tests/namespaces/azml-v1-wrong-path", "");
}

#[test]
fn the_details_hold_the_whole_diagnosis() {
    assert_screens("details", "tests/namespaces/azml-v1-wrong-path", "<enter>");
}

#[test]
fn the_log_opens_at_the_deciding_line() {
    assert_screens("log", "tests/namespaces/azml-v1-wrong-path", "l");
}

#[test]
fn the_events_are_listed_as_kubernetes_said_them() {
    assert_screens("events", "tests/namespaces/pvc-storage-class", "e");
}

#[test]
fn the_help_names_every_key() {
    assert_screens("help", "tests/namespaces/azml-v1-wrong-path", "?");
}

#[test]
fn a_healthy_namespace_says_so() {
    assert_screens("healthy", "tests/namespaces/healthy-but-noisy", "");
}

#[test]
fn no_size_makes_it_fail() {
    let mut app = app("tests/namespaces/azml-v1-wrong-path", Theme { colour: false, unicode: false });
    for keys in ["", "<enter>", "<esc>l", "<esc>e", "?"] {
        press(&mut app, keys);
        for size in [(1, 1), (2, 40), (39, 9), (40, 10), (80, 24), (200, 60), (300, 5)] {
            buffer(&mut app, size);
        }
    }
}
