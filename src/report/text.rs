//! An assessment as plain text, for a terminal and for a chat.
//!
//! ```text
//! azureml-mlws-demo on aks-prod, 2026-01-12 02:41:07 UTC
//! 2 of 5 workloads are broken and 1 is starting.
//!
//! error  churn-score: score.py opens outputs/model.pkl, which is not there
//!        why …
//!        hurts  deployment churn-score, 0 of 1 pods ready
//!        ahead  churn-score is started again in 40 s; waiting does not help
//!        seen   pod churn-score-7f9c-x2m4q, container churn-score, log line 41:
//!               FileNotFoundError: [Errno 2] No such file or directory: 'outputs/model.pkl'
//!        since  revision 6, which has been ready for 9 days:
//!               image 1.3 → 1.4
//!        do  1. In score.py, inside init()
//!                 model = joblib.load(…)
//!        then   crash loop                                           [model-file-missing]
//! ```

use std::sync::Arc;

use crate::diagnosis::assessment::{Assessment, BlindSpot, Diagnosis, Evidence, Fix, Verdict, WorkloadState};
use crate::diagnosis::rule::Severity;
use crate::report::markdown;
use crate::report::{headline, phrases, since};
use crate::snapshot::Source;

/// Columns of prose; what is quoted or can be pasted is never broken.
const COLUMNS: usize = 100;
/// Columns before the text of a diagnosis.
const MARGIN: usize = 8;
/// Ids that a blind spot names; the rest is a number.
const HIDDEN: usize = 6;

/// The report.
pub fn report(assessment: &Assessment) -> String {
    let mut lines = head(assessment);
    for diagnosis in assessment.diagnoses.iter() {
        lines.push(String::new());
        lines.extend(of_diagnosis(diagnosis, assessment));
    }
    // Of what a paste does not show, nothing can be asked for.
    let spots: Vec<&BlindSpot> = assessment.blind_spots.iter().filter(|spot| spot.why != "unseen").collect();
    if !spots.is_empty() {
        lines.push(String::new());
        lines.extend(spots.into_iter().flat_map(of_blind_spot));
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n") + "\n"
}

/// Where this is, and how it is; of a paste what it was read as.
fn head(assessment: &Assessment) -> Vec<String> {
    let source = &assessment.source;
    let mut lines: Vec<String> = source.taken_for.iter().map(|what| format!("read as: {what}")).collect();
    if lines.is_empty() && !(source.namespace.is_empty() && source.context.is_empty()) {
        lines.push(place(source));
    }
    if !assessment.workloads.is_empty() || assessment.verdict == Verdict::Unknown {
        lines.push(headline::sentence(assessment));
    }
    if assessment.diagnoses.is_empty() {
        match assessment.verdict {
            Verdict::Unknown => {}
            Verdict::Healthy => lines.push("Nothing wrong was found.".to_owned()),
            _ => lines.push("No cause was found.".to_owned()),
        }
        let said = assessment.workloads.iter().filter_map(|state| ahead(state, source));
        lines.extend(said.flat_map(|words| hanging("", &words)));
    }
    lines
}

/// How far a workload is that nothing was found about, and what happens next to it.
fn ahead(state: &WorkloadState, source: &Source) -> Option<String> {
    let now = source.taken_at?;
    let is_coming = state.verdict == Verdict::Progressing;
    let course = if is_coming { phrases::course(state, now) } else { String::new() };
    let mut said = vec![course, phrases::deadlines(&state.deadlines, now)];
    said.retain(|words| !words.is_empty());
    (!said.is_empty()).then(|| format!("{}: {}.", state.subject.name, said.join("; ")))
}

fn place(source: &Source) -> String {
    let namespace = if source.namespace.is_empty() { "all namespaces" } else { source.namespace.as_str() };
    let context = if source.context.is_empty() { String::new() } else { format!(" on {}", source.context) };
    let time = source.taken_at.map(|at| format!(", {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))).unwrap_or_default();
    format!("{namespace}{context}{time}")
}

fn of_diagnosis(diagnosis: &Diagnosis, assessment: &Assessment) -> Vec<String> {
    let severity = match diagnosis.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let mut lines = hanging(&format!("{severity:MARGIN$}"), &title(diagnosis));
    lines.extend(diagnosis.words.explanation.iter().flat_map(|paragraph| hanging("        ", paragraph)));
    if !diagnosis.reach.workloads.is_empty() {
        lines.extend(hanging("        hurts  ", &hurt(diagnosis, &assessment.workloads)));
    }
    let ahead = assessment.source.taken_at.map(|now| phrases::ahead(diagnosis, assessment, now)).unwrap_or_default();
    if !ahead.is_empty() {
        lines.extend(hanging("        ahead  ", &ahead));
    }
    lines.extend(diagnosis.evidence.iter().flat_map(seen));
    for (index, line) in since::lines(diagnosis, assessment.source.taken_at).iter().enumerate() {
        lines.extend(hanging(if index == 0 { "        since  " } else { "               " }, line));
    }
    for (index, fix) in diagnosis.words.fixes.iter().enumerate() {
        lines.extend(to_do(index, fix));
    }
    let then = phrases::consequences(diagnosis);
    if !then.is_empty() {
        lines.extend(hanging("        then   ", &then));
    }
    lines.push(format!("        [{}]", diagnosis.id));
    lines
}

/// Does the name stand in the sentence by itself or behind its kind, and not only in a path or an image?
fn mentions(sentence: &str, name: &str) -> bool {
    let words =
        sentence.split(|c: char| c.is_whitespace() || ",;:'\"()".contains(c)).map(|word| word.trim_end_matches('.'));
    let is_name =
        |word: &str| word == name || word.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && rest == name);
    words.into_iter().any(is_name)
}

/// The title, with whom it is about where it does not say so itself.
fn title(diagnosis: &Diagnosis) -> String {
    let about = diagnosis.reach.workload.as_ref().unwrap_or(&diagnosis.subject);
    let says = about.kind == "Log" || mentions(&diagnosis.words.title, &about.name);
    if says { diagnosis.words.title.clone() } else { format!("{}: {}", about.name, diagnosis.words.title) }
}

/// Whom it hurts, and whether they still serve.
fn hurt(diagnosis: &Diagnosis, states: &[Arc<WorkloadState>]) -> String {
    let in_words = diagnosis.reach.workloads.iter().map(|workload| {
        let state = states.iter().find(|state| state.subject == *workload);
        // Those that are ready are of the revision before.
        let of_new = if diagnosis.changes.is_some() && state.is_some_and(|state| state.ready > 0) {
            ", none of the new revision"
        } else {
            ""
        };
        let ready = state.map(|state| format!(", {} of {} pods ready{of_new}", state.ready, state.wanted));
        let ready = ready.unwrap_or_default();
        let called =
            state.and_then(|state| phrases::in_the_studio(state)).map(|word| format!(", {word}")).unwrap_or_default();
        format!("{} {}{ready}{called}", workload.kind.to_lowercase(), workload.name)
    });
    in_words.collect::<Vec<_>>().join("; ")
}

fn seen(evidence: &Evidence) -> Vec<String> {
    let mut lines = vec![format!("        seen   {}:", markdown::origin(evidence))];
    lines.extend(evidence.text.lines().map(|line| format!("               {line}")));
    lines
}

fn to_do(index: usize, fix: &Fix) -> Vec<String> {
    let text = if fix.text.is_empty() { fix.title.clone() } else { format!("{}. {}", fix.title, fix.text) };
    let head = if index == 0 { "        do  " } else { "            " };
    let mut lines = hanging(&format!("{head}{}. ", index + 1), &text);
    let command = fix.command.iter().flat_map(|command| command.trim_end().lines());
    lines.extend(command.map(|line| format!("                 {line}")));
    lines
}

fn of_blind_spot(spot: &BlindSpot) -> Vec<String> {
    let role = phrases::role(spot).map(|role| format!("; ask for {role}")).unwrap_or_default();
    let (named, more) = spot.hides.split_at(spot.hides.len().min(HIDDEN));
    let others = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let hides =
        if named.is_empty() { String::new() } else { format!(", which could hide {}{others}", named.join(", ")) };
    let said = spot.message.as_ref().filter(|_| role.is_empty()).map(|said| format!(": {said}")).unwrap_or_default();
    hanging("Not looked at: ", &format!("{} ({}{role}{said}){hides}.", spot.what, spot.why))
}

/// A text behind a head; the lines after the first stand under the text.
fn hanging(head: &str, text: &str) -> Vec<String> {
    let margin = " ".repeat(head.len());
    let options = textwrap::Options::new(COLUMNS).break_words(false).initial_indent(head).subsequent_indent(&margin);
    let mut lines = textwrap::wrap(text, options.clone().word_splitter(textwrap::WordSplitter::NoHyphenation));
    if lines.is_empty() {
        lines.push(head.into());
    }
    lines.into_iter().map(std::borrow::Cow::into_owned).collect()
}
