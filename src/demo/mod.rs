//! A cluster for trying things out: an API server in this process, on loopback, that plays captures of real failures.
//! The rest of the program meets it as it meets any cluster, over HTTP.

pub mod answer;
pub mod discovery;
pub mod fault;
pub mod handle;
pub mod kubeconfig;
pub mod logs;
pub mod pack;
pub mod play;
pub mod protobuf;
pub mod read;
pub mod rename;
pub mod request;
pub mod resource;
pub mod scenario;
pub mod selector;
pub mod server;
pub mod stamp;
pub mod table;
pub mod tempo;
pub mod watch;
pub mod world;
