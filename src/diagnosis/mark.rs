//! What servers say about themselves in their logs: that they listen, that a model is loaded, that they are ready.

use serde::Deserialize;

use crate::diagnosis::catalogue::PatternTable;
use crate::diagnosis::pattern::PatternText;
use crate::diagnosis::rule::OneOrMany;
use crate::snapshot::log::sieve::PatternId;

/// What a line says about the server that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// The server program has begun.
    Started,
    /// Libraries are loaded.
    Importing,
    /// The model is being loaded.
    Loading,
    /// The model is loaded.
    Loaded,
    /// It could not be loaded, and the server stays up without it.
    LoadFailed,
    /// A port is open: binds `port`, and `host` where it is named.
    Listening,
    /// Requests are answered.
    Ready,
    /// The server was asked to end.
    Stopping,
    /// A list of what is installed: binds `package` and `version`.
    Installed,
}

/// A sign, as it is written in `diagnostics/marks.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkFile {
    /// What it says.
    pub sign: Sign,
    /// The serving stack that writes it, where only one does.
    #[serde(default)]
    pub stack: Option<String>,
    /// The lines.
    pub log: OneOrMany<PatternText>,
}

/// A sign, ready to be found.
#[derive(Debug)]
pub struct Mark {
    /// What it says.
    pub sign: Sign,
    /// The serving stack that writes it.
    pub stack: Option<String>,
    /// Its patterns.
    pub patterns: Vec<PatternId>,
}

impl Mark {
    /// Enters the patterns of a mark.
    pub fn new(file: &MarkFile, table: &mut PatternTable) -> Result<Self, String> {
        let patterns = file.log.as_slice().iter().map(|text| table.enter(text)).collect::<Result<_, _>>()?;
        Ok(Mark { sign: file.sign, stack: file.stack.clone(), patterns })
    }
}
