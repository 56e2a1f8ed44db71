//! Ages and dates as kubectl prints them: `3m`, `4m12s (x4 over 5m)`, `Mon, 20 Nov 2023 10:00:00 +0100`.

use jiff::{SignedDuration, Timestamp};

/// The instant that stands for now where a text holds ages only: any would do, and the same text must always say the same.
const ARBITRARY: i64 = 946_684_800;

/// Months as dates name them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// When a text was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What ages are counted from.
    pub at: Timestamp,
    /// Do ages and dates of the text agree with it? Else it is no more than the latest date in it.
    pub is_known: bool,
}

/// How often and when an event was, as ages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Since the last time, in seconds.
    pub last: Option<i64>,
    /// Since the first time, in seconds.
    pub first: Option<i64>,
    /// How often.
    pub count: i64,
}

impl Now {
    /// When a text was printed: its pod was scheduled at a date that it names, and an age ago.
    pub fn of(text: &str) -> Self {
        let mut started: Option<Timestamp> = None;
        let mut latest: Option<Timestamp> = None;
        for line in text.lines() {
            let dated = line.split_once(": ").and_then(|(_, value)| date(value.trim()));
            latest = latest.max(dated);
            if line.trim_start().starts_with("Start Time:") {
                started = started.or(dated);
            }
            if let Some(at) = scheduled_age(line).and_then(|age| started.map(|start| later(start, age))) {
                return Now { at, is_known: true };
            }
        }
        let at = latest.or_else(|| Timestamp::from_second(ARBITRARY).ok()).unwrap_or_default();
        Now { at, is_known: latest.is_none() }
    }

    /// An age before now, as Kubernetes writes it.
    pub fn before(self, age: i64) -> String {
        later(self.at, -age).to_string()
    }
}

fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(time)
}

/// The age in an event row that says when the pod was scheduled.
fn scheduled_age(line: &str) -> Option<i64> {
    let mut words = line.split_whitespace();
    let is_scheduled = words.next() == Some("Normal") && words.next() == Some("Scheduled");
    words.next().filter(|_| is_scheduled).and_then(age)
}

/// `4d3h`, `12m`, `45s`, `2y30d`, in seconds.
pub fn age(text: &str) -> Option<i64> {
    let mut total = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = match rest.as_bytes().get(digits)? {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            b'y' => 31_536_000,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[digits + 1..];
    }
    Some(total)
}

/// Is it an age, or one of the words that stand where none is known?
pub fn is_age(word: &str) -> bool {
    age(word).is_some() || matches!(word, "<unknown>" | "<invalid>")
}

/// `3m`, `3m (x4 over 5m)`; the rest of the text behind it.
pub fn interval(text: &str) -> Option<(Interval, &str)> {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    if !is_age(&text[..end]) {
        return None;
    }
    let last = age(&text[..end]);
    let rest = text[end..].trim_start_matches(' ');
    let single = Interval { last, first: last, count: 1 };
    let Some((inside, after)) = rest.strip_prefix("(x").and_then(|rest| rest.split_once(')')) else {
        return Some((single, &text[end..]));
    };
    let Some((count, first)) = inside.split_once(" over ") else { return Some((single, &text[end..])) };
    Some((Interval { last, first: age(first), count: count.parse().unwrap_or(1) }, after))
}

/// A date of a described object, or of an object in JSON.
pub fn date(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let mut words = text.split_whitespace();
    let weekday = words.next()?;
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let day: u8 = day.parse().ok().filter(|_| weekday.ends_with(','))?;
    // A zone by its name says too little to be counted with: UTC stands for it.
    let zone = words.next().filter(|zone| zone.starts_with(['+', '-'])).unwrap_or("+0000");
    format!("{year}-{month:02}-{day:02}T{clock}{zone}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Now, age, date, interval};

    #[test]
    fn ages_of_every_unit_are_read() {
        assert_eq!(age("2m30s"), Some(150));
        assert_eq!(age("4d3h"), Some(356_400));
        assert_eq!(age("1y"), Some(31_536_000));
        assert_eq!(age("server"), None);
        assert_eq!(age("12"), None);
    }

    #[test]
    fn an_interval_holds_count_and_both_ages() {
        let (seen, rest) = interval("3m2s (x4 over 5m)  kubelet  Back-off").unwrap();
        assert_eq!((seen.last, seen.first, seen.count), (Some(182), Some(300), 4));
        assert_eq!(rest.trim(), "kubelet  Back-off");
    }

    #[test]
    fn a_date_keeps_its_zone() {
        assert_eq!(date("Mon, 20 Nov 2023 10:00:00 +0100").unwrap().to_string(), "2023-11-20T09:00:00Z");
        assert_eq!(date("Mon, 20 Nov 2023 10:00:00 CET").unwrap().to_string(), "2023-11-20T10:00:00Z");
        assert!(date("0001-01-01").is_none());
    }

    #[test]
    fn the_scheduling_of_a_pod_tells_when_it_was_described() {
        let text = "Start Time:  Mon, 20 Nov 2023 10:00:00 +0000\n  Normal  Scheduled  5m  default-scheduler  ok";
        assert_eq!(Now::of(text).at.to_string(), "2023-11-20T10:05:00Z");
        assert!(Now::of(text).is_known);
    }
}
