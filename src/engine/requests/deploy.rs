//! `deploy`, `retry` and `cancel`.

use super::{
    Answered, Core, Decided, Delivery, DeploymentId, Done, Dropped, Entry, EnvironmentId, Kind, Origin, Outcome, ProposalState, Reference,
    Refusal, Reply, Repository, Trouble, Version, Wanted, propose,
};
use crate::{
    domain::{ids::Actor, manifest::Application, policy::Purpose},
    engine::versions::followed,
};

/// How somebody wants a version deployed.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Wish<'a> {
    pub reference: Option<&'a str>,
    pub again: bool,
    pub emergency: Option<&'a str>,
    /// It is this pull request's own version.
    pub pull_request: Option<u64>,
}

impl Core {
    pub(in crate::engine) async fn deploy(
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
        if wish.emergency.is_some_and(|reason| reason.trim().is_empty()) {
            return self.refuse(Refusal::NoReason).await;
        }
        let repository = Repository::of(self, &self.repository_of(&application).await?);
        let version = match self.version(&application, id, &repository, wish.reference).await? {
            Ok(version) => Version { pull_request: wish.pull_request, ..version },
            Err(refusal) => return self.refuse(refusal).await,
        };
        let emergency = wish.emergency.map(str::to_owned);
        let origin = Origin { emergency, ..Origin::new(actor.clone(), false, delivery.id.to_string()) };
        let queue = application.environments.get(&id.name).map(|environment| environment.queue).unwrap_or_default();
        let wanted = Wanted { application, environment: id.clone(), version, queue, repeated: false };
        loop {
            // A person's word is not held back by the application's `paths`, nor, with `--again`, by what runs there.
            let compared = self.compare(&repository, &wanted).await?.for_a_person(wish.again);
            let mut tx = self.parts.store.write().await?;
            if let Some(answer) = propose(&mut tx, &wanted, &origin, &compared).await? {
                return Ok(Decided { tx, reply: Reply::Decided { answers: vec![(id.clone(), answer)] } });
            }
        }
    }

    /// What somebody calls the version, or the head of the one branch that the environment follows.
    async fn version(
        &self,
        application: &Application,
        id: &EnvironmentId,
        repository: &Repository,
        reference: Option<&str>,
    ) -> Result<Result<Version, Refusal>, Trouble> {
        let text = match reference {
            Some(text) => text.to_owned(),
            None => match followed(application, id) {
                Some(branch) => branch.to_string(),
                None => return Ok(Err(Refusal::NameTheVersion)),
            },
        };
        let missing = || Refusal::NoReference { reference: text.chars().take(100).collect() };
        let Ok(reference) = text.parse::<Reference>() else { return Ok(Err(missing())) };
        Ok(repository.named(&reference).await?.ok_or_else(missing))
    }

    pub(super) async fn retry(&self, actor: &Actor, delivery: &Delivery, id: DeploymentId) -> Result<Decided, Trouble> {
        let Some(failed) = self.parts.store.read().await?.deployment(id).await? else {
            return self.refuse(Refusal::NoDeployment { id }).await;
        };
        let past = self.parts.store.read().await?.past(id).await?;
        let outcome = past.and_then(|past| past.state.ended).map(|(outcome, _)| outcome);
        let (Some(version), false) = (failed.version, matches!(outcome, None | Some(Outcome::Succeeded))) else {
            return self.refuse(Refusal::NotFailed { id }).await;
        };
        if failed.plan.kind == Kind::Rollback {
            return self.refuse(Refusal::NotFailed { id }).await;
        }
        let application = match self.find(&failed.environment) {
            Ok(application) => application,
            Err(refusal) => return self.refuse(refusal).await,
        };
        if let Some(refusal) = self.may_not(&application, &failed.environment, &Purpose::Deploy, actor).await? {
            return self.refuse(refusal).await;
        }
        let origin = Origin { retries: Some(id), ..Origin::new(actor.clone(), false, delivery.id.to_string()) };
        let mut tx = self.parts.store.write().await?;
        // Asked twice is tried once.
        let waiting = tx.waiting(&failed.environment).await?;
        if let Some(same) = waiting.iter().find(|proposal| proposal.origin.retries == Some(id)) {
            let answer = Answered::Joined { id: same.id };
            return Ok(Decided { tx, reply: Reply::Decided { answers: vec![(failed.environment, answer)] } });
        }
        let new = tx.propose(&failed.environment, Some(&version), &Purpose::Deploy, &origin).await?;
        let answer = Answered::Proposed { id: new, version, supersedes: Vec::new() };
        Ok(Decided { tx, reply: Reply::Decided { answers: vec![(failed.environment, answer)] } })
    }

    pub(super) async fn cancel(&self, actor: &Actor, id: DeploymentId, leave: bool) -> Result<Decided, Trouble> {
        if let Some(refusal) = self.may_not_stop(id, actor).await? {
            return self.refuse(refusal).await;
        }
        let mut tx = self.parts.store.write().await?;
        let reply = match (tx.proposal(id).await?, tx.deployment(id).await?) {
            (_, Some(deployment)) if deployment.plan.kind == Kind::Rollback && deployment.ended_at.is_none() => {
                Reply::Refused { refusal: Refusal::RollbackUnderWay { id } }
            }
            (_, Some(deployment)) if deployment.ended_at.is_some() => Reply::Refused { refusal: Refusal::NotRunning { id } },
            (_, Some(_)) if stop(&mut tx, id, actor, Stop { leave, back: false }).await? => Reply::Done { done: Done::Cancelling { id } },
            (_, Some(_)) => Reply::Refused { refusal: Refusal::TooLate { id } },
            (Some(proposal), None) if proposal.state == ProposalState::Waiting => {
                tx.close_proposal(id, &Dropped::Withdrawn { by: actor.clone() }).await?;
                tx.look_at_proposals(Some(&proposal.proposal.environment)).await?;
                Reply::Done { done: Done::Withdrawn { id } }
            }
            (Some(_), None) => Reply::Refused { refusal: Refusal::NotWaiting { id } },
            (None, None) => Reply::Refused { refusal: Refusal::NoDeployment { id } },
        };
        Ok(Decided { tx, reply })
    }
}

/// How a deployment is stopped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub leave: bool,
    pub back: bool,
}

/// Writes the wish that a running deployment stop. False: it is decided already how it ends, or was asked before.
pub(super) async fn stop(tx: &mut crate::store::Tx, id: DeploymentId, by: &Actor, how: Stop) -> Result<bool, Trouble> {
    let decided = tx.past(id).await?.is_none_or(|past| past.state.verdict().is_some());
    if !decided {
        let entry = Entry::CancelRequested { by: by.clone(), leave: how.leave, back: how.back };
        tx.append_unclaimed(id, &entry).await?;
    }
    Ok(!decided)
}
