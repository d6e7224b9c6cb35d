//! `rollback`: by command, to the last good version or a named one.

use super::{
    Actor, Core, Decided, Delivery, Done, EnvironmentId, Hold, HoldReason, Kind, Origin, Past, Refusal, Reply, Trouble, begin_rollback,
    deploy::{Stop, stop},
    foreign_lock, plan,
};
use crate::{
    domain::{plan::PlannedOp, policy::Purpose},
    store::{Deployment, EnvironmentRow, Reader, Summary},
};

/// How somebody wants to go back.
pub(super) struct Wish<'a> {
    pub to: Option<&'a str>,
    pub undo: bool,
    pub steal: bool,
}

impl Core {
    pub(super) async fn roll_back(
        &self,
        actor: &Actor,
        delivery: &Delivery,
        id: &EnvironmentId,
        wish: Wish<'_>,
    ) -> Result<Decided, Trouble> {
        let application = match self.find(id) {
            Ok(application) => application,
            Err(refusal) => return self.refuse(refusal).await,
        };
        if let Some(refusal) = self.may_not(&application, id, &Purpose::Deploy, actor).await? {
            return self.refuse(refusal).await;
        }
        let mut tx = self.parts.store.write().await?;
        let now = tx.now();
        let locks = tx.locks().await?;
        if let Some(lock) = foreign_lock(&locks, id, actor, now).filter(|_| !wish.steal) {
            return Ok(Decided { tx, reply: Reply::Refused { refusal: Refusal::Locked { lock: lock.clone() } } });
        }
        let row = tx.environment(id).await?;
        if let Some(busy) = row.slot {
            let reply = self.pre_empt(&mut tx, actor, busy, &wish).await?;
            return Ok(Decided { tx, reply });
        }
        drop(tx);
        self.go_back(actor, delivery, id, row, wish).await
    }

    /// A running deployment is stopped, and what it changed goes back to what was good before it.
    async fn pre_empt(
        &self,
        tx: &mut crate::store::Tx,
        actor: &Actor,
        busy: crate::domain::ids::DeploymentId,
        wish: &Wish<'_>,
    ) -> Result<Reply, Trouble> {
        let refused = |refusal| Ok(Reply::Refused { refusal });
        let Some(deployment) = tx.deployment(busy).await? else { return refused(Refusal::NoDeployment { id: busy }) };
        if deployment.plan.kind == Kind::Rollback {
            return refused(Refusal::RollbackUnderWay { id: busy });
        }
        if wish.to.is_some() {
            return refused(Refusal::Busy { id: busy });
        }
        if stop(tx, busy, actor, Stop { leave: false, back: true }).await? {
            Ok(Reply::Done { done: Done::Cancelling { id: busy } })
        } else {
            refused(Refusal::TooLate { id: busy })
        }
    }

    async fn go_back(
        &self,
        actor: &Actor,
        delivery: &Delivery,
        id: &EnvironmentId,
        row: EnvironmentRow,
        wish: Wish<'_>,
    ) -> Result<Decided, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let Some((from, deployment)) = standing(&mut reader, id, &row).await? else {
            return self.refuse(Refusal::NothingToGoBackTo).await;
        };
        let good = reader.good(id, 200).await?;
        let target = match choose(&good, &deployment, row.running, wish.to) {
            Some(summary) => reader.past(summary.id).await?,
            None => None,
        };
        drop(reader);
        let release_zero = target.is_none() && wish.to.is_none() && from.state.runs.iter().any(|run| run.observed.is_some());
        if target.is_none() && !release_zero {
            let named = wish.to.map(|to| Refusal::NotGoodHere { to: to.to_owned() });
            return self.refuse(named.unwrap_or(Refusal::NothingToGoBackTo)).await;
        }
        if let Some(running) = row.running.filter(|_| row.uncertain.is_empty())
            && target.as_ref().is_some_and(|target| target.id == running)
        {
            return self.refuse(Refusal::RunsAlready { id: running }).await;
        }
        let before = good.iter().find(|good| good.id < deployment.id).map(|good| good.id);
        let direct = target.as_ref().map(|target| target.id) == before;
        if wish.undo && !direct {
            return self.refuse(Refusal::UndoOneOnly).await;
        }
        let back = plan::Back { from: &from, to: target.as_ref(), uncertain: &row.uncertain, direct, undo: wish.undo };
        let Some(plan) = plan::rollback(&back) else { return self.refuse(Refusal::NothingToGoBackTo).await };
        if let Some(run) = plan.runs.iter().find(|run| matches!(run.op, PlannedOp::ByHand(_))) {
            let PlannedOp::ByHand(reason) = &run.op else { return self.refuse(Refusal::NothingToGoBackTo).await };
            let refusal = Refusal::NoWayBack { step: run.step.name.to_string(), reason: reason.to_string() };
            return self.refuse(refusal).await;
        }
        let version = target.as_ref().and_then(|target| target.version.clone());
        let origin = Origin::new(actor.clone(), false, delivery.id.to_string());
        let mut tx = self.parts.store.write().await?;
        if tx.environment(id).await? != row {
            let slot = tx.environment(id).await?.slot.unwrap_or(deployment.id);
            return Ok(Decided { tx, reply: Reply::Refused { refusal: Refusal::Busy { id: slot } } });
        }
        let began = begin_rollback(&mut tx, &deployment, &plan, version.as_ref(), &origin).await?;
        // Everything that was good after what comes back is not good any more: going back once more goes further back.
        for later in good.iter().filter(|good| target.as_ref().is_none_or(|target| good.id > target.id)) {
            tx.mark_reverted(later.id, began).await?;
        }
        let hold = Hold { why: HoldReason::RolledBack, deployment: deployment.id, since: tx.now() };
        tx.set_hold(id, Some(&hold)).await?;
        Ok(Decided { tx, reply: Reply::Done { done: Done::RollingBack { id: began, version } } })
    }
}

/// What stands in the environment: the newest deployment, whatever became of it, when its targets are uncertain; else
/// what runs.
async fn standing(reader: &mut Reader, id: &EnvironmentId, row: &EnvironmentRow) -> Result<Option<(Past, Deployment)>, Trouble> {
    let newest = if row.uncertain.is_empty() { None } else { reader.newest(id).await?.map(|newest| newest.id) };
    let Some(id) = newest.or(row.running) else { return Ok(None) };
    let past = reader.past(id).await?;
    Ok(past.zip(reader.deployment(id).await?))
}

/// The good deployment to go back to: the named one, else the newest of another version than what runs; when what
/// stands is not what runs, that is what runs itself.
fn choose<'a>(
    good: &'a [Summary],
    standing: &Deployment,
    running: Option<crate::domain::ids::DeploymentId>,
    to: Option<&str>,
) -> Option<&'a Summary> {
    let is_named = |summary: &&Summary, name: &str| {
        let version = summary.version.as_ref();
        summary.id.to_string() == name
            || version.is_some_and(|version| {
                version.sha.as_str() == name
                    || (name.len() >= 7 && version.sha.as_str().starts_with(name))
                    || version.tag.as_ref().is_some_and(|tag| tag.as_str() == name)
            })
    };
    match to {
        Some(name) => good.iter().find(|summary| is_named(summary, name)),
        None if running != Some(standing.id) => good.iter().find(|summary| Some(summary.id) == running),
        None => {
            let sha = |version: Option<&crate::domain::version::Version>| version.map(|version| version.sha.clone());
            let now = sha(standing.version.as_ref());
            good.iter().find(|summary| summary.id < standing.id && sha(summary.version.as_ref()) != now)
        }
    }
}
