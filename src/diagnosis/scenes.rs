//! Sets the scenes of a snapshot: one for each container, pod, workload, claim, Service, node and pasted log.

use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::present;
use crate::diagnosis::scene::{Origin, Part, Scene, Survival};
use crate::diagnosis::{sign, stack};
use crate::snapshot::container::{Container, ContainerState, ContainerStatus};
use crate::snapshot::custom::Custom;
use crate::snapshot::kind::Kind;
use crate::snapshot::log::Log;
use crate::snapshot::meta::{Condition, Meta};
use crate::snapshot::network::{Ingress, Service};
use crate::snapshot::node::Node;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::storage::Claim;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, LogKey, Snapshot};

/// Sets scenes on a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// The rules that will be held against it.
    pub catalogue: &'a Catalogue,
}

impl<'a> Stage<'a> {
    /// The scene of a pasted log.
    pub fn of_log(self, key: &'a LogKey, log: &'a Log) -> Scene<'a> {
        let mut scene = Scene::new(self.snapshot, self.catalogue, Subject::log(&key.container), Part::Log);
        scene.bind("stack", &SafeText::new(stack::of_log(log)));
        self.read_present(&mut scene, (key, log), Survival::None, false);
        scene
    }

    /// The scenes of a pod: its own, and one for each container.
    pub fn of_pod(self, pod: &'a Pod) -> Vec<Scene<'a>> {
        let workload = relation::workload_of(self.snapshot, pod);
        let mut scenes = vec![self.of_pod_itself(pod, &workload)];
        let first = pod.spec.containers.first().map(|container| &container.name);
        for container in pod.spec.all_containers() {
            let takes_unnamed = Some(&container.name) == first;
            scenes.push(self.of_container((pod, &workload), container, takes_unnamed));
        }
        scenes
    }

    fn of_pod_itself(self, pod: &'a Pod, workload: &Subject) -> Scene<'a> {
        let meta = &pod.metadata;
        let mut scene =
            Scene::new(self.snapshot, self.catalogue, Subject::new("Pod", &meta.namespace, &meta.name), Part::Pod(pod));
        name_pod(&mut scene, pod, workload);
        hear_conditions_of_pod(&mut scene, pod);
        scene.hear(Origin::Field("status.message"), &pod.status.reason, &pod.status.message);
        for event in relation::events_of(self.snapshot, "Pod", meta) {
            if present::counts(event, pod, self.snapshot.source.taken_at) {
                scene.hear(Origin::Event(event), &event.reason, event.own_message());
            }
        }
        scene
    }

    /// The scene of a container; `takes_unnamed` where events that name no container are believed to be about this one.
    fn of_container(
        self,
        (pod, workload): (&'a Pod, &Subject),
        container: &'a Container,
        takes_unnamed: bool,
    ) -> Scene<'a> {
        let meta = &pod.metadata;
        let subject = Subject::container(&meta.namespace, &meta.name, &container.name);
        let status = pod.container_status(&container.name);
        let mut scene = Scene::new(self.snapshot, self.catalogue, subject, Part::Container { pod, container, status });
        name_pod(&mut scene, pod, workload);
        scene.bind("container", &container.name);
        scene.bind("image", &container.image);
        // Of a fragment or a table neither may be known: then the words do without them.
        scene.names.retain(|_, value| !value.is_empty());
        hear_status(&mut scene, status);
        let named = |name: Option<&str>| name.map_or(takes_unnamed, |name| container.name == name);
        for event in relation::events_of(self.snapshot, "Pod", meta) {
            if named(event.container()) && present::counts(event, pod, self.snapshot.source.taken_at) {
                scene.hear(Origin::Event(event), &event.reason, event.own_message());
            }
        }
        self.read_logs(&mut scene, pod, container, status);
        scene
    }

    /// Reads the log of the instance before and of this one. In a crash loop both may be the same: then one is enough.
    fn read_logs(
        self,
        scene: &mut Scene<'a>,
        pod: &'a Pod,
        container: &'a Container,
        status: Option<&'a ContainerStatus>,
    ) {
        let meta = &pod.metadata;
        let log_of = |previous| self.snapshot.log_entry(&LogKey::of(meta, &container.name, previous));
        let is_ready = status.is_some_and(|status| status.ready) && container.readiness_probe.is_some();
        if let Some((key, log)) = log_of(false) {
            let broke = status.is_some_and(|status| broke(&status.state));
            self.read_present(scene, (key, log), if is_ready { Survival::Over } else { Survival::None }, broke);
        }
        let same = |log: &Log| {
            log_of(false).is_some_and(|(_, current)| current.lines == log.lines && current.bytes == log.bytes)
        };
        let now = self.snapshot.source.taken_at;
        let up = status.is_some_and(|status| status.is_settled(now) || status.has_outlived(now));
        if let Some((key, log)) = log_of(true).filter(|(_, log)| !same(log) && !up) {
            let broke = status.is_some_and(|status| broke(&status.last_state));
            let survival = sign::survivals(log, self.catalogue, broke);
            for record in &log.records {
                scene.read(key, record, survival(record));
            }
        }
    }

    /// Reads the log of a server that may still be up: what is over for its start need not be for its requests.
    fn read_present(self, scene: &mut Scene<'a>, (key, log): (&'a LogKey, &'a Log), least: Survival, broke: bool) {
        let (survival, is_failing) = (sign::survivals(log, self.catalogue, broke), sign::failing(log, self.catalogue));
        for record in &log.records {
            let survival = survival(record).max(least);
            let fails = survival == Survival::Over && is_failing(record);
            scene.read(key, record, if fails { Survival::Requests } else { survival });
        }
    }

    /// The scene of what makes pods. What its newest ReplicaSet says counts as its own.
    pub fn of_workload(self, key: &'a Key, workload: &'a Workload) -> Scene<'a> {
        let subject = Subject::new(key.kind.name(), &key.namespace, &key.name);
        let mut scene = Scene::new(self.snapshot, self.catalogue, subject, Part::Workload(key, workload));
        name_workload(&mut scene, &relation::top_of(self.snapshot, key));
        hear_conditions(&mut scene, &workload.status.conditions);
        self.hear_events(&mut scene, key.kind.name(), &workload.metadata);
        if key.kind == Kind::Deployment
            && let Some((set_key, set)) = relation::replica_sets(self.snapshot, &workload.metadata).pop()
        {
            hear_conditions(&mut scene, &set.status.conditions);
            let complete = set.status.replicas >= set.spec.replicas.unwrap_or(1);
            if !complete {
                self.hear_events(&mut scene, set_key.kind.name(), &set.metadata);
            }
        }
        scene
    }

    /// The scene of a claim.
    pub fn of_claim(self, claim: &'a Claim) -> Scene<'a> {
        let meta = &claim.metadata;
        let mut scene = Scene::new(
            self.snapshot,
            self.catalogue,
            Subject::new("PersistentVolumeClaim", &meta.namespace, &meta.name),
            Part::Claim(claim),
        );
        scene.bind("claim", &meta.name);
        if claim.status.phase != "Bound" {
            for event in relation::events_of(self.snapshot, "PersistentVolumeClaim", meta) {
                if present::claim_waits(event, claim, self.snapshot.source.taken_at) {
                    scene.hear(Origin::Event(event), &event.reason, event.own_message());
                }
            }
        }
        scene
    }

    /// The scene of a Service.
    pub fn of_service(self, service: &'a Service) -> Scene<'a> {
        let meta = &service.metadata;
        let mut scene = Scene::new(
            self.snapshot,
            self.catalogue,
            Subject::new("Service", &meta.namespace, &meta.name),
            Part::Service(service),
        );
        scene.bind("service", &meta.name);
        self.hear_events(&mut scene, "Service", meta);
        scene
    }

    /// The scene of an Ingress.
    pub fn of_ingress(self, ingress: &'a Ingress) -> Scene<'a> {
        let meta = &ingress.metadata;
        let mut scene = Scene::new(
            self.snapshot,
            self.catalogue,
            Subject::new("Ingress", &meta.namespace, &meta.name),
            Part::Ingress(ingress),
        );
        self.hear_events(&mut scene, "Ingress", meta);
        scene
    }

    /// The scene of a node.
    pub fn of_node(self, node: &'a Node) -> Scene<'a> {
        let meta = &node.metadata;
        let mut scene = Scene::new(
            self.snapshot,
            self.catalogue,
            Subject::new("Node", &SafeText::default(), &meta.name),
            Part::Node(node),
        );
        scene.bind("node", &meta.name);
        hear_conditions(&mut scene, &node.status.conditions);
        self.hear_events(&mut scene, "Node", meta);
        scene
    }

    /// The scene of an object of an operator.
    pub fn of_custom(self, key: &'a Key, custom: &'a Custom) -> Scene<'a> {
        let subject = Subject::new(key.kind.name(), &key.namespace, &key.name);
        let mut scene = Scene::new(self.snapshot, self.catalogue, subject.clone(), Part::Custom(key, custom));
        name_workload(&mut scene, &subject);
        hear_conditions(&mut scene, &custom.status.conditions);
        if let Some(failure) = present::model_failure(self.snapshot, key, custom) {
            scene.hear(Origin::Field("status.modelStatus.lastFailureInfo.message"), &failure.reason, &failure.message);
        }
        for (status, message) in custom.status.failed_applications() {
            scene.hear(Origin::Field("status.applicationStatuses.message"), status, message);
        }
        scene.hear(Origin::Field("status.message"), &custom.status.state, &custom.status.message);
        self.hear_events(&mut scene, key.kind.name(), &custom.metadata);
        scene
    }

    fn hear_events(self, scene: &mut Scene<'a>, kind: &str, meta: &Meta) {
        for event in relation::events_of(self.snapshot, kind, meta) {
            scene.hear(Origin::Event(event), &event.reason, event.own_message());
        }
    }
}

fn hear_status<'a>(scene: &mut Scene<'a>, status: Option<&'a ContainerStatus>) {
    let Some(status) = status else { return };
    let now = scene.snapshot.source.taken_at;
    let is_settled = status.is_settled(now) || status.has_outlived(now);
    if let Some(waiting) = &status.state.waiting {
        scene.hear(Origin::Field("state.waiting.message"), &waiting.reason, &waiting.message);
    }
    if let Some(end) = &status.state.terminated {
        scene.hear(Origin::Field("state.terminated.message"), &end.reason, &end.message);
    }
    if let Some(end) = status.last_state.terminated.as_ref().filter(|_| !is_settled) {
        scene.hear(Origin::Field("lastState.terminated.message"), &end.reason, &end.message);
    }
}

/// Did the program end with an error of its own, not by a signal?
fn broke(state: &ContainerState) -> bool {
    /// What is added to the number of the signal that ended a program.
    const BY_SIGNAL: i64 = 128;
    state.terminated.as_ref().is_some_and(|end| (1..BY_SIGNAL).contains(&end.exit_code))
}

/// Conditions of a pod that is ready, except what may end that, tell of what is over, or hurts nobody.
fn hear_conditions_of_pod<'a>(scene: &mut Scene<'a>, pod: &'a Pod) {
    for condition in &pod.status.conditions {
        if !pod.is_ready() || condition.kind == "DisruptionTarget" {
            scene.hear(Origin::Condition(condition), &condition.reason, &condition.message);
        }
    }
}

fn hear_conditions<'a>(scene: &mut Scene<'a>, conditions: &'a [Condition]) {
    for condition in conditions {
        scene.hear(Origin::Condition(condition), &condition.reason, &condition.message);
    }
}

fn name_pod(scene: &mut Scene<'_>, pod: &Pod, workload: &Subject) {
    scene.bind("pod", &pod.metadata.name);
    let online = [("endpoint", "ml.azure.com/endpoint-name"), ("online_deployment", "ml.azure.com/deployment-name")];
    for (name, label) in online {
        scene.bind(name, &SafeText::new(pod.metadata.label(label)));
    }
    name_workload(scene, workload);
    if pod.is_scheduled() {
        scene.bind("node", &pod.spec.node_name);
    }
}

fn name_workload(scene: &mut Scene<'_>, workload: &Subject) {
    scene.bind("workload", &workload.name);
    scene.bind("workload_kind", &workload.kind);
    // What an operator makes, kubectl cannot set, and the operator would set back. The pods of a job cannot be changed.
    let is_settable = matches!(workload.kind.as_str(), "Pod" | "CronJob")
        || Kind::ALL.iter().any(|kind| kind.is_workload() && *kind != Kind::Job && workload.kind == kind.name());
    if is_settable && !workload.name.is_empty() {
        scene.bind("target", &workload.for_kubectl());
    }
}
