//! Claims that keep pods waiting, and what keeps the claims.

use std::collections::BTreeMap;

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::snapshot::Snapshot;
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::{self, Pod};
use crate::snapshot::storage::{Claim, StorageClass, Volume};
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;
use crate::snapshot::{quantity, relation};

/// The claim that keeps the pod waiting: the first that is not bound, and what is said about it.
pub fn of_pod(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let pod = scene.pod()?;
    let namespace = &pod.metadata.namespace;
    let named = names.get("claim");
    let claim = mounted_by(scene.snapshot, pod)
        .filter(|claim| named.is_none_or(|named| claim.metadata.name == *named))
        .find(|claim| claim.status.phase != "Bound")?;
    let mut found = about(scene.snapshot, claim);
    let events = relation::events_of(scene.snapshot, "PersistentVolumeClaim", &claim.metadata);
    if let Some(event) =
        events.into_iter().rev().find(|event| event.kind == "Warning" || event.reason == "FailedBinding")
    {
        found.names.insert("why".into(), event.message.clone());
        let class = found.names.get("storage_class").cloned().filter(|_| event.message.contains("not found"));
        found.names.extend(class.map(|class| ("missing_class".into(), class)));
        let object = Subject::new("PersistentVolumeClaim", namespace, &claim.metadata.name);
        found.evidence.push(evidence::of_event(event, object));
    }
    Some(found)
}

/// The bound claim of the pod, and where its volume can be reached: the first whose volume names a place, else the first.
pub fn volume_place(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let pod = scene.pod()?;
    let bound = mounted_by(scene.snapshot, pod).filter(|claim| claim.status.phase == "Bound");
    let placed = |claim: &Claim| {
        let volume = volume_of(scene.snapshot, claim)?;
        let terms = &volume.spec.node_affinity.as_ref()?.required.as_ref()?.node_selector_terms;
        let values = terms.iter().flat_map(|term| &term.match_expressions).flat_map(|one| &one.values);
        Some(values.map(SafeText::as_str).collect::<Vec<_>>().join(", "))
    };
    let places: Vec<(&Claim, String)> = bound.map(|claim| (claim, placed(claim).unwrap_or_default())).collect();
    let (claim, place) = places.iter().find(|(_, place)| !place.is_empty()).or(places.first())?;
    let object = Subject::new("PersistentVolumeClaim", &claim.metadata.namespace, &claim.metadata.name);
    let names = [("claim", claim.metadata.name.to_string()), ("place", place.clone())];
    let found = Found::names(names).seen(evidence::of_object(object, "spec.volumeName", &claim.spec.volume_name));
    let volume = Subject::new("PersistentVolume", &SafeText::default(), &claim.spec.volume_name);
    if place.is_empty() {
        Some(found)
    } else {
        Some(found.seen(evidence::of_object(volume, "spec.nodeAffinity", place)))
    }
}

/// Is there a claim of the name {claim}? What the scheduler says may be older than the claim.
pub fn exists(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let namespace = &scene.pod()?.metadata.namespace;
    let claim = scene.snapshot.get::<Claim>(Kind::PersistentVolumeClaim, namespace, names.get("claim")?)?;
    claim.metadata.deletion_timestamp.is_none().then(Found::default)
}

/// The volume that would fit the claim and still belongs to one that was deleted, where no storage class makes another.
pub fn released_volume(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let claim = match scene.part {
        Part::Claim(claim) => claim,
        _ => mounted_by(scene.snapshot, scene.pod()?).find(|claim| names.get("claim") == Some(&claim.metadata.name))?,
    };
    if claim.status.phase == "Bound" || makes_volumes(scene.snapshot, claim) {
        return None;
    }
    let volumes = scene.snapshot.of_kind::<Volume>(Kind::PersistentVolume).map(|(_, volume)| volume);
    let released = volumes.filter(|volume| volume.status.phase == "Released" && fits(volume, claim));
    let volume = released.max_by_key(|volume| was_of(volume, claim))?;
    let former = volume.spec.claim_ref.as_ref().map(|former| format!("{}/{}", former.namespace, former.name));
    let name = &volume.metadata.name;
    let object = Subject::new("PersistentVolume", &SafeText::default(), name);
    let names = [("released_volume", name.to_string()), ("former_claim", former.unwrap_or_default())];
    Some(Found::names(names).seen(evidence::of_object(object, "status.phase", &volume.status.phase)))
}

/// Does a storage class make a volume for the claim?
fn makes_volumes(snapshot: &Snapshot, claim: &Claim) -> bool {
    let mut classes = snapshot.of_kind::<StorageClass>(Kind::StorageClass).map(|(_, class)| class);
    let makes = |class: &StorageClass| class.provisioner != "kubernetes.io/no-provisioner";
    match &claim.spec.storage_class_name {
        Some(wanted) => classes.any(|class| class.metadata.name == *wanted && makes(class)),
        None => classes.any(|class| class.is_default() && makes(class)),
    }
}

/// Is a volume large enough for a claim, of its class, and mounted as it wants?
fn fits(volume: &Volume, claim: &Claim) -> bool {
    let size = |amounts: &BTreeMap<SafeText, SafeText>| amounts.get("storage").and_then(|size| quantity::value(size));
    let class = claim.spec.storage_class_name.clone().unwrap_or_default();
    let asked_by_name = claim.spec.volume_name.is_empty() || claim.spec.volume_name == volume.metadata.name;
    size(&volume.spec.capacity) >= size(&claim.spec.resources.requests)
        && claim.spec.access_modes.iter().all(|mode| volume.spec.access_modes.contains(mode))
        && volume.spec.storage_class_name == class
        && asked_by_name
}

/// Did the volume belong to a claim of this name?
fn was_of(volume: &Volume, claim: &Claim) -> bool {
    let (name, namespace) = (&claim.metadata.name, &claim.metadata.namespace);
    volume.spec.claim_ref.as_ref().is_some_and(|former| former.name == *name && former.namespace == *namespace)
}

/// The claims that a pod mounts, as far as they are there.
fn mounted_by<'a>(snapshot: &'a Snapshot, pod: &'a Pod) -> impl Iterator<Item = &'a Claim> {
    let claim = |name| snapshot.get::<Claim>(Kind::PersistentVolumeClaim, &pod.metadata.namespace, name);
    pod.spec.claim_names().filter_map(claim)
}

/// The volume that a claim is bound to.
fn volume_of<'a>(snapshot: &'a Snapshot, claim: &Claim) -> Option<&'a Volume> {
    snapshot.get::<Volume>(Kind::PersistentVolume, &SafeText::default(), &claim.spec.volume_name)
}

/// The storage class of the claim that the scene is about.
pub fn class(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    if let Part::Claim(claim) = scene.part { Some(about(scene.snapshot, claim)) } else { None }
}

/// A claim that waits, in an input that was pasted and shows no pod: somebody asks why.
pub fn shown_waiting(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Claim(claim) = scene.part else { return None };
    let is_pasted = !scene.snapshot.source.taken_for.is_empty() && scene.snapshot.count(Kind::Pod) == 0;
    let events = relation::events_of(scene.snapshot, "PersistentVolumeClaim", &claim.metadata);
    let waits_for_pod = events.into_iter().any(|event| event.reason == "WaitForFirstConsumer");
    let waits = claim.status.phase == "Pending" && !waits_for_pod;
    (is_pasted && waits).then(|| about(scene.snapshot, claim))
}

fn about(snapshot: &Snapshot, claim: &Claim) -> Found {
    let mut classes: Vec<&StorageClass> =
        snapshot.of_kind::<StorageClass>(Kind::StorageClass).map(|(_, class)| class).collect();
    classes.sort_by_key(|class| !class.is_default());
    let known = classes.iter().map(|class| class.metadata.name.to_string()).collect::<Vec<_>>().join(", ");
    let class = claim.spec.storage_class_name.as_ref().map(ToString::to_string).unwrap_or_default();
    let object = Subject::new("PersistentVolumeClaim", &claim.metadata.namespace, &claim.metadata.name);
    let phase = if claim.status.phase.is_empty() { "Pending" } else { claim.status.phase.as_str() };
    let first = classes.first().map(|class| class.metadata.name.to_string()).unwrap_or_default();
    let is_missing =
        !classes.is_empty() && !class.is_empty() && !classes.iter().any(|known| known.metadata.name == class.as_str());
    let missing = if is_missing { class.clone() } else { String::new() };
    let names = [
        ("claim", claim.metadata.name.to_string()),
        ("storage_class", class.clone()),
        ("known_classes", known),
        ("usable_class", first),
        ("missing_class", missing),
    ];
    let found = Found::names(names).seen(evidence::of_object(object.clone(), "status.phase", phase));
    if class.is_empty() { found } else { found.seen(evidence::of_object(object, "spec.storageClassName", &class)) }
}

/// What a volume of the pod is that the node mounts: of the one that is named, or the first that has a driver.
pub fn volume_source(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let pod = scene.pod()?;
    let named = names.get("volume");
    let (name, claim, driver) = pod
        .spec
        .volumes
        .iter()
        .filter_map(|volume| mounted(scene.snapshot, &pod.metadata.namespace, volume))
        .find(|(name, _, driver)| named.is_none_or(|named| named == *name || driver.driver == "azure/blobfuse"))?;
    let secret = driver.node_stage_secret_ref.as_ref().or(driver.secret_ref.as_ref());
    let secret = secret.map(|secret| secret.name.to_string()).unwrap_or_default();
    let told = |keys: &[&str]| {
        let all = driver.volume_attributes.iter().chain(&driver.options);
        let mut found = all.filter(|(key, _)| keys.iter().any(|wanted| key.eq_ignore_ascii_case(wanted)));
        found.next().map(|(_, value)| value.to_string()).unwrap_or_default()
    };
    let object = Subject::new("PersistentVolume", &SafeText::default(), name);
    let names = [
        ("driver", driver.driver.to_string()),
        ("secret", secret.clone()),
        ("account", told(&["storageAccount", "accountName"])),
        ("blob_container", told(&["containerName", "container", "shareName"])),
        ("claim", claim.to_string()),
    ];
    let told = driver.volume_attributes.iter().chain(&driver.options);
    let told = told.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let words = format!("{} {told} secret {secret}", driver.driver);
    Some(Found::names(names).seen(evidence::of_object(object, "spec", &words)))
}

/// The name, the claim and the driver of a volume that is mounted through a driver.
fn mounted<'a>(
    snapshot: &'a Snapshot,
    namespace: &SafeText,
    volume: &'a pod::Volume,
) -> Option<(&'a SafeText, &'a str, &'a pod::Driver)> {
    if let Some(driver) = volume.csi.as_ref().or(volume.flex_volume.as_ref()) {
        return Some((&volume.name, "", driver));
    }
    let claim = &volume.persistent_volume_claim.as_ref()?.claim_name;
    let volume = volume_of(snapshot, snapshot.get::<Claim>(Kind::PersistentVolumeClaim, namespace, claim)?)?;
    Some((&volume.metadata.name, claim, volume.spec.driver()?))
}
