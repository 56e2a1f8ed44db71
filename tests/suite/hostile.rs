//! Input that nobody meant well: each gets an answer, and nothing of it reaches the terminal.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn explain(input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_unstuck"))
        .args(["explain", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stdin = child.stdin.take().expect("it was piped");
    // A program that refuses its input closes the pipe early.
    let _refused = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn assert_harmless(input: &[u8]) -> String {
    let output = explain(input);
    let code = output.status.code().expect("no signal ended it");
    assert!((0..=2).contains(&code), "exit code {code}");
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(said).expect("what it says is text");
    assert!(!text.contains("panicked"), "{text}");
    let is_harmless = |c: char| !c.is_control() || c == '\n';
    assert!(text.chars().all(is_harmless), "{text:?}");
    text
}

#[test]
fn escape_sequences_of_a_log_do_not_reach_the_terminal() {
    let text = assert_harmless(
        b"\x1b]0;owned\x07\x1b[2J\x1b[31mValueError: \x1b]52;c;cm0gLXJm\x07bad\x1b[0m\r\nFileNotFoundError: [Errno 2] No such file or directory: '/m/\x1b[5mmodel.pkl'\n",
    );
    assert!(text.contains("No such file or directory"), "{text}");
}

#[test]
fn bytes_that_are_no_text_are_no_reason_to_fail() {
    assert_harmless(&[0, 159, 146, 150, b'\n', 0xff, 0xfe, b'E', b'r', b'r', b'o', b'r', b'\n']);
    assert_harmless(b"");
    assert_harmless(b"\n\n\n");
    assert_harmless(&[0; 10_000]);
}

#[test]
fn a_line_without_an_end_is_cut() {
    let mut line = b"FileNotFoundError: [Errno 2] No such file or directory: '/models/model.pkl' ".to_vec();
    line.resize(30_000_000, b'x');
    let text = assert_harmless(&line);
    assert!(text.len() < 100_000, "{} bytes were printed", text.len());
}

#[test]
fn text_that_turns_its_direction_or_hides_is_shown_plainly() {
    let text = assert_harmless(
        "FileNotFoundError: [Errno 2] No such file or directory: '/models/\u{202e}lkp.ledom'\n".as_bytes(),
    );
    assert!(!text.contains('\u{202e}'), "{text}");
}
