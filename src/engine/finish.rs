//! A deployment's end, with everything that follows from it in one transaction: the slot, what runs, what is kept back,
//! the rollback that inherits.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Core, metrics::Ended};
use crate::{
    domain::{
        aftermath::{Aftermath, Running, aftermath},
        deployment::{Entry, Outcome, Past, State},
        ids::{Actor, EnvironmentId},
        manifest::{After, Promote},
        plan::{Kind, Plan},
        policy::{Hold, HoldReason, Origin},
        release::Reason,
        version::Version,
    },
    store::{Claim, Deployment, NewDeployment, Promotion, Result, Tx},
};

/// Ends a deployment.
pub(super) async fn finish(core: &Arc<Core>, claim: &Claim, deployment: &Deployment, state: State, outcome: Outcome) -> Result<()> {
    let mut reader = core.parts.store.read().await?;
    let row = reader.environment(&deployment.environment).await?;
    let good = match row.running {
        Some(id) => reader.past(id).await?,
        None => None,
    };
    drop(reader);
    let ended = Past { id: deployment.id, version: deployment.version.clone(), plan: deployment.plan.clone(), state };
    let after = aftermath(&ended, outcome, good.as_ref(), &row.uncertain);
    let after = Aftermath { outcome: by_hand(after.outcome, deployment), ..after };
    let mut tx = core.parts.journal.end(claim, &after.outcome).await?;
    tx.set_uncertain(&deployment.environment, &after.uncertain).await?;
    match after.running {
        Running::This => tx.set_running(&deployment.environment, Some(deployment.id)).await?,
        Running::Nothing => tx.set_running(&deployment.environment, None).await?,
        Running::AsBefore => {}
    }
    if let Some(why) = after.hold {
        keep_back(&mut tx, deployment, why).await?;
    }
    match &after.successor {
        Some(plan) => hand_over(&mut tx, deployment, plan, good.and_then(|good| good.version)).await?,
        // A runbook that ran beside a deployment has no slot to give back.
        None if row.slot == Some(deployment.id) => tx.set_slot(&deployment.environment, None).await?,
        None => {}
    }
    if deployment.plan.kind == Kind::Deploy && after.outcome == Outcome::Succeeded {
        goes_on(core, &mut tx, deployment).await?;
    }
    tx.look_at_application(&deployment.environment.application).await?;
    core.parts.journal.commit(tx).await?;
    core.parts.bells.changed.ring();
    count(core, deployment, &after);
    tidy(core, deployment).await;
    Ok(())
}

/// Where a version goes by itself when it has proved itself here: when its watch is over.
async fn goes_on(core: &Core, tx: &mut Tx, deployment: &Deployment) -> Result<()> {
    let here = &deployment.environment;
    let Some(application) = core.parts.catalogue.application(&here.application).filter(|_| here.instance.is_none()) else { return Ok(()) };
    let watched = application.environments.get(&here.name).and_then(|environment| environment.watch.as_ref());
    let due = tx.now().saturating_add(watched.map_or(Duration::ZERO, |watch| watch.lasts)).unwrap_or(Timestamp::MAX);
    for (name, environment) in &application.environments {
        let by_itself = |after: &After| after.environment == here.name && after.promote == Promote::Automatic;
        if environment.after.as_ref().is_some_and(by_itself) {
            let to = EnvironmentId::new(here.application.clone(), name.clone());
            tx.plan_promotion(&Promotion { from: deployment.id, to, due }).await?;
        }
    }
    Ok(())
}

async fn keep_back(tx: &mut Tx, deployment: &Deployment, why: HoldReason) -> Result<()> {
    let hold = Hold { why, deployment: deployment.id, since: tx.now() };
    tx.set_hold(&deployment.environment, Some(&hold)).await
}

/// The rollback inherits the slot: nobody can come in between.
async fn hand_over(tx: &mut Tx, deployment: &Deployment, plan: &Plan, version: Option<Version>) -> Result<()> {
    let origin = Origin::new(Actor::Botadura, true, deployment.origin.delivery.clone());
    begin_rollback(tx, deployment, plan, version.as_ref(), &origin).await.map(|_| ())
}

/// Begins a rollback of a deployment. The slot must be free, or the deployment's own.
pub(super) async fn begin_rollback(
    tx: &mut Tx,
    reverted: &Deployment,
    plan: &Plan,
    version: Option<&Version>,
    origin: &Origin,
) -> Result<crate::domain::ids::DeploymentId> {
    let id = tx.number().await?;
    tx.begin_deployment(&NewDeployment {
        id,
        environment: &reverted.environment,
        version,
        origin,
        repository: &reverted.repository,
        plan,
        reverts: Some(reverted.id),
    })
    .await?;
    tx.append_unclaimed(id, &Entry::Begun).await?;
    tx.set_slot(&reverted.environment, Some(id)).await?;
    tx.mark_reverted(reverted.id, id).await?;
    Ok(id)
}

/// What somebody can type when a human is needed.
fn by_hand(outcome: Outcome, deployment: &Deployment) -> Outcome {
    let Outcome::NeedsHuman { run, reason, by_hand } = outcome else { return outcome };
    let mut commands = by_hand;
    let environment = &deployment.environment;
    if deployment.plan.kind != Kind::Rollback {
        commands.push(format!("botadura retry {}", deployment.id));
    }
    if matches!(deployment.plan.kind, Kind::Deploy | Kind::Rollback) {
        commands.push(format!("botadura rollback {environment}"));
    }
    commands.push(format!("botadura unlock {environment}"));
    Outcome::NeedsHuman { run, reason: Reason { remedy: reason.remedy.or_else(|| Some(look(deployment))), ..reason }, by_hand: commands }
}

fn look(deployment: &Deployment) -> String {
    format!("see what it did: botadura logs {}", deployment.id)
}

fn count(core: &Core, deployment: &Deployment, after: &Aftermath) {
    let ended = Ended {
        application: deployment.environment.application.to_string(),
        environment: deployment.environment.name.to_string(),
        kind: deployment.plan.kind.word().to_owned(),
        result: after.outcome.word().to_owned(),
    };
    core.parts.metrics.deployments.get_or_create(&ended).inc();
    tracing::info!(deployment = %deployment.id, environment = %deployment.environment, result = after.outcome.word(), "deployment ended");
}

/// The workspace is a cache, and the folders of commands are for finding them again: a deployment that has ended needs
/// neither.
async fn tidy(core: &Core, deployment: &Deployment) {
    let processes = &core.parts.doors.processes;
    if let Err(reason) = processes.forget(&processes.folder(&deployment.id.to_string())).await {
        tracing::warn!(deployment = %deployment.id, %reason, "the folders of its commands were not removed");
    }
    let workspace = core.parts.doors.workspaces.of(deployment.id, deployment.repository.clone(), None, Vec::new());
    if let Err(reason) = workspace.remove().await {
        tracing::warn!(deployment = %deployment.id, %reason, "the workspace was not removed");
    }
}
