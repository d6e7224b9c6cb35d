//! `run` and `promote`.

use super::{
    Actor, Answered, Core, Decided, Delivery, DeploymentId, EnvironmentId, Origin, Refusal, Reply, Repository, Trouble, Version, Wanted,
    propose,
};
use crate::domain::{
    ids::{ApplicationName, RunbookName},
    manifest::{Application, Runbook},
    plan,
    policy::Purpose,
    request::Reference,
};

impl Core {
    pub(super) async fn run(
        &self,
        actor: &Actor,
        delivery: &Delivery,
        (application, name): (&ApplicationName, &RunbookName),
        undo: bool,
    ) -> Result<Decided, Trouble> {
        let configured = self.parts.catalogue.configured();
        let Some(application) = configured.applications.get(application) else {
            let there_are = configured.applications.keys().map(ToString::to_string).collect();
            return self.refuse(Refusal::NoApplication { name: application.to_string(), there_are }).await;
        };
        let Some(runbook) = application.runbooks.get(name) else {
            let there_are = application.runbooks.keys().map(ToString::to_string).collect();
            return self.refuse(Refusal::NoRunbook { name: name.to_string(), there_are }).await;
        };
        let environment = EnvironmentId::new(application.name.clone(), runbook.environment.clone());
        if let Some(refusal) = self.may_not(application, &environment, &Purpose::Run { runbook: name.clone(), undo }, actor).await? {
            return self.refuse(refusal).await;
        }
        if undo && !self.can_be_undone(&environment, name).await? {
            return self.refuse(Refusal::NothingToUndo { runbook: name.to_string() }).await;
        }
        let version = match self.workspace(application, runbook).await? {
            Ok(version) => version,
            Err(refusal) => return self.refuse(refusal).await,
        };
        let origin = Origin::new(actor.clone(), false, delivery.id.to_string());
        let mut tx = self.parts.store.write().await?;
        let purpose = Purpose::Run { runbook: name.clone(), undo };
        let same = tx.waiting(&environment).await?.into_iter().find(|other| other.purpose == purpose);
        let answer = match same {
            // Asked twice is run once.
            Some(same) => Answered::Joined { id: same.id },
            None => {
                Answered::ToRun { id: tx.propose(&environment, version.as_ref(), &purpose, &origin).await?, runbook: name.clone(), undo }
            }
        };
        Ok(Decided { tx, reply: Reply::Decided { answers: vec![(environment, answer)] } })
    }

    async fn can_be_undone(&self, environment: &EnvironmentId, name: &RunbookName) -> Result<bool, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let Some(last) = reader.last_run(environment, name).await? else { return Ok(false) };
        Ok(reader.past(last.id).await?.is_some_and(|past| plan::undone(name, &past).is_some()))
    }

    /// The commit of a runbook's workspace, pinned now.
    pub(in crate::engine) async fn workspace(
        &self,
        application: &Application,
        runbook: &Runbook,
    ) -> Result<Result<Option<Version>, Refusal>, Trouble> {
        let Some(text) = &runbook.reference else { return Ok(Ok(None)) };
        let missing = || Refusal::NoReference { reference: text.clone() };
        let Ok(reference) = text.parse::<Reference>() else { return Ok(Err(missing())) };
        let repository = Repository::of(self, &self.repository_of(application).await?);
        Ok(repository.named(&reference).await?.map(Some).ok_or_else(missing))
    }

    /// What runs in one environment is proposed for another, with the names that it came by.
    pub(super) async fn promote(
        &self,
        actor: &Actor,
        delivery: &Delivery,
        from: &EnvironmentId,
        to: &EnvironmentId,
    ) -> Result<Decided, Trouble> {
        if let Err(refusal) = self.find(from) {
            return self.refuse(refusal).await;
        }
        let application = match self.find(to) {
            Ok(application) => application,
            Err(refusal) => return self.refuse(refusal).await,
        };
        if let Some(refusal) = self.may_not(&application, to, &Purpose::Deploy, actor).await? {
            return self.refuse(refusal).await;
        }
        if from.application != to.application || from == to {
            return self.refuse(Refusal::NotFromThere { from: from.clone(), to: to.clone() }).await;
        }
        let Some((_, version)) = self.runs_in(from).await? else {
            return self.refuse(Refusal::NothingRuns { environment: from.clone() }).await;
        };
        let repository = Repository::of(self, &self.repository_of(&application).await?);
        let queue = application.environments.get(&to.name).map(|environment| environment.queue).unwrap_or_default();
        let wanted = Wanted { application, environment: to.clone(), version, queue, repeated: false };
        let origin = Origin::new(actor.clone(), false, delivery.id.to_string());
        loop {
            let compared = self.compare(&repository, &wanted).await?.for_a_person(false);
            let mut tx = self.parts.store.write().await?;
            if let Some(answer) = propose(&mut tx, &wanted, &origin, &compared).await? {
                return Ok(Decided { tx, reply: Reply::Decided { answers: vec![(to.clone(), answer)] } });
            }
        }
    }

    /// What is known to run in an environment.
    async fn runs_in(&self, environment: &EnvironmentId) -> Result<Option<(DeploymentId, Version)>, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let row = reader.environment(environment).await?;
        let Some(id) = row.running.filter(|_| row.uncertain.is_empty()) else { return Ok(None) };
        Ok(reader.deployment(id).await?.and_then(|deployment| Some((id, deployment.version?))))
    }
}
