//! What a rule asks for, ready to be judged.

use crate::diagnosis::catalogue::PatternTable;
use crate::diagnosis::field::{self, Field};
use crate::diagnosis::lookup::{self, Question};
use crate::diagnosis::pattern::{Pattern, PatternText};
use crate::diagnosis::rule::{OneOrMany, SymptomFile};
use crate::snapshot::log::sieve::PatternId;
use crate::snapshot::quantity;

/// What a rule asks for.
#[derive(Debug)]
pub enum Symptom {
    /// One of the patterns stands in a log.
    Log(Vec<PatternId>),
    /// One of the patterns stands in an event, a condition or the state of a container, with one of the reasons.
    Message {
        /// The patterns.
        patterns: Vec<PatternId>,
        /// The reasons; empty for any.
        reasons: Vec<String>,
    },
    /// A field passes a test; its value may be bound to a name.
    Field {
        /// The field.
        field: &'static Field,
        /// What its value is held against.
        test: Test,
        /// The name that stands for the value.
        bind: Option<String>,
    },
    /// A name that was bound passes a test.
    Bound {
        /// The name.
        name: String,
        /// What its value is held against.
        test: Test,
    },
    /// A relation holds.
    LookUp(&'static Question),
    /// One of these holds.
    Any(Vec<Symptom>),
}

/// What a value is held against.
#[derive(Debug)]
pub enum Test {
    /// The same.
    Is(String),
    /// Any other, and something.
    IsNot(String),
    /// One of these.
    In(Vec<String>),
    /// The pattern.
    Matches(Box<Pattern>),
    /// This number or quantity, or more.
    AtLeast(f64),
    /// This number or quantity, or less.
    AtMost(f64),
    /// Nothing there, or something.
    Missing(bool),
}

impl Symptom {
    /// Does it pass a test, or one of those it is made of?
    pub fn holds_a(&self, test: fn(&Symptom) -> bool) -> bool {
        match self {
            Symptom::Any(inner) => inner.iter().any(|symptom| symptom.holds_a(test)),
            symptom => test(symptom),
        }
    }

    /// Reads a symptom and enters its patterns; the error says what is wrong with it.
    pub fn new(file: &SymptomFile, patterns: &mut PatternTable) -> Result<Self, String> {
        let named = [
            file.log.is_some(),
            file.message.is_some(),
            file.field.is_some(),
            file.bound.is_some(),
            file.look_up.is_some(),
            file.any.is_some(),
        ];
        if named.iter().filter(|named| **named).count() != 1 {
            return Err(
                "a symptom is exactly one of `log`, `message`, `field`, `bound`, `look_up` and `any`".to_owned()
            );
        }
        if let Some(texts) = &file.log {
            return Ok(Symptom::Log(enter(texts, patterns)?));
        }
        if let Some(texts) = &file.message {
            let reasons = file.reason.as_ref().map(|reasons| reasons.as_slice().to_vec()).unwrap_or_default();
            return Ok(Symptom::Message { patterns: enter(texts, patterns)?, reasons });
        }
        if let Some(path) = &file.field {
            let field = field::at(path).ok_or_else(|| format!("there is no field {path}"))?;
            return Ok(Symptom::Field { field, test: Test::new(file)?, bind: file.bind.clone() });
        }
        if let Some(name) = &file.bound {
            return Ok(Symptom::Bound { name: name.clone(), test: Test::new(file)? });
        }
        if let Some(name) = &file.look_up {
            let question = lookup::named(name).ok_or_else(|| format!("there is no look-up {name}"))?;
            return Ok(Symptom::LookUp(question));
        }
        let inner = file.any.iter().flatten().map(|symptom| Symptom::new(symptom, patterns));
        Ok(Symptom::Any(inner.collect::<Result<_, _>>()?))
    }

    /// The patterns in it, those of its alternatives too.
    pub fn patterns(&self) -> Vec<PatternId> {
        match self {
            Symptom::Log(patterns) | Symptom::Message { patterns, .. } => patterns.clone(),
            Symptom::Any(inner) => inner.iter().flat_map(Symptom::patterns).collect(),
            _ => Vec::new(),
        }
    }

    /// Can it hold only where a pattern of it was seen?
    pub fn needs_text(&self) -> bool {
        match self {
            Symptom::Log(_) | Symptom::Message { .. } => true,
            Symptom::Any(inner) => inner.iter().all(Symptom::needs_text),
            _ => false,
        }
    }
}

fn enter(texts: &OneOrMany<PatternText>, patterns: &mut PatternTable) -> Result<Vec<PatternId>, String> {
    texts.as_slice().iter().map(|text| patterns.enter(text)).collect()
}

impl Test {
    fn new(file: &SymptomFile) -> Result<Self, String> {
        let mut tests = Vec::new();
        tests.extend(file.is.as_ref().map(|value| Test::Is(plain(value))));
        tests.extend(file.is_not.as_ref().map(|value| Test::IsNot(plain(value))));
        tests.extend(file.one_of.as_ref().map(|values| Test::In(values.iter().map(plain).collect())));
        if let Some(pattern) = &file.matches {
            tests.push(Test::Matches(Box::new(Pattern::new(pattern)?)));
        }
        if let Some(value) = &file.at_least {
            tests.push(Test::AtLeast(number(value)?));
        }
        if let Some(value) = &file.at_most {
            tests.push(Test::AtMost(number(value)?));
        }
        tests.extend(file.missing.map(Test::Missing));
        match tests.len() {
            0 => Ok(Test::Missing(false)),
            1 => Ok(tests.remove(0)),
            _ => Err("one test for a value, not several: write two symptoms".to_owned()),
        }
    }

    /// Does the value pass?
    pub fn passes(&self, value: Option<&str>) -> bool {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return matches!(self, Test::Missing(true)) };
        match self {
            Test::Is(wanted) => value == wanted,
            Test::IsNot(unwanted) => value != unwanted,
            Test::In(wanted) => wanted.iter().any(|wanted| wanted == value),
            Test::Matches(pattern) => pattern.find(value, value.len()).is_some(),
            Test::AtLeast(least) => quantity::value(value).is_some_and(|value| value >= *least),
            Test::AtMost(most) => quantity::value(value).is_some_and(|value| value <= *most),
            Test::Missing(missing) => !missing,
        }
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &serde_json::Value) -> Result<f64, String> {
    let text = plain(value);
    quantity::value(&text).ok_or_else(|| format!("`{text}` is no number and no quantity"))
}
