//! Looks over a rule that could be read: what is in it that cannot work or was not meant.

use std::collections::BTreeSet;

use crate::diagnosis::catalogue::{PatternTable, Rule};
use crate::diagnosis::field::FIELDS;
use crate::diagnosis::loader::{Fault, Source};
use crate::diagnosis::lookup::questions;
use crate::diagnosis::pattern::{Pattern, PatternText};
use crate::diagnosis::rule::{OneOrMany, RuleFile, SymptomFile};
use crate::diagnosis::template;
use crate::diagnosis::vocabulary::{ALWAYS_BOUND, STACKS, STAGES, nearest};

/// What stands in a skeleton where something is to be written.
pub const TO_FILL_IN: &str = "<fill in: ";

/// What is wrong with a rule, taken by itself.
pub fn faults(source: &Source, file: &RuleFile) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    faults.extend(name(source));
    faults.extend(stage(source));
    faults.extend(not_filled_in(source));
    faults.extend(empty(source, file));
    let symptoms = all_symptoms(file);
    faults.extend(symptoms.iter().flat_map(|symptom| of_symptom(source, symptom)));
    faults.extend(file.look_up.iter().filter_map(|name| unknown_look_up(source, name)));
    faults.extend(file.fixes.iter().flat_map(|fix| &fix.stacks).filter_map(|stack| unknown_stack(source, stack)));
    if faults.is_empty() {
        faults.extend(form(source, file));
        faults.extend(unbound(source, file));
    }
    faults
}

fn name(source: &Source) -> Option<Fault> {
    let id = &source.id;
    let words = || id.split('-').all(|word| !word.is_empty() && word.bytes().all(is_plain));
    let is_plain_name = id.starts_with(|c: char| c.is_ascii_lowercase()) && words();
    (!is_plain_name).then(|| {
        source.fault(
            0,
            &format!("`{id}` is no id"),
            "name the file in lower-case words with hyphens between them, as model-file-missing.yaml",
        )
    })
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn stage(source: &Source) -> Option<Fault> {
    let known = STAGES.iter().map(|stage| stage.name);
    let stage = source.stage.as_str();
    (!known.clone().any(|known| known == stage)).then(|| {
        let names: Vec<&str> = known.clone().collect();
        let meant = nearest(stage, known).map(|name| format!("did you mean {name}? ")).unwrap_or_default();
        let help = format!("{meant}A rule lies in the folder of its stage: {}", names.join(", "));
        source.fault(0, &format!("the folder `{stage}` is no stage"), &help)
    })
}

fn not_filled_in(source: &Source) -> Option<Fault> {
    let is_open = |line: &str| line.contains(TO_FILL_IN) && !line.trim_start().starts_with('#');
    let (line, text) = (1..).zip(source.text.lines()).find(|(_, text)| is_open(text))?;
    Some(source.fault(line, &format!("not filled in yet: {}", text.trim()), "write what is asked for in place of <…>"))
}

fn empty(source: &Source, file: &RuleFile) -> Vec<Fault> {
    let mut faults = Vec::new();
    let titles = file.title.as_slice();
    let mut refuse = |is_empty: bool, key: &str, what: &str, help: &str| {
        if is_empty {
            faults.push(source.fault(source.line_of_key(key), what, help));
        }
    };
    let blank = titles.is_empty() || titles.iter().any(|title| title.trim().is_empty());
    refuse(blank, "title", "the title is empty", "write one sentence about the case, with its names in braces");
    refuse(
        file.about.as_slice().is_empty(),
        "about",
        "`about` is empty",
        "name the kind of object that has the problem, such as container",
    );
    refuse(
        file.symptoms.is_empty(),
        "symptoms",
        "it has no symptom",
        "say by which log line, message or field it is seen",
    );
    refuse(
        file.explanation.is_empty(),
        "explanation",
        "the explanation is empty",
        "say what happened, and why it happens in this stack",
    );
    refuse(file.fixes.is_empty(), "fixes", "it has no fix", "say what a person can do");
    faults
}

/// Every symptom of a rule, those in `any` too.
pub fn all_symptoms(file: &RuleFile) -> Vec<&SymptomFile> {
    let mut open: Vec<&SymptomFile> = file.unless.iter().rev().chain(file.symptoms.iter().rev()).collect();
    let mut found = Vec::new();
    while let Some(symptom) = open.pop() {
        open.extend(symptom.any.iter().flatten().rev());
        found.push(symptom);
    }
    found
}

/// The patterns that a symptom asks for in words.
fn in_words(symptom: &SymptomFile) -> impl Iterator<Item = &PatternText> {
    symptom.log.iter().chain(&symptom.message).flat_map(OneOrMany::as_slice)
}

fn of_symptom(source: &Source, symptom: &SymptomFile) -> Vec<Fault> {
    let searched = in_words(symptom).filter_map(|text| bad_pattern(source, text, true));
    let held_against = symptom.matches.iter().filter_map(|text| bad_pattern(source, text, false));
    let mut faults: Vec<Fault> = searched.chain(held_against).collect();
    faults.extend(symptom.look_up.iter().filter_map(|name| unknown_look_up(source, name)));
    faults.extend(symptom.field.iter().filter_map(|path| unknown_field(source, path)));
    let nested = symptom.any.iter().flatten().any(|inner| inner.any.is_some());
    if nested {
        faults.push(source.fault(
            source.line_of_key("any"),
            "`any` stands in `any` in `any`",
            "write the alternatives in one list",
        ));
    }
    faults
}

/// What is wrong with a pattern; one that is searched in logs needs a word to be searched by.
fn bad_pattern(source: &Source, text: &PatternText, is_searched: bool) -> Option<Fault> {
    let shown = text.shown();
    let reason = match Pattern::new(text) {
        Ok(pattern) if is_searched => pattern.verify_literal().and_then(|()| pattern.verify()).err()?,
        Ok(pattern) => pattern.verify().err()?,
        Err(reason) => reason,
    };
    let reason = format!("the pattern `{shown}`: {reason}");
    Some(source.fault(source.line_of(shown), &reason, "see \"Patterns\" in diagnostics/README.md"))
}

fn unknown_look_up(source: &Source, name: &str) -> Option<Fault> {
    let known = questions().map(|question| question.name);
    unknown(source, "look-up", name, known.collect())
}

fn unknown_field(source: &Source, path: &str) -> Option<Fault> {
    let known = FIELDS.iter().map(|field| field.path);
    unknown(source, "field that can be asked for", path, known.collect())
}

fn unknown_stack(source: &Source, stack: &str) -> Option<Fault> {
    unknown(source, "serving stack", stack, STACKS.to_vec())
}

fn unknown(source: &Source, what: &str, name: &str, known: Vec<&'static str>) -> Option<Fault> {
    if known.contains(&name) {
        return None;
    }
    let meant = nearest(name, known).map(|name| format!("did you mean {name}? ")).unwrap_or_default();
    let help = format!("{meant}diagnostics/README.md lists them");
    Some(source.fault(source.line_of(name), &format!("`{name}` is no {what}"), &help))
}

/// Symptoms that ask for two things, or for one in two ways.
fn form(source: &Source, file: &RuleFile) -> Option<Fault> {
    let rule = Rule::new(source.id.clone(), source.stage.clone(), file.clone(), &mut PatternTable::default());
    let reason = rule.err()?;
    let quoted = reason.split('`').nth(1).unwrap_or_default().to_owned();
    let line = if reason.starts_with('`') { source.line_of(&quoted) } else { source.line_of_key("symptoms") };
    Some(source.fault(line, &reason, "see \"The keys\" in diagnostics/README.md"))
}

/// The names that a rule can bind.
pub fn bindable(file: &RuleFile) -> BTreeSet<String> {
    let symptoms = all_symptoms(file);
    let mut names: BTreeSet<String> = ALWAYS_BOUND.iter().map(|word| word.name.to_owned()).collect();
    names.extend(symptoms.iter().filter_map(|symptom| symptom.bind.clone()));
    let texts = symptoms.iter().flat_map(|symptom| in_words(symptom));
    names.extend(texts.filter_map(|text| Pattern::new(text).ok()).flat_map(|pattern| pattern.names()));
    let asked = |name: &str| {
        file.look_up.iter().any(|look_up| look_up == name)
            || symptoms.iter().any(|symptom| symptom.look_up.as_deref() == Some(name))
    };
    let questions = questions().filter(|question| asked(question.name));
    names.extend(questions.flat_map(|question| question.binds).map(|name| (*name).to_owned()));
    names
}

/// Names that are used and that nothing can bind: what needs them would never be shown.
fn unbound(source: &Source, file: &RuleFile) -> Vec<Fault> {
    let known = bindable(file);
    let mut used: Vec<(String, String)> = Vec::new();
    for text in texts(file) {
        used.extend(template::names(text).map(|name| (name.to_owned(), format!("{{{name}}}"))));
    }
    // A name that must be missing may be one that is never there: so an alternative is written that always holds.
    let tested = all_symptoms(file).into_iter().filter(|symptom| symptom.missing != Some(true));
    let plain = tested.filter_map(|symptom| symptom.bound.as_ref()).chain(&file.shared).chain(&file.hopeless_with);
    used.extend(plain.map(|name| (name.clone(), name.clone())));
    let expected = file.examples.iter().flat_map(|example| example.expect.keys());
    used.extend(expected.map(|name| (name.clone(), format!("{name}:"))));
    let mut seen = BTreeSet::new();
    used.retain(|(name, _)| !known.contains(name) && seen.insert(name.clone()));
    used.into_iter().map(|(name, written)| nobody_binds(source, &name, &written, &known)).collect()
}

fn nobody_binds(source: &Source, name: &str, written: &str, known: &BTreeSet<String>) -> Fault {
    let meant = nearest(name, known.iter().map(String::as_str));
    let meant = meant.map(|name| format!("did you mean {{{name}}}? ")).unwrap_or_default();
    let help = format!(
        "{meant}Bind it by a hole in a pattern, by `bind` or by a look-up; in code that has braces of its own write {{{{{name}}}}}"
    );
    source.fault(source.line_of(written), &format!("nothing binds the name `{name}`"), &help)
}

/// Everything that is shown to people.
fn texts(file: &RuleFile) -> impl Iterator<Item = &str> {
    let fixes = file.fixes.iter().flat_map(|fix| [Some(&fix.title), fix.text.as_ref(), fix.command.as_ref()]).flatten();
    file.title.as_slice().iter().chain(&file.explanation).chain(fixes).map(String::as_str)
}
