//! What a decision is made from: the proposal and what the store knows, read in one transaction. What must be looked up
//! outside comes from `seen`.

use std::collections::BTreeSet;

use super::{Core, begin::digest, trouble::Trouble};
use crate::{
    domain::{
        deployment::{Past, Status},
        ids::{DeploymentId, EnvironmentId, StepName},
        manifest::{After, Application, Environment, Satisfied},
        plan::{Digest, Phase},
        policy::{Decision, Facts, Known, Passage, Proposal, Purpose, Seen, decide, stays},
        release::Reason,
        version::Version,
    },
    store::{EnvironmentRow, ProposalState, Result, Summary, Tx},
};

/// How far back an environment's history is looked at.
const LOOKED_BACK: i64 = 100;

/// The rules that a proposal is decided by.
pub(super) type Rules<'a> = (&'a Application, &'a Environment);

/// What a decision is made from, read in one transaction.
pub(super) struct Gathered {
    pub proposal: Proposal,
    pub row: EnvironmentRow,
    /// What would be done, or why nothing can be.
    pub digest: std::result::Result<Digest, Reason>,
    known: Known,
}

impl Core {
    /// A proposal that waits; none: it does not any more.
    pub(super) async fn waiting_proposal(&self, id: DeploymentId) -> Result<Option<Proposal>> {
        let found = self.parts.store.read().await?.proposal(id).await?;
        Ok(found.filter(|found| found.state == ProposalState::Waiting).map(|found| found.proposal))
    }

    /// Everything about a proposal, whether it is in the store or only thought of.
    pub(super) async fn gather(&self, tx: &mut Tx, proposal: Proposal, rules: Rules<'_>) -> std::result::Result<Gathered, Trouble> {
        let environment: EnvironmentId = proposal.environment.clone();
        let row = tx.environment(&environment).await?;
        let waiting = tx.waiting(&environment).await?;
        let good = tx.good(&environment, 50).await?;
        let mut known = Known {
            locks: tx.locks().await?,
            hold: row.hold.clone(),
            good_trees: good.into_iter().filter_map(|good| Some(good.version?.tree)).collect(),
            slot: row.slot,
            waiting: waiting.into_iter().filter(|other| other.id != proposal.id).collect(),
            ..Known::default()
        };
        known.earlier = tx.carriers(&environment, proposal.id).await?;
        if let Some(version) = proposal.version.as_ref().filter(|_| proposal.purpose == Purpose::Deploy) {
            elsewhere(tx, &environment, version, rules, &mut known).await?;
        }
        let digest = digest(tx, rules.0, &proposal).await?;
        Ok(Gathered { proposal, row, digest, known })
    }
}

impl Gathered {
    /// All gates, as they are now.
    pub(super) fn decide(&self, (application, environment): Rules<'_>, seen: &Seen, now: jiff::Timestamp) -> Decision {
        let digest = self.digest.as_ref().ok();
        decide(&Facts { now, proposal: &self.proposal, application, environment, digest, known: &self.known, seen })
    }
}

/// What is known of the version beside the environment itself: where it must have been before, and what was ticked.
async fn elsewhere(tx: &mut Tx, here: &EnvironmentId, version: &Version, (application, rules): Rules<'_>, known: &mut Known) -> Result<()> {
    let after = rules.after.as_ref();
    let there = after.map(|after| EnvironmentId::new(here.application.clone(), after.environment.clone()));
    if let Some(there) = &there {
        known.stays = stays(&passages(tx, there).await?);
    }
    for environment in std::iter::once(here).chain(&there) {
        known.ticks.extend(tx.ticks(environment, version).await?);
        if asks_for_steps(application, rules, after) {
            known.done.extend(done(tx, environment, version).await?);
        }
    }
    Ok(())
}

/// An environment's history, as far as it says what ran there. What ended well needs no closer look; of the others it
/// matters whether they touched anything.
async fn passages(tx: &mut Tx, environment: &EnvironmentId) -> Result<Vec<Passage>> {
    let mut passages = Vec::new();
    for one in tx.history(Some(environment), LOOKED_BACK).await? {
        let succeeded = one.ended_at.filter(|_| one.result.as_deref() == Some("succeeded"));
        let touched = match succeeded {
            Some(_) => false,
            None => tx.past(one.id).await?.is_some_and(|past| !past.touched().is_empty()),
        };
        passages.extend(passage(one, succeeded, touched));
    }
    Ok(passages)
}

/// A runbook brings nothing, and takes nothing away.
fn passage(one: Summary, succeeded: Option<jiff::Timestamp>, touched: bool) -> Option<Passage> {
    (one.kind != "runbook").then(|| Passage {
        id: one.id,
        version: one.version.filter(|_| one.kind != "removal"),
        begun: one.begun_at,
        succeeded,
        touched,
        rollback: one.reverts.is_some(),
        reverted_by: one.reverted_by,
    })
}

/// Whether a point of a checklist is satisfied by a step.
fn asks_for_steps(application: &Application, rules: &Environment, after: Option<&After>) -> bool {
    let leaving = after.filter(|after| after.checklist).and_then(|after| application.environments.get(&after.environment));
    let points = rules.checklist.before.iter().chain(leaving.into_iter().flat_map(|there| &there.checklist.leaving));
    points.into_iter().any(|point| matches!(point.satisfied_by, Some(Satisfied::Step(_))))
}

/// The steps that were done for a version in an environment.
async fn done(tx: &mut Tx, environment: &EnvironmentId, version: &Version) -> Result<BTreeSet<StepName>> {
    let mut steps = BTreeSet::new();
    let is_it = |other: &Version| other.sha == version.sha || other.tree == version.tree;
    for one in tx.history(Some(environment), LOOKED_BACK).await? {
        if one.kind == "deploy"
            && one.version.as_ref().is_some_and(is_it)
            && let Some(past) = tx.past(one.id).await?
        {
            steps.extend(done_in(&past));
        }
    }
    Ok(steps)
}

fn done_in(past: &Past) -> impl Iterator<Item = StepName> {
    let done = |place: usize| matches!(past.state.runs[place].status, Status::Done { .. });
    past.plan.of(Phase::Forward).filter(move |(place, _)| done(*place)).map(|(_, run)| run.step.name.clone())
}
