//! Relations that rules can look up by name: a closed list, each a question about the snapshot with names as its answer.

pub mod claims;
pub mod endings;
pub mod errors;
pub mod files;
pub mod found;
pub mod hosts;
pub mod images;
pub mod jobs;
pub mod limits;
pub mod nodes;
pub mod packages;
pub mod policies;
pub mod ports;
pub mod probes;
pub mod revisions;
pub mod services;
pub mod settings;

use crate::diagnosis::lookup::found::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;

/// Answers a question about the subject, given the names that are bound so far.
pub type LookUp = fn(&Scene<'_>, &Names) -> Option<Found>;

/// A question that rules may ask, by its name.
#[derive(Debug)]
pub struct Question {
    /// As it is written in a rule.
    pub name: &'static str,
    /// What it asks, in a sentence for those who write rules.
    pub asks: &'static str,
    /// The names it binds.
    pub binds: &'static [&'static str],
    /// The answer.
    pub answer: LookUp,
}

/// Every question.
pub const QUESTIONS: &[Question] = &[
    Question {
        name: "pip_package",
        asks: "the name on PyPI of the package that holds {module}",
        binds: &["package"],
        answer: packages::pip_package,
    },
    Question {
        name: "apt_package",
        asks: "the Debian package that holds {library}",
        binds: &["package"],
        answer: packages::apt_package,
    },
    Question {
        name: "installed_numpy",
        asks: "the version of NumPy that the log lists as installed",
        binds: &["installed_numpy"],
        answer: packages::installed_numpy,
    },
    Question {
        name: "installed_keras",
        asks: "the version of Keras that the log lists as installed",
        binds: &["installed_keras"],
        answer: packages::installed_keras,
    },
    Question {
        name: "memory_limit",
        asks: "the memory limit of the container",
        binds: &["limit"],
        answer: limits::memory_limit,
    },
    Question {
        name: "cpu_limit",
        asks: "the CPU limit of the container",
        binds: &["cpu_limit"],
        answer: limits::cpu_limit,
    },
    Question {
        name: "starved",
        asks: "does a CPU limit of at most 500m hold the container while it starts?",
        binds: &["cpu_limit"],
        answer: limits::starved,
    },
    Question {
        name: "init_container_file",
        asks: "where Azure ML v1 really put the file that is opened as {path}",
        binds: &["real_path", "model", "relative_path", "models_folder", "path_among_models"],
        answer: files::init_container_file,
    },
    Question {
        name: "mounted_over",
        asks: "the volume that {path} lies in",
        binds: &["volume", "mount_path", "claim"],
        answer: files::mounted_over,
    },
    Question {
        name: "setting_of_path",
        asks: "the variable or argument that {path} came from",
        binds: &["setting"],
        answer: settings::of_path,
    },
    Question {
        name: "setting_of_host",
        asks: "the variable or argument that {host} came from",
        binds: &["setting"],
        answer: settings::of_host,
    },
    Question {
        name: "listening_port",
        asks: "the port that the server says it listens on",
        binds: &["listening", "host"],
        answer: ports::listening_port,
    },
    Question {
        name: "server_binds_loopback",
        asks: "does the server listen on 127.0.0.1 only?",
        binds: &["host", "port"],
        answer: ports::server_binds_loopback,
    },
    Question {
        name: "probe_asks_other_port",
        asks: "does a probe ask a port on which the server does not listen?",
        binds: &["probe", "probe_port", "listening", "first_listening", "patch"],
        answer: ports::probe_asks_other_port,
    },
    Question {
        name: "service_sends_to_other_port",
        asks: "does the Service send to a port on which no container listens?",
        binds: &["port", "target_port", "listening", "index", "right_port", "grpc_port", "node_port"],
        answer: ports::service_sends_to_other_port,
    },
    Question {
        name: "service_selects_nothing",
        asks: "does the Service select no pod at all?",
        binds: &["selector", "labels", "intended", "patch"],
        answer: services::selects_nothing,
    },
    Question {
        name: "service_without_ready_pods",
        asks: "does the Service select pods of which none is ready?",
        binds: &["selected"],
        answer: services::without_ready_pods,
    },
    Question {
        name: "service_of_scaled_to_zero",
        asks: "does the Service lead to a workload with no replicas?",
        binds: &["intended", "target"],
        answer: services::of_scaled_to_zero,
    },
    Question {
        name: "ingress_leads_nowhere",
        asks: "does a path of the Ingress name a Service or port that does not exist?",
        binds: &["backend", "port", "path", "why", "known_services", "known_ports"],
        answer: services::ingress_leads_nowhere,
    },
    Question {
        name: "claim_of_pod",
        asks: "the claim that keeps the pod waiting, and what keeps the claim",
        binds: &["claim", "storage_class", "why", "known_classes", "usable_class", "missing_class"],
        answer: claims::of_pod,
    },
    Question {
        name: "volume_place",
        asks: "the bound claim of the pod, and the zone or node where its volume can be reached",
        binds: &["claim", "place"],
        answer: claims::volume_place,
    },
    Question {
        name: "claim_class",
        asks: "the storage class of the claim, and those that exist",
        binds: &["claim", "storage_class", "known_classes", "usable_class", "missing_class"],
        answer: claims::class,
    },
    Question {
        name: "claim_shown_waiting",
        asks: "is it a claim without a volume, in an input that was pasted and shows no pod?",
        binds: &["claim", "storage_class", "known_classes", "usable_class", "missing_class"],
        answer: claims::shown_waiting,
    },
    Question {
        name: "killed_by_probe",
        asks: "did a liveness or startup probe end the container?",
        binds: &["probe", "budget"],
        answer: probes::killed_by_probe,
    },
    Question {
        name: "killed_while_loading",
        asks: "did a probe end the container while it still loaded, without an error in its log?",
        binds: &["probe", "budget", "ran_for", "last_line"],
        answer: probes::killed_while_loading,
    },
    Question {
        name: "earlier_probe_path",
        asks: "the path that a probe of the last revision that was ready asked, where this one asks another",
        binds: &["earlier_path", "changed_probe", "container_index"],
        answer: probes::earlier_probe_path,
    },
    Question {
        name: "readiness_request",
        asks: "what the readiness probe asks of the container",
        binds: &["asked"],
        answer: probes::readiness_request,
    },
    Question {
        name: "unready_for_long",
        asks: "does the container run, and is it not ready, for longer than its readiness probe and a start need?",
        binds: &["unready_for", "asked"],
        answer: probes::unready_for_long,
    },
    Question {
        name: "asked_to_end_again_and_again",
        asks: "does a server with a liveness probe end again and again after it was ready, because it is asked to?",
        binds: &["ran_for", "restarts"],
        answer: probes::asked_to_end_again_and_again,
    },
    Question {
        name: "ends_well_again_and_again",
        asks: "does the container end with exit code 0 again and again?",
        binds: &["ran_for", "restarts"],
        answer: errors::ends_well_again_and_again,
    },
    Question {
        name: "init_container_failing",
        asks: "is it an init container that failed?",
        binds: &["restarts"],
        answer: errors::init_container_failing,
    },
    Question {
        name: "log_stops_in_the_middle",
        asks: "does a pasted log stop in the middle of a counted piece of work, without an error? (a suspicion)",
        binds: &["done", "total", "severity"],
        answer: endings::stops_in_the_middle,
    },
    Question {
        name: "log_ends_without_a_server",
        asks: "does a pasted log of a program that says it is up end without a server that listens? (a suspicion)",
        binds: &["severity"],
        answer: endings::ends_without_a_server,
    },
    Question {
        name: "last_error",
        asks: "the last error in the log, which no rule knows",
        binds: &["last_error"],
        answer: errors::last_error,
    },
    Question {
        name: "job_given_up",
        asks: "has a job failed for good, and is it the newest of its CronJob?",
        binds: &["failure", "failure_message", "failed_pods", "backoff_limit", "active_deadline"],
        answer: jobs::given_up,
    },
    Question {
        name: "earlier_revision",
        asks: "the revision to which the workload can go back",
        binds: &["earlier_revision"],
        answer: revisions::earlier_revision,
    },
    Question {
        name: "exit_meaning",
        asks: "what the exit code says",
        binds: &["exit_code", "exit_meaning"],
        answer: errors::exit_meaning,
    },
    Question {
        name: "memory_room",
        asks: "the memory that a pod without a node requests, and what the nodes have",
        binds: &["wants", "most", "largest_node"],
        answer: nodes::memory_room,
    },
    Question {
        name: "cpu_room",
        asks: "the CPU that a pod without a node requests, and what the nodes have",
        binds: &["wants", "most", "largest_node"],
        answer: nodes::cpu_room,
    },
    Question {
        name: "gpu_room",
        asks: "the GPUs that a pod without a node requests, and what the nodes have",
        binds: &["wants", "most", "largest_node", "resource"],
        answer: nodes::gpu_room,
    },
    Question {
        name: "gpu_holder",
        asks: "who holds the GPUs that the pod asks for",
        binds: &["holder", "gpu_node"],
        answer: nodes::gpu_holder,
    },
    Question {
        name: "gpu_is_free",
        asks: "has a node that the pod may use the GPUs left that it asks for",
        binds: &[],
        answer: nodes::gpu_is_free,
    },
    Question {
        name: "gpu_is_short",
        asks: "did the scheduler find too few GPUs, and is none free on a node that the pod may use",
        binds: &[],
        answer: nodes::gpu_is_short,
    },
    Question {
        name: "gpu_node_without_gpu",
        asks: "does a node with GPUs offer none, and no other node either?",
        binds: &["resource", "gpu_node"],
        answer: nodes::gpu_node_without_gpu,
    },
    Question {
        name: "labels_of_no_node",
        asks: "the labels that the pod wants and no node has, and what the nodes have instead",
        binds: &["wanted_labels", "known_values"],
        answer: nodes::labels_of_no_node,
    },
    Question {
        name: "tainted_node_that_fits",
        asks: "the node that could take the pod but for a taint",
        binds: &["key", "value", "effect", "tainted_node"],
        answer: nodes::tainted_node_that_fits,
    },
    Question {
        name: "behind_a_taint",
        asks: "does only a taint keep the pod from a node, as far as the nodes or the scheduler tell?",
        binds: &["key", "value", "effect", "tainted_node"],
        answer: nodes::behind_a_taint,
    },
    Question {
        name: "no_service_of_host",
        asks: "does {host} stand for a Service of this namespace that does not exist?",
        binds: &["service", "known_services", "similar_service"],
        answer: hosts::no_service_of_host,
    },
    Question {
        name: "service_of_host",
        asks: "the Service of this namespace that {host} stands for, and the name it is an alias of",
        binds: &["known_service", "external_name"],
        answer: hosts::service_of_host,
    },
    Question {
        name: "init_waits_for_service",
        asks: "the Service without a ready pod that an init container names in its command and has run on for a minute for",
        binds: &["host"],
        answer: hosts::init_waits_for_service,
    },
    Question {
        name: "upstream_came_up",
        asks: "is the Service {host} up since it was called in vain, or on its way as the caller is",
        binds: &[],
        answer: hosts::upstream_came_up,
    },
    Question {
        name: "upstream_of_host",
        asks: "the workload behind {host} in this namespace, where no pod of it is ready",
        binds: &["upstream", "upstream_ready", "host"],
        answer: hosts::upstream_of_host,
    },
    Question {
        name: "network_policy_denies",
        asks: "do the network policies drop the call to {host} and {port}, or to DNS where {reason} is bound?",
        binds: &["policy", "direction", "peer"],
        answer: policies::network_policy_denies,
    },
    Question {
        name: "storage_initializer_absent",
        asks: "does the InferenceService ask for a model that no init container of the pod fetches?",
        binds: &["storage_uri", "path"],
        answer: files::storage_initializer_absent,
    },
    Question {
        name: "scaled_to_zero_unused",
        asks: "does no Service lead to the workload?",
        binds: &["severity"],
        answer: services::scaled_to_zero_unused,
    },
    Question {
        name: "pulling_for",
        asks: "is the image of the container being pulled for ten minutes and more?",
        binds: &["minutes", "image"],
        answer: images::pulling_for,
    },
    Question {
        name: "tracking_uri",
        asks: "the address in MLFLOW_TRACKING_URI",
        binds: &["tracking_uri", "host", "port"],
        answer: settings::tracking_uri,
    },
    Question {
        name: "volume_source",
        asks: "what {volume} of the pod is: its driver, its secret, its account",
        binds: &["driver", "secret", "account", "blob_container", "claim"],
        answer: claims::volume_source,
    },
    Question {
        name: "files_of_volume",
        asks: "the config map or the secret that {volume} of the pod takes its files from",
        binds: &["configmap", "secret"],
        answer: files::files_of_volume,
    },
    Question {
        name: "missing_config_map",
        asks: "the config map that the container takes files from and that does not exist",
        binds: &["configmap"],
        answer: files::missing_config_map,
    },
];

/// A question by its name.
pub fn named(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.name == name)
}
