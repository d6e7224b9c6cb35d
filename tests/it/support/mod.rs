//! What the scenarios stand on.

use std::sync::atomic::{AtomicU16, Ordering};

pub mod between;
pub mod clock;
pub mod github;
pub mod guard;
pub mod repository;
pub mod site;
pub mod world;

/// Says a figure on standard error, where the last lines of a run show it: tests capture what is printed otherwise.
pub fn figure(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether the long versions of the counted tests are wanted.
pub fn is_long() -> bool {
    std::env::var("BOTADURA_LONG").is_ok_and(|value| value == "1")
}

/// A port that nobody else is given: below those that the system gives to whoever wants any.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 15_000 + u16::try_from(std::process::id() % 8_000).unwrap_or_default();
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::SeqCst) % 8_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
