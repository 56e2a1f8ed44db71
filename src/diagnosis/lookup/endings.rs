//! How a pasted log ends, where nothing in it is an error: what that suggests is said as a suspicion.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::sign;
use crate::diagnosis::template::Names;
use crate::snapshot::LogKey;
use crate::snapshot::log::record::Record;
use crate::snapshot::log::{Line, Log};

/// `shard 8/40`, `8 of 40`: how much of a piece of work is done.
static COUNTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(\d{1,6})(?:/| of )(\d{1,6})\b").ok());
/// Counts with a state behind them.
static IN_A_TABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\s\d+/\d+\s+[A-Z][\w:]+\s+\d").ok());
/// A program that says it is up.
static CLAIMS_READY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:app|application|server|service|api|model)\b[^\n]{0,20}\b(?:ready|loaded|initiali[sz]ed|created|started)\b").ok()
});

/// Does the log stop in the middle of a counted piece of work, without an error? Then something outside ended the program.
pub fn stops_in_the_middle(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (key, log) = quiet_log(scene)?;
    let last = last_line(log)?;
    let counted = COUNTED.as_ref()?.captures(&last.text)?;
    let number = |group: usize| counted.get(group).and_then(|digits| digits.as_str().parse::<u32>().ok());
    let (done, total) = (number(1)?, number(2)?);
    // A row of `kubectl get pods` counts containers.
    if IN_A_TABLE.as_ref()?.is_match(&last.text) {
        return None;
    }
    let names = [("done", done.to_string()), ("total", total.to_string()), ("severity", "info".to_owned())];
    (0 < done && done < total).then(|| Found::names(names).seen(evidence::of_line(key, last)))
}

/// Does the log of a program that says it is up end without a server that listens?
pub fn ends_without_a_server(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    /// A server that was started writes more than a few lines.
    const SHORT: u64 = 40;
    let (key, log) = quiet_log(scene)?;
    let signs = sign::signs(log, scene.catalogue);
    let served = signs.iter().any(|seen| matches!(seen.sign, Sign::Listening | Sign::Started | Sign::Stopping));
    let last = last_line(log)?;
    let claims = CLAIMS_READY.as_ref()?.is_match(&last.text);
    (log.lines <= SHORT && !served && claims)
        .then(|| Found::names([("severity", "info".to_owned())]).seen(evidence::of_line(key, last)))
}

/// The pasted log of the scene, where nothing in it looks like an error.
fn quiet_log<'a>(scene: &Scene<'a>) -> Option<(&'a LogKey, &'a Log)> {
    if !matches!(scene.part, Part::Log) {
        return None;
    }
    let (key, log) =
        scene.snapshot.logs().find(|(key, _)| key.pod.is_empty() && key.container == scene.subject.name)?;
    let alarming = log.records.iter().any(Record::is_alarming);
    (!alarming).then_some((key, &**log))
}

fn last_line(log: &Log) -> Option<&Line> {
    log.tail.iter().rev().find(|line| !line.text.trim().is_empty())
}
