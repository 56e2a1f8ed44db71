//! The demo's API server: listens, plays, and answers.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::demo::fault::{Fault, Faults, Switched};
use crate::demo::handle::Desk;
use crate::demo::play::Play;
use crate::demo::resource;
use crate::demo::scenario::Scenario;
use crate::demo::world::World;

/// The world is shown anew at most so often.
const FRAME: Duration = Duration::from_millis(40);

/// How the scenarios are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Played in seconds, then standing still.
    #[default]
    Live,
    /// At their end from the start: nothing depends on the time.
    Settled,
}

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// How the scenarios are shown.
    pub pace: Pace,
    /// The bearer token that requests must carry, if any.
    pub token: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), pace: Pace::Live, token: None }
    }
}

/// A server that runs; dropping it ends it, with all its connections.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The namespace that it shows.
    pub namespace: String,
    worlds: Arc<watch::Sender<Arc<World>>>,
    faults: watch::Sender<Faults>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts a server that plays these scenarios together.
    pub async fn start(scenarios: Vec<Scenario>, options: Options) -> io::Result<Server> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let namespace = scenarios.last().map(Scenario::namespace).unwrap_or_default();
        let header = scenarios.last().and_then(|scenario| scenario.capture.clone()).unwrap_or_default();
        let world = World::new(resource::all(&kinds(&scenarios)), Timestamp::now());
        let faults = watch::Sender::new(refused(&scenarios));
        let play = Arc::new(match options.pace {
            Pace::Live => Play::new(scenarios, Timestamp::now()),
            Pace::Settled => Play::ending(scenarios, Timestamp::now()),
        });
        let opening = if options.pace == Pace::Settled { play.end() } else { Duration::ZERO };
        let world = world.followed_by(play.objects(opening), opening);
        let worlds = Arc::new(watch::Sender::new(Arc::new(world)));
        let desk = Desk {
            play: play.clone(),
            worlds: worlds.subscribe(),
            faults: faults.subscribe(),
            token: options.token.map(Arc::from),
            version: header.version.unwrap_or_else(|| "v1.33.2".to_owned()).into(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, desk));
        if options.pace == Pace::Live {
            tasks.spawn(perform(play, worlds.clone()));
        }
        Ok(Server { address, namespace, worlds, faults, _tasks: tasks })
    }

    /// Its address as clients want it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Switches a fault on or off for a kind, by its plural, or for `pods/log`.
    pub fn fail(&self, plural: &str, fault: Option<Fault>) {
        self.faults.send_modify(|faults| {
            let faults = Arc::make_mut(faults);
            match fault {
                Some(fault) => faults.insert(plural.to_owned(), Arc::new(Switched::new(fault))),
                None => faults.remove(plural),
            };
        });
    }

    /// Puts an object, new or changed. Where a play goes on, it takes the object away again.
    pub fn put(&self, object: Value) {
        self.change(|world| {
            if let Some(address) = world.address(&object) {
                world.put(address, object);
            }
        });
    }

    /// Removes an object; its kind and name are enough.
    pub fn remove(&self, object: &Value) {
        self.change(|world| {
            if let Some(address) = world.address(object) {
                world.remove(&address);
            }
        });
    }

    /// Forgets all changes: who asks for what came after an older version is told that it is gone.
    pub fn compact(&self) {
        self.change(World::compact);
    }

    fn change(&self, change: impl FnOnce(&mut World)) {
        self.worlds.send_modify(|world| change(Arc::make_mut(world)));
    }
}

/// One object of each kind is enough to know the kinds.
fn kinds(scenarios: &[Scenario]) -> Vec<Value> {
    scenarios.iter().flat_map(|scenario| scenario.objects.iter().cloned()).collect()
}

/// What could not be read when a scenario was recorded cannot be read when it is played alone.
fn refused(scenarios: &[Scenario]) -> Faults {
    let [only] = scenarios else { return Faults::default() };
    let unreadable = only.capture.iter().flat_map(|header| &header.unreadable);
    let forbidden = unreadable.filter(|unreadable| unreadable.why == "forbidden");
    Arc::new(forbidden.map(|kind| (kind.what.clone(), Arc::new(Switched::new(Fault::Forbidden)))).collect())
}

/// Shows one world after another.
async fn perform(play: Arc<Play>, worlds: Arc<watch::Sender<Arc<World>>>) {
    let start = Instant::now();
    loop {
        let played = start.elapsed();
        let next = worlds.borrow().followed_by(play.objects(played), played);
        worlds.send_replace(Arc::new(next));
        sleep_until(start + play.beat(played).max(played + FRAME)).await;
    }
}

async fn accept(listener: TcpListener, desk: Desk) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream, desk.clone()))),
                // Too many open files: the next may have room.
                Err(_) => tokio::time::sleep(FRAME).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, desk: Desk) {
    // A client that went away is nobody to tell.
    let _unset = stream.set_nodelay(true);
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer);
    let _ended = connection.await;
}
