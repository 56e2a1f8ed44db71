//! `unstuck` without a command: the live dashboard.

use std::sync::Arc;

use crate::cli::Outcome;
use crate::cli::args::{CheckArguments, ClusterArguments};
use crate::cli::{check, live};
use crate::cluster::config::Place;
use crate::diagnosis::catalogue::Catalogue;
use crate::session::Lens;
use crate::tui::{self, terminal};

/// Shows the dashboard; where there is no terminal for it, one report.
pub fn run(cluster: &ClusterArguments, catalogue: Arc<Catalogue>) -> anyhow::Result<Outcome> {
    if !terminal::is_usable() {
        return check::run(&CheckArguments::default(), cluster, catalogue);
    }
    let runtime = live::runtime()?;
    let shown =
        runtime.block_on(async { tui::run(live::connect(cluster, cluster.lens(catalogue)?, true).await?).await });
    runtime.shutdown_background();
    shown.map(|()| Outcome::Well)
}

/// Shows the dashboard on a cluster until the user quits.
pub async fn show(place: Place, lens: Lens) -> anyhow::Result<()> {
    tui::run(live::begin(place, lens, true).await?).await
}
