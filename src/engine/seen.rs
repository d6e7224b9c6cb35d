//! What a decision needs of the world outside: roles, write permission, tags, branches, pull requests, changed files.
//! Only what the environment's gates ask for is looked up.

use super::{Core, trouble::Trouble, versions::Repository};
use crate::domain::{
    ids::{Actor, DeploymentId, EnvironmentId, RepositoryName},
    manifest::{Application, Environment, Satisfied, Trigger},
    policy::{Proposal, Protection, PullRequest, Purpose, Seen, deployers, may_ask},
    reply::Refusal,
    version::{RefName, Version},
};

impl Core {
    /// What must be looked up outside before a proposal is decided.
    pub(super) async fn seen(&self, application: &Application, environment: &Environment, proposal: &Proposal) -> Result<Seen, Trouble> {
        let name = self.repository_of(application).await?;
        let mut seen = self.standing(&name, &proposal.origin.actor).await?;
        let Some(version) = proposal.version.as_ref().filter(|_| proposal.purpose == Purpose::Deploy) else { return Ok(seen) };
        let repository = Repository::of(self, &name);
        if let Some(number) = version.pull_request {
            seen.pull_request = self.pull_request(application, &repository, number, version).await?;
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

    /// A pull request as its last event told it, or as GitHub tells it where none was heard.
    async fn pull_request(
        &self,
        application: &Application,
        repository: &Repository,
        number: u64,
        version: &Version,
    ) -> Result<Option<PullRequest>, Trouble> {
        let mut reader = self.parts.store.read().await?;
        let bound = reader.bound_repository(&application.name).await?;
        let heard = match &bound {
            Some((id, _)) => reader.pull_request(*id, number).await?,
            None => None,
        };
        drop(reader);
        if let Some(heard) = heard {
            let behind = match repository.head(&heard.base).await? {
                Some(base) => Some(!repository.is_ancestor(&base, &version.sha).await?),
                None => None,
            };
            return Ok(Some(PullRequest { number, fork: heard.fork, draft: heard.draft, open: heard.open, behind }));
        }
        match (&self.parts.authority, bound) {
            (Some(authority), Some((_, name))) => authority.pull_request(&name, number).await.map_err(Trouble::Later),
            _ => Ok(None),
        }
    }

    /// The roles that somebody has, and whether they may write to a repository.
    pub(super) async fn standing(&self, repository: &RepositoryName, actor: &Actor) -> Result<Seen, Trouble> {
        let may_write = match (&self.parts.authority, actor.login()) {
            (Some(authority), Some(login)) => Some(authority.may_write(repository, login).await.map_err(Trouble::Later)?),
            _ => None,
        };
        Ok(Seen { roles: self.roles_of(actor).await?, may_write, ..Seen::default() })
    }

    /// The roles that an actor has, also by the teams that they are on.
    pub(super) async fn roles_of(&self, actor: &Actor) -> Result<Vec<String>, Trouble> {
        let mut roles = self.parts.catalogue.roles_of(actor);
        let (Some(authority), Some(login)) = (&self.parts.authority, actor.login()) else { return Ok(roles) };
        for (role, members) in self.parts.catalogue.configured().roles {
            for team in members.iter().filter_map(|member| member.strip_prefix("team:")) {
                if !roles.contains(&role) && authority.is_member(team, login).await.map_err(Trouble::Later)? {
                    roles.push(role.clone());
                }
            }
        }
        Ok(roles)
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
        let known = match &self.parts.authority {
            Some(authority) => Some(authority.protected_branches(name).await.map_err(Trouble::Later)?),
            None => None,
        };
        let default = if known.is_none() { repository.default_branch().await? } else { None };
        let counts = |branch: &RefName| match &known {
            Some(protected) => protected.contains(branch),
            None => default.as_ref() == Some(branch) || follows(application, branch),
        };
        holding.retain(counts);
        let own = holding.iter().position(|branch| version.branch.as_ref() == Some(branch)).unwrap_or_default();
        Ok(Protection { reachable_from: holding.into_iter().nth(own), known: known.is_some() })
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
