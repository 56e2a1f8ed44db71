//! An assessment as JSON of the schema `unstuck/v1`, which stays as it is.

use serde::Serialize;
use serde_json::Value;

use crate::diagnosis::assessment::{Assessment, BlindSpot, Diagnosis, Verdict, WorkloadState};
use crate::snapshot::text::SafeText;

/// The name of the schema.
pub const SCHEMA: &str = "unstuck/v1";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    version: &'static str,
    source: Source<'a>,
    verdict: Verdict,
    workloads: Vec<&'a WorkloadState>,
    diagnoses: &'a [Diagnosis],
    blind_spots: &'a [BlindSpot],
}

#[derive(Serialize)]
struct Source<'a> {
    context: &'a str,
    namespace: &'a str,
    taken_at: Option<String>,
    #[serde(skip_serializing_if = "<[SafeText]>::is_empty")]
    taken_for: &'a [SafeText],
}

/// The report.
pub fn report(assessment: &Assessment) -> Value {
    let source = Source {
        context: &assessment.source.context,
        namespace: &assessment.source.namespace,
        taken_at: assessment.source.taken_at.map(|time| time.to_string()),
        taken_for: &assessment.source.taken_for,
    };
    let report = Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        source,
        verdict: assessment.verdict,
        workloads: assessment.workloads.iter().map(AsRef::as_ref).collect(),
        diagnoses: &assessment.diagnoses,
        blind_spots: &assessment.blind_spots,
    };
    serde_json::to_value(report).unwrap_or_default()
}
