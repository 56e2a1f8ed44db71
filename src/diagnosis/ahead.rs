//! What Kubernetes does next to a workload where nobody acts, and when: restarts, pulls, probes, deadlines.
//!
//! The kubelet starts a container again 10 s after its second end, and each time after twice the pause, up to 5 min; the
//! pause counts from the end. It pulls an image again after the same pauses, which count from the failure. It ends a
//! container whose startup probe, or else liveness probe, has failed `failureThreshold` times in a row.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::diagnosis::span;
use crate::snapshot::Snapshot;
use crate::snapshot::container::{Container, ContainerStatus, Probe};
use crate::snapshot::event::Event;
use crate::snapshot::kind::Object;
use crate::snapshot::meta::condition;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;

/// Seconds of the first pause, and of the longest.
const FIRST_PAUSE: i64 = 10;
const LONGEST_PAUSE: i64 = 300;
/// Seconds without progress after which a Deployment is given up, where it does not say.
const PROGRESS: i64 = 600;

/// Something that happens at a known time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// What happens.
    pub kind: What,
    /// When, at the latest.
    pub at: Timestamp,
    /// To which object or container.
    pub object: Subject,
}

/// What can happen at a known time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A container that ended is started again.
    Restart,
    /// An image is pulled again.
    Pull,
    /// The startup probe ends a container.
    StartupProbe,
    /// The liveness probe ends a container.
    LivenessProbe,
    /// A pod that was asked to end is ended by force.
    ForcedEnd,
    /// A rollout is given up.
    GiveUp,
    /// A job is ended that takes too long.
    JobDeadline,
}

impl Deadline {
    /// As it is said at a time: `the next restart of api is tried in 3 min 40 s`.
    pub fn sentence(&self, now: Timestamp) -> String {
        let left = self.at.as_second() - now.as_second();
        let when = if left > 0 { format!("in {}", span::in_words(left)) } else { "at any moment".to_owned() };
        let name = self.object.container.as_ref().unwrap_or(&self.object.name);
        match self.kind {
            What::Restart => format!("{name} is started again {when}"),
            What::Pull => format!("the image of {name} is pulled again {when}"),
            What::StartupProbe => format!("the startup probe kills {name} {when} unless it succeeds"),
            What::LivenessProbe => format!("the liveness probe kills {name} {when} unless it succeeds"),
            What::ForcedEnd => format!("the pod {name}, which is to end, is killed {when}"),
            What::JobDeadline => format!("the job {name} is ended {when}, done or not (activeDeadlineSeconds)"),
            What::GiveUp => format!("Kubernetes gives this rollout up {when} unless it gets on"),
        }
    }
}

/// What happens next to a workload and its pods: of each kind the first.
pub fn deadlines(snapshot: &Snapshot, object: Option<&Object>, pods: &[&Pod]) -> Vec<Deadline> {
    let Some(now) = snapshot.source.taken_at else { return Vec::new() };
    let mut all: Vec<Deadline> = pods.iter().flat_map(|pod| of_pod(snapshot, pod, now)).collect();
    all.extend(object.and_then(|object| give_up(object, now)));
    all.extend(object.and_then(|object| job_deadline(object, now)));
    all.sort_by_key(|deadline| deadline.at);
    let mut first: Vec<Deadline> = Vec::new();
    for deadline in all {
        if !first.iter().any(|known| known.kind == deadline.kind) {
            first.push(deadline);
        }
    }
    first
}

/// A pod, one of its containers, and the time.
struct Part<'a> {
    snapshot: &'a Snapshot,
    pod: &'a Pod,
    status: &'a ContainerStatus,
    now: Timestamp,
}

fn of_pod(snapshot: &Snapshot, pod: &Pod, now: Timestamp) -> Vec<Deadline> {
    /// Seconds after which a kubelet that has not killed a pod is not there.
    const LATE: i64 = 60;
    let meta = &pod.metadata;
    if let Some(at) = meta.deletion_timestamp {
        let object = Subject::new("Pod", &meta.namespace, &meta.name);
        let is_past = now.as_second() - at.as_second() > LATE;
        return if is_past { Vec::new() } else { vec![Deadline { kind: What::ForcedEnd, at, object }] };
    }
    if pod.is_finished() {
        return Vec::new();
    }
    let parts = pod.all_statuses().map(|status| Part { snapshot, pod, status, now });
    let found = parts.filter_map(|part| {
        let (kind, at) = restart(&part).or_else(|| pull(&part)).or_else(|| probe(&part))?;
        Some(Deadline { kind, at, object: Subject::container(&meta.namespace, &meta.name, &part.status.name) })
    });
    found.collect()
}

/// The kubelet says how long it pauses; where it does not, the restarts tell.
fn restart(part: &Part<'_>) -> Option<(What, Timestamp)> {
    let waiting = part.status.state.waiting.as_ref().filter(|waiting| waiting.reason == "CrashLoopBackOff")?;
    let said = waiting.message.strip_prefix("back-off ").and_then(|rest| rest.split(' ').next()).and_then(seconds);
    let pause = said.unwrap_or_else(|| pause(part.status.restart_count));
    Some((What::Restart, after(part.status.last_end()?.finished_at?, pause)?))
}

fn pull(part: &Part<'_>) -> Option<(What, Timestamp)> {
    if !matches!(part.status.waiting_reason(), "ImagePullBackOff" | "ErrImagePull") {
        return None;
    }
    let failed: Vec<&Event> =
        events(part).filter(|event| event.own_message().starts_with("Failed to pull image")).collect();
    let last = failed.iter().filter_map(|event| event.last_seen()).max()?;
    let failures = failed.iter().map(|event| event.count()).sum();
    Some((What::Pull, after(last, pause(failures))?))
}

fn probe(part: &Part<'_>) -> Option<(What, Timestamp)> {
    let started = part.status.state.running.as_ref()?.started_at?;
    let container = part.pod.spec.container(&part.status.name)?;
    let (kind, probe, at) = match (&container.startup_probe, &container.liveness_probe) {
        (Some(probe), _) if part.status.started != Some(true) => {
            (What::StartupProbe, probe, after(started, probe.budget_seconds()))
        }
        (startup, Some(probe)) => {
            let from_start = || never_alive(part, container, probe).then(|| after(started, probe.budget_seconds()));
            let by_event = || after(failing_since(part, probe, started)?, probe.failing_seconds());
            (What::LivenessProbe, probe, by_event().or_else(|| from_start().flatten().filter(|_| startup.is_none())))
        }
        _ => return None,
    };
    // One that should have struck by now has succeeded meanwhile.
    at.filter(|at| part.now.as_second() - at.as_second() <= probe.period_seconds.unwrap_or(10)).map(|at| (kind, at))
}

/// Is it likely that the liveness probe has not succeeded yet? One that asks what the readiness probe asks has not.
fn never_alive(part: &Part<'_>, container: &Container, liveness: &Probe) -> bool {
    let asks_alike = |ready: &Probe| (&ready.http_get, &ready.tcp_socket) == (&liveness.http_get, &liveness.tcp_socket);
    !part.status.ready && container.readiness_probe.as_ref().is_some_and(asks_alike)
}

/// Since when the liveness probe fails, where it still does.
fn failing_since(part: &Part<'_>, probe: &Probe, started: Timestamp) -> Option<Timestamp> {
    let fails = |event: &&Event| event.reason == "Unhealthy" && event.message.starts_with("Liveness probe failed");
    let event = events(part).filter(fails).max_by_key(|event| event.last_seen())?;
    let (first, last) = (event.first_seen()?, event.last_seen()?);
    let is_fresh = part.now.as_second() - last.as_second() <= 2 * probe.period_seconds.unwrap_or(10);
    (is_fresh && first >= started).then_some(first)
}

/// The events about a container, and those about its pod that name none.
fn events<'a>(part: &Part<'a>) -> impl Iterator<Item = &'a Event> {
    let own = relation::events_of(part.snapshot, "Pod", &part.pod.metadata);
    let name = part.status.name.clone();
    own.into_iter().filter(move |event| event.container().is_none_or(|container| name == *container))
}

/// When a Deployment that does not get on is given up.
fn give_up(object: &Object, now: Timestamp) -> Option<Deadline> {
    let Object::Workload(workload) = object else { return None };
    let progress = condition(&workload.status.conditions, "Progressing").filter(|progress| progress.holds())?;
    let limit = workload.spec.progress_deadline_seconds.unwrap_or(PROGRESS);
    // A rollout that was completed has no deadline, nor has a paused one, nor one with the largest number there is.
    if progress.reason == "NewReplicaSetAvailable" || workload.spec.paused || limit >= i64::from(i32::MAX) {
        return None;
    }
    let at = after(progress.last_update_time?, limit).filter(|at| *at > now)?;
    let meta = &workload.metadata;
    Some(Deadline { kind: What::GiveUp, at, object: Subject::new("Deployment", &meta.namespace, &meta.name) })
}

/// When a job that is at work is ended.
fn job_deadline(object: &Object, now: Timestamp) -> Option<Deadline> {
    let Object::Workload(job) = object else { return None };
    if job.is_complete() || job.has_failed() || job.spec.suspend {
        return None;
    }
    let at = after(job.status.start_time?, job.spec.active_deadline_seconds?).filter(|at| *at > now)?;
    let meta = &job.metadata;
    Some(Deadline { kind: What::JobDeadline, at, object: Subject::new("Job", &meta.namespace, &meta.name) })
}

/// Seconds that are paused after so many failures.
fn pause(failures: i64) -> i64 {
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(8);
    (FIRST_PAUSE << doublings).min(LONGEST_PAUSE)
}

/// Seconds of a length as Kubernetes writes it: `2m40s`.
fn seconds(text: &str) -> Option<i64> {
    let length: SignedDuration = text.parse().ok()?;
    Some(length.as_secs())
}

fn after(time: Timestamp, seconds: i64) -> Option<Timestamp> {
    time.checked_add(SignedDuration::from_secs(seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::{deadlines, pause, seconds};
    use crate::snapshot::kind::{Kind, Object};
    use crate::snapshot::pod::Pod;
    use crate::snapshot::{Change, Snapshot};
    use serde_json::{Value, json};

    /// What is ahead of the only pod, and of its deployment where there is one, at 12:05:00.
    fn ahead(objects: &[Value]) -> Vec<String> {
        let mut snapshot = Snapshot::default();
        let now = "2026-01-12T12:05:00Z".parse().unwrap();
        snapshot.apply(Change::Clock(now));
        let mut workload = None;
        for object in objects {
            let kind = Kind::of("", object["kind"].as_str().unwrap()).unwrap();
            let object = Object::from_json(kind, &object.to_string()).unwrap();
            workload = Some(object.clone()).filter(|_| kind.is_workload()).or(workload);
            snapshot.apply(Change::Put(kind, object));
        }
        let pods: Vec<&Pod> = snapshot.of_kind::<Pod>(Kind::Pod).map(|(_, pod)| pod).collect();
        let found = deadlines(&snapshot, workload.as_ref(), &pods);
        found.iter().map(|deadline| deadline.sentence(now)).collect()
    }

    fn pod(container: &Value, status: &Value) -> Value {
        let (mut container, mut status) = (container.clone(), status.clone());
        container["name"] = json!("api");
        status["name"] = json!("api");
        json!({
            "kind": "Pod", "metadata": {"name": "p", "namespace": "ml"}, "spec": {"containers": [container]},
            "status": {"phase": "Running", "containerStatuses": [status]},
        })
    }

    fn crashed(restarts: i64, message: &str, finished: &str) -> Value {
        json!({
            "restartCount": restarts,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
            "lastState": {"terminated": {"exitCode": 1, "finishedAt": finished}},
        })
    }

    fn event(reason: &str, message: &str, count: i64, times: [&str; 2]) -> Value {
        json!({
            "kind": "Event", "metadata": {"name": message, "namespace": "ml"}, "reason": reason, "message": message,
            "involvedObject": {"kind": "Pod", "name": "p", "namespace": "ml", "fieldPath": "spec.containers{api}"},
            "count": count, "firstTimestamp": times[0], "lastTimestamp": times[1],
        })
    }

    #[test]
    fn pauses_double_from_ten_seconds_to_five_minutes() {
        assert_eq!([0, 1, 2, 3, 5, 6, 7, 100].map(pause), [10, 10, 20, 40, 160, 300, 300, 300]);
        assert_eq!(["10s", "2m40s", "5m0s", "soon"].map(seconds), [Some(10), Some(160), Some(300), None]);
    }

    #[test]
    fn a_container_is_started_again_when_the_pause_after_its_end_is_over() {
        let message = "back-off 5m0s restarting failed container=api pod=p_ml(u)";
        let said = ahead(&[pod(&json!({}), &crashed(9, message, "2026-01-12T12:03:40Z"))]);
        assert_eq!(said, ["api is started again in 3 min 40 s"]);
        let counted = ahead(&[pod(&json!({}), &crashed(3, "", "2026-01-12T12:04:30Z"))]);
        assert_eq!(counted, ["api is started again in 10 s"]);
        let due = ahead(&[pod(&json!({}), &crashed(1, "", "2026-01-12T12:04:30Z"))]);
        assert_eq!(due, ["api is started again at any moment"]);
    }

    #[test]
    fn an_image_is_pulled_again_when_the_pause_after_the_failure_is_over() {
        let waits = json!({"state": {"waiting": {"reason": "ImagePullBackOff"}}});
        let failed = |count| {
            event(
                "Failed",
                "Failed to pull image \"i\": timeout",
                count,
                ["2026-01-12T12:00:00Z", "2026-01-12T12:04:50Z"],
            )
        };
        assert_eq!(ahead(&[pod(&json!({}), &waits), failed(3)]), ["the image of api is pulled again in 30 s"]);
        assert_eq!(ahead(&[pod(&json!({}), &waits)]), Vec::<String>::new());
    }

    #[test]
    fn the_startup_probe_goes_before_the_liveness_probe() {
        let probes = json!({
            "startupProbe": {"initialDelaySeconds": 5, "periodSeconds": 10, "failureThreshold": 30},
            "livenessProbe": {"periodSeconds": 1, "failureThreshold": 1},
        });
        let runs = json!({"started": false, "state": {"running": {"startedAt": "2026-01-12T12:00:15Z"}}});
        assert_eq!(ahead(&[pod(&probes, &runs)]), ["the startup probe kills api in 20 s unless it succeeds"]);
    }

    #[test]
    fn a_liveness_probe_kills_what_it_never_reached_or_no_longer_reaches() {
        let asks = json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 20, "failureThreshold": 3});
        let probes = json!({"livenessProbe": asks, "readinessProbe": asks});
        let runs = |at: &str| json!({"ready": false, "started": true, "state": {"running": {"startedAt": at}}});
        let never = ahead(&[pod(&probes, &runs("2026-01-12T12:04:20Z"))]);
        assert_eq!(never, ["the liveness probe kills api in 20 s unless it succeeds"]);
        let long_ago = pod(&probes, &runs("2026-01-12T11:00:00Z"));
        assert_eq!(ahead(std::slice::from_ref(&long_ago)), Vec::<String>::new());
        let fails = event("Unhealthy", "Liveness probe failed: x", 2, ["2026-01-12T12:04:30Z", "2026-01-12T12:04:50Z"]);
        assert_eq!(ahead(&[long_ago, fails]), ["the liveness probe kills api in 10 s unless it succeeds"]);
    }

    #[test]
    fn a_rollout_is_given_up_so_long_after_its_last_progress() {
        let deployment = |reason: &str, limit: i64| {
            json!({
                "kind": "Deployment", "metadata": {"name": "a", "namespace": "ml"}, "spec": {"progressDeadlineSeconds": limit},
                "status": {"conditions": [{"type": "Progressing", "status": "True", "reason": reason,
                    "lastUpdateTime": "2026-01-12T12:04:00Z"}]},
            })
        };
        let said = ["Kubernetes gives this rollout up in 4 min unless it gets on"];
        assert_eq!(ahead(&[deployment("ReplicaSetUpdated", 300)]), said);
        assert_eq!(ahead(&[deployment("NewReplicaSetAvailable", 300)]), Vec::<String>::new());
        assert_eq!(ahead(&[deployment("ReplicaSetUpdated", 2_147_483_647)]), Vec::<String>::new());
    }

    #[test]
    fn a_job_is_ended_when_its_time_is_over() {
        let job = |condition: &str| {
            json!({
                "kind": "Job", "metadata": {"name": "refit", "namespace": "ml"}, "spec": {"activeDeadlineSeconds": 600},
                "status": {"startTime": "2026-01-12T11:57:00Z", "conditions": [{"type": condition, "status": "True"}]},
            })
        };
        let said = ["the job refit is ended in 2 min, done or not (activeDeadlineSeconds)"];
        assert_eq!(ahead(&[job("")]), said);
        assert_eq!(ahead(&[job("Complete")]), Vec::<String>::new());
    }

    #[test]
    fn a_pod_that_is_to_end_is_killed_when_its_grace_is_over() {
        let mut leaving = pod(&json!({}), &json!({"state": {"running": {}}}));
        leaving["metadata"]["deletionTimestamp"] = json!("2026-01-12T12:05:12Z");
        assert_eq!(ahead(&[leaving]), ["the pod p, which is to end, is killed in 12 s"]);
    }
}
