//! All rules, with their patterns in one table and the index that finds the rules a text could matter to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use crate::diagnosis::literal;
use crate::diagnosis::loader::{self, Fault, Source};
use crate::diagnosis::mark::{Mark, MarkFile};
use crate::diagnosis::pattern::{Pattern, PatternText};
use crate::diagnosis::rule::{About, RuleFile};
use crate::diagnosis::symptom::Symptom;
use crate::snapshot::log::sieve::{PatternId, Sieve};

/// A rule, ready to be judged.
#[derive(Debug)]
pub struct Rule {
    /// The name of its file: the problem.
    pub id: String,
    /// The folder it is in: where on its way a deployment meets the problem.
    pub stage: String,
    /// As it was written.
    pub file: RuleFile,
    /// What must all hold.
    pub symptoms: Vec<Symptom>,
    /// What must not hold.
    pub unless: Vec<Symptom>,
}

/// All rules.
#[derive(Debug)]
pub struct Catalogue {
    /// In the order of stage and id.
    pub rules: Vec<Rule>,
    /// What servers say about themselves.
    pub marks: Vec<Mark>,
    /// The search for their literals.
    pub sieve: Arc<Sieve>,
    patterns: Vec<Pattern>,
    rules_of_pattern: Vec<Vec<usize>>,
    rules_by_id: BTreeMap<String, usize>,
    without_text: BTreeMap<Option<About>, Vec<usize>>,
    mark_of_pattern: BTreeMap<PatternId, usize>,
}

/// The patterns of all rules, numbered.
#[derive(Debug, Default)]
pub struct PatternTable {
    patterns: Vec<Pattern>,
}

impl PatternTable {
    /// Enters a pattern and gives its number.
    pub fn enter(&mut self, text: &PatternText) -> Result<PatternId, String> {
        let id = PatternId::try_from(self.patterns.len()).map_err(|_| "there are too many patterns".to_owned())?;
        self.patterns.push(Pattern::new(text)?);
        Ok(id)
    }

    fn literals(&self) -> impl Iterator<Item = (&str, PatternId)> {
        (0..)
            .zip(&self.patterns)
            .flat_map(|(id, pattern)| pattern.literals.iter().map(move |literal| (literal.as_str(), id)))
    }

    /// A gate for each literal that holds none: the build chose them for the rules that the program carries.
    fn missing_gates(&self, gates: &[String]) -> Vec<String> {
        literal::missing_gates(self.literals().map(|(literal, _)| literal), gates)
    }
}

#[derive(Deserialize)]
struct Embedded {
    rules: Vec<EmbeddedRule>,
    marks: Vec<MarkFile>,
    gates: Vec<String>,
}

#[derive(Deserialize)]
struct EmbeddedRule {
    id: String,
    stage: String,
    rule: RuleFile,
}

impl Catalogue {
    /// The rules that the program carries.
    pub fn builtin() -> Self {
        Catalogue::with(Vec::new()).0
    }

    /// The rules that the program carries and those of somebody's own. A rule that cannot be used is left out and
    /// named in the answer.
    pub fn with(own: Vec<Source>) -> (Self, Vec<Fault>) {
        let embedded: Embedded = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalogue.json")))
            .expect("the build wrote it, and a test reads it");
        let carried: Vec<(&str, &RuleFile)> = embedded.rules.iter().map(|one| (one.id.as_str(), &one.rule)).collect();
        let (own, mut faults) = loader::sound(own, &carried);
        let replaced: BTreeSet<String> = own.iter().map(|(source, _)| source.id.clone()).collect();
        let carried = embedded.rules.into_iter().filter(|rule| !replaced.contains(&rule.id));
        let named = carried.map(|rule| (rule.id, rule.stage, rule.rule));
        let named = named.chain(own.into_iter().map(|(source, file)| (source.id, source.stage, file)));
        let mut table = PatternTable::default();
        let mut rules = Vec::new();
        for (id, stage, file) in named {
            match Rule::new(id.clone(), stage, file, &mut table) {
                Ok(rule) => rules.push(rule),
                Err(reason) => faults.push(Fault::of_rule(&id, reason)),
            }
        }
        let marks = embedded.marks.iter().filter_map(|file| Mark::new(file, &mut table).ok()).collect();
        let mut gates = embedded.gates;
        if !replaced.is_empty() {
            gates.extend(table.missing_gates(&gates));
        }
        (Catalogue::assemble(rules, marks, table, &gates), faults)
    }

    fn assemble(rules: Vec<Rule>, marks: Vec<Mark>, table: PatternTable, gates: &[String]) -> Self {
        let sieve = Arc::new(Sieve::new(gates, table.literals()));
        let patterns = table.patterns;
        let mut rules_of_pattern = vec![Vec::new(); patterns.len()];
        for (index, rule) in rules.iter().enumerate() {
            for pattern in rule.symptoms.iter().flat_map(Symptom::patterns) {
                rules_of_pattern[usize::from(pattern)].push(index);
            }
        }
        let rules_by_id = rules.iter().enumerate().map(|(index, rule)| (rule.id.clone(), index)).collect();
        let mut without_text: BTreeMap<Option<About>, Vec<usize>> = BTreeMap::new();
        for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule.needs_text()) {
            for about in rule.file.about.as_slice().iter().copied().map(Some).chain([None]) {
                without_text.entry(about).or_default().push(index);
            }
        }
        let marked =
            marks.iter().enumerate().flat_map(|(index, mark)| mark.patterns.iter().map(move |id| (*id, index)));
        let mark_of_pattern = marked.collect();
        Catalogue { rules, marks, sieve, patterns, rules_of_pattern, rules_by_id, without_text, mark_of_pattern }
    }

    /// All patterns, by their numbers.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// A pattern by its number.
    pub fn pattern(&self, id: PatternId) -> &Pattern {
        &self.patterns[usize::from(id)]
    }

    /// The rules that a pattern belongs to.
    pub fn rules_of(&self, pattern: PatternId) -> &[usize] {
        &self.rules_of_pattern[usize::from(pattern)]
    }

    /// The mark that a pattern belongs to.
    pub fn mark_of(&self, pattern: PatternId) -> Option<&Mark> {
        self.mark_of_pattern.get(&pattern).map(|&index| &self.marks[index])
    }

    /// The rules that can hold for such a subject, or for a pasted log, although no pattern was seen.
    pub fn rules_without_text(&self, about: Option<About>) -> &[usize] {
        self.without_text.get(&about).map_or(&[], Vec::as_slice)
    }

    /// A rule by its id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.index(id).map(|index| &self.rules[index])
    }

    /// The place of a rule by its id.
    pub fn index(&self, id: &str) -> Option<usize> {
        self.rules_by_id.get(id).copied()
    }
}

impl Rule {
    /// Reads a rule and enters its patterns; the error says what is wrong with it.
    pub fn new(id: String, stage: String, file: RuleFile, table: &mut PatternTable) -> Result<Self, String> {
        let symptoms = file.symptoms.iter().map(|symptom| Symptom::new(symptom, table)).collect::<Result<_, _>>()?;
        let unless = file.unless.iter().map(|symptom| Symptom::new(symptom, table)).collect::<Result<_, _>>()?;
        Ok(Rule { id, stage, file, symptoms, unless })
    }

    /// Can it hold only where one of its patterns was seen?
    pub fn needs_text(&self) -> bool {
        self.symptoms.iter().any(Symptom::needs_text)
    }
}

#[cfg(test)]
mod tests {
    use super::Catalogue;

    #[test]
    fn no_literal_is_passed_over() {
        let catalogue = Catalogue::builtin();
        let literals = catalogue.patterns.iter().flat_map(|pattern| &pattern.literals);
        let lost: Vec<&String> =
            literals.filter(|literal| catalogue.sieve.next_gate(literal.as_bytes(), 0).is_none()).collect();
        assert_eq!(lost, Vec::<&String>::new());
    }

    #[test]
    fn few_lines_of_healthy_servers_hold_a_gate() {
        let catalogue = Catalogue::builtin();
        let lines: Vec<&str> = include_str!("ordinary.log").lines().collect();
        let passing: Vec<&&str> =
            lines.iter().filter(|line| catalogue.sieve.next_gate(line.as_bytes(), 0).is_some()).collect();
        assert!(passing.len() * 5 < lines.len(), "{passing:#?}");
    }
}
