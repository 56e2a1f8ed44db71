//! A length of time in words.

/// `42 s`, `3 min 40 s`, `2 h 5 min`: the two largest units, where the smaller is not 0.
pub fn in_words(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (large, small) = match seconds {
        0..60 => (None, (seconds, "s")),
        60..3600 => (Some((seconds / 60, "min")), (seconds % 60, "s")),
        3600..86_400 => (Some((seconds / 3600, "h")), (seconds % 3600 / 60, "min")),
        _ => (Some((seconds / 86_400, "d")), (seconds % 86_400 / 3600, "h")),
    };
    match (large, small) {
        (Some((count, unit)), (0, _)) | (None, (count, unit)) => format!("{count} {unit}"),
        (Some((count, unit)), (rest, part)) => format!("{count} {unit} {rest} {part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_length_has_at_most_two_units() {
        assert_eq!(
            [0, 42, 60, 220, 7500, 90_000].map(in_words),
            ["0 s", "42 s", "1 min", "3 min 40 s", "2 h 5 min", "1 d 1 h"]
        );
    }
}
