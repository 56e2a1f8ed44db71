//! What a container may use.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::quantity;
use crate::snapshot::text::SafeText;

/// A CPU limit at or below this many cores makes imports and loads take minutes.
const STARVING: f64 = 0.5;

/// The memory limit of the container.
pub fn memory_limit(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    limit(scene, "memory", "limit")
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
