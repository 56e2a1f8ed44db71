//! How long the parts of the engine take: reading a log, finding what could matter in it, and judging a namespace.

use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use serde_json::json;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::diagnosis::keeper::Keeper;
use unstuck::diagnosis::touched::Touched;
use unstuck::snapshot::kind::{Kind, Object};
use unstuck::snapshot::log::reader::LogReader;
use unstuck::snapshot::pod::Pod;
use unstuck::snapshot::text::SafeText;
use unstuck::snapshot::{Change, LogKey, Snapshot};

mod serving;

fn main() {
    divan::main();
}

/// A namespace of so many pods in deployments of forty, of which every twentieth pod fails.
fn namespace(pods: usize, catalogue: &Catalogue) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let put = |snapshot: &mut Snapshot, kind: Kind, value: serde_json::Value| {
        let object = Object::from_json(kind, &value.to_string()).expect("an object of Kubernetes");
        snapshot.apply(Change::Put(kind, object));
    };
    for deployment in 0..pods.div_ceil(40) {
        let name = format!("model-{deployment}");
        put(
            &mut snapshot,
            Kind::Deployment,
            json!({
                "metadata": {"name": name, "namespace": "ml", "uid": format!("d-{deployment}"), "generation": 1},
                "spec": {"replicas": 40, "selector": {"matchLabels": {"app": name}}},
                "status": {"replicas": 40, "readyReplicas": 38, "updatedReplicas": 40, "observedGeneration": 1},
            }),
        );
        put(
            &mut snapshot,
            Kind::ReplicaSet,
            json!({
                "metadata": {"name": format!("{name}-1"), "namespace": "ml", "uid": format!("r-{deployment}"),
                    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": format!("d-{deployment}"), "controller": true}]},
                "spec": {"replicas": 40}, "status": {"replicas": 40, "readyReplicas": 38},
            }),
        );
    }
    for pod in 0..pods {
        let (deployment, name) = (pod / 40, format!("model-{}-1-{pod}", pod / 40));
        let fails = pod % 20 == 0;
        let state = if fails {
            json!({"name": "server", "ready": false, "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": "2026-01-12T09:00:00Z", "finishedAt": "2026-01-12T09:00:09Z"}}})
        } else {
            json!({"name": "server", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-12T08:00:00Z"}}})
        };
        put(
            &mut snapshot,
            Kind::Pod,
            json!({
                "metadata": {"name": name, "namespace": "ml", "uid": format!("p-{pod}"), "labels": {"app": format!("model-{deployment}")},
                    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("model-{deployment}-1"), "uid": format!("r-{deployment}"), "controller": true}]},
                "spec": {"nodeName": "node-1", "containers": [{"name": "server", "image": "registry.example/model:1"}]},
                "status": {"phase": "Running", "containerStatuses": [state],
                    "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": if fails { "False" } else { "True" }}]},
            }),
        );
    }
    let mut reader = LogReader::new(catalogue.sieve.clone(), 100);
    reader.push(include_bytes!("../tests/corpus/python-module-missing--azureml-xgboost/log.txt"));
    let (namespace, container) = (SafeText::new("ml"), SafeText::new("server"));
    let key = LogKey { namespace, pod: SafeText::new("model-0-1-0"), container, previous: true };
    snapshot.apply(Change::Log(key, Arc::new(reader.into_log())));
    snapshot.source.taken_at = "2026-01-12T09:10:00Z".parse().ok();
    snapshot
}

/// The rules from what the program carries, their patterns not compiled.
#[divan::bench]
fn catalogue() -> Catalogue {
    Catalogue::builtin()
}

/// A serving log, from bytes to records.
#[divan::bench(sample_count = 10)]
fn log(bencher: Bencher<'_, '_>) {
    let catalogue = Catalogue::builtin();
    let log = serving::log(32 << 20);
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut reader = LogReader::new(catalogue.sieve.clone(), 64);
        reader.push(black_box(&log));
        reader.into_log()
    });
}

/// Only the search for lines that could matter.
#[divan::bench(sample_count = 10)]
fn gates(bencher: Bencher<'_, '_>) {
    let catalogue = Catalogue::builtin();
    let log = serving::log(32 << 20);
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut at = 0;
        while let Some(found) = catalogue.sieve.next_gate(black_box(&log), at) {
            at = found + 1;
        }
        at
    });
}

/// A log that is nothing but tracebacks.
#[divan::bench]
fn records(bencher: Bencher<'_, '_>) {
    let catalogue = Catalogue::builtin();
    let log = include_bytes!("../tests/corpus/python-module-missing--azureml-xgboost/log.txt").repeat(50);
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut reader = LogReader::new(catalogue.sieve.clone(), 64);
        reader.push(black_box(&log));
        reader.into_log()
    });
}

/// Everything about a namespace.
#[divan::bench(args = [100, 10_000], sample_count = 10)]
fn namespace_of(bencher: Bencher<'_, '_>, pods: usize) {
    let catalogue = Catalogue::builtin();
    let snapshot = namespace(pods, &catalogue);
    bencher.bench(|| diagnose(black_box(&snapshot), &catalogue));
}

/// A namespace again, after one pod changed: a healthy one, or one that fails.
#[divan::bench(args = ["healthy", "failing"])]
fn one_change_of_10_000_pods(bencher: Bencher<'_, '_>, which: &str) {
    let catalogue = Catalogue::builtin();
    let mut snapshot = namespace(10_000, &catalogue);
    let mut keeper = Keeper::default();
    keeper.assess(&snapshot, &catalogue, &Touched::everything());
    let number = if which == "failing" { 40 } else { 41 };
    let (namespace, name) = (SafeText::new("ml"), SafeText::new(&format!("model-1-1-{number}")));
    let pod: &Pod = snapshot.get(Kind::Pod, &namespace, &name).expect("a pod of the namespace");
    let mut pod = pod.clone();
    bencher.bench_local(|| {
        pod.status.container_statuses[0].restart_count += 1;
        let change = Change::Put(Kind::Pod, Object::Pod(Arc::new(pod.clone())));
        let mut touched = Touched::default();
        touched.note(&snapshot, &change);
        snapshot.apply(change);
        touched.settle(&snapshot);
        keeper.assess(&snapshot, &catalogue, &touched)
    });
}
