//! Time as an argument.
//!
//! Nobody reads the clock but through [`Clock`]: tests hold it in their hands, and a week of gates takes milliseconds.

use std::{fmt, pin::Pin, sync::Arc};

use jiff::Timestamp;

/// Where the time comes from. Two methods, so that waiting and looking can never disagree.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Completes when `moment` has come (at once, if it lies in the past).
    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// A clock that is handed around.
pub type SharedClock = Arc<dyn Clock>;
