//! How long ago something was, as kubectl writes it.

use jiff::Timestamp;
use serde_json::Value;

use crate::demo::stamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago the stamp at a path is.
pub fn age(object: &Value, path: &str, now: Timestamp) -> String {
    stamp::at(object, path).map_or_else(|| "<unknown>".to_owned(), |at| since(at, now))
}

/// How long ago a time is.
pub fn since(at: Timestamp, now: Timestamp) -> String {
    duration(now.as_second() - at.as_second())
}

/// A duration: the coarser the longer it is.
pub fn duration(seconds: i64) -> String {
    let two = |big: i64, big_unit: char, small: i64, small_unit: char| {
        let rest = seconds % big / small;
        let head = format!("{}{big_unit}", seconds / big);
        if rest == 0 { head } else { format!("{head}{rest}{small_unit}") }
    };
    match seconds {
        ..0 => "0s".to_owned(),
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => two(MINUTE, 'm', 1, 's'),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => two(HOUR, 'h', MINUTE, 'm'),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => two(DAY, 'd', HOUR, 'h'),
        s if s < 2 * 365 * DAY => format!("{}d", s / DAY),
        s => format!("{}y{}d", s / (365 * DAY), s % (365 * DAY) / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_written_as_kubectl_writes_them() {
        let written: Vec<String> =
            [-3, 0, 119, 120, 125, 599, 600, 10_799, 10_800, 14_700, 86_400, 172_800, 180_000, 700_000, 63_072_000]
                .into_iter()
                .map(duration)
                .collect();
        let expected =
            ["0s", "0s", "119s", "2m", "2m5s", "9m59s", "10m", "179m", "3h", "4h5m", "24h", "2d", "2d2h", "8d", "2y0d"];
        assert_eq!(written, expected);
    }
}
