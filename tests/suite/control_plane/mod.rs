//! The program against a real Kubernetes: etcd, API server, controllers and scheduler run for real, the node is played.
//!
//! Runs where `KUBEBUILDER_ASSETS` names the folder of the binaries; elsewhere it says so and passes, unless
//! `UNSTUCK_REQUIRE_CONTROL_PLANE` is set.

mod access;
mod etcd;
mod kubelet;
mod namespace;
mod node;
pub mod plane;
mod process;
mod program;
mod rest;

mod absences;
mod captures;
mod logs;
mod permissions;
mod replicas;
mod returns;
mod rollouts;
mod scheduling;
mod waits;
