//! How fast the whole program reads a long log, beside ripgrep with the same literals and patterns.
//!
//! Processor time counts, not the clock, so that other work on the machine does not matter much. Linux only.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::diagnosis::pattern::Pattern;

mod kernel;
mod serving;

/// Bytes of the long log, with a failure in its middle.
const LONG: usize = 210_000_000;
/// Bytes of the log on which the patterns are measured, which take ripgrep very long.
const SHORT: usize = 2_000_000;
/// What takes less time is counted as this much, in seconds.
const LEAST: f64 = 0.01;

/// What a run cost.
struct Cost {
    seconds: f64,
    /// The highest resident memory that was seen, in MiB.
    memory: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (long, short) = (write(folder, "long.log", LONG)?, write(folder, "short.log", SHORT)?);
    let (literals, patterns) = words(folder)?;
    println!("{:44} {:>8} {:>8} {:>8} {:>7}", "", "seconds", "MB/s", "MiB", "ratio");
    let explain = |log: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unstuck"));
        command.args(["explain", "-o", "json"]).arg(log);
        command
    };
    row("unstuck explain, one failure", &mut explain(&write(folder, "tiny.log", 1)?), 0, None)?;
    let own = row("unstuck explain", &mut explain(&long), LONG, None)?;
    if Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("ripgrep is not installed, so there is nothing to compare with");
        return Ok(());
    }
    let rg = |file: &Path, log: &Path| {
        let mut command = Command::new("rg");
        command
            .args(["--threads=1", "--count", "--regex-size-limit=2G", "--dfa-size-limit=2G", "-f"])
            .arg(file)
            .arg(log);
        command
    };
    row("rg -c -F -f literals", rg(&literals, &long).arg("-F"), LONG, Some(own))?;
    row("rg -c -f patterns, the first 2 MB", &mut rg(&patterns, &short), SHORT, Some(own))?;
    Ok(())
}

/// Prints what a command costs, and how many times faster `own` is; gives bytes per second.
fn row(what: &str, command: &mut Command, bytes: usize, own: Option<f64>) -> Result<f64, Box<dyn Error>> {
    let cost = measure(command)?;
    let rate = bytes as f64 / cost.seconds.max(LEAST);
    let ratio = own.map(|own| format!("{:.1}", own / rate)).unwrap_or_default();
    println!("{what:44} {:8.2} {:8.0} {:8.0} {ratio:>7}", cost.seconds, rate / 1e6, cost.memory);
    Ok(rate)
}

/// Runs a command and looks at what the kernel counts of it until it has ended.
fn measure(command: &mut Command) -> Result<Cost, Box<dyn Error>> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut memory = 0.0;
    while !kernel::status(child.id(), "State").is_none_or(|state| state.starts_with('Z')) {
        memory = kernel::memory(child.id(), "VmHWM").unwrap_or(memory);
        std::thread::sleep(Duration::from_millis(2));
    }
    let seconds = kernel::processor(child.id());
    child.wait()?;
    Ok(Cost { seconds, memory })
}

/// Writes a serving log.
fn write(folder: &Path, name: &str, bytes: usize) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join(name);
    fs::write(&path, serving::log(bytes))?;
    Ok(path)
}

/// Writes the literals and the patterns of all rules, one a line.
fn words(folder: &Path) -> Result<(PathBuf, PathBuf), Box<dyn Error>> {
    let catalogue = Catalogue::builtin();
    let all = catalogue.patterns().iter();
    let (literals, patterns) = (folder.join("literals.txt"), folder.join("patterns.txt"));
    let mut files = (File::create(&literals)?, File::create(&patterns)?);
    for pattern in all {
        writeln!(files.0, "{}", pattern.literals.join("\n"))?;
        if let Some(expression) = of_one_line(pattern) {
            writeln!(files.1, "{expression}")?;
        }
    }
    Ok((literals, patterns))
}

/// The expression of a pattern, if it is one that ripgrep takes without `--multiline`, with names that may come again.
fn of_one_line(pattern: &Pattern) -> Option<String> {
    let expression = pattern.expression().ok()?.replace(r"\s+", " ").replace(r"[\s\S]", ".");
    let nameless = expression.split("(?P<").enumerate().map(|(index, part)| match part.split_once('>') {
        Some((_, rest)) if index > 0 => format!("(?:{rest}"),
        _ => part.to_owned(),
    });
    let nameless: String = nameless.collect();
    let is_of_one_line = !nameless.replace(r"[^\n]", "").contains(r"\n");
    is_of_one_line.then_some(nameless)
}
