//! What people type in a terminal.
//!
//! Everything but `serve`, `demo` and `check` is a client of the running server: it reads the same file, finds the server and its
//! token by it, and can do nothing that the API could not.

mod ambient;
mod arguments;
mod check;
mod client;
mod commands;
pub mod demo;
mod failure;
mod mistakes;
mod serve;
mod table;
mod when;

use std::process::ExitCode;

use clap::Parser;

pub use arguments::{Command, DemoArguments};

/// Reads the arguments, does what they say, and answers how the process ends. Must be called before any runtime is
/// started: each command starts its own, and `supervise` none.
pub fn run() -> ExitCode {
    match arguments::Arguments::try_parse() {
        Ok(arguments) => commands::run(arguments),
        Err(error) => {
            // Where the terminal is gone there is nobody to tell.
            let _ = error.print();
            if error.use_stderr() { failure::CONFIGURATION.into() } else { ExitCode::SUCCESS }
        }
    }
}
