//! What is judged piece by piece as it comes is what is judged at once.

use std::fs;
use std::path::{Path, PathBuf};

use unstuck::capture;
use unstuck::diagnosis::assessment::Assessment;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::diagnosis::keeper::Keeper;
use unstuck::diagnosis::touched::Touched;
use unstuck::snapshot::kind::{Kind, Object};
use unstuck::snapshot::{Change, Snapshot};

/// The kinds that come and go while a namespace is looked at.
const COMING: [Kind; 3] = [Kind::Pod, Kind::Event, Kind::EndpointSlice];

#[test]
fn what_comes_piece_by_piece_is_judged_as_what_is_there_at_once() {
    let catalogue = Catalogue::builtin();
    let mut different = Vec::new();
    for folder in captures() {
        let whole = capture::open(&folder, &catalogue.sieve).expect("a capture can be opened");
        let (bare, changes) = taken_apart(&whole);
        let pieces = piece_by_piece(bare, changes, &catalogue);
        let at_once = diagnose(&whole, &catalogue);
        if pieces != at_once {
            different.push(format!("{}\n{}", folder.display(), difference(&pieces, &at_once)));
        }
    }
    assert!(different.is_empty(), "these differ:\n{}", different.join("\n"));
}

/// The captures of the scenarios, in order.
pub fn captures() -> Vec<PathBuf> {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let folders = fs::read_dir(scenarios).expect("there are scenarios").flatten();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path().join("capture")).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders
}

/// A snapshot without its pods, events and logs, and these as changes.
fn taken_apart(whole: &Snapshot) -> (Snapshot, Vec<Change>) {
    let mut bare = whole.clone();
    let coming = whole.objects().filter(|(key, _)| COMING.contains(&key.kind));
    let mut changes: Vec<Change> =
        coming.map(|(key, object): (_, &Object)| Change::Put(key.kind, object.clone())).collect();
    changes.extend(whole.logs().map(|(key, log)| Change::Log(key.clone(), log.clone())));
    let gone: Vec<_> = whole.objects().map(|(key, _)| key.clone()).filter(|key| COMING.contains(&key.kind)).collect();
    for key in gone {
        bare.apply(Change::Gone(key));
    }
    (bare, changes)
}

/// Judges after each change only what it touches.
fn piece_by_piece(mut snapshot: Snapshot, changes: Vec<Change>, catalogue: &Catalogue) -> Assessment {
    let mut keeper = Keeper::default();
    let mut assessment = keeper.assess(&snapshot, catalogue, &Touched::everything());
    for change in changes {
        let mut touched = Touched::default();
        touched.note(&snapshot, &change);
        snapshot.apply(change);
        touched.settle(&snapshot);
        assessment = keeper.assess(&snapshot, catalogue, &touched);
    }
    assessment
}

fn difference(pieces: &Assessment, at_once: &Assessment) -> String {
    let (pieces, at_once) = (format!("{pieces:#?}"), format!("{at_once:#?}"));
    let diff = similar::TextDiff::from_lines(&pieces, &at_once);
    diff.unified_diff().context_radius(2).to_string().chars().take(1500).collect()
}
