//! Deliveries that did not arrive: at the start and every five minutes GitHub's own list of them is read back to the last
//! one that was seen, and what nobody took is asked for again.
//!
//! What comes late is judged like everything that is late: a push is a hint at the branch's head, and a command is
//! answered and not obeyed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    Core,
    conversation::too_old,
    worker::{Turn, Worker},
};
use crate::{
    domain::ids::DeliveryId,
    github::client::{Error, Hooks, Missed},
    store::Result,
};

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(5);

/// How far behind the newest delivery the list is read again: what was on its way then may have failed since.
const MARGIN: Duration = Duration::from_mins(10);

/// How often one delivery is asked for, by one process.
const TRIES: u32 = 5;

/// How many deliveries are remembered.
const MOST_KNOWN: usize = 100_000;

/// What the place is called up to which the list was read.
const MARK: &str = "github deliveries";

/// Asks again for what did not arrive.
pub(super) struct CatchUp {
    core: Arc<Core>,
    hooks: Arc<dyn Hooks>,
    next: std::sync::Mutex<Option<jiff::Timestamp>>,
    /// How often each was asked for: what is refused every time is not asked for without end.
    asked: std::sync::Mutex<HashMap<String, u32>>,
}

impl CatchUp {
    pub(super) fn new(core: Arc<Core>, hooks: Arc<dyn Hooks>) -> Self {
        Self { core, hooks, next: std::sync::Mutex::default(), asked: std::sync::Mutex::default() }
    }

    /// Whether a delivery that did not arrive is asked for: not what was tried often enough, and no button that somebody
    /// pressed long ago.
    fn is_wanted(&self, one: &Missed, now: jiff::Timestamp) -> bool {
        let is_press = matches!(one.event.as_str(), "check_run requested_action" | "check_run rerequested");
        if is_press && too_old(now, one.first).is_some() {
            return false;
        }
        let mut asked = self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if asked.len() > MOST_KNOWN {
            asked.clear();
        }
        let tries = asked.entry(one.guid.clone()).or_default();
        *tries += 1;
        *tries <= TRIES
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
        for one in missed.into_iter().filter(|one| self.is_wanted(one, now)) {
            if store.read().await?.delivery_line(&DeliveryId(one.guid.clone())).await?.is_some() {
                continue;
            }
            match self.hooks.redeliver(one.attempt).await {
                // Of what GitHub refuses to send again nothing more is to be had.
                Err(Error::Refused { what, .. }) => tracing::warn!(delivery = one.guid, what, "a delivery that did not arrive is lost"),
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
