//! What a line holds that looks like an error, whatever the rules are. Uses the standard library only, since the build
//! chooses gates for these words too.

/// Where a stack of frames begins.
pub const STRUCTURE: [&str; 6] = ["Traceback", "  File \"", "goroutine ", "Caused by: ", "Fatal Python", "\tat "];

/// How the names of exceptions end, levels of logging, and how frames of Java are written.
const WORDS: [&str; 30] = [
    "Error",
    "error",
    "ERROR",
    "xception",
    "Interrupt",
    "SystemExit",
    "NotFound",
    "Timeout",
    "Fault",
    "critical",
    "CRITICAL",
    "fatal",
    "FATAL",
    "severe",
    "SEVERE",
    "alert",
    "ALERT",
    "emerg",
    "EMERG",
    "panic",
    "PANIC",
    "[err]",
    "=err ",
    "\"err\"",
    "=crit",
    "\"crit",
    ": E te",
    ": E ex",
    "\n\tat ",
    " \tat ",
];

/// Every line that looks like an error, or begins a stack of frames, holds one of these.
pub fn words() -> impl Iterator<Item = String> {
    let dates = (1..=12).flat_map(|month| (0..=3).map(move |tens| format!("{month:02}{tens}")));
    let dated = dates.flat_map(|date| ["\nE", " E", "[E", "\nF", " F", "[F"].map(|head| format!("{head}{date}")));
    let numbered = (1..=9).flat_map(|digit| [" E [", " F [", " C ["].map(|head| format!("{head}{digit}")));
    STRUCTURE.into_iter().chain(WORDS).map(str::to_owned).chain(dated).chain(numbered)
}
