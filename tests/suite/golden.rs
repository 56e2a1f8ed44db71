//! Texts that are kept in the repository and compared; `UPDATE=1 cargo test` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Are the kept texts to be written anew?
pub fn is_updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty())
}

/// Compares a text with the kept one, or keeps it.
pub fn assert_kept(path: &str, text: &str) {
    let path = root().join(path);
    if is_updating() {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder can be made");
        fs::write(&path, text).expect("the kept text can be written");
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{}", difference(&path, &kept, text));
}

fn difference(path: &Path, kept: &str, text: &str) -> String {
    let changes = similar::TextDiff::from_lines(kept, text);
    let diff = changes.unified_diff().context_radius(2).to_string();
    format!("{} is stale: look at the difference, then UPDATE=1 cargo test\n{diff}", path.display())
}

/// The folders below one, in their order.
pub fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// The name of a folder or file.
pub fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
