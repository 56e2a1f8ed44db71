//! Growing pauses between tries, with chance in them so that many do not try at once.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// The first pause.
const FIRST: Duration = Duration::from_millis(800);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);
/// What held for so long counts as well again.
const WELL: Duration = Duration::from_secs(120);

/// Pauses that double from 0.8 s to 30 s, and start again after two minutes without a failure.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
    last: Option<Instant>,
}

impl Backoff {
    /// The pause after a failure.
    pub fn pause(&mut self, now: Instant) -> Duration {
        if self.last.is_some_and(|last| now.duration_since(last) > WELL) {
            self.failures = 0;
        }
        self.last = Some(now);
        let pause = FIRST.saturating_mul(1 << self.failures.min(8)).min(LONGEST);
        self.failures += 1;
        pause.mul_f64(0.75 + chance() / 2.0)
    }
}

/// A number between 0 and 1, from the seed that the standard library draws for each hasher.
fn chance() -> f64 {
    let drawn = RandomState::new().hash_one(0);
    f64::from(u32::try_from(drawn >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Backoff, LONGEST, WELL};
    use std::time::{Duration, Instant};

    #[test]
    fn pauses_double_up_to_the_longest_and_start_again_after_quiet() {
        let mut backoff = Backoff::default();
        let now = Instant::now();
        let pauses: Vec<Duration> = (0..10).map(|_| backoff.pause(now)).collect();
        assert!(pauses[0] < Duration::from_millis(1100));
        assert!(pauses[9] >= LONGEST.mul_f64(0.75) && pauses[9] <= LONGEST.mul_f64(1.25));
        assert!(backoff.pause(now + WELL + Duration::from_secs(1)) < Duration::from_millis(1100));
    }
}
