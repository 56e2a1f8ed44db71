//! Finds the cluster as kubectl does: flags, `KUBECONFIG`, `~/.kube/config`, or the service account of a pod.

use std::env;
use std::path::PathBuf;

use http::{HeaderName, HeaderValue, Uri};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::cluster::credential;
use crate::cluster::fault::Fault;
use crate::cluster::no_proxy;

/// Which cluster is meant, in kubectl's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--namespace`
    pub namespace: Option<String>,
    /// `--all-namespaces`
    pub all_namespaces: bool,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// May a credential plugin ask on the terminal?
    pub may_ask: bool,
}

impl Target {
    /// The namespace that is meant: all (empty), the one that was named, or the default of the context.
    pub fn namespace_or(&self, default: &str) -> String {
        if self.all_namespaces {
            return String::new();
        }
        self.namespace.clone().unwrap_or_else(|| default.to_owned())
    }
}

/// A cluster that was found.
#[derive(Clone, Debug)]
pub struct Place {
    /// How it is reached.
    pub config: Config,
    /// The context; empty in a pod.
    pub context: String,
    /// The namespace; empty for all.
    pub namespace: String,
    /// What was odd on the way.
    pub warnings: Vec<String>,
}

/// Finds the cluster.
pub async fn find(target: &Target) -> Result<Place, Fault> {
    let mut warnings = Vec::new();
    let mut place = match read(target, &mut warnings)? {
        Some(kubeconfig) => from_kubeconfig(target, kubeconfig).await?,
        None => in_cluster(target)?,
    };
    place.warnings.extend(warnings);
    place.config.default_retry = false;
    place
        .config
        .headers
        .push((http::header::USER_AGENT, HeaderValue::from_static(concat!("unstuck/", env!("CARGO_PKG_VERSION")))));
    impersonate(target, &mut place.config)?;
    place.namespace = target.namespace_or(&place.config.default_namespace);
    Ok(place)
}

/// The kubeconfig files, merged. kubectl passes over a missing member of the list, so it is only named.
fn read(target: &Target, warnings: &mut Vec<String>) -> Result<Option<Kubeconfig>, Fault> {
    let (paths, given) = match (&target.kubeconfig, env::var_os("KUBECONFIG")) {
        (Some(path), _) => (vec![path.clone()], true),
        (None, Some(list)) if !list.is_empty() => {
            (env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect(), true)
        }
        _ => (home().into_iter().map(|home| home.join(".kube/config")).collect(), false),
    };
    let (found, missing): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(|path| path.exists());
    if given && target.kubeconfig.is_none() {
        warnings
            .extend(missing.iter().map(|path| format!("KUBECONFIG names {}, which does not exist", path.display())));
    }
    if found.is_empty() {
        return if given { Err(Fault::no_kubeconfig(&paths)) } else { Ok(None) };
    }
    let mut merged = Kubeconfig::default();
    for path in found {
        let next = Kubeconfig::read_from(path).map_err(|error| Fault::kubeconfig(path, &error))?;
        merged = merged.merge(next).map_err(|error| Fault::kubeconfig(path, &error))?;
    }
    Ok(Some(merged))
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME").or_else(|| env::var_os("USERPROFILE")).map(PathBuf::from)
}

async fn from_kubeconfig(target: &Target, mut kubeconfig: Kubeconfig) -> Result<Place, Fault> {
    let context = target.context.clone().or_else(|| kubeconfig.current_context.clone()).filter(|name| !name.is_empty());
    let Some(context) = context else { return Err(Fault::no_context(&names(&kubeconfig))) };
    if !names(&kubeconfig).contains(&context) {
        return Err(Fault::unknown_context(&context, &names(&kubeconfig)));
    }
    let proxy = take_proxy(&mut kubeconfig, &context);
    credential::resolve(&mut kubeconfig, &context, target.may_ask).await?;
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| Fault::context(&context, &error))?;
    let (proxy_url, warnings) = no_proxy::choose(proxy, &config.cluster_url)?;
    config.proxy_url = proxy_url;
    Ok(Place { config, context, namespace: String::new(), warnings })
}

fn names(kubeconfig: &Kubeconfig) -> Vec<String> {
    kubeconfig.contexts.iter().map(|context| context.name.clone()).collect()
}

/// Takes `proxy-url` out of the cluster: whether it holds for the server is decided here.
fn take_proxy(kubeconfig: &mut Kubeconfig, context: &str) -> Option<String> {
    let context = kubeconfig.contexts.iter().find(|named| named.name == context)?.context.clone()?;
    let cluster = kubeconfig.clusters.iter_mut().find(|named| named.name == context.cluster)?;
    cluster.cluster.as_mut()?.proxy_url.take().filter(|proxy| !proxy.is_empty())
}

fn in_cluster(target: &Target) -> Result<Place, Fault> {
    if target.context.is_some() || env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        let default = home().unwrap_or_default().join(".kube/config");
        return Err(Fault::no_kubeconfig(&[default]));
    }
    let config = Config::incluster().map_err(|error| Fault::in_cluster(&error.to_string()))?;
    Ok(Place { config, context: "in-cluster".to_owned(), namespace: String::new(), warnings: Vec::new() })
}

fn impersonate(target: &Target, config: &mut Config) -> Result<(), Fault> {
    let header = |value: &str| {
        HeaderValue::from_str(value)
            .map_err(|_| Fault::usage(&format!("`{value}` is no name that can be sent with --as")))
    };
    if let Some(user) = &target.impersonate {
        config.headers.push((HeaderName::from_static("impersonate-user"), header(user)?));
    }
    for group in &target.impersonate_groups {
        config.headers.push((HeaderName::from_static("impersonate-group"), header(group)?));
    }
    Ok(())
}

/// The address of a server as it is shown.
pub fn shown(url: &Uri) -> String {
    url.authority()
        .map_or_else(|| url.to_string(), |authority| format!("{}://{authority}", url.scheme_str().unwrap_or("https")))
}

/// What is wrong with a kubeconfig, in one line.
pub fn reason(error: &KubeconfigError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
