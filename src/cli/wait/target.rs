//! What is waited for, as kubectl lets one name it: `deploy/churn`, `deployment churn api`, `sts -l app=churn`.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::diagnosis::vocabulary::nearest;
use crate::snapshot::kind::Kind;
use crate::snapshot::selection::Selection;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Key, Snapshot};

/// The kinds of which a rollout can be waited for, with kubectl's short names.
const KINDS: [(Kind, &str); 11] = [
    (Kind::Deployment, "deploy"),
    (Kind::StatefulSet, "sts"),
    (Kind::DaemonSet, "ds"),
    (Kind::ReplicaSet, "rs"),
    (Kind::Job, "job"),
    (Kind::Pod, "po"),
    (Kind::InferenceService, "isvc"),
    (Kind::OnlineDeployment, "onlinedeployment"),
    (Kind::OnlineEndpoint, "onlineendpoint"),
    (Kind::SeldonDeployment, "sdep"),
    (Kind::RayService, "rayservice"),
];

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Kinds, each with the name that is meant; without one all that the selection holds for.
    pub named: Vec<Named>,
    /// What the labels of those without a name must be.
    pub selection: Option<Selection>,
}

impl Target {
    /// Reads what was typed.
    pub fn read(objects: &[String], selection: Option<Selection>) -> anyhow::Result<Self> {
        let named = match objects.split_first() {
            None if selection.is_some() => KINDS.iter().map(|(kind, _)| (*kind, None)).collect(),
            None => bail!("say what to wait for: TYPE/NAME such as deployment/churn, or labels with -l"),
            Some((types, [])) if !types.contains('/') && selection.is_none() => {
                bail!("{types} says of what type, and not which: write {types}/NAME, or choose by labels with -l")
            }
            Some((types, names)) if !types.contains('/') => of_types(types, names)?,
            Some(_) => objects.iter().map(|object| of_object(object)).collect::<anyhow::Result<_>>()?,
        };
        if selection.is_some() && named.iter().any(|(_, name)| name.is_some()) {
            bail!("name the objects, or choose them by labels with -l, but not both");
        }
        Ok(Target { named, selection })
    }

    /// The objects that are meant, as far as they are there.
    pub fn found(&self, snapshot: &Snapshot) -> BTreeSet<Key> {
        let meant = |key: &Key| {
            self.named
                .iter()
                .any(|(kind, name)| *kind == key.kind && name.as_ref().is_none_or(|name| *name == *key.name))
        };
        let objects = snapshot.objects().filter(|(key, _)| meant(key));
        let chosen = objects.filter(|(_, object)| match &self.selection {
            // What was made by another object that is chosen stands and falls with it.
            Some(selection) => {
                let meta = object.meta();
                selection.holds(|label| meta.labels.get(label).map(SafeText::as_str)) && meta.controller().is_none()
            }
            None => true,
        });
        chosen.map(|(key, _)| key.clone()).collect()
    }

    /// The objects that were named and are not there, as `deployment/churn`.
    pub fn missing(&self, found: &BTreeSet<Key>) -> Vec<String> {
        let is_there = |kind: Kind, name: &str| found.iter().any(|key| key.kind == kind && *key.name == *name);
        let named = self.named.iter().filter_map(|(kind, name)| Some((*kind, name.as_deref()?)));
        let missing: Vec<String> =
            named.filter(|(kind, name)| !is_there(*kind, name)).map(|(kind, name)| shown(kind, name)).collect();
        if missing.is_empty() && found.is_empty() { vec!["object with these labels".to_owned()] } else { missing }
    }

    /// Objects that could have been meant by what is not there.
    pub fn near(&self, snapshot: &Snapshot, found: &BTreeSet<Key>) -> Vec<String> {
        let there = |kind: Kind| snapshot.objects().map(|(key, _)| key).filter(move |key| key.kind == kind);
        let near = |(kind, name): &Named| {
            let name = name.as_deref().filter(|name| !found.iter().any(|key| *key.name == **name))?;
            let like = nearest(name, there(*kind).map(|key| key.name.as_str()));
            let other = || KINDS.iter().find_map(|(kind, _)| there(*kind).find(|key| *key.name == *name));
            like.map(|like| shown(*kind, like)).or_else(|| other().map(|key| shown(key.kind, name)))
        };
        self.named.iter().filter_map(near).collect()
    }
}

/// What is meant.
type Named = (Kind, Option<String>);

/// `deployment,statefulset churn api`
fn of_types(types: &str, names: &[String]) -> anyhow::Result<Vec<Named>> {
    let mut named = Vec::new();
    for kind in types.split(',') {
        let kind = self::kind(kind)?;
        named.extend(names.iter().map(|name| (kind, Some(name.clone()))));
        named.extend(names.is_empty().then_some((kind, None)));
    }
    Ok(named)
}

/// `deployment/churn`
fn of_object(object: &str) -> anyhow::Result<Named> {
    match object.split_once('/') {
        Some((kind, name)) if !name.is_empty() => Ok((self::kind(kind)?, Some(name.to_owned()))),
        _ => bail!("`{object}` is no TYPE/NAME such as deployment/churn"),
    }
}

/// As kubectl names an object.
pub fn shown(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.name().to_lowercase())
}

/// The kind of a type: its name, its plural, kubectl's short name, each also with the group behind it.
fn kind(text: &str) -> anyhow::Result<Kind> {
    let word = text.to_lowercase();
    let (name, group) = word.split_once('.').map_or((word.as_str(), ""), |(name, group)| (name, group));
    let is_meant = |(kind, short): &&(Kind, &str)| {
        let place = kind.place();
        (place.name.to_lowercase() == name || place.plural == name || *short == name)
            && (group.is_empty() || place.group == group)
    };
    let Some((kind, _)) = KINDS.iter().find(is_meant) else {
        let known = KINDS.map(|(kind, _)| kind.name().to_lowercase());
        let meant = nearest(name, known.iter().map(String::as_str)).map(|name| format!("did you mean {name}? "));
        bail!("`{text}` is no type with a rollout: {}there are {}", meant.unwrap_or_default(), known.join(", "));
    };
    Ok(*kind)
}

#[cfg(test)]
mod tests {
    use super::{Target, kind};
    use crate::snapshot::kind::Kind;
    use crate::snapshot::selection::Selection;

    fn read(words: &str) -> Result<Vec<(Kind, Option<String>)>, String> {
        let (words, selection) =
            words.split_once(" -l ").map_or((words, None), |(words, labels)| (words, Some(labels)));
        let objects: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let selection = selection.map(|labels| Selection::read(labels).unwrap());
        Target::read(&objects, selection).map(|target| target.named).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_are_named_as_kubectl_lets_one_name_them() {
        let named = |kind, name: &str| (kind, Some(name.to_owned()));
        assert_eq!(read("deploy/a sts/b").unwrap(), [named(Kind::Deployment, "a"), named(Kind::StatefulSet, "b")]);
        assert_eq!(read("deployment a b").unwrap(), [named(Kind::Deployment, "a"), named(Kind::Deployment, "b")]);
        assert_eq!(read("ds -l app=a").unwrap(), [(Kind::DaemonSet, None)]);
        assert!(read(" -l app=a").unwrap().len() > 5);
        for text in ["Deployments", "deployment.apps", "deploy"] {
            assert_eq!(kind(text).unwrap(), Kind::Deployment, "{text}");
        }
        assert_eq!(kind("inferenceservices.serving.kserve.io").unwrap(), Kind::InferenceService);
    }

    #[test]
    fn what_names_nothing_is_refused_with_what_to_write() {
        for (words, said) in [
            ("", "TYPE/NAME"),
            ("deploy", "deploy/NAME"),
            ("deplyment/a", "did you mean deployment"),
            ("configmap/a", "no type with a rollout"),
            ("deploy/", "no TYPE/NAME"),
            ("deploy/a -l app=b", "not both"),
        ] {
            assert!(read(words).unwrap_err().contains(said), "{words}: {:?}", read(words));
        }
    }
}
