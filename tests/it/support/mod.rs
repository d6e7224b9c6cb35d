//! What the scenarios stand on.

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
