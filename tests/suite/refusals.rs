//! Every mistake that a rule file can hold is refused with file, line, reason and help.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::golden;

/// A rule without a mistake.
const SOUND: &str = r#"title: 'The gadget {gadget} is not charged'
about: container
severity: error
symptoms:
  - log:
      - "GadgetError: gadget '{gadget}' has no charge"
explanation:
  - A gadget without charge cannot serve.
fixes:
  - title: Charge {gadget}
causes: [crash-loop]
examples:
  - given: {log: "GadgetError: gadget 'blue' has no charge"}
    expect: {gadget: blue}
counterexamples:
  - why: it is charged
    given: {log: "GadgetError: gadget 'blue' has no owner"}
"#;

/// A mistake: its name, what it stands in place of, and how it is written.
const MISTAKES: [(&str, &str, &str); 29] = [
    ("unknown-key", "symptoms:", "symptom:"),
    ("unknown-key-of-a-symptom", "  - log:\n", "  - logs:\n"),
    ("unknown-key-of-a-fix", "  - title: Charge", "  - titel: Charge"),
    ("doubled-key", "severity: error", "severity: error\nseverity: info"),
    ("no-yaml", "  - A gadget without", "  - \"A gadget without"),
    ("bad-indentation", "about: container", "  about: container"),
    ("not-a-mapping", SOUND, "- title\n- about\n"),
    ("missing-key", "title: 'The gadget {gadget} is not charged'\n", ""),
    ("empty-title", "'The gadget {gadget} is not charged'", "''"),
    ("unknown-about", "about: container", "about: containr"),
    ("unknown-about-in-a-list", "about: container", "about: [pod, nod]"),
    ("unknown-severity", "severity: error", "severity: fatal"),
    ("unknown-moment", "severity: error", "moment: requests"),
    ("unknown-field", "symptoms:\n", "symptoms:\n  - {field: container.restartCounts, at_least: 3}\n"),
    ("unknown-look-up", "causes:", "look_up: [memory_limits]\ncauses:"),
    ("unknown-stack", "title: Charge {gadget}", "{title: Charge it, for: [azureml-v3]}"),
    ("unknown-shape", "'{gadget}' has", "'{gadget:integer}' has"),
    ("no-name-in-a-hole", "'{gadget}' has", "'{The Gadget}' has"),
    ("hole-without-end", "has no charge\"\nexpl", "has no } charge\"\nexpl"),
    ("no-literal", "\"GadgetError: gadget '{gadget}' has no charge\"\nexpl", "\"{gadget} is no {}\"\nexpl"),
    (
        "bad-regex",
        "\"GadgetError: gadget '{gadget}' has no charge\"\nexpl",
        "{regex: 'gadget (?P<gadget>\\w+', literal: 'gadget '}\nexpl",
    ),
    ("name-that-nothing-binds", "title: Charge {gadget}", "title: Charge {gadgets}"),
    ("two-symptoms-in-one", "symptoms:\n", "symptoms:\n  - {bound: gadget, field: container.ready, is: 'false'}\n"),
    ("two-tests-in-one", "symptoms:\n", "symptoms:\n  - {field: container.restartCount, at_least: 3, at_most: 5}\n"),
    ("unknown-cause", "causes: [crash-loop]", "causes: [crash-lop]"),
    ("circle-of-causes", "causes: [crash-loop]", "causes: [crash-loop, gadget-empty]"),
    (
        "no-example",
        "  - given: {log: \"GadgetError: gadget 'blue' has no charge\"}\n    expect: {gadget: blue}\n",
        "  []\n",
    ),
    ("pattern-without-example", "explanation:", "      - \"gadget '{gadget}' ran completely dry\"\nexplanation:"),
    ("wrong-expectation", "expect: {gadget: blue}", "expect: {gadget: red}"),
];

/// Mistakes that several places have a part in.
const OTHERS: [(&str, &str, &str); 3] = [
    (
        "no-counterexample",
        "counterexamples:\n  - why: it is charged\n    given: {log: \"GadgetError: gadget 'blue' has no owner\"}\n",
        "",
    ),
    ("counterexample-that-holds", "has no owner", "has no charge"),
    (
        "another-is-found",
        "GadgetError: gadget 'blue' has no charge\"}\n    expect",
        "GadgetError: gadget 'blue' has no charge\\nModuleNotFoundError: No module named 'gadgets'\"}\n    expect",
    ),
];

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("refusals").join(name);
    let _absent = fs::remove_dir_all(&folder);
    folder
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder for the test");
    fs::write(path, text).expect("a file for the test");
}

/// What `unstuck rules test` says about a folder with this one rule.
fn said(name: &str, file: &str, text: &str) -> String {
    let folder = folder(name);
    write(&folder, file, text);
    let output = Command::new(env!("CARGO_BIN_EXE_unstuck"))
        .args(["rules", "test", "."])
        .current_dir(&folder)
        .output()
        .expect("the program was built");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("what it says is text");
    assert_eq!(output.status.code(), Some(i32::from(!said.contains("0 faults, 0 failures"))), "{name}: {said}");
    said
}

fn assert_refused(name: &str, file: &str, text: &str) {
    let said = said(name, file, text);
    assert!(said.contains("help:") && said.contains(file), "{name}: {said}");
    golden::assert_kept(&format!("tests/goldens/refusals/{name}.txt"), &said);
}

#[test]
fn a_sound_rule_is_taken() {
    assert_eq!(said("sound", "start/gadget-empty.yaml", SOUND), "1 rule, 0 faults, 0 failures\n");
}

#[test]
fn each_mistake_is_named_with_file_line_reason_and_help() {
    for (name, right, wrong) in MISTAKES.iter().chain(&OTHERS) {
        assert!(SOUND.contains(right), "{name}: the sound rule has changed");
        assert_refused(name, "start/gadget-empty.yaml", &SOUND.replacen(right, wrong, 1));
    }
    assert_refused("id-with-capitals", "start/GadgetEmpty.yaml", SOUND);
    assert_refused("unknown-stage", "strat/gadget-empty.yaml", SOUND);
}

#[test]
fn a_skeleton_is_refused_until_it_is_filled_in() {
    let folder = folder("new");
    fs::create_dir_all(&folder).expect("a folder for the test");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuck"));
        command.args(arguments).current_dir(&folder).output().expect("the program was built")
    };
    let new = ["rules", "new", "gadget-empty", "--stage", "start"];
    assert_eq!(run(&new).status.code(), Some(0));
    assert_eq!(run(&new).status.code(), Some(2), "a file that exists is left as it is");
    let file = folder.join("diagnostics/start/gadget-empty.yaml");
    let skeleton = fs::read_to_string(&file).expect("it was written");
    let refused = run(&["rules", "test", "diagnostics"]);
    golden::assert_kept("tests/goldens/refusals/not-filled-in.txt", &String::from_utf8_lossy(&refused.stdout));
    fs::write(&file, filled_in(&skeleton)).expect("it can be written");
    let taken = run(&["rules", "test", "diagnostics"]);
    assert_eq!(String::from_utf8_lossy(&taken.stdout), "1 rule, 0 faults, 0 failures\n");
}

/// The skeleton with the words of the sound rule.
fn filled_in(skeleton: &str) -> String {
    let mut words = [
        "The gadget {gadget} is not charged",
        "GadgetError: gadget {gadget:word} has no charge",
        "A gadget without charge cannot serve.",
        "Charge it",
        "Plug it in.",
        "GadgetError: gadget blue has no charge",
        "it is charged",
        "GadgetError: gadget blue has no owner",
    ]
    .into_iter();
    let mut text = skeleton.to_owned();
    while let Some(start) = text.find("<fill in: ") {
        let end = start + text[start..].find(">'").expect("it ends with its text") + 1;
        text.replace_range(start..end, words.next().expect("a word for each place"));
    }
    text
}
