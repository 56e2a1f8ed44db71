//! An assessment on paper.

pub mod headline;
pub mod json;
pub mod markdown;
pub mod phrases;
pub mod since;
pub mod text;
