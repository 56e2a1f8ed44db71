//! Signs, words and colours: of the three any two say how something is.

use ratatui::style::{Color, Modifier, Style};

use crate::diagnosis::assessment::Verdict;
use crate::diagnosis::rail::State;
use crate::diagnosis::rule::Severity;

/// How the screen is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// May there be colours?
    pub colour: bool,
    /// May there be signs outside ASCII?
    pub unicode: bool,
}

impl Theme {
    /// What the environment allows: `NO_COLOR` takes colours away, a locale without UTF-8 takes signs away.
    pub fn of_environment() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        let unicode = locale.is_none_or(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
        Theme { colour: !set("NO_COLOR"), unicode }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// What is broken.
    pub fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What works badly.
    pub fn warning(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// What is meant: headings, keys, the selection's sign.
    pub fn accent(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// What is fine, or beside the point.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What stands out.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The row that is selected.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A sign and its style for a verdict.
    pub fn verdict(self, verdict: Verdict) -> (&'static str, Style) {
        match verdict {
            Verdict::Broken => (self.sign("✗", "x"), self.bad()),
            Verdict::Degraded => (self.sign("!", "!"), self.warning()),
            Verdict::Unknown => ("?", self.warning()),
            Verdict::Progressing => (self.sign("◐", "o"), self.accent()),
            Verdict::Healthy => (self.sign("✓", "+"), self.dim()),
        }
    }

    /// A sign and its style for a stage.
    pub fn state(self, state: State) -> (&'static str, Style) {
        match state {
            State::Done => (self.sign("✓", "+"), self.dim()),
            State::Skipped => (self.sign("–", "-"), self.dim()),
            State::Running => (self.sign("◐", "o"), self.accent()),
            State::Stuck | State::Failed => (self.sign("✗", "x"), self.bad()),
            State::Unknown => ("?", self.warning()),
            State::Ahead => (self.sign("·", "."), self.dim()),
        }
    }

    /// The style of a severity.
    pub fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.bad(),
            Severity::Warning => self.warning(),
            Severity::Info => self.accent(),
        }
    }

    /// One of two signs, by what the terminal can show.
    pub fn sign(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }
}
