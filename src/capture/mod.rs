//! A snapshot on disk: `capture.yaml`, `objects/*.yaml` and `logs/POD/CONTAINER[.previous].log`.

pub mod manifest;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::snapshot::event::Event;
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::log::reader::LogReader;
use crate::snapshot::log::sieve::Sieve;
use crate::snapshot::pod::Pod;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, LogKey, Snapshot, Source, Unreadable};

/// The last lines of a log that are kept for the screen.
const TAIL: usize = 2000;

/// Why a capture cannot be opened.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing in the folder looks like a capture.
    #[error("{0} is no capture: it has neither `objects` nor `logs` in it; `unstuck capture` writes one")]
    Empty(PathBuf),
}

/// `capture.yaml`; every key may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Header {
    taken_at: Option<Timestamp>,
    context: SafeText,
    namespace: SafeText,
    version: SafeText,
    unreadable: Vec<UnreadableEntry>,
    logs_unavailable: Vec<LogEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UnreadableEntry {
    what: SafeText,
    why: SafeText,
    message: SafeText,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LogEntry {
    pod: SafeText,
    container: SafeText,
    why: SafeText,
}

/// Opens a capture. What cannot be read in it becomes a blind spot.
pub fn open(folder: &Path, sieve: &Arc<Sieve>) -> Result<Snapshot, CaptureError> {
    let unreadable = |path: &Path, source| CaptureError::Unreadable { path: path.to_owned(), source };
    fs::metadata(folder).map_err(|error| unreadable(folder, error))?;
    if !folder.join("objects").is_dir() && !folder.join("logs").is_dir() && !folder.join("capture.yaml").is_file() {
        return Err(CaptureError::Empty(folder.to_owned()));
    }
    let mut snapshot = Snapshot::default();
    read_header(folder, &mut snapshot);
    for path in files_below(&folder.join("objects")) {
        let text = fs::read(&path).map_err(|error| unreadable(&path, error))?;
        read_objects(&path, &text, &mut snapshot);
    }
    complete(&mut snapshot);
    for path in files_below(&folder.join("logs")) {
        read_log(folder, &path, sieve, &mut snapshot).map_err(|error| unreadable(&path, error))?;
    }
    Ok(snapshot)
}

fn read_header(folder: &Path, snapshot: &mut Snapshot) {
    let Ok(text) = fs::read_to_string(folder.join("capture.yaml")) else { return };
    let header = serde_saphyr::from_str::<Value>(&text).map_err(|error| error.without_snippet().to_string());
    let header = header.and_then(|value| serde_json::from_str(&value.to_string()).map_err(|error| error.to_string()));
    let header: Header = match header {
        Ok(header) => header,
        Err(error) => return blind(snapshot, "capture.yaml", &error),
    };
    let Header { taken_at, context, namespace, version, unreadable, logs_unavailable } = header;
    snapshot.source = Source { context, namespace, taken_at, version, ..Source::default() };
    for UnreadableEntry { what, why, message } in unreadable {
        snapshot.apply(Change::Unreadable(Unreadable { what, why, message }));
    }
    for LogEntry { pod, container, why } in logs_unavailable {
        let what = SafeText::new(&format!("logs of {pod}/{container}"));
        snapshot.apply(Change::Unreadable(Unreadable { what, why: SafeText::new("unavailable"), message: why }));
    }
}

fn read_objects(path: &Path, text: &[u8], snapshot: &mut Snapshot) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = crate::snapshot::text::lossy(text);
    match manifest::read(&text) {
        Ok(manifest) => {
            for (kind, object) in manifest.objects {
                snapshot.apply(Change::Put(kind, object));
            }
            for dropped in manifest.dropped {
                blind(snapshot, &name, &dropped);
            }
        }
        Err(error) => blind(snapshot, &name, &error),
    }
}

fn blind(snapshot: &mut Snapshot, what: &str, message: &str) {
    let why = SafeText::new("unreadable");
    snapshot.apply(Change::Unreadable(Unreadable { what: SafeText::new(what), why, message: SafeText::new(message) }));
}

/// Fills in what a header left out: the namespace of the pods, and the newest time in any object as the time of taking.
/// That also holds where the clock of whoever took it was slow.
fn complete(snapshot: &mut Snapshot) {
    if snapshot.source.namespace.is_empty() {
        let namespaces = snapshot.of_kind::<Pod>(Kind::Pod).map(|(key, _)| key.namespace.clone());
        snapshot.source.namespace = namespaces.max().unwrap_or_default();
    }
    let events = snapshot.of_kind::<Event>(Kind::Event).filter_map(|(_, event)| event.last_seen());
    let made = snapshot.objects().filter_map(|(_, object)| Object::meta(object).creation_timestamp);
    let latest = events.chain(made).max();
    snapshot.source.taken_at = snapshot.source.taken_at.max(latest);
}

/// `logs/POD/CONTAINER.log` and `logs/POD/CONTAINER.previous.log`.
fn read_log(folder: &Path, path: &Path, sieve: &Arc<Sieve>, snapshot: &mut Snapshot) -> io::Result<()> {
    let Ok(relative) = path.strip_prefix(folder.join("logs")) else { return Ok(()) };
    let (Some(pod), Some(file)) = (relative.parent().and_then(Path::file_name), relative.file_name()) else {
        return Ok(());
    };
    let (pod, file) = (pod.to_string_lossy(), file.to_string_lossy());
    let Some(name) = file.strip_suffix(".log") else { return Ok(()) };
    let container = name.strip_suffix(".previous");
    let (container, previous) = (container.unwrap_or(name), container.is_some());
    let mut reader = LogReader::new(sieve.clone(), TAIL);
    let mut input = File::open(path)?;
    let mut chunk = vec![0; 256 * 1024];
    loop {
        match input.read(&mut chunk)? {
            0 => break,
            length => reader.push(&chunk[..length]),
        }
    }
    let pod = SafeText::new(&pod);
    let namespace = namespace_of(snapshot, &pod);
    let key = LogKey { namespace, pod, container: SafeText::new(container), previous };
    snapshot.apply(Change::Log(key, Arc::new(reader.into_log())));
    Ok(())
}

fn namespace_of(snapshot: &Snapshot, pod: &SafeText) -> SafeText {
    let found =
        snapshot.of_kind::<Pod>(Kind::Pod).find(|(key, _)| key.name == *pod).map(|(key, _)| key.namespace.clone());
    found.unwrap_or_else(|| snapshot.source.namespace.clone())
}

/// All files below a folder, in order; none where there is no such folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
