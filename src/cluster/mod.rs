//! The way to a cluster: connects, lists and watches, follows logs, and turns the API into a stream of changes.

pub mod config;
pub mod credential;
pub mod fault;
pub mod limiter;
pub mod no_proxy;
pub mod transport;
pub mod backoff;
pub mod follow;
pub mod news;
pub mod raw;
pub mod log;
pub mod start;
