//! Takes the prefixes off a log line that runtimes, log collectors and people who paste put before it.
//!
//! What is left keeps its indentation, which a traceback needs. What was taken off tells when the line was written
//! and by whom (pod, container, worker), so that interleaved writers can be told apart.

/// How serious the writer said a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Progress and detail.
    Info,
    /// Something the writer survived.
    Warning,
    /// Something the writer could not do.
    Error,
}

/// A line without its prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peeled<'a> {
    /// The text, its indentation kept.
    pub body: &'a str,
    /// The time stamp as it was written, if one stood before the text.
    pub stamp: Option<&'a str>,
    /// Who wrote the line: pod and container, or the worker of a server.
    pub writer: Option<&'a str>,
    /// Had the text a time stamp of its own behind that of the kubelet?
    pub is_stamped_twice: bool,
    /// The level that the text begins with.
    pub level: Option<Level>,
}

/// Prefixes are nested at most this deep (a quoted, stamped, prefixed line).
const DEPTH: usize = 5;

/// Peels one line.
pub fn peel(line: &str) -> Peeled<'_> {
    let mut peeled = Peeled { body: line, ..Peeled::default() };
    for _ in 0..DEPTH {
        let before = peeled.body.len();
        peel_once(&mut peeled);
        if peeled.body.len() == before {
            break;
        }
    }
    peeled.level = level(peeled.body);
    peeled
}

fn peel_once(peeled: &mut Peeled<'_>) {
    let body = peeled.body;
    match body.as_bytes().first() {
        Some(b'>') => peel_quote(peeled, body),
        Some(b'[') => peel_bracket(peeled, body),
        Some(b'#') => peel_build_step(peeled, body),
        Some(b'(') => peel_actor(peeled, body),
        Some(b'0'..=b'9') => peel_stamp(peeled, body),
        Some(b'A'..=b'Z') => peel_journal(peeled, body),
        Some(b'a'..=b'z') => peel_name(peeled, body),
        _ => {}
    }
}

/// `> text` of a quoted mail or chat.
fn peel_quote<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let rest = &body[1..];
    if !rest.starts_with('>') && !rest.starts_with(" [") {
        peeled.body = rest.strip_prefix(' ').unwrap_or(rest);
    }
}

/// `[pod/NAME/CONTAINER] text` of `kubectl logs --prefix`, `[1,0]<stderr>:text` of mpirun.
fn peel_bracket<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let Some(end) = body.find(']') else { return };
    let (inside, rest) = (&body[1..end], &body[end + 1..]);
    if inside.starts_with("pod/") {
        peeled.writer = Some(inside);
        peeled.body = rest.strip_prefix(' ').unwrap_or(rest);
    } else if let Some(text) = rest.strip_prefix("<stderr>:").or_else(|| rest.strip_prefix("<stdout>:")) {
        peeled.writer = Some(inside);
        peeled.body = text;
    }
}

/// `#12 3.456 text` of BuildKit.
fn peel_build_step<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let digits = leading_digits(&body[1..]);
    let Some(rest) = body[1 + digits..].strip_prefix(' ') else { return };
    let seconds = leading_digits(rest);
    if digits == 0 || seconds == 0 || !rest[seconds..].starts_with('.') {
        return;
    }
    let end = seconds + 1 + leading_digits(&rest[seconds + 1..]);
    if let Some(text) = rest[end..].strip_prefix(' ') {
        peeled.body = text;
    }
}

/// `(ServeReplica:app pid=12) text` of Ray, `(EngineCore_DP0 pid=12) text` of vLLM.
fn peel_actor<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let Some(end) = body.find(") ") else { return };
    if body[..end].contains("pid=") {
        peeled.writer = Some(&body[1..end]);
        peeled.body = &body[end + 2..];
    }
}

/// A time stamp, and what a container runtime writes behind it (`stdout F`).
fn peel_stamp<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let Some(length) = stamp_length(body) else { return peel_build_time(peeled, body) };
    let (stamp, rest) = body.split_at(length);
    // A stamp that is followed by a logger's own text stays: only what stands alone before the text is a prefix.
    let Some(text) = rest.strip_prefix(' ') else { return };
    if stamp.contains('T') && (stamp.ends_with('Z') || stamp.contains('+')) {
        peeled.is_stamped_twice = peeled.stamp.is_some();
        peeled.stamp = peeled.stamp.or(Some(stamp));
        peeled.body = without_stream(text);
        peel_unit(peeled, peeled.body);
    } else if let Some(worker) = torchserve_worker(text) {
        peeled.stamp = peeled.stamp.or(Some(stamp));
        peeled.writer = Some(worker.0);
        peeled.body = worker.1;
    } else {
        peeled.stamp = peeled.stamp.or(Some(stamp));
        peel_unit(peeled, text);
    }
}

/// `host unit[123]: text` of the system journal and `app[web.1]: text` of Heroku, behind a time stamp.
fn peel_unit<'a>(peeled: &mut Peeled<'a>, text: &'a str) {
    const LONGEST: usize = 120;
    let Some(end) = text.bytes().take(LONGEST).zip(1..).find(|(byte, _)| *byte == b']').map(|(_, end)| end) else {
        return;
    };
    let Some(rest) = text[end..].strip_prefix(": ") else { return };
    let head = &text[..end - 1];
    let unit = head.rfind(' ').map_or(0, |at| at + 1);
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@:".contains(&b))
    };
    let Some((name, process)) = head[unit..].split_once('[') else { return };
    if is_name(name) && is_name(process) && (unit == 0 || is_name(&head[..unit - 1])) {
        peeled.writer = Some(&text[unit..end]);
        peeled.body = rest;
    }
}

/// A line without the stamp of `kubectl logs --timestamps`, which alone is exact to the nanosecond.
pub fn without_kubelet_stamp(line: &[u8]) -> &[u8] {
    const NANOSECONDS: usize = "2026-01-12T09:14:02.000000000".len();
    let Some(stamp) = line.get(..NANOSECONDS) else { return line };
    let is_exact = stamp[20..].iter().all(u8::is_ascii_digit) && stamp[10] == b'T' && stamp[19] == b'.';
    let rest = &line[NANOSECONDS..];
    let zone = if rest.starts_with(b"Z ") { 2 } else { "+00:00 ".len() };
    let has_zone = zone == 2 || rest.first().is_some_and(|sign| b"+-".contains(sign)) && rest.get(6) == Some(&b' ');
    if is_exact && has_zone { &rest[zone..] } else { line }
}

/// `3.456 text` of the excerpt that BuildKit prints under a failed step.
fn peel_build_time<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let whole = leading_digits(body);
    let Some(rest) = body[whole..].strip_prefix('.') else { return };
    let part = leading_digits(rest);
    if whole <= 4
        && (2..=4).contains(&part)
        && let Some(text) = rest[part..].strip_prefix(' ')
    {
        peeled.body = text;
    }
}

/// `stdout F text` and `stderr P text` of the container runtime interface.
fn without_stream(text: &str) -> &str {
    for stream in ["stdout", "stderr"] {
        if let Some(rest) = text.strip_prefix(stream) {
            for mark in [" F ", " P "] {
                if let Some(line) = rest.strip_prefix(mark) {
                    return line;
                }
            }
            if rest == " F" || rest == " P" {
                return "";
            }
        }
    }
    text
}

/// `[INFO ] W-9000-model_1.0-stdout MODEL_LOG - text` of TorchServe: the worker and what its Python wrote.
fn torchserve_worker(text: &str) -> Option<(&str, &str)> {
    let at = text.find("MODEL_LOG - ")?;
    let worker = text[..at].split_whitespace().find(|word| word.starts_with("W-"))?;
    Some((worker, &text[at + "MODEL_LOG - ".len()..]))
}

/// `Jan 12 09:14:02 host unit[123]: text` of the system journal.
fn peel_journal<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    const MONTHS: [&str; 12] =
        ["Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "];
    if body.len() < 18 || !body.is_char_boundary(4) || !MONTHS.contains(&&body[..4]) {
        return;
    }
    let Some(end) = body.find("]: ") else { return };
    let unit = body[..end].rfind(' ').map_or(0, |at| at + 1);
    if body.as_bytes().get(9) == Some(&b':') && body[unit..end].contains('[') {
        peeled.stamp = peeled.stamp.or(body.get(..15));
        peeled.writer = Some(&body[unit..=end]);
        peeled.body = &body[end + 3..];
    }
}

/// `api-1  | text` of docker compose, `NAME-7f9c5d-x2m4q CONTAINER text` of stern.
fn peel_name<'a>(peeled: &mut Peeled<'a>, body: &'a str) {
    let name = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
    let (writer, rest) = body.split_at(name);
    let bar = rest.trim_start_matches(' ');
    if bar.len() < rest.len() && (bar.starts_with("| ") || bar == "|") && ends_with_ordinal(writer) {
        peeled.writer = Some(writer);
        peeled.body = bar[1..].strip_prefix(' ').unwrap_or("");
    } else if is_pod_name(writer) && rest.starts_with(' ') {
        let container = rest[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        if container > 0 && rest[1 + container..].starts_with([' ', '›']) {
            peeled.writer = Some(&body[..name + 1 + container]);
            peeled.body = rest[1 + container..].strip_prefix(' ').unwrap_or("").trim_start_matches("› ");
        }
    }
}

fn ends_with_ordinal(name: &str) -> bool {
    name.rsplit(['-', '_'])
        .next()
        .is_some_and(|last| last.len() < name.len() && last.bytes().all(|b| b.is_ascii_digit()))
}

/// Is this how a ReplicaSet names its pods: `NAME-<hash>-<five characters>`?
fn is_pod_name(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let (Some(suffix), Some(hash)) = (parts.next(), parts.next()) else { return false };
    let random = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    parts.next().is_some() && suffix.len() == 5 && (6..=10).contains(&hash.len()) && random(suffix) && random(hash)
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The length of the time stamp at the start of `text`: `2026-01-12T09:14:02.157Z`, `2026-01-12 09:14:02,157 +0000`.
fn stamp_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let shape =
        |at: usize, digits: usize| bytes.get(at..at + digits).is_some_and(|run| run.iter().all(u8::is_ascii_digit));
    let date = shape(0, 4) && matches!(bytes.get(4), Some(b'-' | b'/')) && shape(5, 2) && shape(8, 2);
    let clock = matches!(bytes.get(10), Some(b'T' | b' ')) && shape(11, 2) && shape(14, 2) && shape(17, 2);
    if !date || !clock {
        return None;
    }
    let mut end = 19;
    if matches!(bytes.get(end), Some(b'.' | b',')) {
        end += 1 + leading_digits(text.get(end + 1..)?);
    }
    match bytes.get(end) {
        Some(b'Z') => end += 1,
        Some(b'+' | b'-') if shape(end + 1, 2) => {
            end += 3;
            end += usize::from(bytes.get(end) == Some(&b':'));
            end += 2 * usize::from(shape(end, 2));
        }
        _ => {}
    }
    Some(end)
}

/// The level a text begins with: a word (`ERROR`, `[warning]`, `level=info`) or a letter (`E0112 …`, `09:14:02 W [31]`).
pub fn level(body: &str) -> Option<Level> {
    if let Some(level) = letter_level(body).or_else(|| spoken_level(body)) {
        return Some(level);
    }
    let head: &str = body.get(..body.len().min(HEAD)).unwrap_or_else(|| {
        let end = (0..=HEAD).rev().find(|&at| body.is_char_boundary(at)).unwrap_or(0);
        &body[..end]
    });
    let words = head.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).take(14);
    let levelled =
        head.starts_with(|c: char| c.is_ascii_digit() || c == '[') || head.contains("level") || head.starts_with('{');
    for (place, word) in words.enumerate() {
        let spoken =
            word.bytes().all(|b| b.is_ascii_uppercase()) || (levelled && !word.bytes().any(|b| b.is_ascii_uppercase()));
        if let Some(level) = word_level(word).filter(|_| spoken && (place == 0 || levelled)) {
            return Some(level);
        }
    }
    None
}

/// A level stands within this many bytes, or not at all.
const HEAD: usize = 96;

fn word_level(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "trace" | "debug" | "info" | "notice" => Some(Level::Info),
        "warn" | "warning" => Some(Level::Warning),
        "error" | "err" | "critical" | "crit" | "fatal" | "severe" | "alert" | "emerg" | "panic" => Some(Level::Error),
        _ => None,
    }
}

/// `E0112 09:14:02.123456` of klog and glog, `2026-01-12 09:14:02,157 E [31]` and `….100001: W tensorflow/…`.
fn letter_level(body: &str) -> Option<Level> {
    let letter = |byte: u8| match byte {
        b'I' | b'D' | b'V' => Some(Level::Info),
        b'W' => Some(Level::Warning),
        b'E' | b'F' | b'C' => Some(Level::Error),
        _ => None,
    };
    let bytes = body.as_bytes();
    if bytes.len() > 6 && bytes[1..5].iter().all(u8::is_ascii_digit) && matches!(bytes[5], b' ' | b'\t') {
        return letter(bytes[0]);
    }
    let end = stamp_length(body)?;
    let rest = body[end..].trim_start_matches(':').strip_prefix(' ')?;
    let mut bytes = rest.bytes();
    let level = letter(bytes.next()?)?;
    (bytes.next() == Some(b' ')).then_some(level)
}

/// `error: …` of clap, `fatal: …` of git, `serve.py: error: …` of argparse.
fn spoken_level(body: &str) -> Option<Level> {
    let is_small = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase());
    let (first, rest) = body.split_once(": ")?;
    let of_program = || rest.split_once(": ").map(|(word, _)| word).filter(|_| !first.contains(char::is_whitespace));
    Some(first).into_iter().chain(of_program()).filter(is_small).find_map(word_level)
}

/// Does a line begin as a logger writes it (a stamp or a level), so that it cannot continue the record before it?
pub fn begins_record(body: &str) -> bool {
    stamp_length(body).is_some()
        || is_event_row(body)
        || is_process(body)
        || letter_level(body).is_some()
        || body.starts_with("Traceback (most recent call last)")
        || body.split(|c: char| !c.is_ascii_uppercase()).next().is_some_and(|word| word_level(word).is_some())
        || (body.starts_with('[') && level(body).is_some())
}

/// `Process SpawnProcess-2:` of Python's multiprocessing, before the traceback of a process.
fn is_process(body: &str) -> bool {
    body.strip_prefix("Process ").and_then(|rest| rest.strip_suffix(':')).is_some_and(|name| !name.contains(' '))
}

/// A row of the events in `kubectl describe` or `kubectl get events`: `  Warning  BackOff  4s  kubelet  …`.
pub fn is_event_row(body: &str) -> bool {
    let mut words = body.split_whitespace();
    let first = words.next().unwrap_or_default();
    let (kind, reason) = if matches!(first, "Warning" | "Normal") {
        (first, words.next())
    } else {
        (words.next().unwrap_or_default(), words.next())
    };
    matches!(kind, "Warning" | "Normal")
        && reason.is_some_and(|reason| {
            reason.starts_with(|c: char| c.is_ascii_uppercase()) && reason.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::peel;

    #[test]
    fn collectors_say_who_wrote() {
        for (line, writer) in [
            ("2024-05-12T10:00:00.123456+00:00 app[web.1]: KeyError: 1", "app[web.1]"),
            ("2024-05-12T10:00:00.123456+00:00 aks-np-1 kubelet[1298]: KeyError: 1", "kubelet[1298]"),
            ("2024-05-12 10:00:00 ip-10-0-0-1 containerd[9]: KeyError: 1", "containerd[9]"),
            ("May 12 10:00:00 aks-np-1 kubelet[1298]: KeyError: 1", "kubelet[1298]"),
            ("[pod/churn-0/server] KeyError: 1", "pod/churn-0/server"),
        ] {
            let peeled = peel(line);
            assert_eq!((peeled.body, peeled.writer), ("KeyError: 1", Some(writer)), "{line}");
        }
    }

    #[test]
    fn what_a_logger_says_itself_stays() {
        for line in ["2024-05-12 10:00:00 wrong shape of x[0]: 3", "app[web.1]: x", "2024-05-12 10:00:00 [12]: x"] {
            assert_eq!(peel(line).body, line);
        }
    }
}
