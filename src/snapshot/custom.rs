//! Objects of operators that serve models: their conditions, and what KServe says about the model.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::snapshot::meta::{Condition, Meta, condition};
use crate::snapshot::text::SafeText;

/// An InferenceService, OnlineDeployment, OnlineEndpoint, SeldonDeployment, RayService and the like.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Custom {
    /// Its kind.
    pub kind: SafeText,
    /// Its name.
    pub metadata: Meta,
    /// What was asked for, as far as it is read.
    pub spec: CustomSpec,
    /// What became of it.
    pub status: CustomStatus,
}

impl Custom {
    /// Does its operator say that it serves?
    pub fn is_up(&self) -> bool {
        let ready = condition(&self.status.conditions, "Ready").is_some_and(Condition::holds);
        ready || matches!(self.status.state.as_str(), "Succeeded" | "Available" | "Healthy" | "Running")
    }

    /// Was it stopped by its owner, so that it wants no pod? KServe from 0.15 on.
    pub fn is_stopped(&self) -> bool {
        condition(&self.status.conditions, "Stopped").is_some_and(Condition::holds)
    }
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CustomSpec {
    /// The predictor of an InferenceService.
    pub predictor: Option<Predictor>,
}

/// The predictor of an InferenceService (KServe v1beta1).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Predictor {
    /// The model; the older form names it after its framework.
    #[serde(alias = "sklearn", alias = "xgboost", alias = "lightgbm", alias = "tensorflow", alias = "pytorch")]
    #[serde(
        alias = "triton",
        alias = "onnx",
        alias = "huggingface",
        alias = "mlflow",
        alias = "pmml",
        alias = "paddle"
    )]
    pub model: Option<PredictorModel>,
    /// Whom it acts as.
    pub service_account_name: SafeText,
}

/// The model of a predictor.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PredictorModel {
    /// Its framework.
    pub model_format: ModelFormat,
    /// Where it is fetched from.
    pub storage_uri: SafeText,
    /// The serving runtime it asks for.
    pub runtime: SafeText,
}

/// The framework of a model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ModelFormat {
    /// `sklearn`, `tensorflow`, `huggingface`.
    pub name: SafeText,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CustomStatus {
    /// The `generation` that its operator has seen; 0 where it does not say.
    pub observed_generation: i64,
    /// Steps on its way.
    pub conditions: Vec<Condition>,
    /// Where it is called.
    pub url: SafeText,
    /// What KServe says about the model.
    pub model_status: ModelStatus,
    /// Ray pods that take requests, where KubeRay counts them.
    pub num_serve_endpoints: Option<i64>,
    /// What Ray says of the applications on the cluster that serves.
    pub active_service_status: RayServeStatus,
    /// The same of the cluster that is to take its place.
    pub pending_service_status: RayServeStatus,
    /// A state in one word, where an operator writes one.
    pub state: SafeText,
    /// The sentence beside it.
    pub message: SafeText,
}

/// What Ray says of the applications that a RayService deploys (KubeRay 0.6 and later).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RayServeStatus {
    /// By their names.
    pub application_statuses: BTreeMap<SafeText, RayServeApplication>,
}

/// What Ray says of one application.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RayServeApplication {
    /// `DEPLOYING`, `RUNNING`, `DEPLOY_FAILED`, `UNHEALTHY`.
    pub status: SafeText,
    /// Why; of a deployment that failed the traceback of its import.
    pub message: SafeText,
    /// The parts of it.
    pub serve_deployment_statuses: BTreeMap<SafeText, RayServeDeployment>,
}

/// What Ray says of a part of an application.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RayServeDeployment {
    /// `UPDATING`, `HEALTHY`, `UNHEALTHY`, `DEPLOY_FAILED`.
    pub status: SafeText,
    /// Why.
    pub message: SafeText,
}

impl CustomStatus {
    /// What Ray says of the applications that could not be deployed, or are not well, with the word for that.
    pub fn failed_applications(&self) -> impl Iterator<Item = (&SafeText, &SafeText)> {
        let statuses = [&self.active_service_status, &self.pending_service_status];
        let applications = statuses.into_iter().flat_map(|status| status.application_statuses.values());
        let told = applications.flat_map(|application| {
            let parts = application.serve_deployment_statuses.values().map(|part| (&part.status, &part.message));
            std::iter::once((&application.status, &application.message)).chain(parts)
        });
        told.filter(|(status, _)| matches!(status.as_str(), "DEPLOY_FAILED" | "UNHEALTHY"))
    }
}

/// What KServe says about the model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModelStatus {
    /// `UpToDate`, `InProgress`, `BlockedByFailedLoad`, `InvalidSpec`.
    pub transition_status: SafeText,
    /// Why it was not loaded.
    pub last_failure_info: Option<FailureInfo>,
}

/// Why a model was not loaded.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FailureInfo {
    /// One word: `ModelLoadFailed`, `NoSupportingRuntime`.
    pub reason: SafeText,
    /// The sentence, often the end of a log.
    pub message: SafeText,
}
