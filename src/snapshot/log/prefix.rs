//! The prefix that a logger repeats before every line of a traceback, learned from its first line.

/// What stood before `Traceback (most recent call last)`: the lines after it may begin with the same, other digits aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    text: String,
}

impl Prefix {
    /// The prefix of a line whose text begins at byte `end`.
    pub fn of(line: &str, end: usize) -> Self {
        Prefix { text: line[..end].to_owned() }
    }

    /// Does it end in several blanks, as notebooks write between the exception and the header?
    pub fn ends_in_blanks(&self) -> bool {
        self.text.ends_with("   ") && !self.text.trim().is_empty()
    }

    /// The rest of `line` behind the prefix, if it begins with it: digits stand for any digits.
    pub fn strip<'a>(&self, line: &'a str) -> Option<&'a str> {
        if self.text.trim().is_empty() {
            return None;
        }
        let mut wanted = self.text.as_bytes().iter().peekable();
        let mut given = line.bytes().enumerate().peekable();
        while let Some(&want) = wanted.next() {
            let (_, byte) = given.next()?;
            if want.is_ascii_digit() && byte.is_ascii_digit() {
                while wanted.next_if(|b| b.is_ascii_digit()).is_some() {}
                while given.next_if(|(_, b)| b.is_ascii_digit()).is_some() {}
            } else if want != byte {
                return None;
            }
        }
        let end = given.peek().map_or(line.len(), |&(at, _)| at);
        line.get(end..)
    }
}
