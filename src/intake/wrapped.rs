//! Lines that a terminal broke at its width, put together again.

use crate::snapshot::log::peel;

/// A text whose broken lines were joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The text.
    pub text: String,
    /// For each of its lines the number that the line had, counted from 1.
    pub numbers: Vec<u64>,
}

/// No terminal is narrower than this when somebody copies from it.
const NARROWEST: usize = 60;
const WIDEST: usize = 300;
/// Nobody copies more lines from a terminal by hand.
const MOST_LINES: usize = 400;

/// The text with the lines joined that are as long as the longest: a terminal shows none that is longer. None where no
/// line can have been broken.
pub fn joined(text: &str) -> Option<Joined> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let length = |line: &&str| line.chars().count();
    let width = lines.iter().map(length).max().filter(|width| (NARROWEST..=WIDEST).contains(width))?;
    if lines.len() > MOST_LINES {
        return None;
    }
    let mut joined = Joined { text: String::new(), numbers: Vec::new() };
    let mut is_broken = false;
    let followers = lines.iter().skip(1).chain(std::iter::once(&""));
    for ((number, line), next) in (1..).zip(&lines).zip(followers) {
        if !is_broken {
            joined.text.push_str(if joined.numbers.is_empty() { "" } else { "\n" });
            joined.numbers.push(number);
        }
        joined.text.push_str(line);
        is_broken = length(line) == width && goes_on(next);
    }
    (joined.numbers.len() < lines.len()).then_some(joined)
}

/// Can the line be the rest of one that was broken?
fn goes_on(line: &str) -> bool {
    !line.is_empty() && !line.starts_with("  ") && !peel::begins_record(line)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn a_line_that_was_broken_is_whole_again() {
        let line = "Traceback: the quick brown fox jumps over the lazy dog and then again over the lazy dog, and on";
        let (head, tail) = line.split_at(80);
        let joined = joined(&format!("first\n{head}\n{tail}\nlast\n")).unwrap();
        assert_eq!(joined.text, format!("first\n{line}\nlast"));
        assert_eq!(joined.numbers, [1, 2, 4]);
    }

    #[test]
    fn short_lines_and_last_ones_were_not_broken() {
        assert_eq!(joined("a\nb\nc"), None);
        assert_eq!(joined(&"x".repeat(80)), None);
        assert_eq!(joined(&format!("{}\n\nnext", "x".repeat(80))), None);
    }
}
