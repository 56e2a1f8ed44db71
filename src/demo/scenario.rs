//! The scenarios: captures of real failures that the program carries with it.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use flate2::read::GzDecoder;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::demo::{pack, rename, stamp};

/// Written by `build.rs` from `tests/scenarios`.
const ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scenarios.json.gz"));
/// Where everything is put that plays together.
pub const NAMESPACE: &str = "ml-prod";
/// What plays when nobody names a scenario, in the order in which it begins. The first shows its cause at once.
const TOGETHER: [&str; 8] = [
    "resnet-serving",
    "digits-api",
    "sentiment",
    "churn-score",
    "iris-blue",
    "demand-score",
    "mymodel-serving",
    "vision",
];
/// How far from a name a misspelled one may be.
const NEAR: f64 = 0.5;

/// A failure that was recorded.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Scenario {
    /// Its name, as of its folder.
    pub name: String,
    /// What happens in it, in one sentence.
    pub story: Option<String>,
    /// What is said of the capture as a whole.
    pub capture: Option<Header>,
    /// The objects.
    pub objects: Vec<Value>,
    /// What the containers wrote.
    pub logs: Vec<Recorded>,
}

/// `capture.yaml`, as far as it is played.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Header {
    /// When the capture was taken.
    pub taken_at: Option<Timestamp>,
    /// The namespace that it shows.
    pub namespace: Option<String>,
    /// The version of the server.
    pub version: Option<String>,
    /// Kinds that could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// A kind that could not be read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Unreadable {
    /// The kind, in the plural.
    pub what: String,
    /// `forbidden`, or something else.
    pub why: String,
}

/// What a container wrote.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Recorded {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Is it the log of the instance before?
    pub previous: bool,
    /// The log.
    pub text: String,
}

impl Scenario {
    /// Reads a scenario from a folder with a `capture` in it.
    pub fn open(folder: &Path) -> anyhow::Result<Scenario> {
        let value = pack::read(folder).map_err(|error| anyhow!(error))?;
        let scenario: Scenario =
            serde_json::from_value(value).with_context(|| format!("{} is no scenario", folder.display()))?;
        if scenario.objects.is_empty() {
            bail!("{} is no scenario: there are no objects in its `capture/objects`", folder.display());
        }
        Ok(scenario)
    }

    /// When it was recorded: as its header says, or the newest time in it.
    pub fn taken_at(&self) -> Timestamp {
        let header = self.capture.as_ref().and_then(|header| header.taken_at);
        header.unwrap_or_else(|| self.stamps().into_iter().max().unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The namespace that it shows: as its header says, or the last of its pods.
    pub fn namespace(&self) -> String {
        let named = self.capture.as_ref().and_then(|header| header.namespace.clone());
        let of_pod = || self.objects.iter().rfind(|object| object["kind"] == "Pod");
        let found = named.or_else(|| of_pod()?["metadata"]["namespace"].as_str().map(str::to_owned));
        found.unwrap_or_else(|| "default".to_owned())
    }

    /// The same in another namespace: also where messages, addresses and logs name it.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Scenario {
        let names = rename::Names { from: self.namespace(), to: namespace.to_owned() };
        if names.from != names.to {
            for object in &mut self.objects {
                names.rename(object);
            }
            for log in &mut self.logs {
                log.text = names.in_text(&log.text);
            }
        }
        let header = self.capture.get_or_insert_default();
        header.namespace = Some(names.to);
        self
    }

    /// The same at another time.
    #[must_use]
    pub fn shifted(mut self, by: SignedDuration) -> Scenario {
        let taken_at = self.taken_at();
        for object in &mut self.objects {
            stamp::shift(object, by);
        }
        for log in &mut self.logs {
            log.text = log.text.split_inclusive('\n').map(|line| stamp::shift_line(line, by)).collect();
        }
        self.capture.get_or_insert_default().taken_at = taken_at.checked_add(by).ok();
        self
    }

    fn stamps(&self) -> Vec<Timestamp> {
        let mut found = Vec::new();
        for object in &self.objects {
            stamp::collect(object, &mut found);
        }
        found
    }
}

/// All scenarios that the program carries.
pub fn embedded() -> anyhow::Result<Vec<Scenario>> {
    let mut json = String::new();
    GzDecoder::new(ARCHIVE).read_to_string(&mut json).context("the scenarios are damaged")?;
    let archive = serde_json::from_str(&json).context("the scenarios are damaged")?;
    serde_json::from_value(pack::Packed::unpack(archive)).context("the scenarios are damaged")
}

/// One scenario, or all that play together in one namespace.
pub fn choose(name: Option<&str>, scenarios: Vec<Scenario>) -> anyhow::Result<Vec<Scenario>> {
    let Some(name) = name else { return together(scenarios) };
    let names: Vec<String> = scenarios.iter().map(|scenario| scenario.name.clone()).collect();
    match scenarios.into_iter().find(|scenario| scenario.name == name) {
        Some(scenario) => Ok(vec![scenario]),
        None => bail!("no scenario is called `{name}`; {}", suggestion(name, &names)),
    }
}

fn together(scenarios: Vec<Scenario>) -> anyhow::Result<Vec<Scenario>> {
    let place = |scenario: &Scenario| TOGETHER.iter().position(|name| *name == scenario.name);
    let mut chosen: Vec<Scenario> = scenarios.into_iter().filter(|scenario| place(scenario).is_some()).collect();
    if chosen.is_empty() {
        bail!("this build carries no scenarios");
    }
    chosen.sort_by_key(place);
    Ok(chosen.into_iter().map(|scenario| scenario.in_namespace(NAMESPACE)).collect())
}

fn suggestion(name: &str, names: &[String]) -> String {
    let likeness = |other: &&String| strsim::jaro_winkler(name, other);
    let mut near: Vec<&String> = names
        .iter()
        .filter(|other| likeness(other) > NEAR || other.contains(name) || name.contains(other.as_str()))
        .collect();
    near.sort_by(|one, other| likeness(other).total_cmp(&likeness(one)));
    near.truncate(3);
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    let meant = if quoted.is_empty() { String::new() } else { format!("did you mean {}? ", quoted.join(" or ")) };
    format!("{meant}`unstuck demo --list` shows all {}", names.len())
}

#[cfg(test)]
mod tests {
    use super::{Scenario, choose};

    fn named(name: &str) -> Scenario {
        Scenario { name: name.to_owned(), ..Scenario::default() }
    }

    #[test]
    fn a_misspelled_scenario_is_answered_with_the_nearest() {
        let error = choose(Some("digts-api"), vec![named("sentiment"), named("digits-api")]).unwrap_err();
        assert!(error.to_string().contains("did you mean `digits-api`"), "{error}");
    }

    #[test]
    fn what_plays_together_plays_in_one_namespace_and_in_order() {
        let chosen = choose(None, vec![named("churn-score"), named("other"), named("resnet-serving")]).unwrap();
        let names: Vec<&str> = chosen.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["resnet-serving", "churn-score"]);
        assert!(chosen.iter().all(|scenario| scenario.namespace() == "ml-prod"));
    }
}
