//! How a page is moved, filtered and switched.

/// How the pages are moved and filtered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first line that is shown of a text.
    pub scroll: usize,
    /// Which diagnosis of the workload.
    pub diagnosis: usize,
    /// What rows must hold.
    pub filter: String,
    /// Is the filter being written?
    pub is_writing: bool,
    /// Does a log show its end, whatever comes?
    pub follows_end: bool,
    /// What was drawn last.
    pub drawn: Drawn,
}

/// What the screen could show of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The height of the text.
    pub height: usize,
    /// The line from which on all the rest can be seen.
    pub last: usize,
}

impl Drawn {
    /// A text of so many lines on a page of so many.
    pub fn of(lines: usize, height: usize) -> Self {
        Drawn { height, last: lines.saturating_sub(height) }
    }

    /// A text that is not there yet: the place that is meant is kept for when it comes.
    pub fn awaited(height: usize) -> Self {
        Drawn { height, last: usize::MAX }
    }
}

impl Place {
    /// Moves the text by so many lines, no further than its end.
    pub fn scroll_by(&mut self, lines: isize) {
        let from = if self.follows_end { self.drawn.last } else { self.scroll.min(self.drawn.last) };
        self.scroll = from.saturating_add_signed(lines).min(self.drawn.last);
        self.follows_end &= lines > 0;
    }

    /// The lines of a page, one of which stays in sight.
    pub fn page(&self) -> isize {
        isize::try_from(self.drawn.height.saturating_sub(1).max(1)).unwrap_or(1)
    }
}

/// What is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches(u8);

impl Switches {
    /// The help is shown.
    pub const HELP: u8 = 1;
    /// The screen is held.
    pub const HELD: u8 = 2;
    /// Only what is not well is shown.
    pub const FAILING: u8 = 4;
    /// Frames of libraries are shown.
    pub const UNFOLDED: u8 = 8;
    /// Long lines of a log are shown whole.
    pub const WRAPPED: u8 = 16;

    /// Is it on?
    pub fn has(self, switch: u8) -> bool {
        self.0 & switch != 0
    }

    /// On, or off again.
    pub fn flip(&mut self, switch: u8) {
        self.0 ^= switch;
    }
}

#[cfg(test)]
mod tests {
    use super::{Drawn, Place};

    #[test]
    fn a_text_moves_no_further_than_its_end_and_back_at_once() {
        let mut place = Place { drawn: Drawn::of(30, 10), ..Place::default() };
        place.scroll_by(isize::MAX / 2);
        place.scroll_by(-1);
        assert_eq!(place.scroll, 19);
    }

    #[test]
    fn a_log_that_shows_its_end_moves_up_from_there() {
        let mut place = Place { drawn: Drawn::of(30, 10), follows_end: true, ..Place::default() };
        place.scroll_by(-1);
        assert_eq!((place.scroll, place.follows_end), (19, false));
    }
}
