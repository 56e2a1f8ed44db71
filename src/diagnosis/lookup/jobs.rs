//! Jobs that have given up.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::present;
use crate::diagnosis::scene::{Part, Scene};
use crate::diagnosis::template::Names;
use crate::snapshot::Snapshot;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::{Condition, condition};

/// Failures that a job takes where it does not say.
const BACKOFF_LIMIT: i64 = 6;

/// Has a job failed for good? What an earlier run of a CronJob did is history.
pub fn given_up(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    let Part::Workload(key, job) = scene.part else { return None };
    let failed = condition(&job.status.conditions, "Failed").filter(|failed| failed.holds())?;
    if key.kind != Kind::Job || present::has_newer_run(scene.snapshot, job) || is_history(scene.snapshot, failed) {
        return None;
    }
    let deadline = job.spec.active_deadline_seconds.map(|seconds| seconds.to_string());
    let names = [
        ("failure", failed.reason.to_string()),
        ("failure_message", failed.message.to_string()),
        ("failed_pods", job.status.failed.to_string()),
        ("backoff_limit", job.spec.backoff_limit.unwrap_or(BACKOFF_LIMIT).to_string()),
        ("active_deadline", deadline.clone().unwrap_or_default()),
    ];
    let mut found = Found::names(names).seen(evidence::of_field(scene, "status.conditions.Failed", &words(failed)));
    found.evidence.extend(deadline.map(|given| evidence::of_field(scene, "spec.activeDeadlineSeconds", &given)));
    Some(found)
}

fn words(failed: &Condition) -> String {
    format!("{}: {}", failed.reason, failed.message)
}

/// Has it failed so long ago that nobody looks at it any more?
fn is_history(snapshot: &Snapshot, failed: &Condition) -> bool {
    const REMEMBERED: i64 = 24 * 3600;
    let times = snapshot.source.taken_at.zip(failed.last_transition_time);
    times.is_some_and(|(now, since)| now.as_second() - since.as_second() > REMEMBERED)
}
