//! The logs of a pod's containers: which run wrote which lines, and when.

use jiff::{SignedDuration, Timestamp};

use crate::demo::play::container::{ContainerLife, Run};
use crate::demo::play::pod::PodLife;
use crate::demo::scenario::Recorded;
use crate::demo::stamp;

/// Lines without stamps are played over so many seconds at most.
const SPREAD: f64 = 5.0;
/// How far outside of its run the stamp of a line may be, in seconds, and still be its time.
const SLACK: i64 = 60;

/// The log of a container.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its pod.
    pub pod: String,
    /// Its name.
    pub container: String,
    /// What each run wrote.
    pub runs: Vec<Written>,
}

/// What a run wrote.
#[derive(Clone, Debug)]
pub struct Written {
    start: Timestamp,
    end: Option<Timestamp>,
    lines: Vec<Line>,
}

/// A line, with the time at which it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Rises from line to line.
    pub at: Timestamp,
    /// Without the newline.
    pub text: String,
}

impl Log {
    /// How many runs have started by a moment.
    pub fn started(&self, now: Timestamp) -> usize {
        self.runs.partition_point(|run| run.start <= now)
    }

    /// When lines were written.
    pub fn moments(&self) -> impl Iterator<Item = Timestamp> {
        self.runs.iter().flat_map(|run| run.lines.iter().map(|line| line.at))
    }
}

impl Written {
    /// The lines that are written by a moment.
    pub fn lines(&self, now: Timestamp) -> &[Line] {
        let over = self.is_over(now);
        &self.lines[..self.lines.partition_point(|line| over || line.at <= now)]
    }

    /// Has the run ended by a moment?
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}

/// The logs of a pod's containers.
pub fn of_pod(pod: &PodLife, recorded: &[Recorded], taken_at: Timestamp) -> Vec<Log> {
    let of_container = |container: &ContainerLife| {
        let text = |previous: bool| {
            let is_of =
                |log: &&Recorded| log.pod == pod.name() && log.container == container.name && log.previous == previous;
            recorded.iter().find(is_of).map(|log| log.text.as_str())
        };
        let runs = container.runs.iter().map(|run| written(run, text_of(container, run, &text).as_deref(), taken_at));
        Log { pod: pod.name().to_owned(), container: container.name.clone(), runs: runs.collect() }
    };
    pod.containers().map(of_container).collect()
}

/// What a run wrote. While a container waits, the kubelet gives the log of its last run under both names.
fn text_of<'a>(container: &ContainerLife, run: &Run, text: &dyn Fn(bool) -> Option<&'a str>) -> Option<String> {
    let (current, previous) = (text(false), text(true));
    let of_last = if container.is_waiting() { current.or(previous) } else { current };
    let is_waiting = container.is_waiting();
    let recorded = match container.runs.iter().rev().position(|other| other == run)? {
        0 => return of_last.map(str::to_owned),
        1 if !is_waiting => return previous.map(str::to_owned),
        _ if is_waiting => of_last?,
        _ => previous?,
    };
    // It was not recorded: it wrote what a later run wrote, at its own time.
    let like = container.runs.iter().rev().nth(usize::from(!is_waiting))?;
    let by = SignedDuration::from_secs(run.start.as_second() - like.start.as_second());
    Some(recorded.split_inclusive('\n').map(|line| stamp::shift_line(line, by)).collect())
}

fn written(run: &Run, text: Option<&str>, taken_at: Timestamp) -> Written {
    let lines: Vec<&str> = text.unwrap_or_default().lines().collect();
    let stamped: Option<Vec<(Timestamp, &str)>> = lines.iter().map(|line| stamp::of_kubelet(line)).collect();
    // What a container that runs wrote last came before the end, so that the end shows it.
    let last = run.end().or_else(|| taken_at.checked_sub(SignedDuration::from_secs(1)).ok());
    let last = last.unwrap_or(taken_at).max(run.start);
    let (times, lines) = if let Some(stamped) = stamped {
        stamped.into_iter().map(|(at, text)| (at.clamp(run.start, last), text)).unzip()
    } else {
        let own = own_times(&lines, run.start, last);
        (own.unwrap_or_else(|| spread(lines.len(), run.start, last)), lines)
    };
    Written { start: run.start, end: run.end(), lines: in_order(times, &lines) }
}

/// Lines whose times rise, so that two of them are never taken for one.
fn in_order(times: Vec<Timestamp>, lines: &[&str]) -> Vec<Line> {
    let mut latest = Timestamp::MIN;
    let mut next = |(at, text): (Timestamp, &&str)| {
        let after = latest.checked_add(SignedDuration::from_micros(1)).unwrap_or(latest);
        latest = at.max(after);
        Line { at: latest, text: (*text).to_owned() }
    };
    times.into_iter().zip(lines).map(&mut next).collect()
}

/// The times that lines tell of themselves; `None` where they tell none of this run.
fn own_times(lines: &[&str], start: Timestamp, end: Timestamp) -> Option<Vec<Timestamp>> {
    let inside = (start.as_second() - SLACK)..=(end.as_second() + SLACK);
    let own = |line: &&str| stamp::of_line(line).map(|(_, at)| at).filter(|at| inside.contains(&at.as_second()));
    if !lines.iter().any(|line| own(line).is_some()) {
        return None;
    }
    let mut latest = start;
    let mut next = |line| {
        latest = own(line).map_or(latest, |at| at.clamp(latest, end.max(latest)));
        latest
    };
    Some(lines.iter().map(&mut next).collect())
}

/// Times for lines that tell none.
fn spread(count: usize, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let span = end.duration_since(start).as_secs_f64().min(SPREAD);
    let after = |index: usize| SignedDuration::from_secs_f64(span * (index + 1) as f64 / (count + 1) as f64);
    (0..count).map(|index| start.checked_add(after(index)).unwrap_or(start)).collect()
}
