//! `unstuck demo`: the dashboard on a cluster inside this program that plays real failures.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use anyhow::{Context, bail};
use kube::Config;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::args::{ClusterArguments, DemoArguments, Output};
use crate::cli::{Outcome, check, dashboard, live, say};
use crate::cluster::config::Place;
use crate::demo::kubeconfig::{CONTEXT, KubeconfigFile};
use crate::demo::scenario::{self, Scenario};
use crate::demo::server::{Options, Pace, Server};
use crate::diagnosis::catalogue::Catalogue;
use crate::tui::terminal;

/// Plays scenarios, or lists them.
pub fn run(
    arguments: &DemoArguments,
    cluster: &ClusterArguments,
    catalogue: Arc<Catalogue>,
) -> anyhow::Result<Outcome> {
    let scenarios = scenario::embedded()?;
    if arguments.list {
        list(&scenarios);
        return Ok(Outcome::Well);
    }
    let chosen = scenario::choose(arguments.scenario.as_deref(), scenarios)?;
    let runtime = live::runtime()?;
    let outcome = runtime.block_on(play(chosen, arguments, cluster, catalogue));
    runtime.shutdown_background();
    outcome
}

/// The failures that can be played, in a table.
fn list(scenarios: &[Scenario]) {
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
    let line =
        |scenario: &Scenario| format!("{:width$}  {}\n", scenario.name, scenario.story.as_deref().unwrap_or_default());
    say(&scenarios.iter().map(line).collect::<String>());
}

async fn play(
    scenarios: Vec<Scenario>,
    arguments: &DemoArguments,
    cluster: &ClusterArguments,
    catalogue: Arc<Catalogue>,
) -> anyhow::Result<Outcome> {
    let has_screen = terminal::is_usable();
    let is_report = arguments.listen.is_none() && !has_screen;
    let options = Options {
        pace: if is_report || arguments.settled { Pace::Settled } else { Pace::Live },
        listen: arguments.listen.unwrap_or(Options::default().listen),
        ..Options::default()
    };
    let listen = options.listen;
    let server = Server::start(scenarios, options).await.with_context(|| format!("cannot listen on {listen}"))?;
    let place = place(&server, cluster)?;
    if is_report {
        let assessment = live::look_at(place, cluster.request_timeout, cluster.lens(catalogue)?).await?;
        return Ok(check::print(&assessment, Output::Text));
    }
    let _kubeconfig = arguments.listen.is_some().then(|| announce(&server)).transpose()?;
    if arguments.listen.is_some() && !(has_screen && io::stdout().is_terminal()) {
        return serve().await;
    }
    dashboard::show(place, cluster.lens(catalogue)?).await.map(|()| Outcome::Well)
}

/// Writes the kubeconfig, and prints how a shell takes it.
fn announce(server: &Server) -> anyhow::Result<KubeconfigFile> {
    let file = KubeconfigFile::write(&server.url(), &server.namespace).context("cannot write a kubeconfig")?;
    say(&format!("export KUBECONFIG={}\n", file.path.display()));
    Ok(file)
}

/// Serves until the program is asked to end.
async fn serve() -> anyhow::Result<Outcome> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
        _ = hung_up.recv() => {}
    }
    Ok(Outcome::Well)
}

/// The way to the server, as a kubeconfig would tell it.
fn place(server: &Server, cluster: &ClusterArguments) -> anyhow::Result<Place> {
    if let Some(context) = cluster.context.as_deref().filter(|context| *context != CONTEXT) {
        bail!("the demo has one context, `{CONTEXT}`, and not `{context}`");
    }
    let mut config = Config::new(server.url().parse().context("the demo has no address")?);
    config.default_retry = false;
    config.default_namespace.clone_from(&server.namespace);
    let namespace = cluster.target().namespace_or(&server.namespace);
    Ok(Place { config, context: CONTEXT.to_owned(), namespace, warnings: Vec::new() })
}
