//! Puts a case into words: title, explanation and fixes with the real names filled in.

use crate::diagnosis::assessment::{Fix, Words};
use crate::diagnosis::catalogue::Rule;
use crate::diagnosis::rule::FixFile;
use crate::diagnosis::template::{Names, render};
use crate::snapshot::text::SafeText;

/// The words of a rule for a case. What needs a name that is not bound is left out.
pub fn words(rule: &Rule, names: &Names, stack: &str) -> Words {
    let file = &rule.file;
    let title = file.title.as_slice().iter().find_map(|title| render(title, names)).unwrap_or_else(|| rule.id.clone());
    let explanation = file.explanation.iter().filter_map(|paragraph| render(paragraph, names)).collect();
    let (exact, general): (Vec<&FixFile>, Vec<&FixFile>) =
        file.fixes.iter().filter(|fix| is_for(fix, stack)).partition(|fix| !fix.stacks.is_empty());
    let with_stand_ins = with_stand_ins(names);
    let fixes = exact.into_iter().chain(general).filter_map(|fix| fix_in_words(fix, &with_stand_ins)).collect();
    Words { title, explanation, fixes, references: file.references.clone() }
}

/// Names of the cluster, for the commands of a fix: where only a log is known, what to put in.
fn with_stand_ins(names: &Names) -> Names {
    const STAND_INS: [(&str, &str); 8] = [
        ("namespace", "NAMESPACE"),
        ("pod", "POD"),
        ("container", "CONTAINER"),
        ("workload", "DEPLOYMENT"),
        ("target", "deployment/NAME"),
        ("image", "IMAGE"),
        ("endpoint", "ENDPOINT"),
        ("online_deployment", "DEPLOYMENT"),
    ];
    let mut all: Names = STAND_INS.iter().map(|(name, words)| ((*name).into(), SafeText::new(words))).collect();
    // A workload that is known and no target belongs to an operator: there is nothing that kubectl could set.
    if names.contains_key("workload") {
        all.remove("target");
    }
    all.extend(names.clone());
    all
}

/// Is the fix for this serving stack? `azureml` stands for `azureml-v1` and `azureml-v2`.
fn is_for(fix: &FixFile, stack: &str) -> bool {
    fix.stacks.is_empty()
        || fix.stacks.iter().any(|wanted| {
            stack == wanted || stack.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('-'))
        })
}

/// What is said in place of a command that changes a pod template: the API server refuses to change that of a Job.
const OF_A_JOB: &str =
    "The pod template of a Job cannot be changed: change its manifest, delete the Job and create it again.";

fn fix_in_words(fix: &FixFile, names: &Names) -> Option<Fix> {
    let optional = |sentence: &Option<String>| match sentence {
        Some(sentence) => render(sentence, names).map(Some),
        None => Some(None),
    };
    let title = render(&fix.title, names)?;
    let text = optional(&fix.text)?.unwrap_or_default();
    match optional(&fix.command) {
        Some(command) => Some(Fix { title, text, command }),
        None if names.get("workload_kind").is_some_and(|kind| *kind == "Job") && !names.contains_key("target") => {
            Some(Fix { title, text: format!("{text} {OF_A_JOB}").trim_start().to_owned(), command: None })
        }
        None => None,
    }
}
