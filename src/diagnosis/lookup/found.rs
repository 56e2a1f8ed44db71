//! The answer of a look-up.

use crate::diagnosis::assessment::Evidence;
use crate::diagnosis::template::Names;
use crate::snapshot::text::SafeText;

/// What a look-up found: names it binds, and what it saw.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Names and what they stand for.
    pub names: Names,
    /// What was seen.
    pub evidence: Vec<Evidence>,
}

impl Found {
    /// Names that were found, without a quotation.
    pub fn names<const N: usize>(names: [(&str, String); N]) -> Self {
        let named = names.into_iter().filter(|(_, value)| !value.is_empty());
        Found { names: named.map(|(name, value)| (name.into(), SafeText::new(&value))).collect(), evidence: Vec::new() }
    }

    /// With a quotation of what was seen.
    #[must_use]
    pub fn seen(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}
