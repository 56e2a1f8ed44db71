//! What is measured of a program, and what of its peers where they are installed.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http::Request;
use serde_json::Value;

use crate::control_plane::plane::Plane;
use crate::control_plane::rest;
use crate::population::{NAMESPACE, Population};
use crate::relay::Relay;
use crate::table::Table;
use crate::terminal::Terminal;

/// What takes longer counts as never.
const LIMIT: Duration = Duration::from_secs(120);
/// So long a program may calm down before it is looked at.
const CALM: Duration = Duration::from_secs(15);
/// So long nothing changes.
const IDLE: Duration = Duration::from_secs(60);
/// Keys that are pressed.
const KEYS: usize = 200;
/// Words that only the log of a broken deployment holds.
const CAUSE: &str = "churn.pkl";
/// Words of the first row.
const FIRST: &str = "model-0";

/// Another program for the same cluster.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its name, which is the command too.
    pub name: &'static str,
    /// Its arguments.
    arguments: &'static [&'static str],
    /// Does it take the whole terminal?
    has_screen: bool,
    /// The keys that end it.
    quit: &'static str,
}

/// The peers, measured where they are installed.
pub const PEERS: [Peer; 3] = [
    Peer { name: "kubectl", arguments: &["get", "pods", "-n", NAMESPACE], has_screen: false, quit: "" },
    Peer {
        name: "k9s",
        arguments: &["-n", NAMESPACE, "--headless", "--splashless", "-c", "pods"],
        has_screen: true,
        quit: "\u{3}",
    },
    Peer { name: "kdash", arguments: &[], has_screen: true, quit: "q" },
];

impl Peer {
    /// Can it be started here?
    pub fn is_installed(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(self.name).is_file())
    }
}

/// A namespace on a control plane, and the program that looks at it.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The control plane.
    pub plane: &'a Plane,
    /// The program.
    pub program: &'a Path,
    /// What is in the namespace.
    pub population: Population,
}

impl Bench<'_> {
    /// All figures as a table.
    pub fn table(&self, peers: &[Peer]) -> Table {
        let mut table = Table::new(format!("{} pods, {} events", self.population.pods, self.population.events()));
        self.report(&mut table);
        let alone = self.requests_of_a_minute(|| std::thread::sleep(IDLE));
        let (kubeconfig, relay) = self.relayed("unstuck");
        let kubeconfig = kubeconfig.display().to_string();
        let arguments = ["--kubeconfig", &kubeconfig, "-n", NAMESPACE];
        let mut terminal = Terminal::open(self.program.as_os_str(), &arguments);
        table.add("first row on the screen", "s", terminal.shows(FIRST, LIMIT));
        table.add("first cause from a log on the screen", "s", terminal.shows(CAUSE, LIMIT));
        terminal.wait(CALM);
        table.add("read from the API at start", "MiB", Some(relay.received() as f64 / f64::from(1 << 20)));
        self.life(&mut table, &mut terminal, &relay, alone);
        table.add("quit", "s", Some(terminal.quit("q")));
        for peer in peers {
            self.peer(&mut table, peer, alone);
        }
        table
    }

    /// `check`, from start to end: everything and every cause.
    fn report(&self, table: &mut Table) {
        let kubeconfig = self.plane.kubeconfig("admin");
        let started = Instant::now();
        let output = Command::new(self.program)
            .args(["check", "-o", "json", "-n", NAMESPACE, "--kubeconfig"])
            .arg(kubeconfig)
            .output();
        let took = started.elapsed().as_secs_f64();
        let report: Value =
            output.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default();
        let told = report["diagnoses"].as_array().map_or(0, Vec::len);
        let broken = self.population.broken();
        table.add(&format!("check: every cause ({told} of {broken})"), "s", (told == broken).then_some(took));
    }

    /// Memory, and what it costs while nothing changes, and how fast it answers keys.
    fn life(&self, table: &mut Table, terminal: &mut Terminal, relay: &Relay, alone: f64) {
        let (received, written, cpu) = (relay.received(), terminal.written, terminal.cpu());
        let requests = self.requests_of_a_minute(|| terminal.wait(IDLE));
        table.add("idle minute: processor", "s", Some(terminal.cpu() - cpu));
        table.add("idle minute: read from the API", "kB", Some((relay.received() - received) as f64 / 1000.0));
        table.add("idle minute: requests", "", Some(requests - alone));
        table.add("idle minute: written to the terminal", "kB", Some((terminal.written - written) as f64 / 1000.0));
        keys(table, terminal);
        let (now, peak) = terminal.memory();
        table.add("memory, settled", "MiB", Some(now));
        table.add("memory, peak", "MiB", Some(peak));
    }

    fn peer(&self, table: &mut Table, peer: &Peer, alone: f64) {
        table.begin(peer.name);
        let (kubeconfig, relay) = self.relayed(peer.name);
        if !peer.has_screen {
            let started = Instant::now();
            let status = Command::new(peer.name)
                .args(peer.arguments)
                .env("KUBECONFIG", &kubeconfig)
                .stdout(Stdio::null())
                .status();
            let took = started.elapsed().as_secs_f64();
            return table.add(
                "first row on the screen",
                "s",
                status.is_ok_and(|status| status.success()).then_some(took),
            );
        }
        let environment = format!("KUBECONFIG={}", kubeconfig.display());
        let mut arguments = vec![environment.as_str(), peer.name];
        arguments.extend(peer.arguments);
        let mut terminal = Terminal::open(OsStr::new("env"), &arguments);
        table.add("first row on the screen", "s", terminal.shows(FIRST, LIMIT));
        terminal.wait(CALM);
        table.add("read from the API at start", "MiB", Some(relay.received() as f64 / f64::from(1 << 20)));
        self.life(table, &mut terminal, &relay, alone);
        table.add("quit", "s", Some(terminal.quit(peer.quit)));
    }

    /// A kubeconfig whose server is a relay that counts.
    fn relayed(&self, name: &str) -> (PathBuf, Relay) {
        let text = fs::read_to_string(self.plane.kubeconfig("admin")).expect("a kubeconfig of our own");
        let mut config: Value = serde_json::from_str(&text).expect("a kubeconfig of our own");
        let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap_or_default().to_owned();
        let port = server.rsplit(':').next().and_then(|port| port.parse().ok()).expect("an address with a port");
        let relay = Relay::to(port).expect("the loopback has free ports");
        config["clusters"][0]["cluster"]["server"] = format!("https://127.0.0.1:{}", relay.port).into();
        let path = self.plane.folder.join(format!("{name}-relayed.kubeconfig"));
        fs::write(&path, config.to_string()).expect("the folder can be written");
        (path, relay)
    }

    /// Requests that the API server answers while a minute passes; its own controllers ask too, whoever looks.
    fn requests_of_a_minute(&self, pass: impl FnOnce()) -> f64 {
        let before = self.requests();
        pass();
        self.requests() - before
    }

    /// Requests that the API server has answered so far.
    fn requests(&self) -> f64 {
        let text = rest::block_on(async {
            let client = self.plane.client("admin").await;
            let request = Request::get("/metrics").body(Vec::new()).expect("a path makes a request");
            client.request_text(request).await.unwrap_or_default()
        });
        let counts = text.lines().filter(|line| line.starts_with("apiserver_request_total{"));
        counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// How long a key takes until the screen changes.
fn keys(table: &mut Table, terminal: &mut Terminal) {
    let keys = (0..KEYS).map(|number| if number / 10 % 2 == 0 { "j" } else { "k" });
    let mut took: Vec<f64> = Vec::new();
    for key in keys {
        took.extend(terminal.key(key, Duration::from_secs(2)));
        terminal.wait(Duration::from_millis(30));
    }
    took.sort_by(f64::total_cmp);
    let at = |percent: usize| took.get(took.len() * percent / 100).map(|seconds| seconds * 1000.0);
    table.add("key to frame, median", "ms", at(50));
    table.add("key to frame, 99 of 100", "ms", at(99));
}
