//! `unstuck wait`: follows rollouts until they are ready, or until it is clear that they will not be.

pub mod event;
pub mod look;
pub mod target;
pub mod teller;
pub mod vigil;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use tokio::time::sleep;

use crate::cli::args::{ClusterArguments, WaitArguments};
use crate::cli::wait::target::Target;
use crate::cli::wait::teller::Teller;
use crate::cli::wait::vigil::Vigil;
use crate::cli::{Outcome, live};
use crate::cluster::news::Freshness;
use crate::diagnosis::catalogue::Catalogue;
use crate::session::{Ends, View};
use crate::snapshot::kind::Kind;

/// How often it is asked whether something has stood for long enough.
const TICK: Duration = Duration::from_secs(1);

/// A log that says nothing must not hold back for longer what is known without it.
const LOGS: Duration = Duration::from_secs(10);

/// Waits and tells what happens.
pub fn run(
    arguments: &WaitArguments,
    cluster: &ClusterArguments,
    catalogue: Arc<Catalogue>,
) -> anyhow::Result<Outcome> {
    let mut lens = cluster.lens(catalogue)?;
    let target = Target::read(&arguments.objects, lens.selection.take())?;
    let runtime = live::runtime()?;
    let outcome = runtime.block_on(wait(arguments, cluster, Vigil::new(target, lens)));
    runtime.shutdown_background();
    outcome
}

async fn wait(arguments: &WaitArguments, cluster: &ClusterArguments, mut vigil: Vigil) -> anyhow::Result<Outcome> {
    let Ends { mut views, requests: _requests } = live::connect(cluster, vigil.lens.clone(), true).await?;
    let begun = Instant::now();
    let (teller, mut settled) = (Teller::new(arguments.output, begun), begun);
    let outcome = loop {
        let is_new = tokio::select! {
            changed = views.changed() => { changed?; true }
            () = sleep(TICK) => false,
        };
        let (view, now) = (views.borrow_and_update().clone(), Instant::now());
        settled = if view.is_settled { now } else { settled };
        let is_late = !cluster.request_timeout.is_zero() && now - begun > cluster.request_timeout;
        let is_settled = view.is_settled || is_listed(&view) && now - settled > LOGS || is_late;
        if is_new && (is_listed(&view) || is_late) {
            verify(&view, &vigil.target)?;
            vigil.look(&view.snapshot, is_settled, now).iter().for_each(|event| teller.tell(event));
        }
        let is_over = !arguments.timeout.is_zero() && now - begun >= arguments.timeout;
        let end = vigil.end(is_settled, now);
        if let Some(outcome) = end.or_else(|| is_over.then_some(Outcome::TimedOut)) {
            break outcome;
        }
        teller.show(&vigil.look, view.server_time());
    };
    teller.tell(&vigil.last_words(outcome, begun.elapsed()));
    let look = &vigil.look;
    if !look.rollouts.is_empty() && (outcome != Outcome::Well || !look.assessment.diagnoses.is_empty()) {
        teller.report(&look.assessment);
    }
    Ok(outcome)
}

/// Was every kind read once, or refused?
fn is_listed(view: &View) -> bool {
    let is_read = |kind: &Kind| !matches!(view.freshness.get(kind), Some(Freshness::CatchingUp(_)) | None);
    Kind::ALL.iter().all(is_read)
}

/// Fails where what is waited for cannot be seen.
fn verify(view: &View, target: &Target) -> anyhow::Result<()> {
    if let Some(fault) = &view.signed_out {
        bail!("{fault}");
    }
    let freshness = |kind: Kind| view.freshness.get(&kind);
    let kinds = || target.named.iter().map(|(kind, _)| *kind);
    if kinds().all(|kind| freshness(kind) == Some(&Freshness::Absent)) {
        let names: Vec<&str> = kinds().map(|kind| kind.place().plural).collect();
        bail!("the cluster has no {}", names.join(", "));
    }
    if kinds().all(|kind| matches!(freshness(kind), Some(Freshness::Forbidden | Freshness::Absent))) {
        let names: Vec<&str> = kinds().map(|kind| kind.place().plural).collect();
        bail!("you may not read {}; ask for `get, list, watch` on them", names.join(", "));
    }
    Ok(())
}
