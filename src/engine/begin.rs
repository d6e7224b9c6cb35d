//! What a proposal would do: its digest before it is decided, its plan before it becomes a deployment.

use std::sync::Arc;

use super::{Core, trouble::Trouble, versions::Repository};
use crate::{
    domain::{
        deployment::Past,
        ids::{EnvironmentId, RunbookName},
        manifest::{Application, Environment, Step},
        plan::{self, Digest, Inputs, Plan, Work},
        policy::{Proposal, Purpose},
        release::Reason,
        version::{Sha, Version},
    },
    store::{EnvironmentRow, Reader, Result, Tx},
};

/// The digest of what a proposal would do: of its version and every step, whatever is skipped when its time comes, and
/// of what it takes over from the deployment that it tries again.
pub(super) async fn digest(tx: &mut Tx, application: &Application, proposal: &Proposal) -> Result<std::result::Result<Digest, Reason>> {
    if let Purpose::Run { runbook, .. } = &proposal.purpose {
        return Ok(plan::runbook(&work(application, runbook, proposal)).map(|plan| plan.digest()));
    }
    let retried = match proposal.origin.retries {
        Some(id) => tx.past(id).await?,
        None => None,
    };
    let promoted = match promoted_from(application, proposal) {
        Some((there, version)) => tx.proved(&there, version).await?,
        None => None,
    };
    let promoted = match promoted {
        Some(id) => tx.past(id).await?,
        None => None,
    };
    let inputs = Inputs {
        application,
        environment: &proposal.environment,
        version: proposal.version.as_ref(),
        actor: &proposal.origin.actor,
        good: None,
        unchanged: std::collections::BTreeSet::new(),
        retried: retried.as_ref(),
        promoted: promoted.as_ref(),
    };
    Ok(plan::deploy(&inputs).map(|plan| plan.digest()))
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
        match &proposal.purpose {
            Purpose::Deploy => {}
            Purpose::Run { runbook, undo: false } => return Ok(plan::runbook(&work(application, runbook, proposal))),
            Purpose::Run { runbook, undo: true } => return Ok(undone(&mut reader, proposal, runbook).await?),
            Purpose::Remove => return Ok(removal(&mut reader, proposal).await?),
        }
        let good = match row.running {
            Some(id) => reader.past(id).await?,
            None => None,
        };
        let retried = match proposal.origin.retries {
            Some(id) => reader.past(id).await?,
            None => None,
        };
        let promoted = match promoted_from(application, proposal) {
            Some((there, version)) => reader.proved(&there, version).await?,
            None => None,
        };
        let promoted = match promoted {
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
            promoted: promoted.as_ref(),
        }))
    }
}

/// Where a version had to be before, if it had to be somewhere: what was built for it there need not be built again.
fn promoted_from<'a>(application: &Application, proposal: &'a Proposal) -> Option<(EnvironmentId, &'a Version)> {
    let after = application.environments.get(&proposal.environment.name)?.after.as_ref()?;
    let there = EnvironmentId::new(application.name.clone(), after.environment.clone());
    Some((there, proposal.version.as_ref()?))
}

fn work<'a>(application: &'a Application, runbook: &'a RunbookName, proposal: &'a Proposal) -> Work<'a> {
    Work { application, runbook, version: proposal.version.as_ref(), actor: &proposal.origin.actor }
}

/// What takes the last run of a runbook back.
async fn undone(reader: &mut Reader, proposal: &Proposal, runbook: &RunbookName) -> Result<std::result::Result<Plan, Reason>> {
    let past = match reader.last_run(&proposal.environment, runbook).await? {
        Some(last) => reader.past(last.id).await?,
        None => None,
    };
    let plan = past.and_then(|past| plan::undone(runbook, &past));
    Ok(plan.ok_or_else(|| Reason::new(format!("the last run of {runbook} did nothing that can be taken back"))))
}

/// What takes away everything that the newest deployment left.
async fn removal(reader: &mut Reader, proposal: &Proposal) -> Result<std::result::Result<Plan, Reason>> {
    let past = match reader.newest(&proposal.environment).await? {
        Some(newest) => reader.past(newest.id).await?,
        None => None,
    };
    let plan = past.as_ref().and_then(plan::removal);
    Ok(plan.ok_or_else(|| Reason::new(format!("nothing is left in {}", proposal.environment))))
}

/// The commit at which a step last left something here: its release's own, else the deployment's.
fn left_at(good: &Past, step: &Step) -> Option<Sha> {
    let by_release = good.release(step).and_then(|release| release.details.get("sha")?.parse().ok());
    by_release.or_else(|| good.run(step).and(good.version.as_ref()).map(|version| version.sha.clone()))
}

/// An application with the environment that a proposal is for.
pub(super) fn configured(core: &Core, id: &EnvironmentId) -> Option<(Arc<Application>, Environment)> {
    let application = core.parts.catalogue.application(&id.application)?;
    let environment = application.environments.get(&id.name)?.clone();
    Some((application, environment))
}
