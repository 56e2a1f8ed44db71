//! How fast and how large the whole program is against a real API server, beside other programs for the same cluster.
//!
//! `cargo bench --profile dev --bench cluster` measures `target/release/unstuck`, or what `UNSTUCK_PROGRAM` names. It
//! needs the binaries of a control plane, as the tests do. `-- serve PODS` only fills a namespace, prints the
//! kubeconfig, and waits, to look at it by hand.

// The bench takes of the tests' control plane what it needs.
#[allow(dead_code)]
#[path = "../../tests/suite/control_plane"]
mod control_plane {
    pub mod etcd;
    pub mod kubelet;
    pub mod plane;
    pub mod process;
    pub mod rest;
}
mod figures;
#[path = "../kernel/mod.rs"]
mod kernel;
mod population;
mod relay;
mod table;
mod terminal;

use std::env;
use std::io::stdin;
use std::path::PathBuf;

use crate::control_plane::plane::{Plane, storage};
use crate::control_plane::rest;
use crate::figures::{Bench, Peer};
use crate::population::Population;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(plane) = storage() else { return };
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", pods] => serve(plane, pods.parse().expect("a number of pods")),
        _ => measure(plane, &arguments),
    }
}

fn serve(plane: &Plane, pods: usize) {
    rest::block_on(Population::of(pods).fill(plane));
    println!(
        "export KUBECONFIG={}\nunstuck -n {}\nEnter ends it.",
        plane.kubeconfig("admin").display(),
        population::NAMESPACE
    );
    let _line = stdin().read_line(&mut String::new());
}

/// A small namespace, then a large one; of the large one also how it is while nothing changes.
fn measure(plane: &Plane, names: &[String]) {
    let program = env::var_os("UNSTUCK_PROGRAM").map_or_else(|| PathBuf::from("target/release/unstuck"), PathBuf::from);
    let Ok(program) = program.canonicalize() else { panic!("no {}: cargo build --release", program.display()) };
    let peers: Vec<Peer> = figures::PEERS.into_iter().filter(Peer::is_installed).collect();
    for pods in [50, 10_000] {
        let population = Population::of(pods);
        if !names.is_empty() && !names.contains(&pods.to_string()) {
            continue;
        }
        rest::block_on(population.fill(plane));
        let bench = Bench { plane, program: &program, population };
        println!("{}", bench.table(&peers));
    }
}
