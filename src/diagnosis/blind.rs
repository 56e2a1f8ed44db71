//! What could not be seen, and which diagnoses that hides.

use crate::diagnosis::assessment::BlindSpot;
use crate::diagnosis::catalogue::Catalogue;
use crate::snapshot::Snapshot;

/// The blind spots of a snapshot.
pub fn spots(snapshot: &Snapshot, _catalogue: &Catalogue) -> Vec<BlindSpot> {
    let spot = |unreadable: &crate::snapshot::Unreadable| BlindSpot {
        what: unreadable.what.clone(),
        why: unreadable.why.clone(),
        message: (!unreadable.message.is_empty()).then(|| unreadable.message.clone()),
        hides: Vec::new(),
    };
    snapshot.unreadable.iter().map(spot).collect()
}
