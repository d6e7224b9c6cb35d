//! What the server writes about itself: one JSON object a line, or plain lines for a person at a terminal.
//!
//! Nothing is logged that could hold a secret: bodies, headers and environments never are, and secrets are types whose
//! `Debug` says `[redacted]`.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Begins to log, once for the process. `filter` is in `tracing`'s syntax (`info`, `botadura=debug`).
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let begun = if std::io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(std::io::stderr).compact()).try_init()
    } else {
        registry.with(fmt::layer().with_writer(std::io::stderr).json().flatten_event(true)).try_init()
    };
    // A second start in one process (tests) keeps the first one's settings.
    drop(begun);
}
