//! What the kernel counts of a process that runs, or that has ended and was not waited for. Linux only.

use std::fs;

/// Processor time so far, in seconds.
pub fn processor(process: u32) -> f64 {
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let used = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (used(11) + used(12)) / ticks
}

/// A line of its status: `VmRSS`, `VmHWM`, `State`.
pub fn status(process: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(|value| value.trim().to_owned())
}

/// A line of its status that tells an amount of memory, in MiB.
pub fn memory(process: u32, name: &str) -> Option<f64> {
    let kib: f64 = status(process, name)?.split(' ').next()?.parse().ok()?;
    Some(kib / 1024.0)
}
