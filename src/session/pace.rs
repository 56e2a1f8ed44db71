//! How often what is known is judged: soon after a change, and all of it as time passes, but never so often that a large
//! namespace keeps a core busy.

use std::time::{Duration, Instant};

/// What changed is judged at most so often.
const BEAT: Duration = Duration::from_millis(100);
/// What depends on the time alone is judged so often.
const CLOCK: Duration = Duration::from_secs(10);
/// Judging takes at most one part in so many of the time: until everything was read once, for somebody who watches and
/// for somebody who waits for the end; while things change; and while only time passes.
const FIRST_SHARE: u32 = 10;
const UNWATCHED_SHARE: u32 = 40;
const SHARE: u32 = 8;
const IDLE_SHARE: u32 = 1000;

/// When was judged, and how long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When something was judged last.
    last: Instant,
    /// When everything was.
    whole: Instant,
    /// How long it takes to judge what was touched, and everything.
    costs: (Duration, Duration),
    share: u32,
    hurries: bool,
    has_hurried: bool,
}

impl Pace {
    /// Nothing was judged yet. Does somebody watch how things are read, or only wait until they are?
    pub fn begin(is_watched: bool) -> Self {
        let now = Instant::now();
        let share = if is_watched { FIRST_SHARE } else { UNWATCHED_SHARE };
        Pace {
            last: now,
            whole: now,
            costs: (Duration::ZERO, Duration::ZERO),
            share,
            hurries: false,
            has_hurried: false,
        }
    }

    /// When to judge next, where something changed or nothing did, and where everything is to be judged anew.
    pub fn next(&self, changed: bool, everything: bool) -> Instant {
        let cost = if everything { self.costs.1 } else { self.costs.0 };
        match changed {
            true if self.hurries => self.last,
            true => self.last + BEAT.max(cost * self.share),
            false => self.due(),
        }
    }

    /// Is it time to judge everything, since time alone changes what is true?
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.due()
    }

    fn due(&self) -> Instant {
        self.whole + CLOCK.max(self.costs.1 * IDLE_SHARE)
    }

    /// Something was read that somebody waits for: of all that is there, or only of what was listed so far.
    pub fn hurry(&mut self, is_all: bool) {
        self.hurries |= is_all || !self.has_hurried;
        self.has_hurried = true;
        if is_all {
            self.share = SHARE;
        }
    }

    /// Notes what was judged now.
    pub fn note(&mut self, begun: Instant, everything: bool) {
        self.hurries = false;
        self.last = Instant::now();
        if everything {
            (self.whole, self.costs.1) = (self.last, begun.elapsed());
        } else {
            self.costs.0 = begun.elapsed();
        }
    }
}
