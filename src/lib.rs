//! `unstuck` says why a model deployment on Kubernetes is stuck or failing, quotes the evidence, and gives the fix.
pub mod capture;
pub mod cli;
pub mod cluster;
pub mod demo;
pub mod diagnosis;
pub mod intake;
pub mod redact;
pub mod report;
pub mod session;
pub mod snapshot;
pub mod tui;
