//! Watches over the rollouts from look to look: what is to be told, and whether the wait is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::cli::Outcome;
use crate::cli::wait::event::{self, Change, Event};
use crate::cli::wait::look::{self, Look};
use crate::cli::wait::target::Target;
use crate::diagnosis::rollout::Progress;
use crate::diagnosis::rule::Waiting;
use crate::diagnosis::span;
use crate::session::Lens;
use crate::snapshot::{Key, Snapshot};

/// A cause that waiting cannot mend ends the wait once it has stood so long: what is applied together comes one by one.
const STANDS: Duration = Duration::from_secs(5);
/// The same for one of which nothing exact is known: the next start may be a better one.
const VAGUE_STANDS: Duration = Duration::from_secs(60);
/// An object that is not there may still be made.
const APPEARS: Duration = Duration::from_secs(30);
/// One that was deleted may be made anew.
const RETURNS: Duration = Duration::from_secs(10);

/// What is watched over.
pub struct Vigil {
    /// What is waited for.
    pub target: Target,
    /// Through which it is judged.
    pub lens: Lens,
    /// The newest look.
    pub look: Look,
    since: BTreeMap<Wait, Instant>,
}

/// What the wait may end with once it has stood for a while.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    /// Something that was named is not there.
    Missing,
    /// An object is gone.
    Gone(Key),
    /// A cause that waiting cannot mend, by its rule.
    Hopeless(Key, String),
    /// The controller has given up.
    GivenUp(Key),
}

impl Vigil {
    /// Nothing was looked at yet.
    pub fn new(target: Target, lens: Lens) -> Self {
        Vigil { target, lens, look: Look::default(), since: BTreeMap::new() }
    }

    /// Looks again, and tells what changed. Where the logs that are needed were not all read, causes are not known for sure,
    /// and what was found before stands.
    pub fn look(&mut self, snapshot: &Snapshot, is_settled: bool, now: Instant) -> Vec<Event> {
        let found = self.target.found(snapshot);
        let mut new = look::look(snapshot, &found, &self.lens);
        for (key, rollout) in new.rollouts.iter_mut().filter(|_| !is_settled) {
            rollout.errors = self.look.rollouts.get(key).map(|known| known.errors.clone()).unwrap_or_default();
        }
        let mut events = event::between(&self.look, &new);
        let gone: Vec<Key> = self.look.rollouts.keys().filter(|key| !found.contains(key)).cloned().collect();
        let waits = self.waits(&new, &gone, &found);
        if waits.contains(&Wait::Missing) && !self.since.contains_key(&Wait::Missing) {
            events.push(self.missing(snapshot, &found));
        }
        self.since.retain(|wait, _| waits.contains(wait));
        for wait in waits {
            self.since.entry(wait).or_insert(now);
        }
        // What is gone is remembered: made anew, it is another one.
        let remembered = gone.into_iter().filter_map(|key| self.look.rollouts.remove_entry(&key));
        new.rollouts.extend(remembered);
        self.look = new;
        events
    }

    fn waits(&self, look: &Look, gone: &[Key], found: &BTreeSet<Key>) -> BTreeSet<Wait> {
        let mut waits: BTreeSet<Wait> = gone.iter().cloned().map(Wait::Gone).collect();
        if gone.is_empty() && !self.target.missing(found).is_empty() {
            waits.insert(Wait::Missing);
        }
        for (key, rollout) in &look.rollouts {
            let hopeless = rollout.errors.iter().filter(|error| error.waiting == Waiting::Useless);
            waits.extend(hopeless.map(|error| Wait::Hopeless(key.clone(), error.id.clone())));
            if rollout.progress == Progress::GivenUp {
                waits.insert(Wait::GivenUp(key.clone()));
            }
        }
        waits
    }

    fn missing(&self, snapshot: &Snapshot, found: &BTreeSet<Key>) -> Event {
        let near = self.target.near(snapshot, found);
        let meant = if near.is_empty() { String::new() } else { format!(" (there is {})", near.join(", ")) };
        let names = self.target.missing(found).join(", ");
        let text = format!("there is no {names} yet{meant}; waits {} s for it", APPEARS.as_secs());
        Event { change: Change::Missing, time: snapshot.source.taken_at, object: None, text }
    }

    /// Is the wait over?
    pub fn end(&self, is_settled: bool, now: Instant) -> Option<Outcome> {
        let ended = self.since.iter().filter(|(wait, since)| {
            let is_sure = is_settled || matches!(wait, Wait::Missing | Wait::Gone(_));
            is_sure && now.duration_since(**since) >= self.patience(wait)
        });
        let outcome = |wait: &Wait| if *wait == Wait::Missing { Outcome::Blind } else { Outcome::Found };
        let all_over = || self.since.is_empty() && self.look.rollouts.values().all(look::Rollout::is_over);
        ended.map(|(wait, _)| outcome(wait)).next().or_else(|| (is_settled && all_over()).then_some(Outcome::Well))
    }

    fn patience(&self, wait: &Wait) -> Duration {
        match wait {
            Wait::Missing => APPEARS,
            Wait::Gone(_) => RETURNS,
            Wait::GivenUp(_) => STANDS,
            Wait::Hopeless(_, id) => {
                let is_vague = self.lens.catalogue.rule(id).is_some_and(|rule| rule.file.generic);
                if is_vague { VAGUE_STANDS } else { STANDS }
            }
        }
    }

    /// What is said at the end.
    pub fn last_words(&self, outcome: Outcome, waited: Duration) -> Event {
        let namespace = &self.look.assessment.source.namespace;
        let name = |key: &Key| event::named(key, namespace);
        let waited = span::in_words(i64::try_from(waited.as_secs()).unwrap_or(i64::MAX));
        let deleted: Vec<String> = self
            .since
            .keys()
            .filter_map(|wait| if let Wait::Gone(key) = wait { Some(name(key)) } else { None })
            .collect();
        let (outcome, text) = match outcome {
            Outcome::Well => ("rolled_out", format!("done after {waited}")),
            Outcome::Found if !deleted.is_empty() => {
                ("deleted", format!("{} was deleted while it was waited for", deleted.join(", ")))
            }
            Outcome::Found => ("broken", format!("gave up after {waited}: waiting does not mend this")),
            Outcome::Blind => ("missing", format!("gave up after {waited}: what was asked for is not there")),
            Outcome::TimedOut => ("timed_out", format!("out of time after {waited}: {}", self.open().join("; "))),
        };
        Event { change: Change::End { outcome }, time: self.look.assessment.source.taken_at, object: None, text }
    }

    /// What is still waited for, and where it stands.
    fn open(&self) -> Vec<String> {
        let namespace = &self.look.assessment.source.namespace;
        let open = self.look.rollouts.iter().filter(|(_, rollout)| !rollout.is_over());
        let mut open: Vec<String> =
            open.map(|(key, rollout)| format!("{} {}", event::named(key, namespace), look::words(rollout))).collect();
        if self.since.contains_key(&Wait::Missing) || open.is_empty() {
            open.push("not everything that was asked for is there".to_owned());
        }
        open
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::Vigil;
    use crate::cli::Outcome;
    use crate::cli::wait::target::Target;
    use crate::diagnosis::catalogue::Catalogue;
    use crate::session::Lens;
    use crate::snapshot::kind::{Kind, Object};
    use crate::snapshot::text::SafeText;
    use crate::snapshot::{Change, Key, Snapshot};
    use serde_json::{Value, json};

    /// A wait for `deployment/a` in the namespace `ml`.
    struct Case {
        vigil: Vigil,
        snapshot: Snapshot,
        now: Instant,
    }

    impl Case {
        fn new(objects: &[Value]) -> Self {
            let target = Target::read(&["deploy/a".to_owned()], None).unwrap();
            let lens = Lens { catalogue: Arc::new(Catalogue::builtin()), selection: None };
            let mut case = Case { vigil: Vigil::new(target, lens), snapshot: Snapshot::default(), now: Instant::now() };
            case.snapshot.source.namespace = SafeText::new("ml");
            for object in objects {
                case.put(object);
            }
            case
        }

        fn put(&mut self, object: &Value) {
            let mut object = object.clone();
            object["metadata"]["namespace"] = json!("ml");
            let kind = Kind::of("", object["kind"].as_str().unwrap()).unwrap();
            let object = Object::from_json(kind, &object.to_string()).unwrap();
            self.snapshot.apply(Change::Put(kind, object));
        }

        fn take(&mut self, kind: Kind, name: &str) {
            let key = Key { kind, namespace: SafeText::new("ml"), name: SafeText::new(name) };
            self.snapshot.apply(Change::Gone(key));
        }

        /// What is told so many seconds later, and whether it is the end.
        fn after(&mut self, seconds: u64) -> (Vec<String>, Option<Outcome>) {
            self.now += Duration::from_secs(seconds);
            let events = self.vigil.look(&self.snapshot, true, self.now);
            (events.into_iter().map(|event| event.text).collect(), self.vigil.end(true, self.now))
        }
    }

    /// The deployment in a generation, of which so many pods are of the newest revision, and all are available.
    fn deployment(generation: i64, observed: i64, updated: i64) -> Value {
        json!({
            "kind": "Deployment", "metadata": {"name": "a", "uid": "d", "generation": generation},
            "spec": {"replicas": 1, "template": {"metadata": {"labels": {"app": "a"}}}},
            "status": {"observedGeneration": observed, "replicas": 1, "updatedReplicas": updated, "readyReplicas": 1,
                "availableReplicas": 1},
        })
    }

    fn replica_set(name: &str, revision: &str) -> Value {
        json!({
            "kind": "ReplicaSet",
            "metadata": {"name": name, "uid": name, "annotations": {"deployment.kubernetes.io/revision": revision},
                "ownerReferences": [{"kind": "Deployment", "name": "a", "uid": "d", "controller": true}]},
            "spec": {"replicas": 1},
        })
    }

    fn pod(set: &str, is_ready: bool, state: &Value) -> Value {
        json!({
            "kind": "Pod",
            "metadata": {"name": format!("{set}-x"), "uid": format!("{set}-x"), "labels": {"app": "a"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": set, "uid": set, "controller": true}]},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
            "status": {"phase": "Running",
                "conditions": [{"type": "Ready", "status": if is_ready { "True" } else { "False" }}],
                "containerStatuses": [{"name": "c", "ready": is_ready, "state": state}]},
        })
    }

    fn image_not_found() -> Value {
        json!({"waiting": {"reason": "ErrImagePull", "message": "failed to resolve reference \"r.example.net/a:1\": r.example.net/a:1: not found"}})
    }

    #[test]
    fn a_rollout_that_is_complete_ends_the_wait_at_once() {
        let mut case =
            Case::new(&[deployment(1, 1, 1), replica_set("a-1", "1"), pod("a-1", true, &json!({"running": {}}))]);
        assert_eq!(case.after(0), (vec!["deployment/a is rolled out, 1 of 1 ready".to_owned()], Some(Outcome::Well)));
    }

    #[test]
    fn a_generation_that_nobody_has_seen_is_not_complete() {
        let mut case =
            Case::new(&[deployment(2, 1, 1), replica_set("a-1", "1"), pod("a-1", true, &json!({"running": {}}))]);
        assert_eq!(case.after(0), (vec!["deployment/a waits for its controller to see generation 2".to_owned()], None));
    }

    #[test]
    fn a_cause_that_waiting_cannot_mend_ends_the_wait_once_it_has_stood() {
        let mut case =
            Case::new(&[deployment(1, 1, 0), replica_set("a-1", "1"), pod("a-1", false, &image_not_found())]);
        let (told, end) = case.after(0);
        assert!(told.iter().any(|line| line.contains("has an error (waiting does not help)")), "{told:?}");
        assert_eq!(end, None);
        assert_eq!(case.after(5), (Vec::new(), Some(Outcome::Found)));
    }

    #[test]
    fn the_pods_of_an_old_revision_do_not_count() {
        let running = json!({"running": {}});
        let mut case = Case::new(&[deployment(2, 2, 0), replica_set("a-1", "1"), replica_set("a-2", "2")]);
        case.put(&pod("a-1", false, &image_not_found()));
        case.put(&pod("a-2", false, &running));
        let (told, _) = case.after(0);
        assert!(told.iter().all(|line| !line.contains("error")), "{told:?}");
        assert_eq!(case.after(100).1, None);
    }

    #[test]
    fn a_change_in_the_meantime_is_said_and_followed() {
        let mut case = Case::new(&[deployment(1, 1, 0)]);
        case.after(0);
        case.put(&deployment(2, 1, 1));
        let (told, end) = case.after(1);
        assert_eq!(told[0], "deployment/a was changed meanwhile (generation 2); that is followed now");
        assert_eq!(end, None);
    }

    #[test]
    fn what_is_deleted_ends_the_wait_unless_it_is_made_anew() {
        let mut case = Case::new(&[deployment(1, 1, 0)]);
        case.after(0);
        case.take(Kind::Deployment, "a");
        assert_eq!(case.after(9).1, None);
        let mut anew = deployment(1, 1, 0);
        anew["metadata"]["uid"] = json!("other");
        case.put(&anew);
        assert_eq!(case.after(0).0[0], "deployment/a was deleted and made anew; the new one is followed");
        case.take(Kind::Deployment, "a");
        case.after(1);
        assert_eq!(case.after(10).1, Some(Outcome::Found));
        let last = case.vigil.last_words(Outcome::Found, Duration::from_secs(20));
        assert_eq!(last.text, "deployment/a was deleted while it was waited for");
    }

    #[test]
    fn what_is_not_there_may_still_come() {
        let mut other = deployment(1, 1, 1);
        other["metadata"]["name"] = json!("ab");
        let mut case = Case::new(&[other]);
        let (told, end) = case.after(0);
        assert_eq!(
            (told[0].as_str(), end),
            ("there is no deployment/a yet (there is deployment/ab); waits 30 s for it", None)
        );
        assert_eq!(case.after(29).1, None);
        assert_eq!(case.after(1).1, Some(Outcome::Blind));
        case.put(&deployment(1, 1, 1));
        assert_eq!(case.after(0).1, Some(Outcome::Well));
    }
}
