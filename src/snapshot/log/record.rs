//! A record: what a program wrote at once, a whole traceback or a single line, with where it stands in the log.

use crate::snapshot::log::peel::Level;
use crate::snapshot::log::sieve::PatternId;
use crate::snapshot::log::traceback::{self, Raised};
use crate::snapshot::text::SafeText;

/// Where a record stands in its log, in lines counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first line.
    pub line: u64,
    /// The last line.
    pub end: u64,
    /// The last line of its last repetition.
    pub seen: u64,
    /// How often it was written.
    pub count: u32,
}

/// What a program wrote at once.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it stands.
    pub place: Place,
    /// Its time stamp as written.
    pub stamp: Option<SafeText>,
    /// The worker, container or pod that wrote it, where the line names one.
    pub writer: Option<SafeText>,
    /// How serious its writer said it is.
    pub level: Option<Level>,
    /// Its lines, without their prefixes.
    pub text: SafeText,
    /// The few lines that follow it, for messages that go on without indentation.
    pub context: SafeText,
    /// The exceptions it prints, in the order of the text.
    pub raised: Vec<Raised>,
    /// Was it printed as a stack of frames, and not quoted as a single line?
    pub is_traceback: bool,
    /// How often it was written about a request that failed.
    pub failed_requests: u32,
    /// The patterns whose literal stands in it.
    pub candidates: Vec<PatternId>,
}

impl Record {
    /// The exception that decides, if it prints any.
    pub fn root(&self) -> Option<&Raised> {
        let order = traceback::deciding_order(&self.raised);
        order.first().map(|&index| &self.raised[index])
    }

    /// Two records with this in common are one, written twice: digits and addresses do not count, unless a pattern asks
    /// for them.
    pub fn signature(&self) -> u64 {
        let words = self.text.bytes().filter(|b| !b.is_ascii_digit());
        let patterns = self.candidates.iter().flat_map(|pattern| pattern.to_le_bytes());
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3_u64);
        words.chain(patterns).fold(0xcbf2_9ce4_8422_2325, mix)
    }

    /// Does its program try no more, and go on without it? TensorFlow Serving has other versions; TorchServe (0.1 to 0.12,
    /// `ModelServer.java`) logs what it met with one of its initial models, and starts.
    pub fn gives_up(&self) -> bool {
        const WORDS: [&str; 2] = ["exceeded max_num_retries", "org.pytorch.serve.ModelServer.initModelStore("];
        WORDS.iter().any(|words| self.text.contains(words))
    }

    /// Does it look like an error to somebody who does not know the program?
    pub fn is_alarming(&self) -> bool {
        self.level == Some(Level::Error) || !self.raised.is_empty()
    }
}
