//! Containers: what was asked for, and in which state they are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::snapshot::text::SafeText;

/// A container of a pod template.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Unique in its pod.
    pub name: SafeText,
    /// The image.
    pub image: SafeText,
    /// `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: SafeText,
    /// Instead of the image's entry point.
    pub command: Vec<SafeText>,
    /// Instead of the image's arguments.
    pub args: Vec<SafeText>,
    /// Where the command starts.
    pub working_dir: SafeText,
    /// Environment variables.
    pub env: Vec<EnvVar>,
    /// Environment variables by the bundle.
    pub env_from: Vec<EnvFrom>,
    /// Ports that it says it listens on.
    pub ports: Vec<ContainerPort>,
    /// What it asks for and may use.
    pub resources: Resources,
    /// Volumes in its file system.
    pub volume_mounts: Vec<VolumeMount>,
    /// Kills it when it fails.
    pub liveness_probe: Option<Probe>,
    /// Takes it out of its Services when it fails.
    pub readiness_probe: Option<Probe>,
    /// Holds the other two back until it succeeds.
    pub startup_probe: Option<Probe>,
    /// `Always` makes an init container run beside the others.
    pub restart_policy: SafeText,
    /// Whom it runs as.
    pub security_context: SecurityContext,
}

impl Container {
    /// The literal value of an environment variable.
    pub fn env_value(&self, name: &str) -> Option<&SafeText> {
        self.env.iter().find(|variable| variable.name == name).and_then(|variable| variable.value.as_ref())
    }

    /// Command and arguments as one line.
    pub fn command_line(&self) -> String {
        self.command.iter().chain(&self.args).map(SafeText::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// `securityContext` of a container or pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityContext {
    /// The user's number.
    pub run_as_user: Option<i64>,
    /// May it not be root?
    pub run_as_non_root: Option<bool>,
    /// Is its own file system read-only?
    pub read_only_root_filesystem: Option<bool>,
    /// The group of the volumes.
    pub fs_group: Option<i64>,
}

/// An environment variable.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    /// Its name.
    pub name: SafeText,
    /// Its literal value.
    pub value: Option<SafeText>,
    /// Where its value comes from.
    pub value_from: Option<ValueFrom>,
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValueFrom {
    /// A key of a config map.
    pub config_map_key_ref: Option<KeyRef>,
    /// A key of a secret.
    pub secret_key_ref: Option<KeyRef>,
}

/// A key of a config map or secret.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct KeyRef {
    /// The config map or secret.
    pub name: SafeText,
    /// The key; empty where the whole is meant.
    pub key: SafeText,
    /// May it be absent?
    pub optional: bool,
}

/// Environment variables by the bundle.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    /// All keys of a config map.
    pub config_map_ref: Option<KeyRef>,
    /// All keys of a secret.
    pub secret_ref: Option<KeyRef>,
}

/// A port that a container says it listens on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Its name, where it has one.
    pub name: SafeText,
    /// Its number.
    pub container_port: i64,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: SafeText,
}

/// What a container asks for (`requests`) and may use (`limits`), as Kubernetes quantities.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// What the scheduler sets aside for it.
    pub requests: BTreeMap<SafeText, SafeText>,
    /// What it is held to.
    pub limits: BTreeMap<SafeText, SafeText>,
}

/// A volume in the file system of a container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    /// The volume.
    pub name: SafeText,
    /// Where it stands.
    pub mount_path: SafeText,
    /// A part of the volume only.
    pub sub_path: SafeText,
    /// May it not be written?
    pub read_only: bool,
}

/// A check that the kubelet makes again and again; times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// An HTTP request.
    pub http_get: Option<HttpGet>,
    /// A TCP connection.
    pub tcp_socket: Option<TcpSocket>,
    /// A command in the container.
    pub exec: Option<Exec>,
    /// A gRPC health check.
    pub grpc: Option<TcpSocket>,
    /// Before the first check; 0 where not given.
    pub initial_delay_seconds: i64,
    /// Between checks; Kubernetes takes 10 where not given.
    pub period_seconds: Option<i64>,
    /// For an answer; Kubernetes takes 1 where not given.
    pub timeout_seconds: Option<i64>,
    /// Failures in a row; Kubernetes takes 3 where not given.
    pub failure_threshold: Option<i64>,
}

impl Probe {
    /// The port it asks, as a number or the name of a container port.
    pub fn port(&self) -> Option<&Port> {
        let http = self.http_get.as_ref().map(|http| &http.port);
        http.or(self.tcp_socket.as_ref().map(|tcp| &tcp.port)).or(self.grpc.as_ref().map(|grpc| &grpc.port))
    }

    /// Seconds from the start of the container to the failure that counts, if every check fails.
    pub fn budget_seconds(&self) -> i64 {
        let period = self.period_seconds.unwrap_or(10).max(1);
        self.initial_delay_seconds.max(0) + period * self.failure_threshold.unwrap_or(3).max(1)
    }

    /// Seconds from the first failure to the one that counts, if every check between fails too.
    pub fn failing_seconds(&self) -> i64 {
        self.period_seconds.unwrap_or(10).max(1) * (self.failure_threshold.unwrap_or(3).max(1) - 1)
    }
}

/// An HTTP request to a container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HttpGet {
    /// The path.
    pub path: SafeText,
    /// The port.
    pub port: Port,
    /// `HTTP` or `HTTPS`.
    pub scheme: SafeText,
}

/// A port to connect to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct TcpSocket {
    /// The port.
    pub port: Port,
}

/// A command in a container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Exec {
    /// The command and its arguments.
    pub command: Vec<SafeText>,
}

/// A port by number or by name: written as either in the same field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Port(pub SafeText);

impl Port {
    /// The number, looked up among the ports of a container where it is a name.
    pub fn number(&self, ports: &[ContainerPort]) -> Option<i64> {
        let named = || ports.iter().find(|port| port.name == self.0).map(|port| port.container_port);
        self.0.parse().ok().or_else(named)
    }
}

/// The state of a container in a running pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// The container.
    pub name: SafeText,
    /// Does its readiness probe succeed?
    pub ready: bool,
    /// Has its startup probe succeeded?
    pub started: Option<bool>,
    /// How often it was started again.
    pub restart_count: i64,
    /// Now.
    pub state: ContainerState,
    /// Before its last restart.
    pub last_state: ContainerState,
    /// The image as the runtime names it.
    pub image: SafeText,
    /// Empty until the image was pulled.
    #[serde(rename = "imageID")]
    pub image_id: SafeText,
}

impl ContainerStatus {
    /// How the last instance ended: of the current state if that has ended, else of the one before.
    pub fn last_end(&self) -> Option<&Terminated> {
        self.state.terminated.as_deref().or(self.last_state.terminated.as_deref())
    }

    /// Seconds since it was started, where it runs.
    pub fn runs_for(&self, now: Option<Timestamp>) -> Option<i64> {
        Some(now?.as_second() - self.state.running.as_ref()?.started_at?.as_second())
    }

    /// Is it ready for good? One that was ended again and again is not, until it has run for a while.
    pub fn is_settled(&self, now: Option<Timestamp>) -> bool {
        /// Seconds of running after which Kubernetes forgets a crash too.
        const FORGOTTEN: i64 = 600;
        /// Restarts from which on a container that is ready just now counts as one that crashes.
        const MANY: i64 = 3;
        let ran = self.runs_for(now);
        let is_long = ran.is_none_or(|ran| ran >= FORGOTTEN);
        self.ready && (self.restart_count < MANY || is_long || self.has_outlived(now))
    }

    /// Has it run for much longer than the instance before did? Then what ended that one at its start did not come again.
    /// Memory runs out, and a probe fails, after any time.
    pub fn has_outlived(&self, now: Option<Timestamp>) -> bool {
        /// Seconds, and lives of the instance before.
        const LEAST: (i64, i64) = (60, 2);
        /// Who ended otherwise was asked to end, or killed.
        const OF_ITS_OWN: std::ops::Range<i64> = 1..128;
        let before = self.last_state.terminated.as_ref().filter(|end| OF_ITS_OWN.contains(&end.exit_code));
        let lived = before.and_then(|end| Some(end.finished_at?.as_second() - end.started_at?.as_second()));
        lived.zip(self.runs_for(now)).is_some_and(|(lived, ran)| ran >= LEAST.0.max(LEAST.1 * lived))
    }

    /// Why it does not run; empty where it does.
    pub fn waiting_reason(&self) -> &str {
        self.state.waiting.as_ref().map_or("", |waiting| waiting.reason.as_str())
    }
}

/// Exactly one of three.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Not yet started, or held back.
    pub waiting: Option<Waiting>,
    /// Started.
    pub running: Option<Running>,
    /// Ended.
    pub terminated: Option<Box<Terminated>>,
}

/// Why a container does not run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// One word: `CrashLoopBackOff`, `ImagePullBackOff`.
    pub reason: SafeText,
    /// The sentence.
    pub message: SafeText,
}

/// Since when a container runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Running {
    /// When it was started.
    pub started_at: Option<Timestamp>,
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminated {
    /// What the process returned; 128 and the number of the signal where one ended it.
    pub exit_code: i64,
    /// The signal that ended it.
    pub signal: Option<i64>,
    /// One word: `Error`, `OOMKilled`, `Completed`.
    pub reason: SafeText,
    /// What the container left as its last words.
    pub message: SafeText,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}
