//! Phrases that reports and the screen share.

use crate::diagnosis::assessment::{BlindSpot, Diagnosis};

/// `1 pod`, `40 pods`.
pub fn pods(count: usize) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

/// What follows from a diagnosis, in one line.
pub fn consequences(diagnosis: &Diagnosis) -> String {
    let mut ids: Vec<&str> = diagnosis.consequences.iter().map(|consequence| consequence.id.as_str()).collect();
    ids.dedup();
    ids.join(", ")
}

/// The permission that is missing, as a Role says it: `get, list, watch` on a resource.
pub fn role(spot: &BlindSpot) -> Option<String> {
    if spot.why != "forbidden" {
        return None;
    }
    let what = spot.what.as_str();
    if what.starts_with("logs of ") || what == "pods/log" {
        return Some("`get pods/log`".to_owned());
    }
    match what.split_once(' ') {
        Some((resource, _)) => Some(format!("`get {resource}`")),
        None => Some(format!("`get, list, watch {what}`")),
    }
}
