//! What the cluster tells the session.

use std::time::Instant;

use crate::cluster::fault::Fault;
use crate::snapshot::kind::Kind;
use crate::snapshot::{Change, Key, LogKey};

/// How fresh what is known of a kind is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It is being listed for the first time; so many objects came.
    CatchingUp(usize),
    /// Changes come as they happen.
    Live,
    /// The connection is lost since; the old view stands.
    Stale(Instant),
    /// The user may not read it.
    Forbidden,
    /// The server does not have it.
    Absent,
}

/// Something new from the cluster.
#[derive(Debug)]
pub enum News {
    /// Objects changed.
    Changes(Vec<Change>),
    /// How fresh a kind is.
    Fresh(Kind, Freshness),
    /// A log came to its end, or could not be read.
    LogEnded(LogKey),
    /// A config map that was asked for, and what came of it.
    ConfigMap(Key, Option<Change>),
    /// The credentials are no longer accepted.
    SignedOut(Fault),
}
