//! An API server that goes away and comes back while the program follows it.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::{mpsc, watch};
use unstuck::cluster::config::{self, Target};
use unstuck::cluster::news::Freshness;
use unstuck::cluster::start::Cluster;
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::session::{Lens, Request, Session, View};
use unstuck::snapshot::kind::Kind;
use unstuck::snapshot::pod::Pod;

use crate::control_plane::logs::{FAILED, TRACEBACK};
use crate::control_plane::namespace::{Namespace, play, pod};
use crate::control_plane::node;
use crate::control_plane::plane::Server;
use crate::control_plane::rest::until;

/// The program, as the dashboard runs it.
struct Follower {
    views: watch::Receiver<Arc<View>>,
    _requests: mpsc::Sender<Request>,
}

impl Follower {
    async fn start(namespace: &Namespace, server: &str) -> Self {
        let kubeconfig = Some(namespace.plane.kubeconfig(server));
        let target = Target { kubeconfig, namespace: Some(namespace.name.clone()), ..Target::default() };
        let place = config::find(&target).await.expect("a kubeconfig of our own");
        let catalogue = Arc::new(Catalogue::builtin());
        let cluster = Cluster::start(place, catalogue.sieve.clone()).expect("a certificate of our own");
        let (session, views) = Session::new(cluster, Lens { catalogue, selection: None }, true);
        let (requests, receiver) = mpsc::channel(8);
        tokio::spawn(session.run(receiver));
        Follower { views, _requests: requests }
    }

    async fn until(&self, what: &str, sees: impl Fn(&View) -> bool) -> Arc<View> {
        until(what, async || Some(self.views.borrow().clone()).filter(|view| sees(view))).await
    }
}

fn pods(view: &View) -> usize {
    view.snapshot.of_kind::<Pod>(Kind::Pod).count()
}

fn ids(view: &View) -> Vec<&str> {
    view.assessment.diagnoses.iter().map(|diagnosis| diagnosis.id.as_str()).collect()
}

fn is_live(view: &View) -> bool {
    [Kind::Pod, Kind::Event, Kind::Deployment].iter().all(|kind| view.freshness.get(kind) == Some(&Freshness::Live))
}

async fn crash_loop(namespace: &Namespace, name: &str) {
    let before = namespace.list("v1", "Pod").await.len();
    namespace.deploy(name, 1, &pod(&json!({}))).await;
    let pods = namespace.placed_pods(before + 1).await;
    let own = pods.iter().find(|pod| pod["metadata"]["labels"]["app"] == name).expect("the pod was placed");
    namespace.wrote(own, TRACEBACK);
    namespace.wrote_before(own, TRACEBACK);
    namespace.set_status(own, &node::crash_looping(own, 4, FAILED)).await;
}

#[test]
fn what_is_known_stays_while_the_server_is_away_and_is_live_again_when_it_is_back() {
    play("returns", async |namespace| {
        crash_loop(&namespace, "first").await;
        let mut server: Server = namespace.plane.second_server("second-apiserver");
        let client = namespace.plane.client("second-apiserver").await;
        assert!(server.is_ready(&client).await, "the second API server does not become ready");
        let follower = Follower::start(&namespace, "second-apiserver").await;
        follower
            .until("the first cause", |view| view.is_settled && is_live(view) && ids(view) == ["model-file-missing"])
            .await;

        server.stop();
        let stale = |view: &View| matches!(view.freshness.get(&Kind::Pod), Some(Freshness::Stale(_)));
        let view = follower.until("what is known goes stale", stale).await;
        assert_eq!((pods(&view), ids(&view)), (1, vec!["model-file-missing"]), "what is known stays");
        crash_loop(&namespace, "second").await;
        let view = follower.views.borrow().clone();
        assert!(stale(&view) && pods(&view) == 1 && ids(&view) == ["model-file-missing"], "still as it was");

        namespace.plane.start_server(&mut server);
        assert!(server.is_ready(&client).await, "the second API server does not become ready again");
        follower.until("live again", is_live).await;
        let both = |view: &View| pods(view) == 2 && ids(view) == ["model-file-missing"; 2];
        follower.until("what happened meanwhile", |view| is_live(view) && both(view)).await;
        namespace.deploy("third", 1, &pod(&json!({}))).await;
        follower.until("what happens now", |view| is_live(view) && pods(view) == 3).await;
    });
}
