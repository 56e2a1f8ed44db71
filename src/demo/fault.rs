//! Faults that a test switches on: the demo's server then fails as real ones do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::demo::answer::Refusal;
use crate::demo::resource::Resource;

/// How requests for a kind fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 401: the credentials are no longer accepted.
    Unauthorized,
    /// 403: the user may not read the kind.
    Forbidden,
    /// 404: the server does not have the kind.
    Missing,
    /// 410: the next watch, or one that runs, is told once that its version is too old.
    Gone,
    /// 429, with the seconds that the server asks to wait.
    Busy(u32),
    /// The connection ends in the middle of the answer; watches that run end too.
    Cut,
}

/// A fault that is switched on.
#[derive(Debug)]
pub struct Switched {
    /// The fault.
    pub fault: Fault,
    spent: AtomicBool,
}

impl Switched {
    /// Switches a fault on.
    pub fn new(fault: Fault) -> Switched {
        Switched { fault, spent: AtomicBool::new(false) }
    }

    /// Is this the time for what happens once?
    pub fn take(&self) -> bool {
        !self.spent.swap(true, Ordering::Relaxed)
    }
}

/// The faults that are switched on, by the plural of the kind, or `pods/log`.
pub type Faults = Arc<BTreeMap<String, Arc<Switched>>>;

impl Fault {
    /// How a request is refused; `None` where it fails otherwise.
    pub fn refusal(self, resource: &Resource, part: &str) -> Option<Refusal> {
        let (plural, group) = (format!("{}{part}", resource.plural), &resource.group);
        let verb = if part.is_empty() { "list" } else { "get" };
        Some(match self {
            Fault::Unauthorized => Refusal::new(401, "Unauthorized", "Unauthorized"),
            Fault::Forbidden => {
                let message = format!(
                    r#"{plural} is forbidden: User "demo" cannot {verb} resource "{plural}" in API group "{group}""#
                );
                Refusal::new(403, "Forbidden", message)
            }
            Fault::Missing => Refusal::nowhere(),
            Fault::Busy(seconds) => {
                let busy = Refusal::new(429, "TooManyRequests", "too many requests, please try again later");
                Refusal { retry_after: Some(seconds), ..busy }
            }
            Fault::Gone | Fault::Cut => return None,
        })
    }
}
