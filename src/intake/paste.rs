//! What a way through chats, mails, web pages and terminals did to a text, undone.

use std::borrow::Cow;

use crate::intake::{answers, csv};

/// The text as it was printed: without quote marks, entities of HTML and blanks that are none.
pub fn cleaned(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    if clean.contains(['\u{a0}', '\u{feff}', '\u{200b}']) {
        clean = Cow::Owned(clean.replace('\u{a0}', " ").replace(['\u{feff}', '\u{200b}'], ""));
    }
    if clean.contains('\r') && clean.contains("\r\n") {
        clean = Cow::Owned(clean.replace("\r\n", "\n"));
    }
    if is_quoted(&clean) {
        clean = Cow::Owned(clean.lines().map(unquoted).collect::<Vec<_>>().join("\n"));
    }
    if clean.contains(FENCE) {
        clean = Cow::Owned(clean.lines().map(unfenced).collect::<Vec<_>>().join("\n"));
    }
    if let Some(log) = csv::log(&clean) {
        clean = Cow::Owned(log);
    }
    if answers::is_escaped(&clean) {
        clean = Cow::Owned(answers::unescaped(&clean));
    }
    if !clean.contains('<') && clean.contains("&lt;") {
        let plain = clean.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        clean = Cow::Owned(plain);
    }
    clean
}

/// Does every line begin as mails and chats quote?
fn is_quoted(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some() && lines.all(|line| line.starts_with('>') && !line.starts_with(">>>"))
}

fn unquoted(line: &str) -> &str {
    let rest = line.strip_prefix('>').unwrap_or(line);
    rest.strip_prefix(' ').unwrap_or(rest)
}

/// Markdown opens and closes code with it.
const FENCE: &str = "```";

/// The line without a fence, where it holds more than that.
fn unfenced(line: &str) -> &str {
    if is_fence(line.trim()) {
        return line;
    }
    let opened = line.strip_prefix(FENCE).unwrap_or(line);
    opened.trim_end().strip_suffix(FENCE).unwrap_or(opened)
}

/// A fence, with the name of a language at most.
fn is_fence(line: &str) -> bool {
    let named = line.strip_prefix(FENCE).or_else(|| line.strip_prefix("~~~"));
    named.is_some_and(|language| !language.contains([' ', ':', '`']))
}

/// Does the line only separate what stands around it: a fence of Markdown, or a command at a prompt?
pub fn is_separator(line: &str) -> bool {
    const PROGRAMS: [&str; 5] = ["kubectl ", "oc ", "docker ", "az ", "k "];
    let trimmed = line.trim();
    if is_fence(trimmed) {
        return true;
    }
    let is_command = |text: &str| PROGRAMS.iter().any(|program| text.starts_with(program));
    let after_prompt = ["$ ", "# ", "> ", "% ", "❯ "].iter().find_map(|prompt| {
        let (before, command) = trimmed.split_once(prompt)?;
        (before.len() < 60 && !before.contains(": ")).then_some(command)
    });
    trimmed.starts_with("kubectl ") && !trimmed.contains(": ") || after_prompt.is_some_and(is_command)
}

#[cfg(test)]
mod tests {
    use super::{cleaned, is_separator};

    #[test]
    fn a_quoted_text_is_as_it_was() {
        assert_eq!(cleaned("> Name:  a\n>\n> Status:  Pending"), "Name:  a\n\nStatus:  Pending");
        assert_eq!(cleaned(">>> import x\n>>> y"), ">>> import x\n>>> y");
    }

    #[test]
    fn a_fence_beside_the_text_is_taken_away() {
        assert_eq!(cleaned("```KeyError: 'a'```"), "KeyError: 'a'");
        assert_eq!(cleaned("```python\nx = 1\n```"), "```python\nx = 1\n```");
    }

    #[test]
    fn commands_and_fences_separate() {
        assert!(is_separator("```yaml"));
        assert!(is_separator("me@box:~$ kubectl describe pod churn"));
        assert!(is_separator("PS C:\\> kubectl get pods"));
        assert!(!is_separator("ValueError: $ is no number"));
    }
}
