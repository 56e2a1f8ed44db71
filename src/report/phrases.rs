//! Phrases that reports and the screen share.

use crate::diagnosis::assessment::Diagnosis;

/// `1 pod`, `40 pods`.
pub fn pods(count: usize) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

/// What follows from a diagnosis, in one line.
pub fn consequences(diagnosis: &Diagnosis) -> String {
    let titles: Vec<&str> = diagnosis.consequences.iter().map(|consequence| consequence.title.as_str()).collect();
    titles.join("; ")
}
