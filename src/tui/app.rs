//! What the user looks at: page, selection and scrolling. Draws nothing, reads nothing, sends nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

use crate::cluster::news::Freshness;
use crate::diagnosis::assessment::{Diagnosis, Verdict, WorkloadState};
use crate::redact;
use crate::report::markdown;
use crate::session::{Request, View};
use crate::snapshot::LogKey;
use crate::snapshot::kind::Kind;
use crate::snapshot::subject::Subject;
use crate::tui::keys::{self, Action, Page};
use crate::tui::logs;
use crate::tui::place::{Place, Switches};
use crate::tui::theme::Theme;

/// Seconds that a message stays.
const MESSAGE_SECONDS: i64 = 4;

/// What the user looks at.
pub struct App {
    /// What is known, as of the newest beat or, while held, of an older one.
    pub view: Arc<View>,
    /// How it is drawn.
    pub theme: Theme,
    /// The time on the server's clock.
    pub now: Timestamp,
    /// Which page.
    pub page: Page,
    /// Which workload, by its name and kind: rows come and go.
    pub selected: Option<Subject>,
    /// How the page is moved and filtered.
    pub place: Place,
    /// The log that is open.
    pub log: Option<LogKey>,
    /// Is the help shown, the screen held, only failing shown?
    pub switches: Switches,
    /// What was just done, and until when it is shown.
    pub message: Option<(String, Timestamp)>,
}

/// What the loop must do after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but draw.
    Draw,
    /// Copy this text.
    Copy(String),
    /// Ask the session.
    Ask(Request),
    /// To the shell.
    Suspend,
    /// Quit.
    Quit,
}

/// A row of the overview.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// The workload, or the object that a diagnosis is about where no workload is hurt.
    pub subject: Subject,
    /// Its state, where it is a workload.
    pub state: Option<&'a WorkloadState>,
    /// How it is.
    pub verdict: Verdict,
    /// The first diagnosis.
    pub diagnosis: Option<&'a Diagnosis>,
}

impl App {
    /// A screen on a view.
    pub fn new(view: Arc<View>, theme: Theme, now: Timestamp) -> Self {
        let (page, selected, place, log) = (Page::Overview, None, Place::default(), None);
        App { view, theme, now, page, selected, place, log, switches: Switches::default(), message: None }
    }

    /// A newer view came.
    pub fn show(&mut self, view: Arc<View>) {
        if !self.switches.has(Switches::HELD) {
            self.view = view;
            self.keep_in_sight();
        }
    }

    /// The first that is broken stays selected when others break too: nobody loses what they read.
    fn keep_in_sight(&mut self) {
        if self.selected.is_none() && self.view.is_settled {
            let first = self.rows().into_iter().next().filter(|row| row.verdict == Verdict::Broken);
            self.selected = first.map(|row| row.subject);
        }
    }

    /// It is later.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = now;
        if self.message.as_ref().is_some_and(|(_, until)| now > *until) {
            self.message = None;
        }
    }

    /// Says what was just done.
    pub fn say(&mut self, words: String) {
        let until = self.now.checked_add(jiff::SignedDuration::from_secs(MESSAGE_SECONDS)).unwrap_or(self.now);
        self.message = Some((words, until));
    }

    /// The rows of the overview, the worst first.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let assessment = &self.view.assessment;
        let mut first: BTreeMap<&Subject, &Diagnosis> = BTreeMap::new();
        for diagnosis in assessment.diagnoses.iter().rev() {
            first.extend(diagnosis.reach.workloads.iter().map(|workload| (workload, diagnosis)));
        }
        let workloads = assessment.workloads.iter().map(|state| Row {
            subject: state.subject.clone(),
            state: Some(state),
            verdict: state.verdict,
            diagnosis: first.get(&state.subject).copied(),
        });
        let lone = assessment.diagnoses.iter().filter(|diagnosis| diagnosis.reach.workloads.is_empty());
        let objects = lone.map(|diagnosis| Row {
            subject: diagnosis.subject.clone(),
            state: None,
            verdict: verdict_of(diagnosis),
            diagnosis: Some(diagnosis),
        });
        let mut rows: Vec<Row<'_>> = workloads.chain(objects).filter(|row| self.is_shown(row)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
        rows
    }

    /// Are there rows that a filter or a switch hides?
    pub fn is_narrowed(&self) -> bool {
        self.switches.has(Switches::FAILING) || (self.page == Page::Overview && !self.place.filter.is_empty())
    }

    fn is_shown(&self, row: &Row<'_>) -> bool {
        let failing = !self.switches.has(Switches::FAILING) || row.verdict > Verdict::Progressing;
        let filter = self.place.filter.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&filter);
        let why = row.diagnosis.map_or("", |diagnosis| diagnosis.words.title.as_str());
        failing
            && (self.page != Page::Overview
                || filter.is_empty()
                || holds(&row.subject.name)
                || holds(why)
                || row.state.is_some_and(|state| holds(&state.stack)))
    }

    /// The row that is selected: the one that was chosen, or the worst.
    pub fn selected_index(&self, rows: &[Row<'_>]) -> usize {
        let chosen = self.selected.as_ref().and_then(|chosen| rows.iter().position(|row| row.subject == *chosen));
        chosen.unwrap_or(0)
    }

    /// The diagnoses of the selected row.
    pub fn diagnoses(&self) -> Vec<&Diagnosis> {
        let rows = self.rows();
        let Some(row) = rows.get(self.selected_index(&rows)) else { return Vec::new() };
        let about = |diagnosis: &&Diagnosis| {
            diagnosis.reach.workloads.contains(&row.subject) || diagnosis.subject == row.subject
        };
        self.view.assessment.diagnoses.iter().filter(about).collect()
    }

    /// The diagnosis that is shown.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        let diagnoses = self.diagnoses();
        let index = self.place.diagnosis.min(diagnoses.len().saturating_sub(1));
        diagnoses.get(index).copied()
    }

    /// Does what a key means.
    pub fn key(&mut self, key: &KeyEvent) -> Effect {
        if self.place.is_writing {
            return self.write(key);
        }
        let action = keys::action(key, self.page);
        if self.switches.has(Switches::HELP) && !matches!(action, Some(Action::Quit | Action::Suspend)) {
            self.switches.flip(Switches::HELP);
            return Effect::Draw;
        }
        action.map_or(Effect::Draw, |action| self.act(action))
    }

    fn act(&mut self, action: Action) -> Effect {
        match action {
            Action::Down => self.step(1),
            Action::Up => self.step(-1),
            Action::PageDown => self.step(self.place.page()),
            Action::PageUp => self.step(-self.place.page()),
            Action::First => self.go_first(),
            Action::Last => self.go_last(),
            Action::Open => self.go(Page::Details),
            Action::Events => self.go(Page::Events),
            Action::Log => return self.open_log(),
            Action::Previous => return self.other_instance(),
            Action::NextPart => return self.next_part(),
            Action::Back => self.back(),
            Action::Fold => self.switches.flip(Switches::UNFOLDED),
            Action::Wrap => self.switches.flip(Switches::WRAPPED),
            Action::Failing => self.switches.flip(Switches::FAILING),
            Action::Pause => self.switches.flip(Switches::HELD),
            Action::Help => self.switches.flip(Switches::HELP),
            Action::Filter => self.place.is_writing = true,
            Action::Copy => return self.copy(),
            Action::Retry => return Effect::Ask(Request::Retry),
            Action::Suspend => return Effect::Suspend,
            Action::Quit => return Effect::Quit,
        }
        Effect::Draw
    }

    /// Moves the selection, or the text of the page.
    fn step(&mut self, lines: isize) {
        if self.page != Page::Overview {
            self.place.scroll_by(lines);
            return;
        }
        let rows = self.rows();
        let next = self.selected_index(&rows).saturating_add_signed(lines).min(rows.len().saturating_sub(1));
        self.selected = rows.get(next).map(|row| row.subject.clone());
        (self.place.diagnosis, self.place.scroll) = (0, 0);
    }

    fn go_first(&mut self) {
        self.step(isize::MIN / 2);
        self.place.follows_end = false;
    }

    fn go_last(&mut self) {
        if self.page == Page::Log {
            self.place.follows_end = true;
        } else {
            self.step(isize::MAX / 2);
        }
    }

    fn go(&mut self, page: Page) {
        let rows = self.rows();
        self.selected = rows.get(self.selected_index(&rows)).map(|row| row.subject.clone());
        self.page = page;
        self.place.scroll = 0;
        self.place.filter.clear();
    }

    fn back(&mut self) {
        if self.place.filter.is_empty() {
            self.page = Page::Overview;
        }
        self.place.filter.clear();
        self.place.scroll = 0;
    }

    /// Opens the log that the diagnosis quotes, or the one that is most likely to tell, at the deciding line.
    fn open_log(&mut self) -> Effect {
        let known = self.logs();
        let Some(key) = logs::deciding(self.diagnosis(), &known).or_else(|| known.first().cloned()) else {
            let words = match self.view.freshness.get(&Kind::Pod) {
                Some(Freshness::CatchingUp(_)) => "its pods are still being read",
                _ => "no container of it has written anything",
            };
            self.say(words.to_owned());
            return Effect::Draw;
        };
        self.go(Page::Log);
        self.look_at(key)
    }

    fn look_at(&mut self, key: LogKey) -> Effect {
        self.place.follows_end = logs::marks(self, &key).is_empty();
        self.place.scroll = logs::first_mark(self, &key);
        self.log = Some(key.clone());
        Effect::Ask(Request::Follow(key))
    }

    fn other_instance(&mut self) -> Effect {
        let Some(key) = self.log.clone() else { return Effect::Draw };
        let other = LogKey { previous: !key.previous, ..key };
        if !self.logs().contains(&other) {
            self.say("the container was not restarted: there is no instance before this one".to_owned());
            return Effect::Draw;
        }
        self.look_at(other)
    }

    fn next_part(&mut self) -> Effect {
        if self.page != Page::Log {
            self.place.diagnosis = (self.place.diagnosis + 1) % self.diagnoses().len().max(1);
            self.place.scroll = 0;
            return Effect::Draw;
        }
        let known = self.logs();
        let at = known.iter().position(|key| Some(key) == self.log.as_ref()).unwrap_or(0);
        match known.get((at + 1) % known.len().max(1)).cloned() {
            Some(key) => self.look_at(key),
            None => Effect::Draw,
        }
    }

    /// The logs of the selected workload's pods.
    pub fn logs(&self) -> Vec<LogKey> {
        let rows = self.rows();
        rows.get(self.selected_index(&rows))
            .map(|row| logs::of_workload(&self.view.snapshot, &row.subject))
            .unwrap_or_default()
    }

    fn copy(&mut self) -> Effect {
        if let Some(diagnosis) = self.diagnosis() {
            let text = markdown::of_diagnosis(diagnosis, &self.view.assessment.source);
            return Effect::Copy(redact::redact(&text).into_owned());
        }
        self.say("there is no diagnosis to copy".to_owned());
        Effect::Draw
    }

    /// A key while a filter is being written.
    fn write(&mut self, key: &KeyEvent) -> Effect {
        match key.code {
            KeyCode::Enter => self.place.is_writing = false,
            KeyCode::Esc => {
                self.place.is_writing = false;
                self.place.filter.clear();
            }
            KeyCode::Backspace => {
                self.place.filter.pop();
            }
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Effect::Quit,
            KeyCode::Char(character) if !character.is_control() => self.place.filter.push(character),
            _ => {}
        }
        self.place.scroll = 0;
        Effect::Draw
    }

    /// Pasted text goes into the filter that is being written.
    pub fn paste(&mut self, text: &str) {
        if self.place.is_writing {
            self.place.filter.extend(text.chars().filter(|c| !c.is_control()));
        }
    }
}

fn verdict_of(diagnosis: &Diagnosis) -> Verdict {
    match diagnosis.severity {
        crate::diagnosis::rule::Severity::Error => Verdict::Broken,
        crate::diagnosis::rule::Severity::Warning => Verdict::Degraded,
        crate::diagnosis::rule::Severity::Info => Verdict::Healthy,
    }
}
