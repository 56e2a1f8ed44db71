//! The control plane: started once for all tests, with users that may do more or less.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};
use std::{env, fs, process};

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::control_plane::kubelet;
use crate::control_plane::process::{Process, Start};
use crate::control_plane::rest::{self, until};

/// The programs of a control plane.
const PROGRAMS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
/// The users; what some of them may do is in `shared.yaml`.
const USERS: [&str; 5] = ["admin", "viewer", "noevents", "nologs", "nobody"];

/// A running control plane.
#[derive(Debug)]
pub struct Plane {
    assets: PathBuf,
    /// Everything that it writes; gone when it ends.
    pub folder: PathBuf,
    /// Where its etcd listens.
    pub etcd: String,
    /// The port of its played kubelet.
    pub kubelet: u16,
    server: Server,
    processes: Vec<Process>,
}

/// Which programs a control plane is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// All.
    Whole,
    /// Only those that keep objects: what is in it stays as it was put there.
    Storage,
}

/// An API server and where it listens.
#[derive(Debug)]
pub struct Server {
    name: String,
    port: u16,
    process: Option<Process>,
}

/// The control plane, started by whoever asks first; nothing where there are no binaries for it.
pub fn plane() -> Option<&'static Plane> {
    static PLANE: OnceLock<Result<Plane, String>> = OnceLock::new();
    let assets = assets()?;
    Some(started(PLANE.get_or_init(|| Plane::start(assets, Extent::Whole))))
}

/// A control plane without controllers and scheduler, which leaves objects as they are.
pub fn storage() -> Option<&'static Plane> {
    static STORAGE: OnceLock<Result<Plane, String>> = OnceLock::new();
    let assets = assets()?;
    Some(started(STORAGE.get_or_init(|| Plane::start(assets, Extent::Storage))))
}

fn started(plane: &Result<Plane, String>) -> &Plane {
    plane.as_ref().unwrap_or_else(|error| panic!("the control plane did not start: {error}"))
}

fn assets() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let folder = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let missing = match &folder {
        None => "KUBEBUILDER_ASSETS is not set".to_owned(),
        Some(folder) => match PROGRAMS.iter().find(|program| !folder.join(program).is_file()) {
            Some(program) => format!("{} has no {program}", folder.display()),
            None => return Some(fs::canonicalize(folder).expect("a folder that has files in it")),
        },
    };
    let message = format!(
        "the tests against a real control plane were not run: {missing}; export KUBEBUILDER_ASSETS=$(.ci/control-plane/build)"
    );
    assert!(env::var_os("UNSTUCK_REQUIRE_CONTROL_PLANE").is_none(), "{message}");
    SAID.call_once(|| say(&message));
    None
}

/// Says something past the capture of the test runner, which hides what passing tests say.
pub fn say(message: &str) {
    writeln!(std::io::stderr(), "{message}").expect("standard error is open");
}

impl Plane {
    fn start(assets: PathBuf, extent: Extent) -> Result<Self, String> {
        let name = format!("{extent:?}-{}", process::id()).to_lowercase();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        write_keys(&folder);
        let kubelet = kubelet::serve(&folder);
        let etcd = format!("http://127.0.0.1:{}", free_port());
        let server = Server { name: "kube-apiserver".to_owned(), port: free_port(), process: None };
        let mut plane = Plane { assets, folder, etcd, kubelet, server, processes: Vec::new() };
        for user in USERS {
            plane.write_kubeconfig(user, &plane.server);
        }
        plane.processes.push(plane.run("etcd", &plane.etcd_flags()));
        plane.server.process = Some(plane.run_server(&plane.server));
        if extent == Extent::Whole {
            plane.processes.push(plane.run("kube-controller-manager", &plane.controller_flags()));
            plane.processes.push(plane.run("kube-scheduler", &plane.scheduler_flags()));
        }
        rest::block_on(plane.prepare(extent))?;
        Ok(plane)
    }

    fn run(&self, program: &str, arguments: &[String]) -> Process {
        self.run_as(program, program, arguments)
    }

    fn run_as(&self, name: &str, program: &str, arguments: &[String]) -> Process {
        let (program, log) = (self.assets.join(program), self.folder.join(format!("{name}.log")));
        let leftover = (name == "etcd").then_some(self.folder.as_path());
        let start = Start { program: &program, arguments, log: &log, leftover };
        Process::start(&start).unwrap_or_else(|error| panic!("cannot start {name}: {error}"))
    }

    fn etcd_flags(&self) -> Vec<String> {
        let (data, peers) = (self.folder.join("etcd-data"), format!("http://127.0.0.1:{}", free_port()));
        flags(&[
            ("data-dir", &data.display().to_string()),
            ("unsafe-no-fsync", "true"),
            ("listen-client-urls", &self.etcd),
            ("advertise-client-urls", &self.etcd),
            ("listen-peer-urls", &peers),
            ("initial-advertise-peer-urls", &peers),
            ("initial-cluster", &format!("default={peers}")),
        ])
    }

    fn run_server(&self, server: &Server) -> Process {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let arguments = flags(&[
            ("etcd-servers", &self.etcd),
            ("bind-address", "127.0.0.1"),
            ("advertise-address", "127.0.0.1"),
            ("secure-port", &server.port.to_string()),
            ("cert-dir", &file(&format!("{}-certificates", server.name))),
            ("tls-cert-file", &file("certificate.pem")),
            ("tls-private-key-file", &file("key.pem")),
            ("service-account-issuer", "https://kubernetes.default.svc"),
            ("service-account-key-file", &file("certificate.pem")),
            ("service-account-signing-key-file", &file("key.pem")),
            ("service-cluster-ip-range", "10.96.0.0/16"),
            ("token-auth-file", &file("tokens.csv")),
            ("anonymous-auth", "false"),
            ("authorization-mode", "RBAC"),
            ("disable-admission-plugins", "ServiceAccount"),
            ("kubelet-preferred-address-types", "InternalIP"),
        ]);
        self.run_as(&server.name, "kube-apiserver", &arguments)
    }

    fn controller_flags(&self) -> Vec<String> {
        let (kubeconfig, key) = (self.kubeconfig("admin"), self.folder.join("key.pem"));
        flags(&[
            ("kubeconfig", &kubeconfig.display().to_string()),
            ("service-account-private-key-file", &key.display().to_string()),
            ("use-service-account-credentials", "false"),
            ("leader-elect", "false"),
            ("secure-port", "0"),
            ("kube-api-qps", "1000"),
            ("kube-api-burst", "1000"),
            // Nobody renews the leases of the played nodes.
            ("node-monitor-grace-period", "24h"),
        ])
    }

    fn scheduler_flags(&self) -> Vec<String> {
        let kubeconfig = self.kubeconfig("admin").display().to_string();
        flags(&[("kubeconfig", &kubeconfig), ("leader-elect", "false"), ("secure-port", "0")])
    }

    /// A second API server on the same data, which a test may end and start as it likes.
    pub fn second_server(&self, name: &str) -> Server {
        let mut server = Server { name: name.to_owned(), port: free_port(), process: None };
        self.write_kubeconfig(name, &server);
        self.start_server(&mut server);
        server
    }

    /// Starts a second API server again.
    pub fn start_server(&self, server: &mut Server) {
        server.process = Some(self.run_server(server));
    }

    /// The kubeconfig of a user.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder.join(format!("{user}.kubeconfig"))
    }

    fn write_kubeconfig(&self, user: &str, server: &Server) {
        let token = if USERS.contains(&user) { user } else { "admin" };
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "real",
            "contexts": [{"name": "real", "context": {"cluster": "real", "user": user}}],
            "clusters": [{"name": "real", "cluster": {
                "server": format!("https://127.0.0.1:{}", server.port),
                "certificate-authority": self.folder.join("certificate.pem"),
            }}],
            "users": [{"name": user, "user": {"token": format!("token-of-{token}")}}],
        });
        fs::write(self.kubeconfig(user), config.to_string()).expect("the folder can be written");
    }

    /// The client of a user, for the runtime that is current.
    pub async fn client(&self, user: &str) -> Client {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig(user)).expect("a kubeconfig of our own");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        let mut config = config.expect("a kubeconfig of our own");
        // The tests look again at once; the client would wait longer and longer.
        config.default_retry = false;
        Client::try_from(config).expect("a certificate of our own")
    }

    /// Waits for the API server, and makes what all tests share: nodes, and what the users may do.
    async fn prepare(&self, extent: Extent) -> Result<(), String> {
        let client = self.client("admin").await;
        if !self.server.is_ready(&client).await {
            return Err(format!("the API server did not become ready; its log ends with\n{}", self.last_words()));
        }
        if extent == Extent::Storage {
            return Ok(());
        }
        let version = rest::get(&client, "/version").await.map_err(|error| error.to_string())?;
        say(&format!("control plane: Kubernetes {} plays the cases", rest::text(&version["gitVersion"])));
        let shared: Vec<Value> = serde_saphyr::from_multiple(include_str!("shared.yaml")).map_err(|e| e.to_string())?;
        for mut manifest in shared {
            self.answer_for(&mut manifest);
            rest::create(&client, &manifest).await;
        }
        until("the nodes take pods", async || {
            let nodes = rest::get(&client, "/api/v1/nodes").await.ok()?;
            let is_tainted = |node: &Value| node["spec"]["taints"].to_string().contains("node.kubernetes.io");
            (!nodes["items"].as_array()?.iter().any(is_tainted)).then_some(())
        })
        .await;
        Ok(())
    }

    /// Lets the API server ask the played kubelet for the logs of a node.
    pub fn answer_for(&self, manifest: &mut Value) {
        if manifest["kind"] == "Node" {
            manifest["status"]["addresses"] = json!([{"type": "InternalIP", "address": "127.0.0.1"}]);
            manifest["status"]["daemonEndpoints"] = json!({"kubeletEndpoint": {"Port": self.kubelet}});
        }
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.join("kube-apiserver.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Server {
    /// Ends it at once, as a crash would.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Waits until it says that it is ready; false where it ended instead.
    pub async fn is_ready(&self, client: &Client) -> bool {
        let ready = until("the API server is ready", async || {
            let request = Request::get("/readyz").body(Vec::new()).expect("a path makes a request");
            let has_ended = self.process.as_ref().is_none_or(Process::has_ended);
            let says_ok = !has_ended && client.request_text(request).await.is_ok_and(|text| text == "ok");
            (has_ended || says_ok).then_some(says_ok)
        });
        ready.await
    }
}

/// One self-signed certificate for every server of the tests, its key, which also signs service accounts, and the
/// tokens of the users.
fn write_keys(folder: &Path) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("an address can be certified");
    let tokens = USERS.map(|user| {
        let group = if user == "admin" { "system:masters" } else { "tests" };
        format!("token-of-{user},{user},{user},{group}\n")
    });
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("the folder can be written");
    write("certificate.pem", &signed.cert.pem());
    write("key.pem", &signed.signing_key.serialize_pem());
    write("tokens.csv", &tokens.concat());
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    listener.local_addr().expect("a bound listener has an address").port()
}

fn flags(pairs: &[(&str, &str)]) -> Vec<String> {
    pairs.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}
