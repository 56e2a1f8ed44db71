//! Reads the log of a container, and follows it.

use std::io;
use std::sync::Arc;

use futures::Stream;
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch::Receiver;

use crate::demo::answer::Refusal;
use crate::demo::play::Play;
use crate::demo::play::log::Line;
use crate::demo::request::Query;
use crate::demo::world::World;

/// A log that is read.
pub struct Reading {
    worlds: Receiver<Arc<World>>,
    play: Arc<Play>,
    pod: String,
    container: String,
    /// Which run of the container, by its place in the log; `None` where it wrote nothing that was recorded.
    run: Option<usize>,
    /// Lines that were sent.
    sent: usize,
    stamps: bool,
    follow: bool,
    /// Bytes that may still be sent.
    room: usize,
}

impl Reading {
    /// Begins to read; `pod` is the pod as it is now.
    pub fn new(worlds: Receiver<Arc<World>>, play: &Arc<Play>, pod: &Value, query: &Query) -> Result<Reading, Refusal> {
        let container = container(pod, query.text("container"))?;
        let previous = query.flag("previous");
        let status = status(pod, &container);
        may_read(pod, &container, status, previous)?;
        let name = name(pod).to_owned();
        let played = worlds.borrow().played;
        let found = play.log(&name, &container, played);
        let run = found.and_then(|(log, now)| log.started(now).checked_sub(1)?.checked_sub(before(status, previous)));
        let lines = found.zip(run).map_or(&[][..], |((log, now), run)| log.runs[run].lines(now));
        let sent = skipped(lines, query);
        let room = query.number("limitBytes").and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        let (stamps, follow) = (query.flag("timestamps"), query.flag("follow") && !previous);
        Ok(Reading { worlds, play: play.clone(), pod: name, container, run, sent, stamps, follow, room })
    }

    /// The lines.
    pub fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        futures::stream::unfold(self, Reading::next)
    }

    async fn next(mut self) -> Option<(io::Result<Bytes>, Reading)> {
        loop {
            let played = self.worlds.borrow_and_update().played;
            let (bytes, is_over) = self.new_lines(played);
            if !bytes.is_empty() {
                return Some((Ok(bytes), self));
            }
            if is_over || !self.follow || self.worlds.changed().await.is_err() {
                return None;
            }
        }
    }

    fn new_lines(&mut self, played: std::time::Duration) -> (Bytes, bool) {
        let found = self.play.log(&self.pod, &self.container, played).zip(self.run);
        let Some(((log, now), run)) = found else { return (Bytes::new(), false) };
        let lines = &log.runs[run].lines(now);
        let mut text = String::new();
        for line in &lines[self.sent.min(lines.len())..] {
            if self.stamps {
                text.push_str(&format!("{} ", stamp(line.at)));
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        self.sent = lines.len();
        let mut bytes = text.into_bytes();
        bytes.truncate(self.room);
        self.room -= bytes.len();
        (Bytes::from(bytes), log.runs[run].is_over(now) || self.room == 0)
    }
}

/// A stamp as the kubelet writes it, with nine digits of a second.
fn stamp(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// The container that is meant: where there is only one, it need not be named.
fn container(pod: &Value, asked: &str) -> Result<String, Refusal> {
    let names = |field: &str| pod["spec"][field].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str());
    let main: Vec<&str> = names("containers").collect();
    let inits: Vec<&str> = names("initContainers").collect();
    if main.contains(&asked) || inits.contains(&asked) {
        return Ok(asked.to_owned());
    }
    match (asked, main.as_slice()) {
        ("", [only]) => Ok((*only).to_owned()),
        ("", _) => {
            let also = if inits.is_empty() {
                String::new()
            } else {
                format!(" or one of the init containers: [{}]", inits.join(" "))
            };
            let choices = format!("choose one of: [{}]{also}", main.join(" "));
            Err(Refusal::bad(format!("a container name must be specified for pod {}, {choices}", name(pod))))
        }
        _ => Err(Refusal::bad(format!("container {asked} is not valid for pod {}", name(pod)))),
    }
}

fn name(pod: &Value) -> &str {
    pod["metadata"]["name"].as_str().unwrap_or_default()
}

fn status<'a>(pod: &'a Value, container: &str) -> &'a Value {
    let fields = ["containerStatuses", "initContainerStatuses"];
    let all = fields.iter().flat_map(|field| pod["status"][field].as_array().into_iter().flatten());
    all.into_iter().find(|status| status["name"] == container).unwrap_or(&Value::Null)
}

/// May the log be read, by the state of the container? The sentences are those of the kubelet.
fn may_read(pod: &Value, container: &str, status: &Value, previous: bool) -> Result<(), Refusal> {
    let pod_name = name(pod);
    if !pod["spec"]["nodeName"].is_string() {
        return Err(Refusal::bad(format!("pod {pod_name} does not have a host assigned")));
    }
    let has_ended = status["lastState"]["terminated"].is_object();
    if previous {
        let message = format!(r#"previous terminated container "{container}" in pod "{pod_name}" not found"#);
        return if has_ended { Ok(()) } else { Err(Refusal::bad(message)) };
    }
    let state = &status["state"];
    if has_ended || state["running"].is_object() || state["terminated"].is_object() {
        return Ok(());
    }
    let why = match state["waiting"]["reason"].as_str().unwrap_or("ContainerCreating") {
        "ErrImagePull" | "ImagePullBackOff" => "trying and failing to pull image",
        reason => reason,
    };
    Err(Refusal::bad(format!(r#"container "{container}" in pod "{pod_name}" is waiting to start: {why}"#)))
}

/// How many runs before the last one that started. A container that waits has no current run: its last is the previous.
fn before(status: &Value, previous: bool) -> usize {
    usize::from(previous && !status["state"]["waiting"].is_object())
}

/// Lines that are not asked for.
fn skipped(lines: &[Line], query: &Query) -> usize {
    let ago = query.number("sinceSeconds").and_then(|seconds| i64::try_from(seconds).ok());
    let ago = ago.and_then(|seconds| Timestamp::now().checked_sub(SignedDuration::from_secs(seconds)).ok());
    let since = query.text("sinceTime").parse::<Timestamp>().ok().or(ago);
    let old = since.map_or(0, |since| lines.partition_point(|line| line.at < since));
    let tail = query.number("tailLines").and_then(|lines| usize::try_from(lines).ok()).unwrap_or(usize::MAX);
    old.max(lines.len().saturating_sub(tail))
}

#[cfg(test)]
mod tests {
    use super::{container, may_read, skipped, stamp, status};
    use crate::demo::play::log::Line;
    use crate::demo::request::Query;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn pod(state: &Value, last: &Value) -> Value {
        json!({
            "metadata": {"name": "p"},
            "spec": {"nodeName": "n", "containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "i"}]},
            "status": {"containerStatuses": [{"name": "a", "state": state, "lastState": last}]},
        })
    }

    fn said(state: &Value, last: &Value, previous: bool) -> String {
        let pod = pod(state, last);
        may_read(&pod, "a", status(&pod, "a"), previous).map_or_else(|refusal| refusal.message, |()| "ok".to_owned())
    }

    #[test]
    fn the_sentences_are_those_of_the_kubelet() {
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let ended = json!({"terminated": {"exitCode": 1}});
        let none = json!({});
        assert_eq!(
            said(&waiting("ImagePullBackOff"), &none, false),
            r#"container "a" in pod "p" is waiting to start: trying and failing to pull image"#
        );
        assert_eq!(
            said(&waiting("ContainerCreating"), &none, false),
            r#"container "a" in pod "p" is waiting to start: ContainerCreating"#
        );
        assert_eq!(said(&waiting("CrashLoopBackOff"), &ended, false), "ok");
        let missing = r#"previous terminated container "a" in pod "p" not found"#;
        assert_eq!(said(&json!({"running": {}}), &none, true), missing);
        assert_eq!(said(&waiting("CrashLoopBackOff"), &ended, true), "ok");
    }

    #[test]
    fn a_container_must_be_named_where_there_are_several() {
        let pod = pod(&json!({}), &json!({}));
        let message = container(&pod, "").unwrap_err().message;
        assert_eq!(
            message,
            "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]"
        );
        assert_eq!(container(&pod, "i").unwrap(), "i");
        assert_eq!(container(&pod, "x").unwrap_err().message, "container x is not valid for pod p");
    }

    #[test]
    fn a_log_is_read_from_a_time_or_a_number_of_lines() {
        let line = |second| Line { at: Timestamp::from_second(second).unwrap(), text: String::new() };
        let lines = [line(1), line(2), line(3)];
        assert_eq!(skipped(&lines, &Query::of("tailLines=1")), 2);
        assert_eq!(skipped(&lines, &Query::of("sinceTime=1970-01-01T00:00:02Z")), 1);
        assert_eq!(skipped(&lines, &Query::of("sinceSeconds=60")), 3);
        assert_eq!(skipped(&lines, &Query::of("")), 0);
        assert_eq!(stamp(lines[0].at), "1970-01-01T00:00:01.000000000Z");
    }
}
