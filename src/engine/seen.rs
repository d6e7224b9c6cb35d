//! What a decision needs of the world outside: roles, write permission, tags, branches, pull requests, changed files.
//! Only what the environment's gates ask for is looked up.

use super::{Core, gathered::Rules, trouble::Trouble, versions::Repository};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId, RepositoryName},
    manifest::{Application, Environment, Satisfied, Trigger},
    policy::{Proposal, Protection, PullRequest, Purpose, Seen, deployers, may_ask},
    pull_request::PullRequest as Heard,
    reply::Refusal,
    version::{RefName, Version},
};

/// How many of the branches that hold a version GitHub is asked about.
const MOST_BRANCHES: usize = 30;

/// GitHub did not say: nothing is concluded from that, and it is asked again later.
pub(super) fn unanswered(error: &crate::github::client::Error) -> Trouble {
    Trouble::Later(error.to_string())
}

impl Core {
    /// What must be looked up outside before a proposal is decided.
    pub(super) async fn seen(&self, rules: Rules<'_>, proposal: &Proposal) -> Result<Seen, Trouble> {
        let heard = match proposal.version.as_ref().and_then(|version| version.pull_request) {
            Some(number) => self.parts.store.read().await?.heard_of(&rules.0.name, number).await?,
            None => None,
        };
        self.seen_after(rules, proposal, heard).await
    }

    /// The same, after this was heard of its pull request.
    pub(super) async fn seen_after(
        &self,
        (application, environment): Rules<'_>,
        proposal: &Proposal,
        heard: Option<Heard>,
    ) -> Result<Seen, Trouble> {
        let name = self.repository_of(application).await?;
        let mut seen = self.standing(&name, &proposal.origin.actor).await?;
        let Some(version) = proposal.version.as_ref().filter(|_| proposal.purpose == Purpose::Deploy) else { return Ok(seen) };
        let repository = Repository::of(self, &name);
        if let Some(heard) = heard {
            seen.pull_request = Some(pull_request(&repository, &heard, version).await?);
        }
        if environment.production {
            seen.protection = Some(self.protection(application, &name, &repository, version).await?);
        }
        let is_tagged = |tag: &RefName| environment.require_tag.as_ref().is_some_and(|patterns| patterns.matches(tag.as_str()));
        if environment.require_tag.is_some() && !version.tag.as_ref().is_some_and(is_tagged) {
            seen.tags = repository.tags(version).await?;
        }
        if asks_for_changes(application, environment) {
            let running = self.running_version(&proposal.environment).await?;
            seen.changed = repository.changed(running.as_ref(), version).await?;
        }
        Ok(seen)
    }

    /// The roles that somebody has, and whether they may write to a repository.
    pub(super) async fn standing(&self, repository: &RepositoryName, actor: &Actor) -> Result<Seen, Trouble> {
        let may_write = match (&self.parts.people, actor.login()) {
            (Some(people), Some(login)) => {
                Some(people.permission(repository, login).await.map_err(|error| unanswered(&error))?.can_write())
            }
            _ => None,
        };
        Ok(Seen { roles: self.roles_of(actor).await, may_write, ..Seen::default() })
    }

    /// Why somebody may not ask for this in an environment; none: they may.
    pub(super) async fn may_not(
        &self,
        application: &Application,
        id: &EnvironmentId,
        purpose: &Purpose,
        actor: &Actor,
    ) -> Result<Option<Refusal>, Trouble> {
        let Some(environment) = application.environments.get(&id.name) else { return Ok(None) };
        let from = deployers(application, environment, purpose);
        let seen = self.standing(&self.repository_of(application).await?, actor).await?;
        Ok((!may_ask(actor, from, &seen)).then(|| Refusal::NotDeployer { roles: from.to_vec() }))
    }

    /// Why nothing that somebody pushed comes into a preview: they may not write to the repository.
    pub(super) async fn may_not_write(&self, application: &Application, actor: &Actor) -> Result<Option<Refusal>, Trouble> {
        let seen = self.standing(&self.repository_of(application).await?, actor).await?;
        Ok((seen.may_write == Some(false)).then(|| Refusal::NotDeployer { roles: Vec::new() }))
    }

    /// Why somebody may not stop or withdraw something; none: they may deploy there, or take back a wish of their own.
    pub(super) async fn may_not_stop(&self, id: DeploymentId, actor: &Actor) -> Result<Option<Refusal>, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let (proposal, deployment) = (reader.proposal(id).await?, reader.deployment(id).await?);
        drop(reader);
        let own = proposal.as_ref().filter(|_| deployment.is_none()).is_some_and(|found| found.proposal.origin.actor.is(actor));
        let environment = deployment.map(|found| found.environment).or(proposal.map(|found| found.proposal.environment));
        let Some(environment) = environment.filter(|_| !own) else { return Ok(None) };
        match self.parts.catalogue.application(&environment.application) {
            Some(application) => self.may_not(&application, &environment, &Purpose::Deploy, actor).await,
            None => Ok(None),
        }
    }

    /// Which protected branch holds a version. Without GitHub's word the branches that the application's triggers name
    /// count as protected, and the default one.
    async fn protection(
        &self,
        application: &Application,
        name: &RepositoryName,
        repository: &Repository,
        version: &Version,
    ) -> Result<Protection, Trouble> {
        let mut holding = repository.branches_with(&version.sha).await?;
        // The branch that it came by is the most likely one.
        holding.sort_by_key(|branch| version.branch.as_ref() != Some(branch));
        let Some(people) = &self.parts.people else {
            let default = repository.default_branch().await?;
            let reachable_from = holding.into_iter().find(|branch| default.as_ref() == Some(branch) || follows(application, branch));
            return Ok(Protection { reachable_from, known: false });
        };
        for branch in holding.into_iter().take(MOST_BRANCHES) {
            if people.is_protected(name, branch.as_str()).await.map_err(|error| unanswered(&error))? {
                return Ok(Protection { reachable_from: Some(branch), known: true });
            }
        }
        Ok(Protection { reachable_from: None, known: true })
    }

    async fn running_version(&self, id: &EnvironmentId) -> Result<Option<Version>, Trouble> {
        let mut reader = self.parts.store.read().await?;
        match reader.environment(id).await?.running {
            Some(running) => Ok(reader.deployment(running).await?.and_then(|deployment| deployment.version)),
            None => Ok(None),
        }
    }
}

/// Whether a `push` trigger of the application names a branch.
fn follows(application: &Application, branch: &RefName) -> bool {
    let mut triggers = application.environments.values().flat_map(|environment| &environment.on);
    triggers.any(|trigger| matches!(trigger, Trigger::Push(patterns) if patterns.matches(branch.as_str())))
}

/// Whether a point of a checklist is satisfied by changed files: here, or where a version must have been before.
fn asks_for_changes(application: &Application, environment: &Environment) -> bool {
    let leaving =
        environment.after.as_ref().filter(|after| after.checklist).and_then(|after| application.environments.get(&after.environment));
    let points = environment.checklist.before.iter().chain(leaving.into_iter().flat_map(|there| &there.checklist.leaving));
    points.into_iter().any(|point| matches!(point.satisfied_by, Some(Satisfied::Changed(_))))
}

/// A pull request as its last event told it, and whether its base has gone on.
async fn pull_request(repository: &Repository, heard: &Heard, version: &Version) -> Result<PullRequest, Trouble> {
    let behind = match repository.head(&heard.base).await? {
        Some(base) => Some(!repository.is_ancestor(&base, &version.sha).await?),
        None => None,
    };
    Ok(PullRequest { number: heard.number, fork: heard.fork, draft: heard.draft, open: heard.open, behind })
}
