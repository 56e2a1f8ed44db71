//! What a container may use.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::quantity;
use crate::snapshot::text::SafeText;

/// A CPU limit at or below this many cores makes imports and loads take minutes.
const STARVING: f64 = 0.5;

/// The memory limit of the container, and twice as much. Where none is known, an amount to begin with.
pub fn memory_limit(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    const GIBI: f64 = 1024.0 * 1024.0 * 1024.0;
    let known = limit(scene, "memory", "limit");
    let bytes =
        known.as_ref().and_then(|found| quantity::value(found.names.get("limit")?)).filter(|bytes| *bytes > 0.0);
    let requested = scene.container().and_then(|container| container.resources.requests.get("memory"));
    let requested = requested.and_then(|requested| quantity::value(requested)).unwrap_or(0.0);
    let least = bytes.unwrap_or(2.0 * GIBI).max(requested);
    let names = [
        ("request_memory", in_words(least)),
        ("more_memory", in_words(2.0 * least)),
        ("more_gigabytes", format!("{}", (2.0 * least / GIBI).ceil())),
    ];
    let mut found = known.unwrap_or_default();
    found.names.extend(Found::names(names).names);
    Some(found)
}

/// Bytes in whole Gi, or else in Mi.
fn in_words(bytes: f64) -> String {
    const MEBI: f64 = 1024.0 * 1024.0;
    let mebi = (bytes / MEBI).ceil();
    if mebi % 1024.0 == 0.0 { format!("{}Gi", mebi / 1024.0) } else { format!("{mebi}Mi") }
}

/// The CPU limit of the container.
pub fn cpu_limit(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    limit(scene, "cpu", "cpu_limit")
}

/// The CPU limit of the container, where it is small enough to make a start take minutes.
pub fn starved(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let found = cpu_limit(scene, names)?;
    let cores = found.names.get("cpu_limit").and_then(|limit| quantity::value(limit))?;
    (cores <= STARVING).then_some(found)
}

fn limit(scene: &Scene<'_>, resource: &str, name: &str) -> Option<Found> {
    let limit: &SafeText = scene.container()?.resources.limits.get(resource)?;
    let seen = evidence::of_field(scene, &format!("resources.limits.{resource}"), limit);
    Some(Found::names([(name, limit.to_string())]).seen(seen))
}
