//! How often what is known is judged: soon after a change, and all of it as time passes, but never so often that a large
//! namespace keeps a core busy.

use std::time::{Duration, Instant};

/// What changed is judged at most so often.
const BEAT: Duration = Duration::from_millis(100);
/// What depends on the time alone is judged so often.
const CLOCK: Duration = Duration::from_secs(10);
/// Judging takes at most one part in so many of the time until everything was read once, while things change, and while
/// only time passes.
const FIRST_SHARE: u32 = 1;
const SHARE: u32 = 8;
const IDLE_SHARE: u32 = 250;

/// When was judged, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    last: Judged,
    /// The last time that everything was judged.
    whole: Judged,
    share: u32,
}

#[derive(Clone, Copy, Debug)]
struct Judged {
    ended: Instant,
    took: Duration,
}

impl Pace {
    /// Nothing was judged yet.
    pub fn begin() -> Self {
        let never = Judged { ended: Instant::now(), took: Duration::ZERO };
        Pace { last: never, whole: never, share: FIRST_SHARE }
    }

    /// When to judge next, where something changed or nothing did, and where everything is to be judged anew.
    pub fn next(&self, changed: bool, everything: bool) -> Instant {
        let cost = if everything { self.whole.took } else { self.last.took };
        if changed { self.last.ended + BEAT.max(cost * self.share) } else { self.due() }
    }

    /// Is it time to judge everything, since time alone changes what is true?
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.due()
    }

    fn due(&self) -> Instant {
        self.whole.ended + CLOCK.max(self.whole.took * IDLE_SHARE)
    }

    /// Notes what was judged now; `is_settled` where everything was read.
    pub fn note(&mut self, begun: Instant, everything: bool, is_settled: bool) {
        if is_settled {
            self.share = SHARE;
        }
        self.last = Judged { ended: Instant::now(), took: begun.elapsed() };
        if everything {
            self.whole = self.last;
        }
    }
}
