//! Relations that rules can look up by name: a closed list, each a question about the snapshot with names as its answer.

pub mod claims;
pub mod endings;
pub mod errors;
pub mod files;
pub mod found;
pub mod held;
pub mod hosts;
pub mod images;
pub mod jobs;
pub mod limits;
pub mod nodes;
pub mod of_containers;
pub mod of_objects;
pub mod packages;
pub mod policies;
pub mod ports;
pub mod probes;
pub mod pull_secrets;
pub mod revisions;
pub mod runtimes;
pub mod service_ports;
pub mod services;
pub mod settings;
pub mod similar;

use crate::diagnosis::lookup::found::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;

/// Answers a question about the subject, given the names that are bound so far.
pub type LookUp = fn(&Scene<'_>, &Names) -> Option<Found>;

/// A question that rules may ask, by its name.
#[derive(Debug)]
pub struct Question {
    /// As it is written in a rule.
    pub name: &'static str,
    /// What it asks, in a sentence for those who write rules.
    pub asks: &'static str,
    /// The names it binds.
    pub binds: &'static [&'static str],
    /// The answer.
    pub answer: LookUp,
}

/// Every question.
pub fn questions() -> impl Iterator<Item = &'static Question> {
    of_containers::QUESTIONS.iter().chain(of_objects::QUESTIONS)
}

/// A question by its name.
pub fn named(name: &str) -> Option<&'static Question> {
    questions().find(|question| question.name == name)
}
