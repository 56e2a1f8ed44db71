//! Small words of the screen: ages, names that are cut in the middle, wrapped text.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// An age in its largest unit: `42s 8m 3h 9d`.
pub fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
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

/// A text as lines of at most so many columns, broken at blanks where possible; its own line breaks and indentation stay.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    text.lines().flat_map(|line| wrapped_line(line, columns)).collect()
}

fn wrapped_line(line: &str, columns: usize) -> Vec<String> {
    let indent: String = line.chars().take_while(|c| *c == ' ').take(columns / 2).collect();
    let options = textwrap::Options::new(columns).subsequent_indent(&indent);
    textwrap::wrap(line, options).into_iter().map(|part| part.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{age, cut, shortened, wrapped};

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
}
