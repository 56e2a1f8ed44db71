//! Where files really are: what Azure ML v1 copied, and what is mounted over a path.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::config::{ConfigMap, INIT_CONTAINER_CONFIG, InitContainer, InitContainerConfig};
use crate::snapshot::container::Container;
use crate::snapshot::custom::Custom;
use crate::snapshot::kind::Kind;
use crate::snapshot::pod::Pod;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// Where Azure ML v1 put the file that is opened as {path}: the one of the same name, or the only one.
pub fn init_container_file(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let path = names.get("path")?;
    let (source, config) = init_container_config(scene)?;
    let files: Vec<(&SafeText, String)> = config.model_files().collect();
    let wanted = file_name(path);
    let same_name = files.iter().find(|(_, real)| file_name(real) == wanted);
    let (model, real_path) = same_name.or_else(|| if files.len() == 1 { files.first() } else { None })?;
    if real_path == path.as_str() {
        return None;
    }
    let seen =
        evidence::of_object(source, &format!("data.{INIT_CONTAINER_CONFIG}.Models.{model}.ContainerPath"), real_path);
    let below = below_model_dir(scene.container()?, config, real_path);
    let mut found = Found::names([("real_path", real_path.clone()), ("model", model.to_string())]).seen(seen);
    let relative = match below {
        Some((folder, path)) if !is_of_model(&folder, model) => {
            Found::names([("models_folder", folder), ("path_among_models", path)])
        }
        Some((_, path)) => Found::names([("relative_path", path)]),
        None if config.models.len() == 1 => Found::names([("relative_path", relative_to_model(model, real_path))]),
        None => Found::default(),
    };
    found.names.extend(relative.names);
    Some(found)
}

/// The folder that `AZUREML_MODEL_DIR` of the container names, and where below it the file lies.
fn below_model_dir(container: &Container, config: &InitContainerConfig, real_path: &str) -> Option<(String, String)> {
    let named = container.env_value("AZUREML_MODEL_DIR")?.trim_end_matches('/');
    let folder = if named.starts_with('/') { named.to_owned() } else { config.full_path(named) };
    let path = real_path.strip_prefix(&folder)?.strip_prefix('/')?.to_owned();
    Some((folder, path))
}

/// Is it the folder of that one model, and not of all?
fn is_of_model(folder: &str, model: &str) -> bool {
    let name = model.split(':').next().unwrap_or(model);
    folder.split('/').any(|part| part == name)
}

fn file_name(path: &str) -> &str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The path below `azureml-models/NAME/VERSION`, which is where `AZUREML_MODEL_DIR` points.
fn relative_to_model(model: &str, real_path: &str) -> String {
    let folder = format!("azureml-models/{}/", model.replace(':', "/"));
    real_path.split_once(&folder).map_or_else(|| file_name(real_path).to_owned(), |(_, rest)| rest.to_owned())
}

/// What the pod of an Azure ML v1 service was told to copy, and where that stands.
pub fn init_container_config<'a>(scene: &Scene<'a>) -> Option<(Subject, &'a InitContainerConfig)> {
    let pod = scene.pod()?;
    let config_map = pod.spec.all_containers().find_map(config_map_name)?;
    let found = scene.snapshot.get::<ConfigMap>(Kind::ConfigMap, &pod.metadata.namespace, config_map)?;
    match found.data.as_ref()?.init_container.as_ref()? {
        InitContainer::Files(config) => Some((Subject::new("ConfigMap", &pod.metadata.namespace, config_map), config)),
        InitContainer::Unreadable(_) => None,
    }
}

fn config_map_name(container: &Container) -> Option<&SafeText> {
    let variable = container.env.iter().find(|variable| variable.name == INIT_CONTAINER_CONFIG)?;
    Some(&variable.value_from.as_ref()?.config_map_key_ref.as_ref()?.name)
}

/// The volume that {path} lies in.
pub fn mounted_over(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let (path, container, pod): (_, &Container, &Pod) = (names.get("path")?, scene.container()?, scene.pod()?);
    let below = |mount: &str| {
        path.strip_prefix(mount.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mount = container
        .volume_mounts
        .iter()
        .filter(|mount| below(&mount.mount_path))
        .max_by_key(|mount| mount.mount_path.len())?;
    let volume = pod.spec.volumes.iter().find(|volume| volume.name == mount.name);
    let claim =
        volume.and_then(|volume| volume.persistent_volume_claim.as_ref()).map(|claim| claim.claim_name.to_string());
    let seen = evidence::of_field(scene, "volumeMounts", &format!("{} at {}", mount.name, mount.mount_path));
    let names = [
        ("volume", mount.name.to_string()),
        ("mount_path", mount.mount_path.to_string()),
        ("claim", claim.unwrap_or_default()),
    ];
    Some(Found::names(names).seen(seen))
}
/// The claim that is full: the one that {path} lies in, or, where no path is known, the only one that the container can
/// write to. `claim_to_enlarge` is there for commands even where none is known.
pub fn full_claim(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let likely = if names.contains_key("path") { None } else { only_claim(scene) };
    let known = names.get("claim").or(likely.as_ref().and_then(|found| found.names.get("likely_claim")));
    let known = known.map_or_else(|| "CLAIM".to_owned(), ToString::to_string);
    let mut found = likely.unwrap_or_default();
    found.names.extend(Found::names([("claim_to_enlarge", known)]).names);
    Some(found)
}

/// The only claim that the container can write to.
fn only_claim(scene: &Scene<'_>) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    let claim = |name: &SafeText| {
        let volume = pod.spec.volumes.iter().find(|volume| volume.name == *name)?;
        volume.persistent_volume_claim.as_ref().filter(|claim| !claim.read_only).map(|claim| &claim.claim_name)
    };
    let writable = container.volume_mounts.iter().filter(|mount| !mount.read_only);
    let claims: Vec<(&SafeText, &SafeText)> =
        writable.filter_map(|mount| Some((&mount.mount_path, claim(&mount.name)?))).collect();
    let (place, claim) = claims.first().filter(|(_, first)| claims.iter().all(|(_, other)| other == first))?;
    let seen = evidence::of_field(scene, "volumeMounts", &format!("{claim} at {place}"));
    Some(Found::names([("likely_claim", claim.to_string()), ("likely_place", place.to_string())]).seen(seen))
}

/// Does the InferenceService ask for a model that no init container of this pod fetches? `pvc://` and `oci://` need none.
pub fn storage_initializer_absent(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    /// Where KServe puts the model.
    const MODELS: &str = "/mnt/models";
    let (pod, container) = (scene.pod()?, scene.container()?);
    let (namespace, meta) = (&pod.metadata.namespace, &pod.metadata);
    let owner = SafeText::new(meta.label("serving.kserve.io/inferenceservice"));
    let service = scene.snapshot.get::<Custom>(Kind::InferenceService, namespace, &owner)?;
    let uri = &service.spec.predictor.as_ref()?.model.as_ref()?.storage_uri;
    let is_model_server = matches!(container.name.as_str(), "kserve-container" | "user-container")
        && matches!(meta.label("component"), "" | "predictor");
    let fetched = pod.spec.init_containers.iter().any(|init| init.name == "storage-initializer")
        || container.volume_mounts.iter().any(|mount| mount.mount_path.starts_with(MODELS))
        || ["pvc://", "oci://"].iter().any(|scheme| uri.starts_with(scheme));
    if !is_model_server || fetched || uri.is_empty() || scene.status().is_some_and(|status| status.ready) {
        return None;
    }
    let object = Subject::new("InferenceService", namespace, &owner);
    let names = [("storage_uri", uri.to_string()), ("path", MODELS.to_owned())];
    let inits = pod.spec.init_containers.iter().map(|init| init.name.as_str()).collect::<Vec<_>>().join(", ");
    let inits = if inits.is_empty() { "none" } else { &inits };
    let found = Found::names(names).seen(evidence::of_object(object, "spec.predictor.model.storageUri", uri));
    let pod = Subject::new("Pod", namespace, &meta.name);
    Some(found.seen(evidence::of_object(pod, "spec.initContainers", inits)))
}

/// A config map that the pod takes files from, and that the namespace does not have. Every namespace has one config map
/// at least, so that none at all means that they were not read.
pub fn missing_config_map(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let (pod, container) = (scene.pod()?, scene.container()?);
    let namespace = &pod.metadata.namespace;
    let known = |name: &SafeText| scene.snapshot.get::<ConfigMap>(Kind::ConfigMap, namespace, name).is_some();
    let any = scene.snapshot.of_kind::<ConfigMap>(Kind::ConfigMap).any(|(key, _)| key.namespace == *namespace);
    if scene.status()?.waiting_reason() != "ContainerCreating" || !any || scene.snapshot.is_unreadable("configmaps") {
        return None;
    }
    let is_mounted = |name: &SafeText| container.volume_mounts.iter().any(|mount| mount.name == *name);
    let missing = pod.spec.volumes.iter().filter(|volume| is_mounted(&volume.name)).find_map(|volume| {
        volume.config_map.as_ref().filter(|source| !source.optional && !known(&source.name)).map(|source| &source.name)
    })?;
    let seen = evidence::of_field(scene, "spec.volumes[*].configMap.name", missing);
    Some(Found::names([("configmap", missing.to_string())]).seen(seen))
}

/// The config map or the secret that {volume} of the pod takes its files from.
pub fn files_of_volume(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let (pod, wanted) = (scene.pod()?, names.get("volume")?);
    let volume = pod.spec.volumes.iter().find(|volume| volume.name == *wanted)?;
    let named = |name: Option<&SafeText>| name.map(ToString::to_string).unwrap_or_default();
    let config_map = named(volume.config_map.as_ref().map(|source| &source.name));
    let secret = named(volume.secret.as_ref().map(|source| &source.secret_name));
    Some(Found::names([("configmap", config_map), ("secret", secret)]))
}
