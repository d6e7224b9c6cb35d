//! Buttons of check runs: what each asks for, in the name of whoever pressed it.
//!
//! GitHub tells who that was, and which run it is by the mark that we gave it. A mark of another server, or of a deployment
//! of another repository, means nothing.

use super::{Core, conversation::too_old, intake::Reached, requests::Decided, trouble::Trouble};
use crate::{
    domain::{
        event::{Button, Event},
        ids::{Actor, DeploymentId, EnvironmentId},
        reply::{Refusal, Reply},
        request::{Ask, Request},
        rights::Rights,
    },
    store::{Delivery, Tx},
};

impl Core {
    /// What a pressed button is answered, with the transaction in which that is done.
    pub(super) async fn press(
        &self,
        event: &Event,
        (mark, button): (&str, Button),
        delivery: &Delivery,
        (reached, repeated): (&Reached, bool),
    ) -> Result<(Tx, Reply), Trouble> {
        if repeated {
            return self.closed("this button was pressed before").await;
        }
        if too_old(self.parts.clock.now(), delivery.received_at).is_some() {
            return self.closed("the button was pressed too long ago").await;
        }
        if !matches!(event.actor, Actor::Person(_)) {
            return self.closed("a program pressed the button; only people do").await;
        }
        let Some(id) = self.marked(mark) else { return self.closed("the check run is not one of this server's").await };
        let environment = self.parts.store.read().await?.environment_of(id).await?;
        let own = environment.filter(|id| reached.hearings.iter().any(|application| application.name == id.application));
        let Some(environment) = own else { return self.closed("the check run is not about this repository's applications").await };
        let ask = match self.meant_by(button, id, environment).await? {
            Ok(ask) => ask,
            Err(refusal) => return Ok((self.parts.store.write().await?, Reply::Refused { refusal })),
        };
        let request = Request { actor: event.actor.clone(), ask, rights: Rights::Everything };
        let Decided { mut tx, reply } = self.decide(&request, delivery).await?;
        // Whoever may not today may perhaps tomorrow.
        if let Some(key) = event.semantic_key().filter(|_| !matches!(reply, Reply::Refused { .. })) {
            tx.first_sight(&key, &delivery.id).await?;
        }
        Ok((tx, reply))
    }

    /// The deployment that a mark of ours is about.
    fn marked(&self, mark: &str) -> Option<DeploymentId> {
        let rest = mark.strip_prefix("botadura ")?.strip_prefix(self.parts.store.instance())?.strip_prefix(' ')?;
        rest.split(' ').next()?.parse().ok().filter(|number| *number > 0).map(DeploymentId)
    }

    /// What a button asks for. What does not run any more cannot be rolled back by its own button: another would be hit.
    async fn meant_by(&self, button: Button, id: DeploymentId, environment: EnvironmentId) -> Result<Result<Ask, Refusal>, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let again = |environment, sha: String| Ask::Deploy { environment, reference: Some(sha), again: true, emergency: None };
        Ok(Ok(match button {
            Button::Approve => Ask::Approve { deployment: id },
            Button::Reject => Ask::Reject { deployment: id, reason: None },
            Button::Retry => Ask::Retry { deployment: id },
            Button::Rollback => {
                let row = reader.environment(&environment).await?;
                let is_last = reader.newest(&environment).await?.is_some_and(|newest| newest.id == id);
                let left_something = !row.uncertain.is_empty() && is_last;
                if row.slot.is_some() || (row.running != Some(id) && !left_something) {
                    return Ok(Err(Refusal::NotRunning { id }));
                }
                Ask::Rollback { environment, to: None, with_undo: false, steal: false }
            }
            Button::Again => match reader.summary(id).await? {
                None => return Ok(Err(Refusal::NotFailed { id })),
                Some(found) if found.ended_at.is_none() => return Ok(Err(Refusal::NotFailed { id })),
                Some(found) => match (found.result.as_deref(), found.version) {
                    (Some("succeeded"), Some(version)) => again(environment, version.sha.to_string()),
                    _ => Ask::Retry { deployment: id },
                },
            },
        }))
    }
}
