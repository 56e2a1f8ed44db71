//! What a diagnosis can be about, named as people name it.

use serde::Serialize;

use crate::snapshot::text::SafeText;

/// An object, or a container in one, or a log that was pasted.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// Its kind; `Log` for a pasted log.
    pub kind: SafeText,
    /// Its name; of a log the file's name, or `-`.
    pub name: SafeText,
    /// Its namespace, where several are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<SafeText>,
    /// The container that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<SafeText>,
}

impl Subject {
    /// An object.
    pub fn new(kind: &str, namespace: &SafeText, name: &SafeText) -> Self {
        let namespace = (!namespace.is_empty()).then(|| namespace.clone());
        Subject { kind: SafeText::new(kind), name: name.clone(), namespace, container: None }
    }

    /// A container of a pod.
    pub fn container(namespace: &SafeText, pod: &SafeText, container: &SafeText) -> Self {
        Subject {
            container: Some(container.clone()).filter(|name| !name.is_empty()),
            ..Subject::new("Pod", namespace, pod)
        }
    }

    /// As kubectl takes it: `deployment/churn`.
    pub fn for_kubectl(&self) -> SafeText {
        SafeText::new(&format!("{}/{}", self.kind.to_lowercase(), self.name))
    }

    /// A log that was pasted.
    pub fn log(name: &SafeText) -> Self {
        Subject::new("Log", &SafeText::default(), name)
    }
}
