//! A program that ends with the tests, however these end: success, failure, panic, signal.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// Waits until its program ends, or ends it when the pipe from the tests closes, which the system does whatever becomes
/// of them. Last it removes what it was told to, where it was told to.
const GUARD: &str = r#"
log=$1; leftover=$2; shift 2
trap '' HUP INT TERM
exec 3<&0
"$@" >>"$log" 2>&1 </dev/null 3<&- &
program=$!
{ read -r _ <&3; kill -KILL "$program"; } &
reader=$!
wait "$program"
kill -KILL "$reader"
[ -z "$leftover" ] || rm -rf "$leftover"
"#;

/// A program under guard; dropping it ends the program.
#[derive(Debug)]
pub struct Process {
    guard: Child,
}

/// What to start, and where it writes.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [String],
    /// The file that it writes to.
    pub log: &'a Path,
    /// The folder to remove when it has ended.
    pub leftover: Option<&'a Path>,
}

impl Process {
    /// Starts a program under guard.
    pub fn start(start: &Start<'_>) -> io::Result<Self> {
        let leftover = start.leftover.unwrap_or(Path::new(""));
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(start.log).arg(leftover).arg(start.program).args(start.arguments);
        // A group of its own: what the terminal sends to the tests does not reach the guard before its work is done.
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Process { guard: guard.spawn()? })
    }

    /// Did it end by itself?
    pub fn has_ended(&self) -> bool {
        let guard = Pid::from_child(&self.guard);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        waitid(WaitId::Pid(guard), options).is_ok_and(|status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // The guard cannot fail to end, and nothing could be done about it here.
        let _status = self.guard.wait();
    }
}
