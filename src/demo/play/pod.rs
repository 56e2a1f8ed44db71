//! The life of a pod: pending, bound to a node, making its containers, running.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::play::container::ContainerLife;
use crate::demo::play::event::Hints;
use crate::demo::stamp;

/// Conditions of a pod that its kubelet sets when it takes the pod.
const READY: [&str; 2] = ["Ready", "ContainersReady"];

/// The life of a pod.
#[derive(Clone, Debug)]
pub struct PodLife {
    pod: Value,
    inits: Vec<ContainerLife>,
    containers: Vec<ContainerLife>,
    created: Option<Timestamp>,
    scheduled: Option<Timestamp>,
    taken: Option<Timestamp>,
}

impl PodLife {
    /// The life that a recorded pod stands for.
    pub fn new(pod: Value, hints: &Hints<'_>) -> PodLife {
        let text = |path: &str| pod.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let label = format!("{}_{}({})", text("/metadata/name"), text("/metadata/namespace"), text("/metadata/uid"));
        let lives = |field: &str| {
            let statuses = pod["status"][field].as_array().into_iter().flatten();
            statuses.map(|status| ContainerLife::new(status, &label, hints)).collect::<Vec<_>>()
        };
        let (inits, containers) = (lives("initContainerStatuses"), lives("containerStatuses"));
        let created = stamp::at(&pod, "/metadata/creationTimestamp");
        let scheduled = condition(&pod, "PodScheduled").and_then(transition).or(created);
        let taken = stamp::at(&pod, "/status/startTime").or(scheduled);
        PodLife { pod, inits, containers, created, scheduled, taken }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.pod["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// As it was recorded.
    pub fn last(&self) -> &Value {
        &self.pod
    }

    /// Its containers, those that prepare it first.
    pub fn containers(&self) -> impl Iterator<Item = &ContainerLife> {
        self.inits.iter().chain(&self.containers)
    }

    /// The moments at which it changes.
    pub fn moments(&self) -> Vec<Timestamp> {
        let mut found = Vec::new();
        stamp::collect(&self.pod, &mut found);
        found.extend(self.containers().flat_map(ContainerLife::moments));
        found
    }

    /// The pod at a moment.
    pub fn at(&self, now: Timestamp) -> Option<Value> {
        if self.created.is_some_and(|created| created > now) {
            return None;
        }
        if self.settled().is_none_or(|settled| settled <= now) {
            return Some(self.pod.clone());
        }
        let mut pod = self.pod.clone();
        let status = &self.pod["status"];
        if self.scheduled.is_some_and(|scheduled| scheduled > now) {
            pod["spec"].as_object_mut()?.remove("nodeName");
            pod["status"] = json!({"phase": "Pending", "qosClass": status["qosClass"]});
        } else if self.taken.is_some_and(|taken| taken > now) {
            let scheduled = condition(&self.pod, "PodScheduled");
            pod["status"] = json!({"phase": "Pending", "qosClass": status["qosClass"], "conditions": [scheduled]});
        } else {
            pod["status"] = self.status(now);
        }
        Some(pod)
    }

    /// From when on it is as it was recorded.
    fn settled(&self) -> Option<Timestamp> {
        let conditions = self.pod["status"]["conditions"].as_array().into_iter().flatten().filter_map(transition);
        let containers = self.containers().filter_map(ContainerLife::settled);
        conditions.chain(containers).chain(self.scheduled).chain(self.taken).max()
    }

    /// Its status once a kubelet has taken it.
    fn status(&self, now: Timestamp) -> Value {
        let mut status = self.pod["status"].clone();
        let waiting = if self.inits.is_empty() { "ContainerCreating" } else { "PodInitializing" };
        let at = |lives: &[ContainerLife]| lives.iter().map(|life| life.at(now, waiting)).collect::<Vec<_>>();
        if !self.inits.is_empty() {
            status["initContainerStatuses"] = Value::Array(at(&self.inits));
        }
        if !self.containers.is_empty() {
            status["containerStatuses"] = Value::Array(at(&self.containers));
        }
        let runs = |life: &ContainerLife| life.runs.first().is_some_and(|run| run.start <= now);
        status["phase"] = json!(if self.containers.iter().any(runs) { "Running" } else { "Pending" });
        status["conditions"] = self.conditions(now);
        if let Some(fields) = status.as_object_mut() {
            let mut early = vec!["reason", "message"];
            if !self.containers().any(runs) {
                early.extend(["podIP", "podIPs"]);
            }
            fields.retain(|field, _| !early.contains(&field.as_str()));
        }
        status
    }

    /// Its conditions: those that had not changed yet are not met.
    fn conditions(&self, now: Timestamp) -> Value {
        let conditions = self.pod["status"]["conditions"].as_array().into_iter().flatten();
        let known = conditions.filter_map(|recorded| {
            if transition(recorded).is_none_or(|changed| changed <= now) {
                return Some(recorded.clone());
            }
            let kind = recorded["type"].as_str()?;
            let is_kubelets = READY.contains(&kind) || kind == "Initialized";
            let reason = if READY.contains(&kind) { "ContainersNotReady" } else { "ContainersNotInitialized" };
            let since = self.taken.map(stamp::written);
            is_kubelets.then(|| json!({"type": kind, "status": "False", "reason": reason, "lastTransitionTime": since}))
        });
        Value::Array(known.collect())
    }
}

/// Is a pod ready?
pub fn is_ready(pod: &Value) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready["status"] == "True")
}

fn condition<'a>(pod: &'a Value, kind: &str) -> Option<&'a Value> {
    pod["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

fn transition(condition: &Value) -> Option<Timestamp> {
    stamp::at(condition, "/lastTransitionTime")
}
