//! Captures of whole namespaces and what a good answer about each is: the cause first, quoted, nothing beside it.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use unstuck::capture;
use unstuck::cli::Outcome;
use unstuck::diagnosis::assessment::Assessment;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::diagnose::diagnose;
use unstuck::report::{json, since};

use crate::golden;

/// What a good answer is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// Diagnoses that must be there.
    pub expect: Vec<Wanted>,
    /// Ids that may not stand at the top; `*` for any that was not asked for.
    pub must_not: Vec<String>,
    /// Nothing may be said about these.
    pub must_not_subjects: Vec<String>,
    /// Consequences that stand neither above the cause nor beside it.
    pub forbidden_top: Vec<String>,
    /// Ids that do not count.
    pub tolerated: Vec<String>,
    /// Only notes may be given.
    pub info_only: bool,
    /// At most so many errors and warnings.
    pub max_diagnoses: Option<usize>,
    /// One verdict, or several that are accepted.
    pub verdict: Value,
    /// Exit codes that are accepted.
    pub exit: Vec<i64>,
    /// What must be named as unreadable.
    pub blind_spots: Vec<String>,
}

/// A diagnosis that must be there.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    id: String,
    #[serde(default)]
    also_ok: Vec<String>,
    subject: Value,
    #[serde(default)]
    exact: bool,
    #[serde(default)]
    subject_or: Vec<String>,
    #[serde(default)]
    or_name: Vec<String>,
    #[serde(default)]
    must_quote: Vec<Value>,
    affected: Option<u64>,
    container: Option<String>,
    rank: Option<usize>,
    /// What must be said to have changed, line by line; none where nothing may be.
    since: Option<Vec<String>>,
}

const ANY_WORKLOAD: [&str; 5] = ["Deployment", "StatefulSet", "Job", "OnlineDeployment", "InferenceService"];

impl Wanted {
    fn accepts(&self, diagnosis: &Value) -> bool {
        diagnosis["id"] == *self.id || self.also_ok.iter().any(|id| diagnosis["id"] == **id)
    }

    /// Is a diagnosis about the subject: by its workload, or by the subject itself?
    fn is_about(&self, diagnosis: &Value) -> bool {
        let objects = [&diagnosis["workload"], &diagnosis["subject"]];
        if objects.iter().any(|object| self.or_name.iter().any(|name| object["name"] == **name)) {
            return true;
        }
        let fits = |object: &Value| {
            let kind = text(&object["kind"]);
            let wanted = text(&self.subject["kind"]);
            let of_kind = kind == wanted
                || self.subject_or.iter().any(|other| other == kind)
                || ["Pod", "ReplicaSet", "Container"].contains(&kind)
                || wanted == "Deployment" && ANY_WORKLOAD.contains(&kind);
            of_kind && is_named(text(&object["name"]), text(&self.subject["name"]), self.exact)
        };
        let all = diagnosis["workloads"].as_array().into_iter().flatten();
        objects.into_iter().any(fits)
            || all.into_iter().any(|object| is_named(text(&object["name"]), text(&self.subject["name"]), self.exact))
    }
}

/// Has an object the name, or one that was made from it: `NAME-hash-hash`, `NAME-0`?
fn is_named(name: &str, wanted: &str, exact: bool) -> bool {
    let Some(rest) = name.strip_prefix(wanted) else { return false };
    let made = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    match rest.strip_prefix('-') {
        _ if rest.is_empty() => true,
        Some(rest) if exact => {
            rest.split('-').count() <= 2 && rest.split('-').all(made) && rest.chars().any(|c| c.is_ascii_digit())
        }
        Some(_) => true,
        None => !exact && rest.starts_with('.'),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_serious(diagnosis: &Value) -> bool {
    diagnosis["severity"] != "info"
}

/// What is wrong with an answer.
pub fn complaints(expected: &Expected, report: &Value, code: i64) -> Vec<String> {
    let none = Vec::new();
    let top: Vec<&Value> = report["diagnoses"].as_array().unwrap_or(&none).iter().collect();
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for wanted in &expected.expect {
        look_for(wanted, &top, &mut used, &mut wrong);
    }
    judge_the_rest(expected, &top, &used, &mut wrong);
    let verdicts = expected.verdict.as_array().cloned().unwrap_or_else(|| vec![expected.verdict.clone()]);
    if !expected.verdict.is_null() && !verdicts.contains(&report["verdict"]) {
        wrong.push(format!("verdict {} instead of {}", report["verdict"], expected.verdict));
    }
    let usual = if expected.expect.is_empty() { vec![0] } else { vec![1] };
    let codes = if expected.exit.is_empty() { &usual } else { &expected.exit };
    if !codes.contains(&code) {
        wrong.push(format!("exit code {code} instead of {codes:?}"));
    }
    let blind = report["blind_spots"].to_string();
    wrong.extend(
        expected
            .blind_spots
            .iter()
            .filter(|spot| !blind.contains(*spot))
            .map(|spot| format!("{spot} is not named as a blind spot")),
    );
    wrong
}

fn look_for<'a>(wanted: &Wanted, top: &[&'a Value], used: &mut Vec<&'a Value>, wrong: &mut Vec<String>) {
    let about: Vec<&Value> = top.iter().copied().filter(|diagnosis| wanted.is_about(diagnosis)).collect();
    if !about.first().is_some_and(|first| wanted.accepts(first)) {
        let got = about.first().map_or("nothing", |first| text(&first["id"]));
        wrong.push(format!("{} on {} expected, {got} found", wanted.id, text(&wanted.subject["name"])));
    }
    let Some(hit) = about.into_iter().find(|diagnosis| wanted.accepts(diagnosis)) else { return };
    used.push(hit);
    let said = hit.to_string();
    for quote in &wanted.must_quote {
        let quote = quote.as_str().map_or_else(|| quote.to_string(), str::to_owned);
        if !said.contains(json!(quote).to_string().trim_matches('"')) {
            wrong.push(format!("{}: {quote:?} is not quoted", wanted.id));
        }
    }
    if wanted.affected.is_some_and(|affected| hit["affected"] != affected) {
        wrong.push(format!("{}: affected {} instead of {:?}", wanted.id, hit["affected"], wanted.affected));
    }
    let container = &hit["subject"]["container"];
    if wanted.container.as_ref().is_some_and(|wanted| !container.is_null() && *container != **wanted) {
        wrong.push(format!("{}: container {container} instead of {:?}", wanted.id, wanted.container));
    }
    let place = top.iter().position(|diagnosis| std::ptr::eq(*diagnosis, hit)).map(|index| index + 1);
    if wanted.rank.is_some() && wanted.rank != place {
        wrong.push(format!("{}: at place {place:?} instead of {:?}", wanted.id, wanted.rank));
    }
}

fn judge_the_rest(expected: &Expected, top: &[&Value], used: &[&Value], wrong: &mut Vec<String>) {
    let is_used = |diagnosis: &Value| used.iter().any(|other| std::ptr::eq(*other, diagnosis));
    let allowed = |id: &str| {
        let wanted = expected.expect.iter().any(|wanted| wanted.id == id || wanted.also_ok.iter().any(|ok| ok == id));
        wanted || expected.tolerated.iter().any(|other| other == id)
    };
    let bans = |id: &str| expected.must_not.iter().any(|banned| banned == id || banned == "*" && !allowed(id));
    let first = top.iter().position(|diagnosis| is_used(diagnosis)).unwrap_or(top.len());
    for (place, diagnosis) in top.iter().enumerate() {
        let id = text(&diagnosis["id"]);
        let name = format!("{id} about {}", text(&diagnosis["subject"]["name"]));
        let spared = |subject: &String| {
            [&diagnosis["workload"], &diagnosis["subject"]]
                .iter()
                .any(|object| is_named(text(&object["name"]), subject, true))
        };
        if bans(id) || expected.info_only && is_serious(diagnosis) || expected.must_not_subjects.iter().any(spared) {
            wrong.push(format!("{name} must not be"));
        }
        let low = expected.forbidden_top.iter().any(|other| other == id)
            && !expected.expect.iter().any(|wanted| wanted.id == id);
        let beside = expected.expect.iter().any(|wanted| wanted.is_about(diagnosis));
        if low && !is_used(diagnosis) && (place < first || beside) {
            wrong.push(format!("{name} stands above or beside the cause"));
        }
        if is_serious(diagnosis) && !is_used(diagnosis) && !allowed(id) {
            wrong.push(format!("{name} is too much"));
        }
    }
    let serious = top.iter().filter(|diagnosis| is_serious(diagnosis)).count();
    if expected.max_diagnoses.is_some_and(|most| serious > most) {
        wrong.push(format!("{serious} diagnoses instead of {:?}", expected.max_diagnoses));
    }
}

/// Reads what is expected of a capture.
pub fn expected(folder: &Path) -> Expected {
    let file = folder.join("expected.yaml");
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What is wrong with what an answer says to have changed.
fn wrong_changes(expected: &Expected, assessment: &Assessment) -> Vec<String> {
    let said = |id: &str| {
        let diagnosis = assessment.diagnoses.iter().find(|diagnosis| diagnosis.id == id);
        diagnosis.map(|diagnosis| since::lines(diagnosis, assessment.source.taken_at)).unwrap_or_default()
    };
    let told = expected.expect.iter().filter_map(|wanted| Some((&wanted.id, wanted.since.as_ref()?)));
    let wrong = told.filter(|(id, since)| said(id) != **since);
    wrong.map(|(id, since)| format!("{id}: since {:?} instead of {since:?}", said(id))).collect()
}

fn judge_all(folder: &str) -> Vec<String> {
    let catalogue = Catalogue::builtin();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in golden::folders(&golden::root().join(folder)) {
        count += 1;
        let snapshot = capture::open(&case.join("capture"), &catalogue.sieve).unwrap_or_else(|error| panic!("{error}"));
        let assessment = diagnose(&snapshot, &catalogue);
        let code = Outcome::of(&assessment) as i64;
        let said = complaints(&expected(&case), &json::report(&assessment), code);
        let since = wrong_changes(&expected(&case), &assessment);
        wrong.extend(said.into_iter().chain(since).map(|complaint| format!("{}: {complaint}", golden::name(&case))));
    }
    println!("{folder}: {count} captures, {} complaints", wrong.len());
    wrong
}

#[test]
fn namespaces_of_a_real_control_plane_are_judged_as_expected() {
    let wrong = judge_all("tests/namespaces");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scenarios_are_judged_as_an_expert_would() {
    let wrong = judge_all("tests/scenarios");
    // What is not yet as it should be is kept, so that nothing is added to it unseen.
    golden::assert_kept(
        "tests/scenarios/complaints.txt",
        &wrong.into_iter().map(|line| line + "\n").collect::<String>(),
    );
}
