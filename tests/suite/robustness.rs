//! What is known of a namespace with something missing, or more of it than matters: the same cause, or a blind spot that is
//! named, and never a wrong cause. The matrix is printed.
//!
//! The clock of this machine is not among the variants: time is that of the server (`Meter::server_time`).

use serde_json::json;
use unstuck::capture;
use unstuck::diagnosis::assessment::{Assessment, Diagnosis};
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::diagnosis::rule::Severity;
use unstuck::snapshot::kind::{Kind, Object};
use unstuck::snapshot::text::SafeText;
use unstuck::snapshot::{Change, Snapshot, Unreadable};

use crate::control_plane::plane::say;
use crate::touched::captures;

/// What is done to a namespace, and how that is called.
type Variant = (&'static str, fn(&Snapshot) -> Snapshot);

const VARIANTS: [Variant; 6] = [
    ("without events", without_events),
    ("without logs", without_logs),
    ("only logs of the instance before", only_previous),
    ("with 50 healthy neighbours", with_neighbours),
    ("in another order", in_another_order),
    ("listed again after a restart", listed_again),
];

/// Healthy workloads that are put beside.
const NEIGHBOURS: usize = 50;

/// How a variant was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Same,
    Blind,
    Lost,
    Wrong,
}

#[test]
fn the_cause_is_the_same_or_a_blind_spot_and_never_another() {
    let catalogue = Catalogue::builtin();
    let folders = captures();
    let mut rows = vec![[0; 4]; VARIANTS.len()];
    let mut complaints = Vec::new();
    for folder in &folders {
        let whole = capture::open(folder, &catalogue.sieve).expect("a capture can be opened");
        let expected = diagnose(&whole, &catalogue);
        for (row, (name, variant)) in rows.iter_mut().zip(VARIANTS) {
            let found = diagnose(&variant(&whole), &catalogue);
            let cell = cell(&expected, &found, &catalogue);
            row[cell as usize] += 1;
            if matches!(cell, Cell::Lost | Cell::Wrong) {
                complaints.push(format!(
                    "{cell:?} {name}: {}: {} for {}",
                    folder.display(),
                    ids(&found),
                    ids(&expected)
                ));
            }
        }
    }
    let mut table = format!("{:34}{:>8}{:>8}{:>8}{:>8}", "", "same", "blind", "lost", "wrong");
    for (row, (name, _)) in rows.iter().zip(VARIANTS) {
        table.push_str(&format!("\n{name:34}{:>8}{:>8}{:>8}{:>8}", row[0], row[1], row[2], row[3]));
    }
    say(&table);
    let cells = folders.len() * VARIANTS.len();
    let good: usize = rows.iter().map(|row| row[0] + row[1]).sum();
    let wrong: usize = rows.iter().map(|row| row[3]).sum();
    assert!(wrong == 0 && good * 100 >= cells * 95, "{good} of {cells} are good\n{}", complaints.join("\n"));
}

fn ids(assessment: &Assessment) -> String {
    let ids: Vec<&str> = serious(assessment).map(|diagnosis| diagnosis.id.as_str()).collect();
    if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") }
}

fn serious(assessment: &Assessment) -> impl Iterator<Item = &Diagnosis> {
    assessment.diagnoses.iter().filter(|diagnosis| diagnosis.severity < Severity::Info)
}

fn cell(expected: &Assessment, found: &Assessment, catalogue: &Catalogue) -> Cell {
    let known: Vec<&str> = expected
        .diagnoses
        .iter()
        .flat_map(|one| std::iter::once(&one.id).chain(one.consequences.iter().map(|consequence| &consequence.id)))
        .map(String::as_str)
        .collect();
    // What nothing but the missing part tells apart from an expected cause, or what follows from that, is not wrong.
    let is_related = |id: &str| {
        let rule = |id: &str| catalogue.rule(id).map(|rule| &rule.file);
        let yields =
            rule(id).is_some_and(|file| file.generic || file.yields_to.iter().any(|to| known.contains(&to.as_str())));
        yields || known.iter().filter_map(|known| rule(known)).any(|file| file.causes.iter().any(|caused| caused == id))
    };
    let is_new = |one: &&Diagnosis| !known.contains(&one.id.as_str()) && !is_related(&one.id);
    let first = |assessment: &Assessment| serious(assessment).next().map(|one| one.id.clone());
    if serious(found).any(|one| is_new(&one)) {
        Cell::Wrong
    } else if first(found) == first(expected) {
        Cell::Same
    } else if !found.blind_spots.is_empty() {
        Cell::Blind
    } else {
        Cell::Lost
    }
}

fn without_events(whole: &Snapshot) -> Snapshot {
    let mut snapshot = whole.clone();
    for key in whole.objects().map(|(key, _)| key).filter(|key| key.kind == Kind::Event) {
        snapshot.apply(Change::Gone(key.clone()));
    }
    snapshot.apply(forbidden("events"));
    snapshot
}

fn without_logs(whole: &Snapshot) -> Snapshot {
    let mut snapshot = rebuilt(whole, whole.objects());
    snapshot.apply(forbidden("pods/log"));
    snapshot
}

fn only_previous(whole: &Snapshot) -> Snapshot {
    let mut snapshot = rebuilt(whole, whole.objects());
    for (key, log) in whole.logs() {
        let has_previous =
            whole.logs().any(|(other, _)| other.previous && other.pod == key.pod && other.container == key.container);
        if key.previous || !has_previous {
            snapshot.apply(Change::Log(key.clone(), log.clone()));
        }
    }
    snapshot
}

fn with_neighbours(whole: &Snapshot) -> Snapshot {
    let mut snapshot = whole.clone();
    let namespace = whole.objects().find(|(key, _)| key.kind == Kind::Pod).map(|(key, _)| key.namespace.to_string());
    let namespace = namespace.unwrap_or_else(|| whole.source.namespace.to_string());
    for number in 0..NEIGHBOURS {
        for (kind, object) in neighbour(number, &namespace) {
            let object = Object::from_json(kind, &object.to_string()).expect("an object of Kubernetes");
            snapshot.apply(Change::Put(kind, object));
        }
    }
    snapshot
}

/// A pod that serves, with the chatter of its events.
fn neighbour(number: usize, namespace: &str) -> [(Kind, serde_json::Value); 2] {
    let name = format!("neighbour-{number:02}");
    let pod = json!({
        "metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{name}"), "creationTimestamp": "2026-01-12T08:00:00Z"},
        "spec": {"containers": [{"name": "server", "image": "registry.example.com/neighbour:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [{"name": "server", "ready": true, "restartCount": 0, "imageID": "sha256:1", "state": {"running": {"startedAt": "2026-01-12T08:00:05Z"}}}]},
    });
    let event = json!({
        "metadata": {"name": format!("{name}.1"), "namespace": namespace, "uid": format!("uid-{name}.1")},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": name, "uid": format!("uid-{name}")},
        "type": "Warning", "reason": "Unhealthy", "message": "Readiness probe failed: HTTP probe failed with statuscode: 503",
        "firstTimestamp": "2026-01-12T08:00:10Z", "lastTimestamp": "2026-01-12T08:00:20Z", "count": 2,
    });
    [(Kind::Pod, pod), (Kind::Event, event)]
}

fn in_another_order(whole: &Snapshot) -> Snapshot {
    let mut objects: Vec<_> = whole.objects().collect();
    // Far apart in the old order, side by side in the new.
    objects.sort_by_key(|(key, _)| key.name.bytes().rev().collect::<Vec<_>>());
    let mut snapshot = rebuilt(whole, objects.into_iter().rev());
    whole.logs().for_each(|(key, log)| snapshot.apply(Change::Log(key.clone(), log.clone())));
    snapshot
}

fn listed_again(whole: &Snapshot) -> Snapshot {
    let mut snapshot = whole.clone();
    for (key, object) in whole.objects() {
        snapshot.apply(Change::Put(key.kind, object.clone()));
    }
    snapshot
}

fn rebuilt<'a>(whole: &Snapshot, objects: impl Iterator<Item = (&'a unstuck::snapshot::Key, &'a Object)>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.source.clone_from(&whole.source);
    snapshot.unreadable.clone_from(&whole.unreadable);
    for (key, object) in objects {
        snapshot.apply(Change::Put(key.kind, object.clone()));
    }
    snapshot
}

fn forbidden(what: &str) -> Change {
    let message = SafeText::new("not allowed");
    Change::Unreadable(Unreadable { what: SafeText::new(what), why: SafeText::new("forbidden"), message })
}
