//! Finds the stamps in objects and log lines, and moves them to another day.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Bytes at the start of a line in which its own stamp is looked for.
const HEAD: usize = 32;
/// `2026-01-12T09:14:07.301000000Z`
const KUBELETS: usize = 30;
/// `2026-01-12?09:14:07`
const LENGTH: usize = 19;

/// A text that is a stamp of Kubernetes and nothing else. The first second of 1970 stands for no time at all.
pub fn of_text(text: &str) -> Option<Timestamp> {
    let is_like_one = (20..=35).contains(&text.len()) && text.as_bytes()[10] == b'T';
    text.parse().ok().filter(|at| is_like_one && *at > Timestamp::UNIX_EPOCH)
}

/// The stamp at a path of an object, as `/status/startTime`.
pub fn at(object: &Value, path: &str) -> Option<Timestamp> {
    object.pointer(path)?.as_str().and_then(of_text)
}

/// A stamp as Kubernetes writes it: to the second.
pub fn written(stamp: Timestamp) -> String {
    Timestamp::from_second(stamp.as_second()).unwrap_or(stamp).to_string()
}

/// All stamps in an object.
pub fn collect(value: &Value, found: &mut Vec<Timestamp>) {
    match value {
        Value::String(text) => found.extend(of_text(text)),
        Value::Array(items) => {
            for item in items {
                collect(item, found);
            }
        }
        Value::Object(fields) => {
            for field in fields.values() {
                collect(field, found);
            }
        }
        _ => {}
    }
}

/// Moves all stamps in an object; each keeps its form.
pub fn shift(value: &mut Value, by: SignedDuration) {
    match value {
        Value::String(text) if of_text(text).is_some() => *text = shifted(text, 0, by),
        Value::Array(items) => {
            for item in items {
                shift(item, by);
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                shift(field, by);
            }
        }
        _ => {}
    }
}

/// The stamp that a container put at the start of its line, whatever its form, and where it stands.
pub fn of_line(line: &str) -> Option<(usize, Timestamp)> {
    let head = &line.as_bytes()[..line.len().min(HEAD)];
    let start = head.windows(LENGTH.min(head.len()).max(1)).position(is_stamp)?;
    let written = &line.as_bytes()[start..start + LENGTH];
    let mut plain = String::from_utf8(written.to_vec()).ok()?;
    plain.replace_range(4..5, "-");
    plain.replace_range(7..8, "-");
    plain.replace_range(10..11, "T");
    let whole: Timestamp = format!("{plain}Z").parse().ok()?;
    Some((start, whole.checked_add(fraction(&line.as_bytes()[start + LENGTH..])).unwrap_or(whole)))
}

/// The stamp that the kubelet put before a line, with nine digits of a second, and the line as the container wrote it.
pub fn of_kubelet(line: &str) -> Option<(Timestamp, &str)> {
    let (stamp, text) = line.split_once(' ').unwrap_or((line, ""));
    let at = (stamp.len() == KUBELETS && stamp.ends_with('Z')).then(|| of_text(stamp)).flatten()?;
    Some((at, text))
}

/// A line with its stamps moved: that of the kubelet and its own.
pub fn shift_line(line: &str, by: SignedDuration) -> String {
    if of_kubelet(line).is_some() {
        let (stamp, text) = line.split_at(KUBELETS);
        return format!("{}{}", shifted(stamp, 0, by), shift_line(text, by));
    }
    match of_line(line) {
        Some((start, _)) => shifted(line, start, by),
        None => line.to_owned(),
    }
}

/// `dddd-dd-dd?dd:dd:dd`, with slashes in the date too.
fn is_stamp(window: &[u8]) -> bool {
    let like = |(index, byte): (usize, &u8)| match index {
        4 | 7 => matches!(byte, b'-' | b'/'),
        10 => matches!(byte, b'T' | b' '),
        13 | 16 => *byte == b':',
        _ => byte.is_ascii_digit(),
    };
    window.len() == LENGTH && window.iter().enumerate().all(like)
}

/// `.123456` or `,123` after the seconds.
fn fraction(rest: &[u8]) -> SignedDuration {
    if !rest.first().is_some_and(|byte| matches!(byte, b'.' | b',')) {
        return SignedDuration::ZERO;
    }
    let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).take(9);
    let nanos = digits.fold((0_i64, 100_000_000), |(sum, unit), byte| (sum + i64::from(byte - b'0') * unit, unit / 10));
    SignedDuration::from_nanos(nanos.0)
}

/// Writes another time over the one that stands at `start`; what stands between its digits stays as it is.
fn shifted(text: &str, start: usize, by: SignedDuration) -> String {
    let Some((_, old)) = of_line(&text[start..]) else { return text.to_owned() };
    let new = written(old.checked_add(by).unwrap_or(old));
    let digits = |(index, byte): (usize, &u8)| {
        let inside = (start..start + LENGTH).contains(&index) && byte.is_ascii_digit();
        if inside { new.as_bytes()[index - start] } else { *byte }
    };
    String::from_utf8(text.bytes().collect::<Vec<u8>>().iter().enumerate().map(digits).collect())
        .unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{of_line, of_text, shift, shift_line};
    use jiff::SignedDuration;
    use serde_json::json;

    #[test]
    fn only_a_whole_text_is_a_stamp() {
        assert!(of_text("2026-01-12T09:14:02Z").is_some());
        assert!(of_text("2026-01-12T09:14:02.157883Z").is_some());
        assert!(of_text("started at 2026-01-12T09:14:02Z").is_none());
        assert!(of_text("2026-01-12").is_none());
        assert!(of_text("1970-01-01T00:00:00Z").is_none());
    }

    #[test]
    fn stamps_are_moved_and_keep_their_form() {
        let mut object = json!({"a": "2026-01-12T09:14:02Z", "b": ["2026-01-12T23:59:59.883776Z"], "c": "10m", "d": 3});
        shift(&mut object, SignedDuration::from_secs(1));
        assert_eq!(
            object,
            json!({"a": "2026-01-12T09:14:03Z", "b": ["2026-01-13T00:00:00.883776Z"], "c": "10m", "d": 3})
        );
    }

    #[test]
    fn the_stamps_of_logs_are_moved_in_every_form() {
        let by = SignedDuration::from_secs(3600);
        assert_eq!(shift_line("[2026-01-12 09:14:01 +0000] [1] x", by), "[2026-01-12 10:14:01 +0000] [1] x");
        assert_eq!(shift_line("2026/01/12 09:14:22 [error] é", by), "2026/01/12 10:14:22 [error] é");
        assert_eq!(shift_line("2026-01-12T09:14:02,157+00:00 | run", by), "2026-01-12T10:14:02,157+00:00 | run");
        assert_eq!(shift_line("no stamp, 12 monkeys", by), "no stamp, 12 monkeys");
        assert_eq!(shift_line("", by), "");
        let both = "2026-01-12T09:14:01.301000001Z [2026-01-12 09:14:01 +0000] x";
        assert_eq!(shift_line(both, by), "2026-01-12T10:14:01.301000001Z [2026-01-12 10:14:01 +0000] x");
    }

    #[test]
    fn the_fraction_of_a_stamp_counts() {
        let (start, stamp) = of_line("[2026-01-12 09:14:01,250] x").unwrap();
        assert_eq!((start, stamp.as_millisecond() % 1000), (1, 250));
    }
}
