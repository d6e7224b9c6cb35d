//! What only GitHub knows: who may write, who is on a team, which branches are protected, how a pull request stands.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    domain::{clock::SharedClock, ids::RepositoryName, policy::PullRequest, version::RefName},
    github::client::{Client, Error},
};

/// What only GitHub knows. A server without an App has nobody to ask: then nothing of it is known, and each gate says
/// what it makes of that. An error is a passing one, in words: whatever needs the answer is looked at again later.
#[async_trait]
pub trait Authority: Send + Sync {
    /// Whether somebody may write to a repository.
    async fn may_write(&self, repository: &RepositoryName, login: &str) -> Result<bool, String>;
    /// Whether somebody is on a team, `organization/slug`.
    async fn is_member(&self, team: &str, login: &str) -> Result<bool, String>;
    /// The repository's branches that nobody can push to, or rewrite, without a review.
    async fn protected_branches(&self, repository: &RepositoryName) -> Result<Vec<RefName>, String>;
    /// A pull request as it stands now; none: there is no such one.
    async fn pull_request(&self, repository: &RepositoryName, number: u64) -> Result<Option<PullRequest>, String>;
}

/// How long GitHub's word about a person is good: whoever loses a right keeps it for no longer.
const GOOD_FOR: Duration = Duration::from_mins(2);

/// What GitHub says, through the App.
pub struct FromGitHub {
    client: Client,
    clock: SharedClock,
    /// What was asked about a person, what was said, and until when that may be relied on.
    said: Mutex<HashMap<String, (bool, Timestamp)>>,
}

impl FromGitHub {
    /// Through this client.
    pub fn new(client: Client, clock: SharedClock) -> Self {
        Self { client, clock, said: Mutex::default() }
    }

    /// Whether somebody may or is something. What GitHub refuses to tell is not so: a role whose team cannot be looked up
    /// must not hold up those who have it by another way.
    async fn whether(&self, what: String, asked: impl Future<Output = Result<bool, Error>> + Send) -> Result<bool, String> {
        let now = self.clock.now();
        let known = {
            let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            said.retain(|_, (_, until)| *until > now);
            said.get(&what).map(|(is_so, _)| *is_so)
        };
        if let Some(is_so) = known {
            return Ok(is_so);
        }
        let is_so = match asked.await {
            Ok(is_so) => is_so,
            Err(error @ (Error::Passing { .. } | Error::Lost { .. })) => return Err(error.to_string()),
            Err(error) => {
                tracing::warn!(what, %error, "GitHub does not tell, so it counts as not so");
                return Ok(false);
            }
        };
        let until = now.saturating_add(GOOD_FOR).unwrap_or(Timestamp::MAX);
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(what, (is_so, until));
        Ok(is_so)
    }
}

#[async_trait]
impl Authority for FromGitHub {
    async fn may_write(&self, repository: &RepositoryName, login: &str) -> Result<bool, String> {
        let asked = async { Ok(self.client.permission(repository, login).await?.can_write()) };
        self.whether(format!("{login} may write to {repository}"), asked).await
    }

    async fn is_member(&self, team: &str, login: &str) -> Result<bool, String> {
        let Some((organization, slug)) = team.split_once('/') else { return Ok(false) };
        self.whether(format!("{login} is on {team}"), self.client.is_team_member(organization, slug, login)).await
    }

    async fn protected_branches(&self, repository: &RepositoryName) -> Result<Vec<RefName>, String> {
        let names = self.client.protected_branches(repository).await.map_err(|error| error.to_string())?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    async fn pull_request(&self, repository: &RepositoryName, number: u64) -> Result<Option<PullRequest>, String> {
        let found = self.client.pull_request(repository, number).await.map_err(|error| error.to_string())?;
        Ok(found.map(|found| PullRequest { number, fork: found.fork, draft: found.draft, open: found.open, behind: found.behind }))
    }
}
