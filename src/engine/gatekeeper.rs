//! Lets proposals through their gates: decides whenever a fact has changed, and when all gates are open takes the
//! environment's slot.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Core,
    begin::configured,
    gathered::{Gathered, Rules},
    trouble::Trouble,
    worker::{Turn, Worker},
};
use crate::{
    domain::{
        deployment::Entry,
        ids::{DeploymentId, RepositoryName},
        manifest::Application,
        plan::Plan,
        policy::{Decision, Finding, Gate, Proposal, Purpose, Seen, Verdict, wanted_tag},
        release::Reason,
        story::Dropped,
    },
    steps::not_built_in,
    store::{NewDeployment, ProposalState, Result, Tx},
};

/// How often the outside is asked again about what no event tells of.
const OUTSIDE: std::time::Duration = std::time::Duration::from_mins(5);

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
        // What was decided is to be told, and what begins is to be done.
        self.core.parts.bells.changed.ring();
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
        let Some(proposal) = self.core.waiting_proposal(id).await? else { return Ok(()) };
        let Some((application, environment)) = configured(&self.core, &proposal.environment) else {
            let why = Dropped::Impossible { reason: format!("{} is not configured any more", proposal.environment) };
            return self.close(&proposal, &why).await;
        };
        let rules = (&*application, &environment);
        let seen = self.core.seen(rules, &proposal).await?;
        let mut tx = self.core.parts.store.write().await?;
        let Some(proposal) = tagged(&mut tx, proposal, rules, &seen).await? else { return Ok(()) };
        let gathered = self.core.gather(&mut tx, proposal, rules).await?;
        let decision = gathered.decide(rules, &seen, tx.now());
        if let Some(why) = ends(&gathered, &decision) {
            tx.close_proposal(id, &why).await?;
            tx.look_at_proposals(Some(&gathered.proposal.environment)).await?;
            return Ok(tx.commit().await?);
        }
        if decision.verdict() != Verdict::Open {
            let outside = if decision.asks_again() { tx.now().saturating_add(OUTSIDE).ok() } else { None };
            tx.keep_decision(id, &decision, decision.look_again().into_iter().chain(outside).min()).await?;
            return Ok(tx.commit().await?);
        }
        tx.commit().await?;
        let planned = self.core.plan(&application, &gathered.proposal, &gathered.row).await?;
        let repository = self.core.repository_of(&application).await?;
        let mut tx = self.core.parts.store.write().await?;
        // Git took its time: whatever has changed meanwhile is looked at once more before anything begins.
        let Some(found) = tx.proposal(id).await?.filter(|found| found.state == ProposalState::Waiting) else { return Ok(()) };
        let again = self.core.gather(&mut tx, found.proposal, rules).await?;
        let decision = again.decide(rules, &seen, tx.now());
        let unchanged = |one: &Proposal, other: &Proposal| one.version == other.version && one.origin == other.origin;
        let same = again.row == gathered.row && unchanged(&again.proposal, &gathered.proposal);
        let in_force = self.core.parts.catalogue.application(&application.name);
        let is_in_force = in_force.is_some_and(|now| Arc::ptr_eq(&now, &application));
        if decision.verdict() != Verdict::Open || !same || !is_in_force {
            return Ok(());
        }
        self.begin(&mut tx, (&again, &decision), (&application, &repository), planned).await?;
        Ok(tx.commit().await?)
    }

    async fn close(&self, proposal: &Proposal, why: &Dropped) -> std::result::Result<(), Trouble> {
        let mut tx = self.core.parts.store.write().await?;
        tx.close_proposal(proposal.id, why).await?;
        Ok(tx.commit().await?)
    }

    async fn begin(
        &self,
        tx: &mut Tx,
        (gathered, decision): (&Gathered, &Decision),
        (application, repository): (&Application, &RepositoryName),
        planned: std::result::Result<Plan, Reason>,
    ) -> Result<()> {
        let proposal = &gathered.proposal;
        let beside = is_concurrent(application, proposal);
        // Half of a plan is not begun: what this server cannot do is found before anything is done.
        let possible = planned.and_then(|plan| match plan.not_built_in().first() {
            Some(kind) => Err(not_built_in(kind)),
            None => Ok(plan),
        });
        let plan = match possible {
            Ok(plan) => plan,
            Err(reason) => {
                tx.close_proposal(proposal.id, &Dropped::Impossible { reason: reason.to_string() }).await?;
                return Ok(());
            }
        };
        tx.begin_proposal(proposal.id, decision).await?;
        if !beside {
            tx.set_slot(&proposal.environment, Some(proposal.id)).await?;
        }
        if proposal.purpose == Purpose::Deploy {
            tx.set_hold(&proposal.environment, None).await?;
        }
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
        tx.look_at_application(&proposal.environment.application).await
    }
}

/// Whether a proposal runs beside whatever is in the slot.
pub(super) fn is_concurrent(application: &Application, proposal: &Proposal) -> bool {
    match &proposal.purpose {
        Purpose::Run { runbook, .. } => application.runbooks.get(runbook).is_some_and(|runbook| runbook.concurrent),
        Purpose::Deploy | Purpose::Remove => false,
    }
}

/// The proposal as it stands in this transaction, with the tag that it was waiting for: that belongs to the version from
/// now on. None: it is not what the outside was asked about any more, and is looked at again.
async fn tagged(tx: &mut Tx, asked_about: Proposal, rules: Rules<'_>, seen: &Seen) -> Result<Option<Proposal>> {
    let found = tx.proposal(asked_about.id).await?.filter(|found| found.state == ProposalState::Waiting);
    // Whose rights were asked about counts too: somebody else may have made it their wish meanwhile.
    let is_it = |proposal: &Proposal| proposal.version == asked_about.version && proposal.origin == asked_about.origin;
    let Some(mut proposal) = found.map(|found| found.proposal).filter(is_it) else {
        return Ok(None);
    };
    if let (Some(patterns), Some(version)) = (&rules.1.require_tag, &mut proposal.version)
        && let Some(tag) = wanted_tag(patterns, version, &seen.tags)
        && version.tag.as_ref() != Some(&tag)
    {
        version.tag = Some(tag);
        tx.join(proposal.id, version).await?;
    }
    Ok(Some(proposal))
}

/// Why a proposal ends here: a gate that never opens for it, or nothing that could be done. What still waits for the tag
/// that its steps speak of cannot be planned before it has it.
fn ends(gathered: &Gathered, decision: &Decision) -> Option<Dropped> {
    if let Some(gate) = decision.refused() {
        return Some(match gate.finding {
            Finding::ApprovalExpired { .. } => Dropped::Expired,
            _ => Dropped::Refused { gate: Box::new(gate.clone()) },
        });
    }
    let untagged = |gate: &Gate| matches!(gate.finding, Finding::Tagged { tag: None, .. }) && gate.verdict == Verdict::Waiting;
    let reason = gathered.digest.as_ref().err().filter(|_| !decision.gates.iter().any(untagged))?;
    Some(Dropped::Impossible { reason: reason.to_string() })
}
