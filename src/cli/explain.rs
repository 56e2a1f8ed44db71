//! `unstuck explain`: the diagnosis of a pasted or piped log.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use anyhow::Context;

use crate::cli::Outcome;
use crate::cli::args::ExplainArguments;
use crate::cli::check;
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::diagnose::diagnose;
use crate::snapshot::log::reader::LogReader;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, LogKey, Snapshot};

/// Bytes read at once.
const CHUNK: usize = 256 * 1024;
/// Lines kept at the end, where a server shows that it answers.
const TAIL: usize = 64;

/// Reads the files and prints what they say.
pub fn run(arguments: &ExplainArguments, catalogue: &Catalogue) -> anyhow::Result<Outcome> {
    let mut snapshot = Snapshot::default();
    for file in &arguments.files {
        let name = SafeText::new(&file.to_string_lossy());
        let mut reader = LogReader::new(catalogue.sieve.clone(), TAIL);
        if name == "-" {
            read(io::stdin().lock(), &mut reader)?;
        } else {
            let input = File::open(file).with_context(|| format!("cannot open {name}"))?;
            read(input, &mut reader)?;
        }
        let key = LogKey { namespace: SafeText::default(), pod: SafeText::default(), container: name, previous: false };
        snapshot.apply(Change::Log(key, Arc::new(reader.into_log())));
    }
    Ok(check::print(&diagnose(&snapshot, catalogue), arguments.output))
}

fn read(mut input: impl Read, reader: &mut LogReader) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match input.read(&mut chunk)? {
            0 => return Ok(()),
            length => reader.push(&chunk[..length]),
        }
    }
}
