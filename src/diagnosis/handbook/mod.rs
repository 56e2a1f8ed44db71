//! What people read about the rules: the page of each, the guide to writing one, and the schema for editors.

pub mod page;
pub mod readme;
pub mod schema;
pub mod skeleton;
