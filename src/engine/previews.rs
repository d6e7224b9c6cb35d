//! Previews: one instance of a transient environment for each pull request, and its end.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Core, trouble::Trouble, versions::Repository, wanted::Wanted};
use crate::{
    domain::{
        event::{Event, PullRequestAction},
        ids::{Actor, ApplicationName, DeploymentId, EnvironmentId, EnvironmentName},
        manifest::{Application, Environment, Trigger},
        policy::{Cause, Origin, Purpose},
        pull_request::PullRequest,
        reply::{Answered, Refusal},
        story::Dropped,
    },
    store::Tx,
};

/// The preview that has grown too old, or when the next one will have.
pub(super) enum Age {
    Over(EnvironmentId),
    Next(Option<Timestamp>),
}

/// What an event of a pull request means for one preview.
pub(super) enum Meant {
    /// Its version is wanted.
    Come(Wanted),
    /// It is over.
    Go(EnvironmentId),
}

/// The label that makes a pull request one of an environment's previews.
fn label(environment: &Environment) -> Option<&str> {
    environment.on.iter().find_map(|trigger| match trigger {
        Trigger::PullRequest { label } => Some(label.as_str()),
        _ => None,
    })
}

impl Core {
    /// What a pull request's event means for an application's previews.
    pub(super) async fn previews(
        &self,
        application: &Arc<Application>,
        event: &Event,
        (action, pull_request): (&PullRequestAction, &PullRequest),
    ) -> Result<Vec<Meant>, Trouble> {
        let mut meant = Vec::new();
        for (name, environment) in application.environments.iter().filter(|(_, environment)| environment.transient) {
            let Some(label) = label(environment) else { continue };
            let id = EnvironmentId { instance: Some(pull_request.number), ..EnvironmentId::new(application.name.clone(), name.clone()) };
            let labelled = pull_request.labels.iter().any(|one| one == label);
            let lost = matches!(action, PullRequestAction::Unlabeled(gone) if gone == label);
            if !pull_request.open || lost {
                meant.push(Meant::Go(id));
                continue;
            }
            let comes = match action {
                PullRequestAction::Labeled(new) => new == label,
                PullRequestAction::Opened | PullRequestAction::Reopened | PullRequestAction::Synchronized | PullRequestAction::Ready => {
                    labelled
                }
                PullRequestAction::Unlabeled(_) | PullRequestAction::Closed | PullRequestAction::Other => false,
            };
            if !comes {
                continue;
            }
            let repository = Repository::of(self, &event.repository.name);
            let version = repository.commit(&pull_request.head, Some(&pull_request.branch)).await?;
            let Some(mut version) = version else { continue };
            version.pull_request = Some(pull_request.number);
            meant.push(Meant::Come(Wanted {
                application: application.clone(),
                environment: id,
                version,
                queue: environment.queue,
                repeated: false,
            }));
        }
        Ok(meant)
    }

    /// Whether there are as many previews as there may be, this one not among them.
    pub(super) async fn is_full(&self, tx: &mut Tx, wanted: &Wanted) -> Result<Option<Refusal>, crate::store::Error> {
        let id = &wanted.environment;
        let limits = wanted.application.environments.get(&id.name).and_then(|environment| environment.limits);
        let Some(count) = limits.and_then(|limits| limits.count) else { return Ok(None) };
        let others = tx.environments().await?.into_iter().filter(|(other, row)| {
            other.application == id.application
                && other.name == id.name
                && other.instance.is_some()
                && other.instance != id.instance
                && (row.running.is_some() || row.slot.is_some())
        });
        let full = others.count() >= usize::try_from(count).unwrap_or(usize::MAX);
        Ok(full.then_some(Refusal::TooManyPreviews { count }))
    }

    /// The oldest preview of those that have an age.
    pub(super) async fn oldest_preview(&self, now: Timestamp) -> Result<Age, Trouble> {
        let configured = self.parts.catalogue.configured();
        let age = |application: &ApplicationName, name: &EnvironmentName| -> Option<Duration> {
            configured.applications.get(application)?.environments.get(name)?.limits?.age
        };
        let mut reader = self.parts.store.read().await?;
        let mut next: Option<Timestamp> = None;
        for (id, row) in reader.environments().await?.into_iter().filter(|(id, row)| id.instance.is_some() && row.slot.is_none()) {
            let (Some(running), Some(age)) = (row.running, age(&id.application, &id.name)) else { continue };
            let goes = reader.waiting(&id).await?.iter().any(|proposal| proposal.purpose == Purpose::Remove);
            let since = reader.summary(running).await?.and_then(|summary| summary.ended_at).filter(|_| !goes);
            match since.and_then(|since| since.checked_add(age).ok()) {
                Some(over) if over <= now => return Ok(Age::Over(id)),
                over => next = next.into_iter().chain(over).min(),
            }
        }
        Ok(Age::Next(next))
    }

    /// A preview has grown too old.
    pub(super) async fn remove_preview(&self, id: &EnvironmentId) -> Result<(), Trouble> {
        let origin = Origin { cause: Cause::PullRequest, ..Origin::new(Actor::Botadura, true, format!("the age of {id}")) };
        let mut tx = self.parts.store.write().await?;
        propose_removal(&mut tx, id, &origin).await?;
        tx.commit().await?;
        self.parts.bells.changed.ring();
        Ok(())
    }
}

/// Proposes that everything be taken away, and takes back what waits. None: nothing is there.
pub(super) async fn propose_removal(tx: &mut Tx, id: &EnvironmentId, origin: &Origin) -> Result<Option<Answered>, crate::store::Error> {
    let mut going: Option<DeploymentId> = None;
    for proposal in tx.waiting(id).await? {
        if proposal.purpose == Purpose::Remove {
            going = Some(proposal.id);
        } else {
            tx.close_proposal(proposal.id, &Dropped::Withdrawn { by: origin.actor.clone() }).await?;
        }
    }
    if let Some(id) = going {
        return Ok(Some(Answered::Joined { id }));
    }
    let row = tx.environment(id).await?;
    if row.running.is_none() && row.slot.is_none() && row.uncertain.is_empty() {
        return Ok(None);
    }
    Ok(Some(Answered::ToRemove { id: tx.propose(id, None, &Purpose::Remove, origin).await? }))
}
