//! `unstuck rules test`: the proofs of the rules, each held against all rules.

use std::path::{Path, PathBuf};

use crate::cli::rules::sources;
use crate::cli::{Outcome, say};
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::loader::{Fault, Source};
use crate::diagnosis::proof::{self, Failure, Proof};
use crate::diagnosis::vocabulary::{self, STAGES};
use crate::snapshot::text::SafeText;

/// Tests the rules of a file or folder beside all others, or those that the program carries.
pub fn run(path: Option<&Path>) -> anyhow::Result<Outcome> {
    let Some(path) = path else {
        let catalogue = Catalogue::builtin();
        return Ok(report(&proof::builtin(), &[], &Tested { catalogue, faults: Vec::new() }));
    };
    let meant = sources(path)?;
    let mut own = neighbours(path)?;
    own.retain(|source| !meant.iter().any(|other| other.id == source.id));
    own.extend(meant.iter().cloned());
    let (catalogue, mut faults) = Catalogue::with(own);
    faults.retain(|fault| meant.iter().any(|source| source.path == fault.path));
    let refused = |source: &&Source| faults.iter().any(|fault| fault.path == source.path);
    let sound = meant.iter().filter(|source| !refused(source));
    let proofs: Vec<Proof> = sound.filter_map(|source| Some(Proof::of(&source.id, source.parse().ok()?))).collect();
    Ok(report(&proofs, &meant, &Tested { catalogue, faults }))
}

/// The rules, and those that cannot be used.
struct Tested {
    catalogue: Catalogue,
    faults: Vec<Fault>,
}

/// The rules that lie in the same tree: a rule and its consequences are often written together.
fn neighbours(path: &Path) -> anyhow::Result<Vec<Source>> {
    let Some(tree) = tree(path) else { return Ok(Vec::new()) };
    let stages = STAGES.iter().map(|stage| tree.join(stage.name)).filter(|folder| folder.is_dir());
    let found: Vec<Vec<Source>> = stages.map(|folder| sources(&folder)).collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The folder above the folder of a stage.
fn tree(path: &Path) -> Option<PathBuf> {
    let whole = path.canonicalize().ok()?;
    let folder = if whole.is_file() { whole.parent()? } else { &whole };
    let name = folder.file_name()?.to_str()?;
    vocabulary::find(STAGES, name).and_then(|_| folder.parent()).map(Path::to_owned)
}

fn report(proofs: &[Proof], sources: &[Source], tested: &Tested) -> Outcome {
    let failures: Vec<Failure> = proofs.iter().flat_map(|proof| proof::check(proof, &tested.catalogue)).collect();
    let faults = tested.faults.iter().map(ToString::to_string);
    for complaint in faults.chain(failures.iter().map(|failure| told(failure, sources))) {
        say(&format!("{}\n", SafeText::new(&complaint)));
    }
    let rules = counted(sources.len().max(proofs.len()), "rule");
    let (faults, failed) = (counted(tested.faults.len(), "fault"), counted(failures.len(), "failure"));
    say(&format!("{rules}, {faults}, {failed}\n"));
    if tested.faults.is_empty() && failures.is_empty() { Outcome::Well } else { Outcome::Found }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A failure with its place in the file, what was given, and how what came differs from what was expected.
fn told(failure: &Failure, sources: &[Source]) -> String {
    let source = sources.iter().find(|source| source.id == failure.id);
    let place = source.map_or(failure.id.clone(), |source| match source.line_of(&failure.given) {
        0 => source.path.clone(),
        line => format!("{}:{line}", source.path),
    });
    let mut text = format!("{place}: {}", failure.reason);
    if !failure.given.is_empty() && !failure.reason.contains(&failure.given) {
        text.push_str(&format!("\n  given: {}", failure.given));
    }
    for line in &failure.difference {
        text.push_str(&format!("\n    {line}"));
    }
    text + &format!("\n  help: {}", failure.help)
}
