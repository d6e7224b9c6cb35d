//! Deliveries that did not arrive: at the start and every five minutes GitHub's own list of them is read back to the last
//! one that was seen, and what nobody took is asked for again.
//!
//! What comes late is judged like everything that is late: a push is a hint at the branch's head, and a command is
//! answered and not obeyed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    Core,
    worker::{Turn, Worker},
};
use crate::{domain::ids::DeliveryId, github::client::Hooks, store::Result};

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(5);

/// How far behind the newest delivery the list is read again: what was on its way then may have failed since.
const MARGIN: Duration = Duration::from_mins(10);

/// What the place is called up to which the list was read.
const MARK: &str = "github deliveries";

/// Asks again for what did not arrive.
pub(super) struct CatchUp {
    core: Arc<Core>,
    hooks: Arc<dyn Hooks>,
    next: std::sync::Mutex<Option<jiff::Timestamp>>,
}

impl CatchUp {
    pub(super) fn new(core: Arc<Core>, hooks: Arc<dyn Hooks>) -> Self {
        Self { core, hooks, next: std::sync::Mutex::default() }
    }

    fn next(&self) -> std::sync::MutexGuard<'_, Option<jiff::Timestamp>> {
        self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Worker for CatchUp {
    fn name(&self) -> &'static str {
        "missed deliveries"
    }

    async fn turn(&self) -> Result<Turn> {
        let store = &self.core.parts.store;
        let now = self.core.parts.clock.now();
        let due = *self.next();
        if let Some(due) = due.filter(|due| *due > now) {
            return Ok(Turn::Rest(Some(due)));
        }
        *self.next() = now.saturating_add(EVERY).ok();
        let known = store.read().await?.schedule(MARK).await?;
        // What was sent before this server was there was not sent to it.
        let Some(since) = known else {
            let mut tx = store.write().await?;
            tx.answered_schedule(MARK, now).await?;
            tx.commit().await?;
            return Ok(Turn::Worked);
        };
        let since = since.saturating_sub(MARGIN).unwrap_or(jiff::Timestamp::MIN);
        let (missed, newest) = match self.hooks.missed(since).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "GitHub does not say which deliveries did not arrive; it is asked again");
                return Ok(Turn::Worked);
            }
        };
        let mut all_asked = true;
        for one in missed {
            if store.read().await?.delivery_line(&DeliveryId(one.guid.clone())).await?.is_some() {
                continue;
            }
            match self.hooks.redeliver(one.attempt).await {
                Ok(()) => tracing::info!(delivery = one.guid, "a delivery that did not arrive is asked for again"),
                Err(error) => {
                    all_asked = false;
                    tracing::warn!(delivery = one.guid, %error, "a delivery that did not arrive cannot be asked for");
                }
            }
        }
        if let Some(newest) = newest.filter(|_| all_asked) {
            let mut tx = store.write().await?;
            tx.answered_schedule(MARK, newest).await?;
            tx.commit().await?;
        }
        Ok(Turn::Worked)
    }
}
