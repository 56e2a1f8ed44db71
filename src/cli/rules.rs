//! `unstuck rules`: list, show and test the diagnoses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::Outcome;
use crate::cli::args::{RulesArguments, RulesCommand};
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::loader::Source;
use crate::diagnosis::proof::{self, Proof};

/// Does what was asked with the rules.
pub fn run(arguments: &RulesArguments) -> anyhow::Result<Outcome> {
    match &arguments.command {
        RulesCommand::Test { path } => test(path.as_deref()),
    }
}

/// The rules that the program carries and those of a folder. A rule that cannot be used is named on standard error.
pub fn catalogue(folder: Option<&Path>) -> anyhow::Result<Catalogue> {
    let own = folder.map(sources).transpose()?.unwrap_or_default();
    let (catalogue, faults) = Catalogue::with(own);
    for fault in faults {
        eprintln!("unstuck: {fault}");
    }
    Ok(catalogue)
}

fn test(path: Option<&Path>) -> anyhow::Result<Outcome> {
    let own = path.map(sources).transpose()?;
    let (catalogue, mut faults) = Catalogue::with(own.clone().unwrap_or_default());
    let proofs = match &own {
        Some(sources) => sources.iter().filter_map(|source| proof_of(source, &mut faults)).collect(),
        None => proof::builtin(),
    };
    let failures: Vec<_> = proofs.iter().flat_map(|proof| proof::check(proof, &catalogue)).collect();
    for fault in &faults {
        println!("{fault}");
    }
    for failure in &failures {
        println!("{}: {}\n    {}", failure.id, failure.reason, failure.given);
    }
    println!("{} rules, {} faults, {} failures", proofs.len(), faults.len(), failures.len());
    Ok(if faults.is_empty() && failures.is_empty() { Outcome::Well } else { Outcome::Found })
}

fn proof_of(source: &Source, faults: &mut Vec<crate::diagnosis::loader::Fault>) -> Option<Proof> {
    match source.parse() {
        Ok(rule) => {
            Some(Proof { id: source.id.clone(), examples: rule.examples, counterexamples: rule.counterexamples })
        }
        Err(fault) => {
            faults.retain(|known| *known != fault);
            faults.push(fault);
            None
        }
    }
}

/// The rule files at a path: a file, a folder of files, or a folder of stages.
fn sources(path: &Path) -> anyhow::Result<Vec<Source>> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files
        .into_iter()
        .filter(|file| file.file_stem().is_some_and(|name| name != "marks"))
        .map(|file| source(&file))
        .collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read the rules in {}", path.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

fn source(path: &Path) -> anyhow::Result<Source> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name =
        |path: Option<&std::ffi::OsStr>| path.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stage = name(path.parent().and_then(Path::file_name));
    Ok(Source { path: path.display().to_string(), stage, id: name(path.file_stem()), text })
}
