//! Follows the log of a container: takes the stamps off, goes on where it was cut, and tells faults of the kubelet from
//! what the container wrote.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::AsyncReadExt;
use http::Request;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use jiff::Timestamp;
use kube::Client;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::cluster::news::News;
use crate::snapshot::log::reader::{LINE_LIMIT, LogReader};
use crate::snapshot::log::sieve::Sieve;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, LogKey, Unreadable};

/// Lines that are asked for at first.
const FIRST_LINES: u32 = 5000;
/// Lines that are kept for the screen.
const KEPT_LINES: usize = 3000;
/// A log that flows is handed on at most so often.
const HAND_ON: Duration = Duration::from_millis(200);
/// The log of a container that has ended is asked for again at most so often: an instance that follows has its own.
const ENDED: Duration = Duration::from_secs(300);
/// A container that says nothing for so long has not written anything yet.
const SILENCE: Duration = Duration::from_secs(2);
/// Seconds before a cut in which lines are held against what comes after it.
const OVERLAP: i64 = 2;
/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Sentences of the kubelet that come with status 200 where the log should be.
const KUBELET_FAULTS: [&str; 5] = [
    "unable to retrieve container logs for ",
    "failed to create fsnotify watcher",
    "failed to watch file",
    "failed to try resolving symlinks in path",
    "Internal error: unable to read logs",
];

/// What every log follower shares.
#[derive(Clone)]
pub struct LogFollower {
    /// The way to the server.
    pub client: Client,
    /// The search that decides what is kept.
    pub sieve: Arc<Sieve>,
    /// Where news goes.
    pub news: mpsc::Sender<News>,
    /// Logs that may be opened at the same time.
    pub opening: Arc<Semaphore>,
}

/// A log that is being read.
struct Reading {
    key: LogKey,
    reader: LogReader,
    line: Vec<u8>,
    skipped: u64,
    /// The last stamps, with what they stood before.
    recent: VecDeque<(Timestamp, u64)>,
    resumed: bool,
    fault: Option<String>,
}

impl LogFollower {
    /// Reads a log to its end, and again for as long as the task lives: where `follow` over one stream while it lasts,
    /// else now and then.
    pub async fn read(self, key: LogKey, follow: bool) {
        let reader = LogReader::new(self.sieve.clone(), KEPT_LINES);
        let mut reading = Reading {
            key: key.clone(),
            reader,
            line: Vec::new(),
            skipped: 0,
            recent: VecDeque::new(),
            resumed: false,
            fault: None,
        };
        let mut pause = Duration::from_secs(1);
        loop {
            let before = reading.reader.log().lines;
            let read = self.read_once(&mut reading, follow).await;
            self.hand_on(&mut reading).await;
            if let Err(why) = &read {
                self.tell_fault(&key, why).await;
            }
            if key.previous {
                break;
            }
            self.tell(News::LogEnded(key.clone())).await;
            pause = if reading.reader.log().lines > before { Duration::from_secs(1) } else { (pause * 2).min(ENDED) };
            sleep(pause).await;
            reading.resumed = true;
        }
        self.tell(News::LogEnded(key)).await;
    }

    async fn read_once(&self, reading: &mut Reading, follow: bool) -> Result<(), String> {
        let permit = self.opening.acquire().await;
        let stream = self.client.request_stream(request(reading, follow)?).await;
        // A log that is not followed ends soon.
        let _permit = permit.ok().filter(|_| !follow);
        let mut stream = Box::pin(stream.map_err(|error| said(&error))?);
        let mut chunk = vec![0; CHUNK];
        let mut handed_on = Instant::now();
        let mut patience = Some(SILENCE);
        loop {
            let next = match patience {
                Some(limit) => timeout(limit, stream.read(&mut chunk)).await,
                None => Ok(stream.read(&mut chunk).await),
            };
            let Ok(read) = next else {
                self.hand_on(reading).await;
                (patience, handed_on) = (None, Instant::now());
                continue;
            };
            match read {
                Ok(0) => return reading.fault.take().map_or(Ok(()), Err),
                Ok(length) => reading.push(&chunk[..length]),
                Err(error) => return Err(error.to_string()),
            }
            patience = Some(HAND_ON);
            if handed_on.elapsed() > HAND_ON {
                self.hand_on(reading).await;
                (patience, handed_on) = (None, Instant::now());
            }
        }
    }

    async fn hand_on(&self, reading: &mut Reading) {
        let log = Arc::new(reading.reader.so_far());
        self.tell(News::Changes(vec![Change::Log(reading.key.clone(), log)])).await;
    }

    async fn tell_fault(&self, key: &LogKey, why: &str) {
        let what = SafeText::new(&format!("logs of {}/{}", key.pod, key.container));
        let kind = if why.contains("forbidden") { "forbidden" } else { "unavailable" };
        let unreadable = Unreadable { what, why: SafeText::new(kind), message: SafeText::new(why) };
        if !is_expected(why) {
            self.tell(News::Changes(vec![Change::Unreadable(unreadable)])).await;
        }
    }

    async fn tell(&self, news: News) {
        // Nobody listens any more when the program ends: then there is nothing left to tell.
        let _ended = self.news.send(news).await;
    }
}

fn request(reading: &Reading, follow: bool) -> Result<Request<Vec<u8>>, String> {
    let key = &reading.key;
    let mut path = format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&timestamps=true",
        key.namespace, key.pod, key.container
    );
    if key.previous {
        path.push_str("&previous=true");
    } else if follow {
        path.push_str("&follow=true");
    }
    match reading.recent.back().filter(|_| reading.resumed) {
        Some((stamp, _)) => path.push_str(&format!("&sinceTime={}", floor(*stamp))),
        None => path.push_str(&format!("&tailLines={FIRST_LINES}")),
    }
    let request = Request::get(path).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    request.body(Vec::new()).map_err(|error| error.to_string())
}

/// The kubelet sees a time to the second only.
fn floor(stamp: Timestamp) -> Timestamp {
    Timestamp::from_second(stamp.as_second()).unwrap_or(stamp)
}

fn said(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if status.code == 403 => format!("forbidden: {}", status.message),
        kube::Error::Api(status) => status.message.clone(),
        error => error.to_string(),
    }
}

/// What the server says of a container that has not run yet, or ran only once: no fault.
fn is_expected(why: &str) -> bool {
    why.contains("is waiting to start")
        || why.contains("previous terminated container")
        || why.contains("does not have a host assigned")
}

impl Reading {
    /// Takes bytes; a line counts when its end came.
    fn push(&mut self, mut bytes: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.keep(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_LIMIT.saturating_sub(self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.skipped += (bytes.len() - room) as u64;
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let skipped = std::mem::take(&mut self.skipped);
        let (stamp, text) = stamped(&line);
        let fault = || KUBELET_FAULTS.iter().any(|fault| line.starts_with(fault.as_bytes()));
        if stamp.is_none() && fault() {
            self.fault = Some(String::from_utf8_lossy(&line).into_owned());
        } else if stamp.is_none_or(|stamp| self.is_new(stamp, text)) {
            self.reader.push(text);
            if skipped > 0 {
                self.reader.push(format!(" … +{skipped} bytes").as_bytes());
            }
            self.reader.push(b"\n");
        }
        self.line = line;
        self.line.clear();
    }

    /// Was the line not read before the cut? Lines of the last seconds are known by their stamp and text.
    fn is_new(&mut self, stamp: Timestamp, text: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let mark = (stamp, hasher.finish());
        if self.resumed && self.recent.contains(&mark) {
            return false;
        }
        let old = |first: &(Timestamp, u64)| first.0.as_second() + OVERLAP < stamp.as_second();
        while self.recent.front().is_some_and(old) {
            self.recent.pop_front();
        }
        self.recent.push_back(mark);
        true
    }
}

/// The stamp that `timestamps=true` puts before a line, and the rest.
fn stamped(line: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let Some(end) = memchr::memchr(b' ', &line[..line.len().min(40)]) else {
        let stamp = std::str::from_utf8(line).ok().and_then(|text| text.parse().ok());
        return if stamp.is_some() { (stamp, &[]) } else { (None, line) };
    };
    match std::str::from_utf8(&line[..end]).ok().and_then(|text| text.parse::<Timestamp>().ok()) {
        Some(stamp) => (Some(stamp), &line[end + 1..]),
        None => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::{Reading, stamped};
    use crate::snapshot::LogKey;
    use crate::snapshot::log::reader::LogReader;
    use crate::snapshot::log::sieve::Sieve;
    use crate::snapshot::text::SafeText;
    use std::collections::VecDeque;
    use std::sync::Arc;

    fn reading() -> Reading {
        let name = SafeText::new("x");
        let key = LogKey { namespace: name.clone(), pod: name.clone(), container: name, previous: false };
        let reader = LogReader::new(Arc::new(Sieve::new(&[], [])), 100);
        Reading { key, reader, line: Vec::new(), skipped: 0, recent: VecDeque::new(), resumed: false, fault: None }
    }

    #[test]
    fn a_stamp_is_taken_off_and_what_has_none_stays() {
        assert_eq!(stamped(b"2026-01-12T09:14:02.157Z   File \"x\"").1, b"  File \"x\"");
        assert_eq!(stamped(b"2026-01-12T09:14:02.157Z").1, b"");
        assert_eq!(stamped(b"no stamp here").1, b"no stamp here");
    }

    #[test]
    fn lines_that_come_again_after_a_cut_count_once() {
        let mut reading = reading();
        reading.push(b"2026-01-12T09:14:02.100Z one\n2026-01-12T09:14:02.200Z two\n2026-01-12T09:14:02.300Z thr");
        reading.line.clear();
        reading.resumed = true;
        reading.push(b"2026-01-12T09:14:02.100Z one\n2026-01-12T09:14:02.200Z two\n2026-01-12T09:14:02.300Z three\n");
        let lines: Vec<String> = reading.reader.log().tail.iter().map(|line| line.text.to_string()).collect();
        assert_eq!(lines, ["one", "two", "three"]);
    }

    #[test]
    fn a_sentence_of_the_kubelet_is_no_line_of_the_container() {
        let mut reading = reading();
        reading.push(b"unable to retrieve container logs for containerd://0123\n");
        assert_eq!(reading.reader.log().lines, 0);
        assert!(reading.fault.is_some());
    }
}
