//! Leaves of an assessment what a selection by labels asks for. Everything is judged before, since causes lie elsewhere.

use std::collections::BTreeSet;

use crate::diagnosis::assessment::{Assessment, Diagnosis};
use crate::diagnosis::verdict;
use crate::snapshot::Snapshot;
use crate::snapshot::kind::Kind;
use crate::snapshot::meta::Meta;
use crate::snapshot::pod::Pod;
use crate::snapshot::relation;
use crate::snapshot::selection::Selection;
use crate::snapshot::subject::Subject;

/// The workloads that have the labels, or a pod that has them, with their diagnoses; and objects that have them.
pub fn only(assessment: Assessment, snapshot: &Snapshot, selection: &Selection) -> Assessment {
    of(assessment, snapshot, &chosen(snapshot, selection))
}

/// These objects, with what is wrong with them.
pub fn of(mut assessment: Assessment, snapshot: &Snapshot, chosen: &BTreeSet<Subject>) -> Assessment {
    let concerns = |diagnosis: &Diagnosis| {
        let of_workload = diagnosis.reach.workloads.iter().any(|workload| chosen.contains(workload));
        of_workload || chosen.contains(&Subject { container: None, ..diagnosis.subject.clone() })
    };
    assessment.workloads.retain(|state| chosen.contains(&state.subject));
    assessment.diagnoses = assessment.diagnoses.iter().filter(|one| concerns(one)).cloned().collect();
    assessment.verdict = verdict::of_namespace(&assessment.workloads, &assessment.diagnoses, snapshot);
    assessment
}

fn chosen(snapshot: &Snapshot, selection: &Selection) -> BTreeSet<Subject> {
    let holds = |meta: &Meta| selection.holds(|key| meta.labels.get(key).map(crate::snapshot::text::SafeText::as_str));
    let objects = snapshot.objects().filter(|(_, object)| holds(object.meta()));
    let mut chosen: BTreeSet<Subject> =
        objects.map(|(key, _)| Subject::new(key.kind.name(), &key.namespace, &key.name)).collect();
    let pods = snapshot.of_kind::<Pod>(Kind::Pod).filter(|(_, pod)| holds(&pod.metadata));
    chosen.extend(pods.map(|(_, pod)| relation::workload_of(snapshot, pod)));
    chosen
}
