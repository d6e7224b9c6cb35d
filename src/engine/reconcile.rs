//! Looks after what nobody asked about, at the start and on a timer: locks whose time is over, points of checklists that
//! nobody ticked in time, and what waits when other files are in force.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{
    Core,
    worker::{Turn, Worker},
};
use crate::store::Result;

/// How often it looks when nothing is known to be due.
const EVERY: Duration = Duration::from_mins(1);

/// Looks after what nobody asked about. It takes no input, so a missed wake-up is made good by the next tick.
pub(super) struct Reconcile {
    core: Arc<Core>,
    /// The files by which what waits was looked at last. At the start they may be others than those of the last server.
    looked: AtomicU64,
}

impl Reconcile {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core, looked: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Worker for Reconcile {
    fn name(&self) -> &'static str {
        "reconcile"
    }

    async fn turn(&self) -> Result<Turn> {
        let generation = self.core.parts.catalogue.generation();
        if self.looked.load(Ordering::SeqCst) != generation {
            let mut tx = self.core.parts.store.write().await?;
            tx.look_at_proposals(None).await?;
            tx.commit().await?;
            self.looked.store(generation, Ordering::SeqCst);
            self.core.parts.bells.changed.ring();
            return Ok(Turn::Worked);
        }
        let now = self.core.parts.clock.now();
        let locks = self.core.parts.store.read().await?.locks().await?;
        if locks.iter().any(|lock| !lock.is_live(now)) {
            let mut tx = self.core.parts.store.write().await?;
            tx.expire_locks(now).await?;
            tx.look_at_proposals(None).await?;
            tx.commit().await?;
            self.core.parts.bells.changed.ring();
            return Ok(Turn::Worked);
        }
        let Some(points) = self.core.look_afterwards(now).await? else { return Ok(Turn::Worked) };
        let next = locks.iter().filter_map(|lock| lock.until).chain(points);
        let tick = now.saturating_add(EVERY).ok();
        Ok(Turn::Rest(next.chain(tick).min()))
    }
}
