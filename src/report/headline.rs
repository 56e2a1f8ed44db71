//! The one sentence that answers how a namespace is.

use crate::diagnosis::assessment::{Assessment, Verdict};

/// `2 of 5 workloads are broken and 1 is starting.`
pub fn sentence(assessment: &Assessment) -> String {
    let all = assessment.workloads.len();
    let count = |verdict: Verdict| assessment.workloads.iter().filter(|state| state.verdict == verdict).count();
    if all == 0 {
        return if assessment.verdict == Verdict::Unknown {
            "What is deployed here cannot be seen.".to_owned()
        } else {
            "Nothing is deployed here.".to_owned()
        };
    }
    let words = [
        (Verdict::Broken, "broken"),
        (Verdict::Degraded, "degraded"),
        (Verdict::Unknown, "not to be judged"),
        (Verdict::Progressing, "starting"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (verdict, word) in words {
        let number = count(verdict);
        let be = if number == 1 { "is" } else { "are" };
        match (number, parts.is_empty()) {
            (0, _) => {}
            (_, true) if all == 1 => parts.push(format!("The one workload is {word}")),
            (_, true) => parts.push(format!("{number} of {all} workloads {be} {word}")),
            (_, false) => parts.push(format!("{number} {be} {word}")),
        }
    }
    match parts.len() {
        0 if all == 1 => "The one workload is well.".to_owned(),
        0 => format!("All {all} workloads are well."),
        1 => format!("{}.", parts[0]),
        _ => {
            let last = parts.pop().unwrap_or_default();
            format!("{} and {last}.", parts.join(", "))
        }
    }
}
