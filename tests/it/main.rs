//! The tests that look at Botadura from outside.

#![expect(clippy::unused_self, reason = "verbs of the world read like verbs")]
#![expect(clippy::disallowed_methods, reason = "the tests are the outside: they start programs, make requests, read the environment")]

mod check;
mod command;
mod directory;
mod emulate;
mod git;
mod github;
mod history;
mod http;
mod payloads;
mod process;
mod questions;
mod scenarios;
mod six;
mod store;
mod support;
mod sweep;
mod web;
