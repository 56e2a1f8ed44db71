//! The kubeconfig that leads kubectl to the demo: a file that only its owner can read, and that goes with the demo.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::{env, process};

/// What the file's name begins with; the number of the process follows.
const NAME: &str = "unstuck-demo-";
/// The context that leads to the demo.
pub const CONTEXT: &str = "demo";

/// A kubeconfig on disk; dropping it removes it.
#[derive(Debug)]
pub struct KubeconfigFile {
    /// Where it is.
    pub path: PathBuf,
}

impl KubeconfigFile {
    /// Writes a kubeconfig for the server at a URL.
    pub fn write(url: &str, namespace: &str) -> io::Result<KubeconfigFile> {
        let folder = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
        let folder = folder.unwrap_or_else(env::temp_dir);
        sweep(&folder);
        let path = folder.join(format!("{NAME}{}.yaml", process::id()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let written = KubeconfigFile { path };
        file.write_all(text(url, namespace).as_bytes())?;
        Ok(written)
    }
}

impl Drop for KubeconfigFile {
    fn drop(&mut self) {
        // It may be gone already.
        let _removed = fs::remove_file(&self.path);
    }
}

/// The kubeconfig.
pub fn text(url: &str, namespace: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: {CONTEXT}
  cluster:
    server: {url}
contexts:
- name: {CONTEXT}
  context:
    cluster: {CONTEXT}
    user: {CONTEXT}
    namespace: {namespace}
current-context: {CONTEXT}
users:
- name: {CONTEXT}
  user: {{}}
"
    )
}

/// Removes what a demo left behind that was killed.
fn sweep(folder: &Path) {
    let left = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        let number: i32 = name.strip_prefix(NAME)?.strip_suffix(".yaml")?.parse().ok()?;
        let process = rustix::process::Pid::from_raw(number)?;
        let is_gone = rustix::process::test_kill_process(process) == Err(rustix::io::Errno::SRCH);
        Some(is_gone || number == i32::try_from(process::id()).ok()?)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if left(&entry.path()) == Some(true) {
            // Another demo may have been faster.
            let _removed = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use kube::config::Kubeconfig;

    #[test]
    fn the_kubeconfig_can_be_read() {
        let config = Kubeconfig::from_yaml(&text("http://127.0.0.1:1234", "ml-prod")).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("demo"));
        assert_eq!(config.contexts[0].context.as_ref().unwrap().namespace.as_deref(), Some("ml-prod"));
        assert_eq!(config.clusters[0].cluster.as_ref().unwrap().server.as_deref(), Some("http://127.0.0.1:1234"));
    }
}
