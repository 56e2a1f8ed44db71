//! `unstuck` without a command: the live dashboard.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::cli::Outcome;
use crate::cli::args::{CheckArguments, ClusterArguments};
use crate::cli::{check, live};
use crate::cluster::config::{self, Place};
use crate::cluster::start::Cluster;
use crate::diagnosis::catalogue::Catalogue;
use crate::session::{Lens, Session};
use crate::tui::{self, Ends, terminal};

/// Shows the dashboard; where there is no terminal for it, one report.
pub fn run(cluster: &ClusterArguments, catalogue: Arc<Catalogue>) -> anyhow::Result<Outcome> {
    if !terminal::is_usable() {
        return check::run(&CheckArguments::default(), cluster, catalogue);
    }
    let runtime = live::runtime()?;
    let shown = runtime.block_on(async {
        let place = config::find(&cluster.target()).await?;
        show(place, cluster.lens(catalogue)?).await
    });
    runtime.shutdown_background();
    shown.map(|()| Outcome::Well)
}

/// Shows the dashboard on a cluster until the user quits.
pub async fn show(place: Place, lens: Lens) -> anyhow::Result<()> {
    let cluster = Cluster::start(place, lens.catalogue.sieve.clone())?;
    let greeting = cluster.greet();
    let (session, views) = Session::new(cluster, lens);
    let (requests, receiver) = mpsc::channel(8);
    let running = tokio::spawn(session.run(receiver));
    // A server that cannot be reached at all is said on the plain terminal, before the screen is taken.
    greeting.await?;
    let shown = tui::run(Ends { views, requests }).await;
    running.abort();
    shown
}
