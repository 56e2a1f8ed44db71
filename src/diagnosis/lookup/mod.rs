//! Relations that rules can look up by name: a closed list, each a question about the snapshot with names as its answer.

use crate::diagnosis::assessment::Evidence;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;

/// What a look-up found: names it binds, and what it saw.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Names and what they stand for.
    pub names: Names,
    /// What was seen.
    pub evidence: Vec<Evidence>,
}

/// Answers a question about the subject, given the names that are bound so far.
pub type LookUp = fn(&Scene<'_>, &Names) -> Option<Found>;

/// Every look-up, by its name, with what it asks and which names it binds.
pub const LOOK_UPS: &[(&str, LookUp, &[&str])] = &[];

/// A look-up by its name.
pub fn look_up(name: &str) -> Option<LookUp> {
    LOOK_UPS.iter().find(|(known, ..)| *known == name).map(|(_, look_up, _)| *look_up)
}
