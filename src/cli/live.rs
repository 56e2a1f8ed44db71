//! Connects a command to a live cluster.

use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::cli::args::ClusterArguments;
use crate::cluster::config::{self, Place};
use crate::cluster::news::Freshness;
use crate::cluster::start::Cluster;
use crate::diagnosis::assessment::Assessment;
use crate::session::{Ends, Lens, Session, View};
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, Unreadable};

/// A runtime for watches and logs: one thread reads while the other judges.
pub fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Follows the cluster until everything was read once, or the time is over; what is known then.
pub async fn look_once(arguments: &ClusterArguments, lens: Lens) -> anyhow::Result<Assessment> {
    look(connect(arguments, lens.clone(), false).await?, arguments.request_timeout, lens).await
}

/// The same for a cluster that is known already.
pub async fn look_at(place: Place, limit: Duration, lens: Lens) -> anyhow::Result<Assessment> {
    look(begin(place, lens.clone(), false).await?, limit, lens).await
}

/// Finds the cluster that is meant and begins to follow it; `is_watched` where somebody looks at each view.
pub async fn connect(arguments: &ClusterArguments, lens: Lens, is_watched: bool) -> anyhow::Result<Ends> {
    let place = config::find(&arguments.target()).await?;
    for warning in &place.warnings {
        eprintln!("unstuck: {warning}");
    }
    begin(place, lens, is_watched).await
}

/// Begins to follow a cluster, until nobody looks at the views. A server that cannot be reached at all is an error
/// here, before any screen is taken.
pub async fn begin(place: Place, lens: Lens, is_watched: bool) -> anyhow::Result<Ends> {
    /// Requests of a user that may wait for the next beat.
    const WAITING: usize = 8;
    let cluster = Cluster::start(place, lens.catalogue.sieve.clone())?;
    let greeting = cluster.greet();
    let (session, views) = Session::new(cluster, lens, is_watched);
    let (requests, receiver) = mpsc::channel(WAITING);
    tokio::spawn(session.run(receiver));
    greeting.await?;
    Ok(Ends { views, requests })
}

async fn look(ends: Ends, limit: Duration, lens: Lens) -> anyhow::Result<Assessment> {
    let Ends { mut views, requests: _requests } = ends;
    let settled = async {
        while views.changed().await.is_ok() {
            if views.borrow_and_update().is_settled {
                break;
            }
        }
    };
    let in_time = timeout(if limit.is_zero() { Duration::MAX } else { limit }, settled).await;
    let view = views.borrow().clone();
    if in_time.is_ok() {
        return Ok((*view.assessment).clone());
    }
    let mut snapshot = view.snapshot.clone();
    unread(&view, limit).for_each(|unreadable| snapshot.apply(Change::Unreadable(unreadable)));
    Ok(lens.assess(&snapshot))
}

/// The kinds that were not read to their end within the time.
fn unread(view: &View, limit: Duration) -> impl Iterator<Item = Unreadable> {
    let late = view.freshness.iter().filter(|(_, freshness)| matches!(freshness, Freshness::CatchingUp(_)));
    late.map(move |(kind, _)| Unreadable {
        what: SafeText::new(kind.place().plural),
        why: SafeText::new("unread"),
        message: SafeText::new(&format!("not read within {} s; --request-timeout gives it more", limit.as_secs())),
    })
}
