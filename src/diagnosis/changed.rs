//! What changed since a workload last was well: the difference of its broken revision from the last one that was ready,
//! and the config maps that were changed under its pods.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::diagnosis::assessment::Diagnosis;
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::difference::{self, Difference};
use crate::diagnosis::rank;
use crate::diagnosis::revision::{self, Broken, Revision};
use crate::diagnosis::rule::Severity;
use crate::snapshot::Snapshot;
use crate::snapshot::config::ConfigMap;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::{ManagedField, Meta};
use crate::snapshot::pod::PodSpec;
use crate::snapshot::relation;
use crate::snapshot::text::SafeText;

/// What changed since a workload last was well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The revision it is held against; absent where nothing but config maps changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Revision>,
    /// Where the template of its pods differs; what the diagnosis speaks of comes first.
    pub differences: Vec<Difference>,
    /// Who made the change, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    /// Config maps that were changed after the oldest of its ready pods was started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config_maps: Vec<ChangedConfigMap>,
}

/// Who changed an object, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Author {
    /// The program, as it names itself: `kubectl-edit`, `helm`.
    pub manager: SafeText,
    /// When.
    pub at: Timestamp,
}

/// A config map that was changed while pods that use it were running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedConfigMap {
    /// Its name.
    pub name: SafeText,
    /// Who changed it, and when.
    #[serde(flatten)]
    pub by: Author,
}

/// Adds to each diagnosis of a workload that does not come up what changed, and lets those that speak of it stand above
/// their equals.
pub fn tell(snapshot: &Snapshot, diagnoses: &mut [Diagnosis], catalogue: &Catalogue) {
    for diagnosis in diagnoses.iter_mut().filter(|diagnosis| diagnosis.severity < Severity::Info) {
        diagnosis.changes = changed(snapshot, diagnosis);
    }
    rank::sort(diagnoses, catalogue);
}

fn changed(snapshot: &Snapshot, diagnosis: &Diagnosis) -> Option<Changed> {
    let [workload] = diagnosis.reach.workloads.as_slice() else { return None };
    let broken = revision::broken(snapshot, &diagnosis.subject, workload)?;
    let config_maps = config_maps(snapshot, &broken);
    let before = broken.before.as_ref();
    let mut differences = before.map(|(_, before)| difference::between(before, &broken.spec)).unwrap_or_default();
    differences.retain(|difference| !is_claim_of_pod(&broken, difference));
    for difference in &mut differences {
        difference.is_suspect = is_spoken_of(difference, diagnosis);
    }
    differences.sort_by_key(|difference| !difference.is_suspect);
    let since = before.map(|(revision, _)| revision.clone()).filter(|_| !differences.is_empty());
    let by = since.as_ref().and_then(|_| author(&broken));
    let any = since.is_some() || !config_maps.is_empty();
    any.then_some(Changed { since, differences, by, config_maps })
}

/// Does a diagnosis name the field, or quote what it is set to now?
fn is_spoken_of(difference: &Difference, diagnosis: &Diagnosis) -> bool {
    /// Shorter values stand in many texts by chance.
    const TELLING: usize = 4;
    let is_field = |named: &str| named == difference.field || difference.field.starts_with(&format!("{named}."));
    let after = difference.after.as_deref().filter(|after| after.len() >= TELLING);
    let holds = |text: &str| after.is_some_and(|after| text.contains(after));
    let is_quoted = diagnosis
        .evidence
        .iter()
        .any(|evidence| evidence.field.as_deref().is_some_and(is_field) || holds(&evidence.text));
    is_quoted || diagnosis.names.get("setting").is_some_and(|setting| is_field(setting))
}

/// Each pod of a StatefulSet has claims of its own.
fn is_claim_of_pod(broken: &Broken<'_>, difference: &Difference) -> bool {
    let claims = &broken.workload.spec.volume_claim_templates;
    let named = difference.field.strip_prefix("volumes ");
    named.is_some_and(|name| claims.iter().any(|claim| claim.metadata.name == *name))
}

/// Who changed the template, and when; none where who did it has changed something else since.
fn author(broken: &Broken<'_>) -> Option<Author> {
    let author = last_author(&broken.workload.metadata, ManagedField::is_of_template);
    author.filter(|author| broken.asked.fits(author.at))
}

fn last_author(meta: &Meta, counts: fn(&ManagedField) -> bool) -> Option<Author> {
    let fields = meta.managed_fields.iter().filter(|field| counts(field));
    let named = fields.filter_map(|field| Some(Author { manager: field.manager.clone(), at: field.time? }));
    named.max_by(|one, other| (one.at, &one.manager).cmp(&(other.at, &other.manager)))
}

/// The config maps of a broken revision that were changed after its oldest ready pod was started.
fn config_maps(snapshot: &Snapshot, broken: &Broken<'_>) -> Vec<ChangedConfigMap> {
    let namespace = &broken.workload.metadata.namespace;
    let names: BTreeSet<&SafeText> = config_map_names(&broken.spec).collect();
    let maps = names.into_iter().filter_map(|name| snapshot.get::<ConfigMap>(Kind::ConfigMap, namespace, name));
    let changed = maps.filter_map(|map| {
        let by = last_author(&map.metadata, ManagedField::is_of_data)?;
        Some((map, ChangedConfigMap { name: map.metadata.name.clone(), by }))
    });
    let mut changed: Vec<(&ConfigMap, ChangedConfigMap)> = changed.collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let Some(started) = oldest_start(snapshot, broken) else { return Vec::new() };
    let was_there = |map: &ConfigMap| map.metadata.creation_timestamp.is_none_or(|made| made <= started);
    changed.retain(|(map, change)| was_there(map) && change.by.at > started);
    changed.into_iter().map(|(_, change)| change).collect()
}

/// When the oldest of the ready pods was started; where none is ready, and the revision served itself, the oldest.
fn oldest_start(snapshot: &Snapshot, broken: &Broken<'_>) -> Option<Timestamp> {
    let all = relation::pods_below(snapshot, &broken.workload.metadata);
    let ready = revision::ready_pods(all.clone());
    let pods = if ready.is_empty() && broken.has_served { all } else { ready };
    pods.iter().filter_map(|pod| pod.status.start_time).min()
}

/// The config maps that a pod takes variables or files from.
fn config_map_names(spec: &PodSpec) -> impl Iterator<Item = &SafeText> {
    let variables = spec
        .all_containers()
        .flat_map(|container| &container.env)
        .filter_map(|variable| variable.value_from.as_ref().and_then(|source| source.config_map_key_ref.as_ref()));
    let bundles = spec
        .all_containers()
        .flat_map(|container| &container.env_from)
        .filter_map(|bundle| bundle.config_map_ref.as_ref());
    let volumes = spec.volumes.iter().filter_map(|volume| volume.config_map.as_ref());
    variables.chain(bundles).chain(volumes).map(|map| &map.name)
}
