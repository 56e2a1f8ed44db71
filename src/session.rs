//! Folds what the cluster tells into a snapshot, diagnoses it at each beat, and publishes the newest assessment: who reads
//! it never holds back who writes it.

mod pace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use crate::cluster::fault::Fault;
use crate::cluster::news::{Freshness, News};
use crate::cluster::start::Cluster;
use crate::diagnosis::assessment::Assessment;
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::keeper::Keeper;
use crate::diagnosis::selected;
use crate::diagnosis::touched::Touched;
use crate::session::pace::Pace;
use crate::snapshot::kind::Kind;
use crate::snapshot::need::{self, Needs, REPLICAS, Wanted};
use crate::snapshot::selection::Selection;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, Key, LogKey, Snapshot, Source};

/// Logs that are followed at the same time; each costs the node a file watch.
const FOLLOWED: usize = 20;
/// Logs that are read in all: of containers that are not well also those for which no stream is left, now and then.
const READ: usize = 100;

/// What the screen asks for: a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Keep this log although nothing needs it.
    Follow(LogKey),
    /// Ask again for what was refused or lost.
    Retry,
}

/// What is known at a beat.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The diagnoses.
    pub assessment: Arc<Assessment>,
    /// What they rest on.
    pub snapshot: Snapshot,
    /// How fresh each kind is.
    pub freshness: BTreeMap<Kind, Freshness>,
    /// Was everything read once, with the logs that are needed?
    pub is_settled: bool,
    /// Why the credentials are no longer accepted, if they are not.
    pub signed_out: Option<Fault>,
    /// Seconds that the server's clock is ahead of ours.
    pub ahead: i64,
}

impl View {
    /// The time on the clock of the API server: what passed since the view is counted on ours.
    pub fn server_time(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(SignedDuration::from_secs(self.ahead)).unwrap_or(now)
    }
}

/// Through which what is known is looked at.
#[derive(Clone, Debug)]
pub struct Lens {
    /// The rules.
    pub catalogue: Arc<Catalogue>,
    /// Only what has these labels.
    pub selection: Option<Selection>,
}

impl Lens {
    /// What there is to say about a snapshot.
    pub fn assess(&self, snapshot: &Snapshot) -> Assessment {
        self.assess_again(&mut Keeper::default(), snapshot, &Touched::everything())
    }

    /// The same, where what was said before is kept and only what was touched is judged anew.
    pub fn assess_again(&self, keeper: &mut Keeper, snapshot: &Snapshot, touched: &Touched) -> Assessment {
        let assessment = keeper.assess(snapshot, &self.catalogue, touched);
        match &self.selection {
            Some(selection) => selected::only(assessment, snapshot, selection),
            None => assessment,
        }
    }
}

/// What is outside of a running session: it ends when nobody looks at its views.
pub struct Ends {
    /// The newest view.
    pub views: watch::Receiver<Arc<View>>,
    /// To the session.
    pub requests: mpsc::Sender<Request>,
}

/// The one who owns what is known.
pub struct Session {
    cluster: Cluster,
    lens: Lens,
    snapshot: Snapshot,
    freshness: BTreeMap<Kind, Freshness>,
    logs: BTreeMap<LogKey, Followed>,
    pinned: Vec<LogKey>,
    /// The config maps that were asked for, and whether an answer came.
    config_maps: BTreeMap<Key, bool>,
    signed_out: Option<Fault>,
    touched: Touched,
    keeper: Keeper,
    needs: BTreeMap<Subject, Needs>,
    /// Logs that are needed and not yet read to their present end.
    awaited: BTreeSet<LogKey>,
    pace: Pace,
    published: watch::Sender<Arc<View>>,
}

/// A log that is being read.
struct Followed {
    instance: String,
    task: AbortHandle,
    /// Does it take one of the streams?
    is_stream: bool,
    has_ended: bool,
}

impl Session {
    /// A session on a cluster, and where its views are published; `is_watched` where somebody looks at each of them.
    pub fn new(cluster: Cluster, lens: Lens, is_watched: bool) -> (Self, watch::Receiver<Arc<View>>) {
        let (published, views) = watch::channel(Arc::new(View::default()));
        let mut snapshot = Snapshot::default();
        let (context, namespace) = (SafeText::new(&cluster.place.context), SafeText::new(&cluster.place.namespace));
        snapshot.source = Source { context, namespace, ..Source::default() };
        let freshness = Kind::ALL.into_iter().map(|kind| (kind, Freshness::CatchingUp(0))).collect();
        let session = Session {
            cluster,
            lens,
            snapshot,
            freshness,
            logs: BTreeMap::new(),
            pinned: Vec::new(),
            config_maps: BTreeMap::new(),
            signed_out: None,
            touched: Touched::everything(),
            keeper: Keeper::default(),
            needs: BTreeMap::new(),
            awaited: BTreeSet::new(),
            pace: Pace::begin(is_watched),
            published,
        };
        (session, views)
    }

    /// Runs until nobody looks at the views any more.
    pub async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut changed = true;
        loop {
            tokio::select! {
                news = self.cluster.news.recv() => match news {
                    Some(news) => changed |= self.take(news),
                    None => return,
                },
                Some(request) = requests.recv() => self.answer(request),
                () = tokio::time::sleep_until(self.pace.next(changed, self.touched.everything).into()) => {
                    self.touched.everything |= self.pace.is_due();
                    let (begun, everything) = (Instant::now(), self.touched.everything);
                    self.judge();
                    self.pace.note(begun, everything);
                    changed = false;
                }
                () = self.published.closed() => return,
            }
        }
    }

    /// Takes news in; true where it could change what is seen.
    fn take(&mut self, news: News) -> bool {
        match news {
            News::Changes(changes) => {
                let any = !changes.is_empty();
                for change in changes {
                    self.apply(change);
                }
                return any;
            }
            News::ConfigMap(key, change) => {
                if let Some(change) = change {
                    self.apply(change);
                }
                self.config_maps.insert(key, true);
                self.hurry_where_read();
            }
            News::Fresh(kind, freshness) => return self.note_freshness(kind, freshness),
            News::LogEnded(key) => {
                if let Some(followed) = self.logs.get_mut(&key) {
                    followed.has_ended = true;
                }
                self.note_read(&key);
            }
            News::SignedOut(fault) => self.signed_out = Some(fault),
        }
        true
    }

    fn apply(&mut self, change: Change) {
        self.touched.note(&self.snapshot, &change);
        if let Change::Log(key, _) = &change {
            self.note_read(key);
        }
        self.snapshot.apply(change);
    }

    fn note_read(&mut self, key: &LogKey) {
        if self.awaited.remove(key) {
            self.hurry_where_read();
        }
    }

    /// Once all that is needed was read, what it says is judged without delay.
    fn hurry_where_read(&mut self) {
        if self.is_read() {
            self.pace.hurry(self.is_listed());
        }
    }

    /// Was all read that was found to be needed?
    fn is_read(&self) -> bool {
        self.awaited.is_empty() && self.config_maps.values().all(|is_answered| *is_answered)
    }

    fn note_freshness(&mut self, kind: Kind, freshness: Freshness) -> bool {
        let before = self.freshness.get(&kind);
        let still_stale = matches!((before, &freshness), (Some(Freshness::Stale(_)), Freshness::Stale(_)));
        if before == Some(&freshness) || still_stale {
            return false;
        }
        if freshness == Freshness::Live {
            self.signed_out = None;
        }
        let was_listed = self.is_listed();
        self.freshness.insert(kind, freshness);
        if !was_listed && self.is_listed() {
            self.pace.hurry(true);
        }
        true
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Follow(key) => {
                self.pinned = vec![key];
                self.choose_logs(self.wanted_logs());
            }
            Request::Retry => self.cluster.wake.notify_waiters(),
        }
    }

    /// Judges what is known, and publishes it.
    fn judge(&mut self) {
        self.snapshot.apply(Change::Clock(self.cluster.meter.server_time()));
        let mut touched = std::mem::take(&mut self.touched);
        touched.settle(&self.snapshot);
        let assessment = Arc::new(self.lens.assess_again(&mut self.keeper, &self.snapshot, &touched));
        self.note_needs(&touched);
        let wanted = self.wanted_logs();
        self.awaited = self.unread(&wanted).collect();
        self.choose_logs(wanted);
        let view = View {
            assessment,
            snapshot: self.snapshot.clone(),
            freshness: self.freshness.clone(),
            is_settled: self.is_listed() && self.is_read(),
            signed_out: self.signed_out.clone(),
            ahead: self.cluster.meter.ahead(),
        };
        self.published.send_replace(Arc::new(view));
    }

    /// Finds what is needed of the pods that were touched: logs, and the config maps that tell where the files of Azure ML
    /// services are.
    fn note_needs(&mut self, touched: &Touched) {
        let crews = &self.keeper.crews;
        let workloads: BTreeSet<Subject> =
            if touched.everything { crews.workloads().cloned().collect() } else { touched.workloads.clone() };
        if touched.everything {
            self.needs.clear();
        }
        for workload in workloads {
            let pods = crews.pods(&self.snapshot, &workload);
            for key in pods.iter().flat_map(|pod| need::wanted_config_maps(pod)) {
                if !self.config_maps.contains_key(&key) {
                    self.cluster.read_config_map(&key);
                    self.config_maps.insert(key, false);
                }
            }
            let needs = Needs::of(&workload, pods);
            self.needs.insert(workload, needs);
        }
    }

    /// The logs that are needed, the most needed first.
    fn wanted_logs(&self) -> Vec<Wanted> {
        let unwell = self.needs.values().flat_map(|needs| &needs.unwell);
        let well = (0..REPLICAS).flat_map(|turn| self.needs.values().flat_map(move |needs| &needs.well[turn]));
        unwell.chain(well).cloned().collect()
    }

    /// Begins to read the logs that are needed most, and lets go of those of instances that are gone.
    fn choose_logs(&mut self, wanted: Vec<Wanted>) {
        if !self.knows(Kind::Pod) {
            return;
        }
        let instances: BTreeMap<&LogKey, &str> = wanted.iter().map(|log| (&log.key, log.instance.as_str())).collect();
        self.logs.retain(|key, followed| {
            let is_same = instances.get(key).is_none_or(|instance| *instance == followed.instance);
            let is_there = is_same && self.snapshot.holds(&key.pod_key());
            if !is_there {
                followed.task.abort();
            }
            is_there
        });
        let open = self.logs.values().filter(|followed| followed.is_stream && !followed.has_ended).count();
        let instance = |key| instances.get(key).copied().unwrap_or_default().to_owned();
        let pinned: Vec<Wanted> = self
            .pinned
            .iter()
            .map(|key| Wanted { key: key.clone(), is_unwell: true, instance: instance(key) })
            .collect();
        let wanted = wanted.into_iter().take(READ).filter(|wanted| !self.pinned.contains(&wanted.key));
        let unread = pinned.into_iter().chain(wanted).filter(|wanted| !self.logs.contains_key(&wanted.key));
        let streams = FOLLOWED.saturating_sub(open);
        let is_worth_it = |(number, wanted): &(usize, Wanted)| *number < streams || wanted.is_unwell;
        let chosen: Vec<(usize, Wanted)> = unread.enumerate().filter(is_worth_it).collect();
        for (number, wanted) in chosen {
            let (reader, is_stream) = (self.cluster.logs.clone(), number < streams);
            let task = self.cluster.spawn(reader.read(wanted.key.clone(), is_stream));
            self.logs.insert(wanted.key, Followed { instance: wanted.instance, task, is_stream, has_ended: false });
        }
    }

    fn knows(&self, kind: Kind) -> bool {
        !matches!(self.freshness.get(&kind), Some(Freshness::CatchingUp(_)) | None)
    }

    /// Was every kind listed or refused?
    fn is_listed(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| self.knows(kind))
    }

    /// The logs that are needed and not yet read to their present end.
    fn unread(&self, wanted: &[Wanted]) -> impl Iterator<Item = LogKey> {
        let is_read = |wanted: &Wanted| {
            let followed = self.logs.get(&wanted.key);
            followed.is_some_and(|followed| followed.has_ended || self.snapshot.log(&wanted.key).is_some())
        };
        let needed = wanted.iter().take(READ).enumerate().filter(|(place, one)| *place < FOLLOWED || one.is_unwell);
        needed.filter(move |(_, one)| !is_read(one)).map(|(_, one)| one.key.clone())
    }
}
