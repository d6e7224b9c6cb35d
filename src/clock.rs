//! The system's clock: the only place that reads it.

use std::pin::Pin;

use jiff::Timestamp;

use crate::domain::clock::Clock;

/// The longest sleep between two looks at the clock, so that a clock which was set forward is noticed.
const LOOK: std::time::Duration = std::time::Duration::from_secs(30);

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "everybody else asks this one")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "everybody else asks this one")]
    fn sleep_until(&self, moment: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            loop {
                let left = std::time::Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default();
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(LOOK)).await;
            }
        })
    }
}
