//! From a snapshot to diagnoses: rules, their symptoms, their words and their ranking. It looks at no clock and does no
//! input or output; the same snapshot always gives the same diagnoses in the same order.

pub mod assessment;
pub mod blind;
pub mod catalogue;
pub mod choose;
pub mod deadline;
pub mod diagnose;
pub mod evidence;
pub mod field;
pub mod handbook;
pub mod inspect;
pub mod judge;
pub mod links;
pub mod literal;
pub mod loader;
pub mod lookup;
pub mod mark;
pub mod pattern;
pub mod plural;
pub mod present;
pub mod proof;
pub mod rail;
pub mod rank;
pub mod rule;
pub mod scene;
pub mod scenes;
pub mod selected;
pub mod sign;
pub mod stack;
pub mod symptom;
pub mod template;
pub mod track;
pub mod unexplained;
pub mod verdict;
pub mod vocabulary;
pub mod wording;
