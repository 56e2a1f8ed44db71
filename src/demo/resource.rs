//! The kinds that the demo's API server knows: those that every cluster has, and those that the scenarios hold.

use serde_json::{Value, json};

/// A kind, as discovery tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The API group; empty for the core.
    pub group: String,
    /// The version of the group.
    pub version: String,
    /// As in the path of the API.
    pub plural: String,
    /// As in `kind:` of a manifest.
    pub kind: String,
    /// Does it live in a namespace?
    pub namespaced: bool,
    /// As in `kubectl get po`.
    pub short: Vec<String>,
}

/// Group and version, plural, kind, short names.
type Row = (&'static str, &'static str, &'static str, &'static str);

const OF_CLUSTER: [Row; 8] = [
    ("v1", "namespaces", "Namespace", "ns"),
    ("v1", "nodes", "Node", "no"),
    ("v1", "persistentvolumes", "PersistentVolume", "pv"),
    ("storage.k8s.io/v1", "storageclasses", "StorageClass", "sc"),
    ("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", "pc"),
    ("networking.k8s.io/v1", "ingressclasses", "IngressClass", ""),
    ("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", "crd,crds"),
    ("serving.kserve.io/v1alpha1", "clusterservingruntimes", "ClusterServingRuntime", ""),
];

const OF_NAMESPACE: [Row; 28] = [
    ("v1", "pods", "Pod", "po"),
    ("v1", "events", "Event", "ev"),
    ("v1", "services", "Service", "svc"),
    ("v1", "endpoints", "Endpoints", "ep"),
    ("v1", "configmaps", "ConfigMap", "cm"),
    ("v1", "secrets", "Secret", ""),
    ("v1", "serviceaccounts", "ServiceAccount", "sa"),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc"),
    ("v1", "resourcequotas", "ResourceQuota", "quota"),
    ("v1", "limitranges", "LimitRange", "limits"),
    ("v1", "replicationcontrollers", "ReplicationController", "rc"),
    ("apps/v1", "deployments", "Deployment", "deploy"),
    ("apps/v1", "replicasets", "ReplicaSet", "rs"),
    ("apps/v1", "statefulsets", "StatefulSet", "sts"),
    ("apps/v1", "daemonsets", "DaemonSet", "ds"),
    ("batch/v1", "jobs", "Job", ""),
    ("batch/v1", "cronjobs", "CronJob", "cj"),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa"),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb"),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice", ""),
    ("events.k8s.io/v1", "events", "Event", "ev"),
    ("networking.k8s.io/v1", "ingresses", "Ingress", "ing"),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", "netpol"),
    ("serving.kserve.io/v1beta1", "inferenceservices", "InferenceService", "isvc"),
    ("serving.kserve.io/v1alpha1", "servingruntimes", "ServingRuntime", ""),
    ("serving.knative.dev/v1", "services", "Service", "kservice,ksvc"),
    ("machinelearning.seldon.io/v1", "seldondeployments", "SeldonDeployment", "sdep"),
    ("ray.io/v1", "rayservices", "RayService", ""),
];

/// Groups that a cluster has only when somebody installed them.
const INSTALLED: [&str; 4] = ["serving.kserve.io", "serving.knative.dev", "machinelearning.seldon.io", "ray.io"];

impl Resource {
    fn of_row((version, plural, kind, short): Row, namespaced: bool) -> Resource {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let short = short.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let (group, version, plural, kind) = (group.to_owned(), version.to_owned(), plural.to_owned(), kind.to_owned());
        Resource { group, version, plural, kind, namespaced, short }
    }

    /// The kind of an object that is in no table: its plural is made as the operators make theirs.
    fn of_object(object: &Value) -> Option<Resource> {
        let (group, version) = object["apiVersion"].as_str()?.split_once('/')?;
        let kind = object["kind"].as_str()?;
        let (group, version) = (group.to_owned(), version.to_owned());
        let namespaced = object["metadata"]["namespace"].is_string();
        Some(Resource { group, version, plural: plural(kind), kind: kind.to_owned(), namespaced, short: Vec::new() })
    }

    /// `GROUP/VERSION`, or `v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Is it the kind of an object?
    pub fn is_of(&self, object: &Value) -> bool {
        object["kind"] == self.kind.as_str() && object["apiVersion"] == self.api_version().as_str()
    }

    /// `pods` or `deployments.apps`, as the server names it in its messages.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// What discovery says of it.
    pub fn described(&self) -> Value {
        json!({
            "name": self.plural, "singularName": self.kind.to_lowercase(), "namespaced": self.namespaced,
            "kind": self.kind, "verbs": ["get", "list", "watch"], "shortNames": self.short,
        })
    }
}

/// The kinds of a cluster that holds these objects.
pub fn all(objects: &[Value]) -> Vec<Resource> {
    let rows = OF_CLUSTER.iter().map(|row| Resource::of_row(*row, false));
    let mut known: Vec<Resource> = rows.chain(OF_NAMESPACE.iter().map(|row| Resource::of_row(*row, true))).collect();
    known.retain(|resource| {
        !INSTALLED.contains(&resource.group.as_str()) || objects.iter().any(|object| resource.is_of(object))
    });
    for object in objects {
        if !known.iter().any(|resource| resource.is_of(object)) {
            known.extend(Resource::of_object(object));
        }
    }
    known
}

fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if lower.ends_with('s') => format!("{lower}es"),
        None => format!("{lower}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Resource, all};
    use serde_json::json;

    #[test]
    fn kinds_of_operators_are_there_where_a_scenario_holds_them() {
        let object = json!({"apiVersion": "amlarc.azureml.com/v1alpha1", "kind": "OnlineEndpoint",
            "metadata": {"name": "iris", "namespace": "n"}});
        let known = all(&[object]);
        let names: Vec<String> = known.iter().map(Resource::qualified).collect();
        assert!(names.contains(&"onlineendpoints.amlarc.azureml.com".to_owned()));
        assert!(names.contains(&"deployments.apps".to_owned()));
        assert!(!names.iter().any(|name| name.contains("kserve") || name.contains("metrics")));
    }
}
