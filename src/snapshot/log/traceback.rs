//! Reads the exceptions out of a record: what was raised, where, and which of a chain decides.

use std::path::Path;

use crate::snapshot::text::SafeText;

/// A line of code on the stack, as a traceback prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The file, as the interpreter knew it (may be relative).
    pub file: SafeText,
    /// The line in the file, 0 where it was not printed.
    pub line: u32,
    /// The function; `<module>` at the top level of a file.
    pub function: SafeText,
    /// The line of code, empty where the source was not at hand.
    pub code: SafeText,
}

impl Frame {
    /// Is this code that somebody wrote for this deployment, and not a library's or the interpreter's?
    pub fn is_own(&self) -> bool {
        const FOREIGN: [&str; 9] = [
            "site-packages",
            "dist-packages",
            "<frozen",
            "/lib/python",
            "\\lib\\",
            "/lib64/python",
            "<__array_function__",
            "runpy.py",
            ".pyx",
        ];
        // The scripts that pip makes for commands have no ending.
        let is_command = self.file.contains("/bin/") && !self.file.ends_with(".py");
        // What `python -c` was given runs as a module; what a library made of text and runs is a function.
        let is_made = self.file == "<string>" && self.function != "<module>";
        !self.file.is_empty() && !is_command && !is_made && !FOREIGN.iter().any(|part| self.file.contains(part))
    }
}

/// How an exception is tied to the one printed before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The first of its record, or unrelated to the one before.
    None,
    /// "The above exception was the direct cause of the following exception".
    Cause,
    /// "During handling of the above exception, another exception occurred".
    Context,
}

/// An exception of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The type, with its module where it was printed: `mlflow.exceptions.MlflowException`.
    pub kind: SafeText,
    /// What the exception says; may have several lines.
    pub message: SafeText,
    /// The stack, outermost call first.
    pub frames: Vec<Frame>,
    /// How it is tied to the exception before it.
    pub link: Link,
    /// The bytes of the record's text from its type to the end of its message.
    pub span: std::ops::Range<usize>,
}

impl Raised {
    /// The last frame of the user's own code.
    pub fn own_frame(&self) -> Option<&Frame> {
        self.frames.iter().rev().find(|frame| frame.is_own())
    }
}

/// The sentence that ties an exception to the one above it.
pub fn chain_link(line: &str) -> Option<Link> {
    if line.contains("The above exception was the direct cause of the following exception") {
        Some(Link::Cause)
    } else if line.contains("During handling of the above exception, another exception occurred") {
        Some(Link::Context)
    } else {
        None
    }
}

/// The type of an exception that a line at the left margin announces, inside a traceback: any dotted name that ends the
/// line or stands before a colon.
pub fn raised_kind(line: &str) -> Option<&str> {
    let name = line.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
    let (kind, rest) = line.split_at(name);
    let named = kind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !kind.ends_with('.');
    (named && (rest.trim_end().is_empty() || rest.starts_with(':'))).then_some(kind)
}

/// How the names of exceptions end.
const ENDINGS: [&str; 8] = ["Error", "Exception", "Interrupt", "Exit", "error", "NotFound", "Timeout", "Fault"];

/// The type of an exception that a line announces without a traceback around it: its name says that it is one.
pub fn standalone_kind(line: &str) -> Option<&str> {
    let kind = raised_kind(line)?;
    let name = kind.rsplit('.').next().unwrap_or(kind);
    let camel = name.starts_with(|c: char| c.is_ascii_uppercase()) || kind.contains('.');
    (camel && name.len() > 4 && ENDINGS.iter().any(|ending| name.ends_with(ending)) && line.len() > kind.len())
        .then_some(kind)
}

/// The exceptions that `text` prints, in the order of the text.
pub fn exceptions(text: &str) -> Vec<Raised> {
    let mut reader = Reader::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        reader.line(line.trim_end_matches('\n'), offset);
        offset += line.len();
    }
    reader.close();
    reader.raised
}

/// The exceptions of a chain from the most to the least deciding, as indexes.
///
/// The last one printed is what ended the program; a direct cause decides over what it caused; what was being handled
/// when another was raised comes after that one.
pub fn deciding_order(raised: &[Raised]) -> Vec<usize> {
    let mut order = Vec::with_capacity(raised.len());
    let mut best = raised.len().saturating_sub(1);
    while best > 0 && raised[best].link == Link::Cause {
        best -= 1;
    }
    if !raised.is_empty() {
        order.push(best);
    }
    let mut rest: Vec<usize> = (0..raised.len()).filter(|&index| index != best).collect();
    rest.sort_by_key(|&index| (index.abs_diff(best), index));
    order.extend(rest);
    order
}

#[derive(Default)]
struct Reader {
    raised: Vec<Raised>,
    frames: Vec<Frame>,
    link: Option<Link>,
    /// Where the message of the exception being read began, if one is.
    message: Option<(SafeText, String, std::ops::Range<usize>)>,
}

impl Reader {
    fn line(&mut self, line: &str, offset: usize) {
        let body = line.trim_start_matches([' ', '|', '+', '│']);
        if let Some(link) = chain_link(line) {
            self.close();
            self.link = Some(link);
        } else if line.contains("Traceback (most recent call last)") || line.contains("─ Traceback ") {
            self.close();
        } else if let Some(frame) = frame(body) {
            self.close();
            self.frames.push(frame);
        } else if self.message.is_none() && self.raises(line, body) {
            self.announce(body, offset + (line.len() - body.len()));
        } else if self.message.is_some() {
            self.continue_message(line, offset);
        } else if let Some(last) = self.frames.last_mut().filter(|last| last.code.is_empty() && is_code(body)) {
            last.code = SafeText::new(body.trim());
        }
    }

    fn raises(&self, line: &str, body: &str) -> bool {
        let margin = !line.starts_with(' ') || line.trim_start().starts_with('|');
        if self.frames.is_empty() { standalone_kind(body).is_some() } else { margin && raised_kind(body).is_some() }
    }

    fn announce(&mut self, body: &str, start: usize) {
        let kind = raised_kind(body).unwrap_or_default();
        let message = body[kind.len()..].trim_start_matches(':').trim();
        self.message = Some((SafeText::new(kind), message.to_owned(), start..start + body.len()));
    }

    fn continue_message(&mut self, line: &str, offset: usize) {
        if let Some((_, message, span)) = &mut self.message
            && !line.trim().is_empty()
        {
            message.push('\n');
            message.push_str(line.trim_end());
            span.end = offset + line.len();
        }
    }

    fn close(&mut self) {
        if let Some((kind, message, span)) = self.message.take() {
            let link = self.link.take().unwrap_or(Link::None);
            let frames = std::mem::take(&mut self.frames);
            self.raised.push(Raised { kind, message: SafeText::new(&message), frames, link, span });
        }
    }
}

fn is_code(body: &str) -> bool {
    !body.trim().is_empty() && !body.trim_start().starts_with(['^', '~']) && !body.starts_with('[')
}

/// `File "/app/main.py", line 4, in <module>`, or `/app/main.py:4 in <module>` of a boxed traceback.
fn frame(body: &str) -> Option<Frame> {
    if let Some(rest) = body.strip_prefix("File \"") {
        let (file, rest) = rest.split_once('"')?;
        let line = rest.strip_prefix(", line ").map_or(0, leading_number);
        let function = rest.split_once(", in ").map_or("", |(_, function)| function.trim());
        return Some(Frame { file: file.into(), line, function: function.into(), code: SafeText::default() });
    }
    let (place, function) = body.trim_end_matches(['│', ' ']).split_once(" in ")?;
    let (file, line) = place.rsplit_once(':')?;
    let plain = Path::new(file).extension().is_some_and(|end| end == "py")
        && !file.contains(' ')
        && line.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| Frame {
        file: file.into(),
        line: leading_number(line),
        function: function.into(),
        code: SafeText::default(),
    })
}

fn leading_number(text: &str) -> u32 {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().unwrap_or(0)
}
