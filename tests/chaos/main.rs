//! The real binary, killed, stopped, starved of disk and locked out of its store.
//!
//! How often it is killed: `BOTADURA_KILLS` (default 100; 1,000 with `BOTADURA_LONG=1`). What is random comes from
//! `BOTADURA_SEED`, which is told.

#![expect(clippy::disallowed_methods, reason = "the tests are the outside: they start programs, know real time, read the environment")]

mod disk;
mod kill;
mod locked;
mod reload;
mod server;
mod start;
mod stop;

use std::io::Write as _;

/// Says a figure on standard error, where the last lines of a run show it: tests capture what is printed otherwise.
fn figure(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A small generator of random numbers (xorshift64*): the same seed, the same numbers.
struct Random(u64);

impl Random {
    /// From `BOTADURA_SEED`, or a new seed; it is told either way.
    fn new(what: &str) -> Self {
        let fresh = || u64::from(std::process::id()) << 20 | u64::from(jiff::Timestamp::now().subsec_nanosecond().unsigned_abs());
        let seed = std::env::var("BOTADURA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(fresh);
        figure(&format!("{what}: BOTADURA_SEED={seed}"));
        Self(seed | 1)
    }

    /// Less than `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}
