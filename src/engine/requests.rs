//! What people ask for: looked up, allowed or refused, done in one transaction with the delivery's answer.

use jiff::Timestamp;

use super::{
    Core,
    finish::begin_rollback,
    trouble::Trouble,
    versions::Repository,
    wanted::{Wanted, propose},
};
use crate::{
    domain::{
        deployment::{Entry, Outcome, Past},
        ids::{Actor, DeploymentId, EnvironmentId},
        plan::{self, Kind},
        policy::{Hold, HoldReason, Lock, Origin, foreign_lock},
        reply::{Answered, Done, Refusal, Reply},
        request::{Ask, Reference, Request, Scope},
        rights,
        story::Dropped,
        version::Version,
    },
    store::{Delivery, DeliveryState, ProposalState, Tx},
};

pub(super) mod deploy;
mod people;
mod rollback;
mod run;
mod tick;

/// What was decided about a request, and the transaction in which it was done.
pub(super) struct Decided {
    pub tx: Tx,
    pub reply: Reply,
}

impl Core {
    /// Does what a stored request asks for.
    pub(super) async fn fulfil(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let request: Request =
            serde_json::from_slice(&delivery.body).map_err(|error| Trouble::Broken(format!("not a request: {error}")))?;
        let Decided { tx, reply } = self.decide(&request, delivery).await?;
        self.settle_in(tx, delivery, DeliveryState::Settled, &reply).await?;
        Ok(())
    }

    /// What a request would be answered, with the transaction in which it would be done.
    pub(super) async fn answer(&self, request: &Request, delivery: &Delivery) -> Result<(Tx, Reply), Trouble> {
        let Decided { tx, reply } = self.decide(request, delivery).await?;
        Ok((tx, reply))
    }

    pub(super) async fn decide(&self, request: &Request, delivery: &Delivery) -> Result<Decided, Trouble> {
        if let Some(refusal) = self.beyond(request).await? {
            return self.refuse(refusal).await;
        }
        let actor = &request.actor;
        match &request.ask {
            Ask::Deploy { environment, reference, again, emergency } => {
                let wish =
                    deploy::Wish { reference: reference.as_deref(), again: *again, emergency: emergency.as_deref(), pull_request: None };
                self.deploy(actor, delivery, environment, wish).await
            }
            Ask::Retry { deployment } => self.retry(actor, delivery, *deployment).await,
            Ask::Rollback { environment, to, with_undo, steal } => {
                self.roll_back(actor, delivery, environment, rollback::Wish { to: to.as_deref(), undo: *with_undo, steal: *steal }).await
            }
            Ask::Cancel { deployment, leave } => self.cancel(actor, *deployment, *leave).await,
            Ask::Approve { deployment } => self.approve(actor, *deployment).await,
            Ask::Reject { deployment, reason } => self.reject(actor, *deployment, reason.clone()).await,
            Ask::Lock { scope, reason, until, steal } => self.lock(actor, scope, reason.clone(), *until, *steal).await,
            Ask::Unlock { scope, steal } => self.unlock(actor, scope, *steal).await,
            Ask::Tick { deployment, point, off } => self.tick(actor, *deployment, point, *off).await,
            Ask::Run { application, runbook, undo } => self.run(actor, delivery, (application, runbook), *undo).await,
            Ask::Promote { from, to } => self.promote(actor, delivery, from, to).await,
        }
    }

    /// Why the rights that a request came with do not reach so far. A number's environment never changes.
    async fn beyond(&self, request: &Request) -> Result<Option<Refusal>, Trouble> {
        let environment = match rights::number(&request.ask).filter(|_| !request.rights.is_everything()) {
            Some(id) => self.parts.store.read().await?.environment_of(id).await?,
            None => None,
        };
        Ok(rights::allowed(&request.rights, &request.ask, environment.as_ref()).err())
    }

    pub(super) async fn refuse(&self, refusal: Refusal) -> Result<Decided, Trouble> {
        Ok(Decided { tx: self.parts.store.write().await?, reply: Reply::Refused { refusal } })
    }

    /// Whether there is such an environment, and why not.
    #[expect(clippy::result_large_err, reason = "a refusal is the answer; it is made once a request")]
    fn find(&self, id: &EnvironmentId) -> Result<std::sync::Arc<crate::domain::manifest::Application>, Refusal> {
        let configured = self.parts.catalogue.configured();
        let Some(application) = configured.applications.get(&id.application) else {
            let there_are = configured.applications.keys().map(ToString::to_string).collect();
            return Err(Refusal::NoApplication { name: id.application.to_string(), there_are });
        };
        if application.environments.contains_key(&id.name) {
            return Ok(application.clone());
        }
        let there_are = application.environments.keys().map(ToString::to_string).collect();
        Err(Refusal::NoEnvironment { name: id.name.to_string(), there_are })
    }
}
