//! Lists a kind and watches it for as long as the program runs: whatever goes wrong, the old view stays until a new one
//! is complete, and every try is paced.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::cluster::backoff::Backoff;
use crate::cluster::fault::Fault;
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
    /// The selector of pods, where only some are looked at.
    pub selector: Option<String>,
    /// Where news goes.
    pub news: mpsc::Sender<News>,
    /// Lists that may run at the same time.
    pub lists: Arc<Semaphore>,
    /// Wakes those who wait for a permission or for the server to come back.
    pub wake: Arc<Notify>,
    /// Tells when the server begins to answer a watch.
    pub meter: Arc<Meter>,
}

/// What is known of a kind: uid and version by key.
type Known = BTreeMap<Key, (String, String)>;

/// How a try ended.
enum End {
    /// Try again after the pause, from where it stopped or anew.
    Failed(watcher::Error),
    /// The server said nothing for too long.
    Mute,
}

impl Follower {
    /// Follows a kind until nobody listens any more.
    pub async fn follow(self, kind: Kind) {
        let mut known = Known::new();
        let mut backoff = Backoff::default();
        while !self.news.is_closed() {
            let end = self.watch(kind, &mut known, &mut backoff).await;
            let pause = self.judge(kind, &end, &mut backoff).await;
            tokio::select! {
                () = sleep(pause) => {}
                () = self.wake.notified() => {}
                () = self.news.closed() => {}
            }
        }
    }

    /// Lists and watches until something goes wrong that needs a new list.
    async fn watch(&self, kind: Kind, known: &mut Known, backoff: &mut Backoff) -> End {
        let mut stream = pin!(watcher::watcher(self.api(kind), self.config(kind)));
        let mut turn = self.lists.clone().acquire_owned().await.ok();
        let mut listed: Option<Known> = None;
        let mut bundle = Vec::new();
        // While the connection is lost: the watches that had begun by then. One more means that it is back.
        let mut lost: Option<u64> = None;
        loop {
            let next = match (&turn, lost) {
                (Some(_), _) => timeout(LIST_DEADLINE, stream.next()).await,
                (None, Some(before)) => match timeout(RETURN_CHECK, stream.next()).await {
                    Err(_) => {
                        if self.meter.watches(kind) > before {
                            lost = None;
                            self.tell(News::Fresh(kind, Freshness::Live)).await;
                        }
                        continue;
                    }
                    next => next,
                },
                (None, None) => Ok(stream.next().await),
            };
            let event = match next {
                Err(_) | Ok(None) => return End::Mute,
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(error))) if is_resumable(&error) && turn.is_none() => {
                    let pause = self.judge(kind, &End::Failed(error), backoff).await;
                    lost = Some(self.meter.watches(kind));
                    tokio::select! { () = sleep(pause) => {}, () = self.wake.notified() => {} }
                    continue;
                }
                Ok(Some(Err(error))) => return End::Failed(error),
            };
            let flush = match event {
                Event::Init => {
                    listed = Some(Known::new());
                    false
                }
                Event::InitApply(raw) => {
                    let seen = listed.get_or_insert_default();
                    self.put(kind, raw, known, seen, &mut bundle);
                    let full = bundle.len() >= BUNDLE;
                    if full {
                        self.tell(News::Fresh(kind, Freshness::CatchingUp(seen.len()))).await;
                    }
                    full
                }
                Event::InitDone => {
                    let seen = listed.take().unwrap_or_default();
                    bundle.extend(known.keys().filter(|key| !seen.contains_key(*key)).cloned().map(Change::Gone));
                    bundle.push(Change::Readable(SafeText::new(kind.place().plural)));
                    *known = seen;
                    turn = None;
                    true
                }
                Event::Apply(raw) => {
                    let mut seen = Known::new();
                    self.put(kind, raw, known, &mut seen, &mut bundle);
                    known.extend(seen);
                    true
                }
                Event::Delete(raw) => {
                    let key = key_of(kind, &raw);
                    known.remove(&key);
                    bundle.push(Change::Gone(key));
                    true
                }
            };
            if flush {
                self.tell(News::Changes(std::mem::take(&mut bundle))).await;
                if turn.is_none() {
                    lost = None;
                    self.tell(News::Fresh(kind, Freshness::Live)).await;
                }
            }
        }
    }

    /// Projects an object, unless it is known in this very version.
    fn put(&self, kind: Kind, raw: Raw, known: &Known, seen: &mut Known, bundle: &mut Vec<Change>) {
        let key = key_of(kind, &raw);
        let version = (raw.metadata.uid.unwrap_or_default(), raw.metadata.resource_version.unwrap_or_default());
        let unchanged = known.get(&key) == Some(&version);
        if !unchanged {
            bundle.extend(projected(kind, &key, raw.json.get()));
        }
        seen.insert(key, version);
    }

    /// Tells what a failure means for the kind, and how long to wait.
    async fn judge(&self, kind: Kind, end: &End, backoff: &mut Backoff) -> Duration {
        let status = match end {
            End::Failed(error) => status_of(error),
            End::Mute => None,
        };
        match status.map(|status| status.code) {
            Some(403) => {
                let message = SafeText::new(&status.map(|status| status.message.clone()).unwrap_or_default());
                let unreadable =
                    Unreadable { what: SafeText::new(kind.place().plural), why: SafeText::new("forbidden"), message };
                self.tell(News::Changes(vec![Change::Unreadable(unreadable)])).await;
                self.tell(News::Fresh(kind, Freshness::Forbidden)).await;
                FORBIDDEN_PAUSE
            }
            Some(404) => {
                self.tell(News::Fresh(kind, Freshness::Absent)).await;
                ABSENT_PAUSE
            }
            Some(401) => {
                if let End::Failed(watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error)) =
                    end
                {
                    self.tell(News::SignedOut(Fault::request(&http::Uri::default(), error))).await;
                }
                self.tell(News::Fresh(kind, Freshness::Stale(Instant::now()))).await;
                backoff.pause(Instant::now())
            }
            Some(429) => {
                self.tell(News::Fresh(kind, Freshness::Stale(Instant::now()))).await;
                let asked =
                    status.and_then(|status| status.details.as_ref()).map_or(1, |details| details.retry_after_seconds);
                Duration::from_secs(u64::from(asked.clamp(1, 60))).max(backoff.pause(Instant::now()))
            }
            _ => {
                self.tell(News::Fresh(kind, Freshness::Stale(Instant::now()))).await;
                backoff.pause(Instant::now())
            }
        }
    }

    async fn tell(&self, news: News) {
        // Nobody listens any more when the program ends: then there is nothing left to tell.
        let _ended = self.news.send(news).await;
    }

    fn api(&self, kind: Kind) -> Api<Raw> {
        let resource = raw::resource(kind);
        if self.namespace.is_empty() || !kind.place().namespaced {
            return Api::all_with(self.client.clone(), &resource);
        }
        Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
    }

    fn config(&self, kind: Kind) -> watcher::Config {
        let config = watcher::Config::default().page_size(PAGE).timeout(WATCH_SECONDS);
        match &self.selector {
            Some(selector) if kind == Kind::Pod => config.labels(selector),
            _ if kind == Kind::Namespace && !self.namespace.is_empty() => {
                config.fields(&format!("metadata.name={}", self.namespace))
            }
            _ => config,
        }
    }
}

fn key_of(kind: Kind, raw: &Raw) -> Key {
    let text = |text: &Option<String>| SafeText::new(text.as_deref().unwrap_or_default());
    Key { kind, namespace: text(&raw.metadata.namespace), name: text(&raw.metadata.name) }
}

/// The changes that an object stands for. An odd object is read as far as it can be, the rest is a blind spot.
fn projected(kind: Kind, key: &Key, json: &str) -> Vec<Change> {
    if let Ok(object) = Object::from_json(kind, json) {
        return vec![Change::Put(kind, Box::new(object))];
    }
    let (object, dropped) = repaired(kind, &serde_json::from_str(json).unwrap_or_default());
    let what = SafeText::new(&format!("{} {}", kind.name(), key.name));
    let message = SafeText::new(&format!("not what it should be: {}", dropped.join(", ")));
    let unreadable = Unreadable { what, why: SafeText::new("unreadable"), message };
    let mut changes = vec![Change::Unreadable(unreadable)];
    changes.extend(object.map(|object| Change::Put(kind, Box::new(object))));
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
