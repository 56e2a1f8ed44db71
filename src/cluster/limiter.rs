//! Holds back the watches of a kind that begin and end too fast: a server that ends each watch at once must not be asked
//! without pause. Starts that fail are paced by whoever tries again.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Between two starts of a kind's watch, once the free ones are used up.
const PAUSE: Duration = Duration::from_secs(10);
/// Starts that may come at once.
const BURST: i64 = 4;

/// A bucket of starts that fills with time.
#[derive(Debug)]
pub struct Limiter {
    began: Instant,
    /// Milliseconds after `began` at which the bucket would be full again.
    full_at: AtomicI64,
}

impl Default for Limiter {
    fn default() -> Self {
        Limiter { began: Instant::now(), full_at: AtomicI64::new(0) }
    }
}

impl Limiter {
    /// Waits for a start.
    pub async fn wait(&self, now: Instant) {
        let pause = self.take(now);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// Gives a start back that came to nothing.
    pub fn give_back(&self) {
        self.full_at.fetch_sub(step(), Ordering::Relaxed);
    }

    /// Takes a start and says how long to wait for it.
    fn take(&self, now: Instant) -> Duration {
        let now = i64::try_from(now.duration_since(self.began).as_millis()).unwrap_or(i64::MAX);
        let next = |full_at: i64| full_at.max(now) + step();
        let before = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| Some(next(full_at)));
        let full_at = next(before.unwrap_or_default());
        Duration::from_millis(u64::try_from(full_at - now - BURST * step()).unwrap_or(0))
    }
}

/// The pause in milliseconds.
fn step() -> i64 {
    i64::try_from(PAUSE.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{BURST, Limiter};
    use std::time::{Duration, Instant};

    #[test]
    fn a_burst_is_free_and_then_starts_are_spaced() {
        let limiter = Limiter::default();
        let now = Instant::now();
        let waits: Vec<Duration> = (0..BURST + 3).map(|_| limiter.take(now)).collect();
        assert!(waits[..usize::try_from(BURST).unwrap()].iter().all(Duration::is_zero));
        assert!(waits[waits.len() - 1] > Duration::from_secs(2));
        assert!(limiter.take(now + Duration::from_secs(600)).is_zero());
    }

    #[test]
    fn a_start_that_failed_costs_nothing() {
        let limiter = Limiter::default();
        let now = Instant::now();
        for _ in 0..100 {
            assert!(limiter.take(now).is_zero());
            limiter.give_back();
        }
    }
}
