//! The way to a cluster: connects, lists and watches, follows logs, and turns the API into a stream of changes.

pub mod backoff;
pub mod config;
pub mod credential;
pub mod fault;
pub mod follow;
pub mod groups;
pub mod limiter;
pub mod log;
pub mod news;
pub mod no_proxy;
pub mod raw;
pub mod start;
pub mod transport;
