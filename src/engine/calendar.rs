//! What comes by its time: schedules, promotions, previews that have grown too old.
//!
//! A time that was missed (the server was down, git did not answer) comes once, late: what was answered is kept, and the
//! next time is reckoned from there.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    Core,
    trouble::Trouble,
    versions::{Repository, followed},
    wanted::{Wanted, propose},
    worker::{Turn, Worker},
};
use crate::{
    domain::{
        ids::{Actor, EnvironmentId, EnvironmentName, RunbookName},
        manifest::{Application, Promote, Schedule, Trigger},
        policy::{Cause, Origin, Purpose},
        version::Version,
    },
    store::{Promotion, Result},
};

/// How long what could not be done rests.
const TROUBLE: Duration = Duration::from_secs(10);

/// Answers what comes by its time.
pub(super) struct Calendar {
    core: Arc<Core>,
}

/// Something that comes again and again.
struct Recurring {
    application: Arc<Application>,
    schedule: Schedule,
    what: What,
}

enum What {
    Deploy(EnvironmentName),
    Run(RunbookName),
}

impl Recurring {
    /// Its name in the store: another time is another schedule.
    fn name(&self) -> String {
        let what = match &self.what {
            What::Deploy(environment) => format!("environment {environment}"),
            What::Run(runbook) => format!("runbook {runbook}"),
        };
        format!("{} {what} {} {}", self.application.name, self.schedule.fields(), self.schedule.zone())
    }
}

#[async_trait]
impl Worker for Calendar {
    fn name(&self) -> &'static str {
        "calendar"
    }

    async fn turn(&self) -> Result<Turn> {
        let now = self.core.parts.clock.now();
        match self.look(now).await {
            Ok(turn) => Ok(turn),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Later(why) | Trouble::Broken(why)) => {
                tracing::warn!(why, "what is due by its time is tried again later");
                Ok(Turn::Rest(now.saturating_add(TROUBLE).ok()))
            }
        }
    }
}

impl Calendar {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    async fn look(&self, now: Timestamp) -> std::result::Result<Turn, Trouble> {
        let promotions = self.core.parts.store.read().await?.promotions().await?;
        if let Some(due) = promotions.iter().find(|promotion| promotion.due <= now) {
            self.promote(due).await?;
            return Ok(Turn::Worked);
        }
        let mut next: Vec<Timestamp> = promotions.iter().map(|promotion| promotion.due).collect();
        for recurring in self.recurring() {
            let last = self.core.parts.store.read().await?.schedule(&recurring.name()).await?;
            match last.map(|last| recurring.schedule.next_after(last)) {
                // It is seen for the first time: nothing was missed.
                None => {
                    let mut tx = self.core.parts.store.write().await?;
                    tx.answered_schedule(&recurring.name(), now).await?;
                    tx.commit().await?;
                    return Ok(Turn::Worked);
                }
                Some(Some(due)) if due <= now => {
                    self.answer(&recurring, now).await?;
                    return Ok(Turn::Worked);
                }
                Some(due) => next.extend(due),
            }
        }
        match self.core.oldest_preview(now).await? {
            super::previews::Age::Over(environment) => {
                self.core.remove_preview(&environment).await?;
                Ok(Turn::Worked)
            }
            super::previews::Age::Next(due) => Ok(Turn::Rest(next.into_iter().chain(due).min())),
        }
    }

    fn recurring(&self) -> Vec<Recurring> {
        let mut all = Vec::new();
        for application in self.core.parts.catalogue.configured().applications.into_values() {
            for (name, environment) in &application.environments {
                let schedules = environment.on.iter().filter_map(|trigger| match trigger {
                    Trigger::Schedule(schedule) => Some(schedule.clone()),
                    _ => None,
                });
                let application = &application;
                all.extend(schedules.map(|schedule| Recurring {
                    application: application.clone(),
                    schedule,
                    what: What::Deploy(name.clone()),
                }));
            }
            for (name, runbook) in &application.runbooks {
                all.extend(runbook.on.iter().map(|schedule| Recurring {
                    application: application.clone(),
                    schedule: schedule.clone(),
                    what: What::Run(name.clone()),
                }));
            }
        }
        all
    }

    /// One of a schedule's times has come: the version is proposed, or the runbook, and the times until now are answered.
    async fn answer(&self, recurring: &Recurring, now: Timestamp) -> std::result::Result<(), Trouble> {
        let origin = Origin { cause: Cause::Schedule, ..Origin::new(Actor::Botadura, true, format!("schedule {}", recurring.name())) };
        match &recurring.what {
            What::Deploy(name) => {
                let environment = EnvironmentId::new(recurring.application.name.clone(), name.clone());
                let version = self.head(&recurring.application, &environment).await?;
                let done = Done::Schedule(recurring.name(), now);
                self.propose(&recurring.application, environment, version, &origin, &done).await
            }
            What::Run(name) => self.run(recurring, name, &origin, now).await,
        }
    }

    /// The head of the branch that the environment follows.
    async fn head(&self, application: &Application, environment: &EnvironmentId) -> std::result::Result<Option<Version>, Trouble> {
        let repository = Repository::of(&self.core, &self.core.repository_of(application).await?);
        let Some(branch) = followed(application, environment) else { return Ok(None) };
        match repository.head(&branch).await? {
            Some(head) => repository.commit(&head, Some(&branch)).await,
            None => Ok(None),
        }
    }

    async fn run(&self, recurring: &Recurring, name: &RunbookName, origin: &Origin, now: Timestamp) -> std::result::Result<(), Trouble> {
        let Some(runbook) = recurring.application.runbooks.get(name) else { return Ok(()) };
        let version = match self.core.workspace(&recurring.application, runbook).await? {
            Ok(version) => version,
            Err(refusal) => return Err(Trouble::Later(format!("the runbook {name} cannot run: {refusal:?}"))),
        };
        let environment = EnvironmentId::new(recurring.application.name.clone(), runbook.environment.clone());
        let purpose = Purpose::Run { runbook: name.clone(), undo: false };
        let mut tx = self.core.parts.store.write().await?;
        if !tx.waiting(&environment).await?.iter().any(|other| other.purpose == purpose) {
            tx.propose(&environment, version.as_ref(), &purpose, origin).await?;
        }
        tx.answered_schedule(&recurring.name(), now).await?;
        tx.commit().await?;
        self.core.parts.bells.changed.ring();
        Ok(())
    }

    /// A version has proved itself where it had to be before: it is proposed where it goes, unless something else runs there
    /// by now or it was taken back.
    async fn promote(&self, promotion: &Promotion) -> std::result::Result<(), Trouble> {
        let mut reader = self.core.parts.store.read().await?;
        let from = reader.deployment(promotion.from).await?;
        let row = match &from {
            Some(from) => reader.environment(&from.environment).await?,
            None => crate::store::EnvironmentRow::default(),
        };
        drop(reader);
        let stands = row.running == Some(promotion.from) && row.hold.is_none() && row.uncertain.is_empty();
        let application = self.core.parts.catalogue.application(&promotion.to.application);
        let (Some(from), Some(application)) = (from.filter(|_| stands), application) else { return self.forget(promotion).await };
        let wanted = application.environments.get(&promotion.to.name).and_then(|environment| environment.after.as_ref());
        if !wanted.is_some_and(|after| after.promote == Promote::Automatic && after.environment == from.environment.name) {
            return self.forget(promotion).await;
        }
        let origin = Origin {
            cause: Cause::Promotion { from: from.id },
            ..Origin::new(from.origin.actor.clone(), true, from.origin.delivery.clone())
        };
        self.propose(&application, promotion.to.clone(), from.version, &origin, &Done::Promotion(promotion.clone())).await
    }

    async fn forget(&self, promotion: &Promotion) -> std::result::Result<(), Trouble> {
        let mut tx = self.core.parts.store.write().await?;
        tx.end_promotion(promotion).await?;
        Ok(tx.commit().await?)
    }

    /// Proposes a version and notes down what that answers, in one transaction.
    async fn propose(
        &self,
        application: &Arc<Application>,
        environment: EnvironmentId,
        version: Option<Version>,
        origin: &Origin,
        done: &Done,
    ) -> std::result::Result<(), Trouble> {
        let repository = Repository::of(&self.core, &self.core.repository_of(application).await?);
        let queue = application.environments.get(&environment.name).map(|environment| environment.queue).unwrap_or_default();
        loop {
            let wanted = version.clone().map(|version| Wanted {
                application: application.clone(),
                environment: environment.clone(),
                version,
                queue,
                repeated: false,
            });
            let compared = match &wanted {
                Some(wanted) => Some(self.core.compare(&repository, wanted).await?),
                None => None,
            };
            let mut tx = self.core.parts.store.write().await?;
            if let Some((wanted, compared)) = wanted.as_ref().zip(compared.as_ref())
                && propose(&mut tx, wanted, origin, compared).await?.is_none()
            {
                continue;
            }
            match done {
                Done::Schedule(name, now) => tx.answered_schedule(name, *now).await?,
                Done::Promotion(promotion) => {
                    tx.end_promotion(promotion).await?;
                }
            }
            tx.commit().await?;
            self.core.parts.bells.changed.ring();
            return Ok(());
        }
    }
}

/// What a proposal answers.
enum Done {
    Schedule(String, Timestamp),
    Promotion(Promotion),
}
