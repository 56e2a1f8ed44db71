//! All that is known of one subject: the object, what it was told, and what it and Kubernetes said about it.

use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::rule::About;
use crate::diagnosis::template::Names;
use crate::snapshot::Snapshot;
use crate::snapshot::container::{Container, ContainerStatus};
use crate::snapshot::custom::Custom;
use crate::snapshot::event::Event;
use crate::snapshot::log::access::Access;
use crate::snapshot::log::record::Record;
use crate::snapshot::log::sieve::PatternId;
use crate::snapshot::meta::Condition;
use crate::snapshot::network::{Ingress, Service};
use crate::snapshot::node::Node;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::storage::Claim;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::workload::Workload;
use crate::snapshot::{Key, LogKey};

/// The object that a scene is about.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A container of a pod.
    Container {
        /// Its pod.
        pod: &'a Pod,
        /// What was asked for.
        container: &'a Container,
        /// What became of it, where the kubelet has said so.
        status: Option<&'a ContainerStatus>,
    },
    /// A pod as a whole.
    Pod(&'a Pod),
    /// What makes pods.
    Workload(&'a Key, &'a Workload),
    /// A claim.
    Claim(&'a Claim),
    /// A Service.
    Service(&'a Service),
    /// An Ingress.
    Ingress(&'a Ingress),
    /// A node.
    Node(&'a Node),
    /// An object of an operator.
    Custom(&'a Key, &'a Custom),
    /// A log that was pasted, with nothing else known.
    Log,
}

impl Part<'_> {
    /// As which kind of subject rules ask for it; nothing for a pasted log, which can be about any.
    pub fn about(self) -> Option<About> {
        match self {
            Part::Container { .. } => Some(About::Container),
            Part::Pod(_) => Some(About::Pod),
            Part::Workload(..) => Some(About::Workload),
            Part::Claim(_) => Some(About::Claim),
            Part::Service(_) => Some(About::Service),
            Part::Ingress(_) => Some(About::Ingress),
            Part::Node(_) => Some(About::Node),
            Part::Custom(..) => Some(About::Custom),
            Part::Log => None,
        }
    }
}

/// Where words were seen.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// In a log.
    Log {
        /// Whose log.
        key: &'a LogKey,
        /// The record.
        record: &'a Record,
    },
    /// In an event.
    Event(&'a Event),
    /// In a condition.
    Condition(&'a Condition),
    /// In a field of the status, by its path.
    Field(&'static str),
}

/// Words about the subject.
#[derive(Clone, Debug)]
pub struct Utterance<'a> {
    /// Where they were seen.
    pub origin: Origin<'a>,
    /// The words, with those that follow.
    pub text: String,
    /// Matches must begin before this byte: what comes after is context.
    pub own: usize,
    /// The one-word reason beside them.
    pub reason: &'a str,
    /// The patterns that could match.
    pub candidates: Vec<PatternId>,
    /// Was it survived?
    pub survival: Survival,
}

/// What became of the program after it said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Survival {
    /// Nothing shows that it went on.
    None,
    /// The server went on. To this day requests of its clients fail over it, or it does without what it gave up.
    Requests,
    /// It seems to have caught an exception and gone on. It counts only where nothing else explains a failure.
    Caught,
    /// The server was ready, or answered, afterwards.
    Over,
}

impl Utterance<'_> {
    /// How often it was said.
    pub fn times(&self) -> u32 {
        if let Origin::Log { record, .. } = self.origin { record.place.count } else { 1 }
    }

    /// How many requests failed over it.
    pub fn failed_requests(&self) -> u32 {
        if let Origin::Log { record, .. } = self.origin { record.failed_requests } else { 0 }
    }

    /// Is it a line of an access log, and nothing more?
    pub fn is_access(&self) -> bool {
        let Origin::Log { record, .. } = self.origin else { return false };
        !record.text.contains('\n') && Access::of(&record.text).is_some()
    }

    /// Did the program say that it tries no more?
    pub fn gives_up(&self) -> bool {
        if let Origin::Log { record, .. } = self.origin { record.gives_up() } else { false }
    }
}

/// All that is known of one subject.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// Where relations are looked up.
    pub snapshot: &'a Snapshot,
    /// Where the signs of servers are found.
    pub catalogue: &'a Catalogue,
    /// The subject as it is named.
    pub subject: Subject,
    /// The object.
    pub part: Part<'a>,
    /// What was said.
    pub utterances: Vec<Utterance<'a>>,
    /// Names that every rule may use.
    pub names: Names,
}

impl<'a> Scene<'a> {
    /// A scene in which nothing was said yet.
    pub fn new(snapshot: &'a Snapshot, catalogue: &'a Catalogue, subject: Subject, part: Part<'a>) -> Self {
        let (object, namespace) = (subject.name.clone(), subject.namespace.clone());
        let mut scene = Scene { snapshot, catalogue, subject, part, utterances: Vec::new(), names: Names::new() };
        scene.bind("object", &object);
        scene.bind("namespace", namespace.as_ref().unwrap_or(&snapshot.source.namespace));
        scene
    }

    /// Binds a name, unless its value is not known.
    pub fn bind(&mut self, name: &str, value: &SafeText) {
        if !value.is_empty() {
            self.names.insert(name.into(), value.clone());
        }
    }

    /// Adds a message of Kubernetes.
    pub fn hear(&mut self, origin: Origin<'a>, reason: &'a str, message: &str) {
        let candidates = self.catalogue.sieve.candidates(message);
        if !candidates.is_empty() {
            let (text, own) = (message.to_owned(), message.len());
            self.utterances.push(Utterance { origin, text, own, reason, candidates, survival: Survival::None });
        }
    }

    /// Adds a record of a log.
    pub fn read(&mut self, key: &'a LogKey, record: &'a Record, survival: Survival) {
        if record.candidates.is_empty() {
            return;
        }
        let mut text = record.text.to_string();
        let own = text.len();
        if !record.context.is_empty() {
            text.push('\n');
            text.push_str(&record.context);
        }
        let candidates = record.candidates.clone();
        self.utterances.push(Utterance {
            origin: Origin::Log { key, record },
            text,
            own,
            reason: "",
            candidates,
            survival,
        });
    }

    /// The pod, where the subject is one or a container of one.
    pub fn pod(&self) -> Option<&'a Pod> {
        match self.part {
            Part::Container { pod, .. } | Part::Pod(pod) => Some(pod),
            _ => None,
        }
    }

    /// The events about the subject's pod that name the subject's container or none, newest last.
    pub fn events(&self) -> impl Iterator<Item = &'a Event> {
        let own = self.container().map(|container| container.name.clone());
        let events = self.pod().map(|pod| relation::events_of(self.snapshot, "Pod", &pod.metadata)).unwrap_or_default();
        events
            .into_iter()
            .filter(move |event| event.container().is_none_or(|name| own.as_ref().is_none_or(|own| *own == name)))
    }

    /// The container, where the subject is one.
    pub fn container(&self) -> Option<&'a Container> {
        if let Part::Container { container, .. } = self.part { Some(container) } else { None }
    }

    /// The state of the container, where the subject is one.
    pub fn status(&self) -> Option<&'a ContainerStatus> {
        if let Part::Container { status, .. } = self.part { status } else { None }
    }
}
