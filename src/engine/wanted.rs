//! A version that is to come into an environment: compared with what is there, then proposed or not.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Core, trouble::Trouble, versions::Repository};
use crate::{
    domain::{
        ids::{DeploymentId, EnvironmentId},
        manifest::{Application, Queue},
        plan::Kind,
        policy::{Finding, Gate, Lock, Origin, Proposal, Purpose, Verdict, foreign_lock, superseded},
        reply::Answered,
        version::Version,
    },
    store::{EnvironmentRow, ProposalRow, Tx},
};

/// A version that an environment should consider.
pub(super) struct Wanted {
    pub application: Arc<Application>,
    pub environment: EnvironmentId,
    pub version: Version,
    pub queue: Queue,
    /// By an event that was heard before: what its branch or tag last led to is not done again.
    pub repeated: bool,
}

impl Wanted {
    /// Whether an earlier proposal came by the same branch or tag.
    fn came_like(&self, earlier: &Version) -> bool {
        let (now, then) = (&self.version, earlier);
        now.branch.is_some() && now.branch == then.branch || now.tag.is_some() && now.tag == then.tag
    }
}

/// Among how many earlier proposals the last one of a branch or tag is looked for.
const LOOKED_BACK: i64 = 200;

/// What an environment looked like when a version was compared with what is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    row: EnvironmentRow,
    waiting: Vec<DeploymentId>,
    /// The one that has the same version already.
    joins: Option<DeploymentId>,
    /// The one that nothing differs from in the application's paths.
    same_as: Option<DeploymentId>,
}

impl Compared {
    /// What a person asks for is done whatever the application's `paths` say, and `again` also when it runs there.
    pub(super) fn for_a_person(self, again: bool) -> Self {
        let runs = |id: &DeploymentId| Some(*id) == self.row.running;
        Self { joins: self.joins.filter(|id| !(again && runs(id))), same_as: None, ..self }
    }
}

impl Core {
    /// Compares a version with what is proposed, under way and running in an environment.
    pub(super) async fn compare(&self, repository: &Repository, wanted: &Wanted) -> Result<Compared, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let row = reader.environment(&wanted.environment).await?;
        let waiting = reader.waiting(&wanted.environment).await?;
        let earlier = if wanted.repeated { reader.proposals(&wanted.environment, LOOKED_BACK).await? } else { Vec::new() };
        let earlier = earlier.iter().filter_map(|one| Some((one.id, one.version.as_ref()?)));
        let done = earlier.into_iter().find(|(_, version)| wanted.came_like(version));
        let done = done.filter(|(_, version)| version.sha == wanted.version.sha).map(|(id, _)| id);
        let brings = |proposal: &&Proposal| proposal.purpose == Purpose::Deploy;
        let mut there: Vec<(DeploymentId, Version)> =
            waiting.iter().rev().filter(brings).filter_map(|proposal| Some((proposal.id, proposal.version.clone()?))).collect();
        // Where a target may not be as what runs says, nothing is known to run.
        let runs = row.running.filter(|_| row.uncertain.is_empty());
        for id in [row.slot, runs].into_iter().flatten() {
            let brought = reader.deployment(id).await?.filter(|deployment| deployment.plan.kind != Kind::Runbook);
            there.extend(brought.and_then(|deployment| Some((id, deployment.version?))));
        }
        drop(reader);
        let joins = there.iter().find(|(_, version)| version.sha == wanted.version.sha).map(|(id, _)| *id);
        let joins = joins.or(done);
        let same_as = match there.first().filter(|_| joins.is_none()) {
            Some((id, version)) => {
                let differs = repository.differs(&wanted.application.paths, &version.sha, &wanted.version.sha).await?;
                (!differs).then_some(*id)
            }
            None => None,
        };
        Ok(Compared { row, waiting: waiting.iter().map(|proposal| proposal.id).collect(), joins, same_as })
    }
}

/// Whether something that keeps a proposal waiting would not keep this person's: what keeps triggers back, a lock of
/// their own, a gate that they break open, rights that they have.
fn gets_further(old: &ProposalRow, new: &Origin, row: &EnvironmentRow, locks: &[Lock], now: Timestamp) -> bool {
    let (origin, decision) = (&old.proposal.origin, old.decision.as_ref());
    let is_locked_out = |actor| foreign_lock(locks, &old.proposal.environment, actor, now).is_some();
    let is_kept_back = row.hold.is_some() && origin.automatic;
    let breaks_the_glass = new.emergency.is_some() && origin.emergency.is_none();
    let lacks = |gate: &Gate| matches!(gate.finding, Finding::Rights { .. }) && gate.verdict != Verdict::Open;
    let lacks_rights = decision.is_some_and(|decision| decision.gates.iter().any(lacks));
    let is_stopped = is_kept_back || breaks_the_glass || lacks_rights || is_locked_out(&origin.actor);
    !new.automatic && is_stopped && (!is_locked_out(&new.actor) || is_locked_out(&origin.actor) && breaks_the_glass)
}

/// Proposes a version, or tells why not. None: the environment is not as it was when the version was compared.
pub(super) async fn propose(
    tx: &mut Tx,
    wanted: &Wanted,
    origin: &Origin,
    compared: &Compared,
) -> Result<Option<Answered>, crate::store::Error> {
    let waiting: Vec<Proposal> = tx.waiting(&wanted.environment).await?;
    let now = (tx.environment(&wanted.environment).await?, waiting.iter().map(|proposal| proposal.id).collect::<Vec<_>>());
    if (&now.0, &now.1) != (&compared.row, &compared.waiting) {
        return Ok(None);
    }
    if let Some(id) = compared.joins {
        let is_waiting = waiting.iter().any(|proposal| proposal.id == id);
        if let Some(old) = if is_waiting { tx.proposal(id).await? } else { None } {
            let mut version = old.proposal.version.clone().unwrap_or_else(|| wanted.version.clone());
            version.tag = version.tag.or_else(|| wanted.version.tag.clone());
            version.branch = version.branch.or_else(|| wanted.version.branch.clone());
            tx.join(id, &version).await?;
            if gets_further(&old, origin, &now.0, &tx.locks().await?, tx.now()) {
                tx.adopt(id, origin).await?;
                tx.look_at_proposals(Some(&wanted.environment)).await?;
                return Ok(Some(Answered::Proposed { id, version, supersedes: Vec::new() }));
            }
        }
        return Ok(Some(Answered::Joined { id }));
    }
    if let Some(with) = compared.same_as {
        return Ok(Some(Answered::Unchanged { with }));
    }
    let id = tx.propose(&wanted.environment, Some(&wanted.version), &Purpose::Deploy, origin).await?;
    let supersedes = superseded(wanted.queue, origin, &waiting);
    for old in &supersedes {
        tx.close_proposal(*old, &crate::domain::story::Dropped::Superseded { by: id }).await?;
    }
    Ok(Some(Answered::Proposed { id, version: wanted.version.clone(), supersedes }))
}
