//! Squeezes the time in which something was recorded into the seconds in which it is played.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The longest pause that is played between two moments, however long it was.
const PAUSE: f64 = 0.45;
/// Seconds played for each step in which a pause grows by the factor e.
const STEP: f64 = 0.12;
/// The longest that one scenario plays.
const LONGEST: f64 = 7.0;
/// From the start to the first moment.
const LEAD: f64 = 0.2;

/// When each recorded moment is played.
#[derive(Clone, Debug)]
pub struct Tempo {
    /// Played and recorded time, both rising.
    moments: Vec<(Duration, Timestamp)>,
}

impl Tempo {
    /// Squeezes the recorded moments; `begin` is when the first is played.
    pub fn new(mut recorded: Vec<Timestamp>, begin: Duration) -> Tempo {
        recorded.sort();
        recorded.dedup();
        let pauses: Vec<f64> = recorded.windows(2).map(|pair| pause(pair[1].duration_since(pair[0]))).collect();
        let scale = (LONGEST / pauses.iter().sum::<f64>().max(f64::EPSILON)).min(1.0);
        let mut played = LEAD;
        let mut moments = Vec::with_capacity(recorded.len());
        for (index, stamp) in recorded.into_iter().enumerate() {
            played += index.checked_sub(1).map_or(0.0, |before| pauses[before] * scale);
            moments.push((begin + Duration::from_secs_f64(played), stamp));
        }
        Tempo { moments }
    }

    /// How far the record was played at a time: the last moment that has come, or nothing before the first.
    pub fn recorded(&self, played: Duration) -> Option<Timestamp> {
        let come = self.moments.partition_point(|(moment, _)| *moment <= played);
        come.checked_sub(1).map(|last| self.moments[last].1)
    }

    /// The next moment after a time.
    pub fn next(&self, played: Duration) -> Option<Duration> {
        let come = self.moments.partition_point(|(moment, _)| *moment <= played);
        self.moments.get(come).map(|(moment, _)| *moment)
    }

    /// When the last moment is played.
    pub fn end(&self) -> Duration {
        self.moments.last().map_or(Duration::ZERO, |(moment, _)| *moment)
    }
}

fn pause(recorded: SignedDuration) -> f64 {
    (recorded.as_secs_f64().max(0.0).ln_1p() * STEP).min(PAUSE)
}

#[cfg(test)]
mod tests {
    use super::Tempo;
    use jiff::Timestamp;
    use std::time::Duration;

    fn stamps(seconds: &[i64]) -> Vec<Timestamp> {
        seconds.iter().map(|second| Timestamp::from_second(*second).unwrap()).collect()
    }

    #[test]
    fn an_hour_is_played_in_a_blink_and_the_order_stays() {
        let tempo = Tempo::new(stamps(&[3600, 0, 10]), Duration::from_secs(1));
        assert_eq!(tempo.recorded(Duration::from_secs(1)), None);
        assert_eq!(tempo.recorded(Duration::from_millis(1250)), stamps(&[0]).pop());
        assert_eq!(tempo.recorded(tempo.end()), stamps(&[3600]).pop());
        assert!(tempo.end() < Duration::from_secs(2), "{:?}", tempo.end());
    }

    #[test]
    fn many_moments_are_played_in_at_most_some_seconds() {
        let many: Vec<i64> = (0..500).map(|index| index * 60).collect();
        assert!(Tempo::new(stamps(&many), Duration::ZERO).end() < Duration::from_millis(7300));
    }

    #[test]
    fn moments_follow_each_other() {
        let tempo = Tempo::new(stamps(&[0, 10, 20]), Duration::ZERO);
        let first = tempo.next(Duration::ZERO).unwrap();
        let second = tempo.next(first).unwrap();
        assert!(second > first && tempo.next(tempo.end()).is_none());
    }
}
