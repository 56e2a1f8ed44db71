//! `unstuck rules`: list, show, test and begin the rules.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::cli::args::{RulesArguments, RulesCommand};
use crate::cli::{Outcome, rules_test, say};
use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::handbook::{page, readme, skeleton};
use crate::diagnosis::loader::Source;
use crate::diagnosis::proof::{self, Proof};
use crate::diagnosis::symptom::Symptom;
use crate::diagnosis::vocabulary::{self, STAGES};
use crate::snapshot::text::SafeText;

/// Does what was asked with the rules, and those of one's own folder.
pub fn run(arguments: &RulesArguments, own: Option<&Path>) -> anyhow::Result<Outcome> {
    match &arguments.command {
        RulesCommand::List { words } => list(words, &catalogue(own)?),
        RulesCommand::Show { id } => show(id, own),
        RulesCommand::Test { path } => rules_test::run(path.as_deref().or(own)),
        RulesCommand::New { id, stage } => new(id, stage.as_deref(), own),
    }
}

/// The rules that the program carries and those of a folder. A rule that cannot be used is named on standard error.
pub fn catalogue(folder: Option<&Path>) -> anyhow::Result<Catalogue> {
    let own = folder.map(sources).transpose()?.unwrap_or_default();
    let (catalogue, faults) = Catalogue::with(own);
    for fault in faults {
        eprintln!("unstuck: {}", SafeText::new(&fault.to_string()));
    }
    Ok(catalogue)
}

/// ```text
/// model-load
///   keras-custom-object   error    The saved model uses a custom layer …
/// ```
fn list(words: &[String], catalogue: &Catalogue) -> anyhow::Result<Outcome> {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let speaks = |rule: &&Rule| {
        let text = searched(rule, catalogue);
        words.iter().all(|word| text.contains(word))
    };
    let found: Vec<&Rule> = catalogue.rules.iter().filter(speaks).collect();
    if found.is_empty() {
        bail!("no rule speaks of {}: try fewer or other words of the error", words.join(" "));
    }
    let widest = found.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for stage in STAGES {
        let of_stage: Vec<&&Rule> = found.iter().filter(|rule| rule.stage == stage.name).collect();
        if !of_stage.is_empty() {
            text.push_str(&format!("{}\n", stage.name));
        }
        for rule in of_stage {
            let (severity, title) = (page::severity(rule.file.severity), readme::title(rule));
            text.push_str(&format!("  {:widest$}  {severity:7}  {}\n", rule.id, SafeText::new(title)));
        }
    }
    say(&text);
    Ok(Outcome::Well)
}

/// All that a search looks at, in lower case.
fn searched(rule: &Rule, catalogue: &Catalogue) -> String {
    let patterns = rule.symptoms.iter().flat_map(Symptom::patterns);
    let symptoms: Vec<&str> = patterns.map(|pattern| catalogue.pattern(pattern).text.shown()).collect();
    let text = format!("{} {} {}", rule.id, rule.file.title.as_slice().join(" "), symptoms.join(" "));
    text.to_lowercase()
}

fn show(id: &str, own: Option<&Path>) -> anyhow::Result<Outcome> {
    let catalogue = catalogue(own)?;
    let Some(rule) = catalogue.rule(id) else {
        bail!("there is no rule `{id}`; {}", near(id, &catalogue));
    };
    say(&page::page(rule, &proof_of(rule, own)?));
    Ok(Outcome::Well)
}

/// The rules that could have been meant.
fn near(id: &str, catalogue: &Catalogue) -> String {
    /// So many are named.
    const MOST: usize = 3;
    let mut ids: Vec<&str> = catalogue.rules.iter().map(|rule| rule.id.as_str()).collect();
    let likeness = |other: &&str| strsim::jaro_winkler(id, other);
    ids.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    ids.truncate(MOST);
    format!("nearest are {}; `unstuck rules list` names them all", ids.join(", "))
}

/// The examples of a rule: of one's own from its file, of the others from the program.
fn proof_of(rule: &Rule, own: Option<&Path>) -> anyhow::Result<Proof> {
    let sources = own.map(sources).transpose()?.unwrap_or_default();
    let in_file = sources.iter().filter(|source| source.id == rule.id).find_map(|source| source.parse().ok());
    let carried = || proof::builtin().into_iter().find(|proof| proof.id == rule.id);
    let none = Proof { id: rule.id.clone(), examples: Vec::new(), counterexamples: Vec::new() };
    Ok(in_file.map(|file| Proof::of(&rule.id, file)).or_else(carried).unwrap_or(none))
}

fn new(id: &str, stage: Option<&str>, own: Option<&Path>) -> anyhow::Result<Outcome> {
    let text = skeleton::skeleton();
    let is_plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !id.split('-').all(is_plain) {
        bail!("`{id}` is no id: name the problem in lower-case words with hyphens between them, as model-file-missing");
    }
    if let Some(rule) = catalogue(own)?.rule(id) {
        bail!("there is a rule `{id}` already, in {}: `unstuck rules show {id}` prints it", rule.stage);
    }
    let Some(stage) = stage else {
        say(&text);
        return Ok(Outcome::Well);
    };
    if vocabulary::find(STAGES, stage).is_none() {
        let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        bail!("`{stage}` is no stage; they are {}", names.join(", "));
    }
    let path = own.unwrap_or(Path::new("diagnostics")).join(stage).join(format!("{id}.yaml"));
    write_new(&path, &text)?;
    say(&format!("{path} is to be filled in; then: unstuck rules test {path}\n", path = path.display()));
    Ok(Outcome::Well)
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    if path.exists() {
        bail!("{} is there already, and is left as it is", path.display());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The rule files at a path: a file, a folder of files, or a folder of stages.
pub fn sources(path: &Path) -> anyhow::Result<Vec<Source>> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    let is_rule = |file: &PathBuf| file.file_stem().is_some_and(|name| name != "marks");
    files.into_iter().filter(is_rule).map(|file| source(&file)).collect()
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
    let name = |path: Option<&OsStr>| path.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let stage = name(whole.parent().and_then(Path::file_name));
    Ok(Source { path: path.display().to_string(), stage, id: name(path.file_stem()), text })
}
