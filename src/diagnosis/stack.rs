//! Recognises the serving stack of a workload by its labels, images, commands and environment.

use crate::snapshot::Snapshot;
use crate::snapshot::container::Container;
use crate::snapshot::kind::Object;
use crate::snapshot::log::Log;
use crate::snapshot::meta::Labels;
use crate::snapshot::pod::{Pod, PodSpec};
use crate::snapshot::relation;
use crate::snapshot::subject::Subject;
use crate::snapshot::workload::Workload;

/// The stack of a workload and its pods: `azureml-v1`, `mlflow`, `tf-serving`, …; empty where it is not recognised.
pub fn of_workload(snapshot: &Snapshot, workload: &Subject, pods: &[&Pod]) -> &'static str {
    let namespace = workload.namespace.clone().unwrap_or_default();
    let by_object = match relation::object(snapshot, &workload.kind, &namespace, &workload.name) {
        Some(Object::Workload(found)) => of_template(found),
        Some(Object::Pod(pod)) => of_pod(pod),
        Some(Object::Custom(custom)) => match custom.kind.as_str() {
            "InferenceService" => "kserve",
            "OnlineDeployment" | "OnlineEndpoint" => "azureml-v2",
            "SeldonDeployment" => "seldon",
            "RayService" => "ray-serve",
            _ => "",
        },
        _ => pods.first().map_or("", |pod| of_pod(pod)),
    };
    if by_object.is_empty() { pods.first().map_or("", |pod| by_logs(snapshot, pod)) } else { by_object }
}

fn by_logs(snapshot: &Snapshot, pod: &Pod) -> &'static str {
    let own =
        snapshot.logs().filter(|(key, _)| key.pod == pod.metadata.name && key.namespace == pod.metadata.namespace);
    own.map(|(_, log)| of_log(log)).find(|stack| !stack.is_empty()).unwrap_or("")
}

fn of_template(workload: &Workload) -> &'static str {
    recognised(&workload.spec.template.metadata.labels, &workload.spec.template.spec)
}

/// The stack of a pod.
pub fn of_pod(pod: &Pod) -> &'static str {
    recognised(&pod.metadata.labels, &pod.spec)
}

fn recognised(labels: &Labels, spec: &PodSpec) -> &'static str {
    let has = |key: &str| labels.contains_key(key);
    if has("ml.azure.com/deployment-name") || has("ml.azure.com/endpoint-name") {
        return "azureml-v2";
    }
    if has("isazuremlapp") || spec.all_containers().any(has_init_container_config) {
        return "azureml-v1";
    }
    if has("serving.kserve.io/inferenceservice") {
        return "kserve";
    }
    if has("seldon-deployment-id") || has("seldon-app") {
        return "seldon";
    }
    spec.containers.iter().map(of_container).find(|stack| !stack.is_empty()).unwrap_or("")
}

fn has_init_container_config(container: &Container) -> bool {
    container.env.iter().any(|variable| variable.name == "InitContainerConfig")
}

/// Words of a log, and the stack that they stand for.
const LOG_WORDS: [(&str, &str); 16] = [
    ("azureml_inference_server_http", "azureml"),
    ("azmlinfsrv", "azureml"),
    ("/var/azureml-", "azureml"),
    ("gunicorn/run", "azureml"),
    ("kserve", "kserve"),
    ("storage.initializer", "kserve"),
    ("mlserver", "mlserver"),
    ("mlflow", "mlflow"),
    ("bentoml", "bentoml"),
    ("vllm", "vllm"),
    ("text_generation", "tgi"),
    ("tensorflow_serving", "tf-serving"),
    ("MODEL_LOG", "torchserve"),
    ("ray/serve", "ray-serve"),
    ("gunicorn", "gunicorn"),
    ("uvicorn", "uvicorn"),
];

/// The stack that wrote a log, as far as its records tell.
pub fn of_log(log: &Log) -> &'static str {
    let holds = |word: &str| log.records.iter().any(|record| record.text.contains(word));
    LOG_WORDS.iter().find(|(word, _)| holds(word)).map_or("", |(_, stack)| stack)
}

/// Words of an image or command, and the stack that they stand for.
const WORDS: [(&str, &str); 22] = [
    ("azureml/azureml_", "azureml"),
    ("azmlinfsrv", "azureml"),
    ("tensorflow/serving", "tf-serving"),
    ("tensorflow_model_server", "tf-serving"),
    ("tritonserver", "triton"),
    ("torchserve", "torchserve"),
    ("mlserver", "mlserver"),
    ("mlflow", "mlflow"),
    ("bentoml", "bentoml"),
    ("vllm", "vllm"),
    ("text-generation-inference", "tgi"),
    ("text-generation-launcher", "tgi"),
    ("rayproject/ray", "ray-serve"),
    ("serve run", "ray-serve"),
    ("gunicorn", "gunicorn"),
    ("uvicorn", "uvicorn"),
    ("fastapi", "uvicorn"),
    ("flask", "flask"),
    ("streamlit", "python"),
    ("python", "python"),
    ("jupyter", "python"),
    (".py", "python"),
];

fn of_container(container: &Container) -> &'static str {
    let line = format!("{} {}", container.image, container.command_line());
    let by_word = WORDS.iter().find(|(word, _)| line.contains(word)).map(|(_, stack)| *stack);
    let by_env = || {
        let known = [
            ("MODEL_BASE_PATH", "tf-serving"),
            ("AZUREML_MODEL_DIR", "azureml"),
            ("MLFLOW_TRACKING_URI", "mlflow"),
            ("MLSERVER_MODEL_URI", "mlserver"),
        ];
        known
            .into_iter()
            .find(|(name, _)| container.env.iter().any(|variable| variable.name == *name))
            .map(|(_, stack)| stack)
    };
    let by_port = || {
        let has_model = container.env.iter().any(|variable| variable.name == "MODEL_NAME");
        let is_open = |number: i64| container.ports.iter().any(|port| port.container_port == number);
        (has_model && (is_open(8500) || is_open(8501))).then_some("tf-serving")
    };
    by_word.or_else(by_env).or_else(by_port).unwrap_or("")
}
