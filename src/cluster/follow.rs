//! Lists a kind and watches it for as long as the program runs: whatever goes wrong, the old view stays until a new one
//! is complete, and every try is paced.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{Stream, StreamExt};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::cluster::backoff::Backoff;
use crate::cluster::fault::Fault;
use crate::cluster::groups::Groups;
use crate::cluster::news::{Freshness, News};
use crate::cluster::raw::{self, Raw};
use crate::cluster::transport::Meter;
use crate::snapshot::kind::{Kind, Object, repaired};
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, Key, Unreadable};

/// Objects of a page of a list.
const PAGE: u32 = 500;
/// Seconds after which the server ends a watch, so that a dead one is noticed behind a proxy too.
const WATCH_SECONDS: u32 = 280;
/// Changes are handed on in bundles of at most so many.
const BUNDLE: usize = 256;
/// Between two tries of what is forbidden: each is a line in somebody's audit log.
const FORBIDDEN_PAUSE: Duration = Duration::from_secs(300);
/// Between two looks for a kind that the server does not have.
const ABSENT_PAUSE: Duration = Duration::from_secs(600);
/// From one page of a list to the next.
const LIST_DEADLINE: Duration = Duration::from_secs(30);

/// While the connection is lost, how often it is looked whether it is back.
const RETURN_CHECK: Duration = Duration::from_millis(500);

/// What every follower shares.
#[derive(Clone)]
pub struct Follower {
    /// The way to the server.
    pub client: Client,
    /// The namespace; empty for all.
    pub namespace: String,
    /// Where news goes.
    pub news: mpsc::Sender<News>,
    /// Lists that may run at the same time.
    pub lists: Arc<Semaphore>,
    /// Wakes those who wait for a permission or for the server to come back.
    pub wake: Arc<Notify>,
    /// Tells when the server begins to answer a watch.
    pub meter: Arc<Meter>,
    /// Tells whether the server has a kind at all.
    pub groups: Arc<Groups>,
}

/// What is known of a kind: the versions of its objects.
type Known = BTreeMap<Key, Version>;

/// A version of an object: what its uid and resource version come to, in 64 bits.
type Version = u64;

/// How a try ended.
enum End {
    /// Try again after the pause, from where it stopped or anew.
    Failed(watcher::Error),
    /// The server said nothing for too long.
    Mute,
}

/// What a watch gave next.
enum Next {
    Event(Box<Event<Raw>>),
    /// Nothing new, and the connection may be back.
    Nothing,
    /// The watch goes on by itself after this fault.
    Interrupted(watcher::Error),
    End(End),
}

impl Follower {
    /// Follows a kind until nobody listens any more.
    pub async fn follow(self, kind: Kind) {
        let (known, bundle, backoff) = (Known::new(), Vec::new(), Backoff::default());
        let mut following = Following {
            follower: self,
            kind,
            known,
            backoff,
            listed: None,
            bundle,
            turn: None,
            lost: None,
            is_known: false,
        };
        while !following.follower.news.is_closed() {
            let end = following.watch().await;
            // Others may list while this one waits.
            following.turn = None;
            let pause = following.judge(&end).await;
            following.rest(pause).await;
        }
    }
}

/// A kind that is being followed.
struct Following {
    follower: Follower,
    kind: Kind,
    known: Known,
    backoff: Backoff,
    /// What the list that runs has given so far.
    listed: Option<Known>,
    bundle: Vec<Change>,
    /// The right to list; given back when the list is complete.
    turn: Option<OwnedSemaphorePermit>,
    /// While the connection is lost: the watches that had begun by then. One more means that it is back.
    lost: Option<u64>,
    /// Was the kind listed before?
    is_known: bool,
}

impl Following {
    /// Lists and watches until something goes wrong that needs a new list.
    async fn watch(&mut self) -> End {
        let config = self.follower.config(self.kind);
        let mut stream = pin!(watcher::watcher(self.follower.api(self.kind), config));
        self.turn = self.follower.lists.clone().acquire_owned().await.ok();
        (self.listed, self.lost) = (None, None);
        self.bundle.clear();
        loop {
            match self.next(stream.as_mut()).await {
                Next::Event(event) => self.take(*event).await,
                Next::Nothing => self.look_for_return().await,
                Next::Interrupted(error) => {
                    let pause = self.judge(&End::Failed(error)).await;
                    self.lost = Some(self.follower.meter.watches(self.kind));
                    self.rest(pause).await;
                }
                Next::End(end) => return end,
            }
        }
    }

    async fn next(&self, mut stream: Pin<&mut impl Stream<Item = watcher::Result<Event<Raw>>>>) -> Next {
        let limit = match (&self.turn, self.lost) {
            (Some(_), _) => Some(LIST_DEADLINE),
            (None, Some(_)) => Some(RETURN_CHECK),
            (None, None) => None,
        };
        let next = match limit {
            Some(limit) => timeout(limit, stream.next()).await,
            None => Ok(stream.next().await),
        };
        match next {
            Err(_) if self.turn.is_none() => Next::Nothing,
            Err(_) | Ok(None) => Next::End(End::Mute),
            Ok(Some(Ok(event))) => Next::Event(Box::new(event)),
            Ok(Some(Err(error))) if is_resumable(&error) && self.turn.is_none() => Next::Interrupted(error),
            Ok(Some(Err(error))) => Next::End(End::Failed(error)),
        }
    }

    /// The server began to answer a watch since the connection was lost: it is back, though nothing changed.
    async fn look_for_return(&mut self) {
        if self.lost.is_some_and(|before| self.follower.meter.watches(self.kind) > before) {
            self.lost = None;
            self.tell(News::Fresh(self.kind, Freshness::Live)).await;
        }
    }

    /// Takes an event in, and hands on what is complete.
    async fn take(&mut self, event: Event<Raw>) {
        match event {
            Event::Init => self.listed = Some(Known::new()),
            Event::InitApply(raw) => {
                let (key, version) = self.put(&raw);
                let listed = self.listed.get_or_insert_default();
                listed.insert(key, version);
                let so_far = listed.len();
                if self.bundle.len() >= BUNDLE {
                    self.tell(News::Fresh(self.kind, Freshness::CatchingUp(so_far))).await;
                    self.hand_on().await;
                }
            }
            Event::InitDone => {
                self.end_list();
                // Listed anew: what changes is seen again only when the watch has begun.
                self.lost = self.is_known.then(|| self.follower.meter.watches(self.kind));
                self.is_known = true;
                self.hand_on().await;
            }
            Event::Apply(raw) => {
                self.lost = None;
                let (key, version) = self.put(&raw);
                self.known.insert(key, version);
                self.hand_on().await;
            }
            Event::Delete(raw) => {
                self.lost = None;
                let key = key_of(self.kind, &raw);
                self.known.remove(&key);
                self.bundle.push(Change::Gone(key));
                self.hand_on().await;
            }
        }
    }

    /// What was known and is not in the new list is gone.
    fn end_list(&mut self) {
        let listed = self.listed.take().unwrap_or_default();
        let gone = self.known.keys().filter(|key| !listed.contains_key(*key)).cloned();
        self.bundle.extend(gone.map(Change::Gone));
        self.bundle.push(Change::Readable(SafeText::new(self.kind.place().plural)));
        self.known = listed;
        self.turn = None;
    }

    async fn hand_on(&mut self) {
        let bundle = std::mem::take(&mut self.bundle);
        self.tell(News::Changes(bundle)).await;
        if self.turn.is_none() && self.lost.is_none() {
            self.tell(News::Fresh(self.kind, Freshness::Live)).await;
        }
    }

    /// Projects an object, unless it is known in this very version.
    fn put(&mut self, raw: &Raw) -> (Key, Version) {
        let (key, version) = (key_of(self.kind, raw), version_of(raw));
        if let Some((known, _)) = self.known.get_key_value(&key).filter(|(_, old)| **old == version) {
            return (known.clone(), version);
        }
        let changes = projected(self.kind, &key, raw.json.get());
        // The key of the object shares its texts.
        let own = changes.iter().find_map(|change| match change {
            Change::Put(kind, object) => Some(Key::of(*kind, object.meta())),
            _ => None,
        });
        self.bundle.extend(changes);
        (own.unwrap_or(key), version)
    }

    /// Tells what a failure means for the kind, and how long to wait.
    async fn judge(&mut self, end: &End) -> Duration {
        let status = match end {
            End::Failed(error) => status_of(error),
            End::Mute => None,
        };
        match status.map(|status| status.code) {
            Some(403) if self.follower.groups.lack(&self.follower.client, self.kind).await => {
                self.tell(News::Fresh(self.kind, Freshness::Absent)).await;
                return ABSENT_PAUSE;
            }
            Some(403) => {
                let message = SafeText::new(status.map_or("", |status| &status.message));
                let what = SafeText::new(self.kind.place().plural);
                let unreadable = Unreadable { what, why: SafeText::new("forbidden"), message };
                self.tell(News::Changes(vec![Change::Unreadable(unreadable)])).await;
                self.tell(News::Fresh(self.kind, Freshness::Forbidden)).await;
                return FORBIDDEN_PAUSE;
            }
            Some(404) => {
                self.tell(News::Fresh(self.kind, Freshness::Absent)).await;
                return ABSENT_PAUSE;
            }
            Some(401) => self.tell_signed_out(end).await,
            _ => {}
        }
        self.tell(News::Fresh(self.kind, Freshness::Stale(Instant::now()))).await;
        self.backoff.pause(Instant::now()).max(asked_pause(status))
    }

    async fn tell_signed_out(&self, end: &End) {
        if let End::Failed(watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error)) = end {
            self.tell(News::SignedOut(Fault::request(&http::Uri::default(), error))).await;
        }
    }

    async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            () = self.follower.wake.notified() => {}
            () = self.follower.news.closed() => {}
        }
    }

    async fn tell(&self, news: News) {
        // Nobody listens any more when the program ends: then there is nothing left to tell.
        let _ended = self.follower.news.send(news).await;
    }
}

impl Follower {
    fn api(&self, kind: Kind) -> Api<Raw> {
        let resource = raw::resource(kind);
        if self.namespace.is_empty() || !kind.place().namespaced {
            return Api::all_with(self.client.clone(), &resource);
        }
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }

    fn config(&self, kind: Kind) -> watcher::Config {
        let config = watcher::Config::default().page_size(PAGE).timeout(WATCH_SECONDS);
        if kind == Kind::Namespace && !self.namespace.is_empty() {
            return config.fields(&format!("metadata.name={}", self.namespace));
        }
        config
    }
}

/// How long the server that is asked too much wants us to wait.
fn asked_pause(status: Option<&kube::core::Status>) -> Duration {
    let too_many = status.filter(|status| status.code == 429);
    let seconds = too_many.map_or(0, |status| status.details.as_ref().map_or(1, |details| details.retry_after_seconds));
    Duration::from_secs(u64::from(seconds.min(60)))
}

fn key_of(kind: Kind, raw: &Raw) -> Key {
    let text = |text: &Option<String>| SafeText::new(text.as_deref().unwrap_or_default());
    Key { kind, namespace: text(&raw.metadata.namespace), name: text(&raw.metadata.name) }
}

fn version_of(raw: &Raw) -> Version {
    let mut hasher = DefaultHasher::new();
    (&raw.metadata.uid, &raw.metadata.resource_version).hash(&mut hasher);
    hasher.finish()
}

/// The changes that an object stands for. An odd object is read as far as it can be, the rest is a blind spot.
fn projected(kind: Kind, key: &Key, json: &str) -> Vec<Change> {
    if let Ok(object) = Object::from_json(kind, json) {
        return vec![Change::Put(kind, object)];
    }
    let (object, dropped) = repaired(kind, &serde_json::from_str(json).unwrap_or_default());
    let what = SafeText::new(&format!("{} {}", kind.name(), key.name));
    let message = SafeText::new(&format!("not what it should be: {}", dropped.join(", ")));
    let unreadable = Unreadable { what, why: SafeText::new("unreadable"), message };
    let mut changes = vec![Change::Unreadable(unreadable)];
    changes.extend(object.map(|object| Change::Put(kind, object)));
    changes
}

fn status_of(error: &watcher::Error) -> Option<&kube::core::Status> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status),
        _ => None,
    }
}

/// Can the watch go on from the last version that was seen? Not after `410 Gone` in any form, nor without permission.
fn is_resumable(error: &watcher::Error) -> bool {
    !matches!(error, watcher::Error::NoResourceVersion)
        && status_of(error).is_none_or(|status| {
            let too_large = status.message.contains("Too large resource version");
            !matches!(status.code, 401 | 403 | 404 | 410) && !too_large
        })
}
