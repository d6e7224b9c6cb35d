//! Who may do what, and how branches and pull requests stand, by GitHub's word.

use serde::Deserialize;

use super::{Client, Error, Need, Result, component};
use crate::domain::ids::RepositoryName;

/// Everybody who may read a repository may read this of it.
const METADATA: Need = &[("metadata", "read")];
const CONTENTS: Need = &[("contents", "read")];
const PULL_REQUESTS: Need = &[("contents", "read"), ("pull_requests", "read")];
const MEMBERS: Need = &[("members", "read")];

/// What somebody may do in a repository, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Read, and sort issues.
    Triage,
    /// Write.
    Write,
    /// Write, and some of the settings.
    Maintain,
    /// Everything.
    Admin,
}

impl Permission {
    /// Whether somebody who has it may push.
    pub fn can_write(self) -> bool {
        self >= Self::Write
    }
}

/// A pull request as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullRequest {
    /// Its branch is in another repository, or in one that is gone.
    pub fork: bool,
    /// Its author does not hold it for finished.
    pub draft: bool,
    /// It is neither merged nor closed.
    pub open: bool,
    /// Its base has commits that it has not; none: GitHub does not tell.
    pub behind: Option<bool>,
}

#[derive(Deserialize)]
struct Collaborator {
    permission: String,
    role_name: Option<String>,
}

#[derive(Deserialize)]
struct Membership {
    state: String,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
    protected: bool,
}

#[derive(Deserialize)]
struct Pull {
    state: String,
    draft: Option<bool>,
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    repo: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
}

#[derive(Deserialize)]
struct Comparison {
    behind_by: u64,
}

#[derive(Deserialize)]
struct Repository {
    default_branch: String,
}

impl Client {
    /// What a person may do in a repository.
    pub async fn permission(&self, repository: &RepositoryName, login: &str) -> Result<Permission> {
        let path = format!("/collaborators/{}/permission", component(login));
        let Some(found) = self.repository(repository, METADATA).find::<Collaborator>(&path).await? else { return Ok(Permission::None) };
        // A role of an organisation's own has a name that says nothing; what it is founded on does.
        let known = found.role_name.as_deref().and_then(named).or_else(|| named(&found.permission));
        known.ok_or_else(|| Error::Unreadable { what: format!("GitHub has a permission that nobody knows: {:?}", found.permission) })
    }

    /// Whether a person is in a team; an invitation alone does not count.
    pub async fn is_team_member(&self, organization: &str, team: &str, login: &str) -> Result<bool> {
        let path = format!("/teams/{}/memberships/{}", component(team), component(login));
        let found = self.organization(organization, MEMBERS).find::<Membership>(&path).await?;
        Ok(found.is_some_and(|membership| membership.state == "active"))
    }

    /// The names of a repository's protected branches.
    pub async fn protected_branches(&self, repository: &RepositoryName) -> Result<Vec<String>> {
        let all: Vec<Branch> = self.repository(repository, CONTENTS).list("/branches?protected=true").await?;
        Ok(all.into_iter().filter(|branch| branch.protected).map(|branch| branch.name).collect())
    }

    /// A pull request as it stands now; none: there is no such one.
    pub async fn pull_request(&self, repository: &RepositoryName, number: u64) -> Result<Option<PullRequest>> {
        let reach = self.repository(repository, PULL_REQUESTS);
        let Some(pull) = reach.find::<Pull>(&format!("/pulls/{number}")).await? else { return Ok(None) };
        let id = |side: &Side| side.repo.as_ref().map(|repo| repo.id);
        // How far it is behind its base as that is now, not as it was when the pull request was opened.
        let path = format!("/compare/{}...{}", component(&pull.base.branch), component(&pull.head.sha));
        let compared = reach.find::<Comparison>(&path).await?;
        Ok(Some(PullRequest {
            fork: id(&pull.head).is_none() || id(&pull.head) != id(&pull.base),
            draft: pull.draft.unwrap_or(false),
            open: pull.state == "open",
            behind: compared.map(|compared| compared.behind_by > 0),
        }))
    }

    /// The repository's default branch.
    pub async fn default_branch(&self, repository: &RepositoryName) -> Result<String> {
        Ok(self.repository(repository, METADATA).get::<Repository>("").await?.default_branch)
    }
}

fn named(name: &str) -> Option<Permission> {
    Some(match name {
        "none" => Permission::None,
        "read" => Permission::Read,
        "triage" => Permission::Triage,
        "write" => Permission::Write,
        "maintain" => Permission::Maintain,
        "admin" => Permission::Admin,
        _ => return None,
    })
}
