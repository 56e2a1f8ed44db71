//! Starts everything that follows a cluster, and asks first whether it answers at all.

use std::sync::Arc;

use http::Request;
use kube::Client;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::cluster::config::Place;
use crate::cluster::fault::Fault;
use crate::cluster::follow::Follower;
use crate::cluster::log::LogFollower;
use crate::cluster::news::News;
use crate::cluster::transport::{self, Meter};
use crate::snapshot::kind::{Kind, Object};
use crate::snapshot::log::sieve::Sieve;
use crate::snapshot::text::SafeText;
use crate::snapshot::{Change, Key, Unreadable};

/// Lists that run at the same time: the server shares its turns among all who ask.
const LISTS: usize = 4;
/// Logs that are opened at the same time.
const OPENING: usize = 8;
/// News that may wait for the session.
const WAITING: usize = 64;

/// A cluster that is followed; dropping it ends all that follows it.
pub struct Cluster {
    /// What was found out about the way to it.
    pub place: Place,
    /// What went over the wire.
    pub meter: Arc<Meter>,
    /// Wakes what waits for a permission or for the server to come back.
    pub wake: Arc<Notify>,
    /// For the logs that are wanted.
    pub logs: LogFollower,
    /// What comes from it.
    pub news: mpsc::Receiver<News>,
    client: Client,
    tasks: JoinSet<()>,
}

impl Cluster {
    /// Begins to follow the kinds.
    pub fn start(place: Place, sieve: Arc<Sieve>) -> Result<Self, Fault> {
        let meter = Arc::new(Meter::default());
        let server = place.config.cluster_url.clone();
        let client =
            transport::client(&place.config, meter.clone()).map_err(|error| Fault::request(&server, &error))?;
        let (sender, news) = mpsc::channel(WAITING);
        let wake = Arc::new(Notify::new());
        let follower = Follower {
            client: client.clone(),
            namespace: place.namespace.clone(),
            news: sender.clone(),
            lists: Arc::new(Semaphore::new(LISTS)),
            wake: wake.clone(),
            meter: meter.clone(),
            groups: Arc::default(),
        };
        let mut tasks = JoinSet::new();
        for kind in Kind::ALL {
            tasks.spawn(follower.clone().follow(kind));
        }
        let logs =
            LogFollower { client: client.clone(), sieve, news: sender, opening: Arc::new(Semaphore::new(OPENING)) };
        Ok(Cluster { place, meter, wake, logs, news, client, tasks })
    }

    /// Asks the server for its version and the namespace: the shortest way to learn whether it answers, takes the
    /// credentials, and has what is meant.
    pub fn greet(&self) -> impl Future<Output = Result<String, Fault>> + Send + use<> {
        let (client, place) = (self.client.clone(), self.place.clone());
        async move {
            let (version, namespace) = tokio::join!(ask(&client, "/version"), ask_for_namespace(&client, &place));
            let version = version.map_err(|error| Fault::request(&place.config.cluster_url, &error))?;
            namespace?;
            Ok(version["gitVersion"].as_str().unwrap_or_default().to_owned())
        }
    }

    /// Reads one config map whole, in a task of its own.
    pub fn read_config_map(&mut self, key: &Key) {
        let (client, news, key) = (self.client.clone(), self.logs.news.clone(), key.clone());
        self.tasks.spawn(async move {
            let change = config_map(&client, &key).await;
            // Nobody listens any more when the program ends: then there is nothing left to tell.
            let _ended = news.send(News::ConfigMap(key, change)).await;
        });
    }

    /// Starts a task that ends with the cluster.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) -> tokio::task::AbortHandle {
        self.tasks.spawn(task)
    }
}

async fn ask(client: &Client, path: &str) -> Result<serde_json::Value, kube::Error> {
    let request = Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)?;
    client.request(request).await
}

/// The config map, or why it cannot be read; nothing where there is none.
async fn config_map(client: &Client, key: &Key) -> Option<Change> {
    let path = format!("/api/v1/namespaces/{}/configmaps/{}", key.namespace, key.name);
    let what = SafeText::new(&format!("configmaps {}", key.name));
    let request = Request::get(path).body(Vec::new()).ok()?;
    Some(match client.request_text(request).await.map(|json| Object::from_json(Kind::ConfigMap, &json)) {
        Ok(Ok(object)) => Change::Put(Kind::ConfigMap, object),
        Ok(Err(error)) => unreadable(what, "unreadable", &error.to_string()),
        Err(kube::Error::Api(status)) if status.code == 404 => return None,
        Err(kube::Error::Api(status)) if status.code == 403 => unreadable(what, "forbidden", &status.message),
        Err(error) => unreadable(what, "unavailable", &error.to_string()),
    })
}

/// Fails where the namespace surely does not exist; who may not ask for it is not told.
async fn ask_for_namespace(client: &Client, place: &Place) -> Result<(), Fault> {
    if place.namespace.is_empty() {
        return Ok(());
    }
    match ask(client, &format!("/api/v1/namespaces/{}", place.namespace)).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {
            Err(Fault::no_namespace(&place.namespace, &place.context))
        }
        _ => Ok(()),
    }
}

fn unreadable(what: SafeText, why: &str, message: &str) -> Change {
    Change::Unreadable(Unreadable { what, why: SafeText::new(why), message: SafeText::new(message) })
}
