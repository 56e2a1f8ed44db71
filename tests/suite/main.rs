//! What the program does, seen from outside.
mod control_plane;
