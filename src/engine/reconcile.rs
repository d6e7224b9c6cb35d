//! Looks after what nobody asked about, at the start and on a timer: locks whose time is over, points of checklists that
//! nobody ticked in time.

use std::{sync::Arc, time::Duration};

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
}

impl Reconcile {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl Worker for Reconcile {
    fn name(&self) -> &'static str {
        "reconcile"
    }

    async fn turn(&self) -> Result<Turn> {
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
