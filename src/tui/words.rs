//! Small words of the screen: ages, names that are cut in the middle, wrapped text.

use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::diagnosis::assessment::Verdict;
use crate::report::phrases;

/// An age in its largest unit: `42s 8m 3h 9d`.
pub fn age(seconds: i64) -> String {
    let (number, unit) = phrases::largest_unit(seconds);
    format!("{number}{}", &unit[..1])
}

/// A name of at most so many columns: both ends matter, so the middle is cut.
pub fn shortened(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let graphemes: Vec<&str> = name.graphemes(true).collect();
    let room = columns.saturating_sub(1);
    let head = fitting(graphemes.iter().copied(), room.div_ceil(2));
    let tail = fitting(graphemes.iter().rev().copied(), room / 2);
    let tail: String = graphemes[graphemes.len() - tail..].concat();
    format!("{}…{tail}", graphemes[..head].concat())
}

/// A text of at most so many columns: its end is cut.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    let kept = fitting(graphemes.iter().copied(), columns.saturating_sub(1));
    format!("{}…", graphemes[..kept].concat())
}

/// How many graphemes fit into so many columns.
fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, columns: usize) -> usize {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += grapheme.width();
            used <= columns
        })
        .count()
}

/// A text as lines of at most so many columns, broken at blanks alone: a path or a name stays whole where a line holds it.
/// Its own line breaks and indentation stay.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    text.lines().flat_map(|line| wrapped_line(line, columns, 0)).collect()
}

/// A command as lines of at most so many columns; one of a shell can still be pasted where it had to be broken.
pub fn wrapped_command(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(10);
    text.trim_end().lines().flat_map(|line| command_line(line, columns)).collect()
}

fn command_line(line: &str, columns: usize) -> Vec<String> {
    if line.width() <= columns || !is_of_shell(line) {
        return wrapped_line(line, columns, 0);
    }
    let parts = wrapped_line(line, columns - 2, 4);
    let is_whole = |part: &String| ['"', '\''].into_iter().all(|quote| part.matches(quote).count() % 2 == 0);
    if !parts.iter().all(is_whole) {
        return wrapped_line(line, columns, 4);
    }
    let last = parts.len() - 1;
    parts.into_iter().enumerate().map(|(at, part)| if at < last { part + " \\" } else { part }).collect()
}

fn is_of_shell(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    matches!(first, "kubectl" | "az" | "docker" | "helm" | "pip" | "python" | "curl" | "mlflow" | "azcopy")
}

fn wrapped_line(line: &str, columns: usize, deeper: usize) -> Vec<String> {
    let own = line.chars().take_while(|c| *c == ' ').take(columns / 2).count();
    let indent = " ".repeat(own + deeper.min(columns / 4));
    let options = Options::new(columns)
        .subsequent_indent(&indent)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(line, options).into_iter().map(|part| part.trim_end().to_owned()).collect()
}

/// The id of a rule in words: `crash loop`.
pub fn spoken(id: &str) -> String {
    id.replace('-', " ")
}

/// How something is, as it is said after its name.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "is well",
        Verdict::Progressing => "is starting",
        Verdict::Unknown => "cannot be judged",
        Verdict::Degraded => "is degraded",
        Verdict::Broken => "is broken",
    }
}

#[cfg(test)]
mod tests {
    use super::{age, cut, shortened, wrapped, wrapped_command};

    #[test]
    fn ages_have_one_unit() {
        assert_eq!([5, 130, 8000, 900_000].map(age), ["5s", "2m", "2h", "10d"]);
    }

    #[test]
    fn names_keep_both_ends() {
        assert_eq!(shortened("churn-score-7f9c5d8b6-x2m4q", 17), "churn-sc…b6-x2m4q");
        assert_eq!(shortened("short", 17), "short");
        assert_eq!(cut("a long sentence", 7), "a long…");
    }

    #[test]
    fn text_is_broken_at_blanks_and_keeps_its_indentation() {
        assert_eq!(wrapped("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("    model = joblib.load(path)", 21), ["    model =", "    joblib.load(path)"]);
        assert_eq!(wrapped("abcdefghijklmnop", 10), ["abcdefghij", "klmnop"]);
        assert!(wrapped("界界界界界界界界界界", 8).iter().all(|line| line.chars().count() <= 4));
    }

    #[test]
    fn a_path_or_a_name_stays_whole_where_a_line_holds_it() {
        let text = "put it at /var/azureml-app/azureml-models/churn/3";
        assert_eq!(wrapped(text, 40), ["put it at", "/var/azureml-app/azureml-models/churn/3"]);
    }

    #[test]
    fn a_broken_command_can_still_be_pasted() {
        let command = "kubectl -n ml-prod set resources deployment/digits-api -c model-container";
        assert_eq!(
            wrapped_command(command, 60),
            ["kubectl -n ml-prod set resources deployment/digits-api -c \\", "    model-container"]
        );
        let quoted = "kubectl patch svc a -p '{\"spec\": {\"ports\": 1}}'";
        assert!(wrapped_command(quoted, 26).iter().all(|line| !line.ends_with('\\')));
        assert_eq!(wrapped_command("model = load(path, mode)", 14), ["model =", "load(path,", "mode)"]);
    }
}
