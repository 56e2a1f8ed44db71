//! The outline that `kubectl describe` prints: keys with values, and what is indented under them.

/// A line, with what is indented under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What stands before the colon; the whole line where there is none.
    pub key: String,
    /// What stands behind it.
    pub value: String,
    /// The line without its indentation.
    pub line: String,
    /// What is indented under it.
    pub children: Vec<Entry>,
}

impl Entry {
    /// The entry under this one.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        find(&self.children, key)
    }

    /// The value of the entry under this one; `<none>` and `<unset>` are none.
    pub fn value_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Entry::told)
    }

    /// The value, where there is one.
    pub fn told(&self) -> Option<&str> {
        Some(self.value.as_str()).filter(|value| !matches!(*value, "" | "<none>" | "<unset>" | "<nil>"))
    }

    /// Every line under this one, however deep, in order.
    pub fn lines(&self) -> Vec<&str> {
        let of_child = |child| {
            let child: &Entry = child;
            std::iter::once(child.line.as_str()).chain(child.lines()).collect::<Vec<_>>()
        };
        self.children.iter().flat_map(of_child).collect()
    }

    /// The value and the lines under it: `Labels:  app=x` goes on in lines of their own.
    pub fn all_values(&self) -> Vec<&str> {
        self.told().into_iter().chain(self.lines()).collect()
    }
}

/// The entry of a key.
pub fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key == key)
}

/// The value of a key.
pub fn value<'a>(entries: &'a [Entry], key: &str) -> Option<&'a str> {
    find(entries, key).and_then(Entry::told)
}

/// Reads the lines of an outline.
pub fn parse(lines: &[&str]) -> Vec<Entry> {
    let flat = joined(lines);
    let mut at = 0;
    let mut top = Vec::new();
    while at < flat.len() {
        let indent = flat[at].0;
        top.extend(level(&flat, &mut at, indent));
    }
    top
}

/// The entries of one depth, from `at` on.
fn level(flat: &[(usize, String)], at: &mut usize, indent: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    while let Some((depth, line)) = flat.get(*at) {
        if *depth < indent {
            break;
        }
        if *depth > indent {
            let children = level(flat, at, *depth);
            match entries.last_mut() {
                Some(last) => last.children.extend(children),
                None => entries.extend(children),
            }
            continue;
        }
        entries.push(entry(line));
        *at += 1;
    }
    entries
}

fn entry(line: &str) -> Entry {
    let colon = line.match_indices(':').map(|(at, _)| at).find(|at| {
        let next = line[at + 1..].chars().next();
        next.is_none_or(char::is_whitespace)
    });
    let (key, value) = colon.map_or((line, ""), |at| (line[..at].trim_end(), line[at + 1..].trim()));
    Entry { key: key.to_owned(), value: value.to_owned(), line: line.to_owned(), children: Vec::new() }
}

/// Lines with their indentation. The last words of a container can have several lines, which kubectl does not indent.
fn joined(lines: &[&str]) -> Vec<(usize, String)> {
    let mut flat = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let text = lines[at].trim_start_matches([' ', '\t']);
        let indent = width(&lines[at][..lines[at].len() - text.len()]);
        let mut line = text.trim_end().to_owned();
        at += 1;
        if line.starts_with("Message:") && indent > 0 {
            for more in &lines[at..at + words_after(&lines[at..])] {
                line.push('\n');
                line.push_str(more);
                at += 1;
            }
        }
        if !line.is_empty() {
            flat.push((indent, line));
        }
    }
    flat
}

/// How many lines go by until the exit code that always follows the last words of a container.
pub fn words_after(lines: &[&str]) -> usize {
    /// The kubelet keeps 4 kB of last words, or 80 lines of log.
    const LONGEST: usize = 100;
    let ends = |line: &&str| line.starts_with("   ") && line.trim_start().starts_with("Exit Code:");
    lines.iter().take(LONGEST).position(ends).unwrap_or(0)
}

fn width(blank: &str) -> usize {
    blank.bytes().map(|byte| if byte == b'\t' { 8 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::{parse, value};

    #[test]
    fn what_is_indented_stands_under_its_key() {
        let lines = ["Name:  churn", "Containers:", "  server:", "    Image:  a:1", "    State:  Waiting"];
        let outline = parse(&lines);
        assert_eq!(value(&outline, "Name"), Some("churn"));
        let server = outline[1].get("server").unwrap();
        assert_eq!(server.value_of("Image"), Some("a:1"));
    }

    #[test]
    fn the_last_words_of_a_container_keep_their_lines() {
        let lines =
            ["    Last State:  Terminated", "      Message:  Traceback", "  File \"a.py\"", "x", "      Exit Code:  1"];
        let state = &parse(&lines)[0];
        assert_eq!(state.value_of("Message"), Some("Traceback\n  File \"a.py\"\nx"));
        assert_eq!(state.value_of("Exit Code"), Some("1"));
    }
}
