//! Bytes of any encoding as text: gzip, UTF-16 with and without its mark, UTF-8 with one; and what is no text at all.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use crate::intake::split;

/// It is told by so many bytes whether an input is a log.
const HEAD: usize = 256 * 1024;
/// A document longer than this is read as a log, line by line.
const DOCUMENT: u64 = 32 * 1024 * 1024;
/// Compressed files in compressed files are opened this deep.
const NESTED: usize = 3;

/// An input as far as it was read to tell what it is.
pub enum Input<'a> {
    /// Nothing.
    Empty,
    /// No text, and what it is in words.
    Binary(&'static str),
    /// A whole text.
    Text(String),
    /// A text that is too long to be held: from its first byte on.
    Long(Box<dyn Read + 'a>),
}

/// Opens an input.
pub fn open<'a>(source: impl Read + 'a) -> io::Result<Input<'a>> {
    let mut source: Box<dyn Read + 'a> = Box::new(source);
    let mut head = take(&mut source, HEAD as u64)?;
    for _ in 0..NESTED {
        if !head.starts_with(&[0x1f, 0x8b]) {
            break;
        }
        source = Box::new(MultiGzDecoder::new(Cursor::new(head).chain(source)));
        head = take(&mut source, HEAD as u64)?;
    }
    if let Some(order) = utf16_order(&head) {
        source = Box::new(Utf16 { inner: Cursor::new(head).chain(source), order, odd: None, high: None });
        head = take(&mut source, HEAD as u64)?;
    } else if let Some(what) = binary(&head) {
        return Ok(Input::Binary(what));
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    if head.iter().all(u8::is_ascii_whitespace) && head.len() < HEAD {
        return Ok(Input::Empty);
    }
    whole(head, source)
}

/// A text is held whole where it is short, or where it begins as a document that can only be read whole.
fn whole<'a>(mut head: Vec<u8>, mut source: Box<dyn Read + 'a>) -> io::Result<Input<'a>> {
    if head.len() < HEAD {
        return Ok(Input::Text(lossy(head)));
    }
    if is_document(&head) {
        head.extend(take(&mut source, DOCUMENT - HEAD as u64)?);
        if (head.len() as u64) < DOCUMENT {
            return Ok(Input::Text(lossy(head)));
        }
    }
    Ok(Input::Long(Box::new(Cursor::new(head).chain(source))))
}

fn take(source: &mut dyn Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| crate::snapshot::text::lossy(error.as_bytes()).into_owned())
}

/// Does it begin as something that is not read line by line?
fn is_document(head: &[u8]) -> bool {
    /// Of a long text the first lines decide.
    const FIRST: usize = 16 * 1024;
    let text = crate::snapshot::text::lossy(&head[..FIRST.min(head.len())]);
    let start = text.trim_start();
    let is_manifest =
        start.starts_with("apiVersion:") || start.starts_with("kind: List") || start.starts_with("items:");
    let is_json =
        start.starts_with("{\n") || start.starts_with("[\n") || start.starts_with("{\r\n") || is_one_value(start);
    is_manifest || is_json || !split::parts(&text).known.is_empty()
}

/// Is the first line the beginning of one long value, and not a record of a log?
fn is_one_value(start: &str) -> bool {
    start.starts_with(['{', '['])
        && !start.contains('\n')
        && (start.contains("\"apiVersion\"") || start.contains("\"State\""))
}

/// The order of bytes in UTF-16: by its mark, or because every second byte is zero.
fn utf16_order(head: &[u8]) -> Option<Order> {
    match head {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let sample = &head[..head.len().min(4096) & !1];
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, most) = (zeros(0), zeros(1), sample.len() / 2 * 7 / 10);
    if sample.len() < 4 {
        None
    } else if odd > most && even * 10 < odd {
        Some(Order::Little)
    } else if even > most && odd * 10 < even {
        Some(Order::Big)
    } else {
        None
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// Turns UTF-16 into UTF-8 as it is read.
struct Utf16<R> {
    inner: R,
    order: Order,
    /// The first byte of a unit whose second has not come.
    odd: Option<u8>,
    /// The first half of a character that takes two units.
    high: Option<u16>,
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        /// A unit of two bytes takes three at most in UTF-8.
        const GROWTH: usize = 3;
        let mut raw = vec![0; (out.len() / GROWTH).clamp(2, 64 * 1024)];
        loop {
            let length = self.inner.read(&mut raw)?;
            let text = self.decode(&raw[..length]);
            if length == 0 || !text.is_empty() {
                out[..text.len()].copy_from_slice(text.as_bytes());
                return Ok(text.len());
            }
        }
    }
}

impl<R> Utf16<R> {
    fn decode(&mut self, raw: &[u8]) -> String {
        let mut bytes: Vec<u8> = self.odd.take().into_iter().collect();
        bytes.extend_from_slice(raw);
        self.odd = (bytes.len() % 2 == 1).then(|| bytes.pop()).flatten();
        let unit = |pair: &[u8]| match self.order {
            Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
            Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        units.extend(bytes.chunks_exact(2).map(unit));
        let is_half = |unit: &u16| (0xd800..0xdc00).contains(unit);
        self.high = if !raw.is_empty() && units.last().is_some_and(is_half) { units.pop() } else { None };
        let characters = char::decode_utf16(units).map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER));
        characters.filter(|character| *character != '\u{feff}').collect()
    }
}

/// What an input is that is no text: by its first bytes, or because it is full of bytes that no text has.
fn binary(head: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"\x7fELF", "a program"),
        (b"MZ\x90", "a program for Windows"),
        (b"PK\x03\x04", "a zip archive (a .keras, .npz or .pt file, or a wheel)"),
        (b"\x89HDF", "an HDF5 file (a Keras model)"),
        (b"\x80\x02", "a pickle"),
        (b"\x80\x04\x95", "a pickle"),
        (b"\x80\x05\x95", "a pickle"),
        (b"\x89PNG", "a picture"),
        (b"%PDF", "a PDF"),
    ];
    let known = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| *what);
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it and give the folder or the files in it");
    }
    let sample = &head[..head.len().min(16 * 1024)];
    let strange = |byte: &&u8| matches!(byte, 1..=6 | 14..=26 | 28..=31);
    let controls = sample.iter().filter(strange).count();
    let invalid: usize = sample.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    // A log that was cut while it was written begins with zeros: those alone do not count.
    let full = (controls + invalid) * 10 > sample.len();
    known.or_else(|| (full && sample.contains(&0)).then_some("binary data"))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Input, open};

    fn text(bytes: &[u8]) -> String {
        match open(bytes).unwrap() {
            Input::Text(text) => text,
            Input::Empty => "empty".to_owned(),
            Input::Binary(what) => format!("binary: {what}"),
            Input::Long(_) => "long".to_owned(),
        }
    }

    #[test]
    fn utf_16_is_read_with_and_without_its_mark() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(text(&little("\u{feff}Fehler: ä 😀")), "Fehler: ä 😀");
        assert_eq!(text(&little("ERROR: no mark")), "ERROR: no mark");
        let big: Vec<u8> = "ERROR: big".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&big), "ERROR: big");
    }

    #[test]
    fn a_compressed_log_is_unpacked() {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(&b"ERROR: x"[..], flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        assert_eq!(text(&packed), "ERROR: x");
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert_eq!(text(b"\x7fELF\x02\x01\x01\0"), "binary: a program");
        assert_eq!(text(&[0, 1, 2, 3, 250, 251, 0, 9].repeat(50)), "binary: binary data");
        assert_eq!(text(b" \n\t"), "empty");
        assert_eq!(
            text(&[&[0_u8; 64][..], b"ERROR: after a hole of zeros, which is a sparse file"].concat()).len(),
            116
        );
    }

    #[test]
    fn a_long_log_is_not_held() {
        let line = "2023-11-20 10:00:00 INFO served\n".repeat(20_000);
        assert_eq!(text(line.as_bytes()), "long");
        let list = format!("apiVersion: v1\nkind: List\nitems:\n{}", "- kind: Pod\n".repeat(30_000));
        assert_eq!(text(list.as_bytes()), list);
    }
}
