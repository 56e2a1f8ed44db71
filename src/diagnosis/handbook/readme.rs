//! The guide to writing rules, `diagnostics/README.md`: hand-written words with the tables of the program in them.

use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::field::FIELDS;
use crate::diagnosis::handbook::page::severity;
use crate::diagnosis::lookup::questions;
use crate::diagnosis::pattern::SHAPES;
use crate::diagnosis::vocabulary::{ALWAYS_BOUND, FIX_KEYS, GIVEN_KEYS, RULE_KEYS, STACKS, STAGES, SYMPTOM_KEYS, Word};

/// The words that people wrote, with `@table@` where a table of the program stands.
const TEMPLATE: &str = include_str!("readme.md");

/// The guide, with all rules of a catalogue.
pub fn readme(catalogue: &Catalogue) -> String {
    let tables = [
        ("stages", words("folder", STAGES)),
        ("rule-keys", words("key", RULE_KEYS)),
        ("symptom-keys", words("key", SYMPTOM_KEYS)),
        ("fix-keys", words("key", FIX_KEYS)),
        ("given-keys", words("key", GIVEN_KEYS)),
        ("shapes", shapes()),
        ("names", words("name", ALWAYS_BOUND)),
        ("stacks", STACKS.iter().map(|stack| format!("`{stack}`")).collect::<Vec<_>>().join(", ")),
        ("fields", fields()),
        ("look-ups", look_ups()),
        ("rules", rules(catalogue)),
    ];
    tables
        .into_iter()
        .fold(TEMPLATE.to_owned(), |text, (name, table)| text.replace(&format!("@{name}@"), table.trim_end()))
}

/// A row of a table in Markdown.
fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn head(cells: &[&str]) -> String {
    format!("{}{}|\n", row(cells), "|---".repeat(cells.len()))
}

fn words(what: &str, words: &[Word]) -> String {
    let rows = words.iter().map(|word| row(&[&format!("`{}`", word.name), word.means]));
    head(&[what, "what it means"]) + &rows.collect::<String>()
}

fn shapes() -> String {
    let rows = SHAPES.iter().map(|(name, _, means)| row(&[&format!("`{{name:{name}}}`"), means]));
    head(&["hole", "what it holds"]) + &rows.collect::<String>()
}

fn fields() -> String {
    let rows = FIELDS.iter().map(|field| row(&[&format!("`{}`", field.path), field.says]));
    head(&["field", "what it says"]) + &rows.collect::<String>()
}

fn look_ups() -> String {
    let names = |names: &[&str]| names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(" ");
    let rows = questions().map(|one| row(&[&format!("`{}`", one.name), one.asks, &names(one.binds)]));
    head(&["look-up", "what it asks", "what it binds"]) + &rows.collect::<String>()
}

fn rules(catalogue: &Catalogue) -> String {
    let stages = STAGES.iter().map(|stage| {
        let of_stage = catalogue.rules.iter().filter(|rule| rule.stage == stage.name);
        let rows: String = of_stage.map(of_rule).collect();
        format!("### {}\n{}{rows}\n", stage.name, head(&["id", "severity", "title"]))
    });
    stages.collect()
}

fn of_rule(rule: &Rule) -> String {
    let link = format!("[{}]({}/{}.yaml)", rule.id, rule.stage, rule.id);
    row(&[&link, severity(rule.file.severity), title(rule)])
}

/// The title that a rule is known by: the last, which needs the fewest names.
pub fn title(rule: &Rule) -> &str {
    rule.file.title.as_slice().last().map_or("", String::as_str)
}
