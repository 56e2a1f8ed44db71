//! An assessment as plain text, for a terminal and for a chat.

use crate::diagnosis::assessment::{Assessment, Diagnosis, Verdict};
use crate::diagnosis::rule::Severity;
use crate::report::headline;

/// The report.
pub fn report(assessment: &Assessment) -> String {
    let mut lines: Vec<String> = assessment.source.taken_for.iter().map(|what| format!("read as: {what}")).collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    for diagnosis in &assessment.diagnoses {
        lines.extend(of_diagnosis(diagnosis));
        lines.push(String::new());
    }
    if assessment.diagnoses.is_empty() {
        lines.push(match assessment.verdict {
            Verdict::Healthy => "Nothing wrong was found.".to_owned(),
            Verdict::Unknown => "Nothing can be said about what could not be read.".to_owned(),
            _ => format!("No cause was found. {}", headline::sentence(assessment)),
        });
    }
    lines.join("\n") + "\n"
}

fn of_diagnosis(diagnosis: &Diagnosis) -> Vec<String> {
    let severity = match diagnosis.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let mut lines = vec![format!("{severity:8} {}", diagnosis.words.title)];
    lines.extend(diagnosis.words.explanation.iter().map(|paragraph| format!("         {paragraph}")));
    for evidence in &diagnosis.evidence {
        lines.push(format!("         seen   {}", evidence.text.replace('\n', "\n                ")));
    }
    for (index, fix) in diagnosis.words.fixes.iter().enumerate() {
        lines.push(format!("         do  {}. {}: {}", index + 1, fix.title, fix.text));
        lines.extend(
            fix.command
                .iter()
                .map(|command| format!("                {}", command.replace('\n', "\n                "))),
        );
    }
    lines
}
