//! Diagnoses a snapshot again and again: after a change only what it can matter to is judged anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnosis::assessment::{Assessment, Diagnosis, WorkloadState};
use crate::diagnosis::blind::Found;
use crate::diagnosis::catalogue::Catalogue;
use crate::diagnosis::crew::Crews;
use crate::diagnosis::diagnose::{reached, unexplained_logs};
use crate::diagnosis::place::Place;
use crate::diagnosis::rank::{self, Reached};
use crate::diagnosis::scenes::Stage;
use crate::diagnosis::touched::Touched;
use crate::diagnosis::verdict::{self, Judged};
use crate::diagnosis::{blind, changed, parallel, stack};
use crate::snapshot::Snapshot;
use crate::snapshot::subject::Subject;

/// What was judged so far.
#[derive(Clone, Debug, Default)]
pub struct Keeper {
    /// The cases of every place that has some.
    cases: BTreeMap<Place, Vec<Reached>>,
    diagnoses: Arc<[Diagnosis]>,
    states: BTreeMap<Subject, Arc<WorkloadState>>,
    /// The pods of the workloads.
    pub crews: Crews,
}

impl Keeper {
    /// Everything that can be said about a snapshot, where `touched` is what its changes since the last time can matter
    /// to.
    pub fn assess(&mut self, snapshot: &Snapshot, catalogue: &Catalogue, touched: &Touched) -> Assessment {
        let stage = Stage { snapshot, catalogue };
        let mut workloads = if touched.everything { self.judge_all(stage) } else { self.judge(stage, touched) };
        workloads.retain(|top| !self.forget(snapshot, top));
        let judged = Judged { snapshot, catalogue, diagnoses: &self.diagnoses, crews: &self.crews };
        let workloads = Vec::from_iter(workloads);
        let states: Vec<_> = parallel::filter_map(&workloads, |top| Some(Arc::new(verdict::state(&judged, top))));
        self.states.extend(workloads.into_iter().zip(states));
        self.assessment(stage)
    }

    /// Judges everything; gives the workloads.
    fn judge_all(&mut self, stage: Stage<'_>) -> BTreeSet<Subject> {
        self.crews = Crews::of(stage.snapshot);
        self.cases = parallel::filter_map(&Place::all(stage.snapshot), |place| {
            let cases = cases(place, stage);
            (!cases.is_empty()).then(|| (place.clone(), cases))
        });
        self.states.clear();
        self.rank(stage);
        verdict::tops(stage.snapshot, &self.crews)
    }

    /// Judges what was touched; gives the workloads that may be otherwise than before.
    fn judge(&mut self, stage: Stage<'_>, touched: &Touched) -> BTreeSet<Subject> {
        self.crews.update(stage.snapshot, touched.pods());
        let mut workloads = touched.workloads.clone();
        let own = workloads.iter().flat_map(|top| self.crews.keys(top)).cloned().map(Place::Pod);
        let places: BTreeSet<Place> = touched.places.iter().cloned().chain(own).collect();
        let mut is_same = true;
        for place in places {
            let cases = cases(&place, stage);
            let before =
                if cases.is_empty() { self.cases.remove(&place) } else { self.cases.insert(place.clone(), cases) };
            is_same &= before.as_ref() == self.cases.get(&place);
        }
        is_same &= !self.tells_changes_of(&workloads);
        if !is_same || workloads.iter().any(|top| self.is_of_another_stack(stage.snapshot, top)) {
            let before = std::mem::take(&mut self.diagnoses);
            self.rank(stage);
            workloads.extend(hurt_by_difference(&before, &self.diagnoses));
        }
        workloads
    }

    /// Is it told of one of the workloads what changed since pods of it were ready? Those may be others now.
    fn tells_changes_of(&self, workloads: &BTreeSet<Subject>) -> bool {
        let mut told = self.diagnoses.iter().filter(|diagnosis| diagnosis.changes.is_some());
        told.any(|diagnosis| diagnosis.reach.workloads.iter().any(|workload| workloads.contains(workload)))
    }

    /// Is a workload recognised as something else than before? Then the fixes are those of another stack.
    fn is_of_another_stack(&self, snapshot: &Snapshot, top: &Subject) -> bool {
        self.states.get(top).is_some_and(|state| state.stack != self.stack(snapshot, top))
    }

    fn stack(&self, snapshot: &Snapshot, top: &Subject) -> &'static str {
        stack::of_workload(snapshot, top, &self.crews.pods(snapshot, top))
    }

    fn rank(&mut self, stage: Stage<'_>) {
        let Stage { snapshot, catalogue } = stage;
        let stack = |workload: &Subject| self.stack(snapshot, workload).to_owned();
        let cases = self.cases.values().flatten().cloned().collect();
        let mut diagnoses = rank::rank(cases, catalogue, &stack);
        if self.crews.workloads().next().is_some() {
            diagnoses.retain(|diagnosis| diagnosis.subject.kind != "Node" || !diagnosis.reach.workloads.is_empty());
        }
        changed::tell(snapshot, &mut diagnoses, catalogue);
        diagnoses.extend(unexplained_logs(snapshot, catalogue, &diagnoses));
        self.diagnoses = diagnoses.into();
    }

    /// Forgets a workload that is gone, and says so.
    fn forget(&mut self, snapshot: &Snapshot, top: &Subject) -> bool {
        let is_gone = !verdict::exists(snapshot, top) && self.crews.keys(top).next().is_none();
        if is_gone {
            self.states.remove(top);
        }
        is_gone
    }

    fn assessment(&self, stage: Stage<'_>) -> Assessment {
        let Stage { snapshot, catalogue } = stage;
        let workloads = verdict::in_order(self.states.values().cloned().collect());
        let diagnoses = self.diagnoses.clone();
        let found = Found { workloads: &workloads, diagnoses: &diagnoses, crews: &self.crews };
        let blind_spots = blind::spots(snapshot, catalogue, &found);
        let verdict = verdict::of_namespace(&workloads, &diagnoses, snapshot);
        Assessment { source: snapshot.source.clone(), verdict, workloads, diagnoses, blind_spots }
    }
}

fn cases(place: &Place, stage: Stage<'_>) -> Vec<Reached> {
    let unseen = place.unseen_pod(stage.snapshot);
    let scenes = unseen.as_ref().map_or_else(|| place.scenes(stage), |pod| stage.of_pod(pod));
    scenes.iter().flat_map(|scene| reached(scene, stage.catalogue)).collect()
}

/// The workloads that are hurt by what was found only before, or only now.
fn hurt_by_difference(before: &[Diagnosis], now: &[Diagnosis]) -> BTreeSet<Subject> {
    let gone = missing_in(now, before);
    let new = missing_in(before, now);
    gone.into_iter().chain(new).flat_map(|diagnosis| &diagnosis.reach.workloads).cloned().collect()
}

/// Those of the diagnoses that are not among the others.
fn missing_in<'a>(others: &[Diagnosis], diagnoses: &'a [Diagnosis]) -> Vec<&'a Diagnosis> {
    let others: BTreeMap<_, _> = others.iter().map(|other| ((&other.id, &other.subject), other)).collect();
    diagnoses.iter().filter(|one| others.get(&(&one.id, &one.subject)) != Some(one)).collect()
}
