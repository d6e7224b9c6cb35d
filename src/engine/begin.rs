//! What is gathered before a proposal is decided, and before it becomes a deployment.

use std::sync::Arc;

use super::{Core, trouble::Trouble, versions::Repository};
use crate::{
    domain::{
        deployment::Past,
        ids::{DeploymentId, EnvironmentId},
        manifest::{Application, Environment, Step},
        plan::{self, Digest, Inputs, Plan},
        policy::{Decision, Facts, Proposal, decide},
        release::Reason,
        version::Sha,
    },
    store::{EnvironmentRow, Result, Tx},
};

/// The digest of what a proposal would do: of its version and every step, whatever is skipped when its time comes.
pub(super) fn digest(application: &Application, proposal: &Proposal) -> std::result::Result<Digest, Reason> {
    let inputs = Inputs {
        application,
        environment: &proposal.environment,
        version: proposal.version.as_ref(),
        actor: &proposal.origin.actor,
        good: None,
        unchanged: std::collections::BTreeSet::new(),
        retried: None,
    };
    Ok(plan::deploy(&inputs)?.digest())
}

impl Core {
    /// The plan of a proposal that is about to begin, from what is known of its environment.
    pub(super) async fn plan(
        &self,
        application: &Application,
        proposal: &Proposal,
        row: &EnvironmentRow,
    ) -> std::result::Result<std::result::Result<Plan, Reason>, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let good = match row.running {
            Some(id) => reader.past(id).await?,
            None => None,
        };
        let retried = match proposal.origin.retries {
            Some(id) => reader.past(id).await?,
            None => None,
        };
        drop(reader);
        let repository = Repository::of(self, &self.repository_of(application).await?);
        let is_certain =
            |step: &Step| !row.uncertain.contains(&step.name) && !step.was.as_ref().is_some_and(|was| row.uncertain.contains(was));
        let unchanged = match good.as_ref().zip(proposal.version.as_ref()) {
            Some((good, version)) => {
                let left = |step: &Step| is_certain(step).then(|| left_at(good, step)).flatten();
                repository.unchanged(application, &version.sha, left).await?
            }
            None => std::collections::BTreeSet::new(),
        };
        Ok(plan::deploy(&Inputs {
            application,
            environment: &proposal.environment,
            version: proposal.version.as_ref(),
            actor: &proposal.origin.actor,
            good: good.as_ref(),
            unchanged,
            retried: retried.as_ref(),
        }))
    }
}

/// The commit at which a step last left something here: its release's own, else the deployment's.
fn left_at(good: &Past, step: &Step) -> Option<Sha> {
    let by_release = good.release(step).and_then(|release| release.details.get("sha")?.parse().ok());
    by_release.or_else(|| good.run(step).and(good.version.as_ref()).map(|version| version.sha.clone()))
}

/// What a decision is made from, read in one transaction.
pub(super) struct Gathered {
    pub proposal: Proposal,
    pub row: EnvironmentRow,
    locks: Vec<crate::domain::policy::Lock>,
    waiting: Vec<Proposal>,
    good_trees: Vec<Sha>,
}

impl Gathered {
    /// None: the proposal does not wait any more.
    pub(super) async fn gather(tx: &mut Tx, id: DeploymentId) -> Result<Option<Self>> {
        let Some(found) = tx.proposal(id).await? else { return Ok(None) };
        if found.state != crate::store::ProposalState::Waiting {
            return Ok(None);
        }
        let environment: EnvironmentId = found.proposal.environment.clone();
        let waiting = tx.waiting(&environment).await?;
        let good = tx.good(&environment, 50).await?;
        Ok(Some(Self {
            row: tx.environment(&environment).await?,
            locks: tx.locks().await?,
            waiting: waiting.into_iter().filter(|other| other.id != id).collect(),
            good_trees: good.into_iter().filter_map(|good| Some(good.version?.tree)).collect(),
            proposal: found.proposal,
        }))
    }

    pub(super) fn decide(&self, environment: &Environment, digest: Option<&Digest>, now: jiff::Timestamp) -> Decision {
        decide(&Facts {
            now,
            proposal: &self.proposal,
            approvals: environment.approvals.as_ref(),
            digest,
            queue: environment.queue,
            locks: &self.locks,
            hold: self.row.hold.as_ref(),
            good_trees: &self.good_trees,
            slot: self.row.slot,
            waiting: &self.waiting,
        })
    }
}

/// An application with the environment that a proposal is for.
pub(super) fn configured(core: &Core, id: &EnvironmentId) -> Option<(Arc<Application>, Environment)> {
    let application = core.parts.catalogue.application(&id.application)?;
    let environment = application.environments.get(&id.name)?.clone();
    Some((application, environment))
}
