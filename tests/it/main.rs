//! The tests that look at Botadura from outside.

mod command;
mod directory;
mod git;
mod http;
mod payloads;
mod process;
mod scenarios;
mod support;
mod sweep;
mod web;
