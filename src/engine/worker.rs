//! The engine's workers and how they rest.
//!
//! A worker takes turns until there is nothing to do, then rests until something wakes it, a time comes, or the server
//! stops. Waking carries no message: every turn looks at the store anew, so a restart, a lost wake-up and a second
//! replica are the same as the normal way.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::clock::SharedClock;

/// How long a worker rests after the store refused.
const TROUBLE: Duration = Duration::from_secs(1);

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Something was done: there may be more.
    Worked,
    /// There is nothing to do before this time, if ever.
    Rest(Option<Timestamp>),
}

/// One of the engine's parts.
#[async_trait]
pub trait Worker: Send + Sync + 'static {
    /// Its name in logs.
    fn name(&self) -> &'static str;
    /// Does the next thing, if there is one.
    async fn turn(&self) -> Result<Turn, crate::store::Error>;
    /// Whether it also wakes when a delivery has arrived.
    fn heeds_arrivals(&self) -> bool {
        false
    }
    /// Completes when something that it began beside its turns has ended. Never, for most.
    async fn stirred(&self) {
        std::future::pending::<()>().await;
    }
    /// Nothing that it began beside its turns is still going on.
    fn is_idle(&self) -> bool {
        true
    }
}

/// Wakes every worker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bell {
    rung: Arc<watch::Sender<u64>>,
}

impl Default for Bell {
    fn default() -> Self {
        Self { rung: Arc::new(watch::Sender::new(0)) }
    }
}

impl Bell {
    /// Something has changed: everybody looks.
    pub fn ring(&self) {
        self.rung.send_modify(|times| *times += 1);
    }

    /// Completes at the next ring after this call.
    pub async fn next(&self) {
        let mut rung = self.rung.subscribe();
        // The sender lives as long as this handle.
        let _ = rung.changed().await;
    }

    /// For somebody who waits for one ring after the other and must not miss one in between.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.rung.subscribe()
    }

    fn times(&self) -> u64 {
        *self.rung.borrow()
    }
}

/// The two bells. Deliveries arrive by the thousand, and wake those alone who deal with them.
#[derive(Debug, Clone, Default)]
pub struct Bells {
    /// Something has changed: everybody looks.
    pub changed: Bell,
    /// A delivery has arrived.
    pub arrived: Bell,
}

/// Where a worker says that it rests, and after which ring of the bell it last looked.
#[derive(Debug, Clone)]
pub struct Rest {
    resting: watch::Receiver<Option<u64>>,
}

/// Waits until every worker rests and has looked since the bell last rang: until nothing is due.
pub async fn settled(bell: &Bell, workers: &[Rest]) {
    bell.ring();
    loop {
        let rung = bell.times();
        for worker in workers {
            let mut resting = worker.resting.clone();
            if resting.wait_for(|looked| looked.is_some_and(|looked| looked >= rung)).await.is_err() {
                return;
            }
        }
        if bell.times() == rung && workers.iter().all(|worker| *worker.resting.borrow() == Some(rung)) {
            return;
        }
    }
}

/// Starts a worker. It ends after the turn during which `stop` is cancelled, and after what it began beside its turns.
pub fn start(worker: Arc<dyn Worker>, bells: &Bells, clock: SharedClock, stop: CancellationToken) -> (Rest, tokio::task::JoinHandle<()>) {
    let (says, resting) = watch::channel(None);
    let bells = bells.clone();
    let handle = tokio::spawn(async move {
        let (mut rung, mut arrived) = (bells.changed.listen(), bells.arrived.listen());
        while !stop.is_cancelled() {
            let seen = *rung.borrow_and_update();
            arrived.borrow_and_update();
            let next = rest_of(&*worker, &clock).await;
            if rung.has_changed().unwrap_or(false) {
                continue;
            }
            if worker.is_idle() {
                says.send_replace(Some(seen));
            }
            tokio::select! {
                _ = rung.changed() => {}
                _ = arrived.changed(), if worker.heeds_arrivals() => {}
                () = worker.stirred() => {}
                () = until(&clock, next) => {}
                () = stop.cancelled() => {}
            }
            says.send_replace(None);
        }
        // What it began beside its turns belongs to it: it has not ended before that has.
        while !worker.is_idle() {
            worker.stirred().await;
        }
    });
    (Rest { resting }, handle)
}

/// Takes turns until there is nothing to do. A store that refuses is tried again.
async fn rest_of(worker: &dyn Worker, clock: &SharedClock) -> Option<Timestamp> {
    loop {
        match worker.turn().await {
            Ok(Turn::Worked) => tokio::task::yield_now().await,
            Ok(Turn::Rest(next)) => return next,
            Err(error) => {
                tracing::error!(worker = worker.name(), %error, "the store refused; trying again");
                return clock.now().saturating_add(TROUBLE).ok();
            }
        }
    }
}

async fn until(clock: &SharedClock, next: Option<Timestamp>) {
    match next {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
