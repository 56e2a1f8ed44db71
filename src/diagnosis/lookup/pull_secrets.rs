//! With which credentials the images of a pod are pulled.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::container::KeyRef;
use crate::snapshot::kind::Kind;
use crate::snapshot::policy::ServiceAccount;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// The pull secrets that the pod and its service account name, and what to put into commands about them.
pub fn of_pod(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let registry = names.get("registry").cloned().or_else(|| registry_of(&scene.container()?.image));
    let acr = match &registry {
        Some(registry) => registry.strip_suffix(".azurecr.io").unwrap_or_default().to_owned(),
        None => "REGISTRY".to_owned(),
    };
    let registry = registry.map_or_else(|| "REGISTRY".to_owned(), |registry| registry.to_string());
    let account = scene.pod().map(|pod| &pod.spec.service_account_name).filter(|name| !name.is_empty());
    let account = account.map_or("default", SafeText::as_str);
    let found = Found::names([("login_registry", registry), ("login_account", account.to_owned()), ("acr", acr)]);
    Some(with_secrets(scene, account, found))
}

/// Adds which secrets are named. The API server copies those of the account into a pod when it is made.
fn with_secrets(scene: &Scene<'_>, account: &str, mut found: Found) -> Found {
    let Some(pod) = scene.pod() else { return found };
    let of_pod = in_words(&pod.spec.image_pull_secrets);
    let mut accounts = scene.snapshot.of_kind::<ServiceAccount>(Kind::ServiceAccount);
    let known = accounts.find(|(key, _)| key.namespace == pod.metadata.namespace && key.name == account);
    let is_bare = of_pod.is_empty() && known.is_some_and(|(_, known)| in_words(&known.image_pull_secrets).is_empty());
    let only = |text: &str, holds: bool| if holds { text.to_owned() } else { String::new() };
    let names = Found::names([
        ("pull_secret", of_pod.clone()),
        ("only_pull_secret", only(&of_pod, pod.spec.image_pull_secrets.len() == 1)),
        ("bare_account", only(account, is_bare)),
    ]);
    found.names.extend(names.names);
    let object = Subject::new("Pod", &pod.metadata.namespace, &pod.metadata.name);
    if of_pod.is_empty() { found } else { found.seen(evidence::of_object(object, "spec.imagePullSecrets", &of_pod)) }
}

/// The registry that an image names: its first part, where that is a host.
fn registry_of(image: &str) -> Option<SafeText> {
    let (host, _) = image.split_once('/')?;
    host.contains(['.', ':']).then(|| SafeText::new(host))
}

fn in_words(secrets: &[KeyRef]) -> String {
    secrets.iter().map(|secret| secret.name.as_str()).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" and ")
}
