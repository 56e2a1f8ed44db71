//! Serving runtimes of KServe.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::snapshot::custom::Custom;
use crate::snapshot::kind::Kind;
use crate::snapshot::relation;
use crate::snapshot::text::SafeText;

/// The serving runtime and the model format that the InferenceService names, whether there is such a runtime, and
/// whether a former revision serves.
pub fn wanted(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Custom(key, custom) = scene.part else { return None };
    let model = custom.spec.predictor.as_ref()?.model.as_ref()?;
    let known = known_runtimes(scene, &key.namespace);
    let is_known = known.as_ref().is_some_and(|known| known.contains(&model.runtime));
    let is_absent = known.as_ref().is_some_and(|known| !known.is_empty()) && !is_known && !model.runtime.is_empty();
    let listed = |names: &[SafeText]| names.iter().map(SafeText::as_str).collect::<Vec<_>>().join(", ");
    let ready = relation::pods_of_custom(scene.snapshot, key, custom).iter().filter(|pod| pod.is_ready()).count();
    let names = [
        ("wanted_runtime", model.runtime.to_string()),
        ("wanted_format", model.model_format.name.to_string()),
        ("absent_runtime", if is_absent { model.runtime.to_string() } else { String::new() }),
        ("known_runtimes", known.as_deref().map(listed).unwrap_or_default()),
        ("former_pods", if ready > 0 { ready.to_string() } else { String::new() }),
    ];
    let found = Found::names(names);
    let runtime = evidence::of_field(scene, "spec.predictor.model.runtime", &model.runtime);
    let format = evidence::of_field(scene, "spec.predictor.model.modelFormat.name", &model.model_format.name);
    let found = if model.runtime.is_empty() { found } else { found.seen(runtime) };
    Some(if model.model_format.name.is_empty() { found } else { found.seen(format) })
}

/// The runtimes that an InferenceService of the namespace can name, unless not all can be seen.
fn known_runtimes(scene: &Scene<'_>, namespace: &SafeText) -> Option<Vec<SafeText>> {
    let snapshot = scene.snapshot;
    if snapshot.is_unreadable("servingruntimes") || snapshot.is_unreadable("clusterservingruntimes") {
        return None;
    }
    let own = snapshot.of_kind::<Custom>(Kind::ServingRuntime).filter(|(key, _)| key.namespace == *namespace);
    let all = own.chain(snapshot.of_kind::<Custom>(Kind::ClusterServingRuntime));
    Some(all.map(|(key, _)| key.name.clone()).collect())
}
