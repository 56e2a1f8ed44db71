//! Brings what was found in all parts of an input together: one namespace, objects that only events speak of, and what
//! the input cannot show.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::intake::found::{Found, Reading};
use crate::intake::history;
use crate::intake::stub;
use crate::snapshot::kind::{Kind, repaired};
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, Unreadable};

/// Kinds about whose absence rules draw conclusions: what was not pasted is not known.
const NOT_TO_BE_MISSED: [Kind; 7] = [
    Kind::Service,
    Kind::EndpointSlice,
    Kind::PersistentVolumeClaim,
    Kind::StorageClass,
    Kind::ConfigMap,
    Kind::Node,
    Kind::Event,
];

/// The changes that bring what was found into a snapshot.
pub fn changes(readings: &[Reading]) -> Vec<Change> {
    let mut objects: Vec<Found> = readings.iter().flat_map(|reading| reading.objects.clone()).collect();
    if objects.is_empty() {
        return Vec::new();
    }
    move_home(&mut objects);
    name_subjects(&mut objects);
    history::leave_out(&mut objects);
    stub::add(&mut objects);
    let unseen =
        NOT_TO_BE_MISSED.into_iter().filter(|kind| !objects.iter().any(|found| found.kind == *kind)).map(unseen);
    let mut changes: Vec<Change> = unseen.collect();
    for (number, mut found) in objects.into_iter().enumerate() {
        if found.kind == Kind::Event && found.value["metadata"]["name"].as_str().is_none_or(str::is_empty) {
            found.value["metadata"]["name"] = json!(format!("event-{number}"));
        }
        let (object, dropped) = repaired(found.kind, &found.value);
        changes.extend(object.map(|object| Change::Put(found.kind, object)));
        changes.extend(dropped.into_iter().map(|path| spot(found.kind.name(), "unreadable", &path)));
    }
    changes
}

fn unseen(kind: Kind) -> Change {
    spot(kind.place().plural, "unseen", "the input does not hold any")
}

fn spot(what: &str, why: &str, message: &str) -> Change {
    let [what, why, message] = [what, why, message].map(SafeText::new);
    Change::Unreadable(Unreadable { what, why, message })
}

/// Objects of which the input does not tell the namespace are in that of the others, if those are in one.
fn move_home(objects: &mut [Found]) {
    let namespace = |found: &Found| found.value["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<String> = objects.iter().map(namespace).filter(|namespace| !namespace.is_empty()).collect();
    all.sort();
    all.dedup();
    let [home] = all.as_slice() else { return };
    for found in objects.iter_mut().filter(|found| found.kind.place().namespaced) {
        if found.value["metadata"]["namespace"].as_str().is_none_or(str::is_empty) {
            found.value["metadata"]["namespace"] = json!(home);
        }
        if found.kind == Kind::Event && found.value["involvedObject"]["kind"] != "Node" {
            found.value["involvedObject"]["namespace"] = json!(home);
        }
    }
}

/// Events that were pasted without their object are about the only pod there is.
fn name_subjects(objects: &mut [Found]) {
    let pods: BTreeSet<String> =
        objects.iter().filter(|found| found.kind == Kind::Pod).map(|found| name(&found.value)).collect();
    let mut names = pods.into_iter();
    let (Some(pod), None) = (names.next(), names.next()) else { return };
    for found in objects.iter_mut().filter(|found| found.kind == Kind::Event) {
        let about = &found.value["involvedObject"];
        if about["name"] == "" && about["kind"] == "Pod" {
            found.value["involvedObject"]["name"] = json!(pod);
        }
    }
}

fn name(value: &Value) -> String {
    value["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::changes;
    use crate::intake::split::parts;
    use crate::snapshot::Snapshot;
    use crate::snapshot::kind::Kind;
    use crate::snapshot::pod::Pod;

    fn snapshot(text: &str) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for change in changes(&parts(text).known) {
            snapshot.apply(change);
        }
        snapshot
    }

    #[test]
    fn a_pod_that_only_events_speak_of_is_there() {
        let text = "LAST SEEN   TYPE      REASON    OBJECT        MESSAGE\n\
            5m          Warning   BackOff   pod/churn-0   Back-off restarting failed container server in pod churn-0_ml(1)\n";
        let snapshot = snapshot(text);
        let (_, pod) = snapshot.of_kind::<Pod>(Kind::Pod).next().unwrap();
        assert_eq!(pod.spec.containers[0].name, "server");
    }

    #[test]
    fn what_was_not_pasted_is_not_absent() {
        let snapshot = snapshot(
            "NAME      READY   STATUS             RESTARTS   AGE\nchurn-0   0/1     CrashLoopBackOff   4          3m\n",
        );
        assert!(snapshot.is_unreadable("services"));
        assert!(!snapshot.is_unreadable("pods"));
    }
}
