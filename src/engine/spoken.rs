//! The commands of comments, one after the other: what each means where it stands, and what is done about it.
//!
//! A command can reach the applications of its comment's repository alone: no other is known to its grammar.

use std::sync::Arc;

use super::{
    Core, Inquiry,
    conversation::too_old,
    requests::{Decided, deploy::Wish},
    shown,
    trouble::Trouble,
};
use crate::{
    domain::{
        command::{self, Command, Deploy, Known, Meant},
        ids::{DeploymentId, EnvironmentId},
        manifest::Application,
        reply::{Done, Refusal, Reply},
        request::{Ask, Request, Which},
        rights::Rights,
        shown::Shown,
        simulation::Question,
        spoken::{Head, Line, Spoken},
        version::Sha,
    },
    store::{Delivery, DeliveryState, ProposalState},
};

/// Deals with one command of a comment.
pub(super) async fn obey(core: &Arc<Core>, delivery: &Delivery) -> Result<(), Trouble> {
    let line: Line = serde_json::from_slice(&delivery.body).map_err(|error| Trouble::Broken(format!("not a command: {error}")))?;
    let found = core.parts.store.read().await?.comment(line.comment).await?;
    let spoken = found.ok_or_else(|| Trouble::Broken(format!("the comment {} is not in the store", line.comment)))?;
    if !core.parts.store.read().await?.is_next_line(line.comment, &delivery.id).await? {
        return Err(Trouble::Later("an earlier command of the same comment is still to be dealt with".to_owned()));
    }
    let speaker = Speaker { core, spoken: &spoken, delivery };
    let Decided { mut tx, reply } = speaker.answer(&line.text).await?;
    if let (Reply::Done { done: Done::Locked { lock, .. } }, Some(_)) = (&reply, &spoken.head) {
        tx.lock_taken_on(&lock.scope, spoken.repository, spoken.on).await?;
    }
    tx.asked_in(spoken.comment, &reply.led_to()).await?;
    Ok(core.settle_in(tx, delivery, DeliveryState::Settled, &reply).await?)
}

/// Somebody who commands by a comment.
struct Speaker<'a> {
    core: &'a Arc<Core>,
    spoken: &'a Spoken,
    delivery: &'a Delivery,
}

/// What a command without a number may mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It waits at its gates.
    Waits,
    /// It waits, or is under way.
    Open,
    /// It began and did not succeed.
    Failed,
}

impl Speaker<'_> {
    async fn answer(&self, text: &str) -> Result<Decided, Trouble> {
        // It may have been heard in time, and have waited for GitHub's word since.
        let late = || too_old(self.core.parts.clock.now(), self.spoken.at);
        if let Some(refusal) = self.spoken.refusal.clone().or_else(late) {
            return self.core.refuse(refusal).await;
        }
        let applications = self.applications().await?;
        match command::parse(text, &Known::of(applications.iter().map(AsRef::as_ref))) {
            Err(mistake) => self.reply(Reply::Misread { mistake }).await,
            Ok(command) => self.perform(command, &applications).await,
        }
    }

    async fn reply(&self, reply: Reply) -> Result<Decided, Trouble> {
        Ok(Decided { tx: self.core.parts.store.write().await?, reply })
    }

    async fn show(&self, shown: Shown) -> Result<Decided, Trouble> {
        self.reply(Reply::Shown { shown }).await
    }

    /// The applications that belong to the comment's repository.
    async fn applications(&self) -> Result<Vec<Arc<Application>>, Trouble> {
        let bound = self.core.parts.store.read().await?.bound_repositories().await?;
        let own = |application: &Arc<Application>| bound.get(&application.name).is_some_and(|(id, _)| *id == self.spoken.repository);
        Ok(self.core.parts.catalogue.configured().applications.into_values().filter(own).collect())
    }

    async fn perform(&self, command: Command, applications: &[Arc<Application>]) -> Result<Decided, Trouble> {
        let actor = &self.spoken.author;
        match command {
            Command::Deploy(deploy) => self.deploy(deploy, applications).await,
            Command::Plan(deploy) => {
                let decided = self.deploy(deploy, applications).await?;
                if !matches!(decided.reply, Reply::Decided { .. }) {
                    return Ok(decided);
                }
                let simulation = Inquiry::of(self.core).of_decided(decided).await?;
                self.show(Shown::Simulation(Box::new(simulation))).await
            }
            Command::Status(name) => {
                let wanted = applications.iter().filter(|one| name.as_ref().is_none_or(|name| *name == one.name));
                self.show(Shown::Status(shown::status(self.core, wanted).await?)).await
            }
            Command::History { application, environment } => {
                let names =
                    applications.iter().map(|one| &one.name).filter(|name| application.as_ref().is_none_or(|wanted| wanted == *name));
                self.show(Shown::History(shown::history(self.core, names, environment.as_ref()).await?)).await
            }
            Command::Help => self.show(Shown::Help(shown::help(self.core, applications, actor).await?)).await,
            Command::Approve(None) => self.with(State::Waits, |deployment| Ask::Approve { deployment }).await,
            Command::Reject { deployment: None, reason } => {
                self.with(State::Waits, |deployment| Ask::Reject { deployment, reason: reason.clone() }).await
            }
            Command::Tick { point, deployment: None } => {
                self.with(State::Open, |deployment| Ask::Tick { deployment, point: Which::Number(point), off: false }).await
            }
            Command::Cancel { deployment: None, leave } => self.with(State::Open, |deployment| Ask::Cancel { deployment, leave }).await,
            Command::Retry(None) => self.with(State::Failed, |deployment| Ask::Retry { deployment }).await,
            other => match other.meant(self.core.parts.clock.now()) {
                Ok(Meant::Ask(ask) | Meant::Show(ask)) => self.ask(ask).await,
                Ok(Meant::Why(environment)) => {
                    let question = Question::Why { environment, actor: actor.clone() };
                    let answer = Inquiry::of(self.core).simulate(&question, None).await;
                    let simulation = answer.map_err(|none| Trouble::Later(none.to_string()))?;
                    self.show(Shown::Simulation(Box::new(simulation))).await
                }
                Err(mistake) => self.reply(Reply::Misread { mistake }).await,
            },
        }
    }

    /// A wish that stands by itself. One about a number must be about this repository's applications.
    async fn ask(&self, ask: Ask) -> Result<Decided, Trouble> {
        if let Some(id) = crate::domain::rights::number(&ask) {
            let environment = self.core.parts.store.read().await?.environment_of(id).await?;
            let own = self.applications().await?;
            let is_own = environment.is_some_and(|environment| own.iter().any(|one| one.name == environment.application));
            if !is_own {
                return self.core.refuse(Refusal::NoDeployment { id }).await;
            }
        }
        let request = Request { actor: self.spoken.author.clone(), ask, rights: Rights::Everything };
        self.core.decide(&request, self.delivery).await
    }

    /// A wish about what was asked for here.
    async fn with(&self, state: State, ask: impl FnOnce(DeploymentId) -> Ask) -> Result<Decided, Trouble> {
        match self.candidates(state).await?[..] {
            [only] => self.ask(ask(only)).await,
            ref several => self.core.refuse(Refusal::Which { there_are: several.to_vec() }).await,
        }
    }

    /// What was asked for on this issue or pull request, or came from it, and is in this state.
    async fn candidates(&self, state: State) -> Result<Vec<DeploymentId>, Trouble> {
        let mut reader = self.core.parts.store.read().await?;
        let mut ids = reader.asked_on(self.spoken.repository, self.spoken.on).await?;
        let configured = self.applications().await?;
        for (environment, _) in reader.environments().await? {
            if configured.iter().any(|one| one.name == environment.application) {
                let waiting = reader.waiting(&environment).await?;
                let comes_from = |number: Option<u64>| number == Some(self.spoken.on);
                ids.extend(waiting.iter().filter(|one| comes_from(one.version.as_ref().and_then(|v| v.pull_request))).map(|one| one.id));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut fitting = Vec::new();
        for id in ids {
            let proposal = reader.proposal(id).await?;
            // What came after the comment cannot be what it means.
            if proposal.as_ref().is_some_and(|found| found.proposal.at >= self.spoken.at) {
                continue;
            }
            let waits = proposal.is_some_and(|found| found.state == ProposalState::Waiting);
            let deployment = reader.summary(id).await?;
            let runs = deployment.as_ref().is_some_and(|found| found.ended_at.is_none());
            let failed = deployment.is_some_and(|found| found.result.is_some_and(|result| result != "succeeded"));
            let fits = match state {
                State::Waits => waits,
                State::Open => waits || runs,
                State::Failed => failed,
            };
            if fits {
                fitting.push(id);
            }
        }
        // Of what failed the last is meant.
        if state == State::Failed {
            fitting = fitting.into_iter().next_back().into_iter().collect();
        }
        Ok(fitting)
    }

    async fn deploy(&self, deploy: Deploy, applications: &[Arc<Application>]) -> Result<Decided, Trouble> {
        let Deploy { environment, reference, again, emergency, .. } = match deploy.built_in() {
            Ok(deploy) => deploy,
            Err(mistake) => return self.reply(Reply::Misread { mistake }).await,
        };
        let (reference, pull_request) = match self.pinned(reference, &environment, applications) {
            Ok(pinned) => pinned,
            Err(refusal) => return self.core.refuse(*refusal).await,
        };
        let wish = Wish { reference: reference.as_deref(), again, emergency: emergency.as_deref(), pull_request };
        self.core.deploy(&self.spoken.author, self.delivery, &environment, wish).await
    }

    /// Which version is meant, and whether it is the pull request's own.
    fn pinned(
        &self,
        reference: Option<String>,
        environment: &EnvironmentId,
        applications: &[Arc<Application>],
    ) -> Result<(Option<String>, Option<u64>), Box<Refusal>> {
        let on = Some(self.spoken.on);
        match (reference, &self.spoken.head) {
            (None, Some(Head::Seen(sha))) => Ok((Some(sha.to_string()), on)),
            (None, Some(Head::Moved { seen, now })) => {
                let confirm = confirm(environment, now, applications);
                Err(Box::new(Refusal::HeadMoved { seen: seen.clone(), now: now.clone(), confirm }))
            }
            (Some(written), Some(Head::Seen(sha) | Head::Moved { now: sha, .. })) if is_short_for(&written, sha) => {
                Ok((Some(sha.to_string()), on))
            }
            // Its own branch is as good as no word: it is what could be seen of it.
            (Some(written), Some(_)) if self.spoken.branch.as_ref().is_some_and(|branch| branch.as_str() == written) => {
                self.pinned(None, environment, applications)
            }
            (reference, _) => Ok((reference, None)),
        }
    }
}

/// Whether somebody writes a commit so: all of its SHA, or seven digits of it or more.
fn is_short_for(written: &str, sha: &Sha) -> bool {
    written.len() >= 7 && sha.to_string().starts_with(written)
}

/// The command that says that this commit is meant.
fn confirm(environment: &EnvironmentId, now: &Sha, applications: &[Arc<Application>]) -> String {
    match applications {
        [_] => format!("/deploy {} {now}", environment.name),
        _ => format!("/deploy {} {} {now}", environment.application, environment.name),
    }
}
