//! An assessment on paper.

pub mod json;
pub mod text;
