//! From a snapshot to diagnoses: rules, their symptoms, their words and their ranking. It looks at no clock and does no
//! input or output; the same snapshot always gives the same diagnoses in the same order.

pub mod catalogue;
pub mod literal;
pub mod loader;
pub mod mark;
pub mod pattern;
pub mod rule;
pub mod symptom;
pub mod template;
pub mod assessment;
pub mod choose;
pub mod evidence;
pub mod field;
pub mod judge;
pub mod lookup;
pub mod scene;
pub mod wording;
pub mod diagnose;
pub mod sign;
pub mod unexplained;
pub mod present;
pub mod scenes;
pub mod blind;
pub mod rank;
pub mod stack;
pub mod verdict;
pub mod proof;
pub mod rail;
