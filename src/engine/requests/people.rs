//! `approve`, `reject`, `lock` and `unlock`.

use super::{Actor, Core, Decided, DeploymentId, Done, Dropped, Lock, ProposalState, Refusal, Reply, Scope, Timestamp, Trouble};
use crate::{
    domain::{
        manifest::{Application, Approvals, Environment},
        policy::{Proposal, Purpose, Seen, deployers, may_ask, wanted_approvals},
    },
    engine::begin,
};

/// Somebody who wants to clear or refuse a proposal, with what is known of them.
struct Approver {
    application: std::sync::Arc<Application>,
    environment: Environment,
    seen: Seen,
}

impl Core {
    pub(super) async fn approve(&self, actor: &Actor, id: DeploymentId) -> Result<Decided, Trouble> {
        let approver = self.approver(actor, id).await?;
        let mut tx = self.parts.store.write().await?;
        let refused = |tx, refusal| Ok(Decided { tx, reply: Reply::Refused { refusal } });
        let Some(found) = tx.proposal(id).await? else { return refused(tx, Refusal::NoDeployment { id }) };
        let Some(approver) = approver.filter(|_| found.state == ProposalState::Waiting) else {
            return refused(tx, Refusal::NotWaiting { id });
        };
        let proposal = found.proposal;
        let (application, roles) = (&approver.application, &approver.seen.roles);
        let Some(wanted) = wanted_approvals(application, &approver.environment, &proposal.purpose) else {
            return refused(tx, Refusal::NoApprovalNeeded);
        };
        if actor.is(&proposal.origin.actor) && !wanted.allow_requester {
            return refused(tx, Refusal::OwnRequest);
        }
        if !approver.clears(wanted, &proposal, actor) {
            return refused(tx, Refusal::NotAmong { roles: approver.among(wanted, &proposal) });
        }
        let digest = match begin::digest(&mut tx, application, &proposal).await? {
            Ok(digest) => digest,
            Err(reason) => return refused(tx, Refusal::CannotPlan { reason: reason.to_string() }),
        };
        if proposal.approvals.iter().any(|approval| approval.by.is(actor) && approval.digest == digest) {
            return refused(tx, Refusal::ApprovedBefore);
        }
        tx.approve(id, actor, roles, &digest).await?;
        tx.look_at_proposals(Some(&proposal.environment)).await?;
        Ok(Decided { tx, reply: Reply::Done { done: Done::Approved { id } } })
    }

    /// What is known of somebody who wants to clear or refuse a proposal; none: its environment is not configured.
    async fn approver(&self, actor: &Actor, id: DeploymentId) -> Result<Option<Approver>, Trouble> {
        let Some(found) = self.parts.store.read().await?.proposal(id).await? else { return Ok(None) };
        let Some((application, environment)) = begin::configured(self, &found.proposal.environment) else { return Ok(None) };
        let seen = self.standing(&self.repository_of(&application).await?, actor).await?;
        Ok(Some(Approver { application, environment, seen }))
    }

    /// Whoever may deploy there may refuse, and whoever could approve.
    pub(super) async fn reject(&self, actor: &Actor, id: DeploymentId, reason: Option<String>) -> Result<Decided, Trouble> {
        let approver = self.approver(actor, id).await?;
        let mut tx = self.parts.store.write().await?;
        let reply = match tx.proposal(id).await? {
            None => Reply::Refused { refusal: Refusal::NoDeployment { id } },
            Some(found) if found.state != ProposalState::Waiting => Reply::Refused { refusal: Refusal::NotWaiting { id } },
            Some(found) if let Some(roles) = approver.and_then(|approver| approver.may_not_reject(&found.proposal, actor)) => {
                Reply::Refused { refusal: Refusal::NotDeployer { roles } }
            }
            Some(found) => {
                tx.close_proposal(id, &Dropped::Rejected { by: actor.clone(), reason }).await?;
                tx.look_at_proposals(Some(&found.proposal.environment)).await?;
                Reply::Done { done: Done::Rejected { id } }
            }
        };
        Ok(Decided { tx, reply })
    }

    pub(super) async fn lock(
        &self,
        actor: &Actor,
        scope: &Scope,
        reason: Option<String>,
        until: Option<Timestamp>,
        steal: bool,
    ) -> Result<Decided, Trouble> {
        if let Some(refusal) = self.closed_to(actor, scope).await? {
            return self.refuse(refusal).await;
        }
        let mut tx = self.parts.store.write().await?;
        let now = tx.now();
        let old = tx.locks().await?.into_iter().find(|lock| lock.scope == *scope && lock.is_live(now) && !lock.owner.is(actor));
        if let Some(lock) = old.clone().filter(|_| !steal) {
            return Ok(Decided { tx, reply: Reply::Refused { refusal: Refusal::Locked { lock } } });
        }
        let lock = Lock { scope: scope.clone(), owner: actor.clone(), reason, since: now, until };
        tx.set_lock(&lock).await?;
        tx.look_at_proposals(None).await?;
        Ok(Decided { tx, reply: Reply::Done { done: Done::Locked { lock, from: old.map(|lock| lock.owner) } } })
    }

    /// Takes the lock of exactly this scope away, and what keeps an environment back.
    pub(super) async fn unlock(&self, actor: &Actor, scope: &Scope, steal: bool) -> Result<Decided, Trouble> {
        if let Some(refusal) = self.closed_to(actor, scope).await? {
            return self.refuse(refusal).await;
        }
        let mut tx = self.parts.store.write().await?;
        let now = tx.now();
        let foreign = tx.locks().await?.into_iter().find(|lock| lock.scope == *scope && lock.is_live(now) && !lock.owner.is(actor));
        if let Some(lock) = foreign.filter(|_| !steal) {
            return Ok(Decided { tx, reply: Reply::Refused { refusal: Refusal::Locked { lock } } });
        }
        let mut anything = tx.remove_lock(scope).await?;
        if let Scope::Environment(id) = scope {
            anything |= tx.environment(id).await?.hold.is_some();
            tx.set_hold(id, None).await?;
        }
        tx.look_at_proposals(None).await?;
        let reply = if anything {
            Reply::Done { done: Done::Unlocked { scope: scope.clone() } }
        } else {
            Reply::Refused { refusal: Refusal::NotLocked { scope: scope.clone() } }
        };
        Ok(Decided { tx, reply })
    }

    /// Why somebody may not lock or unlock there: it is for those who may deploy to all that it covers.
    async fn closed_to(&self, actor: &Actor, scope: &Scope) -> Result<Option<Refusal>, Trouble> {
        if let Some(refusal) = self.unknown(scope) {
            return Ok(Some(refusal));
        }
        for id in self.parts.catalogue.environments().iter().filter(|id| scope.covers(id)) {
            let Some(application) = self.parts.catalogue.application(&id.application) else { continue };
            if let Some(refusal) = self.may_not(&application, id, &Purpose::Deploy, actor).await? {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    fn unknown(&self, scope: &Scope) -> Option<Refusal> {
        match scope {
            Scope::Everything => None,
            Scope::Environment(id) => self.find(id).err(),
            Scope::Application(name) => {
                let configured = self.parts.catalogue.configured();
                let there_are = || configured.applications.keys().map(ToString::to_string).collect();
                (!configured.applications.contains_key(name))
                    .then(|| Refusal::NoApplication { name: name.to_string(), there_are: there_are() })
            }
        }
    }
}

impl Approver {
    fn deployers(&self, proposal: &Proposal) -> &[String] {
        deployers(&self.application, &self.environment, &proposal.purpose)
    }

    /// Whether they can clear a part of the approvals. A part that names no roles is for whoever may deploy there.
    fn clears(&self, wanted: &Approvals, proposal: &Proposal, actor: &Actor) -> bool {
        let has = |role: &String| self.seen.roles.contains(role);
        let deploys = || may_ask(actor, self.deployers(proposal), &self.seen);
        wanted.parts.iter().any(|part| if part.from.is_empty() { deploys() } else { part.from.iter().any(has) })
    }

    /// The roles of which they would need one.
    fn among(&self, wanted: &Approvals, proposal: &Proposal) -> Vec<String> {
        let of = |part: &crate::domain::manifest::ApprovalPart| {
            if part.from.is_empty() { self.deployers(proposal).to_vec() } else { part.from.clone() }
        };
        wanted.parts.iter().flat_map(of).collect()
    }

    /// The roles of which they would need one to refuse a proposal; none: they may.
    fn may_not_reject(&self, proposal: &Proposal, actor: &Actor) -> Option<Vec<String>> {
        let deployers = self.deployers(proposal);
        let wanted = wanted_approvals(&self.application, &self.environment, &proposal.purpose);
        let may = may_ask(actor, deployers, &self.seen) || wanted.is_some_and(|wanted| self.clears(wanted, proposal, actor));
        (!may).then(|| deployers.to_vec())
    }
}
