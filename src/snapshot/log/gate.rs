//! Finds the first of a thousand words in a block of text, at a rate that no automaton of so many comes near.
//!
//! Only every second place is looked at: of the first five bytes of a word four stand at such a place, wherever the
//! word stands. A table tells of nearly all places that no word is there; at the others the words are compared.

use std::collections::HashMap;

/// Bytes that are looked up together.
pub(super) const QUAD: usize = 4;
/// From one place that is looked at to the next.
const STRIDE: usize = 2;
/// Places that are looked at before the search asks whether there was something at one of them.
const AT_ONCE: usize = 8;
/// Bits of a hash: few enough that the table stays in the cache, so many that few of its bits are set by chance.
const HASH: u32 = 20;
/// Bytes of the table.
const TABLE: usize = 1 << (HASH - 3);

/// Groups of four bytes: a bit for the hash of each. It tells of nearly every other group that it is none of them.
#[derive(Debug)]
pub(super) struct Quads {
    table: Box<[u8; TABLE]>,
}

impl Quads {
    /// None yet.
    #[allow(clippy::large_stack_arrays, reason = "an array of known length spares the search its bounds checks")]
    pub fn new() -> Self {
        Quads { table: Box::new([0; TABLE]) }
    }

    /// Enters a group.
    pub fn insert(&mut self, quad: [u8; QUAD]) {
        let (byte, bit) = place(quad);
        self.table[byte] |= bit;
    }

    /// Was it entered? True of a few that were not, too.
    #[inline]
    pub fn may_hold(&self, quad: [u8; QUAD]) -> bool {
        let (byte, bit) = place(quad);
        self.table[byte] & bit != 0
    }
}

/// Words of five bytes or more that are searched together.
#[derive(Debug)]
pub struct Gates {
    words: Vec<String>,
    /// Knows the four bytes that begin a word, and those that follow its first byte.
    quads: Quads,
    /// By such four bytes: the words, and where in them these stand.
    told: HashMap<[u8; QUAD], Vec<(usize, usize)>>,
}

impl Gates {
    /// Prepares the search; words that are too short for it are left out.
    pub fn new(words: &[String]) -> Self {
        let is_long = |word: &&String| word.len() >= QUAD + STRIDE - 1;
        let words: Vec<String> = words.iter().filter(is_long).cloned().collect();
        let mut quads = Quads::new();
        let mut told: HashMap<[u8; QUAD], Vec<(usize, usize)>> = HashMap::new();
        for (index, word) in words.iter().enumerate() {
            for (offset, quad) in word.as_bytes().windows(QUAD).take(STRIDE).enumerate() {
                let quad = [quad[0], quad[1], quad[2], quad[3]];
                quads.insert(quad);
                told.entry(quad).or_default().push((index, offset));
            }
        }
        Gates { words, quads, told }
    }

    /// A place in the first word in `block` of which no byte but the first stands before `from`.
    pub fn find(&self, block: &[u8], from: usize) -> Option<usize> {
        const LOOKED_AT: usize = STRIDE * AT_ONCE;
        let mut at = from;
        while let Some(bytes) = block.get(at..).and_then(|rest| rest.first_chunk::<{ LOOKED_AT + QUAD }>()) {
            let mut is_told = false;
            for place in (0..LOOKED_AT).step_by(STRIDE) {
                is_told |= self.quads.may_hold([bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]]);
            }
            let found = if is_told { self.first_of(block, at, at + LOOKED_AT) } else { None };
            if found.is_some() {
                return found;
            }
            at += LOOKED_AT;
        }
        self.first_of(block, at, block.len())
    }

    fn first_of(&self, block: &[u8], from: usize, to: usize) -> Option<usize> {
        (from..to).step_by(STRIDE).find(|at| self.is_word(block, *at))
    }

    /// Does a word stand at `at`, or one byte before?
    #[inline(never)]
    fn is_word(&self, block: &[u8], at: usize) -> bool {
        let quad = block.get(at..at + QUAD).and_then(|quad| quad.try_into().ok());
        let Some(words) = quad.filter(|quad| self.quads.may_hold(*quad)).and_then(|quad| self.told.get(&quad)) else {
            return false;
        };
        words.iter().any(|(index, offset)| {
            let text = at.checked_sub(*offset).map(|start| &block[start..]);
            text.is_some_and(|text| text.starts_with(self.words[*index].as_bytes()))
        })
    }
}

/// The bit of the table that stands for four bytes.
fn place(quad: [u8; QUAD]) -> (usize, u8) {
    let hash = u32::from_le_bytes(quad).wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH);
    ((hash >> 3) as usize, 1 << (hash & 7))
}

#[cfg(test)]
mod tests {
    use super::Gates;

    fn gates() -> Gates {
        Gates::new(&["xception", "rror:", "\nE112", "tini"].map(str::to_owned))
    }

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        let gates = gates();
        for before in 0..40 {
            for after in 0..40 {
                let text = format!("{}an exception{}", "-".repeat(before), "-".repeat(after));
                let found = gates.find(text.as_bytes(), 0).map(|at| at / 2);
                assert_eq!(found, Some((before + 4).div_ceil(2)), "{text}");
            }
        }
    }

    #[test]
    fn the_first_of_several_is_found_and_the_next_from_there_on() {
        let (gates, text) = (gates(), b"Error: one\nand a second exception");
        let first = gates.find(text, 0).expect("there is one");
        assert!(first < 5, "{first}");
        assert!(gates.find(text, 11).is_some_and(|at| at > 24));
        assert_eq!(gates.find(text, 28), None);
    }

    #[test]
    fn what_only_begins_like_a_word_is_passed() {
        assert_eq!(gates().find(b"xcept that nothing is wrong, and that is the end", 0), None);
        assert_eq!(gates().find(b"rror", 0), None);
        assert_eq!(gates().find(b"", 0), None);
    }

    #[test]
    fn a_word_of_four_bytes_cannot_be_searched() {
        assert_eq!(gates().find(b"a tini of four bytes", 0), None);
    }
}
