//! What a pod template sets, field by field, in a form that can be held against another: what stands in no order has
//! none here, and what Kubernetes takes where nothing is given counts as given.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnosis::secret;
use crate::snapshot::container::{
    Container, ContainerPort, EnvFrom, EnvVar, Port, Probe, SecurityContext, VolumeMount,
};
use crate::snapshot::meta::Labels;
use crate::snapshot::pod::{Affinity, PodSpec, TOKEN_VOLUME, Toleration, Volume};
use crate::snapshot::text::SafeText;

/// What a field is about; what people look for first stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Part {
    Image,
    Command,
    Environment,
    Resources,
    Probes,
    Volumes,
    Ports,
    Node,
    Identity,
    Rest,
}

/// A field, as Kubernetes names it: `image`, `env MODEL_PATH`, `resources.limits.memory`.
pub type Field = (Part, String);

/// What a field is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A value, and the words for it, which may be fewer.
    Value {
        /// What is compared.
        value: String,
        /// What is shown.
        words: String,
    },
    /// A config map; the key is empty where the whole is meant.
    ConfigMap {
        /// Its name.
        name: SafeText,
        /// The key.
        key: SafeText,
    },
}

impl Setting {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Setting::Value { words, .. } => words.clone(),
            Setting::ConfigMap { name, key } if key.is_empty() => format!("config map {name}"),
            Setting::ConfigMap { name, key } => format!("config map {name}, key {key}"),
        }
    }
}

/// Fields and what they are set to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// All that are set.
    pub fields: BTreeMap<Field, Setting>,
}

impl Settings {
    fn put(&mut self, part: Part, field: &str, value: &str) {
        self.put_shown(part, field, value, value.to_owned());
    }

    fn put_shown(&mut self, part: Part, field: &str, value: &str, words: String) {
        if !value.is_empty() {
            self.fields.insert((part, field.to_owned()), Setting::Value { value: value.to_owned(), words });
        }
    }

    fn put_config_map(&mut self, field: (Part, String), name: &SafeText, key: &SafeText) {
        self.fields.insert(field, Setting::ConfigMap { name: name.clone(), key: key.clone() });
    }

    fn put_number(&mut self, part: Part, field: &str, value: Option<impl ToString>) {
        self.put(part, field, &value.map(|value| value.to_string()).unwrap_or_default());
    }

    fn put_lines(&mut self, part: Part, field: &str, words: &[SafeText]) {
        let line = words.iter().map(SafeText::as_str).collect::<Vec<_>>().join("\0");
        self.put_shown(part, field, &line, secret::shown_line(words.iter().map(SafeText::as_str)));
    }
}

/// What a container is set to.
pub fn of_container(container: &Container) -> Settings {
    let mut settings = Settings::default();
    settings.put(Part::Image, "image", &container.image);
    settings.put_lines(Part::Command, "command", &container.command);
    settings.put_lines(Part::Command, "args", &container.args);
    settings.put(Part::Command, "workingDir", &container.working_dir);
    for variable in &container.env {
        put_variable(&mut settings, variable);
    }
    settings.put(Part::Environment, "envFrom", &listed(container.env_from.iter().map(bundle_in_words)));
    put_resources(&mut settings, "requests", &container.resources.requests);
    put_resources(&mut settings, "limits", &container.resources.limits);
    put_probe(&mut settings, "startupProbe", container.startup_probe.as_ref());
    put_probe(&mut settings, "readinessProbe", container.readiness_probe.as_ref());
    put_probe(&mut settings, "livenessProbe", container.liveness_probe.as_ref());
    for mount in container.volume_mounts.iter().filter(|mount| !mount.name.starts_with(TOKEN_VOLUME)) {
        settings.put(Part::Volumes, &format!("volumeMounts {}", mount.mount_path), &mount_in_words(mount));
    }
    settings.put(Part::Ports, "ports", &listed(container.ports.iter().map(port_in_words)));
    settings.put(Part::Rest, "restartPolicy", &container.restart_policy);
    put_security(&mut settings, &container.security_context);
    settings
}

/// What a pod as a whole is set to.
pub fn of_pod(spec: &PodSpec) -> Settings {
    let mut settings = Settings::default();
    for volume in spec.volumes.iter().filter(|volume| !volume.name.starts_with(TOKEN_VOLUME)) {
        put_volume(&mut settings, volume);
    }
    for (label, value) in &spec.node_selector {
        settings.put(Part::Node, &format!("nodeSelector {label}"), value);
    }
    settings.put(Part::Node, "tolerations", &listed(spec.tolerations.iter().map(toleration_in_words)));
    settings.put(Part::Node, "affinity", &spec.affinity.as_ref().map(affinity_in_words).unwrap_or_default());
    let account = if spec.service_account_name.is_empty() { "default" } else { &spec.service_account_name };
    settings.put(Part::Identity, "serviceAccountName", account);
    let secrets = spec.image_pull_secrets.iter().map(|secret| secret.name.to_string());
    settings.put(Part::Identity, "imagePullSecrets", &listed(secrets));
    settings.put(Part::Rest, "priorityClassName", &spec.priority_class_name);
    let grace = spec.termination_grace_period_seconds.unwrap_or(30);
    settings.put_number(Part::Rest, "terminationGracePeriodSeconds", Some(grace));
    put_security(&mut settings, &spec.security_context);
    settings
}

fn put_variable(settings: &mut Settings, variable: &EnvVar) {
    let field = format!("env {}", variable.name);
    let source = variable.value_from.as_ref();
    if let Some(map) = source.and_then(|source| source.config_map_key_ref.as_ref()) {
        settings.put_config_map((Part::Environment, field), &map.name, &map.key);
    } else if let Some(secret) = source.and_then(|source| source.secret_key_ref.as_ref()) {
        settings.put(Part::Environment, &field, &format!("secret {}, key {}", secret.name, secret.key));
    } else if source.is_some() {
        settings.put(Part::Environment, &field, "a field of the pod");
    } else {
        let value = variable.value.as_ref().map_or("", SafeText::as_str);
        let words = if value.is_empty() { "empty".to_owned() } else { secret::shown(&variable.name, value) };
        settings.put_shown(Part::Environment, &field, &format!("={value}"), words);
    }
}

fn bundle_in_words(bundle: &EnvFrom) -> String {
    let map = bundle.config_map_ref.as_ref().map(|map| format!("config map {}", map.name));
    let secret = bundle.secret_ref.as_ref().map(|secret| format!("secret {}", secret.name));
    map.or(secret).unwrap_or_default()
}

fn put_resources(settings: &mut Settings, kind: &str, amounts: &BTreeMap<SafeText, SafeText>) {
    for (resource, amount) in amounts {
        settings.put(Part::Resources, &format!("resources.{kind}.{resource}"), amount);
    }
}

fn put_probe(settings: &mut Settings, name: &str, probe: Option<&Probe>) {
    let Some(probe) = probe else { return };
    settings.put(Part::Probes, name, &check_in_words(probe));
    let numbers = [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("periodSeconds", probe.period_seconds.unwrap_or(10)),
        ("timeoutSeconds", probe.timeout_seconds.unwrap_or(1)),
        ("failureThreshold", probe.failure_threshold.unwrap_or(3)),
    ];
    for (number, value) in numbers {
        settings.put_number(Part::Probes, &format!("{name}.{number}"), Some(value));
    }
}

/// `GET /health on port 8080`
fn check_in_words(probe: &Probe) -> String {
    let port = |port: &Port| format!("port {}", port.0);
    if let Some(http) = &probe.http_get {
        let scheme = if http.scheme == "HTTPS" { "HTTPS " } else { "" };
        let path = if http.path.is_empty() { "/" } else { &http.path };
        return format!("{scheme}GET {path} on {}", port(&http.port));
    }
    let tcp = probe.tcp_socket.as_ref().map(|tcp| format!("TCP {}", port(&tcp.port)));
    let grpc = probe.grpc.as_ref().map(|grpc| format!("gRPC {}", port(&grpc.port)));
    let exec = probe.exec.as_ref().map(|exec| secret::shown_line(exec.command.iter().map(SafeText::as_str)));
    tcp.or(grpc).or(exec).unwrap_or_else(|| "another kind of check".to_owned())
}

fn mount_in_words(mount: &VolumeMount) -> String {
    let sub_path = if mount.sub_path.is_empty() { String::new() } else { format!(", subPath {}", mount.sub_path) };
    let read_only = if mount.read_only { ", read-only" } else { "" };
    format!("volume {}{sub_path}{read_only}", mount.name)
}

/// `8080`, `8500/UDP (grpc)`
fn port_in_words(port: &ContainerPort) -> String {
    let is_tcp = port.protocol.is_empty() || port.protocol == "TCP";
    let protocol = if is_tcp { String::new() } else { format!("/{}", port.protocol) };
    let name = if port.name.is_empty() { String::new() } else { format!(" ({})", port.name) };
    format!("{}{protocol}{name}", port.container_port)
}

fn put_security(settings: &mut Settings, context: &SecurityContext) {
    let numbers = [("runAsUser", context.run_as_user), ("fsGroup", context.fs_group)];
    for (field, number) in numbers {
        settings.put_number(Part::Identity, &format!("securityContext.{field}"), number);
    }
    let switches =
        [("runAsNonRoot", context.run_as_non_root), ("readOnlyRootFilesystem", context.read_only_root_filesystem)];
    for (field, switch) in switches {
        settings.put_number(Part::Identity, &format!("securityContext.{field}"), switch.filter(|on| *on));
    }
}

fn put_volume(settings: &mut Settings, volume: &Volume) {
    let field = format!("volumes {}", volume.name);
    match &volume.config_map {
        Some(map) => settings.put_config_map((Part::Volumes, field), &map.name, &SafeText::default()),
        None => settings.put(Part::Volumes, &field, &volume_in_words(volume)),
    }
}

fn volume_in_words(volume: &Volume) -> String {
    let claim = volume.persistent_volume_claim.as_ref().map(|claim| {
        let read_only = if claim.read_only { ", read-only" } else { "" };
        format!("claim {}{read_only}", claim.claim_name)
    });
    let secret = volume.secret.as_ref().map(|secret| format!("secret {}", secret.secret_name));
    let folder = volume.empty_dir.as_ref().map(|folder| {
        let parts = [&folder.medium, &folder.size_limit].into_iter().filter(|part| !part.is_empty());
        std::iter::once("emptyDir").chain(parts.map(SafeText::as_str)).collect::<Vec<_>>().join(" ")
    });
    let host = volume.host_path.as_ref().map(|host| format!("hostPath {}", host.path));
    let driver = volume.csi.as_ref().or(volume.flex_volume.as_ref()).map(|driver| {
        let attributes = labels_in_words(&driver.volume_attributes);
        let options = labels_in_words(&driver.options);
        format!("{} {attributes}{options}", driver.driver).trim_end().to_owned()
    });
    claim.or(secret).or(folder).or(host).or(driver).unwrap_or_else(|| "another kind of volume".to_owned())
}

fn labels_in_words(labels: &Labels) -> String {
    listed(labels.iter().map(|(name, value)| format!("{name}={}", secret::shown(name, value))))
}

/// `gpu=true:NoSchedule`; one without a key is for every taint.
fn toleration_in_words(toleration: &Toleration) -> String {
    let value = if toleration.value.is_empty() { String::new() } else { format!("={}", toleration.value) };
    let effect = if toleration.effect.is_empty() { String::new() } else { format!(":{}", toleration.effect) };
    let key = if toleration.key.is_empty() { "every taint" } else { &toleration.key };
    format!("{key}{value}{effect}")
}

fn affinity_in_words(affinity: &Affinity) -> String {
    let required = affinity.node_affinity.as_ref();
    let required = required.and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
    let terms = required.map(|selector| selector.node_selector_terms.as_slice()).unwrap_or_default();
    let nodes = terms.iter().flat_map(|term| &term.match_expressions).map(|requirement| {
        let values = listed(requirement.values.iter().map(ToString::to_string));
        format!("{} {} {values}", requirement.key, requirement.operator).trim_end().to_owned()
    });
    let apart = affinity.pod_anti_affinity.as_ref();
    let apart = apart.is_some_and(|apart| !apart.required_during_scheduling_ignored_during_execution.is_empty());
    listed(nodes.chain(apart.then(|| "no node shared with other pods".to_owned())))
}

/// In an order that does not depend on the one they were given in.
fn listed(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}
