//! Holds the rules against a scene: which of them hold, what their names stand for, and what was seen.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::diagnosis::assessment::Evidence;
use crate::diagnosis::catalogue::{Catalogue, Rule};
use crate::diagnosis::field::Field;
use crate::diagnosis::lookup::{self, Question};
use crate::diagnosis::rule::{About, Moment};
use crate::diagnosis::scene::{Origin, Part, Scene, Survival, Utterance};
use crate::diagnosis::symptom::{Symptom, Test};
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, sign};
use crate::snapshot::log::sieve::PatternId;
use crate::snapshot::log::traceback;
use crate::snapshot::subject::Subject;
use crate::snapshot::text::SafeText;

/// A rule that holds for a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// The rule, by its place in the catalogue.
    pub rule: usize,
    /// The subject.
    pub subject: Subject,
    /// What the names stand for.
    pub names: Names,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// The words that it rests on first.
    pub anchor: Option<Anchor>,
    /// When it strikes here: what belongs to the start can strike at requests too.
    pub moment: Moment,
}

/// Where in the words about a subject a rule took hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Which words.
    pub utterance: usize,
    /// The first line of the record, 0 outside logs.
    pub line: u64,
    /// The last line of its last repetition.
    pub seen: u64,
    /// 0 for the exception that decides, more for those further away in the chain.
    pub distance: usize,
    /// How much fixed text matched: the more, the more exact.
    pub exactness: usize,
    /// Was it a traceback?
    pub is_traceback: bool,
}

/// What is bound and seen so far.
#[derive(Clone, Debug, Default)]
struct Partial {
    /// Shared until another name is bound: most rules give up before.
    names: Rc<Names>,
    evidence: Vec<Evidence>,
    anchor: Option<Anchor>,
}

/// Repetitions from which on it is no single request.
const AGAIN: u32 = 3;

/// A scene with an index of the patterns that could match in it.
struct Court<'a, 'b> {
    catalogue: &'a Catalogue,
    scene: &'b Scene<'a>,
    heard: BTreeMap<PatternId, Vec<usize>>,
    /// What every rule starts with.
    start: Partial,
    /// What was survived in this way, or more surely, says nothing about the start.
    history: Survival,
}

/// The rules that hold in a scene, leaving out what was survived at least as surely as `history`.
pub fn judge(scene: &Scene<'_>, catalogue: &Catalogue, history: Survival) -> Vec<Holding> {
    let mut heard: BTreeMap<PatternId, Vec<usize>> = BTreeMap::new();
    for (index, utterance) in scene.utterances.iter().enumerate() {
        for candidate in &utterance.candidates {
            heard.entry(*candidate).or_default().push(index);
        }
    }
    let mut touched: Vec<usize> = heard.keys().flat_map(|pattern| catalogue.rules_of(*pattern)).copied().collect();
    touched.extend(catalogue.rules_without_text(scene.part.about()));
    touched.sort_unstable();
    touched.dedup();
    let start = Partial { names: Rc::new(scene.names.clone()), ..Partial::default() };
    let court = Court { catalogue, scene, heard, start, history };
    touched.into_iter().flat_map(|rule| court.holdings(rule)).collect()
}

/// Does a rule look at subjects like this one? What an operator repeats in its conditions can be about anything.
fn applies(rule: &Rule, part: Part<'_>) -> bool {
    let is_about = |about: About| rule.file.about.as_slice().contains(&about);
    part.about().is_none_or(|about| is_about(about) || about == About::Custom && rule.needs_text())
}

impl Court<'_, '_> {
    fn holdings(&self, index: usize) -> Vec<Holding> {
        let rule = &self.catalogue.rules[index];
        if !applies(rule, self.scene.part) || !rule.symptoms.iter().all(|symptom| self.can_hold(symptom)) {
            return Vec::new();
        }
        let Some((first, rest)) = rule.symptoms.split_first() else { return Vec::new() };
        let mut partials = self.continuations(rule, first, &self.start);
        for symptom in rest {
            partials = partials.iter().flat_map(|partial| self.continuations(rule, symptom, partial)).collect();
        }
        partials.retain(|partial| !rule.unless.iter().any(|symptom| !self.answers(rule, symptom, partial).is_empty()));
        let mut holdings: Vec<Holding> = partials.into_iter().map(|partial| self.holding(index, partial)).collect();
        holdings.dedup_by(|a, b| a.names == b.names && a.subject == b.subject);
        holdings
    }

    /// Can a symptom hold, as far as fields and the words that were heard tell? That is cheaper to know than anything
    /// that binds a name.
    fn can_hold(&self, symptom: &Symptom) -> bool {
        match symptom {
            Symptom::Log(_) | Symptom::Message { .. } => !self.heard.is_empty(),
            Symptom::Field { field, test, .. } => self.passes(field, test),
            Symptom::Any(inner) => inner.iter().any(|symptom| self.can_hold(symptom)),
            Symptom::Bound { .. } | Symptom::LookUp(_) => true,
        }
    }

    fn holding(&self, index: usize, mut partial: Partial) -> Holding {
        for name in &self.catalogue.rules[index].file.look_up {
            if let Some(found) = lookup::named(name).and_then(|question| (question.answer)(self.scene, &partial.names))
            {
                Rc::make_mut(&mut partial.names).extend(found.names);
                partial.evidence.extend(found.evidence);
            }
        }
        let Partial { names, mut evidence, anchor } = partial;
        let mut seen: Vec<Evidence> = Vec::new();
        evidence.retain(|quote| {
            let is_new = !seen.contains(quote);
            seen.push(quote.clone());
            is_new
        });
        let moment = if anchor.is_some_and(|anchor| self.is_of_requests(anchor.utterance)) {
            Moment::Request
        } else {
            self.catalogue.rules[index].file.moment
        };
        let names = Rc::unwrap_or_clone(names);
        Holding { rule: index, subject: self.scene.subject.clone(), names, evidence, anchor, moment }
    }

    fn is_of_requests(&self, utterance: usize) -> bool {
        self.scene.utterances[utterance].survival == Survival::Requests
    }

    /// The ways in which a symptom can hold after what is bound. The first words a rule asks for may be found in several
    /// places, each a case of its own; what is asked for after that is looked for once.
    fn continuations(&self, rule: &Rule, symptom: &Symptom, partial: &Partial) -> Vec<Partial> {
        let mut answers = self.answers(rule, symptom, partial);
        if partial.anchor.is_some() {
            answers.truncate(1);
        }
        answers
    }

    fn answers(&self, rule: &Rule, symptom: &Symptom, partial: &Partial) -> Vec<Partial> {
        match symptom {
            Symptom::Log(_) | Symptom::Message { .. } if self.heard.is_empty() => Vec::new(),
            Symptom::Log(patterns) => self.in_words(rule, patterns, partial, |utterance| self.is_log(utterance)),
            Symptom::Message { patterns, reasons } => self.in_words(rule, patterns, partial, |utterance| {
                self.is_message(utterance)
                    && (reasons.is_empty() || reasons.iter().any(|reason| reason == utterance.reason))
            }),
            Symptom::Field { field, test, bind } => self.in_field(field, test, bind.as_deref(), partial),
            Symptom::Bound { name, test } => {
                let passes = test.passes(partial.names.get(name.as_str()).map(SafeText::as_str));
                if passes { vec![partial.clone()] } else { Vec::new() }
            }
            Symptom::LookUp(question) => self.in_relation(question, partial),
            Symptom::Any(inner) => inner.iter().flat_map(|symptom| self.answers(rule, symptom, partial)).collect(),
        }
    }

    /// A log, or the last words that a container left in its status.
    fn is_log(&self, utterance: &Utterance<'_>) -> bool {
        match utterance.origin {
            Origin::Log { .. } => true,
            Origin::Field(path) => ["terminated.message", "lastFailureInfo.message", "applicationStatuses.message"]
                .iter()
                .any(|words| path.ends_with(words)),
            Origin::Condition(_) => matches!(self.scene.part, Part::Custom(..)),
            Origin::Event(_) => false,
        }
    }

    /// What Kubernetes said; a pasted text may hold that too.
    fn is_message(&self, utterance: &Utterance<'_>) -> bool {
        matches!(self.scene.part, Part::Log) || !matches!(utterance.origin, Origin::Log { .. })
    }

    fn in_words(
        &self,
        rule: &Rule,
        patterns: &[PatternId],
        partial: &Partial,
        fits: impl Fn(&Utterance<'_>) -> bool,
    ) -> Vec<Partial> {
        let mut answers: Vec<(usize, Partial)> = Vec::new();
        for pattern in patterns {
            for &index in self.heard.get(pattern).into_iter().flatten() {
                let utterance = &self.scene.utterances[index];
                let over = utterance.survival >= self.history && rule.file.moment == Moment::Start;
                if over || answers.iter().any(|(other, _)| *other == index) || !fits(utterance) {
                    continue;
                }
                if let Some(answer) = self.in_utterance(*pattern, index, partial) {
                    answers.push((index, answer));
                }
            }
        }
        let heard: Vec<usize> = answers.iter().map(|(index, _)| *index).collect();
        match rule.file.moment {
            Moment::Request if self.is_passing(&heard) => answers.clear(),
            Moment::Start if self.fails_seldom(&heard) => answers.retain(|(index, _)| !self.is_of_requests(*index)),
            _ => {}
        }
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Did it strike at so few requests that nothing is said about the others?
    fn fails_seldom(&self, heard: &[usize]) -> bool {
        let of_requests = || heard.iter().filter(|index| self.is_of_requests(**index));
        let utterances = || of_requests().map(|index| &self.scene.utterances[*index]);
        let times: u32 = utterances().map(Utterance::failed_requests).sum();
        times < AGAIN && !utterances().any(Utterance::gives_up)
    }

    /// Did single requests fail, and others not? That is a client's own fault, and no diagnosis of the server.
    fn is_passing(&self, heard: &[usize]) -> bool {
        let utterances = || heard.iter().map(|index| &self.scene.utterances[*index]);
        let answers = |origin: &Origin<'_>| match origin {
            Origin::Log { key, .. } => self.scene.snapshot.log(key).is_some_and(sign::answers),
            _ => false,
        };
        let times: u32 = utterances().map(Utterance::times).sum();
        // Who pastes what a request raised asks about that; of what a server answered, the single answer tells as little.
        let is_asked = matches!(self.scene.part, Part::Log) && !utterances().all(Utterance::is_access);
        !is_asked && utterances().all(|said| answers(&said.origin)) && times < AGAIN
    }

    fn in_utterance(&self, pattern: PatternId, index: usize, partial: &Partial) -> Option<Partial> {
        let utterance = &self.scene.utterances[index];
        let pattern = self.catalogue.pattern(pattern);
        let found = pattern.find(&utterance.text, utterance.own)?;
        let mut next = partial.clone();
        for (name, held) in found.names {
            let held = SafeText::new(&held);
            match next.names.get(name.as_str()) {
                Some(bound) if *bound != held && !self.scene.names.contains_key(name.as_str()) => return None,
                _ => Rc::make_mut(&mut next.names).insert(name.into(), held),
            };
        }
        Rc::make_mut(&mut next.names).extend(own_code(utterance));
        next.evidence.extend(evidence::of_words(self.scene, utterance, &found.span));
        let anchor = anchor(utterance, index, &found.span, pattern.literal_length());
        next.anchor = next.anchor.or(Some(anchor));
        Some(next)
    }

    /// Does a field pass a test? Of a pasted log no field is known, and none does.
    fn passes(&self, field: &Field, test: &Test) -> bool {
        self.scene.part.about().is_some() && test.passes((field.reader)(self.scene).as_deref())
    }

    fn in_field(&self, field: &Field, test: &Test, bind: Option<&str>, partial: &Partial) -> Vec<Partial> {
        if !self.passes(field, test) {
            return Vec::new();
        }
        let value = (field.reader)(self.scene);
        let mut next = partial.clone();
        if let Some(value) = value {
            if let Some(name) = bind {
                Rc::make_mut(&mut next.names).insert(name.into(), SafeText::new(&value));
            }
            next.evidence.push(evidence::of_field(self.scene, field.path, &value));
        }
        vec![next]
    }

    fn in_relation(&self, question: &Question, partial: &Partial) -> Vec<Partial> {
        let Some(found) = (question.answer)(self.scene, &partial.names) else { return Vec::new() };
        let mut next = partial.clone();
        Rc::make_mut(&mut next.names).extend(found.names);
        next.evidence.extend(found.evidence);
        vec![next]
    }
}

/// Where in the user's own code an exception was raised: `source_file`, `source_line`, `source_code`.
fn own_code(utterance: &Utterance<'_>) -> Names {
    let Origin::Log { record, .. } = utterance.origin else { return Names::new() };
    let root = record.root().and_then(traceback::Raised::own_frame);
    let Some(frame) = root.or_else(|| record.raised.iter().rev().find_map(traceback::Raised::own_frame)) else {
        return Names::new();
    };
    let line = SafeText::new(&frame.line.to_string());
    let named = [("source_file", frame.file.clone()), ("source_line", line), ("source_code", frame.code.clone())];
    named.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value)).collect()
}

fn anchor(utterance: &Utterance<'_>, index: usize, span: &Range<usize>, exactness: usize) -> Anchor {
    let Origin::Log { record, .. } = utterance.origin else {
        return Anchor { utterance: index, line: 0, seen: 0, distance: 0, exactness, is_traceback: false };
    };
    let order = traceback::deciding_order(&record.raised);
    let touches = |raised: &Range<usize>| raised.start < span.end && span.start < raised.end;
    let inside = |index: &usize| touches(&record.raised[*index].span);
    let distance = order.iter().position(inside).unwrap_or(order.len());
    let (line, seen, is_traceback) = (record.place.line, record.place.seen, record.is_traceback);
    Anchor { utterance: index, line, seen, distance, exactness, is_traceback }
}
