//! Images that are on their way.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::subject::Subject;

/// Is the image of the container being pulled for ten minutes and more?
pub fn pulling_for(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    /// Most images are there after this many seconds.
    const PATIENCE: i64 = 600;
    let (container, status) = (scene.container()?, scene.status()?);
    if !matches!(status.waiting_reason(), "ContainerCreating" | "PodInitializing") {
        return None;
    }
    let named = scene.events().filter(|event| event.container().is_some_and(|name| container.name == name));
    let last = named.last().filter(|event| event.reason == "Pulling")?;
    let for_seconds = scene.snapshot.source.taken_at?.as_second() - last.last_seen()?.as_second();
    let names = [("minutes", (for_seconds / 60).to_string()), ("image", container.image.to_string())];
    let object = Subject { container: None, ..scene.subject.clone() };
    (for_seconds >= PATIENCE).then(|| Found::names(names).seen(evidence::of_event(last, object)))
}
