//! The cluster at a moment of the play: recorded objects and logs, as far as they have come to pass.

pub mod container;
pub mod event;
pub mod log;
pub mod pod;
pub mod workload;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::demo::play::event::Hints;
use crate::demo::play::log::Log;
use crate::demo::play::pod::PodLife;
use crate::demo::scenario::Scenario;
use crate::demo::stamp;
use crate::demo::tempo::Tempo;

/// From the beginning of one scenario to that of the next.
const STAGGER: Duration = Duration::from_millis(900);
/// Kinds that make a scenario begin; what is older stands on the stage when it opens.
const BEGINNERS: [&str; 7] =
    ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "InferenceService", "OnlineDeployment"];

/// Scenarios that play together.
#[derive(Debug, Default)]
pub struct Play {
    acts: Vec<Act>,
}

/// One scenario in the play.
#[derive(Debug)]
struct Act {
    tempo: Tempo,
    pods: Vec<PodLife>,
    /// All objects but the pods.
    objects: Vec<Value>,
    logs: Vec<Log>,
    begin: Timestamp,
    taken_at: Timestamp,
}

impl Play {
    /// A play of these scenarios that ends so long after `start`. Every time in them is moved so that they were recorded
    /// when the play ends: so nothing that has come to pass lies in the future.
    pub fn new(scenarios: Vec<Scenario>, start: Timestamp) -> Play {
        let end = Play::of(scenarios.clone()).end();
        let end_at = start.checked_add(end).unwrap_or(start);
        Play::ending(scenarios, end_at)
    }

    /// A play that ends at a time.
    pub fn ending(scenarios: Vec<Scenario>, end_at: Timestamp) -> Play {
        let to_the_end = |scenario: Scenario| {
            let by = SignedDuration::from_secs(end_at.as_second() - scenario.taken_at().as_second() - 1);
            scenario.shifted(by)
        };
        Play::of(scenarios.into_iter().map(to_the_end).collect())
    }

    fn of(scenarios: Vec<Scenario>) -> Play {
        let begins = (0_u32..).map(|index| STAGGER * index);
        Play { acts: scenarios.into_iter().zip(begins).map(|(scenario, begin)| Act::new(scenario, begin)).collect() }
    }

    /// The objects that exist at a time of the play. An object that several scenarios share comes several times.
    pub fn objects(&self, played: Duration) -> Vec<Value> {
        let mut objects: Vec<Value> = self.acts.iter().flat_map(|act| act.objects(played)).collect();
        for object in &mut objects {
            event::count_on(object, played, self.end());
        }
        objects.extend(objects.iter().filter_map(event::in_new_form).collect::<Vec<_>>());
        objects
    }

    /// The next time at which something happens, back-offs after the end included.
    pub fn beat(&self, played: Duration) -> Duration {
        self.next(played).unwrap_or_else(|| event::next_count(played, self.end()))
    }

    /// The next recorded moment.
    pub fn next(&self, played: Duration) -> Option<Duration> {
        self.acts.iter().filter_map(|act| act.tempo.next(played)).min()
    }

    /// When nothing more happens.
    pub fn end(&self) -> Duration {
        self.acts.iter().map(|act| act.tempo.end()).max().unwrap_or_default()
    }

    /// The log of a container, and how far its record is played.
    pub fn log(&self, pod: &str, container: &str, played: Duration) -> Option<(&Log, Timestamp)> {
        let of = |act: &Act| act.logs.iter().position(|log| log.pod == pod && log.container == container);
        let (act, index) = self.acts.iter().find_map(|act| Some((act, of(act)?)))?;
        Some((&act.logs[index], act.now(played)?))
    }
}

impl Act {
    fn new(scenario: Scenario, begin: Duration) -> Act {
        let taken_at = scenario.taken_at();
        let (pods, objects): (Vec<Value>, Vec<Value>) =
            scenario.objects.into_iter().partition(|object| object["kind"] == "Pod");
        let pods: Vec<PodLife> = pods.iter().map(|pod| life(pod, &objects)).collect();
        let logs = pods.iter().flat_map(|pod| log::of_pod(pod, &scenario.logs, taken_at)).collect::<Vec<_>>();
        let first = first_creation(&pods, &objects).unwrap_or(taken_at);
        let mut moments = moments(&pods, &objects, &logs);
        moments.retain(|moment| (first..=taken_at).contains(moment));
        moments.extend([first, taken_at]);
        Act { tempo: Tempo::new(moments, begin), pods, objects, logs, begin: first, taken_at }
    }

    /// How far the record is played; `None` before it begins.
    fn now(&self, played: Duration) -> Option<Timestamp> {
        self.tempo.recorded(played)
    }

    fn objects(&self, played: Duration) -> Vec<Value> {
        let Some(now) = self.now(played) else { return self.before() };
        if now >= self.taken_at {
            return self.pods.iter().map(|pod| pod.last().clone()).chain(self.objects.iter().cloned()).collect();
        }
        let pods: Vec<Value> = self.pods.iter().filter_map(|pod| pod.at(now)).collect();
        let others: Vec<Value> = self.objects.iter().filter_map(|object| self.object(object, &pods, now)).collect();
        pods.into_iter().chain(others).collect()
    }

    /// What stands on the stage when it opens.
    fn before(&self) -> Vec<Value> {
        self.objects.iter().filter(|object| is_standing(object, self.begin)).cloned().collect()
    }

    fn object(&self, object: &Value, pods: &[Value], now: Timestamp) -> Option<Value> {
        if object["kind"] == "Event" {
            return event::at(object, now);
        }
        let exists = is_standing(object, self.begin) || created(object).is_none_or(|created| created <= now);
        exists.then(|| match object["kind"].as_str() {
            Some("EndpointSlice") => workload::slice_at(object, pods),
            _ => workload::at(object, pods, now),
        })
    }
}

/// Does an object of the whole cluster, or one that is older than the story, stand there from the beginning?
fn is_standing(object: &Value, begin: Timestamp) -> bool {
    let is_of_cluster = object["metadata"]["namespace"].as_str().is_none_or(str::is_empty);
    object["kind"] != "Event" && (is_of_cluster || created(object).is_some_and(|created| created < begin))
}

fn life(pod: &Value, objects: &[Value]) -> PodLife {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let of_pod = |object: &&Value| {
        object["kind"] == "Event"
            && object["involvedObject"]["kind"] == "Pod"
            && object["involvedObject"]["name"] == name
    };
    let events: Vec<&Value> = objects.iter().filter(of_pod).collect();
    PodLife::new(pod.clone(), &Hints { events })
}

fn created(object: &Value) -> Option<Timestamp> {
    stamp::at(object, "/metadata/creationTimestamp")
}

fn first_creation(pods: &[PodLife], objects: &[Value]) -> Option<Timestamp> {
    let begins = |object: &&Value| BEGINNERS.iter().any(|kind| object["kind"] == *kind);
    pods.iter().map(PodLife::last).chain(objects.iter().filter(begins)).filter_map(created).min()
}

fn moments(pods: &[PodLife], objects: &[Value], logs: &[Log]) -> Vec<Timestamp> {
    let mut found = Vec::new();
    for object in objects {
        stamp::collect(object, &mut found);
    }
    found.extend(pods.iter().flat_map(PodLife::moments));
    found.extend(logs.iter().flat_map(Log::moments));
    found
}

#[cfg(test)]
mod tests {
    use super::Play;
    use crate::demo::scenario::{Header, Recorded, Scenario};
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use std::time::Duration;

    /// A pod that was scheduled after 2 s, ran after 40 s for 8 s, and again after 56 s.
    fn scenario() -> Scenario {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "namespace": "n", "creationTimestamp": "2026-01-12T09:00:00Z", "uid": "u"},
            "spec": {"nodeName": "cpu-a", "containers": [{"name": "c", "image": "i"}]},
            "status": {
                "phase": "Running", "startTime": "2026-01-12T09:00:02Z",
                "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-12T09:00:02Z"}],
                "containerStatuses": [{
                    "name": "c", "image": "i", "ready": false, "restartCount": 1, "state":
                        {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled",
                        "startedAt": "2026-01-12T09:00:56Z", "finishedAt": "2026-01-12T09:01:04Z"}},
                }],
            },
        });
        let started = json!({
            "apiVersion": "v1", "kind": "Event", "reason": "Started", "type": "Normal", "count": 2,
            "metadata": {"name": "e", "namespace": "n"},
            "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "spec.containers{c}"},
            "firstTimestamp": "2026-01-12T09:00:40Z", "lastTimestamp": "2026-01-12T09:00:56Z",
        });
        let logs = vec![Recorded {
            pod: "p".to_owned(),
            container: "c".to_owned(),
            previous: false,
            text: "one\ntwo\n".to_owned(),
        }];
        let taken_at = "2026-01-12T09:02:00Z".parse().ok();
        let capture = Some(Header { taken_at, ..Header::default() });
        Scenario { name: "s".to_owned(), objects: vec![pod, started], logs, capture, story: None }
    }

    fn states(play: &Play) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let mut played = Duration::ZERO;
        loop {
            let objects = play.objects(played);
            let pod = objects.iter().find(|object| object["kind"] == "Pod").cloned().unwrap_or_default();
            let state = state(&pod);
            if seen.last() != Some(&state) {
                seen.push(state);
            }
            match play.next(played) {
                Some(next) => played = next,
                None => return seen,
            }
        }
    }

    fn state(pod: &Value) -> String {
        let container = &pod["status"]["containerStatuses"][0];
        let state = container["state"].as_object().and_then(|state| state.iter().next());
        let reason = state.map_or(String::new(), |(name, inner)| format!(" {name} {}", inner["reason"]));
        let bound = if pod["spec"]["nodeName"].is_string() { " bound" } else { "" };
        format!("{}{bound}{reason} {}", pod["status"]["phase"], container["restartCount"]).replace(['"'], "")
    }

    #[test]
    fn a_pod_goes_through_its_states_in_their_order() {
        let play = Play::of(vec![scenario()]);
        let expected = [
            "null null",
            "Pending null",
            "Pending bound waiting ContainerCreating 0",
            "Running bound running null 0",
            "Running bound terminated OOMKilled 0",
            "Running bound waiting CrashLoopBackOff 0",
            "Running bound running null 1",
            "Running bound terminated OOMKilled 1",
            "Running bound waiting CrashLoopBackOff 1",
        ];
        assert_eq!(states(&play), expected);
    }

    #[test]
    fn what_is_seen_never_lies_in_the_future() {
        let start: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let play = Play::new(vec![scenario()], start);
        let mut played = Duration::ZERO;
        while let Some(next) = play.next(played) {
            played = next;
            let now = start.checked_add(played).unwrap();
            let mut seen = Vec::new();
            play.objects(played).iter().for_each(|object| crate::demo::stamp::collect(object, &mut seen));
            assert!(seen.iter().all(|stamp| *stamp <= now), "{now}: {seen:?}");
        }
    }

    #[test]
    fn at_the_end_everything_is_as_it_was_recorded() {
        let play = Play::of(vec![scenario()]);
        assert_eq!(play.objects(play.end())[..2], scenario().objects);
    }

    #[test]
    fn lines_come_with_the_run_that_wrote_them() {
        let play = Play::of(vec![scenario()]);
        let lines = |played| {
            let (log, now) = play.log("p", "c", played)?;
            let run = log.started(now).checked_sub(1)?;
            Some((run, log.runs[run].lines(now).len()))
        };
        assert_eq!(lines(Duration::ZERO), None);
        assert_eq!(lines(play.end()), Some((1, 2)));
        let mut seen = Vec::new();
        let mut played = Duration::ZERO;
        while let Some(next) = play.next(played) {
            played = next;
            seen.extend(lines(played));
        }
        seen.dedup();
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
    }
}
