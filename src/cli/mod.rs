//! What people type in a terminal.

pub mod demo;
