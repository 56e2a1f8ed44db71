//! Where two pod templates differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::diagnosis::setting::{self, Field, Part, Setting, Settings};
use crate::snapshot::container::Container;
use crate::snapshot::pod::PodSpec;
use crate::snapshot::quantity;
use crate::snapshot::text::SafeText;

/// A field that two templates set differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Of which container; absent for what the pod as a whole is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<SafeText>,
    /// The field, as Kubernetes names it: `image`, `env MODEL_PATH`, `resources.limits.memory`.
    pub field: String,
    /// What it was; absent where it was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SafeText>,
    /// What it is; absent where it is not set any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<SafeText>,
    /// Does the diagnosis speak of it?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_suspect: bool,
}

/// Longest value that is kept: a variable may hold a whole document.
const LONGEST: usize = 1000;

/// Where a template differs from the one before it. What only stands in another order does not differ.
pub fn between(before: &PodSpec, after: &PodSpec) -> Vec<Difference> {
    let mut found = Differences::default();
    found.in_containers("containers", &before.containers, &after.containers);
    found.in_containers("initContainers", &before.init_containers, &after.init_containers);
    found.in_settings(None, &setting::of_pod(before), &setting::of_pod(after));
    found.in_order()
}

/// Differences with the part that each is about.
#[derive(Default)]
struct Differences(Vec<(Part, Difference)>);

impl Differences {
    fn in_containers<'a>(&mut self, kind: &str, before: &'a [Container], after: &'a [Container]) {
        let names: BTreeSet<&SafeText> = before.iter().chain(after).map(|container| &container.name).collect();
        for name in names {
            let named = |containers: &'a [Container]| containers.iter().find(|container| container.name == *name);
            match (named(before), named(after)) {
                (Some(before), Some(after)) => self.in_container(before, after),
                (before, after) => {
                    let image = |container: Option<&Container>| container.map(|container| container.image.clone());
                    let field = format!("{kind} {name}");
                    let (before, after) = (image(before), image(after));
                    self.0.push((Part::Image, Difference { container: None, field, before, after, is_suspect: false }));
                }
            }
        }
    }

    fn in_container(&mut self, before: &Container, after: &Container) {
        let is_said = !before.image_pull_policy.is_empty() && !after.image_pull_policy.is_empty();
        if is_said && before.image_pull_policy != after.image_pull_policy {
            let values = (Some(before.image_pull_policy.clone()), Some(after.image_pull_policy.clone()));
            self.add(Some(&after.name), &(Part::Image, "imagePullPolicy".to_owned()), values);
        }
        self.in_settings(Some(&after.name), &setting::of_container(before), &setting::of_container(after));
    }

    fn in_settings(&mut self, container: Option<&SafeText>, before: &Settings, after: &Settings) {
        let (before, after) = (&before.fields, &after.fields);
        let fields: BTreeSet<&Field> = before.keys().chain(after.keys()).collect();
        let differ = |field: &&Field| !is_same(&field.1, before.get(*field), after.get(*field));
        let is_part = |field: &Field| is_part_of_one(field, before) || is_part_of_one(field, after);
        let mut maps = (BTreeSet::new(), BTreeSet::new());
        for field in fields.into_iter().filter(differ).filter(|field| !is_part(field)) {
            match (before.get(field), after.get(field)) {
                (Some(Setting::ConfigMap { name, key }), Some(Setting::ConfigMap { name: new, key: new_key }))
                    if key == new_key =>
                {
                    maps.0.insert(name.clone());
                    maps.1.insert(new.clone());
                }
                (before, after) => self.add(container, field, (cut(before), cut(after))),
            }
        }
        self.add_config_maps(maps);
    }

    /// Of variables and volumes that take the same keys from another config map, the config map is told once.
    fn add_config_maps(&mut self, (before, after): (BTreeSet<SafeText>, BTreeSet<SafeText>)) {
        let joined = |names: BTreeSet<SafeText>| {
            let names: Vec<&str> = names.iter().map(SafeText::as_str).collect();
            (!names.is_empty()).then(|| SafeText::new(&names.join(", ")))
        };
        let (before, after) = (joined(before), joined(after));
        if before.is_some() {
            self.add(None, &(Part::Environment, "config map".to_owned()), (before, after));
        }
    }

    fn add(
        &mut self,
        container: Option<&SafeText>,
        (part, field): &Field,
        values: (Option<SafeText>, Option<SafeText>),
    ) {
        let (before, after) = values;
        let (container, field) = (container.cloned(), field.clone());
        self.0.push((*part, Difference { container, field, before, after, is_suspect: false }));
    }

    fn in_order(mut self) -> Vec<Difference> {
        self.0.sort_by(|(part, one), (other_part, other)| {
            (part, &one.container, &one.field).cmp(&(other_part, &other.container, &other.field))
        });
        self.0.dedup();
        self.0.into_iter().map(|(_, difference)| difference).collect()
    }
}

fn is_same(field: &str, before: Option<&Setting>, after: Option<&Setting>) -> bool {
    let amount = |setting: Option<&Setting>| match setting {
        Some(Setting::Value { value, .. }) if field.starts_with("resources.") => quantity::value(value),
        _ => None,
    };
    let is_same_amount = amount(before).zip(amount(after)).is_some_and(|(one, other)| one.total_cmp(&other).is_eq());
    before == after || is_same_amount
}

/// Of a probe that stands only on one side, the probe is told and not each of its numbers.
fn is_part_of_one((part, field): &Field, settings: &BTreeMap<Field, Setting>) -> bool {
    let whole = field.split('.').next().unwrap_or_default();
    *part == Part::Probes && whole != field && !settings.contains_key(&(*part, whole.to_owned()))
}

fn cut(setting: Option<&Setting>) -> Option<SafeText> {
    let words = setting?.words();
    Some(match words.char_indices().nth(LONGEST) {
        Some((at, _)) => SafeText::new(&format!("{} …", &words[..at])),
        None => SafeText::new(&words),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::between;
    use crate::snapshot::pod::PodSpec;

    fn spec() -> Value {
        json!({
            "containers": [{
                "name": "server",
                "image": "registry.example.net/churn:1.3",
                "env": [{"name": "MODEL_PATH", "value": "/models"}, {"name": "LOG_LEVEL", "value": "info"}],
                "ports": [{"containerPort": 8080}, {"containerPort": 9000}],
                "resources": {"limits": {"memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}},
                "volumeMounts": [{"name": "models", "mountPath": "/models"}, {"name": "tmp", "mountPath": "/tmp"}],
            }],
            "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "churn"}}, {"name": "tmp", "emptyDir": {}}],
            "tolerations": [{"key": "gpu", "operator": "Exists"}, {"key": "spot", "operator": "Exists"}],
        })
    }

    /// The differences after a change at a path of the template, each as `field: before -> after`.
    fn differences(path: &str, value: &Value) -> Vec<String> {
        let mut after = spec();
        if let Some(place) = after.pointer_mut(path) {
            *place = value.clone();
        } else {
            let (parent, key) = path.rsplit_once('/').expect("a path of a field");
            after.pointer_mut(parent).expect("its object is there")[key] = value.clone();
        }
        let read = |spec: Value| -> PodSpec { serde_json::from_value(spec).expect("a template") };
        let told = between(&read(spec()), &read(after)).into_iter().map(|difference| {
            let value = |value: &Option<_>| value.as_deref().unwrap_or("none").to_owned();
            format!("{}: {} -> {}", difference.field, value(&difference.before), value(&difference.after))
        });
        told.collect()
    }

    #[test]
    fn what_changed_is_told_field_by_field() {
        let cases = [
            (
                "/containers/0/image",
                json!("registry.example.net/churn:1.4"),
                "image: registry.example.net/churn:1.3 -> registry.example.net/churn:1.4",
            ),
            ("/containers/0/command", json!(["python", "serve.py"]), "command: none -> python serve.py"),
            ("/containers/0/env/0/value", json!("/model"), "env MODEL_PATH: /models -> /model"),
            ("/containers/0/env/1/name", json!("API_TOKEN"), "env API_TOKEN: none -> [redacted]"),
            ("/containers/0/resources/limits/memory", json!("128Mi"), "resources.limits.memory: 1Gi -> 128Mi"),
            (
                "/containers/0/readinessProbe/httpGet/path",
                json!("/ready"),
                "readinessProbe: GET /health on port 8080 -> GET /ready on port 8080",
            ),
            ("/containers/0/readinessProbe/failureThreshold", json!(1), "readinessProbe.failureThreshold: 3 -> 1"),
            ("/containers/0/ports/1/containerPort", json!(9001), "ports: 8080, 9000 -> 8080, 9001"),
            ("/containers/0/volumeMounts/0/mountPath", json!("/model"), "volumeMounts /model: none -> volume models"),
            (
                "/volumes/0/persistentVolumeClaim/claimName",
                json!("fraud"),
                "volumes models: claim churn -> claim fraud",
            ),
            ("/nodeSelector", json!({"pool": "gpu"}), "nodeSelector pool: none -> gpu"),
            ("/tolerations", json!([]), "tolerations: gpu, spot -> none"),
            ("/serviceAccountName", json!("scorer"), "serviceAccountName: default -> scorer"),
            (
                "/initContainers",
                json!([{"name": "fetch", "image": "fetch:1"}]),
                "initContainers fetch: none -> fetch:1",
            ),
        ];
        for (path, value, told) in cases {
            assert_eq!(differences(path, &value).first().map(String::as_str), Some(told), "{path}");
        }
    }

    #[test]
    fn another_order_is_no_difference() {
        for path in
            ["/containers/0/env", "/containers/0/ports", "/containers/0/volumeMounts", "/volumes", "/tolerations"]
        {
            let mut list = spec().pointer(path).and_then(Value::as_array).cloned().expect("a list");
            list.reverse();
            assert_eq!(differences(path, &Value::Array(list)), [""; 0], "{path}");
        }
    }

    #[test]
    fn what_kubernetes_takes_where_nothing_is_given_is_no_difference() {
        let cases = [
            ("/containers/0/ports/0/protocol", json!("TCP")),
            ("/containers/0/terminationMessagePath", json!("/dev/termination-log")),
            ("/containers/0/imagePullPolicy", json!("IfNotPresent")),
            ("/containers/0/readinessProbe/periodSeconds", json!(10)),
            ("/containers/0/readinessProbe/httpGet/scheme", json!("HTTP")),
            ("/containers/0/resources/limits/memory", json!("1024Mi")),
            ("/containers/0/volumeMounts/0/readOnly", json!(false)),
            ("/serviceAccountName", json!("default")),
            ("/terminationGracePeriodSeconds", json!(30)),
            ("/securityContext", json!({})),
            ("/affinity", json!({})),
        ];
        for (path, value) in cases {
            assert_eq!(differences(path, &value), [""; 0], "{path}");
        }
    }

    #[test]
    fn a_probe_that_is_gone_is_told_once() {
        assert_eq!(
            differences("/containers/0/readinessProbe", &Value::Null),
            ["readinessProbe: GET /health on port 8080 -> none"]
        );
    }

    #[test]
    fn another_config_map_is_told_once() {
        let from = |map: &str| {
            let key = |name: &str, key: &str| json!({"name": name, "valueFrom": {"configMapKeyRef": {"name": map, "key": key}}});
            let spec = json!({
                "containers": [{"name": "server", "env": [key("A", "a"), key("B", "b")]}],
                "volumes": [{"name": "settings", "configMap": {"name": map}}],
            });
            serde_json::from_value::<PodSpec>(spec).expect("a template")
        };
        let told = between(&from("churn"), &from("churn-2"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].field.as_str(), told[0].after.as_deref()), ("config map", Some("churn-2")));
    }

    #[test]
    fn values_from_secrets_are_told_by_the_name_of_the_secret() {
        let source = json!({"name": "MODEL_PATH", "valueFrom": {"secretKeyRef": {"name": "churn", "key": "path"}}});
        assert_eq!(differences("/containers/0/env/0", &source), ["env MODEL_PATH: /models -> secret churn, key path"]);
    }
}
