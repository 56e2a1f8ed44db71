//! Objects of the namespace that are nearly called like one that is missing.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::{Found, hosts};
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::kind::Kind;
use crate::snapshot::subject::Subject;

/// Under which names rules bind what is missing, what is nearly called so is bound to, and of which kind both are.
const MISSING: [(&str, &str, Kind); 2] =
    [("claim", "similar_claim", Kind::PersistentVolumeClaim), ("configmap", "similar_configmap", Kind::ConfigMap)];

/// The object that is nearly called like {claim} or {configmap}.
pub fn object(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let namespace = &scene.pod()?.metadata.namespace;
    MISSING.into_iter().find_map(|(missing, similar, kind)| {
        let wanted = names.get(missing)?;
        let all = scene
            .snapshot
            .objects()
            .map(|(key, _)| key)
            .filter(|key| key.kind == kind && key.namespace == *namespace && key.name != *wanted);
        let name = all.map(|key| &key.name).find(|name| hosts::is_similar(name, wanted))?;
        let seen = evidence::of_object(Subject::new(kind.name(), namespace, name), "metadata.name", name);
        Some(Found::names([(similar, name.to_string())]).seen(seen))
    })
}
