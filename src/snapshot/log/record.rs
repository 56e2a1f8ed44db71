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
    /// Its lines as rules read them: without their prefixes, and what is quoted in them unquoted.
    pub text: SafeText,
    /// Its lines as they are shown: without their prefixes alone.
    pub written: SafeText,
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

    /// Two records with this in common are one, written twice: digits, addresses and what is made up for each pod and
    /// request do not count, unless a pattern asks for them.
    pub fn signature(&self) -> u64 {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let words = self.written.split_inclusive(|c| !is_word(c)).flat_map(|word| lasting(word).bytes());
        let words = words.filter(|b| !b.is_ascii_digit());
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

/// What of a word stays the same when a program says it again: nothing of an address or of an identity, and of the name of
/// a pod what stands before that which its ReplicaSet made up.
fn lasting(word: &str) -> &str {
    /// Hexadecimal digits from which on they are no word.
    const IDENTITY: usize = 12;
    if word.len() < IDENTITY && !word.starts_with("0x") {
        return word;
    }
    let name = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let digits = name.strip_prefix("0x").unwrap_or(name);
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let is_address = digits.len() < name.len() && is_hex;
    if is_address || is_hex && digits.len() >= IDENTITY && digits.bytes().any(|b| b.is_ascii_digit()) {
        return "";
    }
    let is_made_up = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b"bcdfghjklmnpqrstvwxz".contains(&b));
    let Some((rest, suffix)) = name.rsplit_once('-') else { return word };
    let Some((owner, hash)) = rest.rsplit_once('-').filter(|_| suffix.len() == 5 && is_made_up(suffix)) else {
        return word;
    };
    let is_hash = (6..=10).contains(&hash.len()) && hash.bytes().any(|b| b.is_ascii_digit());
    let is_hash = is_hash && hash.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if is_hash { owner } else { word }
}

#[cfg(test)]
mod tests {
    use super::lasting;

    #[test]
    fn what_is_made_up_does_not_last() {
        assert_eq!(lasting("0x7f3a2bcd>"), "");
        assert_eq!(lasting("6f1c2c1e-abcd-4111-8222-123456789abc\n"), "");
        assert_eq!(lasting("churn-7f9c5d8b64-x2mqw "), "churn");
        assert_eq!(lasting("my-sklearn-model "), "my-sklearn-model ");
        assert_eq!(lasting("resnet50-v1-large"), "resnet50-v1-large");
        assert_eq!(lasting("facade "), "facade ");
    }
}
