//! The questions about containers: what they are told, what they log, how they end.

use crate::diagnosis::lookup::{
    Question, endings, errors, files, images, limits, packages, ports, probes, pull_secrets, settings,
};

/// Every question about containers.
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
        asks: "the memory limit of the container, and twice as much",
        binds: &["limit", "request_memory", "more_memory", "more_gigabytes"],
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
        name: "full_claim",
        asks: "the claim that is full: of {path}, or else the only one that the container can write to",
        binds: &["likely_claim", "likely_place", "claim_to_enlarge"],
        answer: files::full_claim,
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
        name: "probe_names_no_port",
        asks: "does a probe ask a port by a name that no port of the container has?",
        binds: &["probe", "port_name", "declared", "right_port", "patch"],
        answer: ports::probe_names_no_port,
    },
    Question {
        name: "knative_asks_other_port",
        asks: "does the queue-proxy of Knative ask a port on which the server does not listen?",
        binds: &["knative_port", "listening", "first_listening", "knative_service", "index"],
        answer: ports::knative_asks_other_port,
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
        name: "exit_meaning",
        asks: "what the exit code says",
        binds: &["exit_code", "exit_meaning"],
        answer: errors::exit_meaning,
    },
    Question {
        name: "storage_initializer_absent",
        asks: "does the InferenceService ask for a model that no init container of the pod fetches?",
        binds: &["storage_uri", "path"],
        answer: files::storage_initializer_absent,
    },
    Question {
        name: "pulling_for",
        asks: "is the image of the container being pulled for ten minutes and more?",
        binds: &["minutes", "image"],
        answer: images::pulling_for,
    },
    Question {
        name: "pull_secrets_of_pod",
        asks: "with which credentials the images of the pod are pulled, and what to put into commands about them",
        binds: &["pull_secret", "only_pull_secret", "bare_account", "login_account", "login_registry", "acr"],
        answer: pull_secrets::of_pod,
    },
    Question {
        name: "tracking_uri",
        asks: "the address in MLFLOW_TRACKING_URI",
        binds: &["tracking_uri", "host", "port"],
        answer: settings::tracking_uri,
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
