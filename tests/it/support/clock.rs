//! Time in our hands: it stands still until a test moves it.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use botadura::domain::clock::Clock;
use jiff::Timestamp;
use tokio::sync::watch;

/// A clock that a test moves.
#[derive(Clone)]
pub struct Hand {
    now: Arc<Mutex<watch::Sender<Timestamp>>>,
}

impl Hand {
    /// Tuesday, 3 March 2026, 09:00 UTC.
    pub fn new() -> Self {
        let start = "2026-03-03T09:00:00Z".parse().expect("a time");
        Self { now: Arc::new(Mutex::new(watch::Sender::new(start))) }
    }

    /// Moves it on.
    pub fn advance(&self, by: std::time::Duration) {
        let sender = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        sender.send_modify(|now| *now = now.saturating_add(by).expect("a time in range"));
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hand({})", self.now())
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner).borrow()
    }

    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner).subscribe();
        Box::pin(async move {
            if now.wait_for(|now| *now >= moment).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
