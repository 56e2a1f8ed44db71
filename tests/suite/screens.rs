//! Screens of the dashboard as text, at 80x24 and 120x40, drawn from the demo and from captures without a terminal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use serde_json::json;
use unstuck::capture;
use unstuck::cluster::fault::Fault;
use unstuck::cluster::news::Freshness;
use unstuck::demo::scenario;
use unstuck::diagnosis::assessment::Assessment;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::report::markdown;
use unstuck::session::View;
use unstuck::snapshot::kind::Kind;
use unstuck::tui::app::App;
use unstuck::tui::draw;
use unstuck::tui::theme::Theme;

use crate::{golden, svg};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];
/// When the demo is looked at.
const TAKEN_AT: &str = "2026-01-12T02:41:07Z";

/// Both colours and signs.
const FULL: Theme = Theme { colour: true, unicode: true };

/// A capture with what is to be said of it.
fn view(folder: &Path) -> View {
    let catalogue = Catalogue::builtin();
    let snapshot = capture::open(folder, &catalogue.sieve).unwrap_or_else(|error| panic!("{error}"));
    let assessment = Arc::new(diagnose(&snapshot, &catalogue));
    let freshness: BTreeMap<Kind, Freshness> = Kind::ALL.into_iter().map(|kind| (kind, Freshness::Live)).collect();
    View { assessment, snapshot, freshness, is_settled: true, ..View::default() }
}

/// The demo at its end, which is always at the same instant.
fn demo() -> View {
    static DEMO: OnceLock<View> = OnceLock::new();
    DEMO.get_or_init(|| view(&recorded())).clone()
}

/// The scenarios of the demo as one capture on disk.
fn recorded() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screens/demo");
    let keep = |path: PathBuf, text: &str| {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder for the test");
        fs::write(path, text).expect("a file for the test");
    };
    let taken_at: Timestamp = TAKEN_AT.parse().expect("it is a time");
    let scenarios = scenario::choose(None, scenario::embedded().expect("the program carries them")).expect("they are");
    keep(folder.join("capture.yaml"), &format!("taken_at: {TAKEN_AT}\ncontext: demo\nnamespace: ml-prod\n"));
    for scenario in scenarios {
        let by = SignedDuration::from_secs(taken_at.as_second() - scenario.taken_at().as_second());
        let scenario = scenario.shifted(by);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": scenario.objects});
        keep(folder.join(format!("objects/{}.yaml", scenario.name)), &list.to_string());
        for log in &scenario.logs {
            let previous = if log.previous { ".previous" } else { "" };
            keep(folder.join(format!("logs/{}/{}{previous}.log", log.pod, log.container)), &without_stamps(&log.text));
        }
    }
    folder
}

/// A log as the program keeps it: without the stamps that Kubernetes puts before every line.
fn without_stamps(log: &str) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some((stamp, rest)) if stamp.parse::<Timestamp>().is_ok() => format!("{rest}\n"),
        None if line.parse::<Timestamp>().is_ok() => "\n".to_owned(),
        _ => format!("{line}\n"),
    };
    log.lines().map(line).collect()
}

/// The dashboard on what is known, at the instant it was taken.
fn app(view: View, theme: Theme) -> App {
    let now = view.snapshot.source.taken_at.unwrap_or_else(|| TAKEN_AT.parse().expect("it is a time"));
    App::new(Arc::new(view), theme, now)
}

/// Presses keys: characters, or `<enter>`, `<tab>`, `<esc>`.
fn press(app: &mut App, keys: &str) {
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
fn buffer(app: &mut App, (columns, lines): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).expect("a screen in memory");
    terminal.draw(|frame| app.place.drawn = draw::draw(app, frame)).expect("a screen in memory");
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

/// The screen after some keys.
fn screen(view: View, keys: &str, size: (u16, u16)) -> Buffer {
    let mut app = app(view, FULL);
    buffer(&mut app, size);
    press(&mut app, keys);
    buffer(&mut app, size)
}

fn assert_screens(name: &str, view: &View, keys: &str) {
    for size in SIZES {
        let screen = text(&screen(view.clone(), keys, size));
        golden::assert_kept(&format!("tests/goldens/{name}-{}x{}.txt", size.0, size.1), &screen);
    }
}

#[test]
fn the_overview_answers_without_a_key() {
    assert_screens("overview", &demo(), "");
}

#[test]
fn the_details_hold_the_whole_diagnosis() {
    assert_screens("details", &demo(), "j<enter>");
}

#[test]
fn the_details_say_what_changed() {
    let view = view(&golden::root().join("tests/scenarios/ns-changed-model-path/capture"));
    assert_screens("changed", &view, "<enter>");
}

#[test]
fn what_is_copied_says_what_changed() {
    let Assessment { source, diagnoses, .. } =
        &*view(&golden::root().join("tests/scenarios/ns-changed-model-path/capture")).assessment;
    golden::assert_kept("tests/goldens/changed.md", &markdown::of_diagnosis(&diagnoses[0], source));
}

#[test]
fn the_log_opens_at_the_deciding_line() {
    assert_screens("log", &demo(), "jl");
}

#[test]
fn the_events_are_listed_as_kubernetes_said_them() {
    assert_screens("events", &demo(), "je");
}

#[test]
fn the_help_names_every_key() {
    assert_screens("help", &demo(), "?");
}

#[test]
fn a_workload_that_is_well_shows_how_far_it_came() {
    assert_screens("well", &demo(), "G");
}

#[test]
fn a_healthy_namespace_says_so() {
    assert_screens("healthy", &view(&golden::root().join("tests/namespaces/healthy-but-noisy/capture")), "");
}

#[test]
fn the_pictures_show_the_demo() {
    let [narrow, wide] = SIZES;
    for (name, keys, size) in
        [("overview", "", wide), ("overview-80x24", "", narrow), ("details", "j<enter>", wide), ("log", "jl", wide)]
    {
        let picture = svg::picture(&screen(demo(), keys, size), "unstuck demo");
        golden::assert_kept(&format!("screenshots/{name}.svg"), &picture);
    }
}

#[test]
fn a_screen_of_ascii_holds_only_ascii() {
    for keys in ["", "j<enter>", "jl", "je", "?"] {
        let mut app = app(demo(), Theme { colour: false, unicode: false });
        press(&mut app, keys);
        for size in SIZES {
            let screen = text(&buffer(&mut app, size));
            assert!(screen.is_ascii(), "{screen}");
        }
    }
}

#[test]
fn before_anything_is_read_nothing_is_said_to_be_missing() {
    let listing: BTreeMap<Kind, Freshness> =
        Kind::ALL.into_iter().map(|kind| (kind, Freshness::CatchingUp(0))).collect();
    for view in [View::default(), View { freshness: listing, ..View::default() }] {
        let screen = text(&screen(view, "", SIZES[0]));
        assert!(screen.contains("Reading what is deployed …"), "{screen}");
        assert!(!screen.contains("Nothing") && !screen.contains("well"), "{screen}");
    }
}

#[test]
fn the_header_says_how_fresh_what_is_seen_is() {
    let with = |kind: Kind, freshness: Freshness| {
        let mut view = demo();
        view.freshness.insert(kind, freshness);
        text(&screen(view, "", SIZES[0])).lines().next().unwrap_or_default().to_owned()
    };
    let cases = [
        (Kind::Pod, Freshness::Live, "live · 8 pods"),
        (Kind::Event, Freshness::Forbidden, "live · 8 pods · forbidden: events"),
        (Kind::Event, Freshness::CatchingUp(7), "8 pods · reading events …"),
        (Kind::Pod, Freshness::CatchingUp(120), "reading: 120 pods so far"),
        (Kind::Pod, Freshness::Stale(Instant::now()), "no connection for 0s: this is from before"),
    ];
    for (kind, freshness, words) in cases {
        let header = with(kind, freshness);
        assert!(header.contains(words) && header.contains("demo › ml-prod"), "{header}");
    }
}

#[test]
fn who_is_signed_out_is_told_what_to_do() {
    let fault = Fault { what: "refused".into(), help: "sign in again with `az login`".into() };
    let screen = text(&screen(View { signed_out: Some(fault), ..demo() }, "", SIZES[0]));
    assert!(screen.contains("signed out: this is from before"), "{screen}");
    assert!(screen.contains("Signed out: sign in again with `az login`; then press r"), "{screen}");
}

#[test]
fn no_size_makes_it_fail() {
    let mut app = app(demo(), Theme { colour: false, unicode: false });
    for keys in ["", "<enter>", "<esc>l", "<esc>e", "?"] {
        press(&mut app, keys);
        for size in [(1, 1), (2, 40), (39, 9), (40, 10), (80, 24), (200, 60), (300, 5)] {
            buffer(&mut app, size);
        }
    }
}
