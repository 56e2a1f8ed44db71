//! The namespace that is measured: deployments of twenty pods, most of them well, and their events.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use unstuck::snapshot::kind::Kind;

use crate::control_plane::etcd;
use crate::control_plane::plane::Plane;

/// The namespace.
pub const NAMESPACE: &str = "ml";
/// Pods of a deployment.
const REPLICAS: usize = 20;
/// One deployment in so many is broken.
const BROKEN: usize = 20;
/// So large is a pod, with what its owner applied last.
const POD_BYTES: usize = 10_000;
/// Deployments that share a node.
const PER_NODE: usize = 5;

/// So many pods, and half as many events.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    /// The pods.
    pub pods: usize,
}

/// Why a deployment is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Its container ends with a traceback.
    FileMissing,
    /// Its image does not exist.
    ImageMissing,
}

impl Population {
    /// A namespace with so many pods.
    pub fn of(pods: usize) -> Self {
        Population { pods }
    }

    fn deployments(self) -> usize {
        self.pods.div_ceil(REPLICAS)
    }

    /// Deployments in which something is wrong: one in twenty, and at least one.
    pub fn broken(self) -> usize {
        (0..self.deployments()).filter(|number| fault(*number).is_some()).count()
    }

    /// Events about the pods.
    pub fn events(self) -> usize {
        self.pods / 2
    }

    /// Puts the namespace into the store of a control plane, in place of all that was there.
    pub async fn fill(self, plane: &Plane) {
        let kinds = [Kind::Pod, Kind::Event, Kind::Deployment, Kind::ReplicaSet, Kind::Service, Kind::Node];
        let folders: Vec<String> = kinds.into_iter().map(etcd::folder).collect();
        let mut objects = vec![(format!("/registry/namespaces/{NAMESPACE}"), namespace())];
        for number in 0..self.deployments() {
            objects.extend(self.deployment(number, plane));
        }
        etcd::replace(&plane.etcd, &folders, &objects).await;
        write_logs(self, plane);
    }

    /// A deployment with all that belongs to it.
    fn deployment(self, number: usize, plane: &Plane) -> Vec<(String, Value)> {
        let name = name(number);
        let ready = if fault(number).is_some() { 0 } else { REPLICAS };
        let mut objects = vec![
            keyed(Kind::Deployment, deployment(&name, ready)),
            keyed(Kind::ReplicaSet, replica_set(&name, ready)),
            keyed(Kind::Service, service(&name)),
        ];
        for replica in (0..REPLICAS).take(self.pods - number * REPLICAS) {
            objects.push(keyed(Kind::Pod, pod(number, replica)));
            if (number * REPLICAS + replica).is_multiple_of(2) {
                objects.push(keyed(Kind::Event, event(number, replica)));
            }
        }
        if number.is_multiple_of(PER_NODE) {
            let mut node = node(number / PER_NODE);
            plane.answer_for(&mut node);
            objects.push((format!("{}{}", etcd::folder(Kind::Node), node_name(number)), node));
        }
        objects
    }
}

fn name(number: usize) -> String {
    format!("model-{number:03}")
}

fn pod_name(number: usize, replica: usize) -> String {
    format!("{}-6f9d-{replica:05}", name(number))
}

fn node_name(number: usize) -> String {
    format!("node-{:03}", number / PER_NODE)
}

fn fault(number: usize) -> Option<Fault> {
    match (number % BROKEN, number / BROKEN % 2) {
        (1, 0) => Some(Fault::FileMissing),
        (1, _) => Some(Fault::ImageMissing),
        _ => None,
    }
}

fn ago(minutes: i64) -> String {
    (Timestamp::now() - SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn keyed(kind: Kind, object: Value) -> (String, Value) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    (format!("{}{NAMESPACE}/{name}", etcd::folder(kind)), object)
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "uid": "namespace", "creationTimestamp": ago(99)},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
}

fn metadata(kind: &str, name: &str, app: &str) -> Value {
    json!({"name": name, "namespace": NAMESPACE, "uid": format!("{kind}-{name}"), "creationTimestamp": ago(60),
        "generation": 1, "labels": {"app": app, "pod-template-hash": "6f9d"}})
}

fn owned(mut metadata: Value, kind: &str, name: &str) -> Value {
    metadata["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": kind, "name": name,
        "uid": format!("{kind}-{name}"), "controller": true, "blockOwnerDeletion": true}]);
    metadata
}

fn template(app: &str) -> Value {
    let probe = json!({"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1,
        "successThreshold": 1, "failureThreshold": 3});
    json!({"metadata": {"labels": {"app": app, "pod-template-hash": "6f9d"}}, "spec": {
        "containers": [{"name": "server", "image": "registry.example.com/models/score:1.4", "readinessProbe": probe,
            "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "ports": [{"containerPort": 8080, "protocol": "TCP"}], "env": [{"name": "MODEL_PATH", "value": "/mnt/models/churn.pkl"}],
            "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}}],
        "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30, "securityContext": {}}})
}

fn deployment(name: &str, ready: usize) -> Value {
    let mut metadata = metadata("Deployment", name, name);
    metadata["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": {"replicas": REPLICAS, "selector": {"matchLabels": {"app": name}}, "template": template(name),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}},
            "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10},
        "status": {"replicas": REPLICAS, "readyReplicas": ready, "updatedReplicas": REPLICAS, "availableReplicas": ready,
            "observedGeneration": 1}})
}

fn replica_set(name: &str, ready: usize) -> Value {
    let mut metadata = owned(metadata("ReplicaSet", &format!("{name}-6f9d"), name), "Deployment", name);
    metadata["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata,
        "spec": {"replicas": REPLICAS, "selector": {"matchLabels": {"app": name, "pod-template-hash": "6f9d"}}, "template": template(name)},
        "status": {"replicas": REPLICAS, "readyReplicas": ready, "availableReplicas": ready, "observedGeneration": 1}})
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata("Service", name, name),
        "spec": {"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "selector": {"app": name},
            "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}], "sessionAffinity": "None"}, "status": {"loadBalancer": {}}})
}

fn pod(number: usize, replica: usize) -> Value {
    let (app, name) = (name(number), pod_name(number, replica));
    let mut metadata = owned(metadata("Pod", &name, &app), "ReplicaSet", &format!("{app}-6f9d"));
    let mut spec = template(&app)["spec"].clone();
    spec["nodeName"] = json!(node_name(number));
    add_what_the_server_adds(&mut spec, replica);
    let state = state(fault(number));
    let is_ready = if state["ready"] == true { "True" } else { "False" };
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": ago(59)});
    let status = json!({"phase": if is_ready == "True" { "Running" } else { "Pending" }, "startTime": ago(60), "podIP": "10.0.0.1",
        "conditions": [condition("PodReadyToStartContainers", "True"), condition("Initialized", "True"),
            condition("Ready", is_ready), condition("ContainersReady", is_ready), condition("PodScheduled", "True")],
        "containerStatuses": [state]});
    metadata["managedFields"] = managed_fields();
    let bare = json!({"metadata": metadata, "spec": spec, "status": status}).to_string().len();
    metadata["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": "x".repeat(POD_BYTES.saturating_sub(bare))});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
}

/// Tolerations, and the token of the service account in a volume that has another name in every pod.
fn add_what_the_server_adds(spec: &mut Value, replica: usize) {
    let volume = format!("kube-api-access-{replica:05}");
    spec["serviceAccountName"] = json!("default");
    spec["tolerations"] =
        json!(["not-ready", "unreachable"].map(|taint| json!({"key": format!("node.kubernetes.io/{taint}"),
        "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})));
    spec["volumes"] = json!([{"name": volume, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}]);
    spec["containers"][0]["volumeMounts"] = json!([{"name": volume, "readOnly": true,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]);
}

/// Who set which fields, much shortened.
fn managed_fields() -> Value {
    let entry = |manager: &str, fields: Value| {
        json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "time": ago(59), "fieldsType": "FieldsV1",
            "fieldsV1": fields})
    };
    json!([
        entry("kube-controller-manager", json!({"f:metadata": {"f:labels": {}}, "f:spec": {"f:containers": {}}})),
        entry("kubelet", json!({"f:status": {"f:conditions": {}, "f:containerStatuses": {}}})),
    ])
}

fn state(fault: Option<Fault>) -> Value {
    let mut state = json!({"name": "server", "image": "registry.example.com/models/score:1.4", "imageID":
        "registry.example.com/models/score@sha256:5d8f3b1c9a7e6420d1b3f5a7c9e8064213579bdf02468ace13579bdf02468ace", "ready": false,
        "restartCount": 0, "started": false});
    let end = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": ago(2), "finishedAt": ago(1), "containerID": "containerd://1"}});
    match fault {
        None => {
            state["state"] = json!({"running": {"startedAt": ago(59)}});
            (state["ready"], state["started"]) = (json!(true), json!(true));
        }
        Some(Fault::FileMissing) => {
            state["state"] = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=server"}});
            (state["lastState"], state["restartCount"]) = (end, json!(7));
        }
        Some(Fault::ImageMissing) => {
            state["imageID"] = json!("");
            state["state"] = json!({"waiting": {"reason": "ImagePullBackOff", "message":
                "Back-off pulling image \"registry.example.com/models/score:1.4\": ErrImagePull: registry.example.com/models/score:1.4: not found"}});
        }
    }
    state
}

fn event(number: usize, replica: usize) -> Value {
    let pod = pod_name(number, replica);
    let (kind, reason, message) = match fault(number) {
        None => ("Normal", "Started", "Started container server"),
        Some(Fault::FileMissing) => ("Warning", "BackOff", "Back-off restarting failed container server in pod"),
        Some(Fault::ImageMissing) => (
            "Warning",
            "Failed",
            "Failed to pull image \"registry.example.com/models/score:1.4\": registry.example.com/models/score:1.4: not found",
        ),
    };
    json!({"apiVersion": "v1", "kind": "Event", "metadata": metadata("Event", &format!("{pod}.1"), &name(number)),
        "involvedObject": {"kind": "Pod", "namespace": NAMESPACE, "name": pod, "uid": format!("Pod-{pod}"), "apiVersion": "v1",
            "fieldPath": "spec.containers{server}"},
        "reason": reason, "message": message, "type": kind, "count": 3, "firstTimestamp": ago(58), "lastTimestamp": ago(1),
        "source": {"component": "kubelet", "host": node_name(number)}})
}

fn node(number: usize) -> Value {
    let name = format!("node-{number:03}");
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": format!("Node-{name}"), "creationTimestamp": ago(90)},
        "spec": {}, "status": {"allocatable": {"cpu": "32", "memory": "128Gi", "pods": "200"}, "capacity": {"cpu": "32", "memory": "128Gi", "pods": "200"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": ago(90), "lastHeartbeatTime": ago(1)}]}})
}

/// What the containers have written: those that ended a traceback, and of the others the first of each deployment that
/// it serves, since no other is read.
fn write_logs(population: Population, plane: &Plane) {
    let traceback = [
        "Traceback (most recent call last):",
        "  File \"/app/serve.py\", line 7, in <module>",
        "    model = joblib.load(MODEL_PATH)",
        "FileNotFoundError: [Errno 2] No such file or directory: '/mnt/models/churn.pkl'",
    ];
    let at = ago(1);
    let failed = traceback.map(|line| [&at, " ", line, "\n"].concat()).concat();
    let serving = format!("{at} INFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)\n");
    for number in 0..population.deployments() {
        match fault(number) {
            Some(Fault::FileMissing) => {
                for replica in 0..REPLICAS {
                    write(
                        plane,
                        &pod_name(number, replica),
                        &[("server.log", &failed), ("server.previous.log", &failed)],
                    );
                }
            }
            Some(Fault::ImageMissing) => {}
            None => write(plane, &pod_name(number, 0), &[("server.log", &serving), ("server.open", "")]),
        }
    }
}

fn write(plane: &Plane, pod: &str, files: &[(&str, &str)]) {
    let folder = plane.folder.join("logs").join(NAMESPACE).join(pod);
    fs::create_dir_all(&folder).expect("the folder can be written");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the folder can be written");
    }
}
