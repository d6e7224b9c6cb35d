//! Who may do what, by GitHub's word.

use async_trait::async_trait;
use serde::Deserialize;

use super::{Client, Error, Need, Result, component};
use crate::domain::ids::RepositoryName;

/// Everybody who may read a repository may read this of it.
const METADATA: Need = &[("metadata", "read")];
const CONTENTS: Need = &[("contents", "read")];
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

/// What is asked about people and branches. A server without an App has nobody to ask.
#[async_trait]
pub trait People: Send + Sync {
    /// What a person may do in a repository.
    async fn permission(&self, repository: &RepositoryName, login: &str) -> Result<Permission>;
    /// Whether a person is in a team; an invitation alone does not count.
    async fn is_team_member(&self, organization: &str, team: &str, login: &str) -> Result<bool>;
    /// Whether a branch is protected. One that is not there is not.
    async fn is_protected(&self, repository: &RepositoryName, branch: &str) -> Result<bool>;
    /// The repository's default branch.
    async fn default_branch(&self, repository: &RepositoryName) -> Result<String>;
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
    protected: bool,
}

#[derive(Deserialize)]
struct Repository {
    default_branch: String,
}

#[async_trait]
impl People for Client {
    async fn permission(&self, repository: &RepositoryName, login: &str) -> Result<Permission> {
        let path = format!("/collaborators/{}/permission", component(login));
        let Some(found) = self.repository(repository, METADATA).find::<Collaborator>(&path).await? else { return Ok(Permission::None) };
        // A role of an organisation's own has a name that says nothing; what it is founded on does.
        let known = found.role_name.as_deref().and_then(named).or_else(|| named(&found.permission));
        known.ok_or_else(|| Error::Unreadable { what: format!("GitHub has a permission that nobody knows: {:?}", found.permission) })
    }

    async fn is_team_member(&self, organization: &str, team: &str, login: &str) -> Result<bool> {
        let path = format!("/teams/{}/memberships/{}", component(team), component(login));
        let found = self.organization(organization, MEMBERS).find::<Membership>(&path).await?;
        Ok(found.is_some_and(|membership| membership.state == "active"))
    }

    async fn is_protected(&self, repository: &RepositoryName, branch: &str) -> Result<bool> {
        let branch: Vec<String> = branch.split('/').map(component).collect();
        let found = self.repository(repository, CONTENTS).find::<Branch>(&format!("/branches/{}", branch.join("/"))).await?;
        Ok(found.is_some_and(|branch| branch.protected))
    }

    async fn default_branch(&self, repository: &RepositoryName) -> Result<String> {
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
