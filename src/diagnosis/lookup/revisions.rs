//! Earlier revisions of a workload.

use crate::diagnosis::lookup::Found;
use crate::diagnosis::revision;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::subject::Subject;

/// The number of the revision to which a workload whose newest one does not come up can go back.
pub fn earlier_revision(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let (kind, name) = (names.get("workload_kind")?, names.get("workload")?);
    let workload = Subject { kind: kind.clone(), name: name.clone(), ..scene.subject.clone() };
    let (before, _) = revision::broken(scene.snapshot, &scene.subject, &workload)?.before?;
    Some(Found::names([("earlier_revision", before.number?.to_string())]))
}
