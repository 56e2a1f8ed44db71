//! Takes whatever people paste: says what a text is, and turns it into changes of a snapshot.
//!
//! It reads no file and asks no clock: bytes come from the caller, and ages count from an instant that the text tells.

pub mod aci;
pub mod answers;
pub mod assemble;
pub mod bytes;
pub mod csv;
pub mod describe;
pub mod docker;
pub mod events;
pub mod extent;
pub mod found;
pub mod history;
pub mod listing;
pub mod manifest;
pub mod outline;
pub mod owner;
pub mod paste;
pub mod split;
pub mod stub;
pub mod times;
pub mod wrapped;
