//! A rule as it is written in a file of `diagnostics/`.

use std::collections::BTreeMap;

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnosis::pattern::PatternText;
use crate::diagnosis::plural::OneOrManyVisitor;

/// A rule, key by key as in its file. The file's name is its id, the folder its stage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// One sentence about the case at hand; of several, the first of which every name is bound.
    pub title: OneOrMany<String>,
    /// What kinds of object the rule looks at.
    pub about: OneOrMany<About>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// Does it hold only where nothing more specific does?
    #[serde(default)]
    pub generic: bool,
    /// When it strikes: at the start, or at requests while the server is up.
    #[serde(default)]
    pub moment: Moment,
    /// Can time or the cluster mend it, without a change by anybody?
    #[serde(default)]
    pub waiting: Waiting,
    /// Names of which any that is bound takes that hope away.
    #[serde(default)]
    pub hopeless_with: Vec<String>,
    /// What must all hold.
    pub symptoms: Vec<SymptomFile>,
    /// What must not hold.
    #[serde(default)]
    pub unless: Vec<SymptomFile>,
    /// Relations that are looked up to fill in more names.
    #[serde(default)]
    pub look_up: Vec<String>,
    /// The names that say whether two workloads have the very same cause.
    #[serde(default)]
    pub shared: Vec<String>,
    /// What happened and why it happens; a paragraph with an unbound name is left out.
    pub explanation: Vec<String>,
    /// What to do, the most likely first.
    pub fixes: Vec<FixFile>,
    /// What follows from it.
    #[serde(default)]
    pub causes: Vec<String>,
    /// More exact rules, which leave no room for this one.
    #[serde(default)]
    pub yields_to: Vec<String>,
    /// Official pages.
    #[serde(default)]
    pub references: Vec<String>,
    /// Cases where it holds.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Cases that look alike, where it does not.
    #[serde(default)]
    pub counterexamples: Vec<Counterexample>,
}

/// What kind of object a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A container: its log, its state, its settings.
    Container,
    /// A pod as a whole: where it is put, what it mounts.
    Pod,
    /// What makes pods, with its conditions and those of its replica sets.
    Workload,
    /// A persistent volume claim.
    Claim,
    /// A Service.
    Service,
    /// An Ingress.
    Ingress,
    /// A node.
    Node,
    /// An object of an operator, such as an InferenceService.
    Custom,
}

/// How bad a diagnosis is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something does not work.
    #[default]
    Error,
    /// Something works badly, or for some only.
    Warning,
    /// Worth knowing.
    Info,
}

/// When a diagnosis strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// On the way to ready: it is history once the container is.
    #[default]
    Start,
    /// At requests: the container stays ready.
    Request,
}

/// Whether it is worth waiting for a diagnosis to go away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// Somebody must change something.
    #[default]
    Useless,
    /// Time or the cluster can mend it: a node is added, another service starts, a registry answers again.
    Helps,
}

/// One value or several, written as it reads best.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany<T> {
    /// Several.
    Many(Vec<T>),
    /// One.
    One(T),
}

impl<T> OneOrMany<T> {
    /// As a slice.
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(OneOrManyVisitor::default())
    }
}

/// A symptom, key by key: exactly one of `log`, `message`, `field`, `bound`, `look_up` and `any`, and what goes with it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SymptomFile {
    /// Patterns of which one stands in a log.
    pub log: Option<OneOrMany<PatternText>>,
    /// Patterns of which one stands in an event, a condition or the state of a container.
    pub message: Option<OneOrMany<PatternText>>,
    /// With `message`: the `reason` beside it is one of these.
    pub reason: Option<OneOrMany<String>>,
    /// A field by its path: `container.state.waiting.reason`.
    pub field: Option<String>,
    /// A name that another symptom binds.
    pub bound: Option<String>,
    /// A relation that must hold.
    pub look_up: Option<String>,
    /// Symptoms of which one must hold.
    pub any: Option<Vec<SymptomFile>>,
    /// With `field`: the name that its value is bound to.
    pub bind: Option<String>,
    /// With `field` or `bound`: the test.
    pub is: Option<Value>,
    /// Any other value.
    pub is_not: Option<Value>,
    /// One of these.
    #[serde(rename = "in")]
    pub one_of: Option<Vec<Value>>,
    /// A pattern that the whole value matches.
    pub matches: Option<PatternText>,
    /// A number or quantity, or more.
    pub at_least: Option<Value>,
    /// A number or quantity, or less.
    pub at_most: Option<Value>,
    /// Nothing there (`true`), or anything (`false`).
    pub missing: Option<bool>,
}

/// What a person can do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixFile {
    /// In a few words, as an order.
    pub title: String,
    /// How, and how to see that it worked.
    #[serde(default)]
    pub text: Option<String>,
    /// A command or code that can be pasted.
    #[serde(default)]
    pub command: Option<String>,
    /// The serving stacks it is for; all where none is named.
    #[serde(default, rename = "for")]
    pub stacks: Vec<String>,
}

/// A case where a rule holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What is seen.
    pub given: Given,
    /// What the names must be.
    #[serde(default)]
    pub expect: BTreeMap<String, String>,
}

/// A case that looks alike, where a rule does not hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterexample {
    /// What it is instead.
    pub why: String,
    /// What is seen.
    pub given: Given,
}

/// What is seen in an example.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// A log, with nothing else known.
    pub log: Option<String>,
    /// An event about a pod, with nothing else known.
    pub message: Option<String>,
    /// The reason of that event.
    pub reason: Option<String>,
    /// Objects, as in a manifest.
    pub objects: Vec<Value>,
    /// With `objects`: logs, by `POD/CONTAINER` or `POD/CONTAINER/previous`.
    pub logs: BTreeMap<String, String>,
}
