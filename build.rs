//! Turns the rules from YAML into JSON, which the program reads faster, chooses the gates of its log search, and packs
//! the scenarios of the demo.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

#[path = "src/snapshot/log/alarm.rs"]
mod alarm;
#[path = "src/diagnosis/literal.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod literal;
#[path = "src/demo/pack.rs"]
mod pack;

/// Captures with what they must lead to; those that tell a story are played by the demo.
const SCENARIOS: &str = "tests/scenarios";
/// In the name of a scenario: it is a variant of another, for the tests alone.
const VARIANT: &str = "--";

fn main() {
    rules();
    scenarios();
}

/// Packs the scenarios that tell a story. They all play in one cluster, so that each object is stored once.
fn scenarios() {
    println!("cargo::rerun-if-changed=src/demo/pack.rs");
    let folder = Path::new(SCENARIOS);
    if folder.exists() {
        println!("cargo::rerun-if-changed={SCENARIOS}");
    }
    let mut packed = pack::Packed::default();
    for path in pack::files(folder).iter().filter(|path| !path.to_string_lossy().contains(VARIANT)) {
        match pack::read(path) {
            Ok(scenario) if scenario["story"].is_string() => packed.add(scenario),
            Ok(_) => {}
            Err(error) => println!("cargo::warning={}", error.lines().next().unwrap_or_default()),
        }
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(packed.into_json().to_string().as_bytes()).expect("memory can be written");
    let folder = env::var("OUT_DIR").expect("cargo sets it");
    let archive = encoder.finish().expect("memory can be written");
    fs::write(Path::new(&folder).join("scenarios.json.gz"), archive).expect("the output folder can be written");
}

fn rules() {
    println!("cargo::rerun-if-changed=diagnostics");
    println!("cargo::rerun-if-changed=src/diagnosis/ordinary.log");
    println!("cargo::rerun-if-changed=src/diagnosis/literal.rs");
    println!("cargo::rerun-if-changed=src/snapshot/log/alarm.rs");
    let mut rules = Vec::new();
    let mut proofs = Vec::new();
    for path in rule_files(Path::new("diagnostics")) {
        // A rule that is no YAML is left out with a warning, and a test counts them: one file must not stop the work on others.
        let mut rule = match read(&path) {
            Ok(rule @ Value::Object(_)) => rule,
            Ok(_) => {
                println!("cargo::warning={}: a rule is a mapping", path.display());
                continue;
            }
            Err(error) => {
                println!("cargo::warning={}: {}", path.display(), error.lines().next().unwrap_or_default());
                continue;
            }
        };
        let (stage, id) = (name(path.parent().expect("a rule is in the folder of its stage")), name(&path));
        let fields = rule.as_object_mut().expect("it was matched as a mapping");
        let take = |fields: &mut serde_json::Map<_, _>, key| fields.remove(key).unwrap_or(json!([]));
        let (examples, counterexamples) = (take(fields, "examples"), take(fields, "counterexamples"));
        proofs.push(json!({"id": id, "examples": examples, "counterexamples": counterexamples}));
        rules.push(json!({"id": id, "stage": stage, "rule": rule}));
    }
    let marks = read(Path::new("diagnostics/marks.yaml")).unwrap_or_else(|error| panic!("marks.yaml: {error}"));
    let mut literals: Vec<String> = alarm::words().collect();
    for rule in &rules {
        collect(&rule["rule"], false, &mut literals);
    }
    collect(&marks, false, &mut literals);
    let ordinary = fs::read_to_string("src/diagnosis/ordinary.log").expect("the lines of healthy servers");
    let gates = literal::choose_gates(&literals, &ordinary);
    write("catalogue.json", &json!({"rules": rules, "marks": marks, "gates": gates}));
    write("proofs.json", &Value::Array(proofs));
}

/// The rule files, in the order of their stages and ids.
fn rule_files(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).expect("diagnostics is there").map(|entry| entry.expect("readable").path()).collect();
        paths.sort();
        paths
    };
    let stages = entries(folder).into_iter().filter(|path| path.is_dir());
    stages.flat_map(|stage| entries(&stage)).filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect()
}

fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_saphyr::from_str(&text).map_err(|error| error.to_string())
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

/// The literals of the patterns under `log` and `message`.
fn collect(value: &Value, pattern: bool, literals: &mut Vec<String>) {
    match value {
        Value::String(line) if pattern => literals.push(literal::longest(line)),
        Value::Object(regex) if pattern => {
            let written =
                regex.get("literal").map(|one| one.as_array().map_or(std::slice::from_ref(one), Vec::as_slice));
            literals.extend(written.unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned));
        }
        Value::Array(items) => {
            for item in items {
                collect(item, pattern, literals);
            }
        }
        Value::Object(fields) => {
            for (key, inner) in fields {
                collect(inner, key == "log" || key == "message", literals);
            }
        }
        _ => {}
    }
}

fn write(name: &str, value: &Value) {
    let folder = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join(name), value.to_string()).expect("the output folder can be written");
}
