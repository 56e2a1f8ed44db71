//! What the program does, seen from outside.
mod architecture;
mod captures;
mod cli;
mod control_plane;
mod corpus;
mod golden;
mod handbook;
mod hostile;
mod journey;
mod pastes;
mod properties;
mod refusals;
mod rules;
mod schema;
mod screens;
mod svg;
mod touched;
