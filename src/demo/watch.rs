//! Watches objects: every change as a line, as it happens.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::demo::answer::Refusal;
use crate::demo::fault::{Fault, Faults};
use crate::demo::read::{self, Chosen};
use crate::demo::request::{Form, Objects, Query};
use crate::demo::table::{self, Rows};
use crate::demo::world::{Change, World};

/// A watch for which nobody sets a time ends after so long.
const LONGEST: Duration = Duration::from_secs(1800);
/// A quiet watch is told the newest version so often.
const BOOKMARK: Duration = Duration::from_secs(60);

/// A watch that runs.
pub struct Watching {
    worlds: Receiver<Arc<World>>,
    faults: Receiver<Faults>,
    chosen: Chosen,
    form: Form,
    include: String,
    /// Changes up to this version are told.
    told: u64,
    lines: VecDeque<Bytes>,
    bookmarks: bool,
    next_bookmark: Instant,
    end: Instant,
    is_over: bool,
}

/// Where a watch gets its news from.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The newest world.
    pub worlds: Receiver<Arc<World>>,
    /// The faults that are switched on.
    pub faults: Receiver<Faults>,
}

impl Watching {
    /// Begins a watch.
    pub fn new(sources: Sources, objects: &Objects, form: Form, query: &Query) -> Result<Watching, Refusal> {
        let chosen = Chosen::of(objects, query)?;
        let Sources { mut worlds, faults } = sources;
        let world = worlds.borrow_and_update().clone();
        read::not_ahead(query, &world)?;
        let seconds = query.number("timeoutSeconds").filter(|seconds| *seconds > 0);
        let end = Instant::now() + seconds.map_or(LONGEST, Duration::from_secs);
        let mut watching = Watching {
            worlds,
            faults,
            chosen,
            form,
            include: query.text("includeObject").to_owned(),
            told: world.version,
            lines: VecDeque::new(),
            bookmarks: query.flag("allowWatchBookmarks"),
            next_bookmark: Instant::now() + BOOKMARK,
            end,
            is_over: false,
        };
        watching.begin(&world, query);
        Ok(watching)
    }

    /// The lines of the watch.
    pub fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        futures::stream::unfold(self, Watching::next)
    }

    /// A watch from a version tells what changed since; one from none tells first what there is.
    fn begin(&mut self, world: &World, query: &Query) {
        let initial = query.flag("sendInitialEvents");
        if let Some(version) = query.number("resourceVersion").filter(|version| *version > 0 && !initial) {
            self.told = version;
        } else {
            let chosen = self.chosen.clone();
            for (_, object) in chosen.among(world, &chosen.first()) {
                self.tell(world, "ADDED", object);
            }
        }
        if initial && self.bookmarks {
            let annotations = json!({"k8s.io/initial-events-end": "true"});
            self.bookmark(world, &json!({"annotations": annotations}));
        }
    }

    async fn next(mut self) -> Option<(io::Result<Bytes>, Watching)> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some((Ok(line), self));
            }
            if self.is_over {
                return None;
            }
            let world = self.worlds.borrow_and_update().clone();
            if self.is_cut(&world) {
                self.is_over = true;
                return Some((Err(io::ErrorKind::ConnectionReset.into()), self));
            }
            self.catch_up(&world);
            if self.lines.is_empty() {
                self.wait(&world).await;
            }
        }
    }

    /// Tells what changed.
    fn catch_up(&mut self, world: &World) {
        let Some(changes) = world.since(self.told) else { return self.expire(world) };
        let changes: Vec<Arc<Change>> = changes.cloned().collect();
        self.told = world.version;
        for change in changes {
            self.change(world, &change);
        }
    }

    /// A change as this watch sees it: what leaves its selection is gone.
    fn change(&mut self, world: &World, change: &Change) {
        let held = |object: &Option<Arc<Value>>| {
            object.as_ref().filter(|object| self.chosen.holds(&change.address, object)).cloned()
        };
        match (held(&change.old), held(&change.new)) {
            (None, Some(new)) => self.tell(world, "ADDED", &new),
            (Some(_), Some(new)) => self.tell(world, "MODIFIED", &new),
            (Some(old), None) => {
                let mut last = (*old).clone();
                last["metadata"]["resourceVersion"] = json!(change.version.to_string());
                self.tell(world, "DELETED", &Arc::new(last));
            }
            (None, None) => {}
        }
    }

    async fn wait(&mut self, world: &World) {
        let bookmark = async { if self.bookmarks { sleep_until(self.next_bookmark).await } else { pending().await } };
        tokio::select! {
            changed = self.worlds.changed() => self.is_over = changed.is_err(),
            changed = self.faults.changed() => self.is_over = changed.is_err(),
            () = bookmark => self.bookmark(world, &json!({})),
            () = sleep_until(self.end) => {
                if self.bookmarks {
                    self.bookmark(world, &json!({}));
                }
                self.is_over = true;
            }
        }
    }

    fn is_cut(&mut self, world: &World) -> bool {
        let faults = self.faults.borrow_and_update().clone();
        let Some(switched) = faults.get(&world.resources[self.chosen.resource].plural) else { return false };
        if switched.fault == Fault::Gone && switched.take() {
            self.expire(world);
        }
        switched.fault == Fault::Cut
    }

    /// Tells that the version is too old, as real servers do: inside of the watch.
    fn expire(&mut self, world: &World) {
        let status = Refusal::gone(self.told, world.oldest).status();
        self.push("ERROR", &status);
        self.is_over = true;
    }

    fn bookmark(&mut self, world: &World, metadata: &Value) {
        let resource = &world.resources[self.chosen.resource];
        let mut object = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata});
        object["metadata"]["resourceVersion"] = json!(world.version.to_string());
        let shown = match self.form {
            Form::Whole => object,
            Form::Metadata => read::metadata(&object),
            Form::Table => table::table(&self.rows(world), &[], &object["metadata"]),
        };
        self.push("BOOKMARK", &shown);
        self.next_bookmark = Instant::now() + BOOKMARK;
    }

    fn tell(&mut self, world: &World, kind: &str, object: &Arc<Value>) {
        let shown = match self.form {
            Form::Whole => (**object).clone(),
            Form::Metadata => read::metadata(object),
            Form::Table => {
                let about = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                table::table(&self.rows(world), std::slice::from_ref(object), &about)
            }
        };
        self.push(kind, &shown);
    }

    fn rows<'a>(&'a self, world: &'a World) -> Rows<'a> {
        Rows { resource: &world.resources[self.chosen.resource], include: &self.include, now: Timestamp::now() }
    }

    /// The type comes first, as from real servers: a client that reads the object as it comes must know it by then.
    fn push(&mut self, kind: &str, object: &Value) {
        self.lines.push_back(Bytes::from(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")));
    }
}
