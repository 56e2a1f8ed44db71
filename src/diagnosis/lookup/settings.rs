//! Which setting of a container a value in its log came from.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::container::Container;

/// The setting that {path} came from.
pub fn of_path(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    of_value(scene, names.get("path")?)
}

/// The setting that {host} came from.
pub fn of_host(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    of_value(scene, names.get("host")?)
}

/// The address of the MLflow server that the container was given; its host and port too where the log does not say them.
pub fn tracking_uri(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let uri = scene.container()?.env_value("MLFLOW_TRACKING_URI")?;
    let seen = evidence::of_field(scene, "env MLFLOW_TRACKING_URI", uri);
    let (host, port) = if names.contains_key("host") { ("", "") } else { place_of(uri) };
    let named = [("tracking_uri", uri.to_string()), ("host", host.to_owned()), ("port", port.to_owned())];
    Some(Found::names(named).seen(seen))
}

/// Host and port of an address, as far as it has them.
fn place_of(uri: &str) -> (&str, &str) {
    let place = uri.split_once("://").map_or("", |(_, rest)| rest);
    let place = place.split(['/', '?']).next().unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default();
    place.split_once(':').unwrap_or((place, ""))
}

fn of_value(scene: &Scene<'_>, value: &str) -> Option<Found> {
    let container = scene.container()?;
    let (setting, written) = variable(container, value).or_else(|| argument(container, value))?;
    let seen = evidence::of_field(scene, &setting, &written);
    Some(Found::names([("setting", setting)]).seen(seen))
}

/// A variable that holds the value, or a folder above it.
fn variable(container: &Container, value: &str) -> Option<(String, String)> {
    /// Shorter values stand in many paths by chance.
    const TELLING: usize = 4;
    let holds = |written: &str| {
        written.len() >= TELLING
            && (written.contains(value) || value.starts_with(written.trim_end_matches('/')) && written.len() > TELLING)
    };
    let found = container.env.iter().filter_map(|variable| Some((&variable.name, variable.value.as_ref()?)));
    found
        .filter(|(_, written)| holds(written))
        .max_by_key(|(_, written)| written.len())
        .map(|(name, written)| (format!("env {name}"), written.to_string()))
}

fn argument(container: &Container, value: &str) -> Option<(String, String)> {
    let mut words = container.command.iter().chain(&container.args);
    words.find(|word| word.contains(value)).map(|word| ("args".to_owned(), word.to_string()))
}
