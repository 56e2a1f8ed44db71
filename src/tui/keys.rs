//! Every key, what it does and where: one table drives handling, footer and help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A screen of the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// All workloads, and the diagnosis of the one that is selected.
    #[default]
    Overview,
    /// A diagnosis in full.
    Details,
    /// The log of a container.
    Log,
    /// The events about a workload.
    Events,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table below says what each does")]
pub enum Action {
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    Open,
    Back,
    NextPart,
    Log,
    Events,
    Previous,
    Fold,
    Wrap,
    Copy,
    Failing,
    Filter,
    Retry,
    Pause,
    Help,
    Suspend,
    Quit,
}

/// A row of the table.
pub struct Binding {
    /// The keys, as they are written.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// The pages where they do it.
    pub pages: &'static [Page],
    /// In the footer; nothing where there is no room for it.
    pub label: &'static str,
    /// In the help.
    pub help: &'static str,
}

const EVERYWHERE: &[Page] = &[Page::Overview, Page::Details, Page::Log, Page::Events];

/// Every key.
pub const BINDINGS: &[Binding] = &[
    Binding {
        keys: &["j", "down"],
        action: Action::Down,
        pages: EVERYWHERE,
        label: "move",
        help: "down, or the next workload",
    },
    Binding {
        keys: &["k", "up"],
        action: Action::Up,
        pages: EVERYWHERE,
        label: "",
        help: "up, or the workload before",
    },
    Binding {
        keys: &["pgdn", "ctrl-f", "space"],
        action: Action::PageDown,
        pages: EVERYWHERE,
        label: "",
        help: "a page down",
    },
    Binding { keys: &["pgup", "ctrl-b"], action: Action::PageUp, pages: EVERYWHERE, label: "", help: "a page up" },
    Binding { keys: &["g", "home"], action: Action::First, pages: EVERYWHERE, label: "", help: "to the top" },
    Binding {
        keys: &["G", "end"],
        action: Action::Last,
        pages: EVERYWHERE,
        label: "",
        help: "to the end; a log then goes on by itself",
    },
    Binding {
        keys: &["enter"],
        action: Action::Open,
        pages: &[Page::Overview],
        label: "details",
        help: "the whole diagnosis",
    },
    Binding {
        keys: &["l"],
        action: Action::Log,
        pages: &[Page::Overview, Page::Details, Page::Events],
        label: "log",
        help: "the log, at the deciding line",
    },
    Binding {
        keys: &["e"],
        action: Action::Events,
        pages: &[Page::Overview, Page::Details, Page::Log],
        label: "events",
        help: "what Kubernetes said about the workload",
    },
    Binding {
        keys: &["tab"],
        action: Action::NextPart,
        pages: EVERYWHERE,
        label: "next",
        help: "the next diagnosis, or the next container's log",
    },
    Binding {
        keys: &["p"],
        action: Action::Previous,
        pages: &[Page::Log],
        label: "previous",
        help: "the instance before the last restart, and back",
    },
    Binding {
        keys: &["z"],
        action: Action::Fold,
        pages: &[Page::Log],
        label: "fold",
        help: "show or fold the frames of libraries",
    },
    Binding {
        keys: &["w"],
        action: Action::Wrap,
        pages: &[Page::Log],
        label: "wrap",
        help: "show long lines whole, or cut them",
    },
    Binding {
        keys: &["y"],
        action: Action::Copy,
        pages: EVERYWHERE,
        label: "copy",
        help: "copy the diagnosis as Markdown",
    },
    Binding {
        keys: &["f"],
        action: Action::Failing,
        pages: &[Page::Overview],
        label: "only failing",
        help: "show only what is not well, and back",
    },
    Binding {
        keys: &["/"],
        action: Action::Filter,
        pages: &[Page::Overview, Page::Log, Page::Events],
        label: "filter",
        help: "show only what holds a text",
    },
    Binding {
        keys: &["r"],
        action: Action::Retry,
        pages: EVERYWHERE,
        label: "",
        help: "ask again for what was refused or lost",
    },
    Binding {
        keys: &["P"],
        action: Action::Pause,
        pages: EVERYWHERE,
        label: "",
        help: "hold the screen still, and go on",
    },
    Binding {
        keys: &["esc"],
        action: Action::Back,
        pages: EVERYWHERE,
        label: "back",
        help: "back, or the filter away",
    },
    Binding { keys: &["?"], action: Action::Help, pages: EVERYWHERE, label: "help", help: "this help" },
    Binding {
        keys: &["ctrl-z"],
        action: Action::Suspend,
        pages: EVERYWHERE,
        label: "",
        help: "to the shell; fg comes back",
    },
    Binding { keys: &["q", "ctrl-c"], action: Action::Quit, pages: EVERYWHERE, label: "quit", help: "quit" },
];

/// What a key does on a page.
pub fn action(key: &KeyEvent, page: Page) -> Option<Action> {
    let written = written(key)?;
    let binding =
        BINDINGS.iter().find(|binding| binding.pages.contains(&page) && binding.keys.contains(&written.as_str()));
    binding.map(|binding| binding.action)
}

/// A key as it is written in the table.
pub fn written(key: &KeyEvent) -> Option<String> {
    let name = match key.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(character) => character.to_string(),
        KeyCode::Enter => "enter".to_owned(),
        KeyCode::Esc => "esc".to_owned(),
        KeyCode::Tab => "tab".to_owned(),
        KeyCode::Up => "up".to_owned(),
        KeyCode::Down => "down".to_owned(),
        KeyCode::Home => "home".to_owned(),
        KeyCode::End => "end".to_owned(),
        KeyCode::PageUp => "pgup".to_owned(),
        KeyCode::PageDown => "pgdn".to_owned(),
        KeyCode::Backspace => "backspace".to_owned(),
        _ => return None,
    };
    Some(if key.modifiers.contains(KeyModifiers::CONTROL) { format!("ctrl-{name}") } else { name })
}

#[cfg(test)]
mod tests {
    use super::{BINDINGS, Page};

    #[test]
    fn no_key_has_two_meanings_on_a_page() {
        for page in [Page::Overview, Page::Details, Page::Log, Page::Events] {
            let mut seen = std::collections::BTreeSet::new();
            for key in BINDINGS.iter().filter(|binding| binding.pages.contains(&page)).flat_map(|binding| binding.keys)
            {
                assert!(seen.insert(key), "{key} has two meanings on {page:?}");
            }
        }
    }
}
