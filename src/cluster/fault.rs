//! Why a cluster cannot be reached, in words that say what to do.

use std::error::Error;
use std::path::{Path, PathBuf};

use kube::config::KubeconfigError;
use thiserror::Error;

use crate::cluster::config;
use crate::snapshot::text::SafeText;

/// Why a cluster cannot be reached.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{what}\n  help: {help}")]
pub struct Fault {
    /// What was tried, and what came of it.
    pub what: SafeText,
    /// What to do.
    pub help: SafeText,
}

impl Fault {
    fn new(what: &str, help: &str) -> Self {
        Fault { what: SafeText::new(what), help: SafeText::new(help) }
    }

    /// An argument or setting that cannot be used.
    pub fn usage(what: &str) -> Self {
        Fault::new(what, "see `unstuck --help`")
    }

    /// There is no kubeconfig.
    pub fn no_kubeconfig(paths: &[PathBuf]) -> Self {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let what = format!("no kubeconfig: {} does not exist, and this is no pod", paths.join(", "));
        Fault::new(
            &what,
            "for AKS `az aks get-credentials -g GROUP -n CLUSTER` writes one; --kubeconfig FILE or KUBECONFIG names another; `unstuck demo` needs none, and `unstuck explain FILE` reads a log without a cluster",
        )
    }

    /// A kubeconfig cannot be read.
    pub fn kubeconfig(path: &Path, error: &KubeconfigError) -> Self {
        let what = format!("cannot use the kubeconfig {}: {}", path.display(), config::reason(error));
        Fault::new(&what, "`kubectl config view` shows what kubectl makes of it")
    }

    /// No context is chosen.
    pub fn no_context(known: &[String]) -> Self {
        Fault::new("the kubeconfig names no current context", &choices(known))
    }

    /// The context that was asked for is not there.
    pub fn unknown_context(context: &str, known: &[String]) -> Self {
        Fault::new(&format!("the kubeconfig has no context `{context}`"), &choices(known))
    }

    /// A context cannot be used.
    pub fn context(context: &str, error: &KubeconfigError) -> Self {
        let what = format!("cannot use the context `{context}`: {}", config::reason(error));
        Fault::new(&what, "`kubectl config view --minify` shows its cluster and user")
    }

    /// The service account of the pod cannot be used.
    pub fn in_cluster(reason: &str) -> Self {
        Fault::new(
            &format!("cannot use the service account of this pod: {reason}"),
            "give the pod a service account whose token is mounted",
        )
    }

    /// A credential plugin gave no credential.
    pub fn credential(command: &str, reason: &str) -> Self {
        let help = if command.contains("kubelogin") || command.contains("az") {
            "sign in again with `az login`, then try `kubectl get pods`"
        } else {
            "try `kubectl get pods`: it runs the same command and shows what it says"
        };
        Fault::new(&format!("the credential plugin `{command}` gave no credential: {reason}"), help)
    }

    /// The namespace does not exist.
    pub fn no_namespace(namespace: &str, context: &str) -> Self {
        Fault::new(
            &format!("there is no namespace `{namespace}` on {context}"),
            "`kubectl get namespaces` lists them where that is allowed; -n NAME chooses one, -A looks at all",
        )
    }

    /// A request failed.
    pub fn request(server: &http::Uri, error: &kube::Error) -> Self {
        let server = config::shown(server);
        let words = chain(error);
        match error {
            kube::Error::Api(status) if status.code == 401 => Fault::new(
                &format!("{server} does not accept the credentials: they are wrong or have expired"),
                "sign in again (`az login`, `az aks get-credentials`, or renew the token), then try `kubectl get pods`",
            ),
            kube::Error::Api(status) if status.code == 403 => Fault::new(
                &format!("{server} allows this user nothing here: {}", status.message),
                "ask for a Role that may get, list and watch pods and events in the namespace; -n NAME chooses another namespace",
            ),
            kube::Error::Api(status) => Fault::new(
                &format!("{server} answered {} {}: {}", status.code, status.reason, status.message),
                "try `kubectl get pods`",
            ),
            _ => Fault::connection(&server, &words),
        }
    }

    fn connection(server: &str, words: &str) -> Self {
        let (what, help) = certificate(words).or_else(|| network(words)).unwrap_or((words, "try `kubectl get pods`"));
        Fault::new(&format!("cannot reach {server}: {what}"), help)
    }
}

/// A certificate that is not accepted, and which field of the kubeconfig has to do with it.
fn certificate(words: &str) -> Option<(&'static str, &'static str)> {
    let known = [
        (
            "UnknownIssuer",
            "its certificate is signed by nobody that the kubeconfig names",
            "compare `certificate-authority-data` with `az aks get-credentials`; a proxy that opens TLS needs its own authority there",
        ),
        (
            "NotValidForName",
            "its certificate is for another name",
            "set `tls-server-name` of the cluster to a name in the certificate, or correct `server`",
        ),
        (
            "Expired",
            "its certificate has expired",
            "for AKS rotate the certificates: `az aks rotate-certs`; check the clock of this machine too",
        ),
        ("NotValidYet", "its certificate is not valid yet", "check the clock of this machine"),
        (
            "UnsupportedSignatureAlgorithm",
            "its certificate uses a signature that is no longer accepted",
            "renew the certificates of the cluster",
        ),
        (
            "CaUsedAsEndEntity",
            "it shows the certificate of an authority as its own",
            "renew the certificates of the cluster",
        ),
        (
            "BadSignature",
            "its certificate is not signed by the authority in the kubeconfig",
            "fetch the kubeconfig again: `az aks get-credentials --overwrite-existing`",
        ),
        (
            "invalid peer certificate",
            "its certificate is not accepted",
            "compare `certificate-authority-data` and `server` in the kubeconfig",
        ),
        (
            "InvalidContentType",
            "it does not speak TLS on this port",
            "correct `server` in the kubeconfig: http instead of https, or another port",
        ),
        (
            "CertificateRequired",
            "it asks for a client certificate",
            "the user of this context needs `client-certificate-data` and `client-key-data`",
        ),
    ];
    known.into_iter().find(|(word, ..)| words.contains(word)).map(|(_, what, help)| (what, help))
}

fn network(words: &str) -> Option<(&'static str, &'static str)> {
    let known = [
        (
            "Connection refused",
            "nothing listens at that address",
            "the cluster is stopped (`az aks start`), or `server` in the kubeconfig is out of date",
        ),
        (
            "dns error",
            "its name is not known here",
            "a private cluster is reached from its network only: connect the VPN, or use the jump box",
        ),
        (
            "failed to lookup address",
            "its name is not known here",
            "a private cluster is reached from its network only: connect the VPN, or use the jump box",
        ),
        (
            "did not answer within",
            "it accepts the connection and says nothing",
            "a firewall or proxy on the way holds the request back: check HTTPS_PROXY and NO_PROXY",
        ),
        (
            "timed out",
            "there is no answer",
            "a firewall drops the packets: connect the VPN, or add this address to the authorized ranges of the API server",
        ),
        (
            "deadline has elapsed",
            "there is no answer",
            "a firewall drops the packets: connect the VPN, or add this address to the authorized ranges of the API server",
        ),
        ("Network is unreachable", "there is no network to it", "check the connection of this machine"),
        ("No route to host", "there is no way to it", "check the connection of this machine"),
    ];
    known.into_iter().find(|(word, ..)| words.contains(word)).map(|(_, what, help)| (what, help))
}

fn choices(known: &[String]) -> String {
    const SHOWN: usize = 8;
    if known.is_empty() {
        return "it has none: `az aks get-credentials -g GROUP -n CLUSTER` adds one".to_owned();
    }
    let more = if known.len() > SHOWN { format!(" and {} more", known.len() - SHOWN) } else { String::new() };
    format!("--context takes one of: {}{more}", known[..known.len().min(SHOWN)].join(", "))
}

/// An error and what caused it, as one line.
fn chain(error: &kube::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_words = format!("{inner} {inner:?}");
        if !words.contains(&inner_words) {
            words = format!("{words}: {inner_words}");
        }
        source = inner.source();
    }
    words.lines().collect::<Vec<_>>().join(" ").chars().take(800).collect()
}
