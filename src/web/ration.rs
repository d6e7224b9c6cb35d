//! A log line that a flood cannot multiply.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::clock::SharedClock;

/// The least time between two lines.
const EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Lets one line through now and then, and counts the others.
#[derive(Debug)]
pub(super) struct Ration {
    clock: SharedClock,
    last: Mutex<(Option<Timestamp>, u64)>,
}

impl Ration {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self { clock, last: Mutex::new((None, 0)) }
    }

    /// Whether a line may be written now, and how many were not since the last one.
    pub(super) fn take(&self) -> Option<u64> {
        let now = self.clock.now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.0.is_none_or(|at| now.duration_since(at) >= EVERY);
        if due {
            let kept_back = last.1;
            *last = (Some(now), 0);
            return Some(kept_back);
        }
        last.1 += 1;
        None
    }
}
