//! Connects a command to a live cluster.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::cli::args::ClusterArguments;
use crate::cluster::config::{self, Place};
use crate::cluster::start::Cluster;
use crate::diagnosis::catalogue::Catalogue;
use crate::session::{Session, View};

/// A runtime for watches and logs: one thread reads while the other judges.
pub fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Follows the cluster until everything was read once, or the time is over; gives the last view.
pub async fn look_once(arguments: &ClusterArguments, catalogue: Arc<Catalogue>) -> anyhow::Result<Arc<View>> {
    let place = config::find(&arguments.target()).await?;
    for warning in &place.warnings {
        eprintln!("unstuck: {warning}");
    }
    look_at(place, arguments, catalogue).await
}

/// The same for a cluster that is known already.
pub async fn look_at(
    place: Place,
    arguments: &ClusterArguments,
    catalogue: Arc<Catalogue>,
) -> anyhow::Result<Arc<View>> {
    let cluster = Cluster::start(place, arguments.selector.clone(), catalogue.sieve.clone())?;
    let greeting = cluster.greet();
    let (session, mut views) = Session::new(cluster, catalogue);
    let (_requests, receiver) = mpsc::channel(1);
    let running = tokio::spawn(session.run(receiver));
    greeting.await?;
    let settled = async {
        while views.changed().await.is_ok() {
            if views.borrow_and_update().is_settled {
                break;
            }
        }
    };
    let limit = if arguments.request_timeout.is_zero() { Duration::MAX } else { arguments.request_timeout };
    // What was read until then is reported, and what was not is among its blind spots.
    let _in_time = timeout(limit, settled).await;
    running.abort();
    Ok(views.borrow().clone())
}
