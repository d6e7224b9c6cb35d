//! `approve`, `reject`, `lock` and `unlock`.

use super::{Actor, Core, Decided, DeploymentId, Done, Dropped, Lock, ProposalState, Refusal, Reply, Scope, Timestamp, Trouble};
use crate::domain::manifest::Approvals;

impl Core {
    pub(super) async fn approve(&self, actor: &Actor, id: DeploymentId) -> Result<Decided, Trouble> {
        // GitHub may be asked, and nothing outside is while a transaction is open.
        let roles = self.roles_of(actor).await;
        let mut tx = self.parts.store.write().await?;
        let refused = |tx, refusal| Ok(Decided { tx, reply: Reply::Refused { refusal } });
        let Some(found) = tx.proposal(id).await? else { return refused(tx, Refusal::NoDeployment { id }) };
        if found.state != ProposalState::Waiting {
            return refused(tx, Refusal::NotWaiting { id });
        }
        let proposal = found.proposal;
        let Some((application, environment)) = crate::engine::begin::configured(self, &proposal.environment) else {
            return refused(tx, Refusal::NotWaiting { id });
        };
        let Some(wanted) = environment.approvals else { return refused(tx, Refusal::NoApprovalNeeded) };
        if let Some(refusal) = may_not(&wanted, &roles, actor, &proposal.origin.actor) {
            return refused(tx, refusal);
        }
        let digest = match crate::engine::begin::digest(&application, &proposal) {
            Ok(digest) => digest,
            Err(reason) => return refused(tx, Refusal::CannotPlan { reason: reason.to_string() }),
        };
        if proposal.approvals.iter().any(|approval| approval.by.is(actor) && approval.digest == digest) {
            return refused(tx, Refusal::ApprovedBefore);
        }
        tx.approve(id, actor, &roles, &digest).await?;
        tx.look_at_proposals(Some(&proposal.environment)).await?;
        Ok(Decided { tx, reply: Reply::Done { done: Done::Approved { id } } })
    }

    pub(super) async fn reject(&self, actor: &Actor, id: DeploymentId, reason: Option<String>) -> Result<Decided, Trouble> {
        let mut tx = self.parts.store.write().await?;
        let reply = match tx.proposal(id).await? {
            None => Reply::Refused { refusal: Refusal::NoDeployment { id } },
            Some(found) if found.state != ProposalState::Waiting => Reply::Refused { refusal: Refusal::NotWaiting { id } },
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
        if let Some(refusal) = self.unknown(scope) {
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
        if let Some(refusal) = self.unknown(scope) {
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

/// Why somebody may not approve.
fn may_not(wanted: &Approvals, roles: &[String], actor: &Actor, requester: &Actor) -> Option<Refusal> {
    if actor.is(requester) && !wanted.allow_requester {
        return Some(Refusal::OwnRequest);
    }
    let fits = wanted.parts.iter().any(|part| part.from.is_empty() || part.from.iter().any(|role| roles.contains(role)));
    (!fits).then(|| Refusal::NotAmong { roles: wanted.parts.iter().flat_map(|part| part.from.clone()).collect() })
}
