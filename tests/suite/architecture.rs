//! Who may import whom, and what the core may not know: conventions that a reviewer need not look for.

use std::fs;
use std::path::{Path, PathBuf};

use crate::golden;

/// The modules, and those of ours that each may import.
const LAYERS: [(&str, &[&str]); 10] = [
    ("snapshot", &[]),
    ("diagnosis", &["snapshot"]),
    ("capture", &["snapshot"]),
    ("intake", &["capture", "snapshot"]),
    ("cluster", &["snapshot"]),
    ("session", &["cluster", "diagnosis", "snapshot"]),
    ("redact", &["snapshot"]),
    ("report", &["diagnosis", "snapshot", "redact"]),
    ("tui", &["session", "cluster", "report", "diagnosis", "snapshot", "redact"]),
    ("demo", &["capture", "cluster", "snapshot"]),
];

/// What the core may not do: it cannot fail, block or look at a clock.
const NOT_IN_CORE: [&str; 10] =
    ["kube::", "tokio", "ratatui", "crossterm", "std::fs", "std::env", "std::net", "std::time", "::now(", "println!"];

/// Longest file, without its tests.
const LONGEST: usize = 400;

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The folder or file below `src`.
    fn layer(&self) -> &str {
        let below = self.path.strip_prefix(golden::root().join("src")).expect("a source lies in src");
        let first = below.components().next().expect("a file has a name").as_os_str().to_str().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    /// The lines before the tests.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"))
    }

    fn imports(&self) -> impl Iterator<Item = &str> {
        let ours = self.code().filter_map(|line| line.split("crate::").nth(1));
        ours.map(|path| path.split([':', ';', ',', ' ', '{', '(']).next().unwrap_or_default())
    }
}

fn sources(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("src is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            found.push(Source { path, text });
        }
    }
}

fn all() -> Vec<Source> {
    let mut found = Vec::new();
    sources(&golden::root().join("src"), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let mut complaints = Vec::new();
    for source in all() {
        let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == source.layer()) else { continue };
        let foreign = source.imports().filter(|import| import != layer && !allowed.contains(import));
        complaints.extend(foreign.map(|import| format!("{}: {layer} may not import {import}", source.path.display())));
    }
    assert_none(&complaints);
}

#[test]
fn the_core_knows_no_clock_file_network_or_screen() {
    let mut complaints = Vec::new();
    for source in all().iter().filter(|source| ["snapshot", "diagnosis"].contains(&source.layer())) {
        for word in NOT_IN_CORE {
            let lines = source.code().filter(|line| line.contains(word) && !line.trim_start().starts_with("//"));
            complaints.extend(lines.map(|line| format!("{}: {}", source.path.display(), line.trim())));
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_module_says_what_it_is_for_and_is_short() {
    let mut complaints = Vec::new();
    for source in all() {
        if !source.text.starts_with("//!") {
            complaints.push(format!("{}: begins without a `//!` sentence", source.path.display()));
        }
        let lines = source.code().count();
        if lines > LONGEST {
            complaints.push(format!("{}: {lines} lines, {LONGEST} at most", source.path.display()));
        }
    }
    assert_none(&complaints);
}

#[test]
fn drawing_changes_nothing_and_waits_for_nothing() {
    let mut complaints = Vec::new();
    for source in all().iter().filter(|source| source.path.components().any(|part| part.as_os_str() == "draw")) {
        let forbidden = [".await", "&mut App", ".send(", "std::fs", "::now("];
        let lines = source.code().filter(|line| forbidden.iter().any(|word| line.contains(word)));
        complaints.extend(lines.map(|line| format!("{}: {}", source.path.display(), line.trim())));
    }
    assert_none(&complaints);
}
