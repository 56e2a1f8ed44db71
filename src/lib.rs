//! `unstuck` says why a model deployment on Kubernetes is stuck or failing, quotes the evidence, and gives the fix.
pub mod snapshot;
pub mod diagnosis;
pub mod cli;
pub mod report;
pub mod capture;
pub mod cluster;
pub mod session;
pub mod tui;
