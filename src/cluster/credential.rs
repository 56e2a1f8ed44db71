//! Runs a credential plugin once, with a time limit and away from the screen, and puts what it gave into the kubeconfig.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, ExecConfig, ExecInteractiveMode, Kubeconfig};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use crate::cluster::fault::Fault;

/// A plugin that has not answered by then is ended.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a plugin prints.
#[derive(Deserialize)]
struct Credential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Replaces the plugin of a context's user by the credential that it gives; does nothing where there is no plugin.
pub async fn resolve(kubeconfig: &mut Kubeconfig, context: &str, may_ask: bool) -> Result<(), Fault> {
    let named = kubeconfig.contexts.iter().find(|named| named.name == context).and_then(|named| named.context.clone());
    let Some(context) = named else { return Ok(()) };
    let cluster =
        kubeconfig.clusters.iter().find(|named| named.name == context.cluster).and_then(|named| named.cluster.clone());
    let user = context.user.unwrap_or_default();
    let Some(user) =
        kubeconfig.auth_infos.iter_mut().find(|named| named.name == user).and_then(|named| named.auth_info.as_mut())
    else {
        return Ok(());
    };
    let Some(plugin) = user.exec.take() else { return Ok(()) };
    let status = run(&plugin, cluster.as_ref(), may_ask).await?;
    enter(user, status);
    Ok(())
}

fn enter(user: &mut AuthInfo, status: Status) {
    user.token = status.token.map(Into::into);
    user.client_certificate_data = status.client_certificate_data.map(|pem| STANDARD.encode(pem));
    user.client_key_data = status.client_key_data.map(|pem| STANDARD.encode(pem).into());
}

async fn run(plugin: &ExecConfig, cluster: Option<&Cluster>, may_ask: bool) -> Result<Status, Fault> {
    let command = plugin.command.clone().unwrap_or_default();
    let must_ask = plugin.interactive_mode == Some(ExecInteractiveMode::Always);
    if must_ask && !may_ask {
        return Err(Fault::credential(&command, "it must ask on the terminal, and there is none to ask on"));
    }
    let asks = may_ask && plugin.interactive_mode != Some(ExecInteractiveMode::Never);
    let mut child = Command::new(&command);
    child
        .args(plugin.args.iter().flatten())
        .envs(environment(plugin))
        .env("KUBERNETES_EXEC_INFO", info(plugin, cluster, asks));
    child.stdin(if asks { Stdio::inherit() } else { Stdio::null() });
    child.stderr(if asks { Stdio::inherit() } else { Stdio::piped() });
    child.stdout(Stdio::piped()).kill_on_drop(true);
    let output = timeout(DEADLINE, child.output()).await;
    let output = output.map_err(|_| Fault::credential(&command, "it did not answer within 30 s"))?;
    let output = output.map_err(|error| Fault::credential(&command, &not_run(&error, plugin)))?;
    if !output.status.success() {
        return Err(Fault::credential(&command, &last_words(&output.stderr, &output.status.to_string())));
    }
    let credential: Option<Credential> = serde_json::from_slice(&output.stdout).ok();
    credential
        .and_then(|credential| credential.status)
        .ok_or_else(|| Fault::credential(&command, "it printed no ExecCredential"))
}

/// Why the plugin did not run: most often it is not installed.
fn not_run(error: &std::io::Error, plugin: &ExecConfig) -> String {
    let hint = plugin
        .install_hint
        .as_deref()
        .and_then(|hint| hint.lines().find(|line| !line.trim().is_empty()))
        .unwrap_or_default();
    format!("{error} {hint}").trim().to_owned()
}

fn environment(plugin: &ExecConfig) -> Vec<(String, String)> {
    let entries = plugin.env.iter().flatten();
    entries.filter_map(|entry| Some((entry.get("name")?.clone(), entry.get("value")?.clone()))).collect()
}

/// What a plugin is told about the cluster, in the variable that it reads.
fn info(plugin: &ExecConfig, cluster: Option<&Cluster>, interactive: bool) -> String {
    let version = plugin.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let mut spec = json!({"interactive": interactive});
    if let Some(cluster) = cluster.filter(|_| plugin.provide_cluster_info) {
        spec["cluster"] = json!({
            "server": cluster.server,
            "tls-server-name": cluster.tls_server_name,
            "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
            "certificate-authority-data": cluster.certificate_authority_data,
        });
    }
    json!({"apiVersion": version, "kind": "ExecCredential", "spec": spec}).to_string()
}

/// The last line that a plugin wrote before it failed.
fn last_words(stderr: &[u8], status: &str) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(status);
    line.chars().take(300).collect()
}
