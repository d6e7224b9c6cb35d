//! Lets proposals through their gates: decides whenever a fact has changed, and when all gates are open takes the
//! environment's slot.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Core,
    begin::{Gathered, configured, digest},
    trouble::Trouble,
    worker::{Turn, Worker},
};
use crate::{
    domain::{
        deployment::Entry,
        ids::{DeploymentId, RepositoryName},
        plan::Plan,
        policy::{Decision, Verdict},
        release::Reason,
        story::Dropped,
    },
    store::{NewDeployment, Result, Tx},
};

/// Looks at waiting proposals.
pub(super) struct Gatekeeper {
    core: Arc<Core>,
}

impl Gatekeeper {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl Worker for Gatekeeper {
    fn name(&self) -> &'static str {
        "gatekeeper"
    }

    async fn turn(&self) -> Result<Turn> {
        let mut reader = self.core.parts.store.read().await?;
        let due = reader.due_proposals(self.core.parts.clock.now()).await?;
        if due.is_empty() {
            return Ok(Turn::Rest(reader.next_proposal().await?));
        }
        drop(reader);
        for id in due {
            match self.look_at(id).await {
                Ok(()) => {}
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Later(why) | Trouble::Broken(why)) => self.look_again(id, &why).await?,
            }
        }
        Ok(Turn::Worked)
    }
}

impl Gatekeeper {
    /// Git was not to be asked: the proposal waits a little.
    async fn look_again(&self, id: DeploymentId, why: &str) -> Result<()> {
        tracing::warn!(proposal = %id, why, "the proposal is looked at again later");
        let again = self.core.parts.clock.now().saturating_add(std::time::Duration::from_secs(10)).ok();
        let mut tx = self.core.parts.store.write().await?;
        let decision = tx.proposal(id).await?.and_then(|found| found.decision).unwrap_or(Decision { gates: Vec::new() });
        tx.keep_decision(id, &decision, again).await?;
        tx.commit().await
    }

    async fn look_at(&self, id: DeploymentId) -> std::result::Result<(), Trouble> {
        let mut tx = self.core.parts.store.write().await?;
        let Some(gathered) = Gathered::gather(&mut tx, id).await? else { return Ok(()) };
        let Some((application, environment)) = configured(&self.core, &gathered.proposal.environment) else {
            let why = Dropped::Impossible { reason: format!("{} is not configured any more", gathered.proposal.environment) };
            tx.close_proposal(id, &why).await?;
            return Ok(tx.commit().await?);
        };
        let digest = match digest(&application, &gathered.proposal) {
            Ok(digest) => digest,
            Err(reason) => {
                tx.close_proposal(id, &Dropped::Impossible { reason: reason.to_string() }).await?;
                return Ok(tx.commit().await?);
            }
        };
        let decision = gathered.decide(&environment, Some(&digest), tx.now());
        match decision.verdict() {
            Verdict::Refused => {
                tx.close_proposal(id, &Dropped::Expired).await?;
                tx.look_at_proposals(Some(&gathered.proposal.environment)).await?;
                return Ok(tx.commit().await?);
            }
            Verdict::Waiting => {
                tx.keep_decision(id, &decision, decision.look_again()).await?;
                return Ok(tx.commit().await?);
            }
            Verdict::Open => drop(tx),
        }
        let planned = self.core.plan(&application, &gathered.proposal, &gathered.row).await?;
        let repository = self.core.repository_of(&application).await?;
        let mut tx = self.core.parts.store.write().await?;
        // Git took its time: whatever has changed meanwhile is looked at once more before anything begins.
        let Some(again) = Gathered::gather(&mut tx, id).await? else { return Ok(()) };
        let decision = again.decide(&environment, Some(&digest), tx.now());
        let in_force = self.core.parts.catalogue.application(&application.name);
        let is_in_force = in_force.is_some_and(|now| Arc::ptr_eq(&now, &application));
        if decision.verdict() != Verdict::Open || again.row != gathered.row || !is_in_force {
            return Ok(());
        }
        self.begin(&mut tx, (&again, &decision), &repository, planned).await?;
        tx.commit().await?;
        self.core.parts.bells.changed.ring();
        Ok(())
    }

    async fn begin(
        &self,
        tx: &mut Tx,
        (gathered, decision): (&Gathered, &Decision),
        repository: &RepositoryName,
        planned: std::result::Result<Plan, Reason>,
    ) -> Result<()> {
        let proposal = &gathered.proposal;
        let plan = match planned {
            Ok(plan) => plan,
            Err(reason) => {
                tx.close_proposal(proposal.id, &Dropped::Impossible { reason: reason.to_string() }).await?;
                return Ok(());
            }
        };
        tx.begin_proposal(proposal.id, decision).await?;
        tx.set_slot(&proposal.environment, Some(proposal.id)).await?;
        tx.set_hold(&proposal.environment, None).await?;
        tx.begin_deployment(&NewDeployment {
            id: proposal.id,
            environment: &proposal.environment,
            version: proposal.version.as_ref(),
            origin: &proposal.origin,
            repository,
            plan: &plan,
            reverts: None,
        })
        .await?;
        tx.append_unclaimed(proposal.id, &Entry::Begun).await?;
        tx.look_at_proposals(Some(&proposal.environment)).await
    }
}
